"""Connects the regions of the session with the layer, the card and the store."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.features.analyse.region_card import RegionRow
from app.features.analyse.region_store import RegionStore, store_path
from app.runtime.shutdown import run_bounded
from app.ui.i18n import tr
from uvanet.analysis import Region, region_shares

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.features.analyse.attention_history import AttentionHistory
    from app.features.analyse.region_card import RegionCard
    from app.features.analyse.region_layer import RegionLayer
    from app.shell.context import FeatureContext
    from uvanet.analysis import RegionSummary, Shape

_LIVE_SPAN = 60.0
_SHOW_EVERY_S = 0.15
_WRITE_AFTER_MS = 1000


class Regions(QObject):
    """Edits, measures, shows and stores the regions of the current source.

    Args:
        context: The parts of the program.
        history: The attention seen so far.
        layer: Shows the regions on the picture.
        card: Lists them.

    Attributes:
        shares: Their shares of the attention in the map that is shown, 0..1.
        selected: Index of the selected one; -1 for none.
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
        self._spec = ""
        self._shown_at = 0.0
        self.shares: list[float] = []
        self.selected = -1
        self._summaries: list[RegionSummary | None] = []
        self._write = QTimer(self)
        self._write.setSingleShot(True)
        self._write.timeout.connect(self._write_soon)
        layer.drawn.connect(self._on_drawn)
        layer.edited.connect(self._on_edited)
        layer.edit_finished.connect(self._on_edit_finished)
        layer.selected.connect(self.select)
        card.selected.connect(self.select)
        card.renamed.connect(self.rename)
        card.removed.connect(self.remove)
        history.changed.connect(self._sum_up)

    @property
    def all(self) -> tuple[Region, ...]:
        """The regions."""
        return self._context.session.regions

    def begin(self, spec: str) -> None:
        """Loads the regions of a source that was opened."""
        self._spec = spec
        self.selected = -1
        self._set(self._store.get(spec), store=False)

    def replace_all(self, regions: Sequence[Region]) -> None:
        """Replaces all regions, for example by those of a file."""
        self.selected = -1
        self._set(regions)

    def remove(self, index: int) -> None:
        """Deletes a region."""
        if 0 <= index < len(self.all):
            self.selected = -1
            self._set([*self.all[:index], *self.all[index + 1 :]])

    def rename(self, index: int, name: str) -> None:
        """Renames a region; an empty name changes nothing."""
        if 0 <= index < len(self.all):
            if name and name != self.all[index].name:
                self._put(index, replace(self.all[index], name=name))
                self._set(self.all)
            else:
                self._show()

    def select(self, index: int) -> None:
        """Selects a region; -1 for none."""
        if index != self.selected:
            self.selected = index
            self._show()

    def update(self) -> None:
        """Measures the newest map, a few times a second."""
        now = time.monotonic()
        if self.all and now - self._shown_at > _SHOW_EVERY_S:
            self.measure()

    def measure(self) -> None:
        """Measures and shows the shares of the map that is shown."""
        self._measure()
        self._show()

    def close(self, timeout: float) -> bool:
        """Writes what is not written yet.

        Returns:
            Whether that ended within `timeout` seconds.
        """
        self._write.stop()
        return run_bounded(self._store.write, timeout, name="regions")

    def _set(self, regions: Sequence[Region], *, store: bool = True) -> None:
        self._context.session.set_regions(regions)
        self._history.record.keep_only(self.all)
        if store:
            self._store.put(self._spec, self.all)
            self._write.start(_WRITE_AFTER_MS)
        self._measure()
        self._sum_up()

    def _put(self, index: int, region: Region) -> None:
        self._context.session.set_regions((*self.all[:index], region, *self.all[index + 1 :]))

    def _measure(self) -> None:
        # What is shown is measured: the average while that is on the picture.
        packet, fixed = self._context.presenter.packet, self._context.presenter.heat.fixed
        saliency = packet.saliency if packet and not packet.failed else None
        saliency = saliency if fixed is None else fixed
        self.shares = [] if saliency is None else region_shares(saliency, self.all)
        self._shown_at = time.monotonic()

    def _sum_up(self) -> None:
        record = self._history.record
        seen = len(record) > 0
        self._summaries = [record.summary(region) if seen else None for region in self.all]
        self._show()
        if not self.all:
            return
        series = record.series()
        now = self._context.presenter.packet.frame.pts if self._context.presenter.packet else 0.0
        last = self._history.duration or now
        first = 0.0 if self._history.duration else max(0.0, last - _LIVE_SPAN)
        columns = [record.shares(region) for region in self.all]
        self._card.plot.show_shares(series.seconds, columns, (first, last), now)

    def _show(self) -> None:
        known: list[float | None] = list(self.shares) if self.shares else [None] * len(self.all)
        summaries = self._summaries
        if len(summaries) != len(self.all):
            summaries = [None] * len(self.all)
        rows = [
            RegionRow(region.name, share, summary)
            for region, share, summary in zip(self.all, known, summaries, strict=True)
        ]
        self._card.show_rows(rows, self.selected)
        self._layer.show_regions(self.all, self.shares, self.selected)

    def _on_drawn(self, shape: Shape, points: tuple[tuple[float, float], ...]) -> None:
        names = {region.name for region in self.all}
        number = next(one for one in range(1, len(names) + 2) if _default_name(one) not in names)
        self.selected = len(self.all)
        self._set([*self.all, Region(_default_name(number), shape, points)])

    def _on_edited(self, index: int, region: Region) -> None:
        if not 0 <= index < len(self.all):
            return
        self._put(index, region)
        self._measure()
        self._show()

    def _on_edit_finished(self) -> None:
        self._set(self.all)

    def _write_soon(self) -> None:
        self._context.jobs.run(self._store.write, lambda _: None, _raise, name="regions")


def _default_name(number: int) -> str:
    return tr("Region {number}").format(number=number)


def _raise(error: Exception) -> None:
    raise error
