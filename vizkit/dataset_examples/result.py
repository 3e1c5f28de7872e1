"""Examples of units, and how they are looked at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from vizkit.dataset_examples.crop import Crop, Field, crop
from vizkit.dataset_examples.ranking import Kind
from vizkit.errors import NotFoundError
from vizkit.filenames import file_name
from vizkit.files import replacing
from vizkit.images.framing import Box
from vizkit.images.image_set import ImageSet
from vizkit.images.picture import as_picture
from vizkit.result import Result, plain_dict
from vizkit.text import aligned, percent
from vizkit.unit import Position, Unit

KINDS: tuple[Kind, ...] = ("top", "quantile", "bottom")


@dataclass(frozen=True, eq=False, slots=True)
class Example:
    """An image that stands for a unit.

    Attributes
    ----------
    kind : ``"top"``, ``"quantile"`` or ``"bottom"``.
    number, file : of the image in its set.
    value : the unit's response to it: of a channel its maximum over positions.
    quantile : share of the images that the unit responds to no more than to this one.
    position : (y, x) of that maximum in the layer's map; None without a map.
    box : what the unit sees there, in pixels of the original file, upright: [y0, x0, y1, x1],
        inclusive; None where it sees nothing.
    field : the same in the image that the network was shown, with what lies beyond.
    heat : the channel's responses over the crop, as shares of its largest; None without a map.
    """

    kind: Kind
    number: int
    file: str
    value: float
    quantile: float
    position: Position | None
    box: Box | None
    field: Field | None
    heat: NDArray[np.float16] | None

    @property
    def padded(self) -> bool:
        """Whether what the unit sees leaves the image that the network was shown."""
        return self.field is not None and self.field.box != self.field.clipped

    def as_dict(self) -> dict[str, Any]:
        """What ``vizkit examples --json`` says of it."""
        names = ("file", "box", "position", "value", "quantile", "kind")
        return plain_dict({name: getattr(self, name) for name in names})


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class ExampleSet(Result):
    """Examples of one unit, and all of its responses.

    Attributes
    ----------
    unit : whose they are.
    random : its network's weights were never trained.
    images : number of images that were shown.
    examples : the strongest first, then quantiles from above, then the weakest first.
    counts, edges : exact histogram of the finite responses to all images: bins, and bins + 1.
    pictures : the set that the images are of.
    """

    plot: ClassVar[str] = "example_sheet"

    unit: Unit
    random: bool
    images: int
    examples: tuple[Example, ...]
    counts: NDArray[np.int64]
    edges: NDArray[np.float64]
    pictures: ImageSet

    def __repr__(self) -> str:
        badge = ", RANDOM WEIGHTS" if self.random else ""
        return (
            f"<ExampleSet {self.unit.address}: {len(self.examples)} of {self.images} images of "
            f"{self.pictures.name!r}{badge}>"
        )

    def __str__(self) -> str:
        badge = "  RANDOM WEIGHTS" if self.random else ""
        rows = [("KIND", "VALUE", "QUANTILE", "POSITION", "BOX", "FILE")]
        rows += [
            (
                each.kind,
                f"{each.value:.4g}",
                percent(each.quantile),
                "" if each.position is None else "{},{}".format(*each.position),
                "" if each.box is None else "{},{} to {},{}".format(*each.box),
                # A name must not write to the terminal.
                each.file if each.file.isprintable() else repr(each.file),
            )
            for each in self.examples
        ]
        head = f"{self.unit.address}, {self.images} images of {self.pictures.name!r}{badge}"
        return f"{head}\n{aligned(rows, right=(1, 2))}"

    def as_dict(self) -> dict[str, Any]:
        """The unit, the number of images and the examples, as ``vizkit examples --json``."""
        return {
            "address": self.unit.address,
            "images": self.images,
            "examples": [each.as_dict() for each in self.examples],
        }

    def of_kind(self, kind: Kind) -> tuple[Example, ...]:
        """Examples of one kind, in order."""
        return tuple(each for each in self.examples if each.kind == kind)

    def crop(self, example: Example) -> Crop:
        """What the unit sees of the photograph, in the photograph's own pixels.

        Raises
        ------
        NotFoundError : it sees nothing.
        UsageError : the photograph cannot be read any more.
        """
        if example.field is None:
            raise NotFoundError(f"{self.unit.address} sees nothing of an image: there is no crop.")
        return crop(*self.pictures.original(example.number), example.field)

    def save(self, folder: str | Path) -> list[Path]:
        """Write a PNG for each example's crop and return the files, in order."""
        files = []
        ranks = dict.fromkeys(KINDS, 0)
        for example in self.examples:
            if example.field is None:
                continue
            ranks[example.kind] += 1
            name = f"{self.unit.address}-{example.kind}-{ranks[example.kind]}"
            file = Path(folder) / f"{file_name(name)}.png"
            with replacing(file) as part:
                as_picture(self.crop(example).pixels).save(part, "PNG")
            files.append(file)
        return files


@dataclass(frozen=True, eq=False, slots=True, repr=False)
class Examples(Result):
    """Examples of several units of one network; ``examples[0]`` is the first unit's.

    Attributes
    ----------
    source : network and weights tag.
    random : the weights were never trained.
    pictures : the set of images.
    images : number of images that were shown.
    skipped : (file, reason) of those that could not be read.
    units : one set for each unit, in the order asked.
    """

    plot: ClassVar[str] = "example_sheet"

    source: str
    random: bool
    pictures: ImageSet
    images: int
    skipped: tuple[tuple[str, str], ...]
    units: tuple[ExampleSet, ...]

    def __len__(self) -> int:
        return len(self.units)

    def __iter__(self) -> Iterator[ExampleSet]:
        return iter(self.units)

    def __getitem__(self, number: int) -> ExampleSet:
        return self.units[number]

    def __repr__(self) -> str:
        badge = ", RANDOM WEIGHTS" if self.random else ""
        return (
            f"<Examples of {len(self)} units of {self.source} in {self.images} images of "
            f"{self.pictures.name!r}{badge}>"
        )

    def __str__(self) -> str:
        return "\n\n".join(map(str, self.units))

    def as_dict(self) -> dict[str, Any]:
        """The set of images by name and digest, and the examples of each unit."""
        return {
            "network": self.source,
            "random": self.random,
            "set": self.pictures.name,
            "digest": self.pictures.digest,
            "images": self.images,
            "skipped": [list(each) for each in self.skipped],
            "units": [each.as_dict() for each in self.units],
        }
