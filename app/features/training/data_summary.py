"""Texts about training data: what a folder holds, and the time and disk space of a training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.i18n import tr

if TYPE_CHECKING:
    from uvanet.training.data.inspect import GazeSurvey, Survey

_MAX_NAMES = 3


def summarize_folder(survey: Survey, side: int, steps: int | None) -> str:
    """Describes a folder of videos and images.

    Args:
        survey: The files of the folder.
        side: Input size of the student, pixels.
        steps: Batches of a fine-tuning, to estimate its time; None for no estimate.
    """
    sentences = [
        tr("Videos: {videos} ({minutes:.1f} min), images: {images}, frames: {frames}.").format(
            videos=survey.videos,
            minutes=survey.seconds / 60,
            images=survey.pictures,
            frames=survey.frames,
        )
    ]
    if survey.looked_at < survey.pictures:
        sentences.append(tr("{count} of the images were checked.").format(count=survey.looked_at))
    if survey.cut:
        sentences.append(
            tr("Incomplete, used up to the damage ({count}): {names}.").format(
                count=len(survey.cut), names=_names(survey.cut)
            )
        )
    if survey.broken:
        sentences.append(
            tr("Unreadable, not used ({count}): {names}.").format(
                count=len(survey.broken), names=_names([name for name, _ in survey.broken])
            )
        )
    if steps is not None:
        sentences.append(
            tr("About {minutes:.0f} min and {size:.0f} MB of disk.").format(
                minutes=max(1.0, survey.run_seconds(side, steps) / 60), size=survey.disk(side) / 1e6
            )
        )
    return " ".join(sentences)


def summarize_gaze(
    gaze: GazeSurvey, unlabelled: Survey | None, side: int, epochs: int, *, teachers: bool
) -> str:
    """Describes the gaze data of a coupled distillation.

    Args:
        gaze: The gaze data.
        unlabelled: The files of the folder without gaze; None without such a folder.
        side: Input size of the student, pixels.
        epochs: Epochs of step 1.
        teachers: Whether both teachers are trained first.
    """
    text = (
        tr(
            "Images with gaze: {count}. Both teachers are trained on them first; then about "
            "{minutes:.0f} min on one core, and {size:.0f} MB of disk."
        )
        if teachers
        else tr(
            "Images with gaze: {count}. About {minutes:.0f} min on one core, and {size:.0f} MB of "
            "disk."
        )
    )
    return text.format(
        count=gaze.pictures,
        minutes=max(1.0, gaze.run_seconds(unlabelled, side, epochs) / 60),
        size=gaze.disk(unlabelled) / 1e6,
    )


def no_room(needed: int, free: int) -> str:
    """Returns the message that the disk is too full for a run.

    Args:
        needed: Bytes that the run needs.
        free: Bytes that are free.
    """
    return tr("The training needs {needed:.0f} MB of disk and {free:.0f} MB are free.").format(
        needed=needed / 1e6, free=free / 1e6
    )


def _names(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(names[:_MAX_NAMES]) + (" …" if len(names) > _MAX_NAMES else "")
