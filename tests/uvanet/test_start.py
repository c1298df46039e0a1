"""The programs from their first moment: Ctrl-C, and exceptions that nobody can catch."""

from __future__ import annotations

import signal
import subprocess
import sys

import pytest

IMPORTED_SLOWLY = """
import signal, sys
class Slow:
    def find_spec(self, name, path=None, target=None):
        if name == "uvanet.cli":
            signal.raise_signal(signal.SIGINT)
sys.meta_path.insert(0, Slow())
"""

IN_A_CALLBACK = """
import signal, sys, time, weakref
import uvanet.cli
class Thing:
    pass
def run(words):
    thing = Thing()
    reference = weakref.ref(thing, lambda _: {work})
    del thing
    while {forever}:
        time.sleep(0.01)
    return 0
uvanet.cli._run = run
"""


# A shell starts background jobs with Ctrl-C ignored.
HANDLED = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"


def start(before: str) -> subprocess.CompletedProcess[str]:
    """Runs the program in a process that did something before."""
    code = f"{HANDLED}\n{before}\nfrom uvanet.start import main\nsys.exit(main([]))"
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.skipif(sys.platform == "win32", reason="signals of POSIX")
@pytest.mark.parametrize(
    "before",
    [
        IMPORTED_SLOWLY,
        IN_A_CALLBACK.format(work="signal.raise_signal(signal.SIGINT)", forever=True),
    ],
)
def test_ctrl_c_is_one_line_at_any_moment(before: str) -> None:
    done = start(before)
    assert done.stderr == "uvanet: interrupted\n"
    # Python itself ends by the signal where generated code was interrupted.
    assert done.returncode in (130, -signal.SIGINT)


def test_an_exception_that_nobody_can_catch_is_one_line() -> None:
    done = start(IN_A_CALLBACK.format(work="int('\\\\x1b http://me:s3cret@host/')", forever=False))
    assert done.returncode == 0
    assert done.stderr == (
        "uvanet: ignored, ValueError: invalid literal for int() with base 10: "
        "'\\\\x1b http://host/'\n"
    )
