"""Mean squared difference from gray; taken off, pictures are of low contrast."""

from functools import partial

from vizkit.images.gray import GRAY
from vizkit.rendering.objective import OfPictures

OBJECTIVE = partial(OfPictures, "l2", lambda images: (images - GRAY).square().flatten(1).mean(1))
