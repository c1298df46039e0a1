"""Damaged files of every container end in frames or a clear error, within time and memory.

The short form of fuzz.py, whose long form and its results are in docs/decoding.md.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from uvanet.errors import SourceError
from uvanet.sources import load_picture

SEED = 20261129
VARIANTS = 3


@pytest.mark.skipif(sys.platform != "linux", reason="limits and process handles of Linux")
def test_no_damaged_file_crashes_hangs_or_fills_the_memory(tmp_path: Path) -> None:
    script = Path(__file__).with_name("fuzz.py")
    out = tmp_path / "results.jsonl"
    options = ["--variants", str(VARIANTS), "--seed", str(SEED)]
    done = subprocess.run(
        [sys.executable, script, out, *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    results = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(results) >= 45 * VARIANTS
    bad = [result for result in results if result["result"] not in ("read", "refused")]
    assert bad == []
    # Damage is not refused wholesale: half of the files still show frames.
    assert sum(result["result"] == "read" for result in results) > len(results) / 3
    # A second call has nothing left to do.
    subprocess.run([sys.executable, script, out, *options], capture_output=True, check=True)
    assert len(out.read_text().splitlines()) == len(results)


def load_and_drop(path: Path) -> None:
    load_picture(path)


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_a_small_file_of_a_huge_chunk_takes_no_memory(tmp_path: Path) -> None:
    import fuzz  # of Unix

    path = tmp_path / "chunk.png"
    data = bytearray(cv2.imencode(".png", np.full((64, 96, 3), 90, np.uint8))[1].tobytes())
    place = data.index(b"IDAT") - 4
    data[place : place + 4] = (900_000_000).to_bytes(4, "big")
    path.write_bytes(data)
    result, _, _, growth = fuzz.try_variant(path, load_and_drop)
    assert result == "refused"
    assert growth < 100


def test_a_small_file_of_a_huge_picture_is_refused(tmp_path: Path) -> None:
    """A few hundred kB that would take gigabytes."""
    path = tmp_path / "bomb.png"
    black = np.zeros((20_000, 20_000), np.uint8)
    path.write_bytes(cv2.imencode(".png", black, [cv2.IMWRITE_PNG_BILEVEL, 1])[1].tobytes())
    assert path.stat().st_size < 1_000_000
    with pytest.raises(SourceError, match="20000 x 20000"):
        load_picture(path)
