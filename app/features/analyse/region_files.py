"""Saves and loads region files, and saves the shares as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtGui import QGuiApplication

from app.features.analyse.attention_history import AttentionHistory
from app.features.analyse.regions import Regions
from app.features.analyse.table_export import regions_table, shares_csv
from app.shell.context import FeatureContext
from app.ui.file_dialogs import ask_regions, ask_save_regions, ask_save_table
from app.ui.i18n import tr
from app.ui.questions import ask_before_replacing
from uvanet.analysis import Region, load_regions, save_regions
from uvanet.atomic_io import write_output
from uvanet.csv_text import clipboard_text, csv_text
from uvanet.paths import DEFAULT_MODEL
from uvanet.redaction import printable, redact
from uvanet.video.output_names import REGION_TABLE


class RegionFiles:
    """Asks for paths, then reads and writes files on worker threads.

    The saved data are those at the call, before the dialog opens. Loaded regions are used only if
    the source is still the same.
    """

    def __init__(
        self, context: FeatureContext, regions: Regions, history: AttentionHistory
    ) -> None:
        self._context = context
        self._regions = regions
        self._history = history

    def ask_save(self) -> None:
        """Asks for a path and saves the regions there."""
        regions = self._regions.all
        if not regions:
            self._context.messages.notify("info", tr("There are no regions yet; draw one first."))
            return

        def save(chosen: str) -> None:
            path = Path(chosen)
            self._context.save(lambda: save_regions(path, regions), path)

        ask_save_regions(self._context.slots.window, self._context.folder, save)

    def ask_save_shares(self) -> None:
        """Asks for a path, and saves the shares over time and a summary of the regions."""
        regions, record = self._regions.all, self._history.record
        shares, summary = shares_csv(regions, record), self._summary()

        def save(chosen: str) -> None:
            path = Path(chosen)
            beside = path.with_name(f"{path.stem}{REGION_TABLE}") if regions else None
            tables = {path: shares} | ({beside: csv_text(summary)} if beside else {})

            def write() -> None:
                for target, text in tables.items():
                    write_output(target, text)

            ask_before_replacing(window, beside, lambda: self._context.save(write, *tables))

        window = self._context.slots.window
        ask_save_table(window, self._context.folder, save)

    def copy_summary(self) -> None:
        """Copies the table of regions, with tabs between the columns for spreadsheets."""
        if not self._regions.all:
            self._context.messages.notify("info", tr("There are no regions yet; draw one first."))
            return
        QGuiApplication.clipboard().setText(clipboard_text(self._summary()))
        self._context.messages.notify("done", tr("The table of regions was copied."))

    def ask_load(self) -> None:
        """Asks for a region file and loads it."""
        spec = self._regions.spec
        ask_regions(
            self._context.slots.window, self._context.folder, lambda path: self.load(path, spec)
        )

    def load(self, path: str, spec: str | None) -> None:
        """Replaces the regions by those of a file.

        Args:
            path: The file.
            spec: The source of the regions. If another source is open later, nothing is changed.
        """
        messages, name = self._context.messages, Path(path).name

        def done(regions: list[Region]) -> None:
            if spec is None:
                messages.notify("info", tr("Regions need a source; open one first."))
            elif spec != self._regions.spec:
                messages.notify(
                    "info", tr("{name} was not loaded: the source has changed.").format(name=name)
                )
            else:
                self._regions.replace_all(regions, tr("Loaded {name}.").format(name=name))

        self._context.run(lambda: load_regions(Path(path)), done, name="regions")

    def _summary(self) -> list[Sequence[object]]:
        session = self._context.session
        source = "" if session.info is None else printable(redact(session.info.spec))
        model = session.student.name or DEFAULT_MODEL
        record = self._history.record
        return regions_table(self._regions.all, record, source, model)
