"""Editing of regions: what users do with a list of regions, each change of which can be undone."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.ui.i18n import tr
from app.ui.region_geometry import is_moved, replaced
from uvanet.analysis.regions import MAX_NAME

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from app.shell.undo import UndoStack
    from app.ui.banner import Banner
    from app.ui.region_layer import RegionLayer
    from uvanet.analysis import Region

_COPY_OFFSET = 0.03  # by which a copy lies beside its original, as far as there is space


class RegionEditor(QObject):
    """Changes a list of regions for the user.

    A region is identified by the object. A change of a region that is not in the list is ignored:
    it was deleted, or belongs to the previous source.

    Args:
        messages: Shows what was done or cannot be done.
        undo: Records the changes.
        layers: Show the regions, and let the user draw, move, resize and select them.
        of_source: The changes belong to the current source and are forgotten with it.
        parent: Parent object.

    Signals:
        selection_changed: The user has selected other regions.

    Attributes:
        selection: The selected regions; the last one is the main one.
    """

    selection_changed = Signal()

    def __init__(
        self,
        messages: Banner,
        undo: UndoStack,
        layers: Sequence[RegionLayer],
        parent: QObject,
        *,
        of_source: bool = False,
    ) -> None:
        super().__init__(parent)
        self.selection: tuple[Region, ...] = ()
        self._messages, self._undo, self._of_source = messages, undo, of_source
        for layer in layers:
            layer.drawn.connect(self._on_drawn)
            layer.edited.connect(self._on_edited)
            layer.edit_finished.connect(self._on_edit_finished)
            layer.selected.connect(self.select)

    @property
    def all(self) -> tuple[Region, ...]:
        """The regions."""
        raise NotImplementedError

    def put(self, regions: Sequence[Region], *, finished: bool = True) -> None:
        """Sets the regions and shows them; called for each change.

        Args:
            regions: The regions.
            finished: False during a drag.
        """
        raise NotImplementedError

    @property
    def selected(self) -> Region | None:
        """The main selected region; None for none."""
        return self.selection[-1] if self.selection else None

    def chosen(self) -> tuple[Region, ...]:
        """Returns the selected regions, or the only one; shows a message where there is none."""
        if not self.selection and len(self.all) == 1:
            self.select(self.all)
        if not self.selection:
            self._messages.notify("info", tr("No region is selected; click one first."))
        return self.selection

    def select(self, selection: Iterable[Region]) -> None:
        """Selects regions; those that are not in the list are left out."""
        chosen = tuple(region for region in selection if among(self.all, region))
        if len(chosen) != len(self.selection) or not all(map(_is, chosen, self.selection)):
            self.selection = chosen
            self.selection_changed.emit()

    def replace_all(self, regions: Sequence[Region], toast: str = "") -> None:
        """Replaces all regions.

        Args:
            regions: The new ones.
            toast: A sentence to show with an Undo button; empty for none.
        """
        self.selection = ()
        self._change(regions, tr("replace regions"), toast)

    def clear(self) -> None:
        """Removes all regions but the locked ones."""
        self.remove(self.all, all_of_them=True)

    def remove(self, regions: Sequence[Region], *, all_of_them: bool = False) -> None:
        """Removes regions; a message tells of locked ones, which stay."""
        going = [region for region in regions if among(self.all, region) and not region.locked]
        if not going:
            if regions:
                self._messages.notify("info", tr("The region is locked."), tr("Unlock it first."))
            return
        self.selection = tuple(region for region in self.selection if not among(going, region))
        rest = [other for other in self.all if not among(going, other)]
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
        if not regions:
            return
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

    def toggle_lock(self, regions: Sequence[Region]) -> None:
        """Locks regions, or unlocks them where all are locked."""
        self.lock(regions, on=not all(region.locked for region in regions))

    def _replace(self, pairs: Sequence[tuple[Region, Region]], text: str, merge: str = "") -> None:
        """Replaces the first of each pair by the second."""
        if not pairs or not all(among(self.all, before) for before, _ in pairs):
            return
        old = self.all
        self.selection = tuple(replaced(self.selection, pairs))
        self.put(replaced(old, pairs), finished=not merge)
        self._record(text, old, merge=merge)

    def _change(self, regions: Sequence[Region], text: str, toast: str = "") -> None:
        before = self.all
        self.put(regions)
        self._record(text, before, toast=toast)

    def _record(
        self, text: str, before: tuple[Region, ...], *, merge: str = "", toast: str = ""
    ) -> None:
        self._undo.record(
            text,
            self._restore,
            before,
            self.all,
            merge=merge,
            of_source=self._of_source,
            toast=toast,
        )

    def _restore(self, regions: tuple[Region, ...]) -> None:
        """Sets the regions that an undone change left."""
        # Regions that take the places of selected ones are selected.
        same = len(regions) == len(self.all)
        after = replaced(self.selection, zip(self.all, regions, strict=True) if same else ())
        self.selection = tuple(region for region in after if among(regions, region))
        self.put(regions)

    def _on_drawn(self, region: Region) -> None:
        name = _free_name([other.name for other in self.all], _default_name)
        named = replace(region, name=name)
        self.selection = (named,)
        self._change([*self.all, named], tr("draw region"))

    def _on_edited(self, pairs: Sequence[tuple[Region, Region]]) -> None:
        moved = all(is_moved(before, after) for before, after in pairs)
        text = tr("move region") if moved else tr("resize region")
        self._replace(pairs, text, merge="region edit")

    def _on_edit_finished(self) -> None:
        self._undo.seal()
        self.put(self.all)


def among(regions: Iterable[Region], region: Region) -> bool:
    """Whether a region is one of several, by the object."""
    return any(other is region for other in regions)


def _is(one: Region, other: Region) -> bool:
    return one is other


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
