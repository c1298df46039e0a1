"""Better or not: agreement with the teacher before and after, with intervals, and in words."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import cv2
import numpy as np

from uvanet import metrics
from uvanet.evaluation.bootstrap import draw_weights, interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from uvanet.evaluation.bootstrap import Interval

DRAWS = 2000
MIN_GAIN = 0.005
"""Mean difference of CC or NSS below which nobody sees one; rounding alone gives up to 0.0002."""

Verdict = Literal["better", "no clear difference", "worse"]


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did to a student.

    Attributes:
        verdict: "better" or "worse" where the 95 % interval of the paired differences leaves zero
            out and their mean is at least `MIN_GAIN`.
        metric: What was measured, such as "CC with the teacher".
        held_out: On what, in words.
        before: Mean, low and high of the student before.
        after: Likewise, after.
        gain: Likewise, of the differences.
        n: How many frames were measured.
        seconds: Of the training alone.
        forgotten: Metric to the values before and after on the general test split; empty where
            there was none.
    """

    verdict: Verdict
    metric: str
    held_out: str
    before: dict[str, float]
    after: dict[str, float]
    gain: dict[str, float]
    n: int
    seconds: float = 0.0
    forgotten: dict[str, list[float]] = field(default_factory=dict)

    @property
    def better(self) -> bool:
        """Whether the new weights are to be used."""
        return self.verdict == "better"

    def words(self) -> str:
        """A sentence for people."""
        numbers = (
            f"{self.metric} on {self.held_out}: {self.before['mean']:.3f} "
            f"[{self.before['low']:.3f}, {self.before['high']:.3f}] before, "
            f"{self.after['mean']:.3f} [{self.after['low']:.3f}, {self.after['high']:.3f}] after"
        )
        return f"{self.verdict.capitalize()}. {numbers} ({self.n} frames)."

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def agreement(maps: NDArray[np.float32], labels: NDArray[np.floating[Any]]) -> NDArray[np.float64]:
    """CC of each map with its label, at the label's size; (n,)."""
    size = (labels.shape[2], labels.shape[1])
    values = [
        metrics.cc(
            np.maximum(cv2.resize(one, size, interpolation=cv2.INTER_CUBIC), 0),
            np.asarray(label, np.float32),
        )
        for one, label in zip(maps, labels, strict=True)
    ]
    return np.array(values)


def judge(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    groups: Sequence[str] | NDArray[np.str_],
    held_out: str,
    *,
    metric: str = "CC with the teacher",
    seed: int = 0,
) -> Report:
    """Compares paired values of what was held out.

    Args:
        before: A value of each moment or picture before; larger is better.
        after: After.
        groups: What each belongs to; the bootstrap draws these.
        held_out: In words, what was held out.
        metric: In words, what the values are.
        seed: Of the resampling.
    """
    weights = draw_weights([str(group) for group in groups], DRAWS, seed)
    gain = interval(after - before, weights)
    verdict: Verdict = "no clear difference"
    if gain.low > 0 and gain.mean >= MIN_GAIN:
        verdict = "better"
    elif gain.high < 0 and gain.mean <= -MIN_GAIN:
        verdict = "worse"
    return Report(
        verdict,
        metric,
        held_out,
        _numbers(interval(before, weights)),
        _numbers(interval(after, weights)),
        _numbers(gain),
        gain.n,
    )


def _numbers(found: Interval) -> dict[str, float]:
    return {
        name: round(getattr(found, name), 4) if found.n else 0.0 for name in ("mean", "low", "high")
    }
