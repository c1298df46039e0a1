"""Messages: alerts are kept and counted, notices never hide them."""

import pytest
from PySide6.QtCore import QCoreApplication
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QLabel, QWidget

from app.ui.banner import Banner


@pytest.fixture
def banner(qtbot):
    host = QWidget()
    qtbot.addWidget(host)
    host.resize(800, 500)
    host.show()
    return Banner(host)


def visible_texts(banner):
    return [
        label.text()
        for label in banner.findChildren(QLabel)
        if label.isVisible() and label.objectName() in ("bannerTitle", "quiet")
    ]


@pytest.mark.parametrize("level", ["error", "warning", "info", "done"])
def test_a_later_message_does_not_replace_an_error(banner, level):
    banner.notify("error", "The disk is full.")
    banner.notify(level, "Another message.")
    assert "The disk is full." in banner.alerts
    seen = {banner.message}
    banner.dismiss()
    seen.add(banner.message)
    banner.dismiss()
    assert seen == {"The disk is full.", "Another message."}
    assert banner.message == ""
    assert not banner.isVisible()


def test_the_most_serious_message_is_shown_first(banner):
    banner.notify("error", "The disk is full.")
    banner.notify("warning", "No frame for 5 seconds.")
    assert visible_texts(banner) == ["The disk is full.", "1 of 2"]
    banner.notify("error", "The model failed.")
    assert banner.alerts == ["The model failed.", "The disk is full.", "No frame for 5 seconds."]


def test_notices_that_come_at_once_are_shown_one_after_the_other(banner):
    """The second one hid the first one for good."""
    banner.notify("done", "Exported a.mp4.")
    banner.notify("done", "Exported b.mp4.")
    assert visible_texts(banner) == ["Exported b.mp4.", "1 of 2"]
    banner._notice_timer.timeout.emit()
    assert visible_texts(banner) == ["Exported a.mp4."]
    assert banner._notice_timer.isActive()
    banner._notice_timer.timeout.emit()
    assert not banner.isVisible()


def test_a_notice_that_was_read_does_not_come_back(banner):
    banner.notify("done", "Exported a.mp4.")
    banner._notice_timer.start(1000)  # what is left of its time
    banner.notify("done", "Exported b.mp4.")
    assert visible_texts(banner) == ["Exported b.mp4."]


def test_an_error_and_a_notice_are_visible_together(banner):
    banner.notify("error", "The disk is full.")
    banner.notify("done", "Exported a.mp4.")
    assert visible_texts(banner) == ["The disk is full.", "Exported a.mp4."]
    banner._notice_timer.timeout.emit()
    assert visible_texts(banner) == ["The disk is full."]


def test_several_errors_are_counted_and_closed_one_by_one(banner):
    for name in ("first", "second", "third"):
        banner.notify("error", name)
    assert visible_texts(banner) == ["third", "1 of 3"]
    banner.dismiss()
    assert visible_texts(banner) == ["second", "1 of 2"]
    banner.dismiss()
    assert visible_texts(banner) == ["first"]


def test_an_equal_error_is_not_kept_twice(banner):
    banner.notify("error", "The camera is busy.")
    banner.notify("warning", "Slow disk.")
    banner.notify("error", "The camera is busy.")
    assert banner.alerts == ["The camera is busy.", "Slow disk."]
    banner.notify("info", "No sound.")
    banner.notify("info", "No sound.")
    assert visible_texts(banner) == ["The camera is busy.", "1 of 2", "No sound."]


def test_a_topic_has_one_message_and_can_be_dismissed(banner):
    banner.notify("error", "No network.", topic="source")
    banner.notify("error", "No model.", topic="model")
    banner.notify("warning", "No picture for 5 seconds.", topic="source")
    assert banner.alerts == ["No model.", "No picture for 5 seconds."]
    banner.dismiss_topic("source")
    assert banner.alerts == ["No model."]
    banner.dismiss_topic("")  # nothing has this topic
    assert banner.alerts == ["No model."]


def test_a_notice_of_the_same_topic_is_replaced_and_has_its_whole_time(banner):
    banner.notify("info", "Loading.", topic="model")
    banner._notice_timer.start(100)
    banner.notify("done", "Loaded.", topic="model")
    assert visible_texts(banner) == ["Loaded."]
    assert banner._notice_timer.remainingTime() > 2000


def test_the_number_of_alerts_is_bounded(banner):
    for number in range(100):
        banner.notify("error", f"Error {number}.")
    assert banner.alerts[0] == "Error 99."
    assert len(banner.alerts) == 20


