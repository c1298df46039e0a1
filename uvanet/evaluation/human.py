"""The human row: how well the gaze of all other observers predicts that of one observer.

It is close to the best score that a map can reach, and so the scale on which to read the NSS of a
model. Source: the inter-observer model of Wilming et al., *Measures and limits of models of
fixation selection*, PLoS ONE 2011, with the blur chosen as in Kümmerer et al., PNAS 2015.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet import metrics

HUMAN = "human"
"""Name of the row."""

BLURS = (1 / 25, 1 / 35, 1 / 50, 1 / 70, 1 / 85, 1 / 100)
"""Sigmas of the Gaussian that turns fixations into a map, relative to the width of the picture. For
each set the sigma with the best mean NSS is taken, since the best one depends on the number of
observers: 1/70 on osie, 1/50 on crowd, 1/25 or 1/35 on scene, 1/85 on talk."""

COLUMNS = 140
"""Width of the maps, pixels."""


@dataclass(frozen=True, slots=True)
class _Fixations:
    """Fixations on one picture, in pixels of a map `COLUMNS` wide."""

    group: str
    rows: int
    points: NDArray[np.float32]
    observers: NDArray[np.int32]
    others: NDArray[np.float32]

    def leave_one_out(
        self, blur: float
    ) -> Iterator[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Yields, for each observer, the map of all others and the observer's own fixations."""
        known = np.unique(self.observers)
        if known.size < 2:
            return
        x, y = np.floor(self.points.T).astype(int)
        counts = np.zeros((known.size, self.rows, COLUMNS), np.float32)
        np.add.at(counts, (np.searchsorted(known, self.observers), y, x), 1.0)
        sigma, border = blur * COLUMNS, cv2.BORDER_CONSTANT
        single = [cv2.GaussianBlur(points, (0, 0), sigma, borderType=border) for points in counts]
        total = np.sum(single, axis=0)
        for number, own in zip(known, single, strict=True):
            yield np.asarray(total - own, np.float32), self.points[self.observers == number]

    def score(self, name: str, blur: float) -> float:
        values, weights = [], []
        for saliency, own in self.leave_one_out(blur):
            if name == "nss":
                values.append(metrics.nss(saliency, own))
            elif name == "auc_judd":
                values.append(metrics.auc_judd(saliency, own))
            else:
                values.append(metrics.auc_shuffled(saliency, own, self.others))
            weights.append(len(own))
        return float(np.average(values, weights=weights)) if values else float("nan")


class HumanRow:
    """Collects the fixations on the pictures and frames of a data set, then scores them."""

    def __init__(self) -> None:
        self._pictures: list[_Fixations] = []

    def add(
        self,
        group: str,
        points: NDArray[np.float32],
        observers: NDArray[np.int32] | None,
        others: NDArray[np.float32],
        size: tuple[int, int],
    ) -> None:
        """Adds a picture or frame.

        Args:
            group: The set that it belongs to.
            points: (n, 2), x and y in pixels of the picture.
            observers: (n,), number of the observer of each; None where unknown.
            others: (m, 2), negatives of the shuffled AUC; may be empty.
            size: Width and height of the picture.
        """
        if observers is None:
            points, observers = points[:0], np.empty(0, np.int32)
        scale = np.float32(COLUMNS / size[0])
        rows = max(1, round(size[1] * COLUMNS / size[0]))
        small = points * scale
        inside = ((small >= 0) & (small < (COLUMNS, rows))).all(1)
        self._pictures.append(
            _Fixations(group, rows, small[inside], observers[inside], others * scale)
        )

    def extend(self, other: HumanRow) -> None:
        """Appends the pictures and frames of another human row."""
        self._pictures += other._pictures

    def values(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Scores all added pictures and frames.

        Args:
            names: Metrics, as in `uvanet.evaluation.evaluator.METRICS`.

        Returns:
            (items, metrics): the mean over the observers, weighted by their numbers of fixations,
            so that it compares with the score of a map on all fixations. NaN for the metrics that
            are not measured (those of densities, information gain), and where fewer than two
            observers have fixations.
        """
        result = np.full((len(self._pictures), len(names)), np.nan)
        for group in {picture.group for picture in self._pictures}:
            places = [i for i, picture in enumerate(self._pictures) if picture.group == group]
            blurred = np.array(
                [[self._pictures[i].score("nss", blur) for blur in BLURS] for i in places]
            )
            known = ~np.isnan(blurred).any(1)
            if not known.any():
                continue
            best = int(blurred[known].mean(0).argmax())
            for column, name in enumerate(names):
                if name == "nss":
                    result[places, column] = blurred[:, best]
                elif name in ("auc_judd", "auc_shuffled"):
                    result[places, column] = [
                        self._pictures[i].score(name, BLURS[best]) for i in places
                    ]
        return result
