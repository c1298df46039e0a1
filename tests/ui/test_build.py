"""Widgets that are built in one call."""

import pytest
from PySide6.QtCore import QSize
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QWidget

from app.ui.build import plain_tip, resize_on_screen


@pytest.mark.parametrize(
    "text", ["<b>Model</b> & co", "a < b", "&lt;i&gt;", "two\n<u>lines</u>", "plain"]
)
def test_a_tooltip_shows_a_text_from_outside_as_it_is(text):
    tip = plain_tip(text)
    if tip != text:
        document = QTextDocument()
        document.setHtml(tip)
        tip = document.toPlainText()
    else:
        assert "<" not in tip  # which Qt takes for a tag
    assert tip.split() == text.split()


@pytest.mark.parametrize("height", [300, 100_000])
def test_a_window_that_grows_stays_on_its_screen(qtbot, height):
    window = QWidget()
    qtbot.addWidget(window)
    window.resize(200, 100)
    window.show()
    screen = window.screen().availableGeometry()
    window.move(20, screen.bottom() - 150)
    resize_on_screen(window, QSize(200, height))
    qtbot.waitUntil(lambda: window.frameGeometry().bottom() <= screen.bottom(), timeout=60_000)
    assert window.y() >= screen.top()
    assert window.height() >= min(height, screen.height() - 100)  # less the frame