def test_a_button_reports_the_topic_of_its_own_message(banner, qtbot):
    banner.notify("error", "No network.", button="Choose another source", topic="source")
    banner.notify("done", "Exported.", button="Show", topic="export")
    with qtbot.waitSignal(banner.acted) as emitted:
        banner.button.click()
    assert emitted.args == ["export"]
    banner.dismiss()
    with qtbot.waitSignal(banner.acted) as emitted:
        banner.button.click()
    assert emitted.args == ["source"]


def test_alerts_are_hidden_while_silent_and_come_back(banner):
    banner.notify("error", "A private path.")
    banner.notify("info", "Look!")
    banner.set_silent(True)
    assert not banner.isVisible()
    assert banner.message == ""
    banner.set_silent(False)
    assert visible_texts(banner) == ["A private path."]


def test_the_banner_is_as_wide_as_its_host_allows(banner):
    banner.notify("error", "Something long enough to need several lines. " * 6)
    banner._host.resize(300, 500)
    assert banner.width() == 300 - 2 * 16
    banner._host.resize(1200, 500)
    assert banner.width() == 620


def test_a_longer_text_of_the_same_topic_gets_its_height_at_once(banner):
    banner.notify("warning", "Lost.", "Plug it in.", "Stop", "camera")
    one_line = banner.height()
    banner.notify("warning", "Lost again. " * 12, "Plug it in.", "Stop", "camera")
    many_lines = banner.height()
    assert many_lines > one_line
    banner.revise("camera", "Lost.")
    assert banner.height() == one_line
    banner.revise("camera", "Lost again. " * 12)
    assert banner.height() == many_lines


def test_a_message_that_was_closed_is_not_revised(banner):
    banner.notify("warning", "Again in 2 s.", topic="camera")
    banner.notify("warning", "The disk is full.", topic="disk")
    banner.revise("camera", "Again in 1 s.")
    assert banner.alerts == ["The disk is full.", "Again in 1 s."]
    banner.dismiss_topic("camera")
    banner.revise("camera", "Again now.")
    assert banner.alerts == ["The disk is full."]


def test_a_long_file_name_does_not_cut_the_buttons(banner):
    banner.notify("info", "Waits behind.")
    banner.notify(
        "done",
        f"Saved {50 * 'w'}.mkv.",
        button="Show",
        more=[("Open here", "open"), ("Export with heat", "export")],
    )
    QCoreApplication.processEvents()
    shown = [each for each in banner.buttons if each.text()]
    assert len(shown) == 3
    for each in shown:
        assert each.width() >= each.sizeHint().width(), each.text()


def test_buttons_that_do_not_fit_on_a_line_are_on_the_next_one(banner):
    more = [(f"A translated, longer label {n}", f"{n}") for n in range(3)]
    banner.notify("done", "Saved film.mkv.", button="Show in the file manager", more=more)
    QCoreApplication.processEvents()
    for each in banner.buttons:
        assert each.width() >= each.sizeHint().width(), each.text()
        place = each.mapTo(banner, each.rect().bottomRight())
        assert banner.rect().contains(place), each.text()


def test_the_number_of_messages_does_not_break_a_short_text(banner):
    """A text of five words stood in two lines, in the middle of an empty row."""
    banner._host.resize(1200, 500)
    banner.notify("done", "train-1129-2014 is in use now.")
    height = banner.height()
    banner.notify("done", "train-1129-2015 is in use now.")
    assert visible_texts(banner)[1] == "1 of 2"
    assert banner.height() == height


def test_icon_and_number_stand_beside_a_title_without_a_hint(banner):
    banner.notify("done", "Saved.")
    banner.notify("done", "Exported.")
    shown = banner._notice_row
    middle = shown._title.mapTo(shown, shown._title.rect().center()).y()
    for widget in (shown._mark, shown._count, shown._cross):
        assert abs(widget.mapTo(shown, widget.rect().center()).y() - middle) <= 2


def test_a_saved_file_and_its_folder_are_opened(banner, monkeypatch, tmp_path):
    opened = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(url.toLocalFile()))
    path = tmp_path / "report.html"
    banner.notify_saved("Saved report.html.", path)
    assert banner.hint == str(tmp_path)
    buttons = [button for button in banner.buttons if button.text()]
    assert [button.text() for button in buttons] == ["Open", "Show"]
    for button in buttons:
        button.click()
    assert opened == [str(path), str(tmp_path)]
