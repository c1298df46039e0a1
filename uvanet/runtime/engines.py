"""The engines by name, and which is fastest here: measured once, then remembered."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import logging
import time
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import platformdirs

from uvanet.atomic_io import whole
from uvanet.errors import MissingExtraError, ModelError, UsageError
from uvanet.runtime.benchmark import least_seconds, openvino_seconds
from uvanet.system_info import describe, usable_cores

if TYPE_CHECKING:
    from uvanet.model_card import Card
    from uvanet.runtime.engine import Engine

ENGINES = ("onnx", "openvino", "torch")
AUTO = "auto"

BUDGET = 0.9
"""Seconds after which no other engine is tried, and one that is being tried is given up."""

MARGIN = 0.9
"""What is tried later must need less than this share of the time of the best before it."""

_KEPT = 64
_LOG = logging.getLogger(__name__)


class Choice(NamedTuple):
    """What to run a model with.

    Attributes:
        engine: One of `ENGINES`.
        threads: Threads of one frame.
    """

    engine: str
    threads: int


def open_engine(path: Path, card: Card, choice: Choice) -> Engine:
    """Opens one of our models.

    Args:
        path: Its ONNX file.
        card: What it is.
        choice: What to run it with.

    Raises:
        UsageError: There is no such engine.
        MissingExtraError: The engine is not installed.
        ModelError: The model is damaged, or the engine cannot run it.
    """
    if card.role == "student" and not card.trainable and choice.engine in ("openvino", "torch"):
        # OpenVINO 2026 gives up on its own rewriting of such graphs; torch has no such weights.
        raise ModelError(f"{card.name} runs by onnx only.", "Choose --engine onnx.")
    # Each here and not above: an engine takes longer to import than all the rest.
    if choice.engine == "onnx":
        from uvanet.runtime.onnx_engine import OnnxEngine

        return OnnxEngine(path, card.input_size, choice.threads, card.memory_seconds)
    if choice.engine == "openvino":
        from uvanet.runtime.openvino_engine import OpenvinoEngine

        return OpenvinoEngine(path, card.input_size, choice.threads)
    if choice.engine == "torch":
        if importlib.util.find_spec("torch") is None:
            raise MissingExtraError(
                "The engine torch is not installed.",
                "Install it with: pip install 'uvanet[train]'.",
            )
        from uvanet.runtime.torch_engine import TorchEngine

        preset = card.architecture
        return TorchEngine(path.with_suffix(".safetensors"), preset, choice.threads)
    raise UsageError(
        f"There is no engine {choice.engine!r}.", f"Choose one of: {AUTO}, {', '.join(ENGINES)}."
    )


def fastest(path: Path, card: Card, threads: int | None = None) -> Choice:
    """The engine and threads that predict a single frame fastest on this machine.

    Measured in about a second the first time, then read from the user's cache, until the
    machine, the model or a version changes. Torch is not tried: to import it takes longer than
    all the rest.

    Args:
        path: The model's ONNX file.
        card: What it is.
        threads: The user's choice; None: that is measured too.
    """
    memory, key = _memory(), _key(card, threads)
    known = _read(memory)
    if key in known:
        return Choice(*known[key])
    choice = _measured(path, card, threads)
    known[key] = choice
    _write(memory, dict(list(known.items())[-_KEPT:]))
    return choice


def _measured(path: Path, card: Card, threads: int | None) -> Choice:
    counts = [threads] if threads else sorted({1, usable_cores()})
    began = time.perf_counter()
    found: dict[Choice, float] = {}
    for choice in (Choice("onnx", count) for count in counts):
        if time.perf_counter() - began > BUDGET:
            break
        found[choice] = least_seconds(open_engine(path, card, choice))
    left = BUDGET - (time.perf_counter() - began)
    runs = card.role == "student" and card.trainable and importlib.util.find_spec("openvino")
    if runs and left > 0:
        others = openvino_seconds(path, card.input_size, counts, left)
        found |= {Choice("openvino", count): taken for count, taken in others.items()}
    best, least = Choice("onnx", counts[0]), float("inf")
    for choice, taken in found.items():
        _LOG.info("%s by %s, %d threads: %.2f ms", card.name, *choice, taken * 1e3)
        # The first is the smallest in memory and the easiest on the other cores.
        if taken < least * MARGIN:
            best, least = choice, taken
    return best


def _memory() -> Path:
    return Path(platformdirs.user_cache_dir("uvanet", appauthor=False), "engines.json")


def _key(card: Card, threads: int | None) -> str:
    """What a choice holds for; a hash, for nobody needs to read the machine out of it."""
    versions = {
        name: version(name) for name in ("openvino",) if importlib.util.find_spec(name) is not None
    }
    facts = json.dumps([describe(), versions, card.sha256, threads], sort_keys=True)
    return hashlib.sha256(facts.encode()).hexdigest()


def _read(memory: Path) -> dict[str, Choice]:
    """What is remembered; nothing where the file is missing or damaged."""
    with suppress(OSError, ValueError, TypeError, AttributeError):
        raw = json.loads(memory.read_text(encoding="utf-8"))
        known = {key: Choice(str(engine), int(count)) for key, (engine, count) in raw.items()}
        return {key: one for key, one in known.items() if one.engine in ENGINES and one.threads > 0}
    return {}


def _write(memory: Path, known: dict[str, Choice]) -> None:
    # A cache that cannot be written costs the next start a second, and nobody a message.
    with suppress(OSError):
        memory.parent.mkdir(parents=True, exist_ok=True)
        with whole(memory) as part:
            part.write_text(json.dumps(known), encoding="utf-8")
