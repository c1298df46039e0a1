"""Live sources that stall, fail or hang, and models that raise."""

import threading
import time

import pytest
from window_bench import FakeCamera

from app.pipeline.events import PipelineState
from uvanet.errors import ModelError, SourceError


@pytest.fixture
def camera(player, monkeypatch):
    """A fake camera, playing."""
    fake = FakeCamera()
    import uvanet.sources

    real = uvanet.sources.make_source
    monkeypatch.setattr(
        "uvanet.sources.make_source",
        lambda spec, **more: fake if spec == "camera:fake" else real(spec, **more),
    )
    player.open("camera:fake")
    yield fake
    fake.free.set()


def test_live_sources_have_no_timeline(player, camera):
    assert player.transport.live.isVisible()
    assert not player.transport.timeline.isVisible()
    assert not player.actions["jump_back"].isEnabled()
    assert not player.actions["step_forward"].isEnabled()
    assert player.actions["play_pause"].isEnabled()
    assert "camera:fake" not in player.settings.recent


def test_a_stall_is_reported_until_it_ends(player, camera):
    camera.hang.set()
    player.until(lambda: player.banner.level == "warning" and player.banner.message)
    assert "Fake camera" in player.banner.message
    assert player.canvas.has_picture
    player.open("demo")
    assert not player.banner.message


def test_a_broken_camera_keeps_its_last_picture(player, camera):
    camera.broken = SourceError("Fake camera was unplugged.", "Plug it in again.")
    player.wait_state(PipelineState.FAILED)
    player.until(lambda: player.banner.message == "Fake camera was unplugged.")
    assert player.banner.hint == "Plug it in again."
    assert player.canvas.has_picture
    assert player.actions["play_pause"].isEnabled()
    camera.broken = None
    player.trigger("play_pause")
    player.wait_state(PipelineState.PLAYING)


def test_closing_while_a_source_hangs(launch, player, camera):
    camera.hang.set()
    player.until(camera.hanging.is_set)
    began = time.monotonic()
    player.window.close()
    took = time.monotonic() - began
    assert not player.program.clean
    assert took < 60  # a hang would last for ever
    hanging = [t for t in threading.enumerate() if t is not threading.main_thread()]
    assert all(thread.daemon for thread in hanging)


def test_a_model_that_raises_leaves_the_pictures(player):
    player.predictor.error = ModelError("The network broke.", "Choose another model.")
    player.until(lambda: player.banner.message == "The network broke.")
    frame = player.frame()
    player.until(lambda: player.frame() != frame)
    player.predictor.error = None
    painted = player.session.stats().inferred
    player.until(lambda: player.session.stats().inferred > painted)


def test_an_unknown_model_leaves_the_pictures(launch, qtbot, clip):
    from window_bench import Bench

    from app.main import Options, Program

    program = Program(Options(str(clip), "uvanet-999"))
    bench = Bench(program, None, qtbot)
    bench.until(lambda: "uvanet-999" in bench.banner.message)
    bench.until(lambda: bench.canvas.has_picture)
    assert not bench.presenter.overlay_seen
    program.window.close()
    assert program.clean
    assert not bench.problems
