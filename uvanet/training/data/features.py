"""What the spatial teacher's backbone makes of each view, for feature hints: a vector each."""

from __future__ import annotations

import hashlib
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from uvanet.deploy.onnx_export import export_onnx
from uvanet.models.teacher import Backbone
from uvanet.runtime.session import OnnxSession
from uvanet.training.control import Callback, track
from uvanet.training.data.pseudo_labels import atomic_save, read_labels, views_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from uvanet.training.data.crops import CorpusConfig
    from uvanet.training.data.pseudo_labels import Example

HEIGHT, WIDTH = 144, 192
"""What it sees, pixels: half the sides of its training, for its mean over a picture changes little
with size and four times as many views are seen in the same time."""


class DeepFeatures:
    """The mean of a backbone's deepest features over a picture.

    Args:
        scale: Of the backbone.
        threads: Of one call.
    """

    def __init__(self, scale: int, threads: int) -> None:
        self.scale = scale
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "backbone.onnx")
            export_onnx(
                Backbone(scale).eval(),
                (torch.zeros(2, 3, HEIGHT, WIDTH),),
                path,
                inputs=("frame",),
                outputs=("s8", "s16", "s32"),
            )
            self._session = OnnxSession(path, threads)

    def __call__(self, image: NDArray[np.uint8]) -> NDArray[np.float16]:
        """Of RGB uint8 (HEIGHT, WIDTH, 3), a vector (k,)."""
        frame = image.transpose(2, 0, 1)[None].astype(np.float32) / 255
        (deepest,) = self._session.run(["s32"], {"frame": frame})
        return np.asarray(deepest[0].mean((1, 2)), np.float16)


def see_views(
    examples: Sequence[Example],
    features: Callable[[NDArray[np.uint8]], NDArray[np.float16]],
    key: str,
    config: CorpusConfig,
    cache: Path,
    watch: Callback | None = None,
) -> Tensor:
    """Features of the same views, in the order of `pseudo_labels.build`.

    Args:
        examples: The pictures.
        features: Of a view, RGB uint8 (HEIGHT, WIDTH, 3).
        key: Says whose; others are seen anew.
        config: How views are taken.
        cache: Folder of the labels, where these lie too; made where missing.
        watch: Told how far it is; may end it.

    Returns:
        float16, (views, k).
    """
    settings = hashlib.sha256(f"features {key} {config}".encode()).hexdigest()[:16]
    folder = cache / settings
    folder.mkdir(parents=True, exist_ok=True)
    found = []
    for example in track(examples, "features", watch or Callback()):
        path = folder / f"{example.key}-{example.views}.npy"
        seen = read_labels(path)
        if seen is None or len(seen) != example.views:
            image = example.load()
            cuts = (view.cut(image, (WIDTH, HEIGHT)) for view in views_of(example, config))
            seen = np.stack([features(cut) for cut in cuts])
            atomic_save(path, seen)
        found.append(torch.from_numpy(seen))
    return torch.cat(found)
