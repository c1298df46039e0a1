"""The regions of the current source: editing, shares, statistics and storage."""

from __future__ import annotations

import time
from collections.abc import Sequence

from app.features.analyse.attention_history import AttentionHistory
from app.features.analyse.region_card import RegionCard, RegionRow
from app.features.analyse.region_store import RegionStore
from app.runtime.source_store import store_path
from app.shell.context import FeatureContext
from app.shell.region_editor import RegionEditor, among
from app.shell.store_writer import StoreWriter
from app.ui.i18n import tr
from app.ui.region_layer import RegionLayer
from uvanet.analysis import Region, RegionSummary, region_shares
from uvanet.video.layers import color_of

_LIVE_SPAN = 60.0  # seconds of a live source in the chart
_MEASURE_EVERY_S = 0.15


class Regions(RegionEditor):
    """Edits the regions of the session, measures and shows them, and stores them by source.

    Args:
        context: The parts of the program.
        history: Maps of the source over time, for the statistics.
        layer: Shows and edits the regions on the picture.
        card: Lists the regions with their statistics, renames and deletes them.

    Attributes:
        spec: The string that opens the source; None without a source.
        shares: Share of each region in the map on the canvas, 0..1; empty without a map.
    """

    def __init__(
        self,
        context: FeatureContext,
        history: AttentionHistory,
        layer: RegionLayer,
        card: RegionCard,
    ) -> None:
        window = context.slots.window
        super().__init__(context.messages, context.undo, [layer], window, of_source=True)
        self._context = context
        self._history = history
        self._layer = layer
        self._card = card
        self._store = RegionStore(store_path("regions.json"))
        warning = tr("The regions cannot be saved.")
        self._writer = StoreWriter(context, self._store, "regions", warning, self)
        self._measured_at = 0.0
        self._summaries: list[RegionSummary | None] = []
        self.spec: str | None = None
        self.shares: list[float] = []
        self._on_picture = True
        self.selection_changed.connect(self._show)
        card.selected.connect(self._on_row_selected)
        card.renamed.connect(self.rename)
        card.removed.connect(lambda region: self.remove([region]))
        card.lock_changed.connect(lambda region, on: self.lock([region], on=on))
        history.changed.connect(self._summarize)

    @property
    def all(self) -> tuple[Region, ...]:
        """The regions of the session."""
        return self._context.session.regions

    def put(self, regions: Sequence[Region], *, finished: bool = True) -> None:
        """Sets, shows and stores the regions of the session."""
        self._apply(regions, finished=finished)
        if self.spec is not None:
            self._store.put(self.spec, self.all)
            self._writer.write_soon()

    def open_source(self, spec: str) -> None:
        """Loads the stored regions of a source."""
        self.spec, self.selection = spec, ()
        self._apply(self._store.get(spec))

    def close_source(self) -> None:
        """Removes the regions of the closed source; they stay stored."""
        self.spec, self.selection = None, ()
        self._apply(())

    def follow_map(self) -> None:
        """Measures the newest map, at most every 0.15 s."""
        if self.all and time.monotonic() - self._measured_at > _MEASURE_EVERY_S:
            self.measure()

    def show_on_picture(self, on: bool) -> None:
        """Shows the regions on the picture, or hides them there."""
        self._on_picture = on
        if not on:
            self.select(())  # keys must not change what nobody sees
        self._show()

    def measure(self) -> None:
        """Measures and shows the shares in the map on the canvas: current or average."""
        packet, fixed = self._context.presenter.packet, self._context.presenter.heat.fixed
        saliency = packet.saliency if packet and not packet.failed else None
        saliency = saliency if fixed is None else fixed
        self.shares = [] if saliency is None else region_shares(saliency, self.all)
        if packet is not None:
            height, width = packet.frame.picture.shape[:2]
            self._layer.picture_size = width, height
        self._measured_at = time.monotonic()
        self._show()

    def close(self, timeout: float) -> bool:
        """Writes pending changes; returns whether they are written within `timeout` seconds."""
        return self._writer.close(timeout)

    def _change(self, regions: Sequence[Region], text: str, toast: str = "") -> None:
        if self.spec is not None:
            super()._change(regions, text, toast)

    def _apply(self, regions: Sequence[Region], *, finished: bool = True) -> None:
        self._context.session.set_regions(regions)
        self.measure()
        if finished:
            self._summarize()

    def _summarize(self) -> None:
        """Computes and shows the statistics over time."""
        record, presenter = self._history.record, self._context.presenter
        record.keep_only(self.all)
        seen = len(record) > 0
        self._summaries = [record.summary(region) if seen else None for region in self.all]
        self._show()
        if self.all:
            now = presenter.packet.frame.pts if presenter.packet else 0.0
            duration = self._history.duration
            span = (0.0, duration) if duration else (max(0.0, now - _LIVE_SPAN), now)
            columns = [record.shares(region) for region in self.all]
            colors = [color_of(region, index) for index, region in enumerate(self.all)]
            self._card.plot.show_shares(record.series().seconds, columns, colors, span, now)

    def _show(self) -> None:
        # Shares and statistics of another number of regions are out of date.
        count = len(self.all)
        shares = self.shares if len(self.shares) == count else [None] * count
        summaries = self._summaries if len(self._summaries) == count else [None] * count
        rows = map(RegionRow, self.all, shares, summaries)
        info = self._context.session.info
        still = info is not None and not info.plays
        self._card.show_rows(list(rows), self.selection, over_time=not still)
        if self._on_picture:
            self._layer.show_regions(self.all, self.shares, self.selection)
        else:
            self._layer.show_regions((), (), ())

    def _on_row_selected(self, region: Region, extends: bool) -> None:
        rest = [other for other in self.selection if other is not region] if extends else []
        toggled_off = extends and among(self.selection, region)
        self.select(rest if toggled_off else [*rest, region])
