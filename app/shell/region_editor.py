"""Editing of a list of regions by the user, with undo."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from operator import is_

from PySide6.QtCore import QObject, Signal

from app.shell.undo import UndoStack
from app.ui.banner import Banner
from app.ui.i18n import tr
from app.ui.region_geometry import is_moved, replaced
from app.ui.region_layer import RegionLayer
from uvanet.analysis import Region
from uvanet.analysis.regions import MAX_NAME

_COPY_OFFSET = 0.03  # of a copy from its original, as a share of width and height


class RegionEditor(QObject):
    """Changes a list of regions for the user.

    Regions are compared by object identity. A change of a region that is not in the list is
    ignored: the region was deleted, or belongs to the previous source.

    Args:
        messages: Shows messages about changes.
        undo: Records the changes.
        layers: Layers on which the user draws, moves, resizes and selects the regions.
        of_source: Whether the changes belong to the current source and are forgotten with it.
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
        if len(chosen) != len(self.selection) or not all(map(is_, chosen, self.selection)):
            self.selection = chosen
            self.selection_changed.emit()

    def replace_all(self, regions: Sequence[Region], toast: str = "") -> None:
        """Replaces all regions.

        Args:
            regions: The new ones.
            toast: A sentence for a message with an Undo button; empty for no message.
        """
        self.selection = ()
        self._change(regions, tr("replace regions"), toast)

    def clear(self) -> None:
        """Removes all regions that are not locked."""
        self.remove(self.all, all_of_them=True)

    def remove(self, regions: Sequence[Region], *, all_of_them: bool = False) -> None:
        """Removes regions that are not locked; shows a message where all are locked."""
        removed = [region for region in regions if among(self.all, region) and not region.locked]
        if not removed:
            if regions:
                self._messages.notify("info", tr("The region is locked."), tr("Unlock it first."))
            return
        self.selection = tuple(region for region in self.selection if not among(removed, region))
        kept = [region for region in self.all if not among(removed, region)]
        if len(removed) == 1 and not all_of_them:
            toast = tr("{name} was deleted.").format(name=removed[0].name)
            self._change(kept, tr("delete region"), toast)
        elif all_of_them:
            note = tr("The locked ones were kept.") if kept else ""
            toast = f"{tr('All regions were deleted.')} {note}".strip()
            self._change(kept, tr("clear regions"), toast)
        else:
            toast = tr("{count} regions were deleted.").format(count=len(removed))
            self._change(kept, tr("delete regions"), toast)

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
        """Sets the color of regions, "#rrggbb"; None for the color by position in the list."""
        pairs = [(region, replace(region, color=color)) for region in regions]
        self._replace(pairs, tr("color of region"))

    def lock(self, regions: Iterable[Region], *, on: bool) -> None:
        """Locks or unlocks regions; a locked region cannot be moved, resized or deleted."""
        pairs = [(region, replace(region, locked=on)) for region in regions]
        self._replace(pairs, tr("lock region") if on else tr("unlock region"))

    def toggle_lock(self, regions: Sequence[Region]) -> None:
        """Unlocks regions where all are locked; else locks them."""
        self.lock(regions, on=not all(region.locked for region in regions))

    def _replace(self, pairs: Sequence[tuple[Region, Region]], text: str, merge: str = "") -> None:
        """Replaces the first region of each pair by the second."""
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
        """Sets the regions of an earlier or later state, for undo and redo."""
        # The selection moves to the regions at the same positions of the list.
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
    """Whether a region is one of several, by object identity."""
    return any(other is region for other in regions)


def _default_name(number: int) -> str:
    return tr("Region {number}").format(number=number)


def _copy_name(original: str, number: int) -> str:
    """The n-th next name: for n = 1, "Region 2" after "Region 1", and "Logo 2" after "Logo"."""
    base, _, last = original.rpartition(" ")
    if base and last.isdecimal():
        return _numbered(base, int(last) + number)
    return _numbered(original, number + 1)


def _numbered(base: str, number: int) -> str:
    """A name with a number at its end, of at most `MAX_NAME` characters."""
    end = f" {number}"
    return base[: MAX_NAME - len(end)] + end


def _free_name(taken: Sequence[str], name: Callable[[int], str]) -> str:
    """The first of `name(1)`, `name(2)`, ... that is not taken."""
    numbers = range(1, len(taken) + 2)
    return next(free for free in map(name, numbers) if free not in taken)
