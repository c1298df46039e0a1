"""Describes the machine and this process: for benchmarks and bug reports."""

from __future__ import annotations

import os
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import cv2
import psutil

PACKAGES = ("numpy", "opencv-python-headless", "av", "onnxruntime", "PySide6-Essentials")


def describe() -> dict[str, str | int]:
    """Describes the machine and the versions of the packages that affect speed.

    Returns:
        `processor`, `instructions` (its widest SIMD set), `cores` (usable by this process),
        `memory_gib`, `system`, `python`, and a version for each of `PACKAGES`.
    """
    facts: dict[str, str | int] = {
        "processor": _processor(),
        "instructions": _instructions(),
        "cores": usable_cores(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30),
        "system": platform.platform(),
        "python": platform.python_version(),
    }
    for name in PACKAGES:
        try:
            facts[name] = version(name)
        except PackageNotFoundError:
            facts[name] = "not installed"
    return facts


def usable_cores() -> int:
    """Number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def process_start_time(pid: int) -> float:
    """Start time of a process, seconds; it distinguishes processes that had the same id.

    On Linux the time counts from the boot, because times of psutil change when the clock is set.

    Args:
        pid: The process's id.

    Raises:
        psutil.Error: There is no such process.
    """
    if sys.platform != "linux":
        return float(psutil.Process(pid).create_time())
    try:
        status = Path("/proc", str(pid), "stat").read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise psutil.NoSuchProcess(pid) from error
    # The name of the process, in brackets, may contain spaces and brackets.
    ticks = status.rpartition(")")[2].split()[19]
    return int(ticks) / os.sysconf("SC_CLK_TCK")


def seconds_alive() -> float:
    """Seconds since the system started this process; the time of imports is included."""
    now = time.clock_gettime(time.CLOCK_BOOTTIME) if sys.platform == "linux" else time.time()
    return max(0.0, now - process_start_time(os.getpid()))


def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine()


def _instructions() -> str:
    """The widest SIMD set that OpenCV uses, such as "AVX2"."""
    # OpenCV marks instructions that the processor lacks with "?".
    present = [word for word in cv2.getCPUFeaturesLine().split() if not word.endswith("?")]
    return present[-1].lstrip("*") if present else ""
