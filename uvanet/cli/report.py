"""`uvanet report`: a report of what a model predicts about a source, as HTML or PDF."""

from __future__ import annotations

import argparse

from uvanet.cli.batch import add_batch, check_batch, outs_of, run_folder
from uvanet.cli.export_options import add_gaze, add_heat, add_outputs, add_range, heat_of
from uvanet.cli.options import add_engine, add_model, number
from uvanet.cli.predict import add_progress, job_of, run_job, run_one
from uvanet.errors import UsageError
from uvanet.i18n import tr
from uvanet.redaction import printable

_ENDINGS = (".html", ".pdf", ".regions.csv")


class _Report:
    description = """\
Predicts every frame of SOURCE and writes a report about it: the average heat map, the regions with
share, dwell, first look and entries, attention over time, the moments at which it moves most, the
model with its accuracy, and the settings. The report of a folder of pictures shows each picture
with its heat map, and one table of all pictures. With --gaze: NSS, CC and AUC-Judd against the gaze
of people. OUT is a single file:
  .html         a page for any browser
  .pdf          the same on A4 (needs the window's packages)
  .regions.csv  the table of the regions alone
Give -o more than once for several of them. An OUT that exists gets a number, unless --overwrite is
given.
"""
    examples = """examples:
  uvanet report talk.mp4 -o talk.html
  uvanet report poster.png --regions poster.json -o poster.html -o poster.pdf
  uvanet report posters --regions frame.json -o posters.html
  uvanet report talk.mp4 --gaze ann.csv --gaze ben.csv -o talk.html
  uvanet report talk.mp4 --start 60 --end 90 --model uvanet-128 -o part.html
  uvanet report films --each -o 'reports/{name}.html' --workers 2
"""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("source", metavar="SOURCE", help="as for uvanet predict")
        add_outputs(parser)
        add_model(parser)
        add_engine(parser)
        add_heat(parser.add_argument_group("appearance"))
        add_range(parser)
        add_gaze(parser)
        parser.add_argument(
            "--fps",
            type=number(0, 1000),
            metavar="F",
            help="frames per second of a folder of frames; 0: each picture on its own",
        )
        add_batch(parser)
        add_progress(parser)

    def run(self, arguments: argparse.Namespace) -> int:
        for out in arguments.out:
            if not out.name.lower().endswith(_ENDINGS):
                raise UsageError(
                    tr("A report cannot be written as {name}.").format(name=printable(out.name)),
                    tr("Use .html, .pdf or .regions.csv; uvanet predict writes other files."),
                )
        check_batch(arguments)
        job = job_of(arguments, outs_of(arguments), heat_of(arguments))
        return run_folder(job, arguments, run_one) if arguments.each else run_job(job, arguments)


COMMAND = _Report()
