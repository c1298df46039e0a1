"""Arguments that several commands have in common."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def number(low: float, high: float) -> Callable[[str], float]:
    """Makes a type for argparse: a number from `low` to `high`."""

    def parse(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number from {low:g} to {high:g}")
        return value

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
        help="what the network runs on (cpu; with --engine torch the fastest there is)",
    )
    parser.add_argument(
        "--threads",
        type=count,
        metavar="N",
        help="CPU threads of the network (one for a student, all cores for a teacher)",
    )


def count(text: str) -> int:
    """Type for argparse: an integer from 1 to 256."""
    if not text.isdecimal() or not 1 <= int(text) <= 256:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer from 1 to 256")
    return int(text)


def add_model(parser: argparse.ArgumentParser) -> None:
    """Adds `--model`."""
    parser.add_argument(
        "--model",
        default="uvanet-64",
        metavar="NAME",
        help="a model that `uvanet info` lists, or the path of any .onnx file (%(default)s)",
    )
