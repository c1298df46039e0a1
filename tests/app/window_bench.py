"""The real program in this process and what tests ask of it; fakes of a network and a camera."""

from __future__ import annotations

import json
import sys
import threading
import traceback
from typing import TYPE_CHECKING, TypeVar

import cv2
import numpy as np
from PySide6.QtGui import QImage

from app.features import FEATURES
from app.features.diagnostics.feature import Diagnostics
from app.features.overlay.feature import Overlay
from app.features.playback.feature import Playback
from app.features.sources.feature import Sources
from app.pipeline.events import PipelineState
from app.runtime.settings import Section, settings_path
from app.shell.actions import declared_actions
from app.shell.feature import Feature
from app.shell.main_window import MainWindow
from uvanet.decoded_picture import DecodedPicture, as_bgr
from uvanet.sources import Frame, Source, SourceInfo, SourceKind

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytestqt.qtbot import QtBot

    from app.features.overlay.overlay_panel import OverlayPanel
    from app.features.playback.transport import Transport
    from app.features.sources.source_picker import SourcePicker
    from app.main import Program
    from app.runtime.settings import SettingsStore
    from app.ui.live_plot import PlotPanel

F = TypeVar("F", bound=Feature)

ALL_ACTIONS = [spec for owner in (MainWindow, *FEATURES) for spec in declared_actions(owner)]

SECTIONS = tuple(Section.__subclasses__())
PATIENCE = 60_000  # ms; a bound for conditions, not a measure of anything
_POLL_MS = 10


class Contrast:
    """A network of one line: local contrast. Counts how often it is asked."""

    def __init__(self) -> None:
        self.calls = 0
        self.shape: tuple[int, ...] = ()
        self.error: Exception | None = None

    def step(
        self, image: np.ndarray | DecodedPicture, t: float, *, bgr: bool = False
    ) -> np.ndarray:
        self.calls += 1
        self.shape = image.shape
        if self.error is not None:
            raise self.error
        small = cv2.resize(as_bgr(image), (32, 32), interpolation=cv2.INTER_AREA).mean(axis=2)
        edges = np.abs(small - cv2.GaussianBlur(small, (0, 0), 4)).astype(np.float32)
        return edges / max(float(edges.max()), 1e-6)

    def reset(self) -> None:
        pass


class FakeCamera(Source):
    """A camera that gives grey pictures, and hangs or breaks when told to."""

    def __init__(self) -> None:
        self.hang = threading.Event()
        self.hanging = threading.Event()
        self.free = threading.Event()
        self.broken: Exception | None = None
        self._count = 0

    @property
    def info(self) -> SourceInfo:
        return SourceInfo(
            "camera:fake", "Fake camera", SourceKind.CAMERA, 160, 120, 30.0, live=True
        )

    def open(self) -> None:
        pass

    def read(self) -> Frame | None:
        if self.hang.is_set():
            self.hanging.set()
            self.free.wait()
            return None
        if self.broken is not None:
            raise self.broken
        self.free.wait(1 / 30)
        self._count += 1
        image = np.full((120, 160, 3), 40, np.uint8)
        left = self._count * 2 % 120
        image[40:80, left : left + 40] = 220
        return Frame(image, self._count / 30, self._count)

    def close(self) -> None:
        # As a driver that hangs: close does not free a read.
        pass

    def renew(self) -> Source:
        return self


class FlatSettings:
    """The settings of a program, by the names that they have in the flat file of 0.1.0."""

    def __init__(self, store: SettingsStore) -> None:
        fields: dict[str, tuple[Section, str]] = {}
        for kind in SECTIONS:
            for field in kind.__struct_fields__:
                fields[kind.V1.get(field, field)] = store.section(kind), field
        self.__dict__["_fields"] = fields

    def __getattr__(self, name: str) -> object:
        section, field = self._fields[name]
        return getattr(section, field)

    def __setattr__(self, name: str, value: object) -> None:
        section, field = self._fields[name]
        setattr(section, field, value)


def write_settings(**values: object) -> None:
    """Writes a settings file of 0.1.0."""
    path = settings_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"version": 1, **values}))


