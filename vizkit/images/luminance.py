"""Weights of red, green and blue in luminance, by the two standards that vizkit follows."""

REC_709 = (0.2126, 0.7152, 0.0722)
"""ITU-R BT.709, of the sRGB primaries: how bright a rendered picture is on today's screens."""
BT_601 = (0.299, 0.587, 0.114)
"""ITU-R BT.601: the gray that Pillow, JPEG and the color jitter of training make of a photograph,
so that transforms of color do to images what networks were trained on."""
