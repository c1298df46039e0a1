"""Widgets and icons follow the theme without being told."""

import numpy as np
import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtGui import QPainter, QPixmap
from PySide6.QtWidgets import QApplication, QPushButton, QWidget

from app.ui.banner import Banner
from app.ui.canvas import Canvas
from app.ui.controls import IconButton
from app.ui.icons import icon
from app.ui.live_plot import PlotCard
from app.ui.theme import DARK, LIGHT, Theme, theme_colors


@pytest.fixture
def theme(qapp):
    palette, sheet = QApplication.palette(), qapp.styleSheet()
    theme = Theme(qapp, "dark")
    yield theme
    theme.detach()
    qapp.setPalette(palette)
    qapp.setStyleSheet(sheet)


def has_color(widget, color):
    image = widget.grab().toImage().convertToFormat(image_format())
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    wanted = [int(color[place : place + 2], 16) for place in (5, 3, 1)]
    return bool((np.abs(pixels[..., :3].astype(int) - wanted).max(axis=-1) <= 2).any())


def image_format():
    from PySide6.QtGui import QImage

    return QImage.Format.Format_RGB32


def test_the_colors_are_those_of_the_applied_theme(theme):
    assert theme_colors() is DARK
    theme.choose("light")
    assert theme_colors() is LIGHT


@pytest.mark.parametrize("name", ["icon", "canvas", "legend", "banner"])
def test_a_visible_widget_changes_its_colors(theme, qtbot, name):
    if name == "icon":
        widget, color = IconButton(32), "accent"
        widget.setIcon(icon("play", "accent"))
    elif name == "canvas":
        widget, color = Canvas(), "stage"
    elif name == "legend":
        widget, color = (
            PlotCard("Rates", [("a", "inferred"), ("b", "painted")], str, 80, 1),
            "inferred",
        )
    else:
        widget, color = Canvas(), "error"
        Banner(widget).notify("error", "The disk is full.")
    qtbot.addWidget(widget)
    widget.resize(300, 200)
    widget.show()
    for choice, colors in (("dark", DARK), ("light", LIGHT), ("dark", DARK)):
        theme.choose(choice)
        assert has_color(widget, getattr(colors, color)), choice


def test_a_chart_changes_the_color_of_its_curves(theme, qtbot):
    card = PlotCard("Memory", [("resident", "memory")], str, 80, 1.0)
    qtbot.addWidget(card)
    card.start()
    # A line between two rows of pixels has its color in neither.
    for seconds, value in ((0.0, 0.1), (30.0, 0.9), (60.0, 0.1)):
        card.add(seconds, [value])
    card.show()
    qtbot.waitExposed(card)
    for choice, colors in (("light", LIGHT), ("dark", DARK)):
        theme.choose(choice)
        qtbot.waitUntil(lambda color=colors.memory: has_color(card, color))
    card.stop()


def test_a_disabled_icon_is_faint_and_a_checked_one_has_its_own_color(theme):
    from PySide6.QtGui import QIcon

    picture = icon("play", "text", on="accent")

    def color(mode, state):
        image = picture.pixmap(QSize(32, 32), 1.0, mode, state).toImage()
        return image.pixelColor(16, 16).name()

    assert color(QIcon.Mode.Disabled, QIcon.State.On) == DARK.faint
    assert color(QIcon.Mode.Normal, QIcon.State.On) == DARK.accent
    assert color(QIcon.Mode.Normal, QIcon.State.Off) == DARK.text


def test_an_icon_without_room_is_not_painted(qapp, qtlog):
    canvas = QPixmap(20, 20)
    painter = QPainter(canvas)
    icon("info").paint(painter, QRect(0, 0, 0, 16))
    painter.end()
    assert not [record.message for record in qtlog.records if "QPainter" in record.message]


def test_a_disabled_default_button_does_not_look_enabled(theme, qtbot):
    box = QWidget()
    qtbot.addWidget(box)
    button = QPushButton("Train", box)
    button.setDefault(True)
    button.resize(80, 30)

    def background():
        return button.grab().toImage().pixelColor(button.width() // 2, 4).name()

    box.show()
    assert background() == DARK.accent
    button.setEnabled(False)
    assert background() != DARK.accent
