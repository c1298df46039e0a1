"""The command line `uvanet COMMAND`. Each command is a module, imported when it is used.

Within commands, modules that load torch or take long are imported by the function that needs them.
"""

from __future__ import annotations

import argparse
import errno
import logging
import os
import sys
from importlib import import_module
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, NoReturn

import uvanet
from uvanet.cli.streams import discard_output, protect_standard_streams
from uvanet.errors import MEMORY_HINT, UsageError, UvanetError, is_out_of_memory
from uvanet.i18n import tr
from uvanet.languages import SOURCE, VARIABLE, install_language
from uvanet.redaction import SafeFormatter, excerpt, printable, safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from uvanet.cli.command import Command

USAGE_EXIT = 2
FAILURE_EXIT = 1
INTERRUPT_EXIT = 130

COMMANDS = {
    "predict": "annotate a video or picture, or write its raw maps; needs no display",
    "report": "write a report about a video, picture or folder: HTML or PDF",
    "bench": "measure the network and the program on this machine",
    "export": "write a model to a file: ONNX or safetensors, with its card",
    "info": "show versions, models, cameras; or the card of one model",
    "train": "train a student on human gaze",
    "label": "label a pool of pictures and clips with teachers, for distill",
    "distill": "train a student by distillation from two teachers",
    "finetune": "fine-tune a student on a scene, a folder or a data set",
    "eval": "measure models on data sets with gaze; a table and JSON",
    "gaze": "measure a model against the recorded gaze of people on a video or pictures",
}
"""Commands of the library and their summaries; the module of the same name holds `COMMAND`."""

ALIASES = {"adapt": "finetune"}
"""Names of 0.1.0, still accepted; not listed."""

RUN_HELP = "open the window on a camera, a file, a stream or the screen"

EXAMPLES = """examples:
  uvanet run                          the first camera, or the demo where there is none
  uvanet run talk.mp4                 a file; also a picture, a folder, http://, rtsp://, screen:
  uvanet predict talk.mp4 -o out.mp4  an annotated video
  uvanet info uvanet-64               the card of a model
"""


class _Parser(argparse.ArgumentParser):
    """Reports errors of arguments as a UsageError, in one line like every other error."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(
            f"{message[:1].upper()}{message[1:]}.", tr("See {prog} --help.").format(prog=self.prog)
        )


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Args:
        argv: Arguments without the program's name; None: those of the process.

    Returns:
        The exit code: 0 done, 1 failed or incomplete, 2 an error that the user can correct,
        130 interrupted.
    """
    protect_standard_streams()
    records = logging.StreamHandler()
    records.setFormatter(SafeFormatter("uvanet: %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[records])
    install_language(os.environ.get(VARIABLE, SOURCE))
    try:
        try:
            return _run(list(sys.argv[1:] if argv is None else argv))
        except OSError as error:
            if error.errno == errno.ENOENT and not _folder_exists():
                raise UsageError(
                    tr("The current folder no longer exists."),
                    tr("Change to another folder, or name files by their whole path."),
                ) from None
            if error.errno != errno.ENAMETOOLONG:
                raise
            raise UsageError(
                tr("The name {name} is too long.").format(
                    name=printable(excerpt(os.fsdecode(error.filename or "")))
                ),
                tr("File names have up to 255 bytes on most disks."),
            ) from None
        finally:
            sys.stdout.flush()
    except UvanetError as error:
        discard_output()
        print(f"uvanet: {error}", file=sys.stderr)
        return USAGE_EXIT
    except KeyboardInterrupt:
        print("uvanet: interrupted", file=sys.stderr)
        return INTERRUPT_EXIT
    except BrokenPipeError:
        # The program that reads the output has ended, as `| head` does after ten lines.
        discard_output()
        return 0
    except Exception as error:  # noqa: BLE001 - the last handler: no traceback reaches a user
        if is_out_of_memory(error):
            discard_output()
            print(f"uvanet: {tr(MEMORY_HINT)}", file=sys.stderr)
            return FAILURE_EXIT
        from uvanet.cli.crash import write_report

        report = write_report()
        where = f"; please report it with {report}" if report else ""
        line = f"uvanet: internal error, {type(error).__name__}: {error}{where}"
        print(safe(line), file=sys.stderr)
        return FAILURE_EXIT


def _folder_exists() -> bool:
    """Whether the current folder has not been deleted."""
    try:
        os.getcwd()
    except FileNotFoundError:
        return False
    return True


def _run(argv: list[str]) -> int:
    parser = _Parser(
        prog="uvanet",
        description="Predicts where people look, live.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"uvanet {uvanet.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=_Parser)
    wanted = next((word for word in argv if not word.startswith("-")), None)
    if wanted in ALIASES:
        argv[argv.index(wanted)] = wanted = ALIASES[wanted]
    for name, summary in {"run": RUN_HELP, **COMMANDS}.items():
        sub = commands.add_parser(
            name, help=summary, formatter_class=argparse.RawDescriptionHelpFormatter
        )
        # Other commands are not imported, since they may need extras that are not installed.
        if name == wanted:
            command = _find(name)
            sub.description = command.description
            sub.epilog = command.examples
            command.add_arguments(sub)
            sub.set_defaults(handler=command)
    arguments = parser.parse_args(argv)
    if arguments.command is None:
        parser.print_help()
        return USAGE_EXIT
    return int(arguments.handler.run(arguments))


def _find(name: str) -> Command:
    if name in COMMANDS:
        command: Command = import_module(f"uvanet.cli.{name}").COMMAND
        return command
    for point in entry_points(group="uvanet.commands", name=name):
        installed: Command = point.load()
        return installed
    raise UsageError(
        tr("The command {name!r} is not installed.").format(name=name),
        tr("Install the whole package: pip install uvanet."),
    )
