"""A newly distilled student against the one before it, on gaze that neither learned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvanet.data.fixations import read_split
from uvanet.data.gaze import GazeSet
from uvanet.evaluation.compare import judge
from uvanet.evaluation.evaluate import evaluate
from uvanet.evaluation.predictors import StreamPredictor
from uvanet.model import load

if TYPE_CHECKING:
    from pathlib import Path

    from uvanet.evaluation.compare import Report


def against(before: str, after: Path, root: Path) -> Report:
    """NSS of two models on the pictures of `val`.

    The new one's best epoch was chosen on them too, which flatters it a little.

    Args:
        before: A model, as `uvanet.load` takes it.
        after: The new one's ONNX file, with its card.
        root: The data, as `find_root` gives it.

    Raises:
        UvanetError: A model or the data is missing.
    """
    rows = [StreamPredictor("before", load(before)), StreamPredictor("after", load(after))]
    scores = evaluate(GazeSet("val", pictures=read_split(root, "val")), rows, ("nss",))
    values = [scores.values[name][:, 0] for name in ("before", "after")]
    names = [item.name for item in scores.items]
    held_out = f"the pictures of val, against {before}"
    return judge(values[0], values[1], names, held_out, metric="NSS of human gaze")
