"""Cards of the side panel that collapse to their heading."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import cast

from PySide6.QtCore import QChildEvent, QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLabel, QLayout, QWidget

from app.ui.controls import IconButton
from app.ui.i18n import tr
from app.ui.icons import icon

_SIZE = 14  # pixels
_HIDDEN = "hiddenByCollapse"  # property of widgets that were hidden by the collapse


class CollapsibleCards(QObject):
    """Collapses and expands cards. A card is identified by a name that no language changes.

    Signals:
        changed: The user has collapsed or expanded a card; carries the names of collapsed cards.
    """

    changed = Signal(list)

    def __init__(self) -> None:
        super().__init__()
        self._cards: dict[str, _CollapsibleCard] = {}
        self._collapsed: set[str] = set()

    def add(self, name: str, widget: QWidget) -> None:
        """Makes a card collapsible, or all cards inside a widget.

        The heading of a card is a label with the object name "section" in a box layout.

        Args:
            name: Name of the card; further cards inside a widget are named `name-2` and so on.
            widget: The card, or a widget with cards in a fixed order.
        """
        numbered = (f"{name}-{number}" for number in itertools.count(2))
        names = itertools.chain([name], numbered)
        for heading in widget.findChildren(QLabel, "section"):
            card = heading.parentWidget()
            if card is None or any(known.card is card for known in self._cards.values()):
                continue
            layout = _layout_of(card.layout(), heading)
            if layout is None:
                continue
            key = next(free for free in names if free not in self._cards)
            toggle = _CollapsibleCard(card, heading, layout)
            toggle.button.clicked.connect(lambda _=False, key=key: self._toggle(key))
            self._cards[key] = toggle
            toggle.set_collapsed(key in self._collapsed)

    def set_collapsed(self, names: Iterable[str]) -> None:
        """Collapses the cards with these names, even if added later; expands all others."""
        self._collapsed = set(names)
        for name, toggle in self._cards.items():
            toggle.set_collapsed(name in self._collapsed)

    def _toggle(self, name: str) -> None:
        self._collapsed ^= {name}
        self._cards[name].set_collapsed(name in self._collapsed)
        self.changed.emit(sorted(self._collapsed))


class _CollapsibleCard(QObject):
    """A card that a button before its heading, or a click on the heading, collapses."""

    def __init__(self, card: QWidget, heading: QLabel, layout: QBoxLayout) -> None:
        super().__init__(card)
        self.card, self._heading, self._name = card, heading, heading.text()
        self._collapsed = False
        self.button = IconButton(_SIZE, card)
        self.button.setObjectName("fold")
        self._place_before(heading, layout)
        heading.setCursor(Qt.CursorShape.PointingHandCursor)
        heading.installEventFilter(self)
        card.installEventFilter(self)
        for child in self._content():
            child.installEventFilter(self)
        self.set_collapsed(False)

    def set_collapsed(self, collapsed: bool) -> None:
        """Hides everything but the heading, or shows the hidden widgets again."""
        self._collapsed = collapsed
        text = (tr("Expand {name}") if collapsed else tr("Collapse {name}")).format(name=self._name)
        self.button.setAccessibleName(text)
        self.button.setToolTip(text)
        self.button.setIcon(icon("unfold" if collapsed else "fold", "quiet"))
        for child in self._content():
            if collapsed and not child.isHidden():
                self._hide(child)
            elif not collapsed and child.property(_HIDDEN):
                child.setProperty(_HIDDEN, False)
                child.show()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Toggles on a click on the heading; hides widgets that are shown in a collapsed card."""
        kind = event.type()
        if watched is self._heading and kind == QEvent.Type.MouseButtonRelease:
            self.button.click()
        elif watched is self.card and kind == QEvent.Type.ChildPolished:
            child = cast("QChildEvent", event).child()
            if isinstance(child, QWidget) and child not in (self._heading, self.button):
                child.installEventFilter(self)
                if self._collapsed and not child.isHidden():
                    self._hide(child)
        elif (
            kind == QEvent.Type.ShowToParent
            and self._collapsed
            and isinstance(watched, QWidget)
            and watched not in (self._heading, self.button, self.card)
        ):
            self._hide(watched)
        return super().eventFilter(watched, event)

    def _hide(self, child: QWidget) -> None:
        child.setProperty(_HIDDEN, True)
        child.hide()

    def _content(self) -> list[QWidget]:
        direct = Qt.FindChildOption.FindDirectChildrenOnly
        children = self.card.findChildren(QWidget, options=direct)
        return [child for child in children if child not in (self._heading, self.button)]

    def _place_before(self, heading: QLabel, layout: QBoxLayout) -> None:
        """Replaces the heading by the button and the heading."""
        index = layout.indexOf(heading)
        stretch = layout.stretch(index)
        layout.takeAt(index)
        pair = QHBoxLayout()
        pair.setSpacing(2)
        pair.addWidget(self.button)
        pair.addWidget(heading, stretch)
        layout.insertLayout(index, pair, stretch)
        if layout.direction() == QBoxLayout.Direction.TopToBottom:
            pair.addStretch()


def _layout_of(layout: QLayout | None, widget: QWidget) -> QBoxLayout | None:
    """Returns the box layout of a widget: `layout` or a layout inside it."""
    if layout is None:
        return None
    if isinstance(layout, QBoxLayout) and layout.indexOf(widget) >= 0:
        return layout
    items = (layout.itemAt(index) for index in range(layout.count()))
    layouts = (_layout_of(item.layout(), widget) for item in items if item is not None)
    return next((inner for inner in layouts if inner is not None), None)
