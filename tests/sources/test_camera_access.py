"""The question of macOS for the cameras. AVFoundation is a fake: it exists on macOS only."""

from __future__ import annotations

import os
import sys
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from uvanet.errors import SourceError
from uvanet.sources.camera_access import require_camera_access

if TYPE_CHECKING:
    from collections.abc import Callable

UNDETERMINED, RESTRICTED, DENIED, GRANTED = range(4)


class FakeAVFoundation:
    """AVFoundation's permission: a status, and a user who answers on another thread or never."""

    AVMediaTypeVideo = "vide"

    def __init__(self, status: int, answer: int | None = None) -> None:
        self.status = status
        self.asked = threading.Event()
        self._answer = answer
        self.AVCaptureDevice = SimpleNamespace(
            authorizationStatusForMediaType_=lambda kind: self.status,
            requestAccessForMediaType_completionHandler_=self._request,
        )

    def _request(self, kind: str, handler: Callable[[bool], None]) -> None:
        assert kind == self.AVMediaTypeVideo
        self.asked.set()
        if self._answer is not None:
            threading.Thread(target=self._respond, args=(handler,)).start()

    def _respond(self, handler: Callable[[bool], None]) -> None:
        assert self._answer is not None
        self.status = self._answer
        handler(self._answer == GRANTED)


@pytest.fixture
def macos(monkeypatch: pytest.MonkeyPatch) -> Callable[..., FakeAVFoundation]:
    """Makes this process one on macOS, with a fake AVFoundation."""

    def make(status: int, answer: int | None = None) -> FakeAVFoundation:
        fake = FakeAVFoundation(status, answer)
        monkeypatch.setattr(sys, "platform", "darwin")
        monkeypatch.setitem(sys.modules, "AVFoundation", fake)  # type: ignore[arg-type]  # a fake
        monkeypatch.setenv("OPENCV_AVFOUNDATION_SKIP_AUTH", "")
        return fake

    return make


def test_the_user_is_asked_and_allows_it(macos: Callable[..., FakeAVFoundation]) -> None:
    fake = macos(UNDETERMINED, answer=GRANTED)
    require_camera_access(threading.Event())
    assert fake.asked.is_set()
    assert os.environ["OPENCV_AVFOUNDATION_SKIP_AUTH"] == "1"


def test_nobody_is_asked_twice(macos: Callable[..., FakeAVFoundation]) -> None:
    fake = macos(GRANTED)
    require_camera_access(threading.Event())
    assert not fake.asked.is_set()


@pytest.mark.parametrize(
    ("status", "answer"), [(UNDETERMINED, DENIED), (DENIED, None), (RESTRICTED, None)]
)
def test_a_refusal_names_the_next_step(
    macos: Callable[..., FakeAVFoundation], status: int, answer: int | None
) -> None:
    macos(status, answer)
    with pytest.raises(SourceError, match="does not let this program") as caught:
        require_camera_access(threading.Event())
    assert "System Settings" in caught.value.hint


def test_closing_the_camera_ends_the_wait_for_an_answer(
    macos: Callable[..., FakeAVFoundation],
) -> None:
    fake = macos(UNDETERMINED)
    cancelled, errors = threading.Event(), []

    def wait() -> None:
        try:
            require_camera_access(cancelled)
        except SourceError as error:
            errors.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    assert fake.asked.wait(60)
    cancelled.set()
    waiting.join(60)
    assert not waiting.is_alive()
    assert "closed before" in str(errors[0])


@pytest.mark.skipif(sys.platform == "darwin", reason="macOS asks")
def test_other_systems_do_not_ask() -> None:
    require_camera_access(threading.Event())
    assert "AVFoundation" not in sys.modules
