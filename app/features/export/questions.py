"""Asks for the options of an export in its dialog, then adds the export to the queue."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from shiboken6 import isValid

from app.features.export.job_builder import range_arguments
from app.features.export.live_recording import REPLAY_SECONDS
from app.features.export.options import Pictures, file_stem
from app.shell.marks import change_marks
from app.ui.i18n import tr
from uvanet.sources.base import SourceKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from app.features.export.dialog import ExportDialog
    from app.features.export.job_builder import ExportJobBuilder
    from app.features.export.options import ExportOptions
    from app.features.export.recording_controller import SourceView
    from app.features.export.time_range import Span
    from app.shell.context import FeatureContext
    from uvanet.analysis import Region
    from uvanet.sources.base import SourceInfo
    from uvanet.video.sound import SoundTrack


class ExportQuestions:
    """Opens the dialog of exports for parts, pictures, recordings and folders.

    Args:
        context: The parts of the program.
        builder: Adds exports to the queue, and keeps the last options.
    """

    def __init__(self, context: FeatureContext, builder: ExportJobBuilder) -> None:
        self._context, self._builder = context, builder

    def _ask(
        self,
        title: str,
        part: str,
        stem: str,
        export: Callable[[ExportOptions, Path], None],
        *,
        span: Span | None = None,
        duration: float | None = None,
        pictures: Pictures = Pictures.NONE,
    ) -> ExportDialog:
        """Opens the dialog; `export` receives the options and the path."""
        from app.features.export.dialog import ExportDialog, ExportRequest

        builder = self._builder
        request = ExportRequest(
            title,
            part,
            builder.start_folder,
            stem,
            builder.teachers(),
            builder.last_options(),
            span,
            duration,
            pictures,
        )
        dialog = ExportDialog(request, self._context.slots.window)

        def chosen(options: ExportOptions, base: Path) -> None:
            builder.remember(options)
            self._context.remember_folder(str(base))
            export(options, base)

        dialog.chosen.connect(chosen)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def for_part(self, info: SourceInfo) -> None:
        """Asks how to export a part of a clip, then exports it."""
        marks = self._context.session.marks
        dialog = self._ask(
            info.title,
            tr("Press I and O to mark a part on the timeline."),
            file_stem(info.title, dated=False),
            lambda options, base: self._export_part(
                info, options, base, dialog.span or (None, None)
            ),
            span=marks,
            duration=info.duration,
        )
        if info.kind in (SourceKind.VIDEO, SourceKind.NETWORK):
            self._list_sound_tracks(info.spec, dialog)

    def for_pictures(self, info: SourceInfo) -> None:
        """Asks how to export a picture or a folder of slides, then exports it."""
        pictures, part = Pictures.ONE, ""
        if info.slides:
            pictures = Pictures.FOLDER
            part = tr("{count} pictures, each under its own name, in a new folder").format(
                count=len(info.pictures)
            )
        regions = self._context.session.regions

        def export(options: ExportOptions, base: Path) -> None:
            self._builder.add(
                info.spec,
                options,
                base,
                regions=regions,
                arguments=range_arguments(info, (None, None)),
                pictures=pictures,
            )

        stem = file_stem(info.title, dated=False)
        self._ask(info.title, part, stem, export, pictures=pictures)

    def _list_sound_tracks(self, spec: str, dialog: ExportDialog) -> None:
        def read() -> list[SoundTrack]:
            from uvanet.video.sound import sound_tracks

            return sound_tracks(spec)

        def show(tracks: list[SoundTrack]) -> None:
            if isValid(dialog):
                dialog.show_sound_tracks(tracks)

        self._context.jobs.run(read, show, name="sound-tracks")

    def for_recording(self, view: SourceView, path: Path) -> None:
        """Asks how to export a recording, then exports it; deletes it if the user cancels."""

        def export(options: ExportOptions, base: Path) -> None:
            self._builder.add(str(path), options, base, regions=view.regions, recording=True)

        dialog = self._ask(
            view.title,
            tr("The last {seconds:.0f} seconds, without sound").format(seconds=REPLAY_SECONDS),
            file_stem(view.title, dated=True),
            export,
        )
        dialog.rejected.connect(lambda: path.unlink(missing_ok=True))

    def for_folder(self, chosen: str) -> None:
        """Asks how to export the videos of a folder, then exports each."""
        from uvanet.video.output_names import videos_in

        folder = Path(chosen)

        def ask(videos: list[Path]) -> None:
            part = tr("{count} videos, one after the other").format(count=len(videos))
            self._ask(str(folder), part, "", partial(self._export_videos, videos))

        self._context.run(lambda: videos_in(folder), ask, name="folder")

    def _export_part(
        self, info: SourceInfo, options: ExportOptions, base: Path, span: Span
    ) -> None:
        session = self._context.session
        regions: tuple[Region, ...] = ()
        # Another source may have been opened while the dialog was open.
        if session.info is not None and session.info.spec == info.spec:
            change_marks(self._context, *span)
            regions = session.regions
        arguments = range_arguments(info, span)
        self._builder.add(info.spec, options, base, regions=regions, arguments=arguments)

    def _export_videos(self, videos: Iterable[Path], options: ExportOptions, folder: Path) -> None:
        for video in videos:
            self._builder.add(str(video), options, folder / file_stem(video.name, dated=False))
