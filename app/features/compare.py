"""Compare: a teacher beside the student, in several views, and how far they agree."""

from __future__ import annotations

import importlib
import time
from typing import TYPE_CHECKING, ClassVar

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.actions import ActionSpec, Menu
from app.difference import difference_image, wipe
from app.features.feature import Feature
from app.i18n import tr
from app.overlay import Overlay
from app.services.models import first_teacher, short_name
from app.still import cut_at, take
from app.theme import DARK
from app.widgets.agreement import AgreementCard
from app.widgets.compare_button import CompareButton
from app.widgets.compare_strip import CompareStrip
from app.widgets.wipe_handle import WipeHandle

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from app.main_window import MainWindow
    from app.pipeline.packets import Opinion, SaliencyPacket
    from app.pipeline.predictor import PredictorFactory
    from app.still import Part
    from app.theme import Tokens
    from uvanet.errors import UvanetError

_C = Menu.COMPARE
_SAY_EVERY_MS = 400
_WITH_TEACHER = {"side", "wipe"}


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
        self._view = "student"
        self._teacher = ""  # what runs; empty while none does
        self._ready = False
        self._make: PredictorFactory | None = None
        self._opinion: Opinion | None = None
        self._told: Opinion | None = None
        self._heat: NDArray[np.uint8] | None = None
        self._look: tuple[object, ...] = ()
        self._overlay = Overlay()
        self.panes = window.parts.panes
        self.card = AgreementCard(DARK)  # until the window tells its theme, at once
        self.strip = CompareStrip(actions["compare_paired"], actions["choose_models"])
        self.handle = WipeHandle(window.canvas)
        self.button = CompareButton(
            [actions[f"compare_{name}"] for name in ("student", "side", "wipe", "original")],
            [actions["compare_paired"], actions["choose_models"], actions["open_model"]],
        )
        window.parts.add_button(self.button)
        window.parts.add_strip(self.strip)
        self._slot = QWidget()
        QVBoxLayout(self._slot).setContentsMargins(0, 0, 0, 0)
        self._slot.hide()
        window.parts.add_card(self._slot)
        self.strip.set_wanted(False)
        window.display.dress = self._dress
        window.display.beside = self._still
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
        self.window.controller.set_paired(on)
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
        return settings.compare_teacher or first_teacher(student)

    def use_teacher(self, name: str, make: PredictorFactory | None = None) -> None:
        """Chooses the teacher, and shows it where the view has none yet.

        Args:
            name: What `uvanet.load` takes.
            make: What makes the network, where it is not one that loads by its name.
        """
        self.window.settings.compare_teacher = name
        self._make = make
        self._stop()
        if self._view in _WITH_TEACHER:
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
        for pane in self.panes.others:
            pane.canvas.show_message(tr("Loading {name} …").format(name=short_name(name)))
        self.window.controller.use_teacher(
            name, make=self._make, paired=self.window.settings.compare_paired
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
        for pane in self.panes.others:
            pane.canvas.show_message(
                tr("No teacher yet"), tr("Choose a model, or an ONNX file of yours.")
            )

    def _on_ready(self, name: str) -> None:
        if name == self._teacher:
            self._ready = True
            self.window.banner.retract("teacher")

    def _on_failed(self, error: UvanetError) -> None:
        self.window.banner.say("error", error.message, error.hint, topic="teacher")
        if not self._ready:
            for pane in self.panes.others:
                pane.canvas.show_message(tr("No teacher"), error.message)
            self.strip.show_lag(error.message)

    # -- views

    def _choose(self, view: str) -> None:
        self.window.settings.compare_view = view
        self.window.actions_by_name.set_checked(f"compare_{view}", True)
        self._show(view)

    def _show(self, view: str, *, teacher: bool = True) -> None:
        self._view = view
        main, (second, third) = self.panes.main, self.panes.others
        main.set_caption("")
        self._name_teacher()
        if view == "side":
            self.panes.show_cells(main, second, third, self.card)
        elif view == "original":
            second.set_caption(tr("Original"))
            main.set_caption(tr("Overlay"))
            second.canvas.show_message("")
            self.panes.show_cells(second, main)
        else:
            self.panes.show_cells(main)
        if view == "wipe":
            layout = self._slot.layout()
            assert layout is not None
            layout.addWidget(self.card)
            self.card.show()
        self._slot.setVisible(view == "wipe")
        self.handle.setVisible(view == "wipe")
        self.handle.follow()
        self.strip.set_wanted(view in _WITH_TEACHER)
        self._plot()
        self.button.setIcon(self.window.actions_by_name[f"compare_{view}"].icon())
        if view not in _WITH_TEACHER:
            self._stop()
        elif teacher and not self._teacher:
            self._start()
        self._name_teacher()
        self._show_picture()
        if self._opinion is not None:
            self._show_opinion(self._opinion)
        self.window.display.refresh()

    def _name_teacher(self) -> None:
        paired = self.window.settings.compare_paired
        self.strip.show_teacher(short_name(self._teacher), paired=paired)
        if self._view == "side":
            student = short_name(self.window.controller.model)
            self.panes.main.set_caption(tr("Student"), student)
            self.panes.others[0].set_caption(tr("Teacher"), short_name(self._teacher))
            self.panes.others[1].set_caption(
                tr("Difference"), tr("orange: student more, blue: teacher more")
            )
        elif self._view == "wipe":
            self._caption_wipe()

    def _caption_wipe(self, numbers: str = "") -> None:
        self.panes.main.set_caption(tr("Student left, teacher right"), numbers)

    # -- frames

    def _on_taken(self, packet: SaliencyPacket) -> None:
        if packet.opinion is not None:
            self._take(packet.opinion)
        elif self._opinion is not None and self._ready and self.window.settings.compare_paired:
            # It failed on this frame: an earlier picture beside it would pass for its pair.
            self._forget()
            for pane in self.panes.others:
                pane.canvas.show_message(tr("No map"), tr("The teacher failed on this frame."))
        if self._view == "original":
            self._show_picture()
        if self.panes.rearrange():
            self.handle.follow()

    def _on_result(self) -> None:
        opinion = self.window.controller.take_opinion()
        if opinion is not None:
            self._take(opinion)
            self.window.display.refresh()

    def _take(self, opinion: Opinion) -> None:
        if not self._teacher:
            return
        self._opinion = opinion
        frame = opinion.result.frame
        self._overlay.push(frame.t_scene, opinion.saliency, frame.epoch)
        self._look = ()
        self._show_opinion(opinion)

    def _show_opinion(self, opinion: Opinion) -> None:
        """Brings the frame to the panes beside the student's."""
        if self._view != "side":
            return
        second, third = (pane.canvas for pane in self.panes.others)
        frame = opinion.result.frame
        height, width = frame.image.shape[:2]
        for canvas in (second, third):
            canvas.show_picture(
                opinion.result.bgra, (width, height), (frame.epoch, frame.seq), opinion
            )
        third.show_heat(
            difference_image(opinion.result.saliency, opinion.saliency, (width, height))
        )
        self._dress(None)

    def _show_picture(self) -> None:
        packet = self.window.display.packet
        if self._view != "original" or packet is None:
            return
        height, width = packet.frame.image.shape[:2]
        canvas = self.panes.others[0].canvas
        order = (packet.frame.epoch, packet.frame.seq)
        canvas.show_picture(packet.bgra, (width, height), order, packet)
        canvas.show_heat(None)

    def _dress(self, heat: NDArray[np.uint8] | None) -> NDArray[np.uint8] | None:
        """Draws the teacher's heat in the student's style; in the wipe, both in one."""
        if self._opinion is None or self._view not in _WITH_TEACHER:
            return heat
        overlay = self.window.display.overlay
        look = (overlay.style, overlay.smoothing, overlay.visible)
        if look != self._look:
            self._look = look
            self._overlay.style, self._overlay.smoothing, self._overlay.visible = look
            height, width = self._opinion.result.frame.image.shape[:2]
            self._heat = self._overlay.heat(width, height)
            if self._view == "side":
                self.panes.others[0].canvas.show_heat(self._heat)
        return wipe(heat, self._heat, self.handle.share) if self._view == "wipe" else heat

    def _still(self, own: Part) -> list[Part]:
        """The parts of a still as the view shows them; its own picture is given."""
        main, (second, third) = self.panes.main.canvas, self.panes.others
        if self._view == "original":
            return [
                take(second.canvas, own.image, tr("Original")),
                take(main, own.image, tr("Overlay")),
            ]
        if self._opinion is None or self._view not in _WITH_TEACHER:
            return [own]
        if self._view == "wipe":
            cut_at(own, self.handle.share)
            return [own]
        image = self._opinion.result.frame.image
        return [
            take(main, own.image, tr("Student")),
            take(second.canvas, image, tr("Teacher")),
            take(third.canvas, image, tr("Difference")),
        ]

    def _on_wiped(self, share: float) -> None:
        self.window.settings.compare_wipe = share
        self.window.display.refresh()

    def _on_switched(self) -> None:
        self._forget()
        self.card.clear()

    def _forget(self) -> None:
        """Takes away what the panes show of frames that are over."""
        self._opinion = self._told = self._heat = None
        self._look = ()
        self._overlay.clear()
        for pane in self.panes.others:
            pane.canvas.clear()

    # -- numbers

    @property
    def numbers(self) -> list[tuple[str, str]]:
        """Name and value of how student and teacher agree now; nothing where none is asked."""
        opinion = self._opinion
        if self._view not in _WITH_TEACHER or opinion is None or opinion.agreement is None:
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
        if self._view in _WITH_TEACHER and not self._teacher:
            self._start()
        self._plot()

    def _plot(self) -> None:
        """Loads the graph where a view shows it; most people never do, and it takes 4 MB."""
        if self._view not in _WITH_TEACHER or not self.window.display.overlay_seen:
            return
        self.window.jobs.run(
            lambda: importlib.import_module("pyqtgraph"),
            lambda _: self.card.start(),
            _raise,
            name="plots",
        )

    def _say(self) -> None:
        """Says how far the teacher lags and how far the two agree, calmly."""
        opinion, stats = self._opinion, self.window.controller.teacher_stats()
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
            if self._view == "wipe":
                numbers = (f"{name} {value}" for name, value in self.card.numbers)
                self._caption_wipe("  \N{MIDDLE DOT}  ".join(numbers))
        self.strip.show_lag("  \N{MIDDLE DOT}  ".join(words))

    def set_tokens(self, tokens: Tokens) -> None:
        """Uses the colours of a theme."""
        self.card.set_tokens(tokens)
        self.button.setIcon(self.window.actions_by_name[f"compare_{self._view}"].icon())


def _raise(error: Exception) -> None:
    raise error
