"""Memory that is exhausted while the command line works: one line, and no broken file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from uvanet.errors import is_out_of_memory
from uvanet.sources import make_source

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="address space limits of Linux")
ROOT = Path(__file__).resolve().parents[2]

LIMITED = """
import resource, sys
from pathlib import Path
import av, cv2, numpy, onnxruntime
import uvanet.cli.predict, uvanet.video.exporter
from uvanet.cli import main
used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
bound = used + (int(sys.argv[1]) << 20)
resource.setrlimit(resource.RLIMIT_AS, (bound, bound))
sys.exit(main(sys.argv[2:]))
"""


@pytest.mark.parametrize("megabytes", [2, 8, 60, 90])
def test_an_export_without_memory_ends_in_a_line_and_leaves_a_whole_file_or_none(
    tmp_path: Path, megabytes: int
) -> None:
    path = tmp_path / "a.mp4"
    words = ["predict", "demo", "--quiet", "--end", "0.3", "--model", "uvanet-32", "-o", str(path)]
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(megabytes), *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
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


@pytest.mark.parametrize(
    ("error", "exhausted"),
    [
        (MemoryError(), True),
        (RuntimeError("can't start new thread"), True),
        (RuntimeError("[ONNXRuntimeError] : 6 : std::bad_alloc"), True),
        (RuntimeError("Protobuf parsing failed."), False),
    ],
)
def test_errors_of_exhausted_memory_are_known(error: Exception, exhausted: bool) -> None:
    assert is_out_of_memory(error) is exhausted
