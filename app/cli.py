"""`uvanet run`: the window, as a command of the library's command line.

Importable without Qt: the library's command line reads the help text of all commands.
"""

from __future__ import annotations

import argparse
from pathlib import Path

EXAMPLES = """\
examples:
  uvanet run                       the first camera, or the demo where there is none
  uvanet run film.mp4              a video, a picture or a folder of pictures
  uvanet run camera:0              a camera by number or name
  uvanet run screen:               the screen; screen:0,0,800,600 a region of it
  uvanet run rtsp://host/stream    a network stream
"""


class RunCommand:
    """Opens the window on a source.

    Attributes:
        description: What it does.
        examples: For the end of the command's own help.
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
            help="camera, file, folder, URL, screen: or demo; the first camera or the demo "
            "where it is left out",
        )
        parser.add_argument(
            "--model", metavar="NAME", help="the network; the one used last where it is left out"
        )
        add_engine(parser)
        # None is what the user chose in the window, which the library's commands know nothing of.
        parser.set_defaults(engine=None)
        parser.add_argument(
            "--theme", choices=("system", "dark", "light"), help="colours for this run"
        )
        parser.add_argument(
            "--size", type=_size, metavar="WxH", help="the window's size, such as 1100x720"
        )
        parser.add_argument(
            "--measure",
            type=_seconds,
            metavar="SECONDS",
            help="print one line of JSON with latency, rates and memory after SECONDS, and leave",
        )
        parser.add_argument(
            "--train-in",
            type=Path,
            metavar="FOLDER",
            help="measure while a student trains on the demo; the run goes on in FOLDER",
        )
        parser.add_argument(
            "--screenshot",
            type=Path,
            metavar="FILE",
            help="save a picture of the window soon after the first overlay, and leave",
        )
        parser.add_argument(
            "--delay",
            type=_seconds,
            default=2.0,
            metavar="SECONDS",
            help="how soon --screenshot is taken (%(default)s)",
        )

    def run(self, args: argparse.Namespace) -> int:
        """Opens the window and waits until it is closed; without a display, does without.

        Returns:
            The exit code.
        """
        from app.runtime import import_guards as environment
        from app.runtime.headless import display_problem, run_headless
        from app.session.models import DEFAULT_ENGINE, DEFAULT_MODEL

        problem = display_problem()
        if problem is not None:
            args.model = args.model or DEFAULT_MODEL
            args.engine = args.engine or DEFAULT_ENGINE
            return run_headless(args, problem)
        environment.import_qt()
        environment.import_cv2()
        return _run_window(args)


RUN = RunCommand()


def _run_window(args: argparse.Namespace) -> int:
    from app.features.diagnostics.benchmark import (
        Measurement,
        ScheduledTask,
        Screenshot,
        TrainingMeasurement,
    )
    from app.main import Options, Program
    from app.runtime.shutdown import leave_at_once

    program = Program(
        Options(args.source, args.model, args.size, args.theme, args.engine, args.threads)
    )
    errand: ScheduledTask | None = None
    if args.measure is not None and args.train_in is not None:
        errand = TrainingMeasurement(program.window, args.measure, args.train_in)
    elif args.measure is not None:
        errand = Measurement(program.window, args.measure)
    elif args.screenshot is not None:
        errand = Screenshot(program.window, args.delay, args.screenshot)
    if errand is not None:
        # Nobody looks at the window of an errand.
        program.problem.connect(errand.give_up)
    code = program.run()
    if errand is not None:
        code = code or errand.code
    if not program.clean:
        leave_at_once(code)
    return code


def _size(text: str) -> tuple[int, int]:
    width, mark, height = text.lower().partition("x")
    if not mark or not width.isdecimal() or not height.isdecimal():
        raise argparse.ArgumentTypeError(f"{text!r} is no size; write it like 1100x720")
    size = int(width), int(height)
    if not all(100 <= side <= 10_000 for side in size):
        raise argparse.ArgumentTypeError(f"{text!r} is no size for a window")
    return size


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds; write it like 10")
    return seconds
