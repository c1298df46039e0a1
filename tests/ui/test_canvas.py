"""The canvas on screens with one and with two pixels per logical pixel."""

import numpy as np
import pytest
from PySide6.QtGui import QImage

from app.ui.canvas import Canvas
from uvanet.resizing import fit


def picture(value, width=160, height=120):
    image = np.full((height, width, 4), value, np.uint8)
    image[..., 3] = 255
    return image


@pytest.fixture
def canvas(qtbot):
    canvas = Canvas()
    qtbot.addWidget(canvas)
    canvas.resize(400, 400)
    canvas.show()
    qtbot.waitExposed(canvas)
    return canvas


def middle(canvas):
    image = canvas.grab().toImage()
    return image.pixelColor(image.width() // 2, image.height() // 2).red()


def test_an_older_picture_never_replaces_a_newer_one(canvas):
    assert canvas.show_picture(picture(100), (160, 120), (2, 7), "new")
    assert not canvas.show_picture(picture(200), (160, 120), (2, 6), "older")
    assert not canvas.show_picture(picture(200), (160, 120), (1, 9), "of an older stretch")
    assert middle(canvas) == 100
    assert canvas.show_picture(picture(50), (160, 120), (3, 1), "next stretch")
    assert middle(canvas) == 50


def test_each_picture_is_reported_once_after_its_paint(canvas, qtbot):
    seen = []
    canvas.painted.connect(seen.append)
    canvas.show_picture(picture(100), (160, 120), (1, 1), "one")
    assert canvas.has_unpainted_picture
    qtbot.waitUntil(lambda: seen == ["one"], timeout=60_000)
    assert not canvas.has_unpainted_picture
    canvas.show_heat(None)
    canvas.repaint()
    assert seen == ["one"]


@pytest.mark.parametrize("size", [(160, 120), (120, 160), (1, 1), (3000, 10), (10, 3000)])
@pytest.mark.parametrize("ratio", [1.0, 2.0])
def test_the_aspect_ratio_is_kept(canvas, size, ratio, monkeypatch):
    monkeypatch.setattr(canvas, "devicePixelRatioF", lambda: ratio)
    canvas.show_picture(picture(90, *size), size, (1, 1), "one")
    rect = canvas.picture_rect()
    assert canvas.rect().toRectF().contains(rect)
    longest = max(rect.width(), rect.height())
    assert longest == 400
    exact = longest * min(size) / max(size)
    assert min(rect.width(), rect.height()) == pytest.approx(exact, abs=1 / ratio)
    for edge in (rect.left(), rect.top(), rect.width(), rect.height()):
        assert (edge * ratio) == round(edge * ratio)


def test_a_screen_with_device_pixel_ratio_2_shows_all_pixels(canvas):
    """Stripes of one pixel stay black and white; interpolation would turn them gray."""
    stripes = picture(0, 800, 800)
    stripes[:, ::2, :3] = 255
    canvas.show_picture(stripes, (800, 800), (1, 1), "one")
    image = QImage(800, 800, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(2.0)
    canvas.render(image)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(800, 800, 4)
    row = pixels[400, 100:700, 0].astype(int)
    assert np.abs(np.diff(row)).mean() > 240


@pytest.mark.parametrize("ratio", [1.0, 1.5, 2.0])
@pytest.mark.parametrize("steps", [0, 1, 2, 3])
def test_a_picture_of_the_size_of_its_zoom_is_painted_as_it_is(canvas, ratio, steps, monkeypatch):
    monkeypatch.setattr(canvas, "devicePixelRatioF", lambda: ratio)
    canvas.viewport.step(steps)
    canvas.viewport.pan(0.13, 0.07)
    width, height = fit((1600, 1200), canvas.room)
    stripes = picture(0, width, height)
    stripes[::2, ::2, :3] = stripes[1::2, 1::2, :3] = 255
    canvas.show_picture(stripes, (1600, 1200), (1, 1), "one")
    side = round(400 * ratio)
    image = QImage(side, side, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(ratio)
    canvas.render(image)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(side, side, 4)[..., 0].astype(int)
    for line in (pixels[side // 2, 20:-20], pixels[side // 4 : -side // 4, side // 2]):
        assert np.abs(np.diff(line)).min() == 255


def test_the_canvas_keeps_the_pixels_of_its_picture(canvas):
    canvas.show_picture(picture(77), (160, 120), (1, 1), "one")
    garbage = [picture(5) for _ in range(50)]
    assert middle(canvas) == 77
    del garbage


def test_a_message_over_nothing_and_over_a_picture(canvas):
    empty = canvas.grab().toImage()
    canvas.show_message("Opening film.mp4 …")
    assert canvas.grab().toImage() != empty
    canvas.show_picture(picture(200), (160, 120), (1, 1), "one")
    assert canvas.message == ""
    assert middle(canvas) == 200
    canvas.show_message("Opening other.mp4 …")
    rect = canvas.picture_rect()
    dimmed = canvas.grab().toImage()
    ratio = dimmed.devicePixelRatio()
    corner = dimmed.pixelColor(round((rect.left() + 30) * ratio), round((rect.top() + 30) * ratio))
    assert corner.red() < 120
    canvas.clear()
    assert not canvas.has_picture
