"""Another network in the running window, by name and by file."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from uvanet.paths import resource
from uvanet.sources import SourceKind

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from window_bench import Bench


def test_a_model_is_swapped_in_while_the_source_plays(player: Bench) -> None:
    controller = player.window.controller
    with player.qtbot.waitSignal(controller.model_changed) as changed:
        controller.use_model("uvanet-64")
    assert changed.args == ["uvanet-64"]
    assert controller.model == "uvanet-64"
    calls = player.predictor.calls
    captured = controller.stats().captured
    player.until(lambda: controller.stats().captured > captured + 5)
    assert player.predictor.calls == calls
    assert controller.stats().failed == 0


def test_a_paused_picture_gets_the_new_heat(still: Bench) -> None:
    before, frame = still.window.display.packet, still.frame()
    still.window.controller.use_model(str(resource("weights/uvanet-64.onnx")))
    still.until(lambda: still.window.display.packet is not before)
    still.settle()
    assert still.frame() == frame
    assert (still.window.display.packet.saliency != before.saliency).any()
    assert still.window.status.model.text() == "uvanet-64"


def test_a_still_picture_gets_the_new_heat(
    launch: Callable[..., Bench], tmp_path: Path, clip: Path
) -> None:
    import cv2
    import numpy as np

    path = tmp_path / "still.png"
    assert cv2.imwrite(str(path), np.tile(np.arange(160, dtype=np.uint8), (120, 1)))
    bench = launch(path)
    bench.until(lambda: bench.window.display.overlay_seen)
    assert bench.window.controller.info.kind is SourceKind.PICTURE
    with bench.qtbot.waitSignal(bench.window.controller.model_changed):
        bench.window.controller.use_model("uvanet-64")


def test_a_damaged_file_is_refused_and_the_old_network_goes_on(
    player: Bench, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.onnx"
    shutil.copy(resource("weights/uvanet-64.json"), tmp_path / "bad.json")
    bad.write_bytes(b"no network")
    with player.qtbot.waitSignal(player.window.controller.model_failed):
        player.window.controller.use_model(str(bad))
    assert "bad.onnx" in player.window.banner.message
    assert player.window.controller.model == "uvanet-64"
    calls = player.predictor.calls
    player.until(lambda: player.predictor.calls > calls)
