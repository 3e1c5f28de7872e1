"""The gray that stands for no image."""

GRAY = 0.5
"""What an empty canvas shows and what lies beyond an image, in [0, 1]. It is not the 0 that a
network pads with."""
