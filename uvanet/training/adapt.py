"""Adapts a student to one scene: watch, label, fine-tune, and measure on later frames.

Nothing leaves the run's folder, which its owner alone may look into. What was seen is deleted
from it at the end.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import torch

from uvanet.errors import ModelError, UsageError
from uvanet.evaluation.compare import agreement, judge
from uvanet.model_card import file_hash
from uvanet.models import load_student
from uvanet.registry import resolve_model
from uvanet.runtime.input_size import size_of_ratio
from uvanet.runtime.preprocess import resize_to_image, resize_to_input
from uvanet.training.config import cache_side
from uvanet.training.control import CONTROL
from uvanet.training.data.frame_pairs import (
    label_moments,
    load_moments,
    read_recording,
    split_later,
    watch_source,
)
from uvanet.training.finetune import TuneConfig, finetune
from uvanet.training.progress import EvalEvent, StepEvent, preview
from uvanet.training.teachers.inference import find_teacher, load_teacher

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from uvanet.evaluation.compare import Comparison
    from uvanet.models import SpatioTemporal
    from uvanet.training.control import Callback
    from uvanet.training.data.frame_pairs import FramePair, FramePairs, Labeller
    from uvanet.training.progress import Phase

MATERIAL, REPLAY = "moments.npz", "replay.npz"
TEMPORARY = (MATERIAL, REPLAY, "tune.pt", CONTROL)
"""What a run that came to its end no longer needs."""


@dataclass(frozen=True, slots=True)
class AdaptConfig:
    """An adaptation.

    Attributes:
        source: What `make_source` takes; empty where a recording is given.
        recording: Folder of recorded pairs; see `read_recording`. None to watch the source.
        own: Folder of the user's own videos and pictures to learn from instead of one scene.
        layout: Where `own` is a published data set, its layout, one of `published.NAMES`: its
            gaze takes the teacher's place.
        seconds: How long to watch, in the source's time.
        begin: From where in a file, seconds.
        teacher: As `find_teacher` takes it.
        start: The student to start from, as `uvanet.model_card.find` takes it.
        replay: Folder of general pictures, so that little is forgotten; None for none.
        data: Gaze data whose test split tells how much was forgotten; None for none.
        threads: Of the processor.
        tune: How.
    """

    source: str = ""
    recording: Path | None = None
    own: Path | None = None
    layout: str = ""
    seconds: float = 60.0
    begin: float = 0.0
    teacher: str = ""
    start: str = "uvanet-64"
    replay: Path | None = None
    data: Path | None = None
    threads: int = 1
    tune: TuneConfig = field(default_factory=TuneConfig)

    @property
    def held_out(self) -> str:
        """In words, what the student is measured on."""
        return "later frames of the scene" if self.own is None else "files held out"

    @property
    def judged_by(self) -> str:
        """In words, whose maps the student is to agree with."""
        return f"the gaze of {self.layout}" if self.layout else "the teacher"


@dataclass(frozen=True, slots=True)
class FinetuneResult:
    """What came of it.

    Attributes:
        student: The averaged student; the one to keep where the report says better.
        report: Before and after.
        preset: The student's.
        teacher: The teacher's name and hash; empty where gaze took its place and nothing more
            was labelled.
        finished: Whether all steps were taken.
    """

    student: SpatioTemporal
    report: Comparison
    preset: str
    teacher: tuple[str, str]
    finished: bool


def adapt(config: AdaptConfig, out: Path, watch: Callback) -> FinetuneResult | None:
    """Runs an adaptation, or goes on with one that was stopped or killed.

    Args:
        config: What.
        out: The run's folder; exists.
        watch: Hears of it and may end it.

    Returns:
        None where it was told to stop before there was anything to measure.

    Raises:
        UvanetError: Something is missing, damaged or too little.
    """
    preset, student = _student(config.start)
    # Gaze needs no teacher, but the general pictures learned beside do.
    needed = not config.layout or config.replay is not None
    teacher = find_teacher(config.teacher) if needed else None
    label = load_teacher(teacher, config.threads) if teacher else _nobody
    side = cache_side(student.preset.input_size)
    known = load_moments(out / MATERIAL)
    if known is None:
        known = _see(_moments(config), label, side, watch, "watch")
        if known is None:
            return None
        learned, later = _parted(known, config)  # before anything of too little is kept
        known.save(out / MATERIAL)
    else:
        learned, later = _parted(known, config)
    replay = _replay(config, label, side, out, watch)
    values = agreement(_maps(student, later), later.labels)

    def look(averaged: SpatioTemporal, step: int) -> None:
        maps = _maps(averaged, later)
        value = float(agreement(maps, later.labels).mean())
        watch.emit(EvalEvent(metric="cc", value=value, step=step))
        place = (step * 7) % len(later)
        watch.emit(preview(later.frames[place], maps[place], later.labels[place]))

    began = time.monotonic()
    look(student, 0)
    averaged, finished = finetune(student, learned, replay, config.tune, watch, out, looked=look)
    seconds = time.monotonic() - began
    watch.emit(StepEvent(phase="measure", done=0, total=1, left=0))
    look(averaged, config.tune.steps if finished else 0)
    report = judge(
        values,
        agreement(_maps(averaged, later), later.labels),
        later.groups,
        config.held_out,
        metric=f"CC with {config.judged_by}",
    )
    report = dataclasses.replace(
        report,
        seconds=round(seconds, 1),
        forgotten=_forgotten(student, averaged, config.data),
    )
    known_as = (teacher.stem, file_hash(teacher)) if teacher else ("", "")
    return FinetuneResult(averaged, report, preset, known_as, finished)


def _nobody(now: NDArray[np.uint8], before: NDArray[np.uint8]) -> NDArray[np.float32]:
    raise UsageError("A moment came without gaze.", "Give --teacher.")


def clear(out: Path) -> None:
    """Deletes what a run that came to its end no longer needs, what was seen first of all."""
    for name in TEMPORARY:
        with contextlib.suppress(OSError):
            (out / name).unlink(missing_ok=True)


def _student(name: str) -> tuple[str, SpatioTemporal]:
    path, card = resolve_model(name).verified()
    preset = card.architecture
    if card.role != "student":
        raise ModelError(f"{card.name} is no student.", "Start from a student.")
    return preset, load_student(preset, path.with_suffix(".safetensors"))


def _moments(config: AdaptConfig) -> Iterable[tuple[FramePair, float]]:
    from uvanet.training.data.user_media import read_collection

    if config.own is not None and config.layout:
        from uvanet.training.data.gaze_datasets import read_published

        return read_published(config.layout, config.own)
    if config.own is not None:
        return read_collection(config.own)
    if config.recording is not None:
        return read_recording(config.recording)
    return watch_source(config.source, config.seconds, begin=config.begin)


def _parted(moments: FramePairs, config: AdaptConfig) -> tuple[FramePairs, FramePairs]:
    if config.own is None:
        return split_later(moments)
    from uvanet.training.data.user_media import split_files

    return split_files(moments)


def _see(
    watched: Iterable[tuple[FramePair, float]],
    label: Labeller,
    side: int,
    watch: Callback,
    phase: Phase,
) -> FramePairs | None:
    """Watches and labels; None where it was told to stop."""
    began, told, going = time.monotonic(), 0.0, True

    def advance(share: float) -> bool:
        nonlocal told, going
        now = time.monotonic()
        if now - told > 0.3 or share >= 1:
            told = now
            left = (now - began) / max(share, 0.01) * (1 - share)
            watch.emit(StepEvent(phase=phase, done=share, total=1, left=left))
        going = watch.proceed()
        return going

    found = label_moments(watched, label, side, advance)
    return found if going else None


def _replay(
    config: AdaptConfig,
    label: Labeller,
    side: int,
    out: Path,
    watch: Callback,
) -> FramePairs | None:
    if config.replay is None:
        return None
    from uvanet.training.data.user_media import read_collection

    known = load_moments(out / REPLAY)
    if known is None:
        known = _see(read_collection(config.replay, most=240), label, side, watch, "label")
        if known is not None:
            known.save(out / REPLAY)
    return known


@torch.no_grad()
def _maps(student: SpatioTemporal, moments: FramePairs) -> NDArray[np.float32]:
    """What a student in evaluation mode says of moments, as it would live; (n, 48, 48)."""
    area = student.preset.input_size**2
    found = np.empty(moments.labels.shape, np.float32)
    for i, ratio in enumerate(moments.ratios):
        height, width = size_of_ratio(float(ratio), area)
        pair = [
            torch.from_numpy(resize_to_input(images[i], (height, width)))
            .permute(2, 0, 1)[None]
            .float()
            for images in (moments.frames, moments.earlier)
        ]
        logits = student(pair[0] / 255, pair[1] / 255).ensemble[0, 0]
        saliency = torch.exp(logits - logits.amax()).numpy()
        found[i] = resize_to_image(saliency, moments.labels.shape[1:])
    return found


def _forgotten(
    before: SpatioTemporal, after: SpatioTemporal, data: Path | None
) -> dict[str, list[float]]:
    """How both do on gaze of people in general, where there is such data."""
    if data is None:
        return {}
    from uvanet.data.fixations import read_split
    from uvanet.evaluation.evaluator import score
    from uvanet.runtime.branch_engine import student_predictor

    pictures = read_split(data, "test")
    names = ("nss", "cc")
    rows = [score(pictures, student_predictor(one), names) for one in (before, after)]
    return {name: [round(row[name], 4) for row in rows] for name in names}
