"""Messages over the picture."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from app.ui.controls import IconButton
from app.ui.i18n import tr
from app.ui.icons import icon, pixmap

if TYPE_CHECKING:
    from app.ui.theme import ThemeColors

_WIDEST = 620
_NARROW = 480  # a narrower message has its button below
_MARGIN = 16


_PASSING = ("info", "done")
_PASSING_MS = 5000


class Banner(QFrame):
    """One message at the top of the widget it stands over; it never takes the focus.

    Errors and warnings stay until they are closed or outdated; "info" and "done" go by
    themselves, and wait until an error that is just being read had its time.

    Signals:
        acted: The user pressed the message's button; the topic of the message.
        closed: The user closed the message.
    """

    acted = Signal(str)
    closed = Signal()

    def __init__(self, host: QWidget, tokens: ThemeColors) -> None:
        super().__init__(host)
        self.setObjectName("banner")
        self._tokens = tokens
        self.level = ""
        self.topic = ""
        self._silent = False
        self._said = False  # a message waits, or is there
        self._mark = QLabel()
        self._title = QLabel()
        self._title.setObjectName("bannerTitle")
        self._hint = QLabel()
        self._hint.setObjectName("bannerHint")
        for label in (self._title, self._hint):
            label.setWordWrap(True)
            # Messages name files and addresses, which may look like markup.
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.button = QPushButton()
        self.button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.button.clicked.connect(lambda: self.acted.emit(self.topic))
        self.cross = IconButton(16)
        self.cross.setAccessibleName(tr("Close the message"))
        self.cross.setToolTip(tr("Close the message (Esc)"))
        self.cross.clicked.connect(self.dismiss)
        words = QVBoxLayout()
        words.setSpacing(3)
        words.addWidget(self._title)
        words.addWidget(self._hint)
        self._inner = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._inner.setSpacing(10)
        self._inner.addLayout(words, 1)
        self._inner.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(14, 10, 8, 10)
        layout.setSpacing(12)
        layout.addWidget(self._mark, 0, Qt.AlignmentFlag.AlignTop)
        layout.addLayout(self._inner, 1)
        layout.addWidget(self.cross, 0, Qt.AlignmentFlag.AlignTop)
        self._waiting: tuple[str, str, str, str, str] | None = None
        self._reading = QTimer(self)
        self._reading.setSingleShot(True)
        self._reading.timeout.connect(self._say_what_waits)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.hide)
        self._host = host
        host.installEventFilter(self)
        self.hide()

    @property
    def message(self) -> str:
        """What is said now; empty where nothing is."""
        return self._title.text() if self.isVisibleTo(self._host) else ""

    @property
    def hint(self) -> str:
        """The next step that is named."""
        return self._hint.text()

    def say(
        self, level: str, message: str, hint: str = "", button: str = "", topic: str = ""
    ) -> None:
        """Shows a message in place of the one before.

        Args:
            level: "error", "warning", "info" or "done".
            message: What happened, in a sentence.
            hint: The next step; may be empty.
            button: Text of a button that takes this step; may be empty.
            topic: What it is about, for `retract`; may be empty.
        """
        if level in _PASSING and self._reading.isActive() and self.isVisibleTo(self._host):
            self._waiting = (level, message, hint, button, topic)
            return
        self._waiting = None
        self._reading.stop()
        self.level = level
        self.topic = topic
        self.setProperty("level", level)
        self.style().unpolish(self)
        self.style().polish(self)
        self._title.setText(message)
        self._hint.setText(hint)
        self._hint.setVisible(bool(hint))
        self.button.setText(button)
        self.button.setVisible(bool(button))
        self.setAccessibleName(message)
        self.setAccessibleDescription(hint)
        self._paint_marks()
        self._timer.stop()
        self._said = True
        if not self._silent:
            self._appear()

    def set_silent(self, silent: bool) -> None:
        """Keeps messages back, for a picture that others see; the last one comes afterwards."""
        self._silent = silent
        if silent:
            self._said = self.isVisibleTo(self._host) and self.level in ("error", "warning")
            self.hide()
        elif self._said:
            self._appear()

    def _appear(self) -> None:
        self._said = False
        if self.level in _PASSING:
            self._timer.start(_PASSING_MS)
        elif self.level == "error":
            self._reading.start(_PASSING_MS)
        self.show()
        self.raise_()
        self._place()

    def dismiss(self) -> None:
        """Takes the message away."""
        self._said = False
        if self.isVisibleTo(self._host):
            self._timer.stop()
            self._reading.stop()
            self.hide()
            self.closed.emit()
            self._say_what_waits()

    def _say_what_waits(self) -> None:
        self._reading.stop()
        waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self.say(*waiting)

    def retract(self, topic: str) -> None:
        """Takes the message away if it is about `topic`."""
        if self._waiting is not None and self._waiting[-1] == topic:
            self._waiting = None
        if self.topic == topic:
            self.dismiss()

    def set_tokens(self, tokens: ThemeColors) -> None:
        """Uses the colours of a theme."""
        self._tokens = tokens
        self._paint_marks()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keeps its place when the host changes its size."""
        if event.type() == QEvent.Type.Resize:
            self._place()
        return super().eventFilter(watched, event)

    def _paint_marks(self) -> None:
        tokens = self._tokens
        self.cross.setIcon(icon("close", tokens.quiet, tokens.faint))
        if self.level:
            colour = getattr(tokens, self.level, tokens.quiet)
            self._mark.setPixmap(pixmap(self.level, colour, 20, self.devicePixelRatioF()))

    def _place(self) -> None:
        host = self._host
        room = host.width() - 2 * _MARGIN
        width = min(_WIDEST, room)
        if self.level in ("info", "done"):
            longest = max(
                label.fontMetrics().horizontalAdvance(label.text())
                for label in (self._title, self._hint)
            )
            # A bold title is wider than its label's metrics say before the style is applied.
            width = min(width, round(longest * 1.1) + 120)
        sideways, downwards = QBoxLayout.Direction.LeftToRight, QBoxLayout.Direction.TopToBottom
        self._inner.setDirection(sideways if width >= _NARROW else downwards)
        layout = self.layout()
        assert layout is not None
        layout.activate()
        height = layout.heightForWidth(width) if layout.hasHeightForWidth() else -1
        self.setGeometry(
            (host.width() - width) // 2,
            _MARGIN,
            width,
            max(height, self.minimumSizeHint().height()),
        )
