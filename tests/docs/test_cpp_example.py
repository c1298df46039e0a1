"""The example in C++ compiles, and predicts what Python predicts.

Python's onnxruntime has the library, but not its headers: those are in Debian's libonnxruntime-dev
(from Debian 13 on) and in ONNX Runtime's releases. ONNXRUNTIME_INCLUDE names another folder.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections import deque
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

ROOT = Path(__file__).resolve().parents[2]
HEIGHT, WIDTH, FPS = 72, 128, 30
MODEL = ROOT / "resources" / "weights" / "uvanet-64.onnx"


@pytest.fixture(scope="module")
def program(tmp_path_factory) -> Path:
    include = Path(os.environ.get("ONNXRUNTIME_INCLUDE", "/usr/include/onnxruntime"))
    if not (include / "onnxruntime_cxx_api.h").exists():
        pytest.skip("no headers of ONNX Runtime: see ONNXRUNTIME_INCLUDE")
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    capi = Path(onnxruntime.__file__).parent / "capi"
    library = next(capi.glob("libonnxruntime.so.*"), None)
    if library is None:
        pytest.skip("this build of onnxruntime has no library of its own")
    folder = tmp_path_factory.mktemp("cpp")
    for name in ("libonnxruntime.so", "libonnxruntime.so.1"):
        (folder / name).symlink_to(library)
    built = folder / "saliency"
    command = ["g++", "-std=c++17", "-Wall", "-Wextra", "-Werror", f"-isystem{include}"]
    command += [str(ROOT / "examples" / "saliency.cpp"), f"-L{folder}", "-lonnxruntime"]
    subprocess.run([*command, f"-Wl,-rpath,{folder}", "-o", str(built)], check=True)
    return built


def test_the_maps_are_those_of_python(program):
    frames = np.random.default_rng(1).integers(0, 256, (6, HEIGHT, WIDTH, 3), np.uint8)
    command = [str(program), str(MODEL), str(FPS)]
    done = subprocess.run(command, input=frames.tobytes(), capture_output=True, check=True)
    maps = np.frombuffer(done.stdout, np.float32).reshape(6, HEIGHT // 2, WIDTH // 2)
    session = onnxruntime.InferenceSession(str(MODEL))
    channels = session.get_inputs()[1].shape[1]
    nothing = np.zeros((1, channels, HEIGHT // 4, WIDTH // 4), np.float32)
    first = session.run(["features"], {"frame": frames[:1], "earlier": nothing})[0]
    past = deque([first], maxlen=3)
    for frame, saliency in zip(frames, maps, strict=True):
        feeds = {"frame": frame[None], "earlier": past[0]}
        expected, features = session.run(["saliency", "features"], feeds)
        assert saliency == pytest.approx(expected[0], abs=1e-5)
        past.append(features)


def test_errors_are_one_line(program, tmp_path):
    for words, code in (([str(tmp_path / "none.onnx"), "30"], 1), ([str(MODEL)], 2)):
        done = subprocess.run([str(program), *words], capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert len(done.stderr.splitlines()) == 1
        assert done.stdout == ""
