"""Live pipeline without Qt: capture, latest slots, inference, teacher, statistics.

Start reading at `pipeline.LivePipeline`, `packets` and `events`.
"""
