"""Memory that a session of ONNX Runtime keeps, measured in separate processes."""

import ctypes
import json
import subprocess
import sys

import pytest

MEASURE = """
import ctypes, json, sys
import numpy as np, onnxruntime, psutil
from uvanet.paths import resource
from uvanet.runtime.session import OnnxSession

def memory():
    ctypes.CDLL(None).malloc_trim(0)
    return psutil.Process().memory_info().rss

size = {"n": 1, "height": 208, "width": 372, "rows": 52, "columns": 93}
session = OnnxSession(resource("weights/uvanet-256.onnx"), 1, size)
channels = session.inputs["earlier"].shape[1]
feed = {
    "frame": np.full((1, 208, 372, 3), 90, np.uint8),
    "earlier": np.full((1, channels, 52, 93), 0.1, np.float32),
}
if sys.argv[1] == "plain":
    run = lambda: session._session.run(None, feed)
else:
    run = lambda: session.run(None, feed)
before = memory()
for _ in range(6):
    run()
print(json.dumps(memory() - before))
"""


@pytest.mark.skipif(
    sys.platform != "linux" or not hasattr(ctypes.CDLL(None), "malloc_trim"),
    reason="what other systems do with freed memory is not known",
)
def test_the_memory_of_the_first_run_is_not_kept():
    plain, session = (
        json.loads(subprocess.check_output([sys.executable, "-c", MEASURE, kind], text=True))
        for kind in ("plain", "session")
    )
    assert session < 0.85 * plain
