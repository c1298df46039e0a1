"""Numbers, dates and tables in German, and the same in English."""

import ast
import csv
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtWidgets import QDoubleSpinBox

from app.features.export.time_range import read_time, time_text
from app.ui.i18n import install_language
from app.ui.number_text import interval_text
from app.ui.time_text import TimeBase
from uvanet.csv_text import clipboard_text, csv_text
from uvanet.i18n import number_text, percent_text, tr
from uvanet.report.content import points_text, time_code
from uvanet.report.graph import tick_text

ROOT = Path(__file__).resolve().parents[2]

# Files whose numbers are read by programs: tables, arguments of commands, filters, drawings.
_FOR_PROGRAMS = {
    "app/features/analyse/table_export.py",
    "app/features/export/job_builder.py",
    "app/features/training/adapt_form.py",
    "app/features/training/distill_form.py",
}


@pytest.fixture
def german(qapp):
    install_language(qapp, "de")
    yield
    install_language(qapp, "en")


@pytest.fixture
def english(qapp):
    install_language(qapp, "en")


def texts():
    field = QDoubleSpinBox()
    field.setValue(1.5)
    return [
        number_text(1234.5, ",.1f"),
        tr("{seconds:.1f} seconds").format(seconds=np.float32(2.5)).split()[0],
        percent_text(0.256),
        percent_text(0.256, 1),
        points_text(-0.012).split()[0],
        interval_text(0.25, 0.5, 2),
        field.text(),
        time_text(63.4),
        time_code(3.5),
        tick_text(3.0),
        TimeBase(variable=True).text(1.25),
    ]


def test_numbers_are_german(german):
    assert texts() == [
        "1.234,5", "2,5", "26\N{NO-BREAK SPACE}%", "25,6\N{NO-BREAK SPACE}%", "-1,2",
        "[0,25; 0,50]", "1,50", "1:03,4", "0:03,50", "0:03", "00:00:01,250",
    ]  # fmt: skip


def test_numbers_are_english(english):
    assert texts() == [
        "1,234.5", "2.5", "26\N{NO-BREAK SPACE}%", "25.6\N{NO-BREAK SPACE}%", "-1.2",
        "[0.25, 0.50]", "1.50", "1:03.4", "0:03.50", "0:03", "00:00:01.250",
    ]  # fmt: skip


def test_a_time_is_read_as_it_is_written(german):
    assert read_time(time_text(63.45)) == pytest.approx(63.45)


def test_a_spreadsheet_pastes_german_numbers_and_files_stay_readable(german):
    rows = [["name", "share"], ["1.5", -0.25], ["=a", 3]]
    assert clipboard_text(rows) == "name\tshare\n1.5\t-0,25\n'=a\t3\n"
    assert list(csv.reader(csv_text(rows).splitlines()))[1] == ["1.5", "-0.25"]


def test_a_window_in_german_has_german_numbers_everywhere():
    """A number in a text goes through `tr` or `number_text`; a plain format has a point."""
    plain = []
    for path in sorted((ROOT / "app" / "features").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FormattedValue) and node.format_spec is not None:
                parts = node.format_spec.values
                form = "".join(one.value for one in parts if isinstance(one, ast.Constant))
                if form[-1:] in "fgeE%" and not form.endswith(".0f"):
                    plain.append(path.relative_to(ROOT).as_posix())
    assert set(plain) == _FOR_PROGRAMS
