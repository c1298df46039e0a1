"""Brings results to the canvas, and the overlay over them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.session.snapshot import SnapshotLayer, capture_layer, compose

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    from app.pipeline.packets import SaliencyPacket
    from app.session.heat import Heat
    from app.session.session import LiveSession
    from app.ui.canvas import Canvas


class FramePresenter(QObject):
    """Takes the newest result whenever the canvas has painted the one before.

    So at most one result waits here, and everything newer competes in the pipeline's slot,
    where what loses is counted.

    Attributes:
        heat: The style, and the maps of the last moments.
        heat_transform: Gives the heat to show in place of the student's; None for none.
        snapshot_layers: Gives the parts of a still from the student's; None for that alone.

    Signals:
        taken: The SaliencyPacket that the canvas will paint next.
        shown: Seconds in the source of the picture that was painted.
        presented: The SaliencyPacket of the picture that was painted.
        first_overlay: The first picture with a map of the network was painted.
    """

    taken = Signal(object)
    shown = Signal(float)
    presented = Signal(object)
    first_overlay = Signal()

    def __init__(
        self,
        controller: LiveSession,
        canvas: Canvas,
        overlay: Heat,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._controller = controller
        self._canvas = canvas
        self.heat = overlay
        self.heat_transform: (
            Callable[[NDArray[np.uint8] | None], NDArray[np.uint8] | None] | None
        ) = None
        self.snapshot_layers: Callable[[SnapshotLayer], list[SnapshotLayer]] | None = None
        self._packet: SaliencyPacket | None = None
        self._overlay_seen = False
        self._closed = False
        controller.result_ready.connect(self._next)
        controller.switched.connect(self._on_switched)
        canvas.painted.connect(self._on_painted)

    @property
    def packet(self) -> SaliencyPacket | None:
        """The result on the canvas."""
        return self._packet

    @property
    def overlay_seen(self) -> bool:
        """Whether a picture with a map was ever painted."""
        return self._overlay_seen

    def restyle(self, **changes: object) -> None:
        """Changes fields of the style and shows it at once, on the maps that are here."""
        self.heat.style = replace(self.heat.style, **changes)  # type: ignore[arg-type]
        self.refresh()

    def set_smoothing(self, seconds: float) -> None:
        """Changes the smoothing's time constant and shows it at once."""
        self.heat.smoothing = seconds
        self.refresh()

    def set_visible(self, visible: bool) -> None:
        """Shows or hides the heat."""
        self.heat.visible = visible
        self.refresh()

    def refresh(self) -> None:
        """Draws the heat anew."""
        if self._packet is not None:
            height, width = self._packet.frame.image.shape[:2]
            heat = self.heat.heat(width, height)
            self._canvas.show_heat(
                heat if self.heat_transform is None else self.heat_transform(heat)
            )

    def snapshot(self) -> Callable[[], NDArray[np.uint8]] | None:
        """Freezes what is on the stage: heat, panes, regions and whatever else is drawn.

        Returns:
            A function for any thread that gives it as BGR, uint8, shape (h, w, 3), at the
            frame's resolution; None where there is no picture.
        """
        if self._packet is None:
            return None
        own = capture_layer(self._canvas, self._packet.frame.image)
        parts = [own] if self.snapshot_layers is None else self.snapshot_layers(own)
        return lambda: compose(parts)

    def close(self) -> None:
        """Takes no more results."""
        self._closed = True

    def _next(self) -> None:
        if self._closed or self._canvas.waiting:
            return
        packet = self._controller.take()
        if packet is None:
            return
        frame = packet.frame
        height, width = frame.image.shape[:2]
        if self._canvas.show_picture(
            packet.bgra, (width, height), (frame.epoch, frame.seq), packet
        ):
            self._packet = packet
            self.heat.push(frame.t_scene, packet.saliency, frame.epoch)
            self.taken.emit(packet)
            self.refresh()

    def _on_painted(self, packet: SaliencyPacket) -> None:
        self._controller.painted(packet)
        self.shown.emit(packet.frame.pts)
        self.presented.emit(packet)
        if not packet.failed and not self._overlay_seen:
            self._overlay_seen = True
            self.first_overlay.emit()
        self._next()

    def _on_switched(self) -> None:
        self._packet = None
        self.heat.clear()
        self._canvas.clear()
