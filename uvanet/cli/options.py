"""Arguments and output that several commands share."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from uvanet.atomic_io import write_output
from uvanet.errors import OutputError
from uvanet.i18n import tr
from uvanet.paths import DEFAULT_MODEL
from uvanet.redaction import visible

T = TypeVar("T", int, float)


def number(low: float, high: float) -> Callable[[str], float]:
    """Makes a type for argparse: a number from `low` to `high`."""
    return _bounded(float, "a number", low, high)


def integer(low: int, high: int) -> Callable[[str], int]:
    """Makes a type for argparse: an integer from `low` to `high`."""
    return _bounded(int, "an integer", low, high)


def file_name(text: str) -> Path:
    """The type for argparse of a file or folder to write.

    Raises:
        argparse.ArgumentTypeError: The text is empty, which would mean the current folder.
    """
    if not text:
        raise argparse.ArgumentTypeError("the name is empty")
    return Path(text)


def _bounded(convert: Callable[[str], T], noun: str, low: float, high: float) -> Callable[[str], T]:
    def parse(text: str) -> T:
        with contextlib.suppress(ValueError):
            value = convert(text)
            if low <= value <= high:
                return value
        raise argparse.ArgumentTypeError(f"{text!r} is not {noun} from {low:.10g} to {high:.10g}")

    return parse


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Adds `--engine`, `--device` and `--threads`."""
    parser.add_argument(
        "--engine",
        choices=("auto", "onnx", "torch"),
        default="auto",
        help="ONNX Runtime, or PyTorch (auto: PyTorch where --device is a GPU, else ONNX Runtime)",
    )
    parser.add_argument(
        "--device",
        choices=("cpu", "cuda", "mps"),
        default="",
        help="device of the network (cpu; with --engine torch the fastest one available)",
    )
    add_threads(parser)


def add_threads(parser: argparse.ArgumentParser) -> None:
    """Adds `--threads`."""
    parser.add_argument(
        "--threads",
        type=integer(1, 256),
        metavar="N",
        help="CPU threads of the network (one for a student, all cores for a teacher)",
    )


def add_report(parser: argparse.ArgumentParser) -> None:
    """Adds `--json` and `--out`, for `check_report` and `print_report`."""
    parser.add_argument("--json", action="store_true", help="print JSON instead of tables")
    parser.add_argument("-o", "--out", type=file_name, metavar="FILE", help="also write JSON there")


def check_report(path: Path | None) -> None:
    """Checks, before a long computation, that its report can be written.

    Raises:
        OutputError: The folder does not exist, or the path is a folder.
    """
    if path and not path.parent.is_dir():
        raise OutputError(
            tr("The folder {folder} does not exist.").format(folder=path.parent), tr("Create it.")
        )
    if path and path.is_dir():
        raise OutputError(tr("{path} is a folder.").format(path=path), tr("Name a file in it."))


def print_report(result: dict[str, Any], table: list[str], arguments: argparse.Namespace) -> None:
    """Writes a result as JSON into `--out`, and prints it as JSON or as a table.

    Raises:
        OutputError: The file cannot be written.
    """
    text = as_json(result)
    if arguments.out:
        write_output(arguments.out, text + "\n")
    print(text if arguments.json else visible("\n".join(table)))


def as_json(result: dict[str, Any]) -> str:
    """Formats a result as JSON.

    Raises:
        ValueError: A value is NaN or infinite.
    """
    return json.dumps(result, indent=1, allow_nan=False)


def add_model(parser: argparse.ArgumentParser) -> None:
    """Adds `--model`."""
    parser.add_argument(
        "--model",
        default=DEFAULT_MODEL,
        metavar="NAME",
        help="a model that `uvanet info` lists, or the path of any .onnx file (%(default)s)",
    )


def add_offset(parser: argparse._ActionsContainer, option: str = "--offset") -> None:
    """Adds the seconds between the times of recorded gaze and those of the source."""
    parser.add_argument(
        option,
        type=number(-1e6, 1e6),
        default=0.0,
        metavar="S",
        help="seconds to add to the times of the gaze",
    )


@contextlib.contextmanager
def progress_bar(title: str, total: int) -> Iterator[Callable[[], object]]:
    """Shows a bar on stderr; a `uvanet.evaluation.progress.Progress`."""
    from tqdm import tqdm  # 4 MB with its imports, which the window does not need

    with tqdm(total=total, desc=title, file=sys.stderr) as bar:
        yield bar.update
