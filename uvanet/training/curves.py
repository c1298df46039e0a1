"""The curves of a run as a picture, beside its history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from uvanet.charts import Curve, chart, stack

if TYPE_CHECKING:
    from collections.abc import Sequence

PANELS = (
    ("loss", ("mixed", "spatial", "temporal")),
    ("NSS on val", ("val_nss",)),
)


def draw(title: str, history: Sequence[dict[str, float]]) -> str:
    """Draws a run's losses and its measurements over its epochs.

    Args:
        title: Of the run.
        history: Rows as `uvanet.training.trainer.train` writes them: `epoch` and what was measured.

    Returns:
        SVG text.
    """
    panels = []
    for name, keys in PANELS:
        rows = {key: [row for row in history if key in row] for key in keys}
        curves = [
            Curve(key, [f"{row['epoch']:g}" for row in found], [row[key] for row in found])
            for key, found in rows.items()
            if found
        ]
        if curves:
            panels.append(chart(f"{title}: {name}", "epoch", curves, from_zero=False))
    return stack(panels)
