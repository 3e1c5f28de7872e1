"""Mean absolute difference from gray; taken off, pictures show little else than they must."""

from functools import partial

from vizkit.images.gray import GRAY
from vizkit.rendering.objective import OfPictures

OBJECTIVE = partial(OfPictures, "l1", lambda images: (images - GRAY).abs().flatten(1).mean(1))
