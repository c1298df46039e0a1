"""Arranges the panes for each view and shows the results of student and teacher in them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtWidgets import QWidget

from app.features.compare.agreement_card import measures_help
from app.features.compare.difference_map import difference_image, wipe
from app.pipeline.packets import TeacherResult
from app.session.heat import Heat
from app.session.presenter import FramePresenter
from app.session.snapshot import SnapshotLayer, capture_layer, draw_divider
from app.ui.i18n import tr
from app.ui.panes import Panes
from app.ui.wipe_handle import WipeHandle

_WITH_TEACHER = {"side", "wipe"}


class CompareView:
    """Shows frames and results in the panes.

    Args:
        panes: The panes.
        handle: The divider of the wipe, over the first pane.
        card: The card of the agreement, shown beside the panes in the view "side".
        presenter: Shows the student's result in the first pane.

    Attributes:
        view: "student", "side", "wipe" or "original".
        teacher_result: The newest result of the teacher, or None.
    """

    def __init__(
        self, panes: Panes, handle: WipeHandle, card: QWidget, presenter: FramePresenter
    ) -> None:
        self.view = "student"
        self.teacher_result: TeacherResult | None = None
        self._panes, self._handle, self._card = panes, handle, card
        self._presenter = presenter
        self._teacher_heat = Heat()
        self._heat: NDArray[np.uint8] | None = None
        self._style: tuple[object, ...] = ()
        presenter.heat_transform = self._combine_heat
        presenter.snapshot_layers = self._snapshot_layers

    @property
    def needs_teacher(self) -> bool:
        """Whether the view shows a teacher."""
        return self.view in _WITH_TEACHER

    def arrange(self, view: str) -> None:
        """Arranges the panes for a view."""
        self.view = view
        main, (second, third) = self._panes.main, self._panes.extra
        main.set_caption("")
        if view == "side":
            self._panes.show_cells(main, second, third, optional=self._card)
        elif view == "original":
            second.set_caption(tr("Original"))
            main.set_caption(tr("Overlay"))
            second.canvas.show_message("")
            self._panes.show_cells(second, main)
        else:
            self._panes.show_cells(main)
        self._handle.setVisible(view == "wipe")
        self._handle.follow()

    def caption(self, student: str, teacher: str, numbers: str = "") -> None:
        """Sets the captions of the panes.

        Args:
            student: Name of the student.
            teacher: Name of the teacher.
            numbers: Text of their agreement where the card is not shown; else empty.
        """
        main, (second, third) = self._panes.main, self._panes.extra
        if self.view == "side":
            main.set_caption(tr("Student"), student)
            second.set_caption(tr("Teacher"), teacher)
            colors = tr("orange: student more, blue: teacher more")
            third.set_caption(tr("Difference"), numbers or colors, measures_help())
        elif self.view == "wipe":
            main.set_caption(tr("Student left, teacher right"), numbers, measures_help())

    def show_message(self, title: str, detail: str = "") -> None:
        """Shows a message in the teacher's panes."""
        for pane in self._panes.extra:
            pane.canvas.show_message(title, detail)

    def show_result(self, result: TeacherResult) -> None:
        """Shows a result of the teacher with its frame."""
        self.teacher_result = result
        frame = result.result.frame
        self._teacher_heat.push(frame.t_scene, result.saliency, frame.epoch)
        self._style = ()
        self.refresh()

    def refresh(self) -> None:
        """Draws all panes but the student's again."""
        if self.view == "original":
            self._show_original()
        result = self.teacher_result
        if self.view != "side" or result is None:
            return
        second, third = (pane.canvas for pane in self._panes.extra)
        frame = result.result.frame
        height, width = frame.picture.shape[:2]
        packet = self._presenter.packet
        bgra = result.result.bgra if packet is None or packet.frame is not frame else packet.bgra
        for canvas in (second, third):
            canvas.show_picture(bgra, (width, height), (frame.epoch, frame.seq), result)
        third.show_heat(difference_image(result.result.saliency, result.saliency, (width, height)))
        self._combine_heat(None)

    def clear(self) -> None:
        """Clears all panes but the student's."""
        self.teacher_result = self._heat = None
        self._style = ()
        self._teacher_heat.clear()
        for pane in self._panes.extra:
            pane.canvas.clear()

    def _show_original(self) -> None:
        packet = self._presenter.packet
        if packet is None:
            return
        height, width = packet.frame.picture.shape[:2]
        canvas = self._panes.extra[0].canvas
        order = (packet.frame.epoch, packet.frame.seq)
        canvas.show_picture(packet.bgra, (width, height), order, packet)
        canvas.show_heat(None)

    def _combine_heat(self, heat: NDArray[np.uint8] | None) -> NDArray[np.uint8] | None:
        """Draws the teacher's heat map in the student's style.

        Returns:
            The image for the first pane: both heat maps in the wipe, else `heat`.
        """
        if self.teacher_result is None or not self.needs_teacher:
            return heat
        student, teacher = self._presenter.heat, self._teacher_heat
        style = (student.style, student.smoothing, student.visible)
        if style != self._style:
            self._style = style
            teacher.style, teacher.smoothing, teacher.visible = style
            height, width = self.teacher_result.result.frame.picture.shape[:2]
            self._heat = teacher.heat(width, height)
            if self.view == "side":
                self._panes.extra[0].canvas.show_heat(self._heat)
        return wipe(heat, self._heat, self._handle.share) if self.view == "wipe" else heat

    def _snapshot_layers(self, student: SnapshotLayer) -> list[SnapshotLayer]:
        """Returns the layers of a snapshot of the view, given the student's."""
        main, (second, third) = self._panes.main.canvas, self._panes.extra
        if self.view == "original":
            return [
                capture_layer(second.canvas, student.picture, tr("Original")),
                capture_layer(main, student.picture, tr("Overlay")),
            ]
        if self.teacher_result is None or not self.needs_teacher:
            return [student]
        if self.view == "wipe":
            draw_divider(student, self._handle.share)
            return [student]
        picture = self.teacher_result.result.frame.picture
        return [
            capture_layer(main, student.picture, tr("Student")),
            capture_layer(second.canvas, picture, tr("Teacher")),
            capture_layer(third.canvas, picture, tr("Difference")),
        ]
