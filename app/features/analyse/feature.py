"""Analysis: the feature's actions and how its parts hang together."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtGui import QGuiApplication

from app.features.analyse.actions import ACTIONS
from app.features.analyse.attention_history import AttentionHistory
from app.features.analyse.attention_strip import AttentionStrip
from app.features.analyse.region_card import RegionCard
from app.features.analyse.region_layer import RegionLayer
from app.features.analyse.regions import Regions
from app.features.analyse.scanpath_layer import ScanpathLayer
from app.features.analyse.table_export import numbers_text, regions_csv, shares_csv, write_text
from app.shell.feature import Feature
from app.ui.controls import IconButton
from app.ui.file_dialogs import ask_numbers, ask_regions, ask_save_regions
from app.ui.i18n import tr
from app.ui.line_chart import import_pyqtgraph
from uvanet.analysis import Shape, load_regions, peaks, region_shares, save_regions
from uvanet.errors import UvanetError

if TYPE_CHECKING:
    from PySide6.QtGui import QAction

    from app.pipeline.packets import SaliencyPacket
    from app.shell.main_window import MainWindow
    from uvanet.sources.base import SourceInfo

_TOOLS = {
    "region_rectangle": Shape.RECTANGLE,
    "region_ellipse": Shape.ELLIPSE,
    "region_polygon": Shape.POLYGON,
}


class Analyse(Feature):
    """Regions with their shares, attention over time, and the predicted order of looks."""

    ACTIONS = ACTIONS

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        actions, font = window.actions_by_name, window.canvas.font()
        self._recording = AttentionHistory(window.controller, window.jobs, self)
        self._layer, self._looks = RegionLayer(font), ScanpathLayer(font)
        self.card = RegionCard([actions[name] for name in (*_TOOLS, "save_shares")])
        changes = [actions[name] for name in ("previous_change", "next_change")]
        self._strip = AttentionStrip(changes, actions["scan_clip"])
        window.canvas.add_layer(self._layer)
        window.canvas.add_layer(self._looks)
        window.parts.add_card(self.card, early=True)
        # Where the side panel is hidden, this is the way to the first region.
        window.parts.add_button(_button(actions["region_rectangle"]))
        window.parts.add_strip(self._strip)
        self.regions = Regions(window, self._recording, self._layer, self.card)
        window.controller.opened.connect(self._on_opened)
        window.controller.turned.connect(self._recording.restart)
        window.controller.model_changed.connect(lambda _: self._recording.restart())
        window.controller.switched.connect(self._on_switched)
        window.display.presented.connect(self._on_presented)
        window.display.first_overlay.connect(self._load_plot)
        self.card.plot.needed.connect(self._load_plot)
        window.closing.connect(self._on_closing)
        self._layer.tool_left.connect(self._show_tool)
        self._layer.drawn.connect(lambda *_: window.canvas.setFocus())
        self.card.done.connect(window.canvas.setFocus)
        self._strip.sought.connect(window.controller.seek)
        self._recording.changed.connect(self._on_recorded)
        self._recording.progress.connect(self._strip.show_progress)
        self._recording.scanned.connect(self._on_scanned)
        self._recording.failed.connect(self._on_failed)
        actions["clean_view"].toggled.connect(lambda: self.regions.choose(-1))
        self._set_strip(window.settings.analyse_strip)
        actions.set_checked("looks", window.settings.analyse_looks)
        self._show_clip()

    def takes(self, path: str) -> bool:
        """Loads regions that were dropped on the window."""
        if not path.lower().endswith(".json"):
            return False
        self._load(path)
        return True

    def close(self, timeout: float) -> bool:
        """Writes the regions; a scan was stopped when the window closed."""
        del timeout
        self.regions.close()
        return True

    # -- regions

    def region_rectangle(self, on: bool) -> None:
        """Takes the tool for rectangles."""
        self._use_tool(Shape.RECTANGLE if on else None)

    def region_ellipse(self, on: bool) -> None:
        """Takes the tool for ellipses."""
        self._use_tool(Shape.ELLIPSE if on else None)

    def region_polygon(self, on: bool) -> None:
        """Takes the tool for polygons."""
        self._use_tool(Shape.POLYGON if on else None)

    def rename_region(self) -> None:
        """Lets the user type the chosen region's name."""
        if (place := self._chosen()) >= 0:
            self.window.set_panel_visible(True)
            self.card.edit_name(place)

    def delete_region(self) -> None:
        """Deletes the chosen region."""
        if (place := self._chosen()) >= 0:
            self.regions.remove(place)

    def save_regions(self) -> None:
        """Asks where to, then writes the regions."""
        regions, window = self.regions.all, self.window
        if self._has_regions():
            ask_save_regions(
                window,
                window.settings.folder,
                lambda path: self._write(path, lambda: save_regions(Path(path), regions)),
            )

    def load_regions(self) -> None:
        """Asks for a file of regions."""
        ask_regions(self.window, self.window.settings.folder, self._load)

    def save_shares(self) -> None:
        """Asks where to, then writes the shares over time, and beside them what each region got."""
        window, record = self.window, self._recording.record
        regions = self.regions.all
        text, summary = shares_csv(regions, record), regions_csv(regions, record)

        def write(chosen: str) -> None:
            path = Path(chosen)
            write_text(path, text)
            if regions:
                write_text(path.with_name(f"{path.stem}-regions{path.suffix}"), summary)

        ask_numbers(
            window,
            window.settings.folder,
            lambda path: self._write(path, lambda: write(path)),
        )

    def copy_numbers(self) -> None:
        """Puts the numbers of now on the clipboard."""
        packet = self.window.display.packet
        if packet is None:
            return
        now = region_shares(packet.saliency, self.regions.all)
        text = numbers_text(
            packet,
            self.window.controller.stats(),
            self.window.status.model.text(),
            self.regions.all,
            now,
            self._recording.record,
            self._agreement,
        )
        QGuiApplication.clipboard().setText(text)
        self.window.banner.notify("done", tr("The numbers are on the clipboard."))

    @property
    def _agreement(self) -> list[tuple[str, str]]:
        from app.features.compare import Compare

        return next(one.numbers for one in self.window.features if isinstance(one, Compare))

    # -- time

    def strip(self, on: bool) -> None:
        """Shows or hides the strip over the timeline."""
        self._set_strip(on)

    def scan_clip(self) -> None:
        """Looks through the whole clip, or stops doing so."""
        if self._recording.scanning:
            self._recording.stop_scan()
        else:
            if self._recording.duration:
                self._set_strip(True)
            self._recording.start_scan()

    def previous_change(self) -> None:
        """Goes to the moment of high change before this one."""
        self._go_to_change(-1)

    def next_change(self) -> None:
        """Goes to the next moment of high change."""
        self._go_to_change(1)

    def average(self, on: bool) -> None:
        """Shows the average of what was seen of the clip in place of the newest map."""
        self._show_average(on)

    def looks(self, on: bool) -> None:
        """Shows or hides the predicted order of looks."""
        self.window.settings.analyse_looks = on
        self._show_looks()

    # -- what comes

    def _on_opened(self, info: SourceInfo) -> None:
        self._recording.begin(info)
        self.regions.begin(info.spec)
        self._show_clip()

    def _on_switched(self) -> None:
        self._recording.stop_scan()
        self._use_tool(None)
        self._looks.show_looks(())
        if self.window.actions_by_name["average"].isChecked():
            self.window.actions_by_name.set_checked("average", False)
            self._show_average(False)

    def _on_presented(self, packet: SaliencyPacket) -> None:
        self._recording.see(packet)
        self.regions.see()
        self._strip.graph.set_position(packet.frame.pts)
        self._show_looks()

    def _on_recorded(self) -> None:
        self._show_clip()
        if self.window.actions_by_name["average"].isChecked():
            self._show_average(True)

    def _on_scanned(self) -> None:
        count = len(self._recording.record.moments())
        self.window.banner.notify(
            "done",
            tr("The whole clip was scanned."),
            tr("{count} moments of high change; N and Shift+N go from one to the next.").format(
                count=count
            ),
        )

    def _on_failed(self, error: Exception) -> None:
        if not isinstance(error, UvanetError):
            raise error
        self.window.banner.notify("error", error.message, error.hint)

    def _on_closing(self) -> None:
        self._recording.stop_scan()
        self.card.plot.stop()

    # -- helpers

    def _use_tool(self, tool: Shape | None) -> None:
        self._layer.use_tool(tool)
        self._show_tool()
        if tool is not None:
            self.window.canvas.setFocus()

    def _show_tool(self) -> None:
        for name, shape in _TOOLS.items():
            self.window.actions_by_name.set_checked(name, shape is self._layer.tool)

    def _chosen(self) -> int:
        if self.regions.selected < 0 and len(self.regions.all) == 1:
            self.regions.choose(0)
        if self.regions.selected < 0:
            self.window.banner.notify("info", tr("No region is chosen; click one first."))
        return self.regions.selected

    def _has_regions(self) -> bool:
        if not self.regions.all:
            self.window.banner.notify("info", tr("There are no regions yet; draw one first."))
        return bool(self.regions.all)

    def _load(self, path: str) -> None:
        def done(regions: object) -> None:
            self.regions.replace_all(regions)  # type: ignore[arg-type]
            self.window.banner.notify("done", tr("Loaded {name}.").format(name=Path(path).name))

        self.window.jobs.run(
            lambda: load_regions(Path(path)), done, self._on_failed, name="regions"
        )

    def _write(self, path: str, write: object) -> None:
        name, folder = Path(path).name, str(Path(path).parent)
        self.window.jobs.run(
            write,  # type: ignore[arg-type]
            lambda _: self.window.banner.notify(
                "done", tr("Saved {name}.").format(name=name), folder
            ),
            self._on_failed,
            name="numbers",
        )

    def _set_strip(self, on: bool) -> None:
        self.window.settings.analyse_strip = on
        self.window.actions_by_name.set_checked("strip", on)
        self._show_clip()

    def _show_clip(self) -> None:
        duration, record = self._recording.duration, self._recording.record
        self._strip.set_wanted(self.window.settings.analyse_strip and duration > 0)
        self._strip.graph.show_series(record.series(), record.moments(), duration, record.step)

    def _show_average(self, on: bool) -> None:
        average = self._recording.record.average() if on else None
        self.window.display.heat.fixed = average
        self.window.display.refresh()
        note = ""
        if average is not None:
            seconds = len(self._recording.record) * self._recording.record.step
            note = tr("Average over {seconds:.1f} s").format(seconds=seconds)
        self._looks.show_note(note)
        self.regions.measure()

    def _show_looks(self) -> None:
        packet = self.window.display.packet
        wanted = packet is not None and self.window.settings.analyse_looks
        saliency = self.window.display.heat.saliency() if wanted else None
        if packet is None or saliency is None:
            self._looks.show_looks(())
            return
        height, width = packet.frame.image.shape[:2]
        self._looks.show_looks(peaks(saliency, aspect=width / height))

    def _go_to_change(self, direction: int) -> None:
        packet, moments = self.window.display.packet, self._recording.record.moments()
        if packet is None:
            return
        now = packet.frame.pts
        if direction > 0:
            ahead = [moment for moment in moments if moment > now + 0.05]
        else:
            ahead = [moment for moment in moments[::-1] if moment < now - 0.05]
        if ahead:
            self.window.controller.seek(ahead[0])
        else:
            self.window.banner.notify(
                "info",
                tr("No moment of high change is known there."),
                tr("Press J to scan the whole clip."),
            )

    def _load_plot(self) -> None:
        """Loads the graph once there are regions, whose shares it draws."""
        if self.card.plot.isVisible() and self.window.display.overlay_seen:
            self.window.jobs.run(
                import_pyqtgraph,
                lambda _: self.card.plot.start(),
                self._on_failed,
                name="share plot",
            )


def _button(action: QAction) -> IconButton:
    button = IconButton()
    button.setDefaultAction(action)
    button.setAccessibleName(action.text())
    return button
