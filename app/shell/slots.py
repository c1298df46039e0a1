"""The places of the window's parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from app.features.overlay.overlay_panel import OverlayPanel
from app.features.playback.transport import Transport
from app.features.sources.source_picker import SourcePicker
from app.session.heat import MAX_SMOOTHING
from app.session.session import SPEEDS
from app.shell.status_bar import StatusBar
from app.ui.banner import Banner
from app.ui.canvas import Canvas
from app.ui.collapsible_cards import CollapsibleCards
from app.ui.controls import IconButton
from app.ui.i18n import tr
from app.ui.live_plot import PlotPanel
from app.ui.panes import Panes
from uvanet.video.colormaps import COLORMAPS, colormap

if TYPE_CHECKING:
    from app.shell.menus import ActionSet

_PANEL_WIDTH = 272
_GAP = 12


@dataclass(slots=True)
class Layout:
    """The parts.

    Attributes:
        root: Holds all of them.
        canvas: The picture.
        panes: Holds it, and what is shown beside it.
        banner: Messages over the picture.
        picker: Chooses the source.
        menu_button: Opens the menu.
        menu: All actions.
        transport: Controls in time.
        overlay: Controls of the overlay.
        plots: The graphs.
        status: The line at the bottom.
        panel: Holds overlay and plots.
        chrome: What the full screen hides.
        folds: Which cards of the panel are folded.
    """

    root: QWidget
    canvas: Canvas
    panes: Panes
    banner: Banner
    picker: SourcePicker
    menu_button: IconButton
    menu: QMenu
    transport: Transport
    overlay: OverlayPanel
    plots: PlotPanel
    status: StatusBar
    panel: QWidget
    chrome: list[QWidget]
    folds: CollapsibleCards
    _buttons: QHBoxLayout
    _early_cards: QVBoxLayout
    _cards: QVBoxLayout
    _stage: QVBoxLayout

    def add_button(self, button: QWidget) -> None:
        """Puts a button of a feature into the bar at the top, before the window's own."""
        self._buttons.addWidget(button)

    def add_card(self, card: QWidget, *, early: bool = False) -> None:
        """Puts a card of a feature into the side panel, below those that are there.

        Args:
            card: The card; folds where it has a heading.
            early: Before the graphs, for what the user works with.
        """
        (self._early_cards if early else self._cards).addWidget(card)
        self.folds.add(card)

    def reveal(self, card: QWidget) -> None:
        """Scrolls the side panel to a card in it."""
        assert isinstance(self.panel, QScrollArea)
        self.panel.ensureWidgetVisible(card)

    def add_strip(self, strip: QWidget) -> None:
        """Puts a strip of a feature between the picture and the controls in time."""
        self._stage.insertWidget(self._stage.count() - 1, strip)
        self.chrome.append(strip)

    def add_status(self, widget: QWidget) -> None:
        """Puts something of a feature into the line at the bottom."""
        self.status.add(widget)

    def set_immersive(self, immersive: bool, *, panel: bool) -> None:
        """Leaves the picture alone, or brings everything back."""
        for widget in self.chrome:
            widget.setVisible(not immersive)
        self.panel.setVisible(panel and not immersive)
        gap = 0 if immersive else _GAP
        layout = self.root.layout()
        assert layout is not None
        layout.setContentsMargins(gap, 0 if immersive else 8, gap, 0 if immersive else 6)
        self.panes.set_immersive(immersive)


def build(actions: ActionSet, model: str) -> Layout:
    """Makes the parts; nothing is wired yet."""
    picker = SourcePicker(actions.by_name)
    canvas = Canvas()
    panes = Panes(canvas)
    transport = Transport(actions.by_name, SPEEDS)
    overlay = OverlayPanel({name: colormap(name) for name in COLORMAPS}, MAX_SMOOTHING, actions.tip)
    plots = PlotPanel()
    status = StatusBar(model)
    root = QWidget()
    bar, buttons, menu_button, menu = _top_bar(root, picker, actions)
    panel, early_cards, cards = _panel(overlay, plots)
    folds = CollapsibleCards()
    for card in (overlay, plots.rates, plots.memory):
        folds.add(card)
    stage = QVBoxLayout()
    stage.setSpacing(10)
    stage.addWidget(panes, 1)
    stage.addWidget(transport)
    middle = QHBoxLayout()
    middle.setSpacing(_GAP)
    middle.addLayout(stage, 1)
    middle.addWidget(panel)
    whole = QVBoxLayout(root)
    whole.setSpacing(8)
    whole.addWidget(bar)
    whole.addLayout(middle, 1)
    whole.addWidget(status)
    parts = Layout(
        root=root,
        canvas=canvas,
        panes=panes,
        banner=Banner(panes),
        picker=picker,
        menu_button=menu_button,
        menu=menu,
        transport=transport,
        overlay=overlay,
        plots=plots,
        status=status,
        panel=panel,
        chrome=[bar, transport, status],
        folds=folds,
        _buttons=buttons,
        _early_cards=early_cards,
        _cards=cards,
        _stage=stage,
    )
    parts.set_immersive(False, panel=True)
    return parts


def _top_bar(
    root: QWidget, picker: SourcePicker, actions: ActionSet
) -> tuple[QWidget, QHBoxLayout, IconButton, QMenu]:
    bar = QWidget()
    layout = QHBoxLayout(bar)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(4)
    layout.addWidget(picker)
    layout.addStretch()
    buttons = QHBoxLayout()
    buttons.setSpacing(4)
    layout.addLayout(buttons)
    for name in ("overlay", "save_snapshot", "copy_snapshot", "panel", "full_screen", "shortcuts"):
        button = IconButton()
        button.setDefaultAction(actions[name])
        button.setAccessibleName(actions[name].text().removesuffix("…"))
        layout.addWidget(button)
    menu = QMenu(root)
    for submenu in actions.submenus(root):
        menu.addMenu(submenu)
    menu_button = IconButton()
    menu_button.setIcon(actions["main_menu"].icon())
    menu_button.setAccessibleName(tr("Menu"))
    menu_button.setToolTip(actions["main_menu"].toolTip())
    menu_button.setMenu(menu)
    menu_button.setPopupMode(IconButton.ToolButtonPopupMode.InstantPopup)
    layout.addWidget(menu_button)
    return bar, buttons, menu_button, menu


def _panel(overlay: OverlayPanel, plots: PlotPanel) -> tuple[QWidget, QVBoxLayout, QVBoxLayout]:
    inner = QWidget()
    column = QVBoxLayout(inner)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(10)
    column.addWidget(overlay)
    early_cards = QVBoxLayout()
    early_cards.setSpacing(10)
    column.addLayout(early_cards)
    column.addWidget(plots)
    cards = QVBoxLayout()
    cards.setSpacing(10)
    column.addLayout(cards)
    column.addStretch()
    panel = QScrollArea()
    panel.setWidget(inner)
    panel.setWidgetResizable(True)
    panel.setFixedWidth(_PANEL_WIDTH)
    panel.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    panel.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    return panel, early_cards, cards
