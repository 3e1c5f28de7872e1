"""What somebody says of a network's input where the network itself says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from vizkit.errors import UsageError
from vizkit.images.preprocessing import Preprocessing

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, slots=True)
class StatedInput:
    """Size and numbers of the images that a network was trained on, as far as they were said.

    Attributes
    ----------
    size : (height, width) or (channels, height, width).
    mean, std : one number for all channels, or one of each; images in [0, 1] less `mean`, divided
        by `std`.
    """

    size: tuple[int, ...]
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)

    def of(self, module: nn.Module) -> Preprocessing:
        """Preprocessing for `module`, which tells its channels where nothing else does.

        Raises
        ------
        UsageError : what was said disagrees about the channels.

        Examples
        --------
        >>> from torch import nn
        >>> StatedInput((28, 28), (0.5,), (0.25,)).of(nn.Conv2d(2, 4, 3)).mean
        (0.5, 0.5)
        """
        from vizkit.networks.first_pass import guessed_channels

        *channels, height, width = self.size
        said = {*channels, *(len(each) for each in (self.mean, self.std) if len(each) > 1)}
        if len(said) > 1:
            raise UsageError(
                f"--input {'x'.join(map(str, self.size))}, {len(self.mean)} means and "
                f"{len(self.std)} deviations are of different numbers of channels.\n"
                "  Give one number for all channels, or one of each."
            )
        count = said.pop() if said else guessed_channels(module, (height, width))
        mean, std = (each * count if len(each) == 1 else each for each in (self.mean, self.std))
        return Preprocessing(mean, std, (height, width))
