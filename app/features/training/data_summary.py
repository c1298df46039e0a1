"""Text about the data in a folder, and about the time and disk space of a training on it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.ui.i18n import tr

if TYPE_CHECKING:
    from uvanet.training.data.inspect import GazeSurvey, Survey

_MAX_NAMES = 3


def summarize_folder(found: Survey, side: int, steps: int | None) -> str:
    """Describes a folder of videos and images.

    Args:
        found: What the folder holds.
        side: Input size of the student, pixels.
        steps: Batches of the fine-tuning whose time is estimated; None for no estimate.
    """
    sentences = [
        tr("Videos: {videos} ({minutes:.1f} min), images: {images}, frames: {frames}.").format(
            videos=found.videos,
            minutes=found.seconds / 60,
            images=found.pictures,
            frames=found.frames,
        )
    ]
    if found.looked_at < found.pictures:
        sentences.append(tr("{count} of the images were checked.").format(count=found.looked_at))
    if found.cut:
        sentences.append(
            tr("Incomplete, used up to the damage ({count}): {names}.").format(
                count=len(found.cut), names=_names(found.cut)
            )
        )
    if found.broken:
        sentences.append(
            tr("Unreadable, not used ({count}): {names}.").format(
                count=len(found.broken), names=_names([name for name, _ in found.broken])
            )
        )
    if steps is not None:
        sentences.append(
            tr("About {minutes:.0f} min and {size:.0f} MB of disk.").format(
                minutes=max(1.0, found.run_seconds(side, steps) / 60), size=found.disk(side) / 1e6
            )
        )
    return " ".join(sentences)


def summarize_gaze(
    gaze: GazeSurvey, more: Survey | None, side: int, epochs: int, *, teachers: bool
) -> str:
    """Describes the gaze data of a coupled distillation.

    Args:
        gaze: What its folder holds.
        more: What the folder without gaze holds; None without one.
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
        minutes=max(1.0, gaze.run_seconds(more, side, epochs) / 60),
        size=gaze.disk(more) / 1e6,
    )


def no_room(needed: int, free: int) -> str:
    """Says that the disk is too full for a run.

    Args:
        needed: Bytes that the run needs.
        free: Bytes that are free.
    """
    return tr("The training needs {needed:.0f} MB of disk and {free:.0f} MB are free.").format(
        needed=needed / 1e6, free=free / 1e6
    )


def _names(names: list[str] | tuple[str, ...]) -> str:
    return ", ".join(names[:_MAX_NAMES]) + (" …" if len(names) > _MAX_NAMES else "")
