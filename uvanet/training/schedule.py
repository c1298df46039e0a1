"""The learning rate, as a pure function of the step."""

from __future__ import annotations

import math


def learning_rate(step: int, total: int, peak: float, warmup: float) -> float:
    """Linear warm-up, then half a cosine down to 1 % of the peak.

    Args:
        step: Steps taken so far, from 0.
        total: Steps of the whole run.
        peak: The largest rate.
        warmup: Share of `total` that warms up, 0..1.
    """
    rising = max(1, round(total * warmup))
    if step < rising:
        return peak * (step + 1) / rising
    progress = min(1.0, (step - rising) / max(1, total - rising))
    return peak * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * progress)))
