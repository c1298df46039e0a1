"""Step times of models on this machine: measurement, and the table that is kept in the settings."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from statistics import fmean

import numpy as np

from app.session.models import load_predictor
from uvanet.errors import UvanetError
from uvanet.model_card import Card
from uvanet.registry import resolve_model, shipped_students
from uvanet.runtime.engine import time_limit
from uvanet.system_info import describe

TIME_LIMIT = 15.0
"""Seconds of a measurement beyond its planned duration after which it is ended: an ONNX file may
hold an endless loop."""

MIN_STEPS = 5
WARM_UP_STEPS = 2

_SECONDS = 0.1  # for each student at the first start: a second for all, with their loading
_MAX_MACHINES = 8  # that share one home folder
_MAX_MODELS = 64  # of one machine, the newest first

RememberedTimes = dict[str, dict[str, float]]
"""Step times in milliseconds, by `machine_key` and then by `model_key` or `speed_key`."""

_log = logging.getLogger(__name__)


def measure_steps(
    name: str,
    engine: str,
    seconds: float,
    threads: int | None = None,
    clock: Callable[[], float] = time.perf_counter,
) -> list[float]:
    """Times steps on a 1280x720 picture, resize included.

    Args:
        name: As `uvanet.load` takes it.
        engine: As `uvanet.load` takes it.
        seconds: Duration of all steps together, in real time; at least `MIN_STEPS` steps are made.
        threads: As `uvanet.load` takes it.
        clock: Measures each step, in seconds.

    Returns:
        Milliseconds of each step after the first `WARM_UP_STEPS`, which are slow.

    Raises:
        UvanetError: The model cannot be loaded, fails, or exceeds `TIME_LIMIT`.
    """
    predictor = load_predictor(name, engine, threads)
    # The content of the picture does not matter. Importing numpy.random would cost 2 MB of memory.
    image = np.resize(np.arange(251, dtype=np.uint8), (720, 1280, 3))
    times: list[float] = []
    # Real time rather than `clock`: on a busy machine, a second of CPU time may take many seconds.
    end = time.perf_counter() + seconds
    with time_limit(predictor.model.engine, seconds + TIME_LIMIT):
        while time.perf_counter() < end or len(times) < MIN_STEPS:
            start = clock()
            predictor.step(image, len(times) / 30, bgr=True)
            times.append(1000 * (clock() - start))
    return times[WARM_UP_STEPS:]


def student_times(
    engine: str, threads: int | None, remembered: RememberedTimes, is_canceled: Callable[[], bool]
) -> tuple[dict[str, float], RememberedTimes]:
    """Step times of the shipped float students, measured where they are not remembered. Slow.

    Args:
        engine: As `uvanet.load` takes it.
        threads: As `uvanet.load` takes them.
        remembered: The second result of an earlier call; it is not changed.
        is_canceled: Called before each measurement; True ends the measurements.

    Returns:
        The step times in milliseconds by name, smallest student first, without students that fail;
        and the times to remember, this machine first.
    """
    machine = machine_key(engine, threads)
    known, times, kept = remembered.get(machine, {}), {}, {}
    for card in shipped_students():
        key = model_key(card)
        if key not in known and not is_canceled():
            try:
                known = {**known, key: measure_step(card.name, engine, threads, _SECONDS)}
            except UvanetError as error:
                _log.warning("%s is left out of the automatic choice: %s", card.name, error)
                continue
            _log.info("a step of %s takes %.2f ms", card.name, known[key])
        if key in known:
            times[card.name] = kept[key] = known[key]
    return times, remember(remembered, machine, kept)


def measure_step(name: str, engine: str, threads: int | None, seconds: float) -> float:
    """The mean step time of a model, milliseconds.

    A step on one thread is measured by the CPU time of that thread, so that the load of other
    programs does not count.

    Raises:
        UvanetError: As `measure_steps`.
    """
    alone = engine != "torch" and (threads or 1) == 1
    clock = time.thread_time if alone else time.perf_counter
    return max(0.001, round(fmean(measure_steps(name, engine, seconds, threads, clock)), 3))


def remember(
    remembered: RememberedTimes, machine: str, times: Mapping[str, float]
) -> RememberedTimes:
    """Adds the times of models on a machine, by their keys; drops the oldest beyond the limits."""
    models = {**times, **remembered.get(machine, {})} | dict(times)
    others = [(name, values) for name, values in remembered.items() if name != machine]
    newest = dict(list(models.items())[:_MAX_MODELS])
    return {machine: newest, **dict(others[: _MAX_MACHINES - 1])}


def machine_key(engine: str, threads: int | None) -> str:
    """Text with everything that a step time depends on except the model."""
    facts = describe()
    parts = (facts["processor"], facts["instructions"], f"{facts['cores']} cores")
    runs = f"onnxruntime {facts['onnxruntime']}, {engine}, {threads or 1} threads"
    return ", ".join([*map(str, parts), runs])


def model_key(card: Card) -> str:
    """Text that identifies a model with a card: name, checksum and input size."""
    height, width = card.inference_size
    return f"{card.name} {card.sha256[:16]} {width}x{height}"


def speed_key(name: str) -> str:
    """Text that identifies any model, by its card, or by size and time of its file.

    Args:
        name: As `uvanet.load` takes it.

    Raises:
        UvanetError: There is no such model.
    """
    model = resolve_model(name)
    if model.card is not None:
        return model_key(model.card)
    facts = model.path.stat()
    return f"{name} {facts.st_size} {facts.st_mtime_ns}"
