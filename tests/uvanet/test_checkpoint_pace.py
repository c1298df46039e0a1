"""The time between checkpoints is counted from the end of a checkpoint."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING

from uvanet.models import create_student
from uvanet.training.config import FinetuneConfig
from uvanet.training.control import Callback
from uvanet.training.finetune import finetune
from uvanet.training.pipeline import gaze_pictures
from uvanet.training.progress import CheckpointEvent, Event

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

STEPS = 12


class SlowDisk(Callback):
    """A clock on which a step takes a second and a checkpoint a hundred."""

    def __init__(self) -> None:
        self.now, self.saved = 0.0, list[int]()

    def proceed(self) -> bool:
        self.now += 1
        return True

    def emit(self, event: Event) -> None:
        if isinstance(event, CheckpointEvent):
            self.now += 100
            self.saved.append(event.step)


def test_a_checkpoint_that_takes_long_does_not_follow_each_step(
    gaze_data_root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine, a run measured and wrote a checkpoint after each step."""
    disk = SlowDisk()
    clock = SimpleNamespace(monotonic=lambda: disk.now)
    monkeypatch.setattr("uvanet.training.trainer.time", clock)
    pairs = gaze_pictures(gaze_data_root, 64).pictures
    config = FinetuneConfig(steps=STEPS, batch=2)
    student = create_student("uvanet-32").eval()
    finetune(student, pairs, None, config, tmp_path, callback=disk, save_every=5)
    assert sorted(set(disk.saved)) == [6, STEPS]
