"""Memory of an engine."""

import subprocess
import sys

import pytest

NEEDED = 36e6
"""What ONNX Runtime plans for uvanet-256 at this size, in bytes."""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells private from shared memory")
def test_only_the_memory_of_the_planned_runs_stays_allocated():
    """A new process does it, as free parts of a used heap may take the memory."""
    code = """
import numpy, psutil, uvanet
def private():
    memory = psutil.Process().memory_info()
    return memory.rss - memory.shared
engine = uvanet.load("uvanet-256").engine
frames, features = numpy.zeros((1, 416, 768, 3), numpy.uint8), None
before = private()
for _ in range(4):
    features = engine.step(frames, features).features
print(private() - before)
"""
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert NEEDED < int(out.stdout) < 2 * NEEDED
