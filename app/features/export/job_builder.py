"""Builds export tasks with the style and model of the live view, and stores the last options."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec

from app.features.export.options import (
    ExportOptions,
    Pictures,
    exports_folder,
    make_folder,
    style_arguments,
)
from app.features.export.queue import ExportQueue, ExportTask
from app.features.export.settings import MIN_HEIGHT, ExportPreset, ExportSettings, Extra
from app.features.export.time_range import Span
from app.session.models import if_available
from app.session.settings import SessionSettings
from app.shell.context import FeatureContext
from app.shell.project import GazePart
from app.ui.i18n import tr
from uvanet.analysis import Region
from uvanet.analysis.regions import regions_json
from uvanet.errors import OutputError, UvanetError
from uvanet.sources.base import SourceInfo


class ExportJobBuilder:
    """Adds exports to a queue, with the style and the model of the live view.

    A problem that prevents an export is shown to the user.

    Args:
        context: The parts of the program.
        queue: The queue of exports.
    """

    def __init__(self, context: FeatureContext, queue: ExportQueue) -> None:
        self._context = context
        self._session, self._heat = context.session, context.presenter.heat
        self._models = context.settings.section(SessionSettings)
        self._settings = context.settings.section(ExportSettings)
        self._actions = context.actions
        self._queue = queue

    @property
    def folder(self) -> Path:
        """The folder of recordings: that of exports which the user chose, else the videos."""
        return exports_folder(self._settings.folder)

    @property
    def start_folder(self) -> Path:
        """Where dialogs start: the folder of exports that the user chose, else as elsewhere."""
        return self.folder if self._settings.folder else Path(self._context.folder)

    def teachers(self) -> list[str]:
        """Returns the models that can be the second model; the last teacher comes first."""
        from uvanet.registry import list_models

        names = [self._models.teacher, *self._models.model_files]
        names += [card.name for card in list_models()]
        used = ("", self._session.student.offline_name)
        return [name for name in dict.fromkeys(map(if_available, names)) if name not in used]

    def last_options(self) -> ExportOptions:
        """Returns the options of the last export, adapted to the models that are installed."""
        settings = self._settings
        teacher = next(iter(self.teachers()), "")
        options = ExportOptions(**settings.values(), teacher=teacher)
        return msgspec.structs.replace(
            options,
            preset="overlay" if options.preset == "teacher" and not teacher else options.preset,
            height=options.height if options.height >= MIN_HEIGHT else 0,
            extras=self._extras(),
        )

    def _extras(self) -> list[Extra]:
        """The last extras; regions, scan path and color bar as the window shows them."""
        shown: dict[Extra, bool] = {
            "regions": bool(self._session.regions) and self._is_checked("show_regions"),
            "scanpath": self._is_checked("scanpath"),
            "color_bar": self._is_checked("color_bar"),
        }
        kept = [extra for extra in self._settings.extras if extra not in shown]
        return [*kept, *(extra for extra, on in shown.items() if on)]

    def _is_checked(self, name: str) -> bool:
        return name in self._actions and self._actions[name].isChecked()

    def recording_options(self) -> ExportOptions:
        """Returns the last options without teacher and WebM, which take many times longer.

        A recording is exported without a dialog, so the user does not choose its options.
        """
        options = self.last_options()
        preset = "overlay" if options.preset == "teacher" else options.preset
        return msgspec.structs.replace(options, preset=preset, format="mp4")

    def remember(self, options: ExportPreset) -> None:
        """Stores the options for the next export."""
        for name, value in options.values().items():
            setattr(self._settings, name, value)

    def add(
        self,
        spec: str,
        options: ExportOptions,
        base: Path,
        *,
        regions: Sequence[Region] = (),
        arguments: Iterable[str] = (),
        recording: bool = False,
        pictures: Pictures = Pictures.NONE,
    ) -> None:
        """Adds an export to the queue.

        Args:
            spec: The source.
            options: Layout, format and quality of the output.
            base: Path of the files without suffix.
            regions: Regions of interest of this source.
            arguments: More arguments of `uvanet predict`.
            recording: Whether the source is a recording that is deleted after its export. Its
                frames have the orientation of the live view already.
            pictures: Whether the source is a picture or a folder of pictures.
        """
        taken = {path for task in self._queue.tasks if not task.ended for path in task.outputs}
        folder = None
        with self._errors_shown():
            if pictures is Pictures.FOLDER:
                outputs = options.folder_paths(base, taken)
                folder = outputs[0].parent
                make_folder(folder)
            else:
                outputs = options.output_paths(base, taken, picture=pictures is Pictures.ONE)
            more = [*options.arguments(), *arguments]
            self._enqueue(spec, outputs, regions, more, recording=recording, folder=folder)

    def add_report(
        self,
        info: SourceInfo,
        path: Path,
        span: Span,
        regions: Sequence[Region],
        gaze: GazePart | None,
    ) -> None:
        """Adds a report to the queue; an existing file is replaced.

        Args:
            info: Information about the source.
            path: The file, .html or .pdf.
            span: The part of the source.
            regions: Regions of interest of this source.
            gaze: Gaze of people on this source; None for none.
        """
        self._context.remember_folder(str(path))
        arguments = [*range_arguments(info, span), "--overwrite"]
        temporary: tuple[Path, ...] = ()
        with self._errors_shown():
            if gaze is not None:
                arguments += [part for table in gaze.tables for part in ("--gaze", table.path)]
                arguments += ["--gaze-offset", str(gaze.offset)]
                if gaze.mapping is not None:
                    temporary = (_temporary_file(msgspec.json.encode(gaze.mapping)),)
                    arguments += ["--gaze-columns", str(temporary[0])]
            self._enqueue(info.spec, (path,), regions, arguments, temporary=temporary)

    @contextlib.contextmanager
    def _errors_shown(self) -> Iterator[None]:
        try:
            yield
        except UvanetError as error:
            self._context.show_error(error)

    def _enqueue(
        self,
        spec: str,
        outputs: tuple[Path, ...],
        regions: Sequence[Region],
        arguments: Iterable[str],
        *,
        recording: bool = False,
        folder: Path | None = None,
        temporary: tuple[Path, ...] = (),
    ) -> None:
        command = [spec, *(part for path in outputs for part in ("-o", str(path)))]
        command += style_arguments(
            self._heat.style, self._heat.smoothing, self._session.student.offline_name
        )
        command += ["--engine", self._session.student.engine]
        if not recording:
            orientation = self._session.orientations.of(spec)
            command += ["--mirror"] if orientation.mirrored else []
            command += ["--rotate", str(90 * orientation.quarters)] if orientation.quarters else []
        if regions:
            temporary = (*temporary, _temporary_file(regions_json(_distinct(regions))))
            command += ["--regions", str(temporary[-1])]
        self._queue.add(
            ExportTask(
                title=outputs[0].name if folder is None else folder.name,
                arguments=[*command, *arguments],
                outputs=outputs,
                temporary=temporary,
                folder=folder,
                recording=Path(spec) if recording else None,
            )
        )


def _temporary_file(data: bytes) -> Path:
    try:
        with tempfile.NamedTemporaryFile(suffix=".json", delete=False) as file:
            file.write(data)
    except OSError as error:
        raise OutputError(
            tr("The export cannot be started: {0}.").format(error),
            tr("Make room on the disk, and start again."),
        ) from error
    return Path(file.name)


def range_arguments(info: SourceInfo, span: Span) -> list[str]:
    """Returns the arguments of `uvanet predict` for a part of a source."""
    start, end = span
    arguments = [] if start is None else ["--start", f"{start:.6f}"]
    arguments += [] if end is None else ["--end", f"{end:.6f}"]
    rate = info.folder_rate
    return arguments + ([] if rate is None else ["--fps", str(rate)])


def _distinct(regions: Iterable[Region]) -> list[Region]:
    """Numbers regions of the same name, since the columns of tables have their names."""
    names: set[str] = set()
    result = []
    for region in regions:
        name, number = region.name, 2
        while name in names:
            name, number = f"{region.name} ({number})", number + 1
        names.add(name)
        result.append(replace(region, name=name))
    return result
