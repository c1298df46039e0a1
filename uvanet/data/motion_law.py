"""The law of local motion: objects that move against their surroundings attract gaze.

The density of gaze on a moving scene is that on the scene as a still picture, multiplied by
`motion_gain` of the local motion contrast. Of single features, motion contrast predicts gaze in
natural videos best (Mital, Smith,
Hill and Henderson, *Clustering of Gaze During Dynamic Scene Viewing is Predicted by Motion*,
Cognitive Computation 3, 2011; Itti, *Quantifying the contribution of low-level saliency to human
eye movements in dynamic scenes*, Visual Cognition 12, 2005). The form and its constants are ours.

The law labels synthetic sequences, initializes the temporal teacher and is the motion baseline of
the evaluation.
"""

from __future__ import annotations

from typing import Any, TypeVar

Values = TypeVar("Values")

FLOOR, POWER = 0.02, 0.6

MEMORY_STEPS = 8
"""Changes of brightness, over 100 ms each, of which a student takes the mean; see
`uvanet.models.motion_memory`."""

REST_SHARE = 0.2
"""Share of gaze on a new object at rest."""


def motion_gain(contrast: Values) -> Values:
    """Factor of gaze at a motion contrast.

    Args:
        contrast: 0..1, an array or a tensor; 1 where motion is strongest.

    Returns:
        FLOOR + contrast^POWER, of the same type and shape.
    """
    values: Any = contrast
    gain: Values = FLOOR + values**POWER
    return gain
