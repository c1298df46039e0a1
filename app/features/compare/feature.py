"""Compare: a teacher next to the student in several views, and their agreement."""

from __future__ import annotations

import time

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from app.features.compare.agreement_card import AgreementCard
from app.features.compare.button import CompareButton
from app.features.compare.compare_view import CompareView
from app.features.compare.pace import TeacherPace
from app.features.compare.settings import CompareSettings, View
from app.features.compare.strip import CompareStrip
from app.pipeline.events import PipelineState
from app.pipeline.packets import SaliencyPacket, TeacherResult
from app.session.models import short_name
from app.shell.actions import Menu, MenuActions
from app.shell.context import Fact, FeatureContext
from app.shell.feature import Feature
from app.ui.build import column
from app.ui.i18n import tr
from app.ui.number_text import number_text
from app.ui.wipe_handle import WipeHandle
from uvanet.errors import UvanetError

compare_action = MenuActions(Menu.VIEW, "Compare")

_INTERVAL_MS = 400  # between two updates of the lag and the agreement
_CHOICE = "compare_view"
_MIN_PICTURE_WIDTH = 220  # pixels; where three pictures would be narrower, a wipe is shown
_NARROW = "compare narrow"  # topic of the message
_BUTTON_RANK, _STRIP_RANK, _CARD_RANK = 10, 10, 30


