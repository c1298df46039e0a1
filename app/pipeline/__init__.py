"""From pictures to overlays without Qt: capture, latest slots, inference, statistics.

Import the parts from their modules: `live.LivePipeline`, `packets`, `events`, `statistics`.
"""
