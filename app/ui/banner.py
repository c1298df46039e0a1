"""Messages over the top of the picture in the window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import zip_longest
from pathlib import Path
from typing import Literal

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import QDesktopServices, QPainter, QPaintEvent
from PySide6.QtWidgets import QBoxLayout, QFrame, QPushButton, QWidget

from app.ui.build import button, column, label, row
from app.ui.controls import IconButton
from app.ui.flow_layout import FlowLayout
from app.ui.i18n import tr
from app.ui.icons import icon
from app.ui.theme import set_level

Level = Literal["error", "warning", "info", "done"]

_MAX_WIDTH = 620  # pixels
_MIN_TEXT_WIDTH = 300  # pixels; below it, the buttons are below the text
_MARGIN = 16  # pixels
_NOTICE_MS = 5000
_CHOICE_MS = 15_000  # for a notice with buttons
_MIN_READ_MS = 2000  # a covered notice with less time left counts as read
_MAX_BUTTONS = 4
_MAX_KEPT = 20  # alerts, and as many notices; the oldest of the least serious is dropped
_OPEN = "open "  # before the path, the topic of a button that opens a file or folder
_SERIOUSNESS = {"error": 2, "warning": 1, "info": 0, "done": 0}


@dataclass(frozen=True, slots=True)
class _Message:
    level: Level
    text: str
    hint: str
    buttons: tuple[tuple[str, str], ...]
    topic: str
    left_ms: int = field(default=0, compare=False)  # remaining time of a notice

    @property
    def is_alert(self) -> bool:
        return self.level in ("error", "warning")


class Banner(QWidget):
    """Shows messages over its host widget; never takes the keyboard focus.

    There are two rows, each with a queue. The first row shows one alert: the newest error, or the
    newest warning if there is no error. Alerts stay until the user or `dismiss_topic` closes them.
    The second row shows the newest notice ("info" or "done") for 5 seconds, or for 15 if it has
    buttons. A notice that a newer one covers too early is shown again for its remaining time. The
    text "1 of 3" shows the length of the queue. So neither a notice nor a warning hides an error.

    Signals:
        acted: The user pressed a button. Carries the topic of the message, or the topic that
            `notify` was given for a further button.
    """

    acted = Signal(str)

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._host = host
        self._messages: list[_Message] = []  # the newest message last
        self._silent = False
        self._alert_row = _MessageRow(self)
        self._notice_row = _MessageRow(self)
        for message_row in (self._alert_row, self._notice_row):
            message_row.acted.connect(self.acted)
            message_row.closed.connect(self._remove)
        column(self._alert_row, self._notice_row, spacing=6, parent=self)
        self._notice_timer = QTimer(self, singleShot=True)
        self._notice_timer.timeout.connect(self._remove_notice)
        self.acted.connect(self._on_acted)
        host.installEventFilter(self)
        self.hide()

    @property
    def message(self) -> str:
        """Text of the newest visible message; empty if there is none."""
        newest = self._newest
        return newest.text if newest else ""

    @property
    def hint(self) -> str:
        """Hint of the newest visible message; empty if there is none."""
        newest = self._newest
        return newest.hint if newest else ""

    @property
    def level(self) -> str:
        """Level of the newest visible message; empty if there is none."""
        newest = self._newest
        return newest.level if newest else ""

    @property
    def button(self) -> QPushButton:
        """First button of the newest visible message."""
        return self.buttons[0]

    @property
    def buttons(self) -> list[QPushButton]:
        """Buttons of the newest visible message; those without a text are hidden."""
        newest = self._newest
        notice = newest is not None and not newest.is_alert
        return (self._notice_row if notice else self._alert_row).buttons

    @property
    def alerts(self) -> list[str]:
        """Texts of all errors and warnings in the order in which they are shown."""
        return [message.text for message in self._queue(alerts=True)]

    def notify(
        self,
        level: Level,
        message: str,
        hint: str = "",
        button: str = "",
        topic: str = "",
        more: Sequence[tuple[str, str]] = (),
    ) -> None:
        """Shows a message, or queues it behind a more serious one.

        Replaces an equal message, and messages with the same non-empty topic.

        Args:
            level: "error" and "warning" stay; "info" and "done" disappear after some seconds.
            message: What happened, in one sentence.
            hint: The next step; may be empty.
            button: Label of a button for this step; may be empty.
            topic: Subject, for `acted` and `dismiss_topic`; may be empty.
            more: Label and topic of up to three further buttons.
        """
        buttons = (*([(button, topic)] if button else []), *more)
        new = _Message(level, message, hint, buttons, topic, _CHOICE_MS if buttons else _NOTICE_MS)
        kept = [old for old in self._messages if old != new and not (topic and old.topic == topic)]
        if not new.is_alert:
            kept = self._unread(kept)
        if len(queue := [old for old in kept if old.is_alert == new.is_alert]) >= _MAX_KEPT:
            kept.remove(min(queue, key=lambda old: _SERIOUSNESS[old.level]))
        self._messages = [*kept, new]
        self._refresh()

    def notify_saved(self, message: str, path: Path) -> None:
        """Says that a file was saved, with buttons that open it and its folder."""
        opening = [(tr("Open"), f"{_OPEN}{path}"), (tr("Show"), f"{_OPEN}{path.parent}")]
        self.notify("done", message, str(path.parent), more=opening)

    def _unread(self, messages: list[_Message]) -> list[_Message]:
        """Stops the shown notice: drops it if it was read, else stores its remaining time."""
        shown = self._notice_row.message
        left = max(0, self._notice_timer.remainingTime())
        self._notice_timer.stop()
        messages = [replace(old, left_ms=left) if old == shown else old for old in messages]
        return [old for old in messages if old.is_alert or old.left_ms >= _MIN_READ_MS]

    def revise(self, topic: str, message: str) -> None:
        """Changes the text of the message with a topic; does nothing if it was closed."""
        self._messages = [
            replace(old, text=message) if topic and old.topic == topic else old
            for old in self._messages
        ]
        self._refresh()

    def dismiss(self) -> None:
        """Closes the newest visible message."""
        if (newest := self._newest) is not None:
            self._remove(newest)

    def dismiss_topic(self, topic: str) -> None:
        """Closes all messages with a topic."""
        self._messages = [message for message in self._messages if message.topic != topic]
        self._refresh()

    def set_silent(self, silent: bool) -> None:
        """Hides all messages during a presentation; alerts are shown again afterwards."""
        self._silent = silent
        if silent:
            self._messages = [message for message in self._messages if message.is_alert]
        self._refresh()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Follows the size of the host."""
        if event.type() == QEvent.Type.Resize:
            self._fit()
        return super().eventFilter(watched, event)

    @property
    def _newest(self) -> _Message | None:
        """The newer message of the two rows."""
        if not self.isVisibleTo(self._host):
            return None
        shown = (self._alert_row.message, self._notice_row.message)
        return next((message for message in reversed(self._messages) if message in shown), None)

    def _queue(self, *, alerts: bool) -> list[_Message]:
        """Alerts or notices: the most serious first, then the newest first."""
        queue = [message for message in reversed(self._messages) if message.is_alert == alerts]
        return sorted(queue, key=lambda message: -_SERIOUSNESS[message.level])

    def _on_acted(self, topic: str) -> None:
        if topic.startswith(_OPEN):
            QDesktopServices.openUrl(QUrl.fromLocalFile(topic.removeprefix(_OPEN)))

    def _remove(self, message: _Message) -> None:
        self._messages = [other for other in self._messages if other != message]
        if not message.is_alert:
            self._notice_timer.stop()
        self._refresh()

    def _remove_notice(self) -> None:
        if (shown := self._notice_row.message) is not None:
            self._remove(shown)

    def _refresh(self) -> None:
        for message_row, alerts in ((self._alert_row, True), (self._notice_row, False)):
            queue = self._queue(alerts=alerts)
            message_row.show_message(queue[0] if queue else None, len(queue))
        visible = bool(self._messages) and not self._silent
        notice = self._notice_row.message
        if not visible or notice is None:
            self._notice_timer.stop()
        elif not self._notice_timer.isActive():
            self._notice_timer.start(notice.left_ms)
        self.setVisible(visible)
        if visible:
            self.raise_()
            self._fit()

    def _fit(self) -> None:
        if not self._messages:
            return
        available = min(_MAX_WIDTH, self._host.width() - 2 * _MARGIN)
        both = (self._alert_row, self._notice_row)
        rows = [message_row for message_row in both if message_row.message is not None]
        width = max(message_row.width_within(available) for message_row in rows)
        for message_row in rows:
            message_row.set_wrapped(width)
        layout = self.layout()
        assert layout is not None
        # The rows first: the layout of the banner needs their new heights.
        for inner in (*(message_row.layout() for message_row in rows), layout):
            assert inner is not None
            inner.activate()
        height = layout.heightForWidth(width) if layout.hasHeightForWidth() else -1
        height = max(height, self.minimumSizeHint().height())
        self.setGeometry((self._host.width() - width) // 2, _MARGIN, width, height)


class _MessageRow(QFrame):
    """One visible message with its icon, its buttons and a close button."""

    acted = Signal(str)
    closed = Signal(object)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("banner")
        self.message: _Message | None = None
        self._mark = _LevelMark()
        self._title = label("", "bannerTitle", wrap=True, selectable=True)
        self._hint = label("", "bannerHint", wrap=True, selectable=True)
        self._count = label("", "quiet")
        self.buttons = [button("", "", partial(self._on_button, n)) for n in range(_MAX_BUTTONS)]
        for choice in self.buttons:
            choice.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._cross = IconButton(16)
        self._cross.setIcon(icon("close", "quiet"))
        self._cross.setAccessibleName(tr("Close the message"))
        self._cross.setToolTip(tr("Close the message (Esc)"))
        self._cross.clicked.connect(lambda: self.closed.emit(self.message))
        text = column(self._title, self._hint, spacing=3)
        self._inner = row((text, 1), FlowLayout(*self.buttons, spacing=6), spacing=10)
        layout = row(
            self._mark,
            (self._inner, 1),
            self._count,
            self._cross,
            spacing=12,
            margins=(14, 10, 8, 10),
            parent=self,
        )
        self._row = layout
        self.hide()

    def show_message(self, message: _Message | None, count: int = 1) -> None:
        """Shows the first of `count` messages, or nothing."""
        self.message = message
        self.setVisible(message is not None)
        if message is None:
            return
        set_level(self, message.level)
        self._mark.set_level(message.level)
        self._title.setText(message.text)
        self._hint.setText(message.hint)
        self._hint.setVisible(bool(message.hint))
        # Beside the title, which is in the middle of the row where it is alone.
        side = Qt.AlignmentFlag.AlignTop if message.hint else Qt.AlignmentFlag.AlignVCenter
        for widget in (self._mark, self._count, self._cross):
            self._row.setAlignment(widget, side)
        self._count.setText(tr("1 of {count}").format(count=count))
        self._count.setToolTip(tr("Close this message to see the next one"))
        self._count.setVisible(count > 1)
        texts = [text for text, _ in message.buttons]
        for choice, text in zip_longest(self.buttons, texts, fillvalue=""):
            assert isinstance(choice, QPushButton)
            choice.setText(text)
            choice.setVisible(bool(text))
        self.setAccessibleName(message.text)
        self.setAccessibleDescription(message.hint)

    def width_within(self, available: int) -> int:
        """Returns the width, pixels: of the text for a notice, `available` for an alert."""
        if self.message is None or self.message.is_alert:
            return available
        longest = max(
            part.fontMetrics().horizontalAdvance(part.text()) for part in (self._title, self._hint)
        )
        # The title is bold, which the metrics of the label do not include before it is styled.
        return min(available, round(longest * 1.1) + 120 + self._buttons_width + self._count_width)

    @property
    def _buttons_width(self) -> int:
        return sum(choice.sizeHint().width() + 6 for choice in self.buttons if choice.text())

    @property
    def _count_width(self) -> int:
        return self._count.sizeHint().width() + 12 if self._count.isVisibleTo(self) else 0

    def set_wrapped(self, width: int) -> None:
        """Places the buttons below the text if a row of `width` pixels is too narrow."""
        # A long word, such as a file name, is not broken and needs its whole width.
        words = self._title.text().split()
        longest = max(map(self._title.fontMetrics().horizontalAdvance, words), default=0)
        needed = max(_MIN_TEXT_WIDTH, round(longest * 1.1) + 120)
        narrow = width - self._buttons_width - self._count_width < needed
        wrapped = narrow and self.message is not None and bool(self.message.buttons)
        down, right = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        self._inner.setDirection(down if wrapped else right)

    def _on_button(self, number: int) -> None:
        if self.message is not None:
            self.acted.emit(self.message.buttons[number][1])


class _LevelMark(QWidget):
    """The icon of a level, in its color."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(20, 20)
        self._icon = icon("info", "quiet")

    def set_level(self, level: Level) -> None:
        self._icon = icon(level, "quiet" if level == "info" else level)
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self._icon.paint(painter, self.rect())
        painter.end()
