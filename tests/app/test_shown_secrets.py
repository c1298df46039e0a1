"""User names, passwords and tokens of an address are in no text of the window and its dialogs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from PySide6.QtWidgets import QApplication, QLineEdit, QPlainTextEdit
from test_hostile_names import plain_texts, rich_texts
from test_stream_reconnection import Senders

from app.session.source_factory import source_label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from window_bench import Bench

SECRETS = ("us3r", "s3cret", "t0ken")


@pytest.mark.parametrize("rest", ["us3r:s3/cret@cam/live", "cam?token=t0ken", "cam/a b?t0ken"])
def test_the_label_of_an_address_is_its_host(rest: str) -> None:
    assert source_label(f"rtsp://{rest}") == "rtsp://cam"


def shown() -> list[str]:
    """All texts of the window and of what else is open."""
    found: list[str] = []
    for widget in QApplication.allWidgets():
        found += [*plain_texts(widget), *rich_texts(widget)]
        if isinstance(widget, QLineEdit):
            found += [widget.text(), widget.placeholderText()]
        if isinstance(widget, QPlainTextEdit):
            found.append(widget.toPlainText())
    return found


def told(bench: Bench) -> list[str]:
    return [text for text in shown() if any(secret in text for secret in SECRETS)]


@pytest.fixture
def sender() -> Iterator[Senders]:
    """A sender that is ended with the test."""
    sender = Senders()
    yield sender
    sender.end()


def test_of_a_stream(player: Bench, sender: Senders) -> None:
    address = f"127.0.0.1:{sender.port}"
    player.open(f"http://us3r:s3cret@{address}/live?token=t0ken")
    player.until(lambda: player.presenter.overlay_seen)
    assert any(address in text for text in shown())
    assert told(player) == []
    names = [spec.name for spec in player.actions if spec.text.endswith("…")]
    for name in [*names, "about", "log", "find_command"]:
        if name == "open_url":  # it offers the address that the user typed
            continue
        if player.actions[name].isEnabled():
            player.actions[name].trigger()
            player.qtbot.wait(1)
            assert told(player) == [], name
            for widget in QApplication.topLevelWidgets():
                if widget is not player.window and widget.isVisible():
                    widget.close()
            player.qtbot.wait(1)
    sender.end()
    player.until(lambda: "Trying again" in player.banner.message)
    assert told(player) == []
    sender.start()
