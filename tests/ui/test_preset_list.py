"""The list of named presets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtWidgets import QInputDialog, QMessageBox

from app.ui.preset_list import PresetList

if TYPE_CHECKING:
    from pytestqt.qtbot import QtBot


def test_a_preset_is_replaced_only_after_a_question(qtbot: QtBot) -> None:
    stored = {"first": 1, "second": 2}
    presets = PresetList("Numbers", stored, lambda: 3, lambda _: None, lambda *_, **__: None)
    qtbot.addWidget(presets)
    presets.names.setCurrentText("first")

    def rename(answer: str) -> None:
        presets._ask_rename()
        dialog = presets.findChildren(QInputDialog)[-1]
        dialog.setTextValue(" second ")
        dialog.accept()
        (box,) = (box for box in presets.findChildren(QMessageBox) if box.isVisible())
        assert "second" in box.text()
        next(button for button in box.buttons() if button.text() == answer).click()

    rename("Cancel")
    assert stored == {"first": 1, "second": 2}
    rename("Replace")
    assert stored == {"second": 1}
