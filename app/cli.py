"""The command `uvanet run`, which opens the window.

Importable without Qt, since `uvanet --help` reads the descriptions of all commands.
"""

from __future__ import annotations

import argparse
from pathlib import Path

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
        from uvanet.cli.options import add_engine

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
        add_engine(parser)
        # None stands for the engine that was chosen in the window.
        parser.set_defaults(engine=None)
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
        """
        from app.runtime import import_guards as environment
        from app.runtime.headless import display_problem, run_headless
        from app.session.models import AUTOMATIC, DEFAULT_ENGINE
        from uvanet.paths import DEFAULT_MODEL

        problem = display_problem()
        if problem is not None:
            if args.model in (None, AUTOMATIC):  # a file is written, and may take its time
                args.model = DEFAULT_MODEL
            args.engine = args.engine or DEFAULT_ENGINE
            return run_headless(args, problem)
        environment.import_qt()
        environment.import_cv2()
        return _run_window(args)


RUN = RunCommand()


def _run_window(args: argparse.Namespace) -> int:
    from app.main import Options, Task, run

    task = None
    if args.measure is not None:
        task = Task(args.measure, train_in=args.train_in, drag=args.drag)
    elif args.screenshot is not None:
        task = Task(args.delay, screenshot=args.screenshot)
    look = (args.size, args.theme, args.engine, args.threads)
    options = Options(args.source, args.model, *look, compare=args.compare)
    return run(options, task)


def _size(text: str) -> tuple[int, int]:
    width, mark, height = text.lower().partition("x")
    if not mark or not width.isdecimal() or not height.isdecimal():
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
