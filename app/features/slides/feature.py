"""Slides: shows the pictures of a folder one at a time, or plays them as a film."""

from __future__ import annotations

from app.features.slides.settings import SlidesSettings
from app.features.slides.slide_strip import SlideStrip
from app.features.slides.thumbnails import Thumbnails
from app.pipeline.packets import SaliencyPacket
from app.shell.actions import SLIDES, SOURCE, Menu, MenuActions
from app.shell.context import FeatureContext
from app.shell.feature import Feature
from app.ui.i18n import tr
from uvanet.sources.base import SourceInfo, SourceKind

action = MenuActions(Menu.PLAYBACK)

_RANK = 80
_PAGE = 10  # pictures
_LIMITS = "limits"
_DESIGNS = (SourceKind.PICTURE, SourceKind.SCREEN)


class Slides(Feature):
    """The pictures of a folder in a strip, and the actions that choose one.

    Attributes:
        strip: The strip below the picture, shown while a folder is open.
        thumbnails: The thumbnails in the strip.
    """

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._settings = context.settings.section(SlidesSettings)
        self.thumbnails = Thumbnails(context.jobs, self)
        self.strip = SlideStrip(context.actions, self.thumbnails, self._settings.film_rate)
        context.slots.add_strip(self.strip, _RANK)
        self._shown = -1  # index of the picture on the canvas
        self._requested: int | None = None  # index of a picture that is not shown yet
        # Spec and index of the picture to show again after the folder was reopened.
        self._return_to: tuple[str, int] | None = None
        self.strip.chosen.connect(self._go)
        self.strip.film_toggled.connect(self._set_film)
        self.strip.rate_chosen.connect(self._on_rate)
        session = context.session
        session.opened.connect(self._on_opened)
        session.switched.connect(lambda: self._show_source(None))
        context.presenter.presented.connect(self._on_presented)

    # -- actions

    @action(
        "Previous picture",
        "Left",
        icon="step-back",
        needs=SLIDES,
        repeat=True,
        words="slide photo back",
    )
    def previous_picture(self) -> None:
        """Shows the previous picture."""
        self._move(-1)

    @action(
        "Next picture",
        "Right",
        "Space",
        icon="step-forward",
        needs=SLIDES,
        repeat=True,
        words="slide photo",
    )
    def next_picture(self) -> None:
        """Shows the next picture."""
        self._move(1)

    @action("Ten pictures back", "PgUp", needs=SLIDES, group=1, repeat=True)
    def page_back(self) -> None:
        """Moves ten pictures back."""
        self._move(-_PAGE)

    @action("Ten pictures forward", "PgDown", needs=SLIDES, group=1, repeat=True)
    def page_forward(self) -> None:
        """Moves ten pictures forward."""
        self._move(_PAGE)

    @action("First picture", "Home", needs=SLIDES, group=1)
    def first_picture(self) -> None:
        """Shows the first picture."""
        self._go(0)

    @action("Last picture", "End", needs=SLIDES, group=1)
    def last_picture(self) -> None:
        """Shows the last picture."""
        self._go(1 << 30)

    @action("Play folder as a film", "Shift+P", needs=SOURCE, group=3, words="slideshow sequence")
    def play_as_film(self) -> None:
        """Plays the pictures of the folder as a film, or shows them as slides again."""
        info = self.context.session.info
        if info is not None and info.pictures:
            self._set_film(info.slides)

    # -- moving

    def _move(self, by: int) -> None:
        self._go((self._shown if self._requested is None else self._requested) + by)

    def _go(self, index: int) -> None:
        info = self.context.session.info
        if info is None or not info.slides or info.fps <= 0:
            return
        index = min(max(index, 0), (info.frames or 1) - 1)
        self._requested = index
        # The middle of the slide on the time axis: its start may round to the slide before.
        self.context.session.seek((index + 0.5) / info.fps)

    def _on_presented(self, packet: SaliencyPacket) -> None:
        info = self.context.session.info
        if info is None or info.kind is not SourceKind.FOLDER:
            return
        before, requested = self._shown, self._requested
        index = self._shown = packet.frame.index
        self.strip.show_picture(info, index)
        if requested is None or index < requested:
            return
        self._requested = None
        # The source skips a file that cannot be read forwards; on the way back, go on backwards.
        if info.slides and index > requested and before >= index and requested > 0:
            self._go(requested - 1)

    # -- slides or film

    def _set_film(self, on: bool) -> None:
        self._reopen(float(self.strip.rate.value()) if on else 0.0)

    def _on_rate(self, rate: int) -> None:
        self._settings.film_rate = rate
        info = self.context.session.info
        if info is not None and info.pictures and not info.slides:
            self._reopen(float(rate))

    def _reopen(self, rate: float) -> None:
        session, info = self.context.session, self.context.session.info
        if info is not None:
            self._return_to = info.spec, self._shown
            session.film_rates[info.spec] = rate
            session.open(info.spec)

    # -- events

    def _on_opened(self, info: SourceInfo) -> None:
        is_folder = info.kind is SourceKind.FOLDER
        self._show_source(info if is_folder else None)
        spec, index = self._return_to or ("", 0)
        self._return_to = None
        if is_folder and spec == info.spec and index > 0:
            self.context.session.seek((index + 0.5) / info.fps)
        if info.kind in _DESIGNS or info.slides:
            self._show_limits()

    def _show_source(self, info: SourceInfo | None) -> None:
        self._shown, self._requested = -1, None
        self.thumbnails.open(info.pictures if info is not None else ())
        self.strip.show_source(info)

    def _show_limits(self) -> None:
        """Shows a message about the limits of the models, only once per user."""
        if not self._settings.limits_shown:
            self._settings.limits_shown = True
            self.context.messages.notify(
                "info",
                tr("Predictions for screens, posters and text are less reliable."),
                tr("The models have learned from photos and films of scenes and people."),
                topic=_LIMITS,
            )
