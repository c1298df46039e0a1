"""Shows results on the canvas, with the heat map over them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.pipeline.packets import SaliencyPacket
from app.pipeline.paint_format import paint_size, paintable
from app.session.heat import Heat
from app.session.session import LiveSession
from app.session.snapshot import SnapshotLayer, capture_layer, compose
from app.ui.canvas import Canvas

_SHARPEN_MS = 100  # after the last change of the size of the canvas

HeatTransform = Callable[[NDArray[np.uint8] | None], NDArray[np.uint8] | None]


class FramePresenter(QObject):
    """Takes the newest result each time the canvas has painted the result before.

    At most one result waits here. Newer results replace each other in the pipeline's slot, which
    counts the replaced ones. `shown`, `presented` and `first_overlay` are emitted by the event loop
    after the paint, never during the paint event.

    Attributes:
        heat: Style of the heat map, and its latest maps.
        heat_transform: Maps the student's heat image to the one that is shown; None where the
            student's is shown.
        snapshot_layers: Maps the student's layer to all layers of a snapshot; None where a
            snapshot is the student's layer alone.

    Signals:
        taken: The SaliencyPacket that the canvas will paint next.
        shown: Position in the source, in seconds, of the frame that was painted.
        presented: The SaliencyPacket of the frame that was painted.
        first_overlay: The first frame with a map of the network was painted.
        sharpened: `packet` has a larger picture of the same frame, for a larger canvas.
    """

    taken = Signal(object)
    shown = Signal(float)
    presented = Signal(object)
    first_overlay = Signal()
    sharpened = Signal()

    _painted = Signal(object)

    def __init__(
        self, session: LiveSession, canvas: Canvas, heat: Heat, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._canvas = canvas
        self.heat = heat
        self.heat_transform: HeatTransform | None = None
        self.snapshot_layers: Callable[[SnapshotLayer], list[SnapshotLayer]] | None = None
        self._packet: SaliencyPacket | None = None
        self._overlay_seen = False
        self._closed = False
        session.result_ready.connect(self._show_next)
        session.switched.connect(self._on_switched)
        canvas.painted.connect(self._in_paint)
        canvas.room_changed.connect(self._on_room_changed)
        self._sharpening = QTimer(self, singleShot=True, interval=_SHARPEN_MS)
        self._sharpening.timeout.connect(self._sharpen)
        self._painted.connect(self._after_paint, Qt.ConnectionType.QueuedConnection)

    @property
    def packet(self) -> SaliencyPacket | None:
        """The result on the canvas."""
        return self._packet

    @property
    def overlay_seen(self) -> bool:
        """Whether a frame with a map of the network was painted yet."""
        return self._overlay_seen

    def restyle(self, **changes: object) -> None:
        """Changes fields of the style and redraws the current maps with it."""
        self.heat.style = replace(self.heat.style, **changes)  # type: ignore[arg-type]  # kwargs
        self.refresh()

    def refresh(self) -> None:
        """Redraws the heat map of the current frame."""
        if self._packet is not None:
            height, width = self._packet.frame.picture.shape[:2]
            heat = self.heat.heat(width, height)
            if self.heat_transform is not None:
                heat = self.heat_transform(heat)
            self._canvas.show_heat(heat)

    def snapshot(self) -> Callable[[], NDArray[np.uint8]] | None:
        """Captures what is on the canvas: frame, heat, panes, regions and other layers.

        Returns:
            A function for any thread that composes them to BGR, uint8, shape (h, w, 3), at the
            frame's resolution; None where there is no frame.
        """
        if self._packet is None:
            return None
        layer = capture_layer(self._canvas, self._packet.frame.picture)
        layers = [layer] if self.snapshot_layers is None else self.snapshot_layers(layer)
        return lambda: compose(layers)

    def close(self) -> None:
        """Takes no more results."""
        self._closed = True

    def _show_next(self) -> None:
        if self._closed or self._canvas.has_unpainted_picture:
            return
        packet = self._session.take()
        if packet is None:
            return
        frame = packet.frame
        height, width = frame.picture.shape[:2]
        if self._canvas.show_picture(
            packet.bgra, (width, height), (frame.epoch, frame.seq), packet
        ):
            self._packet = packet
            self.heat.push(frame.t_scene, packet.saliency, frame.epoch)
            self.taken.emit(packet)
            self.refresh()

    def _on_room_changed(self) -> None:
        self._session.set_paint_room(self._canvas.room)
        self._sharpening.start()

    def _sharpen(self) -> None:
        """Converts the shown frame anew where its picture is smaller than the canvas could show.

        While frames come, the next one replaces it before.
        """
        packet, room = self._packet, self._canvas.room
        if self._closed or packet is None:
            return
        picture = packet.frame.picture
        width, height = paint_size(picture, room)
        if packet.bgra.shape[:2] < (height, width):
            self._packet = replace(packet, bgra=paintable(picture, room))
            self._canvas.replace_pixels(self._packet.bgra)
            self.sharpened.emit()

    def _in_paint(self, packet: SaliencyPacket) -> None:
        self._session.painted(packet)
        self._painted.emit(packet)

    def _after_paint(self, packet: SaliencyPacket) -> None:
        if packet.frame.source == self._session.source_number:
            self.shown.emit(packet.frame.pts)
            self.presented.emit(packet)
            if not packet.failed and not self._overlay_seen:
                self._overlay_seen = True
                self.first_overlay.emit()
        self._show_next()

    def _on_switched(self) -> None:
        self._packet = None
        self.heat.clear()
        self._canvas.clear()
