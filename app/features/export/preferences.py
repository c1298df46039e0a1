"""The preferences of exports and recordings."""

from __future__ import annotations

from PySide6.QtWidgets import QCheckBox, QPushButton
from shiboken6 import isValid

from app.features.export.job_builder import ExportJobBuilder
from app.features.export.settings import ExportPreset, ExportSettings
from app.shell.context import FeatureContext
from app.shell.feature import Preference
from app.ui.build import button, check_box
from app.ui.file_dialogs import ask_folder
from app.ui.i18n import tr
from app.ui.preset_list import PresetList


def export_preferences(context: FeatureContext, builder: ExportJobBuilder) -> list[Preference]:
    """Builds the preferences: folder, presets of exports, and the replay of live sources."""
    settings = context.settings.section(ExportSettings)
    presets = PresetList(
        tr("Presets of exports"),
        settings.presets,
        lambda: ExportPreset(**builder.last_options().values()),
        builder.remember,
        context.undo.record,
    )
    context.undo.changed.connect(presets.refresh)
    return [
        Preference(tr("Export"), tr("Folder"), _folder_button(context, builder, settings)),
        Preference(tr("Export"), tr("Presets of exports"), presets),
        Preference(tr("Recording"), tr("Replay"), _keep_box(context, settings)),
    ]


def _folder_button(
    context: FeatureContext, builder: ExportJobBuilder, settings: ExportSettings
) -> QPushButton:
    def choose(chosen: str) -> None:
        settings.folder = chosen
        if isValid(result):
            result.setText(chosen)

    def ask() -> None:
        ask_folder(context.slots.window, str(builder.folder), choose, tr("Folder of exports"))

    result = button(str(builder.folder), tr("Folder of exports and recordings"), ask)
    return result


def _keep_box(context: FeatureContext, settings: ExportSettings) -> QCheckBox:
    result = check_box(
        tr("Keep the last 30 seconds of live sources"),
        tr("On disk, so that they can be exported afterwards"),
    )
    result.setChecked(settings.keep)

    def set_keep(on: bool) -> None:
        if on != settings.keep:  # the action may have changed the setting meanwhile
            context.actions.trigger("keep_last")

    result.toggled.connect(set_keep)
    return result
