"""Asks for the file of a report about the open source, then makes it on the queue of exports."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.features.export.options import file_stem
from app.shell.project import Project
from app.ui.file_dialogs import ask_save_report
from app.ui.i18n import tr

if TYPE_CHECKING:
    from app.features.export.job_builder import ExportJobBuilder
    from app.shell.context import FeatureContext


def ask_report(context: FeatureContext, builder: ExportJobBuilder) -> None:
    """Asks for a file; the report has the regions, marks and gaze of the time of asking."""
    session = context.session
    info, span, regions = session.info, session.marks, session.regions
    if info is None:
        return
    # The gaze that is loaded belongs to another feature: projects say what each has.
    project = Project(source=info.spec)
    for part in context.project_parts():
        part.save_to_project(project)
    if info.live:
        context.messages.notify(
            "info",
            tr("A report is about a file."),
            tr("Record first, then open the recording."),
        )
        return

    def write(chosen: str) -> None:
        builder.add_report(info, Path(chosen), span, regions, project.gaze)

    name = f"{file_stem(info.title, dated=False)}.html"
    ask_save_report(context.slots.window, str(builder.folder), name, write)
