"""Messages at the top of the window's picture."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from itertools import zip_longest
from typing import TYPE_CHECKING, Literal

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QBoxLayout, QFrame, QPushButton, QWidget

from app.ui.build import button, column, label, row
from app.ui.controls import IconButton
from app.ui.flow_layout import FlowLayout
from app.ui.i18n import tr
from app.ui.icons import icon
from app.ui.theme import set_level

if TYPE_CHECKING:
    from collections.abc import Sequence

    from PySide6.QtGui import QPaintEvent

Level = Literal["error", "warning", "info", "done"]

_MAX_WIDTH = 620
_MIN_TEXT_WIDTH = 300  # with less room beside the buttons, they are below the text
_MARGIN = 16
_NOTICE_MS = 5000
_CHOICE_MS = 15_000  # of a notice with buttons
_MIN_READ_MS = 2000  # a covered notice with less time left has been read
_MAX_BUTTONS = 4
_MAX_KEPT = 20  # alerts, and likewise notices; the oldest of the least serious is dropped
_SERIOUSNESS = {"error": 2, "warning": 1, "info": 0, "done": 0}


@dataclass(frozen=True, slots=True)
class _Message:
    level: Level
    text: str
    hint: str
    buttons: tuple[tuple[str, str], ...]
    topic: str
    left_ms: int = field(default=0, compare=False)  # for which a notice is still shown

    @property
    def is_alert(self) -> bool:
        return self.level in ("error", "warning")


class Banner(QWidget):
    """Shows messages over its host widget; it never takes the keyboard focus.

    There are two rows, each with a queue. The first row shows one alert: the newest error, or the
    newest warning where there is no error. Alerts stay until the user closes them or
    `dismiss_topic` outdates them. The second row shows the newest notice ("info" or "done"), for
    five seconds, or fifteen where it has buttons; one that was covered before it could be read
    comes back for the rest of its time. "1 of 3" tells how many wait. So a notice never hides an
    error, a warning never hides an error, and no message is lost.

    Signals:
        acted: The user pressed a message's button; carries the message's topic, or what `notify`
            was given for a further button.
    """

    acted = Signal(str)

    def __init__(self, host: QWidget) -> None:
        super().__init__(host)
        self._host = host
        self._messages: list[_Message] = []  # the newest last
        self._silent = False
        self._alert_row = _MessageRow(self)
        self._notice_row = _MessageRow(self)
        for message_row in (self._alert_row, self._notice_row):
            message_row.acted.connect(self.acted)
            message_row.closed.connect(self._remove)
        column(self._alert_row, self._notice_row, spacing=6, parent=self)
        self._notice_timer = QTimer(self, singleShot=True)
        self._notice_timer.timeout.connect(self._remove_notice)
        host.installEventFilter(self)
        self.hide()

    @property
    def message(self) -> str:
        """Text of the newest visible message; empty if there is none."""
        newest = self._newest
        return newest.text if newest else ""

    @property
    def hint(self) -> str:
        """Next step named by the newest visible message."""
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

        It replaces an equal message, and those of the same non-empty topic.

        Args:
            level: "error" and "warning" stay; "info" and "done" disappear by themselves.
            message: What happened, in one sentence.
            hint: The next step; may be empty.
            button: Label of a button that takes this step; may be empty.
            topic: Subject, for `dismiss_topic`; may be empty.
            more: Labels of up to three further buttons, each with what `acted` carries for it.
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

    def _unread(self, messages: list[_Message]) -> list[_Message]:
        """The messages without a shown notice that has been read; sets the time it has left."""
        shown = self._notice_row.message
        left = max(0, self._notice_timer.remainingTime())
        self._notice_timer.stop()
        messages = [replace(old, left_ms=left) if old == shown else old for old in messages]
        return [old for old in messages if old.is_alert or old.left_ms >= _MIN_READ_MS]

    def revise(self, topic: str, message: str) -> None:
        """Changes the text of the message with this topic; nothing where the user closed it."""
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
        """Closes all messages with this topic."""
        self._messages = [message for message in self._messages if message.topic != topic]
        self._refresh()

    def set_silent(self, silent: bool) -> None:
        """Hides all messages while others see the picture; alerts are shown again afterwards."""
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
        """The newer one of the two rows' messages."""
        if not self.isVisibleTo(self._host):
            return None
        shown = (self._alert_row.message, self._notice_row.message)
        return next((message for message in reversed(self._messages) if message in shown), None)

    def _queue(self, *, alerts: bool) -> list[_Message]:
        """Alerts or notices: the most serious first, the newest of equal ones first."""
        queue = [message for message in reversed(self._messages) if message.is_alert == alerts]
        return sorted(queue, key=lambda message: -_SERIOUSNESS[message.level])

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
        rows = [each for each in (self._alert_row, self._notice_row) if each.message is not None]
        width = max(each.width_within(available) for each in rows)
        for each in rows:
            each.set_wrapped(width)
        layout = self.layout()
        assert layout is not None
        # A row first: its height for a new text is unknown to the banner until then.
        for inner in (*(each.layout() for each in rows), layout):
            assert inner is not None
            inner.activate()
        height = layout.heightForWidth(width) if layout.hasHeightForWidth() else -1
        height = max(height, self.minimumSizeHint().height())
        self.setGeometry((self._host.width() - width) // 2, _MARGIN, width, height)


class _MessageRow(QFrame):
    """One visible message with its icon, button and close button."""

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
        for each in self.buttons:
            each.setFocusPolicy(Qt.FocusPolicy.TabFocus)
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
        for widget in (self._mark, self._count, self._cross):
            layout.setAlignment(widget, Qt.AlignmentFlag.AlignTop)
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
        self._count.setText(tr("1 of {count}").format(count=count))
        self._count.setToolTip(tr("Close this message to see the next one"))
        self._count.setVisible(count > 1)
        texts = [text for text, _ in message.buttons]
        for each, text in zip_longest(self.buttons, texts, fillvalue=""):
            assert isinstance(each, QPushButton)
            each.setText(text)
            each.setVisible(bool(text))
        self.setAccessibleName(message.text)
        self.setAccessibleDescription(message.hint)

    def width_within(self, available: int) -> int:
        """Width in pixels: that of the text for a notice, all that is available for an alert."""
        if self.message is None or self.message.is_alert:
            return available
        longest = max(
            part.fontMetrics().horizontalAdvance(part.text()) for part in (self._title, self._hint)
        )
        # A bold title is wider than its label's metrics say before the style is applied.
        return min(available, round(longest * 1.1) + 120 + self._buttons_width)

    @property
    def _buttons_width(self) -> int:
        return sum(each.sizeHint().width() + 6 for each in self.buttons if each.text())

    def set_wrapped(self, width: int) -> None:
        """Places the buttons below the text where a row of `width` pixels is too narrow."""
        count = self._count.sizeHint().width() if self._count.text() else 0
        # A long word, such as a file name, is not broken: it would take the buttons' room.
        words = self._title.text().split()
        longest = max(map(self._title.fontMetrics().horizontalAdvance, words), default=0)
        needed = max(_MIN_TEXT_WIDTH, round(longest * 1.1) + 120)
        narrow = width - self._buttons_width - count < needed
        wrapped = narrow and self.message is not None and bool(self.message.buttons)
        down, right = QBoxLayout.Direction.TopToBottom, QBoxLayout.Direction.LeftToRight
        self._inner.setDirection(down if wrapped else right)

    def _on_button(self, number: int) -> None:
        if self.message is not None:
            self.acted.emit(self.message.buttons[number][1])


class _LevelMark(QWidget):
    """The icon of a level, in the level's color."""

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
