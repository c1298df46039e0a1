"""`uvanet bench`, and limits of size and start that do not depend on the machine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from command_kit import run_command

from uvanet.bench import exports, network, pipeline, seeking
from uvanet.bench.exports import PLAIN
from uvanet.bench.plots import write_plots
from uvanet.errors import MissingExtraError
from uvanet.extras import is_installed
from uvanet.paths import resource

ROOT = Path(__file__).resolve().parents[2]
TRAIN = "the extra train is not installed"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Folder and table of one short run without the program, on small batches and few streams."""
    folder = tmp_path_factory.mktemp("bench")
    words = ["bench", "--seconds", "0.005", "--program", "0", "--model", "uvanet-64-int8"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(network, "BATCHES", (1, 8))
        patch.setattr(pipeline, "STREAMS", (1, 2))
        patch.setattr(exports, "ROUNDS", 1)
        if is_installed("torch"):
            from uvanet.bench import training

            patch.setattr(training, "BATCH", 4)
            patch.setattr(training, "SIDE", 64)
        done = run_command(*words, "-o", "bench.json", "--plots", ".", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder, done.stdout


def test_one_run_measures_everything(run: tuple[Path, str]) -> None:
    folder, table = run
    result = json.loads((folder / "bench.json").read_text())
    assert next(iter(result)) == "ratios"
    (network,) = result["network"]
    assert set(network["engines"]) == {"onnx"}  # int8 does not run by torch
    for row in network["engines"].values():
        one = row["one_frame"]
        assert 0 < one["best_ms"] <= one["p50_ms"] <= one["p95_ms"] <= one["p99_ms"]
        assert row["best_fps"] > 0
    assert [row["frame"] for row in result["frames"]] == ["480p", "720p", "1080p", "2160p"]
    peers = {"spectral-residual", "image-signature", "center-surround"}
    assert {row["name"] for row in result["peers"]} == peers
    assert [row["format"] for row in result["exports"]] == ["mp4", "npz", PLAIN]
    assert result["ratios"][f"processor time of an export to mp4 to {PLAIN}"] > 0
    if is_installed("torch"):
        assert result["training"]["samples_per_second"] > 0
    else:
        assert result["training"] is None
    assert all(value > 0 for value in result["ratios"].values())
    assert result["machine"]["processor"] in table
    assert re.match(r"\S.* +\d+\.\d\d\n", table)


def test_readme_takes_its_table_from_a_run(
    run: tuple[Path, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "packaging"))
    import readme_table

    table = readme_table.speed(run[0] / "bench.json")
    for row in ("uvanet-64-int8", "export of 720p to mp4", "export of 720p to npz"):
        assert f"\n| {row} | " in table
    assert f"times the time of {PLAIN} |" in table


def test_a_float_student_is_measured_by_torch_too(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch", reason=TRAIN)
    monkeypatch.setattr(network, "BATCHES", (1, 8))
    (row,) = network.bench_networks(["uvanet-32"], 0.001)
    assert set(row["engines"]) == {"onnx", "torch"}


def test_the_plots_show_what_was_measured(run: tuple[Path, str]) -> None:
    folder, _ = run
    names = {path.stem for path in folder.glob("*.svg")}
    assert names == {f"bench-{name}" for name in ("latency", "batches", "frame-size", "streams")}
    texts = {
        path.stem: [node.text for node in ET.parse(path).iter(f"{SVG}text")]
        for path in folder.glob("*.svg")
    }
    assert {"480p", "2160p", "whole step"} <= set(texts["bench-frame-size"])
    assert "uvanet-64-int8 onnx" in texts["bench-latency"]


def test_plots_need_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=r"uvanet\[plots\]"):
        write_plots({}, tmp_path, "bench")


def test_the_timeline_is_dragged_through_a_long_group_of_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(seeking, "SIZE", (480, 270))
    found = seeking.bench_seeking("uvanet-64", 1, video_seconds=2)
    assert 0 < found["exact_p50_ms"] <= found["exact_p95_ms"]
    assert 0 < found["positions_per_s"] <= found["paints_per_s"] <= found["requests_per_s"] + 1


def test_feature_maps_stay_within_the_papers_size() -> None:
    """The paper: 0.68 MB of features at 32 x 32. All maps together need less."""
    torch = pytest.importorskip("torch", reason=TRAIN)
    from uvanet.models import create_student

    student, sizes = create_student("uvanet-32").eval(), []
    for module in student.modules():
        if isinstance(module, torch.nn.Conv2d):
            module.register_forward_hook(lambda *call: sizes.append(4 * call[2].numel()))
    student(torch.zeros(1, 3, 32, 32))
    assert sum(sizes) == 375_680 < 0.68e6


def test_model_files_are_small() -> None:
    for name, size in (("uvanet-64", 0.7e6), ("uvanet-64-int8", 0.25e6)):
        assert resource(f"weights/{name}.onnx").stat().st_size < size


@pytest.mark.parametrize("start", ["uvanet.stream", "app.main", "app.cli"])
def test_the_program_starts_without_what_only_training_needs(start: str) -> None:
    """Each of these imports takes about a second and tens of megabytes."""
    script = (
        f"import sys, importlib, numpy; importlib.import_module({start!r})\n"
        "import uvanet; s = uvanet.Stream(uvanet.load('uvanet-64', engine='onnx'))\n"
        "s.step(numpy.zeros((720, 1280, 3), numpy.uint8), 0.0)\n"
        "heavy = {'torch', 'scipy', 'onnx', 'skimage', 'lightning_fabric'}\n"
        "print(sorted(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    command = [sys.executable, "-c", script]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "[]\n"


def test_the_start_time_counts_imports_and_nothing_else() -> None:
    """Also on a machine whose clock was set since it began."""
    script = (
        "import time, cv2; from uvanet.system_info import seconds_alive\n"
        "print(time.monotonic(), seconds_alive(), time.monotonic())"
    )
    before = time.monotonic()
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as process:
        # The monotonic clock is the same in all processes; Popen returns once the child runs.
        after = time.monotonic()
        output, _ = process.communicate()
    earliest, alive, latest = map(float, output.split())
    # The system counts in hundredths.
    assert earliest - after - 0.02 < alive < latest - before + 0.02


def test_the_window_is_measured_alone_and_while_it_trains() -> None:
    pytest.importorskip("torch", reason=TRAIN)
    from uvanet.bench.training import bench_with_training

    pair = bench_with_training("uvanet-32", 0.5)
    assert pair is not None
    for program in pair.values():
        assert program["start_to_first_overlay_s"] > 0
        assert 0 < program["latency_p50_ms"] <= program["latency_p95_ms"]
        assert program["painted"] > 0
        assert program["rss_mib"] > 50
    assert pair["beside"]["rss_at_first_mib"] > 50
