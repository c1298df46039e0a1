"""Memory that is exhausted in an export, a training or a live teacher: told, and nothing broken."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from training_kit import write_scene, write_teacher

from app.pipeline.predictor import known_error
from uvanet.errors import MEMORY_HINT, is_out_of_memory
from uvanet.sources import make_source

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="address space limits of Linux")
ROOT = Path(__file__).resolve().parents[2]

LIMITED = """
import importlib, resource, sys
from pathlib import Path
from uvanet.cli import main
for name in sys.argv[2].split():
    importlib.import_module(name)
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
bound = used + (int(sys.argv[1]) << 20)
resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
sys.exit(main(sys.argv[3:]))
"""


EXPORTS = "av cv2 numpy onnxruntime uvanet.cli.predict uvanet.video.exporter"
TRAININGS = f"{EXPORTS} torch uvanet.cli.finetune uvanet.training.adapt uvanet.training.publish"


def run(megabytes: int, imports: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Runs `uvanet` with so much memory besides what its imports take."""
    return subprocess.run(
        [sys.executable, "-c", LIMITED, str(megabytes), imports, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("megabytes", [2, 8, 60, 90])
def test_an_export_without_memory_ends_in_a_line_and_leaves_a_whole_file_or_none(
    tmp_path: Path, megabytes: int
) -> None:
    path = tmp_path / "a.mp4"
    words = ["predict", "demo", "--quiet", "--end", "0.3", "--model", "uvanet-32", "-o", str(path)]
    done = run(megabytes, EXPORTS, *words)
    assert done.returncode in (0, 1, 2), done.stderr  # no signal
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr
    if done.returncode:
        # OpenBLAS ends the process by itself, in words of its own.
        assert "emory" in done.stderr
        assert list(tmp_path.iterdir()) == []
    else:
        with make_source(str(path)) as source:
            assert len(list(iter(source.read, None))) >= 8


@pytest.mark.parametrize("megabytes", [8, 80])
def test_a_training_whose_teacher_finds_no_memory_tells_the_window(
    tmp_path: Path, megabytes: int
) -> None:
    """The window shows the error that the child process sends."""
    clip, teacher = write_scene(tmp_path / "scene.mp4"), write_teacher(tmp_path / "green.onnx")
    words = ["finetune", str(clip), "--teacher", str(teacher), "--steps", "4", "--events", "jsonl"]
    done = run(megabytes, TRAININGS, *words, "--out", str(tmp_path / "run"))
    assert done.returncode in (1, 2), done.stderr  # no signal
    assert "Traceback" not in done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    last = events[-1]
    # OpenBLAS ends the process by itself, in words of its own.
    said = f"{last['message']} {last['hint']}" if last["event"] == "error" else done.stderr
    assert "emory" in said, (last, done.stderr)
    assert "internal error" not in done.stderr


def test_a_live_teacher_without_memory_says_so() -> None:
    error = known_error(MemoryError(), "The teacher failed on a frame")
    assert str(error) == f"The teacher failed on a frame (MemoryError). {MEMORY_HINT}"


@pytest.mark.parametrize(
    ("error", "exhausted"),
    [
        (MemoryError(), True),
        (RuntimeError("can't start new thread"), True),
        (RuntimeError("[ONNXRuntimeError] : 6 : std::bad_alloc"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried ..."), True),
        (RuntimeError("could not create a primitive"), True),
        (RuntimeError("Protobuf parsing failed."), False),
    ],
)
def test_errors_of_exhausted_memory_are_known(error: Exception, exhausted: bool) -> None:
    assert is_out_of_memory(error) is exhausted