class Compare(Feature):
    """Runs the teacher while a view needs it, and shows it next to the student.

    Attributes:
        card: The agreement of student and teacher.
        strip: The strip below the picture with the teacher's name and lag.
        handle: The divider of the wipe.
        view: The panes.
    """

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        actions, slots, session = context.actions, context.slots, context.session
        self._settings = settings = context.settings.section(CompareSettings)
        self._ready = False
        self._pace = TeacherPace()
        self._waits_for_slow = False  # the user switched it on for a slow teacher
        self._described: TeacherResult | None = None
        self.card = AgreementCard()
        self.strip = CompareStrip(actions["compare_synchronized"])
        self.handle = WipeHandle(
            slots.canvas,
            tr("Student on the left, teacher on the right"),
            tr("Drag, or use the arrow keys: student left, teacher right"),
        )
        self.view = CompareView(slots.panes, self.handle, self.card, context.presenter)
        self._button = CompareButton(actions)
        slots.add_button(self._button, _BUTTON_RANK)
        slots.add_strip(self.strip, _STRIP_RANK)
        self._slot = QWidget()
        self._slot_layout = column(self.card, parent=self._slot)
        self._slot.hide()
        slots.add_card("agreement", self._slot, _CARD_RANK)
        self.strip.set_wanted(False)
        context.presenter.taken.connect(self._on_taken)
        context.presenter.sharpened.connect(self.view.refresh)
        context.presenter.first_overlay.connect(self._on_first_overlay)
        session.result_ready.connect(self._on_result)
        session.switched.connect(self._on_switched)
        session.teacher.changed.connect(self._on_teacher)
        session.teacher.ready.connect(self._on_ready)
        session.teacher.failed.connect(self._on_failed)
        session.student.changed.connect(lambda _: self.card.clear())
        slots.closing.connect(self.card.stop)
        slots.panes.resized.connect(self._reflow)
        self.strip.models_wanted.connect(lambda: actions.trigger("choose_models"))
        self.handle.moved.connect(self._on_wiped)
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._describe)
        actions.set_checked("compare_synchronized", settings.synchronized)
        self.handle.set_share(settings.wipe)
        actions.set_checked(f"compare_{settings.view}", True)
        # The teacher is loaded after the first overlay, which it would delay.
        self._show(settings.view, teacher=False)

    def facts(self) -> list[Fact]:
        """The agreement of student and teacher on the current frame."""
        result = self.view.teacher_result
        if not self.view.needs_teacher or result is None or result.agreement is None:
            return []
        agreement = result.agreement
        return [
            Fact(tr("Teacher"), short_name(self.context.session.teacher.running)),
            Fact(tr("CC"), number_text(agreement.cc, ".4f")),
            Fact(tr("SIM"), number_text(agreement.sim, ".4f")),
            Fact(tr("KLD (nats)"), number_text(agreement.kld, ".4f")),
            Fact(tr("Peak distance (share of the diagonal)"), number_text(agreement.peaks, ".4f")),
        ]

    # -- actions

    @compare_action("Overlay only", "V", icon="picture", choice=_CHOICE)
    def compare_student(self, _: bool) -> None:
        """Shows the overlay alone."""
        self._choose("student")

    @compare_action("Student, teacher and difference", "D", icon="compare", choice=_CHOICE)
    def compare_side(self, _: bool) -> None:
        """Shows student, teacher and their difference side by side."""
        self._choose("side")

    @compare_action("Wipe between student and teacher", "W", icon="wipe", choice=_CHOICE)
    def compare_wipe(self, _: bool) -> None:
        """Shows the student's overlay left of a divider, the teacher's right of it."""
        self._choose("wipe")

    @compare_action(
        "Original beside overlay",
        "Shift+V",
        icon="original",
        choice=_CHOICE,
        words="before after side by side",
    )
    def compare_original(self, _: bool) -> None:
        """Shows the picture without and with the overlay."""
        self._choose("original")

    @compare_action("Sync to teacher", "G", icon="paired", group=1, checkable=True)
    def compare_synchronized(self, on: bool) -> None:
        """Shows only frames that both models have processed, or each model at its own rate.

        Frames do not wait for a teacher that is too slow, unless the user switches this on again.
        """
        self._settings.synchronized = on
        self._waits_for_slow = on and not self._pace.keeps_up
        self._apply_pace()

    # -- the teacher

    @property
    def _synchronized(self) -> bool:
        """Whether the picture waits for the teacher."""
        return self._settings.synchronized and (self._pace.keeps_up or self._waits_for_slow)

    def _apply_pace(self) -> None:
        self.context.actions.set_checked("compare_synchronized", self._synchronized)
        self.context.session.teacher.set_synchronized(self._synchronized)
        self._name_teacher()

    def _start(self) -> None:
        self._pace.reset()
        self._waits_for_slow = False
        name = self.context.session.teacher.start(synchronized=self._settings.synchronized)
        self.context.actions.set_checked("compare_synchronized", self._settings.synchronized)
        self._ready = False
        self._name_teacher()
        if not name:
            self.strip.show_lag(tr("No other model is installed; choose an ONNX file."))
            self.view.show_message(tr("No teacher"), tr("Choose a model or an ONNX file."))
            return
        self.view.show_message(tr("Loading {name} …").format(name=short_name(name)))
        self._timer.start(_INTERVAL_MS)

    def _stop(self) -> None:
        self.context.session.teacher.stop()
        self._ready = False
        self._timer.stop()
        self._clear()
        self.card.clear()
        self.strip.show_lag("")

    def _on_teacher(self) -> None:
        """Shows a newly chosen teacher; changes to a view with a teacher if necessary."""
        self._stop()
        if self.view.needs_teacher:
            self._start()
        else:
            self._choose("side")

    def _on_ready(self, name: str) -> None:
        if name == self.context.session.teacher.running:
            self._ready = True
            self.context.messages.dismiss_topic("teacher")

    def _on_failed(self, error: UvanetError) -> None:
        self.context.messages.notify("error", error.message, error.hint, topic="teacher")
        if not self._ready:
            self.view.show_message(tr("No teacher"), error.message)
            self.strip.show_lag(error.message)

    # -- views

    def _choose(self, view: View) -> None:
        self._settings.view = view
        self.context.actions.set_checked(f"compare_{view}", True)
        fitting = self._fitting
        self._show(fitting)
        if fitting != view:
            self.context.messages.notify(
                "info",
                tr("The window is too narrow for three pictures: a wipe is shown."),
                tr("A wider window shows student, teacher and difference side by side."),
                topic=_NARROW,
            )

    @property
    def _fitting(self) -> View:
        """The chosen view, or a wipe where three pictures would be too narrow."""
        chosen, width = self._settings.view, self.context.slots.panes.picture_width(3)
        return "wipe" if chosen == "side" and width < _MIN_PICTURE_WIDTH else chosen

    def _reflow(self) -> None:
        """Changes between three pictures and a wipe when the window becomes narrower or wider."""
        view = self._fitting
        if view != self.view.view:
            self._show(view, teacher=self.context.presenter.overlay_seen)
        if view == self._settings.view:
            self.context.messages.dismiss_topic(_NARROW)

    def _show(self, view: View, *, teacher: bool = True) -> None:
        self.view.arrange(view)
        if view == "wipe":
            self._slot_layout.addWidget(self.card)
            self.card.show()
        self._slot.setVisible(view == "wipe")
        self.strip.set_wanted(self.view.needs_teacher)
        self._plot()
        chosen = self.context.actions[f"compare_{self._settings.view}"]
        self._button.setIcon(chosen.icon())
        if not self.view.needs_teacher:
            self._stop()
        elif teacher and not self.context.session.teacher.running:
            self._start()
        self._name_teacher()
        self.view.refresh()
        self.context.presenter.refresh()

    def _name_teacher(self, numbers: str = "") -> None:
        session = self.context.session
        student, teacher = short_name(session.student.name), short_name(session.teacher.running)
        mode = tr("synchronized") if self._synchronized else tr("each at its own rate")
        if self._settings.synchronized and not self._synchronized:
            mode = tr("too slow to wait for")
        self.strip.show_teacher(teacher, mode)
        self.view.caption(student, teacher, numbers)

    # -- frames

    def _on_taken(self, packet: SaliencyPacket) -> None:
        if packet.teacher_result is not None:
            self._show_result(packet.teacher_result)
        elif self.view.teacher_result is not None and self._ready and self._synchronized:
            # The teacher failed on this frame, which must not be shown with an earlier result.
            self._clear()
            self.view.show_message(tr("No map"), tr("The teacher failed on this frame."))
        if self.view.view == "original":
            self.view.refresh()
        if self.context.slots.panes.update_arrangement():
            self.handle.follow()

    def _on_result(self) -> None:
        result = self.context.session.teacher.take_result()
        if result is not None:
            self._show_result(result)
            self.context.presenter.refresh()

    def _show_result(self, result: TeacherResult) -> None:
        if not self.context.session.teacher.running:
            return
        self.view.show_result(result)
        if self._pace.add(result.inference_s):
            self._apply_pace()

    def _on_wiped(self, share: float) -> None:
        self._settings.wipe = share
        self.context.presenter.refresh()

    def _on_switched(self) -> None:
        self._clear()
        self.card.clear()

    def _clear(self) -> None:
        self._described = None
        self.view.clear()

    # -- numbers

    def _on_first_overlay(self) -> None:
        if self.view.needs_teacher and not self.context.session.teacher.running:
            self._start()
        self._plot()

    def _plot(self) -> None:
        """Builds the chart once a view shows it; its library costs memory."""
        if self.view.needs_teacher and self.context.presenter.overlay_seen:
            self.card.start()

    def _describe(self) -> None:
        """Shows the lag of the teacher and the agreement; called at a readable rate."""
        result, stats = self.view.teacher_result, self.context.session.teacher.stats()
        if self.context.session.state is not PipelineState.PLAYING:
            self.card.pause()
        if result is None or stats is None or result is self._described:
            return
        self._described = result
        packet = self.context.presenter.packet
        frames = max(0, packet.frame.seq - result.seq) if packet is not None else 0
        texts = [tr("{lag:.0f} ms behind the student").format(lag=result.lag_s * 1000)]
        if frames:
            text = tr("{frames} frames") if frames != 1 else tr("1 frame")
            texts.append(text.format(frames=frames))
        rate = stats.fps_inferred
        if 0 < rate < 2:
            texts.insert(0, tr("teacher every {seconds:.1f} s").format(seconds=1 / rate))
        else:
            texts.append(tr("{rate:.1f} maps per second").format(rate=rate))
        if result.agreement is not None:
            self.card.show_agreement(time.monotonic(), result.agreement)
            numbers = (f"{name} {value}" for name, value in self.card.numbers)
            in_card = self.view.view == "side" and self.card.isVisible()
            self._name_teacher("" if in_card else "  \N{MIDDLE DOT}  ".join(numbers))
        self.strip.show_lag("  \N{MIDDLE DOT}  ".join(texts))
