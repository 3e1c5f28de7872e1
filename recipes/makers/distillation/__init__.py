"""Train a network from another one's answers to crops of a few photographs.

Asano, Saeed: "Extrapolating from a single image to a thousand classes using distillation", 2021:
crops of very few photographs hold enough statistics for a student to take over much of what an
ImageNet teacher knows.
"""

from __future__ import annotations

from distillation.agreement import Agreement as Agreement
from distillation.agreement import agreement as agreement
from distillation.agreement import best_constant as best_constant
from distillation.crops import Crops as Crops
from distillation.photo_pool import PhotoPool as PhotoPool
from distillation.photo_pool import photo_pool as photo_pool
from distillation.photo_pool import read_photos as read_photos
from distillation.settings import Settings as Settings
from distillation.training import Distillation as Distillation
