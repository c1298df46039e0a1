"""What the panes show of student and teacher, in each view."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.features.compare.difference_map import difference_image, wipe
from app.session.heat import Heat
from app.session.snapshot import capture_layer, draw_divider
from app.ui.i18n import tr

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PySide6.QtWidgets import QWidget

    from app.features.compare.wipe_handle import WipeHandle
    from app.pipeline.packets import TeacherResult
    from app.session.presenter import FramePresenter
    from app.session.snapshot import SnapshotLayer
    from app.ui.panes import Panes

_WITH_TEACHER = {"side", "wipe"}


class CompareView:
    """Leads frames and opinions to the panes.

    Args:
        panes: Where pictures are shown.
        handle: The line of the wipe, over the first pane.
        card: Stands among the panes where student and teacher are side by side.
        display: The student's own picture.

    Attributes:
        view: "student", "side", "wipe" or "original".
        opinion: What the teacher said last; None where nothing is here.
    """

    def __init__(
        self, panes: Panes, handle: WipeHandle, card: QWidget, display: FramePresenter
    ) -> None:
        self.view = "student"
        self.teacher_result: TeacherResult | None = None
        self._panes, self._handle, self._card = panes, handle, card
        self._display = display
        self._overlay = Heat()
        self._heat: NDArray[np.uint8] | None = None
        self._look: tuple[object, ...] = ()
        display.heat_transform = self._dress
        display.snapshot_layers = self._still

    @property
    def needs_teacher(self) -> bool:
        """Whether the view shows one."""
        return self.view in _WITH_TEACHER

    def arrange(self, view: str) -> None:
        """Places the panes as a view wants them."""
        self.view = view
        main, (second, third) = self._panes.main, self._panes.extra
        main.set_caption("")
        if view == "side":
            self._panes.show_cells(main, second, third, self._card)
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
        """Says over the panes who is who.

        Args:
            student: Its name.
            teacher: Likewise.
            numbers: How they agree, for the wipe, which has no room for a card.
        """
        main, (second, third) = self._panes.main, self._panes.extra
        if self.view == "side":
            main.set_caption(tr("Student"), student)
            second.set_caption(tr("Teacher"), teacher)
            third.set_caption(tr("Difference"), tr("orange: student more, blue: teacher more"))
        elif self.view == "wipe":
            main.set_caption(tr("Student left, teacher right"), numbers)

    def say(self, title: str, detail: str = "") -> None:
        """Says something in the teacher's panes."""
        for pane in self._panes.extra:
            pane.canvas.show_message(title, detail)

    def take(self, opinion: TeacherResult) -> None:
        """Shows what the teacher said of a frame."""
        self.teacher_result = opinion
        frame = opinion.result.frame
        self._overlay.push(frame.t_scene, opinion.saliency, frame.epoch)
        self._look = ()
        self.refresh()

    def refresh(self) -> None:
        """Brings the frame to the panes beside the student's."""
        if self.view == "original":
            self._show_original()
        opinion = self.teacher_result
        if self.view != "side" or opinion is None:
            return
        second, third = (pane.canvas for pane in self._panes.extra)
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

    def forget(self) -> None:
        """Takes away what the panes show of frames that are over."""
        self.teacher_result = self._heat = None
        self._look = ()
        self._overlay.clear()
        for pane in self._panes.extra:
            pane.canvas.clear()

    def _show_original(self) -> None:
        packet = self._display.packet
        if packet is None:
            return
        height, width = packet.frame.image.shape[:2]
        canvas = self._panes.extra[0].canvas
        order = (packet.frame.epoch, packet.frame.seq)
        canvas.show_picture(packet.bgra, (width, height), order, packet)
        canvas.show_heat(None)

    def _dress(self, heat: NDArray[np.uint8] | None) -> NDArray[np.uint8] | None:
        """Draws the teacher's heat in the student's style; in the wipe, both in one."""
        if self.teacher_result is None or not self.needs_teacher:
            return heat
        overlay = self._display.heat
        look = (overlay.style, overlay.smoothing, overlay.visible)
        if look != self._look:
            self._look = look
            self._overlay.style, self._overlay.smoothing, self._overlay.visible = look
            height, width = self.teacher_result.result.frame.image.shape[:2]
            self._heat = self._overlay.heat(width, height)
            if self.view == "side":
                self._panes.extra[0].canvas.show_heat(self._heat)
        return wipe(heat, self._heat, self._handle.share) if self.view == "wipe" else heat

    def _still(self, own: SnapshotLayer) -> list[SnapshotLayer]:
        """The parts of a still as the view shows them; the student's is given."""
        main, (second, third) = self._panes.main.canvas, self._panes.extra
        if self.view == "original":
            return [
                capture_layer(second.canvas, own.image, tr("Original")),
                capture_layer(main, own.image, tr("Overlay")),
            ]
        if self.teacher_result is None or not self.needs_teacher:
            return [own]
        if self.view == "wipe":
            draw_divider(own, self._handle.share)
            return [own]
        image = self.teacher_result.result.frame.image
        return [
            capture_layer(main, own.image, tr("Student")),
            capture_layer(second.canvas, image, tr("Teacher")),
            capture_layer(third.canvas, image, tr("Difference")),
        ]
