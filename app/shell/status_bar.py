"""Labels of the source and the model in the status bar."""

from __future__ import annotations

from app.session.models import short_name
from app.session.session import LiveSession
from app.shell.slots import WindowSlots
from app.ui.controls import ElidedLabel
from app.ui.i18n import tr

SOURCE_RANK, MODEL_RANK = 0, 100


class StatusBar:
    """Shows name, size and rate of the source, and the model.

    Args:
        session: Source and model that are shown.
        slots: Gets the labels.

    Attributes:
        source: The label of the source.
        model: The label of the model.
    """

    def __init__(self, session: LiveSession, slots: WindowSlots) -> None:
        self._session = session
        self.source = ElidedLabel()
        self.model = ElidedLabel(as_wide_as_text=True)
        for label, rank in ((self.source, SOURCE_RANK), (self.model, MODEL_RANK)):
            label.setObjectName("status")
            slots.add_status(label, rank, stretch=label is self.source)
        for signal in (session.switched, session.opened, session.turned, session.failed):
            signal.connect(self._show_source)
        session.automatic.changed.connect(self._show_model)
        for signal in (session.student.requested, session.student.failed):
            signal.connect(self._show_model)
        self._show_model()

    def _show_model(self) -> None:
        automatic = self._session.automatic
        loading = short_name(self._session.student.loading)
        text = tr("Loading {name} …").format(name=loading) if loading else automatic.title
        self.model.set_full_text(text)
        self.model.setToolTip(tr("Model: {reason}").format(reason=automatic.reason))

    def _show_source(self) -> None:
        info = self._session.info
        if info is None:
            self.source.set_full_text("")
            return
        facts = [info.title]
        if info.width and info.height:
            facts.append(f"{info.width}\N{MULTIPLICATION SIGN}{info.height}")
        if info.fps and not info.slides:
            facts.append(tr("{fps:g} fps").format(fps=round(info.fps, 2)))
        if info.note:
            facts.append(info.note)
        self.source.set_full_text("  \N{MIDDLE DOT}  ".join(facts))
