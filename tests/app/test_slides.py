"""Folders of pictures in the window: one at a time, by keys and thumbnails, or as a film."""

import cv2
import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from region_kit import active

from app.features.diagnostics.feature import Diagnostics
from app.features.playback.feature import Playback
from app.features.slides.feature import Slides
from app.features.slides.thumbnails import SIDE, Thumbnails
from app.features.training.feature import Training
from app.pipeline.events import PipelineState
from app.runtime.jobs import Jobs
from uvanet.sources.film_frames import MIN_FRAMES

COUNT = 30


def scene(number):
    """A picture that has nothing in common with those of other numbers; widths differ."""
    noise = np.random.default_rng(number).integers(0, 256, (3, 4, 3), np.uint8)
    return cv2.resize(noise, (80 + number, 60))


@pytest.fixture(scope="session")
def photos(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    for number in range(COUNT):
        cv2.imwrite(str(folder / f"holiday-{number + 1}.png"), scene(number))
    return folder


@pytest.fixture(scope="session")
def frames(tmp_path_factory):
    folder = tmp_path_factory.mktemp("frames")
    for number in range(MIN_FRAMES):
        image = np.full((60, 80, 3), 60, np.uint8)
        image[10:30, number : number + 20] = 200
        cv2.imwrite(str(folder / f"f{number:03}.png"), image)
    return folder


@pytest.fixture
def slides(launch, photos):
    bench = launch(photos)
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.strip = bench.find(Slides).strip
    return bench


def shows(bench, number):
    """Waits until the picture with this number, from 1, is on the canvas."""
    bench.until(lambda: bench.strip.number.text().split() == [str(number), "/", str(COUNT)])
    assert bench.strip.name.full_text == f"holiday-{number}.png"
    bench.settle()
    assert bench.frame() == number - 1


def press(bench, *keys):
    active(bench)  # a window system gives keys to the active window alone
    for key in keys:
        QTest.keyClick(bench.canvas, key)


def test_a_folder_shows_its_first_picture_and_stays(slides):
    shows(slides, 1)
    assert slides.session.state is PipelineState.PAUSED
    assert slides.strip.isVisible()
    assert not slides.transport.isVisible()
    assert not slides.plots.isVisible()  # charts of pictures that do not play stay empty
    captured = slides.session.stats().captured
    slides.session.toggle()  # not offered for slides; must not start them either
    slides.settle()
    assert slides.session.stats().captured == captured
    assert slides.session.state is PipelineState.PAUSED


def test_pictures_that_are_passed_by_are_not_called_drops_and_have_no_average(slides):
    drops = slides.find(Diagnostics).labels.drops
    slides.until(lambda: not drops.isVisible())
    slides.find(Diagnostics)._show_stats()
    assert not drops.isVisible()
    assert not slides.actions["average"].isEnabled()


def test_keys_move_through_the_pictures(slides):
    press(slides, Qt.Key.Key_Right, Qt.Key.Key_Right)
    shows(slides, 3)
    press(slides, Qt.Key.Key_Left)
    shows(slides, 2)
    press(slides, Qt.Key.Key_PageDown)
    shows(slides, 12)
    press(slides, Qt.Key.Key_End)
    shows(slides, COUNT)
    press(slides, Qt.Key.Key_Right)  # there is no picture after the last
    shows(slides, COUNT)
    press(slides, Qt.Key.Key_PageUp, Qt.Key.Key_Space)
    shows(slides, COUNT - 9)
    press(slides, Qt.Key.Key_Home)
    shows(slides, 1)


def test_nothing_is_carried_from_one_picture_to_the_next(slides):
    slides.presenter.heat.smoothing = 1.0
    press(slides, Qt.Key.Key_Right)
    shows(slides, 2)
    alone = slides.predictor.step(scene(1), 0.0, bgr=True)
    np.testing.assert_array_equal(slides.presenter.heat.saliency(), alone)


def test_a_click_on_a_thumbnail_shows_its_picture(slides):
    thumbnails = slides.strip.list
    feature = slides.find(Slides)
    place = thumbnails.visualRect(thumbnails.model().index(2, 0)).center()
    slides.qtbot.mouseClick(thumbnails.viewport(), Qt.MouseButton.LeftButton, pos=place)
    shows(slides, 3)
    slides.until(lambda: feature.thumbnails.get(2) is not None)
    assert max(feature.thumbnails.get(2).size().toTuple()) <= SIDE


def test_only_thumbnails_that_are_seen_are_decoded_and_few_are_kept(qtbot, photos, monkeypatch):
    monkeypatch.setattr("app.features.slides.thumbnails._MAX_THUMBNAILS", 5)
    jobs = Jobs()
    thumbnails = Thumbnails(jobs)
    thumbnails.open(sorted(photos.iterdir()))
    for index in range(8):
        with qtbot.waitSignal(thumbnails.loaded):
            assert thumbnails.get(index) is None
    assert len(thumbnails) == 5
    assert jobs.close(60)


def test_the_film_switch_plays_the_folder_and_comes_back(slides):
    press(slides, Qt.Key.Key_End)
    shows(slides, COUNT)
    slides.find(Playback).loop(True)
    slides.strip.rate.setValue(30)
    slides.strip.film.click()
    slides.wait_state(PipelineState.PLAYING)
    assert slides.session.info.fps == 30
    assert not slides.session.info.slides
    slides.until(slides.transport.isVisible)
    slides.strip.film.click()
    slides.wait_state(PipelineState.PAUSED)
    assert slides.session.info.slides
    assert not slides.strip.film.isChecked()


def test_frames_of_a_film_play_as_one(launch, frames):
    bench = launch(frames)
    bench.wait_state(PipelineState.PLAYING)
    strip = bench.find(Slides).strip
    bench.until(strip.isVisible)
    assert strip.film.isChecked()
    assert not strip.list.isVisible()
    assert bench.session.info.fps == 25
    bench.session.set_marks(0.04, 0.12)
    bench.trigger("play_as_film")
    bench.wait_state(PipelineState.PAUSED)
    assert bench.session.info.slides
    assert bench.session.marks == (None, None)  # times of the film mean nothing here


def test_a_picture_that_cannot_be_read_is_left_out_in_both_directions(launch, tmp_path):
    for number in range(4):
        cv2.imwrite(str(tmp_path / f"{number}.png"), scene(number))
    (tmp_path / "1.png").write_text("no picture")
    bench = launch(tmp_path)
    bench.until(lambda: bench.presenter.overlay_seen)
    for key, index in ((Qt.Key.Key_Right, 2), (Qt.Key.Key_Left, 0)):
        press(bench, key)
        bench.until(lambda index=index: bench.frame() == index)


def test_another_source_hides_the_strip(slides, clip):
    slides.open(clip)
    assert not slides.strip.isVisible()
    assert slides.transport.isVisible()
    assert slides.actions["play_pause"].isEnabled()
    assert not slides.actions["next_picture"].isEnabled()


def test_the_limits_of_the_models_are_told_once(slides, photos, clip):
    assert "posters" in slides.banner.message
    slides.banner.dismiss_topic("limits")
    slides.open(clip)
    slides.open(photos)
    assert slides.banner.message == ""


def test_slides_are_not_called_a_video_where_a_student_would_adapt_to_them(slides):
    slides.trigger("adapt_scene")
    form = slides.find(Training).dialog("adapt").form
    assert "Still images" in form.problem.text()
    assert not form.length.isVisibleTo(form)
