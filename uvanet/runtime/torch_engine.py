"""The torch engine: CUDA (with recorded graphs), Apple's MPS, and a reference on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from uvanet.errors import ModelError, UsageError
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
        weights: The safetensors file.
        preset: The student's architecture, a key of `uvanet.models.PRESETS`.
        threads: CPU threads; torch has one setting for the whole process.
        device: "cpu", "cuda" or "mps"; empty: the fastest available.

    Attributes:
        device: The device in use.

    Raises:
        ModelError: The weights are missing or damaged, or do not fit the architecture.
        UsageError: The device is not available.
    """

    lag = LAG
    memory = LAG
    dynamic_input_size = True

    def __init__(self, weights: Path, preset: str, threads: int = 1, device: str = "") -> None:
        student = load_student(preset, weights)
        self.device = device or fastest_device()
        if self.device not in available_devices():
            raise UsageError(
                f"The device {device} is not available here.",
                f"Choose one of: {', '.join(available_devices())}.",
            )
        self._canceled = False
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
        if self._canceled:
            raise ModelError("The model was canceled.", "Load it again.")
        now = torch.from_numpy(frames).to(self.device)
        network = self._network_for(now)
        if earlier is None:
            past = network(now, self._zero_features(now))[1].clone()
        else:
            past = torch.from_numpy(earlier).to(self.device)
        saliency, features = network(now, past)
        # A graph reuses its output memory; `cpu` copies from a GPU, on the CPU nothing is shared.
        return Step(saliency.cpu().numpy(), features.cpu().numpy())

    def cancel(self) -> None:
        """See `Engine.cancel`: ends all later steps, not the one that runs."""
        self._canceled = True

    def _network_for(self, frames: Tensor) -> Network:
        """The network; on CUDA, a graph for this shape, which the first call records."""
        if self.device != "cuda":
            return self._network
        if frames.shape not in self._graphs:
            self._graphs[frames.shape] = _Graph(self._network, frames, self._zero_features(frames))
        return self._graphs[frames.shape]

    def _zero_features(self, frames: Tensor) -> Tensor:
        """Zero features for frames of shape (n, h, w, 3)."""
        count, height, width, _ = frames.shape
        shape = (count, self._channels, height // STATE_STRIDE, width // STATE_STRIDE)
        return torch.zeros(shape, device=self.device)


class _Step:
    """The streaming step: uint8 frames in, maps with maximum 1 and features out."""

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
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # torch leaves it untyped
        aside.wait_stream(torch.cuda.current_stream())
        self._graph = torch.cuda.CUDAGraph()
        # TF32, the default, changes a map by up to 0.0007 (measured on an H200).
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            with torch.cuda.stream(aside):
                # cuDNN chooses its kernels in the first calls, which must not be recorded.
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
    """CUDA, else MPS, else the CPU."""
    return available_devices()[0]


def available_devices() -> list[str]:
    """The devices that torch can use here, fastest first."""
    found = ["cuda"] if torch.cuda.is_available() else []
    return [*found, *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]
