"""MIT1003: 1,003 photographs, free viewing, 15 observers, as published by its authors.

    <root>/
        ALLSTIMULI/i1000978947.jpeg
        ALLFIXATIONMAPS/i1000978947_fixMap.jpg      density
        ALLFIXATIONMAPS/i1000978947_fixPts.jpg      fixated pixels

The set has no splits. The gaze paths in DATA (MATLAB files of each observer) are not read.

Source: Judd, Ehinger, Durand and Torralba, *Learning to Predict Where Humans Look*, ICCV 2009,
people.csail.mit.edu/tjudd/WherePeopleLook; as in the reader of UNISAL (`unisal/data.py`).
"""

from __future__ import annotations

from pathlib import Path

from uvanet.data.gaze import GazeSet
from uvanet.data.gaze_files import FilePicture, GazeFiles, need_folder, pictures_in
from uvanet.i18n import tr_noop

_HINT = tr_noop("MIT1003 holds ALLSTIMULI and ALLFIXATIONMAPS.")


def read(root: Path) -> GazeSet:
    """Reads the set.

    Raises:
        UsageError: A folder is missing.
    """
    maps = need_folder(need_folder(root, _HINT) / "ALLFIXATIONMAPS", _HINT)
    pictures = []
    for path in pictures_in(root / "ALLSTIMULI", _HINT):
        labels = GazeFiles(maps / f"{path.stem}_fixMap.jpg", (maps / f"{path.stem}_fixPts.jpg",))
        pictures.append(FilePicture("MIT1003", path, labels.read))
    return GazeSet("MIT1003", pictures=pictures)
