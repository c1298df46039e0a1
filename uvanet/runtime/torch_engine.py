"""Torch: for GPUs (CUDA, with graphs; Apple's MPS), and to check the others by. Imported late."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from uvanet.models import load_student
from uvanet.runtime.engine import LAG, STATE_STRIDE, Step

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from uvanet.models import SpatioTemporal

    Network = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


class TorchEngine:
    """Runs a student from its safetensors file.

    Args:
        weights: The file, beside the model's ONNX file.
        preset: The student's name.
        threads: Of the processor; of no meaning on a GPU. Torch has one setting for all of it.
        device: "cpu", "cuda" or "mps"; empty: the fastest that is there.

    Attributes:
        device: What it runs on.

    Raises:
        ModelError: The model is no student, or its weights are missing or damaged.
    """

    lag = LAG
    memory = LAG
    keeps_proportions = True

    def __init__(self, weights: Path, preset: str, threads: int = 1, device: str = "") -> None:
        student = load_student(preset, weights)
        self.device = device or fastest_device()
        if self.device == "cpu":
            torch.set_num_threads(threads)
        side = student.preset.input_size
        self.input_size = (side, side)
        self._channels = student.preset.stem[1]
        self._network: Network = _Step(student.to(self.device))
        self._graphs: dict[tuple[int, ...], Network] = {}

    @torch.inference_mode()
    def step(self, frames: NDArray[np.uint8], earlier: NDArray[Any] | None = None) -> Step:
        """See `Engine.step`."""
        now = torch.from_numpy(frames).to(self.device)
        network = self._for(now)
        if earlier is None:
            past = network(now, self._nothing(now))[1].clone()
        else:
            past = torch.from_numpy(earlier).to(self.device)
        saliency, features = network(now, past)
        # A graph writes into the same memory each time; on the processor nothing is shared.
        return Step(saliency.cpu().numpy(), features.cpu().numpy())

    def _for(self, frames: Tensor) -> Network:
        """The network; on CUDA its graph for frames of this shape, recorded at the first call."""
        if self.device != "cuda":
            return self._network
        if frames.shape not in self._graphs:
            self._graphs[frames.shape] = _Graph(self._network, frames, self._nothing(frames))
        return self._graphs[frames.shape]

    def _nothing(self, frames: Tensor) -> Tensor:
        """Features of nothing, as wide as those of frames (n, h, w, 3)."""
        count, height, width, _ = frames.shape
        shape = (count, self._channels, height // STATE_STRIDE, width // STATE_STRIDE)
        return torch.zeros(shape, device=self.device)


class _Step:
    """The streaming step with bytes in and a map of largest value 1 out."""

    def __init__(self, student: SpatioTemporal) -> None:
        self._student = student

    def __call__(self, frames: Tensor, earlier: Tensor) -> tuple[Tensor, Tensor]:
        output = self._student.step(frames.permute(0, 3, 1, 2).float() * (1 / 255), earlier)
        logits = output.ensemble[:, 0]
        return torch.exp(logits - logits.amax((1, 2), keepdim=True)), output.features


class _Graph:
    """A recorded CUDA graph: one launch instead of hundreds, which cost more than the sums."""

    def __init__(self, network: Network, frames: Tensor, earlier: Tensor) -> None:
        self._frames, self._earlier = frames.clone(), earlier.clone()
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        self._graph = torch.cuda.CUDAGraph()
        # Numbers of 10 bits (TF32), the default, move a map by up to 0.0007; measured on an H200.
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            with torch.cuda.stream(aside):
                # Libraries choose their kernels in the first calls, which must not be recorded.
                for _ in range(3):
                    network(self._frames, self._earlier)
            torch.cuda.current_stream().wait_stream(aside)
            with torch.cuda.graph(self._graph):
                self._outputs = network(self._frames, self._earlier)

    def __call__(self, frames: Tensor, earlier: Tensor) -> tuple[Tensor, Tensor]:
        self._frames.copy_(frames)
        self._earlier.copy_(earlier)
        self._graph.replay()
        return self._outputs


def fastest_device() -> str:
    """CUDA before MPS before the processor."""
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
