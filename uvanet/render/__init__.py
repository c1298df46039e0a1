"""From a saliency map to something to look at: colours, overlay, smoothing, video files."""

from uvanet.render.colormaps import COLORMAPS, SAFE_COLORMAPS, colormap
from uvanet.render.overlay import OverlayStyle, compose, heat_image
from uvanet.render.smoothing import smooth
from uvanet.render.writer import Sound, VideoWriter

__all__ = [
    "COLORMAPS",
    "SAFE_COLORMAPS",
    "OverlayStyle",
    "Sound",
    "VideoWriter",
    "colormap",
    "compose",
    "heat_image",
    "smooth",
]
