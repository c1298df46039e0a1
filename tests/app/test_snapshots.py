"""Snapshots: saved and copied pictures of the canvas."""

import cv2
import numpy as np
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog
from region_kit import drag
from test_compare import Corner, compare

from app.ui.images import snapshot_name


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


def test_the_file_shows_the_canvas_at_the_resolution_of_the_frame(still, tmp_path):
    still.overlay_panel.opacity.slider.setValue(75)
    path = tmp_path / "säved.png"
    save(still, path)
    still.until(path.exists)
    picture = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    assert picture.shape == still.presenter.packet.frame.image.shape
    difference = np.abs(as_seen(still, picture).astype(int) - still.grab())
    assert difference.mean() < 4
    still.trigger("overlay")
    without = np.abs(as_seen(still, picture).astype(int) - still.grab())
    assert without.mean() > 3 * difference.mean()
    still.until(lambda: still.banner.message == "Saved säved.png.")


def test_the_snapshot_is_copied(still):
    QGuiApplication.clipboard().clear()
    still.trigger("copy_snapshot")
    still.until(lambda: not QGuiApplication.clipboard().image().isNull())
    image = QGuiApplication.clipboard().image().convertToFormat(QImage.Format.Format_BGR888)
    assert (image.width(), image.height()) == (160, 120)
    still.until(lambda: "clipboard" in still.banner.message)


def test_the_snapshot_shows_regions(still):
    without = still.presenter.snapshot()().astype(int)
    still.trigger("region_rectangle")
    drag(still, (0.2, 0.2), (0.5, 0.5), (0.8, 0.8))
    still.settle()
    taken = still.presenter.snapshot()
    changed = np.abs(taken().astype(int) - without).max(axis=2) > 40
    height, width = changed.shape
    edge = changed[:, round(0.2 * width) - 2 : round(0.2 * width) + 3].any(axis=1)
    assert edge[round(0.3 * height) : round(0.7 * height)].mean() > 0.8
    assert not changed[: round(0.1 * height)].any()


def test_the_snapshot_shows_the_comparison(still, use_teacher):
    use_teacher(still, Corner)
    third = still.slots.panes.extra[1].canvas
    still.until(lambda: third.has_picture and not third.has_unpainted_picture)
    alone = still.presenter.packet.frame.image
    height, width = alone.shape[:2]
    side = still.presenter.snapshot()()
    assert side.shape == (height, 3 * width + 16, 3)
    blue = side[int(0.9 * height), -int(0.05 * width)].astype(int)
    assert blue[0] > blue[2] + 60  # the difference: the teacher alone looks there
    still.trigger("compare_wipe")
    compare(still).handle.set_share(0.5)
    still.settle()
    both = still.presenter.snapshot()()
    assert both.shape == alone.shape
    assert both[height // 2, width // 2].min() > 200  # the line between the two
    still.trigger("compare_original")
    still.settle()
    pair = still.presenter.snapshot()()
    assert pair.shape == (height, 2 * width + 8, 3)
    bare = pair[height // 2 :, :width].astype(int) - alone[height // 2 :]
    assert not bare.any()


def test_a_folder_that_cannot_be_written(still, tmp_path):
    save(still, tmp_path / "missing" / "picture.png")
    still.until(lambda: still.banner.level == "error")
    assert "picture.png" in still.banner.message
    assert "another folder" in still.banner.hint
    assert not list(tmp_path.glob("**/picture.png"))


def test_names():
    assert snapshot_name("Großes Kino?.mp4").startswith("Großes-Kino-")
    assert snapshot_name("///").startswith("snapshot-")
