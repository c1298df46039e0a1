"""Snapshots are what is seen."""

import cv2
import numpy as np
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog

from app.services.snapshots import snapshot_name


def save(bench, path):
    """Saves by the dialog, as a user does."""
    bench.trigger("save_snapshot")
    dialog = bench.window.findChild(QFileDialog)
    dialog.fileSelected.emit(str(path))
    dialog.close()


def as_seen(bench, picture):
    """Brings the picture to the size it has on the canvas."""
    height, width = bench.grab().shape[:2]
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR)


def test_the_file_is_what_is_seen_at_the_frames_resolution(still, tmp_path):
    still.overlay_panel.opacity.slider.setValue(75)
    path = tmp_path / "säved.png"
    save(still, path)
    still.until(path.exists)
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == still.display.packet.frame.image.shape
    difference = np.abs(as_seen(still, picture).astype(int) - still.grab())
    assert difference.mean() < 4
    still.trigger("overlay")
    without = np.abs(as_seen(still, picture).astype(int) - still.grab())
    assert without.mean() > 3 * difference.mean()
    still.until(lambda: still.banner.message == "Saved säved.png.")


def test_the_clipboard_gets_it_too(still):
    QGuiApplication.clipboard().clear()
    still.trigger("copy_snapshot")
    still.until(lambda: not QGuiApplication.clipboard().image().isNull())
    image = QGuiApplication.clipboard().image().convertToFormat(QImage.Format.Format_BGR888)
    assert (image.width(), image.height()) == (160, 120)
    still.until(lambda: "clipboard" in still.banner.message)


def test_a_folder_that_cannot_be_written(still, tmp_path):
    save(still, tmp_path / "missing" / "picture.png")
    still.until(lambda: still.banner.level == "error")
    assert "picture.png" in still.banner.message
    assert "another folder" in still.banner.hint
    assert not list(tmp_path.glob("**/picture.png"))


def test_names():
    assert snapshot_name("Großes Kino?.mp4").startswith("Großes-Kino-")
    assert snapshot_name("///").startswith("snapshot-")
