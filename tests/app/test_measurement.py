"""Measurements of the window that cannot be completed."""

import sys

from app.features.diagnostics import benchmark, scheduled_task
from app.features.diagnostics.benchmark import Measurement, TrainingMeasurement


def test_a_training_without_a_step_is_named_and_ended(player, tmp_path, monkeypatch, capsys):
    endless = [sys.executable, "-c", "import time; time.sleep(600)"]
    monkeypatch.setattr(benchmark, "own_command", lambda: endless)
    monkeypatch.setattr(benchmark, "_TRAINING_SECONDS", 1.0)
    measurement = TrainingMeasurement(player.context, 1.0, tmp_path)
    measurement._on_first_overlay()
    player.until(lambda: not player.window.isVisible())
    assert measurement.code == 1
    assert (
        capsys.readouterr().err == "uvanet: There was no step of the training within 1 seconds.\n"
    )
    assert not measurement._process.active


def test_a_window_without_an_overlay_is_named(player, monkeypatch, capsys):
    monkeypatch.setattr(scheduled_task, "_OVERLAY_SECONDS", 1.0)
    # The first overlay is over, and does not come again.
    measurement = Measurement(player.context, 1.0)
    player.until(lambda: not player.window.isVisible())
    assert measurement.code == 1
    assert capsys.readouterr().err == "uvanet: There was no overlay within 1 seconds.\n"
