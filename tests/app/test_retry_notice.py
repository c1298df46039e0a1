"""The message about a source that is tried again: its countdown, and what closing it does."""

import pytest
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QWidget

from app.features.sources.retry_notice import RetryNotice
from app.ui.banner import Banner
from uvanet.sources import SourceCondition, SourceStatus

BUSY = "The camera is busy."


class Bench:
    """A notice in a banner, and the time."""

    def __init__(self, host):
        self.now = 100.0
        self.banner = Banner(host)
        self.parent = QObject(host)
        self.notice = RetryNotice(self.banner, self.parent, lambda: self.now)

    def show(self, message, retry_in):
        self.notice.show_status(
            SourceStatus(SourceCondition.RECONNECTING, message, "Free it.", retry_in)
        )

    def after(self, seconds):
        self.now += seconds
        self.notice._timer.timeout.emit()
        return self.banner.message


@pytest.fixture
def bench(qtbot):
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(800, 500)
    host.show()
    return Bench(host)


def test_the_seconds_to_the_next_attempt_are_counted_down(bench):
    bench.show(BUSY, 4.0)
    assert bench.banner.message == "The camera is busy. Trying again in 4 s."
    assert bench.banner.hint == "Free it."
    assert bench.after(1.5).endswith("in 3 s.")
    assert bench.after(2.5) == "The camera is busy. Trying again now."
    bench.show(BUSY, 5.0)
    assert bench.banner.message.endswith("in 5 s.")
    assert len(bench.banner.alerts) == 1


def test_the_countdown_does_not_cover_a_later_error(bench):
    bench.show(BUSY, 4.0)
    bench.banner.notify("error", "The disk is full.")
    assert bench.after(1.0) == "The disk is full."
    assert bench.banner.alerts[1].endswith("in 3 s.")


def test_a_closed_message_returns_only_with_another_problem(bench):
    bench.show(BUSY, 1.0)
    bench.banner.dismiss()
    bench.show(BUSY, 2.0)
    assert bench.after(1.0) == ""
    bench.show("The camera is not connected.", 3.0)
    assert bench.banner.message == "The camera is not connected. Trying again in 3 s."
    bench.notice.clear()
    assert not bench.banner.message
    assert not bench.notice.active
