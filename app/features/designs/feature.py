"""Designs: compares two pictures or films, such as two designs of a poster."""

from __future__ import annotations

import threading
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from shiboken6 import isValid

from app.features.designs.design import read_design
from app.session.models import short_name
from app.shell.actions import Menu, MenuActions
from app.shell.feature import Feature
from app.ui.build import present
from app.ui.file_dialogs import ask_designs, ask_save_comparison
from app.ui.i18n import tr
from app.ui.images import write_png
from app.ui.questions import ask_before_replacing
from uvanet.atomic_io import write_output
from uvanet.csv_text import csv_text
from uvanet.errors import UvanetError
from uvanet.redaction import printable
from uvanet.sources.base import SourceKind
from uvanet.sources.picture import PICTURE_SUFFIXES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.features.designs.design import Design
    from app.features.designs.dialog import DesignsDialog
    from app.shell.context import FeatureContext
    from app.ui.banner import Banner

_COMPARED = (SourceKind.PICTURE, SourceKind.VIDEO)  # sources that can be one of the designs

action = MenuActions(Menu.ANALYSE)


class Designs(Feature):
    """The window that compares two designs.

    Attributes:
        dialog: The window that was opened last; None before the first.
    """

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self.dialog: DesignsDialog | None = None
        self._stops: list[threading.Event] = []
        context.slots.closing.connect(self._stop_all)

    def open_pair(self, first: str, second: str) -> bool:
        """Compares two files."""
        self._open(first, second)
        return True

    @action(
        "Compare two designs…",
        "Shift+B",
        icon="compare",
        group=5,
        words="posters versions pages layouts A/B test better",
    )
    def compare_designs(self) -> None:
        """Compares two files that the user chooses, or one with the open file."""
        info = self.context.session.info
        title = tr("Choose two designs")
        if info is not None and info.kind in _COMPARED:
            title = tr("Choose a design to compare with {name}, or two").format(name=info.title)
        self._ask(title)

    def _ask(self, title: str, first: str = "") -> None:
        """Asks for files until there are two; `first` counts where only one is chosen."""

        def chosen(files: list[str]) -> None:
            partner = first or self._open_file_like(files[0])
            if len(files) == 2:
                self._open(*files)
            elif len(files) == 1 and partner and not _same(partner, files[0]):
                self._open(partner, files[0])
            elif len(files) == 1 and not first:
                title = tr("Choose the design to compare with {name}")
                self._ask(title.format(name=Path(files[0]).name), files[0])
            else:
                self.context.messages.notify("info", tr("Choose two files to compare."))

        ask_designs(self.context.slots.window, title, self.context.folder, chosen)

    def _open_file_like(self, file: str) -> str:
        """The open picture if the file is a picture, the open film if it is none; else empty."""
        info = self.context.session.info
        is_picture = Path(file).suffix.lower() in PICTURE_SUFFIXES
        kind = SourceKind.PICTURE if is_picture else SourceKind.VIDEO
        return info.spec if info is not None and info.kind is kind else ""

    def _open(self, first: str, second: str) -> None:
        from app.features.designs.dialog import DesignsDialog

        context, specs = self.context, (first, second)
        context.remember_folder(first)
        folder = str(Path(first).parent)  # for the report, which belongs beside the designs
        student, info = context.session.student, context.session.info
        model = student.offline_name
        # Regions of another source mean nothing on the designs, unless it is their folder.
        files = [Path(spec).absolute() for spec in specs]
        known = info is not None and info.path in [*files, *(file.parent for file in files)]
        dialog = self.dialog = DesignsDialog(
            titles(specs),
            context.session.regions if known else (),
            context.presenter.heat.style,
            short_name(model),
            context.actions,
            context.slots.window,
        )
        stop = threading.Event()
        self._stops.append(stop)
        dialog.finished.connect(stop.set)
        dialog.finished.connect(dialog.deleteLater)
        dialog.export_requested.connect(lambda: self._ask_export(dialog, model, folder))
        dialog.copied.connect(
            lambda: dialog.messages.notify("done", tr("The table was copied to the clipboard."))
        )

        def read(spec: str) -> Design:
            return read_design(spec, student.load_offline(), stop)

        def done(index: int, design: Design) -> None:
            if isValid(dialog):
                dialog.show_design(index, design)

        def failed(index: int, error: Exception) -> None:
            if not isinstance(error, UvanetError):
                raise error
            if isValid(dialog):
                dialog.show_failure(index, error.message, error.hint)

        for index, spec in enumerate(specs):
            context.jobs.run(
                partial(read, spec), partial(done, index), partial(failed, index), name="design"
            )
        present(dialog)

    def _ask_export(self, dialog: DesignsDialog, model: str, folder: str) -> None:
        from app.features.designs.report import comparison_report
        from app.ui.report_pdf import report_pdf
        from uvanet.report.page import report_html

        table, picture = csv_text(dialog.cells()), dialog.view.picture()
        content = partial(
            comparison_report,
            dialog.titles,
            [dialog.designs[index] for index in range(2)],
            dialog.regions.all,
            dialog.view.overlay_style,
            model,
        )

        def save(chosen: str) -> None:
            path = Path(chosen)
            is_table = path.suffix.lower() == ".csv"
            beside = path.with_suffix(".png") if is_table and picture is not None else None

            def write() -> None:
                if is_table:
                    write_output(path, table)
                    if beside is not None and picture is not None:
                        write_png(beside, picture)
                else:
                    layout = report_pdf if path.suffix.lower() == ".pdf" else report_html
                    write_output(path, layout(content()))

            def done(_: object) -> None:
                text = tr("The comparison was saved as {name}.").format(name=path.name)
                self._messages(dialog).notify_saved(text, path)

            def failed(error: Exception) -> None:
                if not isinstance(error, UvanetError):
                    raise error
                self._messages(dialog).notify("error", error.message, error.hint)

            def go_on() -> None:
                self.context.jobs.run(write, done, failed, name="comparison")

            ask_before_replacing(dialog, beside, go_on)

        ask_save_comparison(dialog, folder, f"{tr('Comparison')}.html", save)

    def _messages(self, dialog: DesignsDialog) -> Banner:
        """The banner of the dialog, or of the main window where the dialog is closed."""
        return dialog.messages if isValid(dialog) else self.context.messages

    def _stop_all(self) -> None:
        for stop in self._stops:
            stop.set()


def titles(specs: Sequence[str]) -> list[str]:
    """Names of the files, with their folders where the names are equal."""
    paths = [Path(spec) for spec in specs]
    names = [path.name for path in paths]
    if len(set(names)) == 1:
        names = [f"{path.parent.name}/{path.name}" for path in paths]
    return [printable(name) for name in names]


def _same(first: str, second: str) -> bool:
    return Path(first).absolute() == Path(second).absolute()
