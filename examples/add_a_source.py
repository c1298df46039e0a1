# %% [markdown]
# # Add a source
# A source gives frames and their times. This one draws a moving disc; yours may read a file format
# or a device. `ThreadSafeSource` makes it safe to close from another thread.

# %%
import cv2
import numpy as np

import uvanet
from uvanet.sources import Frame, SourceInfo, SourceKind, ThreadSafeSource


class Disc(ThreadSafeSource):
    """A disc that crosses the picture.

    Args:
        seconds: Its length.
    """

    def __init__(self, seconds: float = 1.0) -> None:
        super().__init__("A disc")
        self._frames = round(25 * seconds)
        self._next = 0

    def _open(self) -> SourceInfo:
        return SourceInfo(
            spec="disc:",
            title="A disc",
            kind=SourceKind.OTHER,
            width=320,
            height=180,
            fps=25,
            frames=self._frames,
            duration=self._frames / 25,
            seekable=True,
        )

    def _read(self) -> Frame | None:
        if self._next == self._frames:
            return None
        image = np.full((180, 320, 3), 40, np.uint8)  # BGR; a new array for each frame
        cv2.circle(image, (20 + 280 * self._next // self._frames, 90), 15, (240, 240, 240), -1)
        self._next += 1
        return Frame(image, pts=(self._next - 1) / 25, index=self._next - 1)

    def _seek(self, seconds: float) -> None:
        self._next = min(max(0, round(25 * seconds)), self._frames - 1)

    def _release(self) -> None:
        """Nothing to release: a file or device would be closed here."""


# %%
stream = uvanet.Stream("uvanet-64")
with Disc() as source:
    while (frame := source.read()) is not None:
        saliency = stream.step(frame.image, frame.pts, bgr=True)
        row, column = np.unravel_index(saliency.argmax(), saliency.shape)
        height, width = saliency.shape
        print(f"{frame.pts:.2f} s: {column / width:.2f}, {row / height:.2f}")

# %% [markdown]
# `docs/add-a-source.md` shows how a source gets a prefix, such as `disc:`, by which the window and
# all commands open it.
