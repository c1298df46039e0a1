"""Result: the prediction for one picture, with its statistics and drawings."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np

from uvanet.analysis import map_stats
from uvanet.atomic_io import atomic_write
from uvanet.errors import OutputError, UsageError
from uvanet.extras import require
from uvanet.i18n import tr
from uvanet.overlay import OverlayStyle, compose

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from uvanet.analysis.map_stats import Peak

PICTURES = (".png", ".jpg", ".jpeg", ".webp")


@dataclass(frozen=True, eq=False)
class Result:
    """Where people look in a picture, as a model predicts it.

    Attributes:
        map: The saliency map at the picture's size, float32, (h, w), 0..1: proportional to the
            predicted density of fixations.
        raw: The map at the network's resolution, float32, (h', w'), 0..1, maximum 1. Entropy and
            peaks are computed from it.
        image: The picture, RGB, uint8, (h, w, 3).
        model: Name of the model.
    """

    map: NDArray[np.float32] = field(repr=False)
    raw: NDArray[np.float32] = field(repr=False)
    image: NDArray[np.uint8] = field(repr=False)
    model: str

    @cached_property
    def density(self) -> NDArray[np.float32]:
        """The map scaled to sum 1, float32, (h, w); zeros where the map is empty."""
        return map_stats.density(self.map)

    @cached_property
    def peaks(self) -> list[Peak]:
        """Up to five peaks, strongest first: x, y and strength, 0..1. See `map_stats.peaks`."""
        height, width = self.map.shape
        return map_stats.peaks(self.raw, aspect=width / height)

    @cached_property
    def entropy(self) -> float:
        """Spread of the attention: 0 (one cell) to 1 (uniform). See `map_stats.entropy`."""
        return map_stats.entropy(self.raw)

    def overlay(
        self, colormap: str = "turbo", opacity: float = 0.6, threshold: float = 0.15
    ) -> NDArray[np.uint8]:
        """Draws the map over the picture.

        Args:
            colormap: One of `uvanet.colormaps.COLORMAPS`.
            opacity: 0..1.
            threshold: Map values below are transparent, 0..1.

        Returns:
            RGB, uint8, (h, w, 3).

        Raises:
            UsageError: An argument is out of range.
        """
        style = OverlayStyle(colormap, opacity, threshold)
        bgr = compose(np.ascontiguousarray(self.image[..., ::-1]), self.map, style)
        return np.ascontiguousarray(bgr[..., ::-1])

    def save(self, path: str | Path) -> None:
        """Writes the overlay (.png, .jpg, .webp) or the map (.npy: float32, (h, w)).

        An existing file is replaced.

        Raises:
            UsageError: The file name has another ending.
            OutputError: The file cannot be written.
        """
        path = Path(path)
        ending = path.suffix.lower()
        if ending not in (*PICTURES, ".npy"):
            raise UsageError(
                tr("{name} is neither a picture nor .npy.").format(name=path.name),
                tr("Use one of: {endings}.").format(endings=", ".join((*PICTURES, ".npy"))),
            )
        try:
            with atomic_write(path) as part, part.open("wb") as file:
                if ending == ".npy":
                    np.save(file, self.map, allow_pickle=False)
                else:
                    bgr = np.ascontiguousarray(self.overlay()[..., ::-1])
                    done, data = cv2.imencode(ending, bgr)
                    if not done:
                        raise OutputError(
                            tr("{name} cannot be encoded.").format(name=path.name), tr("Use .png.")
                        )
                    file.write(data.tobytes())
        except (OSError, cv2.error) as error:
            raise OutputError(
                tr("{path} cannot be written: {reason}.").format(
                    path=path, reason=getattr(error, "strerror", None) or error
                ),
                tr("Choose another folder or format."),
            ) from error

    def plot(self) -> Figure:
        """Draws picture, map and overlay side by side with matplotlib; opens no window.

        Returns:
            The figure; a notebook shows it, `figure.savefig` writes it.

        Raises:
            MissingExtraError: matplotlib is not installed.
        """
        require("matplotlib", "plots")
        from matplotlib.figure import Figure

        figure = Figure(figsize=(12, 4), layout="constrained")
        axes: Any = figure.subplots(1, 3)
        height, width = self.map.shape
        axes[0].imshow(self.image)
        axes[0].set_title("picture")
        mappable = axes[1].imshow(self.map, cmap="turbo", vmin=0, vmax=1)
        axes[1].set_title(f"{self.model}, entropy {self.entropy:.2f}")
        axes[2].imshow(self.overlay())
        axes[2].plot(
            [peak.x * width - 0.5 for peak in self.peaks],
            [peak.y * height - 0.5 for peak in self.peaks],
            "w+",
        )
        axes[2].set_title("overlay and peaks")
        for axis in axes:
            axis.set_axis_off()
        figure.colorbar(mappable, ax=axes[1], label="attention, maximum 1")
        return figure
