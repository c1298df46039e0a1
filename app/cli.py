"""The command `uvanet run`, which opens the window.

Importable without Qt, since `uvanet --help` reads the descriptions of all commands.
"""

from __future__ import annotations

import argparse
import gc
from pathlib import Path

from uvanet.errors import UsageError
from uvanet.i18n import tr

EXAMPLES = """\
examples:
  uvanet run                        the first camera, or the demo where there is none
  uvanet run film.mp4               a video, a picture or a folder of pictures
  uvanet run camera:0               a camera by number or name
  uvanet run a.png --compare b.png  compare two designs
  uvanet run screen:                the screen; screen:0,0,800,600 a region of it
  uvanet run rtsp://host/stream     a network stream
"""


class RunCommand:
    """The command.

    Attributes:
        description: Shown by `uvanet --help`.
        examples: Shown at the end of `uvanet run --help`.
    """

    description = "Opens the window: a live attention overlay on any source."
    examples = EXAMPLES

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declares the arguments."""
        from uvanet.cli.options import add_threads

        parser.add_argument(
            "source",
            nargs="?",
            metavar="SOURCE",
            help="camera, file, folder, URL, screen: or demo (default: first camera, else demo)",
        )
        parser.add_argument(
            "--compare",
            metavar="FILE",
            help="compare SOURCE with FILE: two pictures or films, such as two designs of a poster",
        )
        parser.add_argument(
            "--model",
            metavar="NAME",
            help="model name or path, or auto: the largest student that keeps up with the source "
            "(default: the choice made last, at first auto)",
        )
        parser.add_argument(
            "--engine",
            choices=("auto", "onnx", "torch"),
            help="ONNX Runtime on the CPU, or PyTorch on the fastest device (default: the choice "
            "made last, at first ONNX Runtime)",
        )
        add_threads(parser)
        parser.add_argument(
            "--theme", choices=("system", "dark", "light"), help="theme of this run"
        )
        parser.add_argument(
            "--size", type=_size, metavar="WxH", help="window size, such as 1100x720"
        )
        parser.add_argument(
            "--measure",
            type=_seconds,
            metavar="SECONDS",
            help="print latency, rates and memory as one line of JSON after SECONDS, and quit",
        )
        parser.add_argument(
            "--train-in",
            type=Path,
            metavar="FOLDER",
            help="with --measure: train a student on the demo meanwhile, in FOLDER",
        )
        parser.add_argument(
            "--drag",
            action="store_true",
            help="with --measure: drag the timeline meanwhile, and count the positions painted",
        )
        parser.add_argument(
            "--screenshot",
            type=Path,
            metavar="FILE",
            help="save a picture of the window after the first overlay, and quit",
        )
        parser.add_argument(
            "--delay",
            type=_seconds,
            default=2.0,
            metavar="SECONDS",
            help="with --screenshot: seconds after the first overlay (default: %(default)s)",
        )

    def run(self, args: argparse.Namespace) -> int:
        """Opens the window and waits until it is closed; without a display, exports a clip instead.

        Returns:
            The exit code.

        Raises:
            UsageError: An option lacks the one that it belongs to, or the window that it needs.
        """
        from app.runtime.headless import display_problem, run_headless
        from app.runtime.import_guards import import_cv2, import_qt
        from app.session.models import AUTOMATIC, DEFAULT_ENGINE
        from uvanet.paths import DEFAULT_MODEL

        _check_options(args)
        problem = display_problem()
        if problem is not None:
            if any(value is not None for value in (args.compare, args.measure, args.screenshot)):
                hint = tr("--compare, --measure and --screenshot need a window.")
                raise UsageError(problem, hint)
            if args.model in (None, AUTOMATIC):  # the export of a file has no time limit
                args.model = DEFAULT_MODEL
            args.engine = args.engine or DEFAULT_ENGINE
            return run_headless(args, problem)
        # The start makes hardly any garbage, and collections took a twentieth of it. `Program`
        # collects on a timer.
        gc.disable()
        import_qt()
        import_cv2()
        return _run_window(args)


RUN = RunCommand()


def _check_options(args: argparse.Namespace) -> None:
    if args.compare is not None and args.source is None:
        raise UsageError(
            tr("--compare needs a second file to compare with."),
            tr("Write uvanet run FILE --compare FILE."),
        )
    if args.measure is None and (args.drag or args.train_in is not None):
        raise UsageError(tr("--drag and --train-in need --measure."), tr("Add --measure SECONDS."))


def _run_window(args: argparse.Namespace) -> int:
    from app.main import Options, Task, run

    task = None
    if args.measure is not None:
        task = Task(args.measure, train_in=args.train_in, drag=args.drag)
    elif args.screenshot is not None:
        task = Task(args.delay, screenshot=args.screenshot)
    options = Options(
        source=args.source,
        model=args.model,
        size=args.size,
        theme=args.theme,
        engine=args.engine,
        threads=args.threads,
        compare=args.compare,
    )
    return run(options, task)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not width.isdecimal() or not height.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is not a size; write it like 1100x720")
    size = int(width), int(height)
    if not all(100 <= side <= 10_000 for side in size):
        raise argparse.ArgumentTypeError(f"{text!r} is outside 100x100 to 10000x10000")
    return size


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds above 0, such as 10")
    return seconds
