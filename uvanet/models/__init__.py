"""The networks as torch modules, for training and for the `torch` engine."""

from uvanet.models.blocks import CARes
from uvanet.models.branch import Branch, Stem
from uvanet.models.costs import count_macs, count_parameters, layer_costs
from uvanet.models.presets import PRESETS, Preset
from uvanet.models.student import SpatioTemporal, create_student
from uvanet.models.trained import load_student

__all__ = [
    "PRESETS",
    "Branch",
    "CARes",
    "Preset",
    "SpatioTemporal",
    "Stem",
    "count_macs",
    "count_parameters",
    "create_student",
    "layer_costs",
    "load_student",
]
