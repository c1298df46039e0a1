"""The regions of the current source: list, shares, and storage."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.features.analyse.region_card import RegionRow
from app.features.analyse.region_store import RegionStore, store_path
from app.runtime.shutdown import run_bounded
from app.ui.i18n import tr
from app.ui.region_geometry import is_moved
from uvanet.analysis import region_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.features.analyse.attention_history import AttentionHistory
    from app.features.analyse.region_card import RegionCard
    from app.shell.context import FeatureContext
    from app.ui.region_layer import RegionLayer
    from uvanet.analysis import Region, RegionSummary

_LIVE_SPAN = 60.0  # seconds of a live source in the chart
_MEASURE_EVERY_S = 0.15
_WRITE_AFTER_MS = 1000


class Regions(QObject):
    """Changes the session's regions, and shows them on the layer and the card.

    A region is identified by the object. A change of a region that is not in the list is ignored:
    it was deleted, or belongs to the previous source.

    Args:
        context: The parts of the program.
        history: What was seen of the source.
        layer: Shows and edits the regions on the picture.
        card: Shows their statistics, renames and deletes them.

    Attributes:
        spec: The string that opens their source; None without a source.
        shares: Their shares of the map on the canvas, 0..1; empty without a map.
        selected: The selected region; None for none.
    """

    def __init__(
        self,
        context: FeatureContext,
        history: AttentionHistory,
        layer: RegionLayer,
        card: RegionCard,
    ) -> None:
        super().__init__(context.slots.window)
        self._context = context
        self._history = history
        self._layer = layer
        self._card = card
        self._store = RegionStore(store_path())
        self._measured_at = 0.0
        self._summaries: list[RegionSummary | None] = []
        self.spec: str | None = None
        self.shares: list[float] = []
        self.selected: Region | None = None
        self._write_timer = QTimer(self, singleShot=True, interval=_WRITE_AFTER_MS)
        self._write_timer.timeout.connect(self._write)
        layer.drawn.connect(self._on_drawn)
        layer.edited.connect(self._on_edited)
        layer.edit_finished.connect(self._on_edit_finished)
        layer.region_clicked.connect(self.select)
        card.selected.connect(self.select)
        card.renamed.connect(self.rename)
        card.removed.connect(self.remove)
        history.changed.connect(self._summarize)

    @property
    def all(self) -> tuple[Region, ...]:
        """The regions."""
        return self._context.session.regions

    def open_source(self, spec: str) -> None:
        """Loads the stored regions of a source."""
        self.spec, self.selected = spec, None
        self._apply(self._store.get(spec))

    def close_source(self) -> None:
        """Removes the regions with their source; they stay stored."""
        self.spec = self.selected = None
        self._apply(())

    def replace_all(self, regions: Sequence[Region], toast: str = "") -> None:
        """Replaces all regions of the source.

        Args:
            regions: The new ones.
            toast: A sentence to show with an Undo button; empty for none.
        """
        self.selected = None
        self._change(regions, tr("replace regions"), toast)

    def clear(self) -> None:
        """Removes all regions of the source."""
        if self.all:
            self.selected = None
            self._change([], tr("clear regions"), tr("All regions were deleted."))

    def remove(self, region: Region) -> None:
        """Removes a region."""
        if region is self.selected:
            self.selected = None
        if self._has(region):
            toast = tr("{name} was deleted.").format(name=region.name)
            rest = [other for other in self.all if other is not region]
            self._change(rest, tr("delete region"), toast)

    def rename(self, region: Region, name: str) -> None:
        """Renames a region."""
        self._replace(region, replace(region, name=name), tr("rename region"))
        self._summarize()

    def select(self, region: Region | None) -> None:
        """Selects a region, or none."""
        if region is not self.selected and (region is None or self._has(region)):
            self.selected = region
            self._show()

    def follow_map(self) -> None:
        """Measures the newest map, a few times a second."""
        if self.all and time.monotonic() - self._measured_at > _MEASURE_EVERY_S:
            self.measure()

    def measure(self) -> None:
        """Measures and shows the shares of the map on the canvas, which may be the average."""
        packet, fixed = self._context.presenter.packet, self._context.presenter.heat.fixed
        saliency = packet.saliency if packet and not packet.failed else None
        saliency = saliency if fixed is None else fixed
        self.shares = [] if saliency is None else region_shares(saliency, self.all)
        self._measured_at = time.monotonic()
        self._show()

    def close(self, timeout: float) -> bool:
        """Writes pending changes; whether that ended within `timeout` seconds."""
        self._write_timer.stop()
        return run_bounded(self._store.write, timeout, name="regions")

    def _has(self, region: Region) -> bool:
        return any(other is region for other in self.all)

    def _replace(self, before: Region, after: Region, text: str, merge: str = "") -> None:
        if not self._has(before):
            return
        if before is self.selected:
            self.selected = after
        old, regions = self.all, [after if other is before else other for other in self.all]
        self._context.session.set_regions(regions)
        self._remember()
        self.measure()
        self._record(text, old, merge=merge)

    def _change(self, regions: Sequence[Region], text: str, toast: str = "") -> None:
        if self.spec is not None:
            before = self.all
            self._apply(regions)
            self._remember()
            self._record(text, before, toast=toast)

    def _record(
        self, text: str, before: tuple[Region, ...], *, merge: str = "", toast: str = ""
    ) -> None:
        self._context.undo.record(
            text, self._restore, before, self.all, merge=merge, of_source=True, toast=toast
        )

    def _restore(self, regions: tuple[Region, ...]) -> None:
        """Sets the regions that an undone change left."""
        if self.selected is not None and not any(one is self.selected for one in regions):
            # The region that takes the place of the selected one is selected.
            place = next(index for index, one in enumerate(self.all) if one is self.selected)
            self.selected = regions[place] if len(regions) == len(self.all) else None
        self._apply(regions)
        self._remember()

    def _apply(self, regions: Sequence[Region]) -> None:
        self._context.session.set_regions(regions)
        self.measure()
        self._summarize()

    def _remember(self) -> None:
        assert self.spec is not None
        self._store.put(self.spec, self.all)
        self._write_timer.start()

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
            self._card.plot.show_shares(record.series().seconds, columns, span, now)

    def _show(self) -> None:
        # While a region is being changed, its share is that of the shape before.
        count = len(self.all)
        shares = self.shares if len(self.shares) == count else [None] * count
        summaries = self._summaries if len(self._summaries) == count else [None] * count
        rows = map(RegionRow, self.all, shares, summaries)
        self._card.show_rows(list(rows), self.selected)
        self._layer.show_regions(self.all, self.shares, self.selected)

    def _on_drawn(self, region: Region) -> None:
        names = {other.name for other in self.all}
        free = (_default_name(number) for number in range(1, len(names) + 2))
        self.selected = replace(region, name=next(name for name in free if name not in names))
        self._change([*self.all, self.selected], tr("draw region"))

    def _on_edited(self, before: Region, after: Region) -> None:
        text = tr("move region") if is_moved(before, after) else tr("resize region")
        self._replace(before, after, text, merge="region edit")

    def _on_edit_finished(self) -> None:
        self._context.undo.seal()
        self._summarize()

    def _write(self) -> None:
        self._context.jobs.run(
            self._store.write, lambda _: None, self._context.show_error, name="regions"
        )


def _default_name(number: int) -> str:
    return tr("Region {number}").format(number=number)
