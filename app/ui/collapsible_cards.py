"""Cards of the side panel that fold to their heading."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QLayout, QWidget

from app.ui.controls import IconButton
from app.ui.i18n import tr
from app.ui.icons import icon

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIZE = 14
_AWAY = "foldedAway"


class CollapsibleCards(QObject):
    """Which cards are folded, by the words of their headings.

    Signals:
        changed: The names of all folded cards.
    """

    changed = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self._cards: dict[str, _CollapsibleCard] = {}
        self._folded: set[str] = set()

    def add(self, widget: QWidget) -> None:
        """Makes cards fold by their headings: `widget` itself, or those in it.

        A heading is a label called "section" in a box layout of its card; where there is none,
        nothing folds.
        """
        for heading in widget.findChildren(QLabel, "section"):
            card, name = heading.parentWidget(), heading.text()
            if card is None:
                continue
            holder = _holder(card.layout(), heading)
            known = name in self._cards or any(one.card is card for one in self._cards.values())
            if holder is None or known:
                continue
            fold = _CollapsibleCard(card, heading, holder)
            fold.button.clicked.connect(lambda _=False, name=name: self._toggle(name))
            self._cards[name] = fold
            fold.set_folded(name in self._folded)

    def set_folded(self, names: Iterable[str]) -> None:
        """Folds the cards of these names, now or when they come; unfolds the others."""
        self._folded = set(names)
        for name, fold in self._cards.items():
            fold.set_folded(name in self._folded)

    def _toggle(self, name: str) -> None:
        self._folded ^= {name}
        self._cards[name].set_folded(name in self._folded)
        self.changed.emit(sorted(self._folded))


class _CollapsibleCard(QObject):
    """One card: a small button before the heading; the heading works like it."""

    def __init__(self, card: QWidget, heading: QLabel, holder: QBoxLayout) -> None:
        super().__init__(card)
        self.card, self._heading, self._name = card, heading, heading.text()
        self._folded = False
        self.button = IconButton(_SIZE, card)
        self.button.setObjectName("fold")
        self._place_before(heading, holder)
        heading.setCursor(Qt.CursorShape.PointingHandCursor)
        heading.installEventFilter(self)
        card.installEventFilter(self)
        for child in self._others():
            child.installEventFilter(self)
        self.set_folded(False)

    def set_folded(self, folded: bool) -> None:
        """Folds the card to its heading, or brings the rest back."""
        self._folded = folded
        words = tr("Unfold {name}") if folded else tr("Fold {name}")
        self.button.setAccessibleName(words.format(name=self._name))
        self.button.setToolTip(words.format(name=self._name))
        self.button.setIcon(icon("unfold" if folded else "fold", "quiet"))
        for child in self._others():
            if folded and not child.isHidden():
                self._hide(child)
            elif not folded and child.property(_AWAY):
                child.setProperty(_AWAY, False)
                child.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Toggles by the heading; hides what the card shows while it is folded."""
        kind = event.type()
        if watched is self._heading and kind == QEvent.Type.MouseButtonRelease:
            self.button.click()
        elif watched is self.card and kind == QEvent.Type.ChildPolished:
            child = event.child()  # type: ignore[attr-defined]
            if isinstance(child, QWidget) and child not in (self._heading, self.button):
                child.installEventFilter(self)
                if self._folded and not child.isHidden():
                    self._hide(child)
        elif (
            kind == QEvent.Type.ShowToParent
            and self._folded
            and isinstance(watched, QWidget)
            and watched not in (self._heading, self.button, self.card)
        ):
            self._hide(watched)
        return super().eventFilter(watched, event)

    def _hide(self, child: QWidget) -> None:
        child.setProperty(_AWAY, True)
        child.hide()

    def _others(self) -> list[QWidget]:
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        children = self.card.findChildren(QWidget, options=direct)
        return [child for child in children if child not in (self._heading, self.button)]

    def _place_before(self, heading: QLabel, holder: QBoxLayout) -> None:
        """Puts the button and the heading where the heading was."""
        index = holder.indexOf(heading)
        holder.takeAt(index)
        pair = QHBoxLayout()
        pair.setSpacing(2)
        pair.addWidget(self.button)
        pair.addWidget(heading)
        holder.insertLayout(index, pair)
        if holder.direction() == QBoxLayout.Direction.TopToBottom:
            pair.addStretch()


def _holder(layout: QLayout | None, widget: QWidget) -> QBoxLayout | None:
    """The box layout a widget is in, among `layout` and those in it."""
    if layout is None:
        return None
    if isinstance(layout, QBoxLayout) and layout.indexOf(widget) >= 0:
        return layout
    items = (layout.itemAt(index) for index in range(layout.count()))
    found = (_holder(item.layout(), widget) for item in items if item is not None)
    return next((one for one in found if one is not None), None)
