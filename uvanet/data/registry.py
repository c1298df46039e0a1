"""Registry of data set layouts, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from uvanet.data import aclnet_format, avs1k, dhf1k, fixations, mit1003, salicon, videos
from uvanet.data import find_who_to_look_at as talk
from uvanet.data.fixations import Split
from uvanet.data.gaze import GazeSet
from uvanet.errors import UsageError
from uvanet.i18n import tr, tr_noop


@dataclass(frozen=True, slots=True)
class Layout:
    """Layout of a data set on disk.

    Attributes:
        summary: A few words, for `--help`.
        read: Function from the folder, the split and the step between measured frames of a clip to
            the set; a layout without splits or clips ignores these arguments.
    """

    summary: str
    read: Callable[[Path, Split, int], GazeSet]


LAYOUTS: dict[str, Layout] = {
    "fixations": Layout(
        tr_noop("this project's own layout of still pictures"),
        lambda root, split, _: fixations.read(root, split),
    ),
    "talk": Layout(
        tr_noop("Find who to look at, clips of people talking"),
        lambda root, _split, _every: talk.read(root),
    ),
    "avs1k": Layout(tr_noop("AVS1K, videos from drones"), avs1k.read),
    "dhf1k": Layout(tr_noop("DHF1K, videos of all kinds"), dhf1k.read),
    "hollywood2": Layout(
        tr_noop("Hollywood-2, shots of films"), partial(aclnet_format.read, "Hollywood-2")
    ),
    "ucf-sports": Layout(
        tr_noop("UCF-Sports, clips of sports"), partial(aclnet_format.read, "UCF-Sports")
    ),
    "salicon": Layout(
        tr_noop("SALICON, still pictures"), lambda root, split, _: salicon.read(root, split)
    ),
    "mit1003": Layout(
        tr_noop("MIT1003, photographs"), lambda root, _split, _every: mit1003.read(root)
    ),
    "videos": Layout(
        tr_noop("a folder of videos without labels"), lambda root, _split, _every: videos.read(root)
    ),
}


def read_set(name: str, root: Path, split: Split = "val", every: int = 15) -> GazeSet:
    """Reads a data set.

    Args:
        name: Name of the layout, a key of `LAYOUTS`.
        root: Folder of the data set.
        split: Split, for sets that have splits.
        every: Every n-th frame of clips is measured; `talk` has its own step.

    Raises:
        UvanetError: There is no such layout, or a file or folder is missing.
    """
    if name not in LAYOUTS:
        raise UsageError(
            tr("There is no data set {name!r}.").format(name=name),
            tr("Choose {choices}.").format(choices=", ".join(LAYOUTS)),
        )
    return LAYOUTS[name].read(root, split, every)
