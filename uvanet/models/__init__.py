"""The networks, in torch: for training and for the `torch` engine, never for the live program."""

from uvanet.models.blocks import CARes
from uvanet.models.student import PRESETS, Branch, Preset, SpatioTemporal, Stem, build, layer_costs
from uvanet.models.trained import load_student

__all__ = [
    "PRESETS",
    "Branch",
    "CARes",
    "Preset",
    "SpatioTemporal",
    "Stem",
    "build",
    "layer_costs",
    "load_student",
]
