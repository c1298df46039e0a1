"""The torch engine: CUDA (with recorded graphs), Apple's MPS, and a reference on the CPU."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from uvanet.errors import ModelError, UsageError
from uvanet.i18n import tr
from uvanet.runtime.engine import LAG, STATE_STRIDE, Step, failed_step

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    from uvanet.model_card import Card
    from uvanet.models import SpatioTemporal
    from uvanet.models.student import StudentOutput

    Network = Callable[[Tensor, Tensor | None], tuple[Tensor, Tensor]]


class TorchEngine:
    """Runs a student, or one of its branches.

    Args:
        student: The student in evaluation mode; it is moved to the device.
        device: "cpu", "cuda" or "mps"; empty for the fastest available one.
        output: "ensemble", "spatiotemporal", "spatial" or "temporal".
        card: Model card with the input size of predictions; None for the size of training.

    Attributes:
        device: The device in use.

    Raises:
        UsageError: The device is not available.
    """

    lag = LAG
    dynamic_input_size = True

    def __init__(
        self,
        student: SpatioTemporal,
        device: str = "cpu",
        output: str = "ensemble",
        *,
        card: Card | None = None,
    ) -> None:
        self.device = device or available_devices()[0]
        if self.device not in available_devices():
            raise UsageError(
                tr("The device {device} is not available here.").format(device=device),
                tr("Choose {choices}.").format(choices=", ".join(available_devices())),
            )
        self._canceled = False
        self.memory = student.memory_steps * LAG
        side = student.preset.input_size
        self.input_size = card.inference_size if card else (side, side)
        self.size_multiple = card.size_multiple if card else STATE_STRIDE
        self._student, self._output = student.to(self.device), output
        self._graphs: dict[tuple[int, ...], _Graph] = {}

    @torch.inference_mode()
    def step(self, frames: NDArray[np.uint8], earlier: NDArray[Any] | None = None) -> Step:
        """See `Engine.step`."""
        if self._canceled:
            raise ModelError(tr("The model was canceled."), tr("Load it again."))
        now = torch.from_numpy(frames).to(self.device)
        past = None if earlier is None else torch.from_numpy(earlier).to(self.device)
        run = self._replay if self.device == "cuda" else self._run
        try:
            saliency, features = run(now, past)
        except RuntimeError as error:  # also where memory of the device is missing
            inputs = (frames,) if earlier is None else (frames, earlier)
            raise failed_step("UVA-Net", inputs, error) from error
        # A CUDA graph reuses its output memory, which `cpu` copies; CPU results are not shared.
        return Step(saliency.cpu().numpy(), features.cpu().numpy())

    def cancel(self) -> None:
        """See `Engine.cancel`; the running step completes."""
        self._canceled = True

    def _run(self, frames: Tensor, earlier: Tensor | None) -> tuple[Tensor, Tensor]:
        """Computes maps with maximum 1, and features, of uint8 frames."""
        result = self._forward(frames, earlier)
        logits = getattr(result, self._output)[:, 0]
        return torch.exp(logits - logits.amax((1, 2), keepdim=True)), result.features

    def _forward(self, frames: Tensor, earlier: Tensor | None) -> StudentOutput:
        rgb = frames.permute(0, 3, 1, 2).float() * (1 / 255)
        return self._student(rgb) if earlier is None else self._student.step(rgb, earlier)

    def _replay(self, frames: Tensor, earlier: Tensor | None) -> tuple[Tensor, Tensor]:
        """Like `_run`, with the CUDA graph of this shape, which the first call records."""
        if frames.shape not in self._graphs:
            count, height, width, _ = frames.shape
            size = (height // STATE_STRIDE, width // STATE_STRIDE)
            zeros = torch.zeros((count, self._student.state_channels, *size), device=self.device)
            self._graphs[frames.shape] = _Graph(self._run, frames, zeros)
        return self._graphs[frames.shape](frames, earlier)


class _Graph:
    """A recorded CUDA graph: one launch replaces hundreds, which would take most of the time."""

    def __init__(self, network: Network, frames: Tensor, earlier: Tensor) -> None:
        self._frames, self._earlier = frames.clone(), earlier.clone()
        side_stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]  # untyped in torch
        side_stream.wait_stream(torch.cuda.current_stream())
        self._graph = torch.cuda.CUDAGraph()
        # TF32, the default, changes a map by up to 0.0007 (measured on an H200).
        with torch.backends.cudnn.flags(enabled=True, allow_tf32=False):
            with torch.cuda.stream(side_stream):
                # cuDNN chooses its kernels in the first calls, which must not be recorded.
                for _ in range(3):
                    network(self._frames, self._earlier)
            torch.cuda.current_stream().wait_stream(side_stream)
            with torch.cuda.graph(self._graph):
                self._outputs = network(self._frames, self._earlier)

    def __call__(self, frames: Tensor, earlier: Tensor | None) -> tuple[Tensor, Tensor]:
        self._frames.copy_(frames)
        if earlier is None:
            self._earlier.zero_()
            self._graph.replay()
            earlier = self._outputs[1]
        self._earlier.copy_(earlier)
        self._graph.replay()
        return self._outputs


def available_devices() -> list[str]:
    """The devices that torch can use here, fastest first."""
    available = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    return [device for device, usable in available.items() if usable]
