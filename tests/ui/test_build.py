"""Widgets that are built in one call."""

import pytest
from PySide6.QtGui import QTextDocument

from app.ui.build import plain_tip


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