class Bench:
    """A started program and what tests ask of it.

    Attributes:
        patience: How long conditions may take, in milliseconds; a bound, not a measure.
    """

    def __init__(self, program: Program, predictor: Contrast, qtbot: QtBot) -> None:
        self.program = program
        self.predictor = predictor
        self.qtbot = qtbot
        self.context = program.context
        self.window = program.window
        self.session = program.session
        self.presenter = program.presenter
        self.slots = program.window.slots
        self.actions = program.window.actions_by_name
        self.banner = program.window.banner
        self.status = program.window.status
        self.main_menu = program.window.menu
        self.canvas = self.slots.canvas
        self.settings = FlatSettings(program.settings)
        self.problems: list[str] = []
        self.expected_problems = 0
        self.patience = PATIENCE
        program._exceptions.happened.connect(self.problems.append)

    def find(self, kind: type[F]) -> F:
        """The feature of a class."""
        return next(one for one in self.program.features if isinstance(one, kind))

    @property
    def picker(self) -> SourcePicker:
        return self.find(Sources).picker

    @property
    def transport(self) -> Transport:
        return self.find(Playback).transport

    @property
    def overlay_panel(self) -> OverlayPanel:
        return self.find(Overlay).panel

    @property
    def plots(self) -> PlotPanel:
        return self.find(Diagnostics).plots

    @property
    def source_title(self) -> str:
        """The title of the current source; empty without one."""
        return self.session.info.title if self.session.info else ""

    def until(self, condition: Callable[[], object], what: str = "") -> None:
        """Waits for a condition; fails with what all threads do where it never holds.

        Polls are counted, not seconds: a machine that stands still for a minute fails nothing.
        """
        for _ in range(self.patience // _POLL_MS):
            if condition():
                return
            self.qtbot.wait(_POLL_MS)
        assert condition(), f"{what or 'a condition'} never held; {self._state()}"

    def _state(self) -> str:
        names = {thread.ident: thread.name for thread in threading.enumerate()}
        stacks = [
            f"{names.get(ident, ident)}:\n{''.join(traceback.format_stack(frame))}"
            for ident, frame in sys._current_frames().items()
        ]
        return (
            f"{self.session.state}, source {self.session.source_number} {self.session.info},"
            f" {self.session.stats()}, packet {self.presenter.packet is not None},"
            f" unpainted {self.canvas.has_unpainted_picture}, visible {self.canvas.isVisible()},"
            f" {self.canvas.size()}, problems {self.problems}\n" + "\n".join(stacks)
        )

    def leave(self) -> None:
        """Closes the window, and stops unfinished work; waits until it has stopped."""
        self.window.close()
        box = self.window.quit_guard.box
        if box is not None:
            (stop,) = [button for button in box.buttons() if button.text() == "Stop and quit"]
            stop.click()
        # The window stays open until a recording is saved.
        self.until(lambda: not self.window.isVisible())

    def trigger(self, name: str) -> None:
        """Triggers an action as soon as it is enabled."""
        self.until(self.actions[name].isEnabled, name)
        self.actions[name].trigger()

    def wait_state(self, state: PipelineState) -> None:
        self.until(lambda: self.session.state is state)

    def open(self, spec: str) -> None:
        """Opens a source and waits for its first picture."""
        with self.qtbot.waitSignal(self.session.opened, timeout=PATIENCE):
            self.session.open(str(spec))
        self.until(lambda: self.session.state is not PipelineState.OPENING)
        self.until(
            lambda: self.presenter.packet is not None and not self.canvas.has_unpainted_picture
        )

    def pause(self) -> None:
        """Pauses, and waits until no picture comes any more."""
        if self.session.state is PipelineState.PLAYING:
            self.trigger("play_pause")
        self.wait_state(PipelineState.PAUSED)
        self.settle()

    def settle(self) -> None:
        """Waits until the newest picture of a paused source is on the canvas."""

        def quiet() -> bool:
            stats = self.session.stats()
            return stats.in_flight == 0 and not self.canvas.has_unpainted_picture

        self.until(quiet)
        seen = -1
        while seen != (seen := self.session.stats().captured):
            self.qtbot.wait(60)
            self.until(quiet)

    def seek(self, seconds: float) -> None:
        """Moves the timeline and waits for the picture."""
        before, timeline = self.presenter.packet, self.transport.timeline
        # A clip that was paused at this very frame stays where it is.
        if timeline.value() != round(seconds * 1000):
            timeline.setValue(round(seconds * 1000))
            self.until(lambda: self.presenter.packet is not before)
        self.settle()

    def grab(self) -> np.ndarray:
        """The picture's part of the canvas as it is on the screen: uint8 (h, w, 3) BGR."""
        canvas = self.canvas
        image = canvas.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
        pixels = np.frombuffer(image.constBits(), np.uint8)
        pixels = pixels.reshape(image.height(), image.width(), 4)[..., :3]
        rect, ratio = canvas.picture_rect(), canvas.devicePixelRatioF()
        left, top = round(rect.left() * ratio), round(rect.top() * ratio)
        width, height = round(rect.width() * ratio), round(rect.height() * ratio)
        return pixels[top : top + height, left : left + width].copy()

    def frame(self) -> int:
        """The number of the frame on the canvas."""
        return self.presenter.packet.frame.index
