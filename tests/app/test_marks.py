"""Marks are stored by source, as regions are."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from app.features.marks.feature import _bounded

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from window_bench import Bench


def test_marks_return_with_their_source(
    launch: Callable[..., Bench], clip: Path, home: Path
) -> None:
    """They were lost when another film was opened."""
    first = launch(clip)
    first.until(lambda: first.presenter.overlay_seen)
    first.pause()
    first.seek(0.5)
    first.trigger("mark_in")
    start, end = first.session.marks
    assert (start, end) == (pytest.approx(0.5, abs=0.04), None)
    first.open("demo")
    assert first.session.marks == (None, None)
    first.open(clip)
    assert first.session.marks == (start, None)
    assert not first.actions["undo"].isEnabled()
    first.window.close()
    path = home / ".local" / "share" / "uvanet" / "marks.json"
    assert json.loads(path.read_text()) == {str(clip): [start, None]}
    second = launch(clip)
    second.until(lambda: second.session.info is not None)
    assert second.session.marks == (start, None)
    second.trigger("clear_marks")
    second.window.close()
    assert json.loads(path.read_text()) == {}


@pytest.mark.parametrize(
    ("stored", "marks"),
    [
        ([0.5, 1.5], (0.5, 1.5)),
        ([0.5, 3.0], (0.5, None)),
        ([2.5, 3.0], (None, None)),
        ([1.5, 0.5], (None, None)),
        ([-1, "1"], (None, None)),
        ([float("nan"), 1], (None, 1.0)),
        ([10**400, 1], (None, 1.0)),
        ([True, 1], (None, 1.0)),
        ([1.0], (None, None)),
        ([], (None, None)),
    ],
)
def test_stored_marks_are_bounded_by_the_duration(
    stored: list[object], marks: tuple[float | None, float | None]
) -> None:
    assert _bounded(stored, 2.0) == marks
