"""Compare: a teacher beside the student, in several views, and how far they agree."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.features.compare.agreement_card import AgreementCard
from app.features.compare.button import CompareButton
from app.features.compare.compare_view import CompareView
from app.features.compare.strip import CompareStrip
from app.features.compare.wipe_handle import WipeHandle
from app.session.models import first_teacher, if_available, short_name
from app.shell.actions import ActionSpec, Menu
from app.shell.feature import Feature
from app.ui.i18n import tr
from app.ui.line_chart import import_pyqtgraph

if TYPE_CHECKING:
    from app.pipeline.packets import SaliencyPacket, TeacherResult
    from app.pipeline.predictor import PredictorFactory
    from app.shell.main_window import MainWindow
    from uvanet.errors import UvanetError

_C = Menu.COMPARE
_SAY_EVERY_MS = 400


def _view(name: str, text: str, key: str, icon: str) -> ActionSpec:
    return ActionSpec(
        f"compare_{name}", text, _C, (key,), icon, checkable=True, choice="compare_view"
    )


class Compare(Feature):
    """Leads frames and opinions to the panes, and runs the teacher while a view needs it."""

    ACTIONS: ClassVar[tuple[ActionSpec, ...]] = (
        _view("student", "Overlay alone", "V", "picture"),
        _view("side", "Student, teacher and difference", "D", "compare"),
        _view("wipe", "Wipe between student and teacher", "W", "wipe"),
        _view("original", "Original beside overlay", "Shift+V", "original"),
        ActionSpec(
            "compare_paired",
            "Only frames that both have seen",
            _C,
            ("G",),
            "paired",
            group=1,
            checkable=True,
        ),
    )

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        actions = window.actions_by_name
        self._teacher = ""  # what runs; empty while none does
        self._ready = False
        self._make: PredictorFactory | None = None
        self._told: TeacherResult | None = None
        self.panes = window.parts.panes
        self.card = AgreementCard()
        self.strip = CompareStrip(actions["compare_paired"], actions["choose_models"])
        self.handle = WipeHandle(window.canvas)
        self.stage = CompareView(self.panes, self.handle, self.card, window.display)
        self.button = CompareButton(
            [actions[f"compare_{name}"] for name in ("student", "side", "wipe", "original")],
            [actions["compare_paired"], actions["choose_models"], actions["open_model"]],
        )
        self.button.setIcon(actions[f"compare_{self.stage.view}"].icon())
        window.parts.add_button(self.button)
        window.parts.add_strip(self.strip)
        self._slot = QWidget()
        QVBoxLayout(self._slot).setContentsMargins(0, 0, 0, 0)
        self._slot.hide()
        window.parts.add_card(self._slot)
        self.strip.set_wanted(False)
        window.display.taken.connect(self._on_taken)
        window.display.first_overlay.connect(self._on_first_overlay)
        window.controller.result_ready.connect(self._on_result)
        window.controller.switched.connect(self._on_switched)
        window.controller.teacher_ready.connect(self._on_ready)
        window.controller.teacher_failed.connect(self._on_failed)
        window.controller.model_changed.connect(lambda _: self.card.clear())
        window.closing.connect(self.card.stop)
        self.strip.models_wanted.connect(actions["choose_models"].trigger)
        self.handle.moved.connect(self._on_wiped)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._say)
        actions.set_checked("compare_paired", window.settings.compare_paired)
        self.handle.set_share(window.settings.compare_wipe)
        actions.set_checked(f"compare_{window.settings.compare_view}", True)
        # A teacher loads after the first overlay: nothing may delay that.
        self._show(window.settings.compare_view, teacher=False)

    # -- actions

    def compare_student(self, _: bool) -> None:
        """Shows the overlay alone."""
        self._choose("student")

    def compare_side(self, _: bool) -> None:
        """Shows student, teacher and their difference side by side."""
        self._choose("side")

    def compare_wipe(self, _: bool) -> None:
        """Shows the student's overlay left of a line, the teacher's right of it."""
        self._choose("wipe")

    def compare_original(self, _: bool) -> None:
        """Shows the bare picture beside the overlay."""
        self._choose("original")

    def compare_paired(self, on: bool) -> None:
        """Waits with each frame until both have seen it, or lets each run at its own pace."""
        self.window.settings.compare_paired = on
        self.window.actions_by_name.set_checked("compare_paired", on)
        self.window.controller.set_synchronized(on)
        self._name_teacher()

    # -- the teacher

    @property
    def teacher(self) -> str:
        """What looks on now; empty where nothing does."""
        return self._teacher

    @property
    def chosen(self) -> str:
        """What stands beside the student whenever a view needs it; empty where there is none."""
        return self._teacher or self._wish()

    def _wish(self) -> str:
        settings, student = self.window.settings, self.window.controller.model
        chosen = settings.compare_teacher
        # A teacher that was deleted since must not be asked for at every start.
        return (chosen if self._make else if_available(chosen)) or first_teacher(student)

    def use_teacher(self, name: str, make: PredictorFactory | None = None) -> None:
        """Chooses the teacher, and shows it where the view has none yet.

        Args:
            name: What `uvanet.load` takes.
            make: What makes the network, where it is not one that loads by its name.
        """
        self.window.settings.compare_teacher = name
        self._make = make
        self._stop()
        if self.stage.needs_teacher:
            self._start()
        else:
            self._choose("side")

    def _start(self) -> None:
        name = self._wish()
        if not name:
            self._say_none()
            return
        self._teacher, self._ready = name, False
        self._name_teacher()
        self.stage.say(tr("Loading {name} …").format(name=short_name(name)))
        self.window.controller.use_teacher(
            name, make=self._make, synchronized=self.window.settings.compare_paired
        )
        self._timer.start(_SAY_EVERY_MS)

    def _stop(self) -> None:
        if self._teacher:
            self.window.controller.use_teacher(None)
        self._teacher, self._ready = "", False
        self._timer.stop()
        self._forget()
        self.card.clear()
        self.strip.show_lag("")

    def _say_none(self) -> None:
        """There is nothing to compare with, and what to do about it."""
        self._name_teacher()
        self.strip.show_lag(tr("No other model is installed; choose an ONNX file of yours."))
        self.stage.say(tr("No teacher yet"), tr("Choose a model, or an ONNX file of yours."))

    def _on_ready(self, name: str) -> None:
        if name == self._teacher:
            self._ready = True
            self.window.banner.dismiss_topic("teacher")

    def _on_failed(self, error: UvanetError) -> None:
        self.window.banner.notify("error", error.message, error.hint, topic="teacher")
        if not self._ready:
            self.stage.say(tr("No teacher"), error.message)
            self.strip.show_lag(error.message)

    # -- views

    def _choose(self, view: str) -> None:
        self.window.settings.compare_view = view
        self.window.actions_by_name.set_checked(f"compare_{view}", True)
        self._show(view)

    def _show(self, view: str, *, teacher: bool = True) -> None:
        self.stage.arrange(view)
        if view == "wipe":
            layout = self._slot.layout()
            assert layout is not None
            layout.addWidget(self.card)
            self.card.show()
        self._slot.setVisible(view == "wipe")
        self.strip.set_wanted(self.stage.needs_teacher)
        self._plot()
        self.button.setIcon(self.window.actions_by_name[f"compare_{view}"].icon())
        if not self.stage.needs_teacher:
            self._stop()
        elif teacher and not self._teacher:
            self._start()
        self._name_teacher()
        self.stage.refresh()
        self.window.display.refresh()

    def _name_teacher(self, numbers: str = "") -> None:
        paired = self.window.settings.compare_paired
        self.strip.show_teacher(short_name(self._teacher), paired=paired)
        student = short_name(self.window.controller.model)
        self.stage.caption(student, short_name(self._teacher), numbers)

    # -- frames

    def _on_taken(self, packet: SaliencyPacket) -> None:
        if packet.teacher_result is not None:
            self._take(packet.teacher_result)
        elif (
            self.stage.teacher_result is not None
            and self._ready
            and self.window.settings.compare_paired
        ):
            # It failed on this frame: an earlier picture beside it would pass for its pair.
            self._forget()
            self.stage.say(tr("No map"), tr("The teacher failed on this frame."))
        if self.stage.view == "original":
            self.stage.refresh()
        if self.panes.rearrange():
            self.handle.follow()

    def _on_result(self) -> None:
        opinion = self.window.controller.take_teacher_result()
        if opinion is not None:
            self._take(opinion)
            self.window.display.refresh()

    def _take(self, opinion: TeacherResult) -> None:
        if self._teacher:
            self.stage.take(opinion)

    def _on_wiped(self, share: float) -> None:
        self.window.settings.compare_wipe = share
        self.window.display.refresh()

    def _on_switched(self) -> None:
        self._forget()
        self.card.clear()

    def _forget(self) -> None:
        self._told = None
        self.stage.forget()

    # -- numbers

    @property
    def numbers(self) -> list[tuple[str, str]]:
        """Name and value of how student and teacher agree now; nothing where none is asked."""
        opinion = self.stage.teacher_result
        if not self.stage.needs_teacher or opinion is None or opinion.agreement is None:
            return []
        agrees = opinion.agreement
        return [
            (tr("Teacher"), short_name(self._teacher)),
            (tr("CC"), f"{agrees.cc:.4f}"),
            (tr("SIM"), f"{agrees.sim:.4f}"),
            (tr("KLD (nats)"), f"{agrees.kld:.4f}"),
            (tr("Distance of the peaks (of the diagonal)"), f"{agrees.peaks:.4f}"),
        ]

    def _on_first_overlay(self) -> None:
        if self.stage.needs_teacher and not self._teacher:
            self._start()
        self._plot()

    def _plot(self) -> None:
        """Loads the graph where a view shows it; most people never do, and it takes 4 MB."""
        if not self.stage.needs_teacher or not self.window.display.overlay_seen:
            return
        self.window.jobs.run(import_pyqtgraph, lambda _: self.card.start(), _raise, name="plots")

    def _say(self) -> None:
        """Says how far the teacher lags and how far the two agree, calmly."""
        opinion, stats = self.stage.teacher_result, self.window.controller.teacher_stats()
        if opinion is None or stats is None or opinion is self._told:
            return
        self._told = opinion
        packet = self.window.display.packet
        frames = max(0, packet.frame.seq - opinion.seq) if packet is not None else 0
        words = [tr("{lag:.0f} ms behind the student").format(lag=opinion.lag_s * 1000)]
        if frames:
            words.append(tr("{frames} frames").format(frames=frames))
        words.append(tr("{rate:.1f} maps a second").format(rate=stats.fps_inferred))
        if opinion.agreement is not None:
            self.card.add(time.monotonic(), opinion.agreement)
            if self.stage.view == "wipe":
                numbers = (f"{name} {value}" for name, value in self.card.numbers)
                self._name_teacher("  \N{MIDDLE DOT}  ".join(numbers))
        self.strip.show_lag("  \N{MIDDLE DOT}  ".join(words))


def _raise(error: Exception) -> None:
    raise error
