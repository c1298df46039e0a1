"""From what the user chose to exports in the queue."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from app.features.export.options import ExportOptions, exports_folder, style_arguments
from app.features.export.queue import ExportTask
from app.features.export.settings import MIN_HEIGHT, ExportSettings
from app.session.models import if_available
from app.session.settings import SessionSettings

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import IO

    from app.features.export.queue import ExportQueue
    from app.shell.context import FeatureContext
    from uvanet.analysis.regions import RegionMask

_MASK_SIDE = 256


class ExportJobBuilder:
    """Makes exports the way the window shows things now, and remembers the last choice.

    Args:
        context: The parts of the program.
        queue: Where exports go.
    """

    def __init__(self, context: FeatureContext, queue: ExportQueue) -> None:
        self._session, self._heat = context.session, context.presenter.heat
        self._models = context.settings.section(SessionSettings)
        self._settings = context.settings.section(ExportSettings)
        self._queue = queue

    @property
    def folder(self) -> Path:
        """Where exports go."""
        return exports_folder(self._settings.folder)

    def teachers(self) -> list[str]:
        """Models that can stand beside ours, the one that was compared last before others."""
        from uvanet.registry import list_models

        names = [self._models.teacher, *self._models.model_files]
        names += [card.name for card in list_models()]
        ours = ("", self._session.student.name)
        return [name for name in dict.fromkeys(map(if_available, names)) if name not in ours]

    def last_choice(self) -> ExportOptions:
        """What was chosen last, made good where a model has gone since."""
        settings = self._settings
        teacher = next(iter(self.teachers()), "")
        preset = settings.preset
        return ExportOptions(
            "overlay" if preset == "teacher" and not teacher else preset,
            settings.format,
            settings.quality,
            settings.height if settings.height >= MIN_HEIGHT else 0,
            tuple(settings.extras),
            teacher,
        )

    def remember(self, choice: ExportOptions, folder: Path) -> None:
        """Keeps a choice for the next time."""
        settings = self._settings
        settings.preset = choice.preset
        settings.format = choice.format
        settings.quality = choice.quality
        settings.height = choice.height
        settings.extras = list(choice.extras)
        settings.folder = str(folder)

    def add(
        self,
        spec: str,
        choice: ExportOptions,
        base: Path,
        more: Iterable[str] = (),
        take: Path | None = None,
    ) -> None:
        """Puts an export into the queue.

        Args:
            spec: The source.
            choice: What is made of it.
            base: The files' path without ending.
            more: Further arguments.
            take: The source, where it is a recording that nobody needs once it is exported.
        """
        taken = {path for task in self._queue.tasks if not task.ended for path in task.outputs}
        outs = choice.outs(base, taken)
        overlay = self._heat
        arguments = [spec, *(word for out in outs for word in ("-o", str(out)))]
        arguments += choice.arguments()
        arguments += style_arguments(overlay.style, overlay.smoothing, self._session.student.name)
        arguments += ["--engine", self._session.student.engine]
        orientation = self._session.orientations.of(spec)
        if orientation.mirrored:
            arguments.append("--mirror")
        if orientation.quarters:
            arguments += ["--rotate", str(90 * orientation.quarters)]
        masks = self._masks()
        if masks is not None:
            arguments += ["--regions", str(masks)]
        temporary = () if masks is None else (masks,)
        task = ExportTask(outs[0].name, [*arguments, *more], outs, temporary, take)
        self._queue.add(task)

    def _masks(self) -> Path | None:
        """The regions that were drawn, as masks in a file; None without any."""
        regions = self._session.regions
        if not regions:
            return None
        with tempfile.NamedTemporaryFile("wb", suffix=".npz", delete=False) as file:
            _write_masks(file, regions)
        return Path(file.name)


def _write_masks(file: IO[bytes], regions: Iterable[RegionMask]) -> None:
    """Writes an archive for `--regions`; regions that share a name are numbered."""
    names: set[str] = set()
    # Not by np.savez, which keeps some names for itself.
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for region in regions:
            name, number = region.name, 2
            while name in names:
                name, number = f"{region.name} ({number})", number + 1
            names.add(name)
            with archive.open(f"{name}.npy", "w") as entry:
                np.lib.format.write_array(entry, region.mask(_MASK_SIDE, _MASK_SIDE))
