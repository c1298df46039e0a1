"""`uvanet export`: writes a model to a file, with its card beside it."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from msgspec.structs import replace

from uvanet.atomic_io import atomic_write
from uvanet.cli.options import file_name
from uvanet.errors import ModelError, OutputError, UsageError
from uvanet.extras import require
from uvanet.i18n import tr
from uvanet.model_card import Card
from uvanet.registry import resolve_model

FORMATS = {"onnx": ".onnx", "safetensors": ".safetensors", "pt2": ".pt2"}


class _Export:
    description = """\
Writes a model to a file: ONNX for ONNX Runtime and others, safetensors for PyTorch, or pt2, an
exported program for PyTorch's C++ runtime and ExecuTorch (students; needs the extra train). Its
card, a JSON file of the same name, is written beside it. The ONNX file takes `frame`, RGB bytes (n,
h, w, 3), and of a model with memory also `earlier`, the `features` of the frame 0.1 s before.
"""
    examples = """examples:
  uvanet export uvanet-64
  uvanet export uvanet-64-int8 -o models/small.onnx
  uvanet export uvanet-64 --format safetensors -o student.safetensors
  uvanet export uvanet-64 --format pt2
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("model", metavar="MODEL", help="a model that `uvanet info` lists")
        parser.add_argument(
            "--format", choices=FORMATS, default="onnx", help="of the file (%(default)s)"
        )
        parser.add_argument(
            "-o",
            "--out",
            type=file_name,
            metavar="PATH",
            help="the file, or a folder (MODEL.onnx here)",
        )
        parser.add_argument(
            "--overwrite", action="store_true", help="replace files that exist already"
        )

    def run(self, arguments: argparse.Namespace) -> int:
        ending = FORMATS[arguments.format]
        path, card = resolve_model(arguments.model).verified()
        # An exported program is made from the weights.
        source = path.with_suffix(ending if ending != ".pt2" else ".safetensors")
        if not source.is_file():
            raise ModelError(
                tr("{name} has no {file}.").format(name=card.name, file=source.name),
                tr("Choose the format onnx."),
            )
        out: Path = arguments.out or Path()
        if out.is_dir():
            out /= card.name + ending
        if out.suffix.lower() != ending:
            raise UsageError(
                tr("{name} does not end in {ending}.").format(name=out.name, ending=ending),
                tr("Choose another name, or a folder that exists."),
            )
        beside = out.with_suffix(".json")
        for target in (out, beside):
            if target.exists() and (target.samefile(source) or not arguments.overwrite):
                raise OutputError(
                    tr("{path} exists.").format(path=target),
                    tr("Choose another name, or add --overwrite."),
                )
        try:
            if ending == ".pt2":
                _write_program(card, source, out)
            else:
                with atomic_write(out) as part, source.open("rb") as read, part.open("wb") as file:
                    shutil.copyfileobj(read, file)
            replace(card, name=out.stem).write(beside)
        except OSError as error:
            raise OutputError(
                tr("{path} cannot be written: {reason}.").format(
                    path=out, reason=error.strerror or error
                ),
                tr("Choose another folder."),
            ) from error
        print(f"{out}, {beside.name}")
        return 0


def _write_program(card: Card, weights: Path, out: Path) -> None:
    require("torch", "train")
    from uvanet.deploy.torch_export import write_program
    from uvanet.models import load_student

    write_program(load_student(card.architecture, weights), out)


COMMAND = _Export()
