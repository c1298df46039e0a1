"""The window as a whole: themes, full screen, graphs, status, leaving."""

import gc
import os
import signal
import sys
import threading
import weakref

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication
from window_bench import Bench, Contrast

from app.features.diagnostics.feature import Diagnostics
from app.main import Options, Program
from app.pipeline.events import PipelineState
from app.runtime.import_guards import clear_foreign_qt
from app.ui.theme import DARK, LIGHT


def corner(bench):
    """The color of the window's own ground."""
    image = bench.window.grab().toImage()
    return image.pixelColor(2, image.height() // 2).name()


def test_every_widget_belongs_to_the_window_and_is_deleted_with_it(launch, clip):
    others = set(QApplication.topLevelWidgets())  # of other tests in this process
    bench = launch(clip)
    bench.until(lambda: bench.presenter.overlay_seen)
    added = set(QApplication.topLevelWidgets()) - others
    assert [one for one in added if one.parent() is None] == [bench.window]


def closed_program(qtbot, clip):
    """A weak reference to a program that has played a clip and was closed."""
    predictor = Contrast()
    bench = Bench(Program(Options(str(clip)), predictor), predictor, qtbot)
    bench.until(lambda: bench.presenter.overlay_seen)
    bench.leave()
    bench.window.deleteLater()
    bench.program.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return weakref.ref(bench.program)


def test_a_closed_program_is_freed(qtbot, clip):
    """A layer of the canvas had no parent, and held everything by a slot."""
    program = closed_program(qtbot, clip)
    gc.collect()
    assert program() is None


def test_themes_can_be_switched(still):
    still.trigger("theme_dark")
    assert corner(still) == DARK.window
    play = still.actions["play_pause"].icon().pixmap(20).toImage()
    still.trigger("theme_light")
    assert corner(still) == LIGHT.window
    assert still.actions["play_pause"].icon().pixmap(20).toImage() != play
    assert still.settings.theme == "light"
    still.trigger("theme_dark")
    assert corner(still) == DARK.window


def test_the_system_theme_is_followed(still, monkeypatch):
    hints = QApplication.styleHints()
    still.trigger("theme_system")
    for scheme, tokens in (
        (Qt.ColorScheme.Light, LIGHT),
        (Qt.ColorScheme.Dark, DARK),
        (Qt.ColorScheme.Light, LIGHT),
    ):
        monkeypatch.setattr("app.ui.theme._system_scheme", lambda _, scheme=scheme: scheme)
        hints.colorSchemeChanged.emit(scheme)
        assert corner(still) == tokens.window
    still.trigger("theme_dark")
    hints.colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert corner(still) == DARK.window


@pytest.mark.parametrize("tokens", [DARK, LIGHT], ids=["dark", "light"])
def test_text_has_contrast(tokens):
    def brightness(name):
        parts = QColor(name).getRgbF()[:3]
        linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one, other):
        high, low = sorted((brightness(one), brightness(other)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    for ground in (tokens.window, tokens.surface):
        assert contrast(tokens.text, ground) >= 7
        for name in (tokens.quiet, tokens.accent, tokens.error, tokens.warning, tokens.done):
            assert contrast(name, ground) >= 4.5
    assert contrast(tokens.on_accent, tokens.accent) >= 4.5


def test_full_screen_shows_only_the_picture(player):
    player.trigger("full_screen")
    player.until(player.window.isFullScreen)
    assert not player.transport.isVisible()
    assert not player.status.source.isVisible()
    assert not player.slots.panel.isVisible()
    assert "Esc" in player.banner.message
    player.trigger("leave")
    assert not player.banner.message
    player.trigger("leave")
    player.until(lambda: not player.window.isFullScreen())
    assert player.transport.isVisible()
    assert player.slots.panel.isVisible()
    assert not player.actions["full_screen"].isChecked()
    # What it says of the way out goes when somebody took it.
    player.trigger("full_screen")
    player.until(player.window.isFullScreen)
    player.trigger("full_screen")
    player.until(lambda: not player.window.isFullScreen())
    assert not player.banner.message


def test_the_panel_is_hidden_in_a_narrow_window(player):
    assert player.slots.panel.isVisible()
    player.window.resize(600, 500)
    player.until(lambda: not player.slots.panel.isVisible())
    player.window.resize(1100, 700)
    player.until(player.slots.panel.isVisible)
    player.trigger("panel")
    assert not player.slots.panel.isVisible()
    player.window.resize(600, 500)
    player.trigger("panel")
    player.until(player.slots.panel.isVisible)


def test_the_button_of_the_panel_says_whether_it_is_shown(player):
    """In a narrow window it was pressed in, and to press it did nothing that was seen."""
    player.window.resize(600, 500)
    player.until(lambda: not player.actions["panel"].isChecked())
    player.trigger("panel")
    player.until(player.slots.panel.isVisible)
    assert player.actions["panel"].isChecked()
    # A window that is made narrow and wide again shows it again.
    player.window.resize(600, 500)
    player.until(lambda: not player.actions["panel"].isChecked())
    assert player.settings.panel
    player.window.resize(1100, 700)
    player.until(player.actions["panel"].isChecked)


def test_a_narrow_start_shows_that_there_is_no_panel(launch, clip):
    bench = launch(clip, size=(560, 420))
    bench.until(lambda: bench.window.isVisible() and not bench.slots.panel.isVisible())
    bench.until(lambda: not bench.actions["panel"].isChecked())


def test_a_screen_without_room_for_the_panel_is_named(player, monkeypatch):
    player.window.resize(600, 500)
    player.until(lambda: not player.actions["panel"].isChecked())
    monkeypatch.setattr("app.shell.slots.PANEL_MIN_WIDTH", 100_000)
    player.trigger("panel")
    assert "wider window" in player.banner.message
    assert not player.actions["panel"].isChecked()


def test_title_and_status_name_the_source(player, clip):
    player.until(lambda: clip.name in player.window.windowTitle())
    assert "160\N{MULTIPLICATION SIGN}120" in player.status.source.full_text
    assert "30 fps" in player.status.source.full_text
    assert player.status.model.full_text == "uvanet-64"
    player.until(lambda: "p95" in player.find(Diagnostics).labels.latency.text())


def test_other_texts_do_not_move_the_counters(player):
    labels = player.find(Diagnostics).labels
    player.pause()
    player.until(lambda: labels.isVisible())
    before = labels.geometry()
    player.status.model.set_full_text("Automatic: uvanet-64 (computer busy)")
    player.until(lambda: player.status.model.width() > before.width() / 2)
    assert labels.geometry() == before


def test_the_charts_start_and_follow_the_pipeline(player):
    plots = player.plots
    player.until(lambda: plots.rates.started and plots.memory.started)
    player.until(lambda: max(plots.rates.chart.curve_points(2)[1], default=0.0) > 0)
    memory = plots.memory.chart.curve_points(0)
    assert memory[0][-1] == 0
    assert memory[0][0] >= -60
    assert 20 < memory[1][-1] < 10_000
    assert plots.memory.values[0].text().endswith("MB")


def test_the_first_overlay_does_not_wait_for_the_charts(launch, clip):
    bench = launch(str(clip))
    built = []
    bench.presenter.first_overlay.connect(lambda: built.append(bench.plots.rates.started))
    bench.until(lambda: built)
    assert built == [False]
    bench.until(lambda: bench.plots.rates.started)


def test_the_frame_counters_add_up(player):
    player.pause()
    stats = player.session.stats()
    assert stats.painted > 0
    assert stats.captured == stats.painted + stats.dropped + stats.in_flight + stats.failed


def test_unexpected_exceptions_are_shown_and_logged(player):
    from PySide6.QtCore import QTimer

    player.expected_problems = 2

    def fail():
        raise ZeroDivisionError("a slip in a slot")

    hook = sys.excepthook
    QTimer.singleShot(0, fail)
    player.until(lambda: "a slip in a slot" in player.banner.message)
    assert "uvanet.log" in player.banner.hint
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    player.until(lambda: len(player.problems) == 2)
    log = player.program._logs.path.read_text()
    assert log.count("ZeroDivisionError: a slip in a slot") == 2
    frame = player.frame()
    player.until(lambda: player.frame() != frame)
    assert sys.excepthook == hook


def test_closing_leaves_no_thread(player):
    began = {thread.name for thread in threading.enumerate()}
    assert len(began) > 1
    player.window.close()
    assert player.program.clean
    assert not player.window.isVisible()
    assert player.session.state is not PipelineState.FAILED


@pytest.mark.skipif(os.name != "posix", reason="signals of POSIX")
def test_ctrl_c_closes_the_window(player):
    os.kill(os.getpid(), signal.SIGINT)
    player.until(lambda: not player.window.isVisible())
    assert player.program.clean


def test_only_opencvs_paths_are_cleared(tmp_path, monkeypatch):
    package = tmp_path / "cv2"
    monkeypatch.setenv("QT_QPA_PLATFORM_PLUGIN_PATH", str(package / "qt" / "plugins"))
    monkeypatch.setenv("QT_QPA_FONTDIR", "/usr/share/fonts")
    clear_foreign_qt(package)
    assert "QT_QPA_PLATFORM_PLUGIN_PATH" not in os.environ
    assert os.environ["QT_QPA_FONTDIR"] == "/usr/share/fonts"


def test_qt_does_not_keep_references():
    """A binding that drops a reference with each call ends the program within seconds.

    PySide6 6.12.0 does so on Python 3.11.
    """
    from PySide6.QtGui import QImage

    image = QImage(4, 4, QImage.Format.Format_RGB32)
    before = sys.getrefcount(None)
    for _ in range(2000):
        image.fill(0)
    assert sys.getrefcount(None) > before - 1000
