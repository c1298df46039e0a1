"""Settings of a distillation that takes seconds. Imports torch, which tests of the window avoid."""

from __future__ import annotations

import dataclasses

from uvanet.training.config import SpatialTeacherConfig, TemporalTeacherConfig, step1_config

SPATIAL_CONFIG = SpatialTeacherConfig(scales=(0,), width=16, views=2, epochs=1, batch=4, threads=1)
TEMPORAL_CONFIG = TemporalTeacherConfig(sequences=2, held_out=1, width=8, epochs=1, batch=2)
STUDENT = dataclasses.replace(
    step1_config("uvanet-32"), epochs=2, step2_epochs=1, batch=8, cache_resolution=64
)
