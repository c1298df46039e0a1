"""Analysis: regions and their shares, attention over time, scanpaths."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from app.features.analyse.attention_history import AttentionHistory
from app.features.analyse.attention_strip import AttentionStrip
from app.features.analyse.region_card import RegionCard
from app.features.analyse.region_layer import RegionLayer
from app.features.analyse.regions import Regions
from app.features.analyse.scanpath_layer import ScanpathLayer
from app.features.analyse.settings import AnalyseSettings
from app.features.analyse.table_export import (
    map_facts,
    numbers_text,
    region_facts,
    regions_csv,
    shares_csv,
    write_text,
)
from app.shell.actions import FRAME, SEEKABLE, Menu, action
from app.shell.feature import Feature
from app.shell.settings import WindowSettings
from app.ui.file_dialogs import ask_regions, ask_save_regions, ask_save_table
from app.ui.i18n import tr
from app.ui.line_chart import import_pyqtgraph
from uvanet.analysis import Shape, load_regions, peaks, region_shares, save_regions

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from app.pipeline.packets import SaliencyPacket
    from app.shell.context import Fact, FeatureContext
    from uvanet.analysis import Region
    from uvanet.sources.base import SourceInfo

_CLIP = FRAME | SEEKABLE
_CARD_RANK, _BUTTON_RANK, _STRIP_RANK = 10, 30, 20
_TOOLS = {
    "region_rectangle": Shape.RECTANGLE,
    "region_ellipse": Shape.ELLIPSE,
    "region_polygon": Shape.POLYGON,
}


class Analyse(Feature):
    """Connects the regions, the history of attention and the scanpath with the window."""

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._settings = context.settings.section(AnalyseSettings)
        actions, slots, session = context.actions, context.slots, context.session
        self._history = AttentionHistory(session, context.jobs, self)
        font = slots.canvas.font()
        self._layer, self._scanpath = RegionLayer(font), ScanpathLayer(font)
        self.card = RegionCard([actions[name] for name in (*_TOOLS, "save_shares")])
        changes = [actions[name] for name in ("previous_change", "next_change")]
        self._strip = AttentionStrip(changes, actions["scan_clip"])
        slots.canvas.add_layer(self._layer)
        slots.canvas.add_layer(self._scanpath)
        slots.add_card(self.card, _CARD_RANK)
        # Where the side panel is hidden, this is the way to the first region.
        slots.add_button(actions["region_rectangle"], _BUTTON_RANK)
        slots.add_strip(self._strip, _STRIP_RANK)
        self.regions = Regions(context, self._history, self._layer, self.card)
        session.opened.connect(self._on_opened)
        session.turned.connect(self._history.restart)
        session.student.changed.connect(lambda _: self._history.restart())
        session.switched.connect(self._on_switched)
        context.presenter.presented.connect(self._on_presented)
        context.presenter.first_overlay.connect(self._load_plot)
        self.card.plot.needed.connect(self._load_plot)
        slots.closing.connect(self._on_closing)
        self._layer.tool_dropped.connect(self._show_tool)
        self._layer.drawn.connect(lambda *_: slots.canvas.setFocus())
        self.card.done.connect(slots.canvas.setFocus)
        self._strip.sought.connect(session.seek)
        self._history.changed.connect(self._on_recorded)
        self._history.progress.connect(self._strip.show_progress)
        self._history.scanned.connect(self._on_scanned)
        self._history.failed.connect(context.show_error)
        slots.chrome_changed.connect(lambda: self.regions.select(-1))
        self._set_strip(self._settings.strip)
        actions.set_checked("scanpath", self._settings.scanpath)
        self._show_clip()

    def open_drop(self, path: str) -> bool:
        """Loads dropped regions."""
        if not path.lower().endswith(".json"):
            return False
        self._load(path)
        return True

    def facts(self) -> list[Fact]:
        """Peak, spread and the shares of the regions; regions are named by the user."""
        packet, record = self.context.presenter.packet, self._history.record
        if packet is None:
            return []
        now = region_shares(packet.saliency, self.regions.all)
        return map_facts(packet.saliency) + region_facts(self.regions.all, now, record)

    def close(self, timeout: float) -> bool:
        """Writes the regions; a scan was stopped when the window closed."""
        return self.regions.close(timeout)

    # -- regions

    @action(
        "Draw rectangle", Menu.ANALYSE, "A", icon="region-rectangle", needs=FRAME, checkable=True
    )
    def region_rectangle(self, on: bool) -> None:
        """Selects the tool that draws rectangles, or none."""
        self._use_tool(Shape.RECTANGLE if on else None)

    @action("Draw ellipse", Menu.ANALYSE, "Q", icon="region-ellipse", needs=FRAME, checkable=True)
    def region_ellipse(self, on: bool) -> None:
        """Selects the tool that draws ellipses, or none."""
        self._use_tool(Shape.ELLIPSE if on else None)

    @action("Draw polygon", Menu.ANALYSE, "Y", icon="region-polygon", needs=FRAME, checkable=True)
    def region_polygon(self, on: bool) -> None:
        """Selects the tool that draws polygons, or none."""
        self._use_tool(Shape.POLYGON if on else None)

    @action("Rename region", Menu.ANALYSE, "F2", needs=FRAME)
    def rename_region(self) -> None:
        """Focuses the name of the selected region."""
        if (index := self._selected()) >= 0:
            self.context.slots.set_panel_wanted(True)
            self.card.edit_name(index)

    @action("Delete region", Menu.ANALYSE, "Delete", needs=FRAME)
    def delete_region(self) -> None:
        """Deletes the selected region."""
        if (index := self._selected()) >= 0:
            self.regions.remove(index)

    @action("Save regions…", Menu.ANALYSE, "Shift+X", needs=FRAME, group=1)
    def save_regions(self) -> None:
        """Asks for a path, then writes the regions."""
        regions = self.regions.all
        if self._has_regions():
            ask_save_regions(
                self.context.slots.window,
                self._folder,
                lambda path: self._write(path, lambda: save_regions(Path(path), regions)),
            )

    @action("Load regions…", Menu.ANALYSE, "Shift+O", needs=FRAME, group=1)
    def load_regions(self) -> None:
        """Asks for a file of regions."""
        ask_regions(self.context.slots.window, self._folder, self._load)

    @action("Save shares as CSV…", Menu.ANALYSE, "B", icon="table", needs=FRAME, group=1)
    def save_shares(self) -> None:
        """Asks for a path, then writes the shares over time, and a second table of the regions."""
        regions, record = self.regions.all, self._history.record
        text, summary = shares_csv(regions, record), regions_csv(regions, record)

        def write(chosen: str) -> None:
            path = Path(chosen)
            write_text(path, text)
            if regions:
                write_text(path.with_name(f"{path.stem}-regions{path.suffix}"), summary)

        ask_save_table(
            self.context.slots.window,
            self._folder,
            lambda path: self._write(path, lambda: write(path)),
        )

    @action("Copy numbers", Menu.ANALYSE, "Ctrl+Shift+C", needs=FRAME, group=1)
    def copy_numbers(self) -> None:
        """Copies what all features know now to the clipboard."""
        if self.context.presenter.packet is None:
            return
        QGuiApplication.clipboard().setText(numbers_text(self.context.facts()))
        self.context.messages.notify("done", tr("The numbers were copied to the clipboard."))

    # -- time

    @action("Attention over time", Menu.ANALYSE, "Shift+T", icon="pulse", group=2, checkable=True)
    def strip(self, on: bool) -> None:
        """Shows or hides the strip above the timeline."""
        self._set_strip(on)

    @action("Scan the whole clip", Menu.ANALYSE, "J", icon="scan", needs=_CLIP, group=2)
    def scan_clip(self) -> None:
        """Starts or stops a scan of the whole clip."""
        if self._history.scanning:
            self._history.stop_scan()
        else:
            if self._history.duration:
                self._set_strip(True)
            self._history.start_scan()

    @action(
        "Previous change", Menu.ANALYSE, "Shift+N", icon="previous-change", needs=_CLIP, group=2
    )
    def previous_change(self) -> None:
        """Seeks to the previous moment of high change."""
        self._go_to_change(-1)

    @action("Next change", Menu.ANALYSE, "N", icon="next-change", needs=_CLIP, group=2)
    def next_change(self) -> None:
        """Seeks to the next moment of high change."""
        self._go_to_change(1)

    @action(
        "Average heat map of the clip",
        Menu.ANALYSE,
        "H",
        icon="average",
        needs=FRAME,
        group=3,
        checkable=True,
    )
    def average(self, on: bool) -> None:
        """Shows the average of the maps seen so far in index of the newest one."""
        self._show_average(on)

    @action("Predicted scanpath", Menu.ANALYSE, "X", icon="looks", group=3, checkable=True)
    def scanpath(self, on: bool) -> None:
        """Shows or hides the predicted scanpath."""
        self._settings.scanpath = on
        self._show_scanpath()

    # -- events

    def _on_opened(self, info: SourceInfo) -> None:
        self._history.begin(info)
        self.regions.begin(info.spec)
        self._show_clip()

    def _on_switched(self) -> None:
        self._history.stop_scan()
        self._use_tool(None)
        self._scanpath.show_fixations(())
        if self.context.actions["average"].isChecked():
            self.context.actions.set_checked("average", False)
            self._show_average(False)

    def _on_presented(self, packet: SaliencyPacket) -> None:
        self._history.add(packet)
        self.regions.update()
        self._strip.graph.set_position(packet.frame.pts)
        self._show_scanpath()

    def _on_recorded(self) -> None:
        self._show_clip()
        if self.context.actions["average"].isChecked():
            self._show_average(True)

    def _on_scanned(self) -> None:
        count = len(self._history.record.moments())
        self.context.messages.notify(
            "done",
            tr("The whole clip was scanned."),
            tr("{count} moments of high change; step through them with N and Shift+N.").format(
                count=count
            ),
        )

    def _on_closing(self) -> None:
        self._history.stop_scan()
        self.card.plot.stop()

    # -- helpers

    @property
    def _folder(self) -> str:
        return self.context.settings.section(WindowSettings).folder

    def _use_tool(self, tool: Shape | None) -> None:
        self._layer.use_tool(tool)
        self._show_tool()
        if tool is not None:
            self.context.slots.canvas.setFocus()

    def _show_tool(self) -> None:
        for name, shape in _TOOLS.items():
            self.context.actions.set_checked(name, shape is self._layer.tool)

    def _selected(self) -> int:
        if self.regions.selected < 0 and len(self.regions.all) == 1:
            self.regions.select(0)
        if self.regions.selected < 0:
            self.context.messages.notify("info", tr("No region is selected; click one first."))
        return self.regions.selected

    def _has_regions(self) -> bool:
        if not self.regions.all:
            self.context.messages.notify("info", tr("There are no regions yet; draw one first."))
        return bool(self.regions.all)

    def _load(self, path: str) -> None:
        def done(regions: Sequence[Region]) -> None:
            self.regions.replace_all(regions)
            self.context.messages.notify("done", tr("Loaded {name}.").format(name=Path(path).name))

        self.context.jobs.run(
            lambda: load_regions(Path(path)), done, self.context.show_error, name="regions"
        )

    def _write(self, path: str, write: Callable[[], None]) -> None:
        name, folder = Path(path).name, str(Path(path).parent)
        self.context.jobs.run(
            write,
            lambda _: self.context.messages.notify(
                "done", tr("Saved {name}.").format(name=name), folder
            ),
            self.context.show_error,
            name="numbers",
        )

    def _set_strip(self, on: bool) -> None:
        self._settings.strip = on
        self.context.actions.set_checked("strip", on)
        self._show_clip()

    def _show_clip(self) -> None:
        duration, record = self._history.duration, self._history.record
        self._strip.set_wanted(self._settings.strip and duration > 0)
        self._strip.graph.show_series(record.series(), record.moments(), duration, record.step)

    def _show_average(self, on: bool) -> None:
        average = self._history.record.average() if on else None
        self.context.presenter.heat.fixed = average
        self.context.presenter.refresh()
        note = ""
        if average is not None:
            seconds = len(self._history.record) * self._history.record.step
            note = tr("Average over {seconds:.1f} s").format(seconds=seconds)
        self._scanpath.show_note(note)
        self.regions.measure()

    def _show_scanpath(self) -> None:
        packet = self.context.presenter.packet
        wanted = packet is not None and self._settings.scanpath
        saliency = self.context.presenter.heat.saliency() if wanted else None
        if packet is None or saliency is None:
            self._scanpath.show_fixations(())
            return
        height, width = packet.frame.image.shape[:2]
        self._scanpath.show_fixations(peaks(saliency, aspect=width / height))

    def _go_to_change(self, direction: int) -> None:
        packet, moments = self.context.presenter.packet, self._history.record.moments()
        if packet is None:
            return
        now = packet.frame.pts
        if direction > 0:
            ahead = [moment for moment in moments if moment > now + 0.05]
        else:
            ahead = [moment for moment in moments[::-1] if moment < now - 0.05]
        if ahead:
            self.context.session.seek(ahead[0])
        else:
            self.context.messages.notify(
                "info",
                tr("No further moment of high change is known."),
                tr("Press J to scan the whole clip."),
            )

    def _load_plot(self) -> None:
        """Builds the chart of shares once there are regions."""
        if self.card.plot.isVisible() and self.context.presenter.overlay_seen:
            self.context.jobs.run(
                import_pyqtgraph,
                lambda _: self.card.plot.start(),
                self.context.show_error,
                name="share plot",
            )
