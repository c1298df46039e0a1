"""The program on the demo, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

from uvanet.errors import UvanetError


def bench_program(model: str, seconds: float) -> dict[str, Any]:
    """Start, latency, rates and memory of the program, for so many seconds.

    Where this process has no display, Qt paints into memory; `platform` in the result then says
    "offscreen".

    Raises:
        UvanetError: The program did not answer.
    """
    environment = dict(os.environ)
    if sys.platform == "linux" and not (
        environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")
    ):
        environment["QT_QPA_PLATFORM"] = "offscreen"
    command = [sys.executable, "-m", "uvanet", "run", "demo", "--model", model]
    try:
        done = subprocess.run(
            [*command, "--measure", str(seconds)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=seconds + 60,
            check=True,
        )
        result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    except (subprocess.SubprocessError, ValueError, IndexError) as error:
        words = getattr(error, "stderr", None) or str(error)
        raise UvanetError(
            f"The program could not be measured: {str(words).strip()[-300:]}",
            "Try `uvanet run demo` by hand.",
        ) from error
    result["rss_mib"] = round(result.pop("rss_bytes") / 2**20, 1)
    return result
