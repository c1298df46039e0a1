"""Analysis of attention: regions, attention over time, average map, predicted scanpath."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QGuiApplication

from app.features.analyse.attention_history import AttentionHistory
from app.features.analyse.attention_lane import AttentionLane
from app.features.analyse.kept_scan import KeptScan
from app.features.analyse.region_actions import TOOLS, RegionActions
from app.features.analyse.region_card import RegionCard
from app.features.analyse.region_files import RegionFiles
from app.features.analyse.region_lane import RegionLane
from app.features.analyse.regions import Regions
from app.features.analyse.scanpath_layer import ScanpathLayer
from app.features.analyse.settings import AnalyseSettings
from app.features.analyse.table_export import facts_text, map_facts, region_facts
from app.pipeline.packets import SaliencyPacket
from app.session.models import AUTOMATIC
from app.shell.actions import FRAME, PLAYS, SEEKABLE, Menu, MenuActions
from app.shell.context import Fact, FeatureContext
from app.shell.project import Project
from app.ui.controls import IconButton
from app.ui.i18n import tr
from app.ui.icons import icon
from app.ui.region_layer import RegionLayer
from uvanet.analysis import peaks, region_shares
from uvanet.sources.base import SourceInfo
from uvanet.video.layers import color_of

analyse_action = MenuActions(Menu.ANALYSE)
edit_action = MenuActions(Menu.EDIT)

_CLIP = FRAME | SEEKABLE
_CARD_RANK, _BUTTON_RANK = 10, 30
_ATTENTION_RANK, _REGIONS_RANK = 10, 20  # on the timeline
_AFTER_DRAG_MS = 150
_SAME_TIME_S = 0.05  # a change within this time of the position is skipped by a seek


class Analyse(RegionActions):
    """Regions with their shares, attention over time, average map and predicted scanpath.

    Attributes:
        history: The maps of the current source over time.
        scanpath_layer: The predicted scanpath on the picture.
        attention_lane: Attention over time, on the timeline.
        region_lane: Shares of the regions over time, on the timeline.
        scan_button: Starts and stops a scan of the clip.
    """

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._settings = context.settings.section(AnalyseSettings)
        actions, slots, session = context.actions, context.slots, context.session
        font = slots.canvas.font()
        self.history = AttentionHistory(session, context.jobs, self)
        self.layer, self.scanpath_layer = RegionLayer(font), ScanpathLayer(font)
        self.card = RegionCard([actions[name] for name in (*TOOLS, "save_shares")])
        self.attention_lane, self.region_lane = AttentionLane(), RegionLane()
        slots.timeline.add_lane(self.attention_lane, _ATTENTION_RANK)
        slots.timeline.add_lane(self.region_lane, _REGIONS_RANK)
        self._time_buttons = [
            slots.add_timeline_button(actions[name], _BUTTON_RANK)
            for name in ("previous_change", "next_change")
        ]
        self.scan_button = IconButton()
        self.scan_button.clicked.connect(actions["scan_clip"].trigger)
        self._time_buttons.append(slots.add_timeline_button(self.scan_button, _BUTTON_RANK))
        slots.canvas.add_layer(self.layer)
        slots.canvas.add_layer(self.scanpath_layer)
        slots.add_card("regions", self.card, _CARD_RANK)
        # Without the side panel this is the only button that draws a region.
        slots.add_button(actions["region_rectangle"], _BUTTON_RANK)
        self.regions = Regions(context, self.history, self.layer, self.card)
        self.files = RegionFiles(context, self.regions, self.history)
        session.opened.connect(self._on_opened)
        session.turned.connect(self.history.restart)
        session.student.changed.connect(self._on_model)
        # Connected after the slots above: they restart the history, which the kept scan then fills.
        self._scan = KeptScan(context, self.history)
        session.switched.connect(self._on_switched)
        session.failed.connect(self._on_failed)
        context.presenter.presented.connect(self._on_presented)
        context.presenter.first_overlay.connect(self._load_plot)
        slots.closing.connect(self._on_closing)
        slots.chrome_changed.connect(lambda: self.regions.select(()))
        self.card.plot.needed.connect(self._load_plot)
        self.card.editing_ended.connect(slots.canvas.setFocus)
        self.layer.tool_dropped.connect(self.check_tool)
        self.layer.menu_requested.connect(self.show_menu)
        self.card.menu_requested.connect(self.show_menu_of)
        self.layer.drawn.connect(lambda _: slots.canvas.setFocus())
        self.history.changed.connect(self._on_history_changed)
        # While a region is dragged, it changes with every move of the mouse.
        self._regions_timer = QTimer(self, singleShot=True, interval=_AFTER_DRAG_MS)
        self._regions_timer.timeout.connect(self._show_history)
        session.regions_changed.connect(self._regions_timer.start)
        self.history.progress.connect(self._on_progress)
        self.history.scanned.connect(self._on_scanned)
        self.history.failed.connect(context.show_error)
        self._set_strip(self._settings.strip)
        self._show_progress(None)
        actions.set_checked("scanpath", self._settings.scanpath)
        actions.set_checked("show_regions", True)

    def open_drop(self, path: str) -> bool:
        """Loads a dropped region file."""
        if not path.lower().endswith(".json"):
            return False
        self.show_regions(True)
        self.files.load(path, self.regions.spec)
        return True

    def save_to_project(self, project: Project) -> None:
        """Writes the regions, a complete scan, and whether the scanpath is shown."""
        project.regions = list(self.regions.all)
        project.view.scanpath = self._settings.scanpath
        project.scan = self._scan.part

    def open_project(self, project: Project) -> None:
        """Restores the regions, the scan and the scanpath setting of a project."""
        self.show_regions(True)
        self.regions.replace_all(project.regions)
        if project.scan is not None:
            self._scan.restore(project.scan, swap=project.model == AUTOMATIC)
        self.context.actions.set_checked("scanpath", project.view.scanpath)
        self.scanpath(project.view.scanpath)

    def facts(self) -> list[Fact]:
        """Peak and spread of the current map, and the statistics of the regions."""
        packet, record = self.context.presenter.packet, self.history.record
        if packet is None or packet.failed:
            return []
        shares = region_shares(packet.saliency, self.regions.all)
        return map_facts(packet.saliency) + region_facts(self.regions.all, shares, record)

    def close(self, timeout: float) -> bool:
        """Writes the regions; returns whether they are written within `timeout` seconds."""
        return self.regions.close(timeout)

    # -- numbers

    @edit_action(
        "Copy numbers", "Ctrl+Shift+C", needs=FRAME, group=1, words="statistics values facts"
    )
    def copy_numbers(self) -> None:
        """Copies the facts of all features to the clipboard."""
        QGuiApplication.clipboard().setText(facts_text(self.context.facts()))
        self.context.messages.notify("done", tr("The numbers were copied to the clipboard."))

    # -- time

    @analyse_action("Attention over time", "Shift+T", icon="pulse", group=2, checkable=True)
    def strip(self, on: bool) -> None:
        """Shows or hides the lanes of attention on the timeline."""
        self._set_strip(on)

    @analyse_action(
        "Scan the whole clip",
        "Ctrl+J",
        icon="scan",
        needs=_CLIP,
        group=2,
        words="analyze all frames statistics",
    )
    def scan_clip(self) -> None:
        """Starts a scan of the whole clip, or stops it."""
        if self.history.scanning:
            self.history.stop_scan()
        else:
            if self.history.duration:
                self._set_strip(True)
            self.history.start_scan()

    @analyse_action("Previous change", "Shift+N", icon="previous-change", needs=_CLIP, group=2)
    def previous_change(self) -> None:
        """Seeks to the previous time of high change."""
        self._seek_change(-1)

    @analyse_action("Next change", "N", icon="next-change", needs=_CLIP, group=2)
    def next_change(self) -> None:
        """Seeks to the next time of high change."""
        self._seek_change(1)

    @analyse_action(
        "Average heat map of the clip",
        "H",
        icon="average",
        needs=FRAME | PLAYS,
        group=3,
        checkable=True,
        words="mean summary",
    )
    def average(self, on: bool) -> None:
        """Shows the average of the maps seen so far, or the current map again."""
        self._show_average(on)

    @analyse_action(
        "Predicted scanpath",
        "X",
        icon="looks",
        group=3,
        checkable=True,
        words="order of looks eye movement",
    )
    def scanpath(self, on: bool) -> None:
        """Shows or hides the predicted scanpath."""
        self._settings.scanpath = on
        self._show_scanpath()

    # -- events

    def _on_opened(self, info: SourceInfo) -> None:
        self.history.open_source(info)
        self.regions.open_source(info.spec)
        self._show_history()

    def _on_switched(self) -> None:
        # Edits and computations of the previous source end with it.
        self.history.stop_scan()
        self.select_tool(None)
        self.regions.close_source()
        self.scanpath_layer.show_fixations(())
        if self.context.actions["average"].isChecked():
            self.context.actions.set_checked("average", False)
            self._show_average(False)

    def _on_model(self) -> None:
        scanning = self.history.scanning
        self.history.restart()
        if scanning:  # the scan continues with the new model
            self.history.start_scan()

    def _on_failed(self) -> None:
        # A source that is open, such as the previous one, keeps its history.
        if self.context.session.info is None:
            self.history.close_source()

    def _on_progress(self, share: float | None) -> None:
        self._show_progress(share)
        # The load of a scan must not make the automatic choice replace the model.
        self.context.session.automatic.hold("scan", share is not None)

    def _on_presented(self, packet: SaliencyPacket) -> None:
        self.history.add_packet(packet)
        self.regions.follow_map()
        self._show_scanpath()

    def _on_history_changed(self) -> None:
        self._show_history()
        if self.context.actions["average"].isChecked():
            self._show_average(True)

    def _on_scanned(self) -> None:
        self.context.messages.notify(
            "done",
            tr("The whole clip was scanned."),
            tr("Times of high change: {count}. N and Shift+N seek to them.").format(
                count=len(self.history.record.moments())
            ),
        )

    def _on_closing(self) -> None:
        self.history.stop_scan()
        self.card.plot.stop()

    # -- helpers

    def _set_strip(self, on: bool) -> None:
        self._settings.strip = on
        self.context.actions.set_checked("strip", on)
        self._show_history()

    def _show_history(self) -> None:
        duration, record = self.history.duration, self.history.record
        wanted = self._settings.strip and duration > 0
        for button in self._time_buttons:
            button.setVisible(wanted)
        series = record.series()
        self.attention_lane.show_series(series, record.moments(), record.step, wanted=wanted)
        regions = self.regions.all if wanted else ()
        self.region_lane.show_shares(
            [region.name for region in regions],
            series.seconds,
            [record.shares(region) for region in regions],
            [color_of(region, index) for index, region in enumerate(regions)],
            record.step,
        )

    def _show_progress(self, share: float | None) -> None:
        """Shows the progress of a scan, 0..1; None if no scan is running."""
        self.attention_lane.show_progress(share)
        action, button = self.context.actions["scan_clip"], self.scan_button
        text = action.text() if share is None else tr("Stop the scan")
        button.setAccessibleName(text)
        button.setToolTip(action.toolTip().replace(action.text(), text))
        button.setIcon(icon("scan") if share is None else icon("close", "accent"))

    def _show_average(self, on: bool) -> None:
        record = self.history.record
        average = record.average() if on else None
        self.context.presenter.heat.fixed = average
        self.context.presenter.refresh()
        seconds = len(record) * record.step
        note = tr("Average over {seconds:.1f} s").format(seconds=seconds)
        self.scanpath_layer.show_note("" if average is None else note)
        self.regions.measure()

    def _show_scanpath(self) -> None:
        presenter = self.context.presenter
        shown = self._settings.scanpath and presenter.packet is not None
        saliency = presenter.heat.saliency() if shown else None
        if presenter.packet is None or saliency is None:
            self.scanpath_layer.show_fixations(())
            return
        height, width = presenter.packet.frame.picture.shape[:2]
        self.scanpath_layer.show_fixations(peaks(saliency, aspect=width / height))

    def _seek_change(self, direction: int) -> None:
        packet = self.context.presenter.packet
        if packet is None:
            return
        now, moments = packet.frame.pts, self.history.record.moments()
        if direction > 0:
            candidates = [moment for moment in moments if moment > now + _SAME_TIME_S]
        else:
            candidates = [moment for moment in moments[::-1] if moment < now - _SAME_TIME_S]
        if candidates:
            self.context.session.seek(candidates[0])
        else:
            self.context.messages.notify(
                "info",
                tr("No time of high change is known there."),
                tr("Press Ctrl+J to scan the whole clip."),
            )

    def _load_plot(self) -> None:
        """Starts the chart once it is visible; the first overlay must not wait for its import."""
        if self.card.plot.isVisible() and self.context.presenter.overlay_seen:
            self.card.plot.start()
