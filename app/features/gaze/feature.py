"""Gaze of people: loads tables, draws the gaze over the picture, compares the map with it."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.features.gaze.gaze_card import GazeCard
from app.features.gaze.gaze_layer import GazeLayer
from app.features.gaze.loaded_gaze import LoadedGaze
from app.features.gaze.looks import TRAIL_SECONDS, all_looks, looks_at
from app.features.gaze.measurement import GazeMeasurement
from app.features.gaze.settings import GazeSettings
from app.session.models import short_name
from app.shell.actions import FRAME, Menu, MenuActions
from app.shell.context import Fact
from app.shell.feature import Feature
from app.shell.project import GazePart
from app.shell.project_files import ProjectFile
from app.ui.file_dialogs import ask_gaze, ask_save_scores
from app.ui.i18n import tr
from app.ui.number_text import number_text
from uvanet.atomic_io import write_output
from uvanet.data.delimited_text import open_text
from uvanet.data.gaze_reader import UnknownColumnsError, load_gaze
from uvanet.sources import SourceKind, make_source

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.pipeline.packets import SaliencyPacket
    from app.shell.context import FeatureContext
    from app.shell.project import Project
    from uvanet.data.delimited_text import DelimitedText
    from uvanet.data.gaze_mapping import GazeMapping
    from uvanet.data.gaze_table import GazeTable
    from uvanet.evaluation.gaze_scores import GazeScores
    from uvanet.sources import SourceInfo

action = MenuActions(Menu.ANALYSE)

_CARD_RANK = 40
_PREVIEW_ROWS = 200
_SCORES = "gaze scores"  # topic of the message
_SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz")


class GazeOfPeople(Feature):
    """The recorded gaze of people on the current source.

    Attributes:
        card: Table, offset and scores in the side panel.
        layer: The gaze on the picture.
        measurement: Compares the map with the gaze.
        loaded: The loaded table with its offset and scores.
    """

    def __init__(self, context: FeatureContext) -> None:
        super().__init__(context)
        self._settings = context.settings.section(GazeSettings)
        actions, session = context.actions, context.session
        self.card = GazeCard(*(actions[n] for n in ("load_gaze", "compare_gaze", "save_scores")))
        self.layer = GazeLayer()
        self.measurement = GazeMeasurement(session, context.jobs, self)
        self.loaded = LoadedGaze()
        self._request = 0  # number of the newest request to load
        context.slots.canvas.add_layer(self.layer)
        context.slots.add_card("gaze", self.card, _CARD_RANK)
        self.card.shown_changed.connect(self._set_shown)
        self.card.offset_changed.connect(self._set_offset)
        self.card.removed.connect(self._remove)
        self.card.chart_needed.connect(self.card.build_chart)
        self.measurement.progress.connect(self._on_progress)
        self.measurement.measured.connect(self._on_measured)
        self.measurement.failed.connect(context.show_error)
        context.presenter.presented.connect(self._on_presented)
        session.switched.connect(lambda: self._show(LoadedGaze()))
        session.turned.connect(self._show_gaze)
        session.student.changed.connect(self._on_model)
        session.student.choice_made.connect(self._on_model)
        context.slots.closing.connect(self._on_closing)
        self._set_shown(self._settings.shown)

    @property
    def table(self) -> GazeTable | None:
        """The loaded table; None without one."""
        return self.loaded.table

    @property
    def scores(self) -> GazeScores | None:
        """The scores of the last comparison; None without one."""
        return self.loaded.scores

    def open_drop(self, path: str) -> bool:
        """Loads a dropped table, if a source is open."""
        if not path.lower().endswith(_SUFFIXES):
            return False
        if self.context.session.info is None:
            self.context.messages.notify("info", tr("Gaze needs a source; open one first."))
        else:
            self.load([path])
        return True

    def save_to_project(self, project: Project) -> None:
        """Writes the tables, the meaning of their columns, and the offset."""
        if self.table is not None:
            project.gaze = GazePart(
                tables=[ProjectFile(path=str(path.absolute())) for path in self.loaded.files],
                mapping=self.loaded.mapping,
                offset=self.loaded.offset,
            )

    def open_project(self, project: Project) -> None:
        """Loads the tables of a project."""
        if project.gaze is not None:
            self.load([table.path for table in project.gaze.tables], project.gaze.mapping)
            self.card.offset.setValue(project.gaze.offset)

    def facts(self) -> list[Fact]:
        """The mean scores of the comparison."""
        if self.scores is None:
            return []
        titles = {"nss": tr("NSS"), "cc": tr("CC"), "auc_judd": tr("AUC-Judd")}
        means = self.scores.means()
        return [Fact(title, number_text(means[name].mean, ".4f")) for name, title in titles.items()]

    # -- actions

    @action(
        "Load gaze of people…",
        "Ctrl+G",
        needs=FRAME,
        group=4,
        words="eye tracker eyetracker Tobii Pupil fixations import",
    )
    def load_gaze(self) -> None:
        """Loads fixations or gaze samples of an eye tracker."""
        folder = self.context.folder
        ask_gaze(self.context.slots.window, folder, self.load)

    @action(
        "Show gaze of people",
        "Shift+G",
        group=4,
        checkable=True,
        words="eye tracker eyetracker Tobii Pupil fixations",
    )
    def show_gaze(self, on: bool) -> None:
        """Shows or hides the gaze of people on the picture."""
        self._set_shown(on)

    @action(
        "Compare with gaze of people",
        "Ctrl+Shift+G",
        needs=FRAME,
        group=4,
        words="eye tracker NSS score accuracy",
    )
    def compare_gaze(self) -> None:
        """Starts to measure how well the map predicts the gaze of people, or stops."""
        if self.measurement.running:
            self.measurement.stop()
        elif self.table is None:
            self.context.messages.notify(
                "info", tr("No gaze is loaded."), tr("Load a table of your eye tracker first.")
            )
        else:
            self.measurement.start(self.table, self.loaded.offset)

    @action("Save scores as CSV…", "Alt+G", needs=FRAME, group=4, words="table spreadsheet Excel")
    def save_scores(self) -> None:
        """Saves the scores over time as a table."""
        scores = self.scores
        if scores is None:
            self.context.messages.notify(
                "info", tr("There are no scores yet."), tr("Compare with gaze first.")
            )
            return
        folder = self.context.folder
        name = f"{Path(scores.source).stem}-gaze.csv"

        def save(chosen: str) -> None:
            path = Path(chosen)
            self.context.save(lambda: write_output(path, scores.csv()), path)

        ask_save_scores(self.context.slots.window, folder, name, save)

    # -- loading

    def load(self, paths: Sequence[str], mapping: GazeMapping | None = None) -> None:
        """Loads tables in the background; asks for the columns if they are not recognized.

        Args:
            paths: The files, whose tables are joined.
            mapping: Meaning of the columns; None to recognize them, or to use the last choice.
        """
        info = self.context.session.info
        if info is None:
            return
        self._request += 1
        request, files = self._request, [Path(path) for path in paths]

        def work() -> tuple[GazeTable, list[str], GazeMapping | None]:
            known = mapping or self._settings.mapping(open_text(files[0]).header)
            return load_gaze(files, known), _picture_names(info), known

        def done(result: tuple[GazeTable, list[str], GazeMapping | None]) -> None:
            if request == self._request:
                table, pictures, known = result
                self._use(table, pictures, files, known)

        def failed(error: Exception) -> None:
            if request != self._request:
                return
            if isinstance(error, UnknownColumnsError):
                self._ask(error.text, paths)
            else:
                self.context.show_error(error)

        self.context.jobs.run(work, done, failed, name="gaze")

    def _ask(self, text: DelimitedText, paths: Sequence[str]) -> None:
        request = self._request

        def head() -> list[list[str]]:
            return list(itertools.islice(text.rows(), _PREVIEW_ROWS))

        def show(rows: list[list[str]]) -> None:
            packet = self.context.presenter.packet
            if request != self._request or packet is None:
                return
            from app.features.gaze.mapping_dialog import MappingDialog

            height, width = packet.frame.picture.shape[:2]
            dialog = MappingDialog(text, rows, (width, height), self.context.slots.window)

            def use(mapping: GazeMapping) -> None:
                self._settings.remember(text.header, mapping)
                self.load(paths, mapping)

            dialog.chosen.connect(use)
            dialog.finished.connect(dialog.deleteLater)
            dialog.open()

        self.context.run(head, show, name="gaze")

    def _use(
        self,
        table: GazeTable,
        pictures: list[str],
        files: Sequence[Path],
        mapping: GazeMapping | None,
    ) -> None:
        info = self.context.session.info
        if info is None:
            return
        named = len(table.stimuli) > 1 and any(len(table.of(picture)) for picture in pictures)
        own = table if named else table.of(info.title)
        if not len(own):
            names = ", ".join(stimulus for stimulus in table.stimuli[:5] if stimulus)
            self.context.messages.notify(
                "warning",
                tr("{table} has no gaze on {source}.").format(
                    table=files[0].name, source=info.title
                ),
                tr("It names {names}.").format(names=names),
            )
            return
        outside = 0 if named else own.outside(self._upright_size())
        name = files[0].name
        if len(files) > 1:
            name = tr("{name} and {count} more").format(name=name, count=len(files) - 1)
        offset = self.loaded.offset
        self._change(
            tr("load gaze"),
            LoadedGaze(own, name, outside, files, mapping, pictures if named else (), offset),
        )
        self.context.slots.set_panel_enabled(True)
        self.context.slots.reveal(self.card)

    def _remove(self) -> None:
        self._change(tr("remove gaze"), LoadedGaze(), toast=tr("The gaze of people was removed."))

    def _change(self, text: str, loaded: LoadedGaze, toast: str = "") -> None:
        """Shows another table, or none, and records that for undo."""
        before = self.loaded
        self._show(loaded)
        self.context.undo.record(text, self._show, before, loaded, of_source=True, toast=toast)

    def _show(self, loaded: LoadedGaze) -> None:
        self._request += 1
        self.measurement.stop()
        model = short_name(self.context.session.student.offline_name)
        if loaded.scores is not None and loaded.scores.model != model:
            loaded = loaded._replace(scores=None)
        self.loaded = loaded
        self.card.show_table(loaded.table, loaded.name, loaded.outside)
        self.card.offset.setValue(loaded.offset)
        self.card.show_scores(loaded.scores)
        self._show_gaze()

    # -- showing

    def _on_presented(self, packet: SaliencyPacket) -> None:
        self._show_gaze()
        self.card.set_position(packet.frame.pts)

    def _set_shown(self, on: bool) -> None:
        self._settings.shown = on
        self.context.actions.set_checked("show_gaze", on)
        self.card.shown.setChecked(on)
        self._show_gaze()

    def _set_offset(self, seconds: float) -> None:
        if seconds != self.loaded.offset:
            self.loaded = self.loaded._replace(offset=seconds)
            self.measurement.stop()
            self._forget_scores()
            self._show_gaze()

    def _show_gaze(self) -> None:
        packet, info = self.context.presenter.packet, self.context.session.info
        if self.table is None or packet is None or info is None or not self._settings.shown:
            self.layer.show_looks(())
            return
        table, pictures = self.table, self.loaded.pictures
        if pictures:
            table = table.of(pictures[min(packet.frame.index, len(pictures) - 1)])
        still = bool(pictures) or info.kind is SourceKind.PICTURE
        size, seconds = self._upright_size(), packet.frame.pts - self.loaded.offset
        rows = np.arange(len(table))
        if not still:
            rows = table.places(seconds - TRAIL_SECONDS, seconds)
        orientation = self.context.session.orientations.of(info.spec)
        points = orientation.apply_to_points(table.on(size)[rows] / size)
        if still:
            self.layer.show_looks(all_looks(table, points))
        else:
            self.layer.show_looks(looks_at(table, rows, points, seconds))

    def _upright_size(self) -> tuple[int, int]:
        """Width and height of the picture without mirroring and rotation, pixels."""
        packet, info = self.context.presenter.packet, self.context.session.info
        if packet is None or info is None:
            return 1, 1
        height, width = packet.frame.picture.shape[:2]
        sideways = self.context.session.orientations.of(info.spec).sideways
        return (height, width) if sideways else (width, height)

    # -- comparison

    def _on_progress(self, share: float | None) -> None:
        self.card.show_progress(share)
        # The load of the comparison must not make the automatic choice replace the model.
        self.context.session.automatic.hold("gaze", share is not None)

    def _on_measured(self, scores: GazeScores) -> None:
        self.loaded = self.loaded._replace(scores=scores)
        self.card.show_scores(scores)
        self.context.slots.reveal(self.card)
        # In a window without room for the side panel, only the message shows them.
        means = "  \N{MIDDLE DOT}  ".join(f"{fact.name} {fact.value}" for fact in self.facts())
        text = tr("The prediction was compared with the gaze of people.")
        self.context.messages.notify("done", text, means, topic=_SCORES)

    def _on_model(self) -> None:
        name = short_name(self.context.session.student.offline_name)
        if self.scores is not None and self.scores.model != name:
            self._forget_scores()

    def _forget_scores(self) -> None:
        self.loaded = self.loaded._replace(scores=None)
        self.context.messages.dismiss_topic(_SCORES)
        self.card.show_scores(None)

    def _on_closing(self) -> None:
        self._request += 1
        self.measurement.stop()
        self.card.chart.clear_plot()


def _picture_names(info: SourceInfo) -> list[str]:
    """Returns the file names of a folder of pictures, by frame; empty for other sources."""
    if info.kind is not SourceKind.FOLDER:
        return []
    return [path.name for path in make_source(info.spec).files()]
