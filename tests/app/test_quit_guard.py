"""The question before the window closes on unfinished work."""

import os
import signal

import pytest

from app.features import FEATURES
from app.shell.feature import Feature
from app.shell.quit_guard import QuitPrompt


class Work(Feature):
    """Unfinished work, until it is stopped."""

    text, can_continue = "Cooking.", False

    def __init__(self, context):
        super().__init__(context)
        self.stopped = False

    def unfinished(self):
        if self.stopped:
            return None
        return QuitPrompt(self.text, f"About {self.text}", self.stop, self.can_continue)

    def stop(self):
        self.stopped = True


class BackgroundWork(Work):
    """Unfinished work that can go on without the window."""

    text, can_continue = "Washing.", True


@pytest.fixture
def busy(launch):
    bench = launch("demo", features=(*FEATURES, Work, BackgroundWork))
    bench.until(lambda: bench.presenter.overlay_seen)
    return bench


def click(bench, text):
    (button,) = [one for one in bench.window.quit_guard.box.buttons() if one.text() == text]
    button.click()


def test_unfinished_works_give_one_question(busy):
    busy.window.close()
    assert busy.window.isVisible()
    box = busy.window.quit_guard.box
    assert box.text() == "Cooking.\nWashing."
    assert box.informativeText() == "About Cooking.\n\nAbout Washing."
    busy.window.close()
    assert busy.window.quit_guard.box is box
    click(busy, "Stop and quit")
    busy.until(lambda: not busy.window.isVisible())
    assert busy.find(Work).stopped
    assert busy.find(BackgroundWork).stopped


def test_what_cannot_continue_is_stopped_when_the_rest_continues(busy):
    busy.window.close()
    click(busy, "Continue in background")
    busy.until(lambda: not busy.window.isVisible())
    assert busy.find(Work).stopped
    assert not busy.find(BackgroundWork).stopped


def test_it_asks_each_time(busy):
    for _ in range(3):
        busy.window.close()
        assert busy.window.quit_guard.box is not None
        busy.window.quit_guard.box.reject()
        assert busy.window.quit_guard.box is None
        assert busy.window.isVisible()
    # Also after an answer that allowed to close, should the window still be there.
    busy.window.close()
    busy.window.closed.disconnect()
    click(busy, "Continue in background")
    busy.find(Work).stopped = False
    busy.window.show()
    busy.window.close()
    assert busy.window.isVisible()
    busy.window.quit_guard.box.reject()
    busy.window.closed.connect(busy.program.shut_down)


def test_nothing_unfinished_gives_no_question(player):
    player.window.close()
    assert not player.window.isVisible()
    assert player.window.quit_guard.box is None


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP", "SIGINT"])
@pytest.mark.parametrize("asked", [False, True])
def test_a_signal_of_the_system_closes_without_a_question(busy, name, asked):
    if asked:
        busy.window.close()
        assert busy.window.quit_guard.box is not None
    os.kill(os.getpid(), getattr(signal, name))
    busy.until(lambda: not busy.window.isVisible())
    assert busy.window.quit_guard.box is None
    assert busy.program.clean
