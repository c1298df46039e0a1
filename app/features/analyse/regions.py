"""The regions of the current source: list, shares, and storage."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.features.analyse.region_card import RegionRow
from app.features.analyse.region_store import RegionStore, store_path
from app.runtime.shutdown import run_bounded
from app.ui.i18n import tr
from app.ui.region_geometry import is_moved, replaced
from uvanet.analysis import region_shares
from uvanet.analysis.regions import MAX_NAME
from uvanet.sources.base import SourceKind
from uvanet.video.layers import color_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from app.features.analyse.attention_history import AttentionHistory
    from app.features.analyse.region_card import RegionCard
    from app.shell.context import FeatureContext
    from app.ui.region_layer import RegionLayer
    from uvanet.analysis import Region, RegionSummary

_LIVE_SPAN = 60.0  # seconds of a live source in the chart
_MEASURE_EVERY_S = 0.15
_WRITE_AFTER_MS = 1000
_COPY_OFFSET = 0.03  # by which a copy lies beside its original, as far as there is space


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
        selection: The selected regions; the last one is the main one.
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
        self.selection: tuple[Region, ...] = ()
        self._write_timer = QTimer(self, singleShot=True, interval=_WRITE_AFTER_MS)
        self._write_timer.timeout.connect(self._write)
        layer.drawn.connect(self._on_drawn)
        layer.edited.connect(self._on_edited)
        layer.edit_finished.connect(self._on_edit_finished)
        layer.selected.connect(self.select)
        card.selected.connect(self._on_row_selected)
        card.renamed.connect(self.rename)
        card.removed.connect(lambda region: self.remove([region]))
        card.lock_changed.connect(lambda region, on: self.lock([region], on=on))
        history.changed.connect(self._summarize)

    @property
    def all(self) -> tuple[Region, ...]:
        """The regions."""
        return self._context.session.regions

    @property
    def selected(self) -> Region | None:
        """The main selected region; None for none."""
        return self.selection[-1] if self.selection else None

    def open_source(self, spec: str) -> None:
        """Loads the stored regions of a source."""
        self.spec, self.selection = spec, ()
        self._apply(self._store.get(spec))

    def close_source(self) -> None:
        """Removes the regions with their source; they stay stored."""
        self.spec, self.selection = None, ()
        self._apply(())

    def replace_all(self, regions: Sequence[Region], toast: str = "") -> None:
        """Replaces all regions of the source.

        Args:
            regions: The new ones.
            toast: A sentence to show with an Undo button; empty for none.
        """
        self.selection = ()
        self._change(regions, tr("replace regions"), toast)

    def clear(self) -> None:
        """Removes all regions of the source but the locked ones."""
        self.remove(self.all, all_of_them=True)

    def remove(self, regions: Sequence[Region], *, all_of_them: bool = False) -> None:
        """Removes regions; a message tells of locked ones, which stay."""
        going = [region for region in regions if self._has(region) and not region.locked]
        if not going:
            if regions:
                self._context.messages.notify(
                    "info", tr("The region is locked."), tr("Unlock it first.")
                )
            return
        self.selection = tuple(one for one in self.selection if not _among(going, one))
        rest = [other for other in self.all if not _among(going, other)]
        if len(going) == 1 and not all_of_them:
            toast = tr("{name} was deleted.").format(name=going[0].name)
            self._change(rest, tr("delete region"), toast)
        elif all_of_them:
            kept = tr("The locked ones were kept.") if rest else ""
            toast = f"{tr('All regions were deleted.')} {kept}".strip()
            self._change(rest, tr("clear regions"), toast)
        else:
            toast = tr("{count} regions were deleted.").format(count=len(going))
            self._change(rest, tr("delete regions"), toast)

    def duplicate(self, regions: Sequence[Region]) -> None:
        """Adds copies of regions beside them, and selects the copies."""
        names = [region.name for region in self.all]
        copies = []
        for region in regions:
            right, bottom = region.box[2:]
            dx = _COPY_OFFSET if right + _COPY_OFFSET <= 1.0 else -_COPY_OFFSET
            dy = _COPY_OFFSET if bottom + _COPY_OFFSET <= 1.0 else -_COPY_OFFSET
            name = _free_name(names, partial(_copy_name, region.name))
            names.append(name)
            copies.append(replace(region.moved(dx, dy), name=name, locked=False))
        self.selection = tuple(copies)
        self._change([*self.all, *copies], tr("duplicate region"))

    def rename(self, region: Region, name: str) -> None:
        """Renames a region."""
        self._replace([(region, replace(region, name=name))], tr("rename region"))

    def set_color(self, regions: Iterable[Region], color: str | None) -> None:
        """Sets the color of regions, "#rrggbb"; None for that of their places in the list."""
        pairs = [(region, replace(region, color=color)) for region in regions]
        self._replace(pairs, tr("color of region"))

    def lock(self, regions: Iterable[Region], *, on: bool) -> None:
        """Locks regions against being moved, resized and deleted, or unlocks them."""
        pairs = [(region, replace(region, locked=on)) for region in regions]
        self._replace(pairs, tr("lock region") if on else tr("unlock region"))

    def select(self, selection: Iterable[Region]) -> None:
        """Selects regions; those that are not in the list are left out."""
        chosen = tuple(region for region in selection if self._has(region))
        if not _same(chosen, self.selection):
            self.selection = chosen
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
        if packet is not None:
            height, width = packet.frame.picture.shape[:2]
            self._layer.picture_size = width, height
        self._measured_at = time.monotonic()
        self._show()

    def close(self, timeout: float) -> bool:
        """Writes pending changes; whether that ended within `timeout` seconds."""
        self._write_timer.stop()
        return run_bounded(self._store.write, timeout, name="regions")

    def _has(self, region: Region) -> bool:
        return _among(self.all, region)

    def _replace(self, pairs: Sequence[tuple[Region, Region]], text: str, merge: str = "") -> None:
        """Replaces the first of each pair by the second."""
        if not pairs or not all(self._has(before) for before, _ in pairs):
            return
        old = self.all
        self.selection = tuple(replaced(self.selection, pairs))
        self._context.session.set_regions(replaced(old, pairs))
        self._remember()
        self.measure()
        if not merge:
            self._summarize()
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
        # Regions that take the places of selected ones are selected.
        same = len(regions) == len(self.all)
        after = replaced(self.selection, zip(self.all, regions, strict=True) if same else ())
        self.selection = tuple(one for one in after if _among(regions, one))
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
            colors = [color_of(region, index) for index, region in enumerate(self.all)]
            self._card.plot.show_shares(record.series().seconds, columns, colors, span, now)

    def _show(self) -> None:
        # While a region is being changed, its share is that of the shape before.
        count = len(self.all)
        shares = self.shares if len(self.shares) == count else [None] * count
        summaries = self._summaries if len(self._summaries) == count else [None] * count
        rows = map(RegionRow, self.all, shares, summaries)
        info = self._context.session.info
        still = info is not None and (info.slides or info.kind is SourceKind.PICTURE)
        self._card.show_rows(list(rows), self.selection, over_time=not still)
        self._layer.show_regions(self.all, self.shares, self.selection)

    def _on_drawn(self, region: Region) -> None:
        name = _free_name([other.name for other in self.all], _default_name)
        named = replace(region, name=name)
        self.selection = (named,)
        self._change([*self.all, named], tr("draw region"))

    def _on_edited(self, pairs: Sequence[tuple[Region, Region]]) -> None:
        moved = all(is_moved(before, after) for before, after in pairs)
        text = tr("move region") if moved else tr("resize region")
        self._replace(pairs, text, merge="region edit")

    def _on_row_selected(self, region: Region, extends: bool) -> None:
        rest = [one for one in self.selection if one is not region] if extends else []
        toggled_off = extends and _among(self.selection, region)
        self.select(rest if toggled_off else [*rest, region])

    def _on_edit_finished(self) -> None:
        self._context.undo.seal()
        self._summarize()

    def _write(self) -> None:
        self._context.jobs.run(
            self._store.write, lambda _: None, self._context.show_error, name="regions"
        )


def _default_name(number: int) -> str:
    return tr("Region {number}").format(number=number)


def _copy_name(original: str, number: int) -> str:
    """Counts on: "Region 1" becomes "Region 2", and "Logo" becomes "Logo 2"."""
    base, _, last = original.rpartition(" ")
    if base and last.isdecimal():
        return f"{base} {int(last) + number}"
    return f"{original} {number + 1}"


def _free_name(taken: Sequence[str], name: Callable[[int], str]) -> str:
    """The first of the names by number, from 1, that is not taken."""
    numbers = range(1, len(taken) + 2)
    return next(free for free in map(name, numbers) if free not in taken)[:MAX_NAME]


def _among(regions: Iterable[Region], region: Region) -> bool:
    return any(one is region for one in regions)


def _same(first: Sequence[Region], second: Sequence[Region]) -> bool:
    return len(first) == len(second) and all(
        one is other for one, other in zip(first, second, strict=True)
    )
