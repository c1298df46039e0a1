"""Asks for the file of a report about the open source, then adds it to the queue of exports."""

from __future__ import annotations

from pathlib import Path

from app.features.export.job_builder import ExportJobBuilder
from app.features.export.options import file_stem
from app.shell.context import FeatureContext
from app.shell.project import Project
from app.ui.file_dialogs import ask_save_report
from app.ui.i18n import tr


def ask_report(context: FeatureContext, builder: ExportJobBuilder) -> None:
    """Asks for a file, then adds a report with the current regions, marks and gaze.

    The regions, marks and gaze are those at the call, even if they change while the dialog is open.
    """
    session = context.session
    info, span, regions = session.info, session.marks, session.regions
    if info is None:
        return
    if info.live:
        context.messages.notify(
            "info",
            tr("A report is about a file."),
            tr("Record first, then open the recording."),
        )
        return
    # The gaze belongs to another feature. Each feature saves its state to a project.
    project = Project(source=info.spec)
    for part in context.project_parts():
        part.save_to_project(project)

    def write(chosen: str) -> None:
        builder.add_report(info, Path(chosen), span, regions, project.gaze)

    name = f"{file_stem(info.title, dated=False)}.html"
    ask_save_report(context.slots.window, str(builder.start_folder), name, write)
