"""Fine-tunes a student to a scene, a folder or a data set, and measures it on held-out frames.

Frames are stored in the run's folder only, which its owner alone can read. They are deleted at the
end.
"""

from __future__ import annotations

import contextlib
import dataclasses
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from uvanet.data.fixations import GazePicture, read_split
from uvanet.errors import ModelError
from uvanet.evaluation.branches import student_predictor
from uvanet.evaluation.compare import Comparison, agreement, judge
from uvanet.evaluation.evaluator import score
from uvanet.i18n import tr, tr_noop
from uvanet.model_card import Card, file_hash
from uvanet.models import SpatioTemporal, load_student
from uvanet.registry import resolve_model
from uvanet.runtime.input_size import size_of_ratio
from uvanet.runtime.preprocess import resize_to_image, resize_to_input
from uvanet.training.checkpoint import CHECKPOINT
from uvanet.training.config import FinetuneConfig
from uvanet.training.control import CONTROL, Callback, StoppedError, Timer
from uvanet.training.data.frame_pairs import (
    FramePair,
    LabelledPairs,
    Labeller,
    cache_side,
    load_pairs,
    split_groups,
    split_later,
)
from uvanet.training.data.gaze_datasets import read_published
from uvanet.training.data.pseudo_labels import label_pairs
from uvanet.training.data.user_media import (
    delete_recording,
    files_of,
    name_in,
    read_collection,
    read_recording,
    watch_source,
)
from uvanet.training.finetune import finetune
from uvanet.training.fingerprint import Record, fingerprint, record
from uvanet.training.progress import EvalEvent, Phase, PreviewEvent, StepEvent, preview
from uvanet.training.teachers.inference import find_teacher, load_teacher
from uvanet.training.trainer import BEST

FRAMES, REPLAY = "frames.npz", "replay.npz"
OLD = ("moments.npz", "tune.pt")
"""Files of an unfinished run of 0.1.0. They have no record of their data and are not resumed."""

TEMPORARY = (FRAMES, REPLAY, CHECKPOINT, BEST, "history.json", CONTROL, *OLD)
"""Files that a finished run no longer needs."""

_REPLAYED = 240
"""Largest number of general pictures that are replayed."""


@dataclass(frozen=True, slots=True)
class AdaptConfig:
    """Settings of a fine-tuning. Its data is one of a scene, a recording and a folder.

    Attributes:
        source: A scene, as `make_source` takes it; empty where there is a recording or a folder.
        recording: Folder of recorded pairs, see `read_recording`; None where there is none.
        keep_recording: Whether the recorded pairs are kept after they were labelled.
        own: Folder of videos and pictures, or of a data set, or one video; None where there is
            none.
        layout: Layout of `own` where that is a published data set, one of `gaze_datasets.NAMES`;
            its gaze is used in place of a teacher. Empty otherwise.
        seconds: Length of the scene, seconds of the source.
        begin: Start of the scene in a file, seconds.
        teacher: Teacher, as `find_teacher` takes it.
        start: The student to start from, as `resolve_model` takes it.
        replay: Folder of general pictures, against forgetting; None to use none.
        data: Gaze data on whose test split forgetting is measured; None to measure nothing.
        threads: Threads of the teacher.
        tune: Settings of the training.
    """

    source: str = ""
    recording: Path | None = None
    keep_recording: bool = False
    own: Path | None = None
    layout: str = ""
    seconds: float = 60.0
    begin: float = 0.0
    teacher: str = ""
    start: str = "uvanet-64"
    replay: Path | None = None
    data: Path | None = None
    threads: int = 1
    tune: FinetuneConfig = field(default_factory=FinetuneConfig)

    @property
    def held_out(self) -> str:
        """Name of the data on which the student is measured."""
        if self.own is None:
            return tr_noop("later frames of the scene")
        return tr_noop("files held out")

    @property
    def judged_by(self) -> str:
        """Name of the target with which the student is to agree."""
        return f"the gaze of {self.layout}" if self.layout else "the teacher"


@dataclass(frozen=True, slots=True)
class FinetuneResult:
    """The outcome of a fine-tuning.

    Attributes:
        student: The averaged student; worth keeping only if `report.better`.
        report: Comparison of the student before and after.
        preset: Preset of the student.
        teacher: Name and SHA-256 of the teacher; empty where no teacher was needed.
        finished: Whether all steps were taken.
    """

    student: SpatioTemporal
    report: Comparison
    preset: str
    teacher: tuple[str, str]
    finished: bool


def adapt(config: AdaptConfig, out: Path, callback: Callback) -> FinetuneResult | None:
    """Fine-tunes a student, or resumes a run that was stopped or killed.

    Args:
        config: Settings of the run.
        out: Folder of the run; it must exist.
        callback: Receives events; may stop the run.

    Returns:
        The result; None where the run was told to stop before all frames were labelled.

    Raises:
        UvanetError: A file or model is missing or damaged, there are too few frames, or `out` holds
            a run with other frames, another teacher, student or settings.
    """
    card, student = _student(config.start)
    # Gaze needs no teacher, but the general pictures that are replayed do.
    needed = not config.layout or config.replay is not None
    teacher = find_teacher(config.teacher) if needed else None
    label = load_teacher(teacher, config.threads) if teacher else None
    side = cache_side(card.inference_size[0])
    common = {"side": side, "teacher": file_hash(teacher)[:24] if teacher else ""}
    try:
        pairs = _labelled(
            out / FRAMES,
            record(None, **_source_record(config), **common),
            lambda: _pairs(config),
            label,
            side,
            callback,
            "watch",
            lambda found: _split(found, config),  # refuses too few pairs before they are stored
        )
        replay = None
        if config.replay is not None:
            folder = config.replay
            replay = _labelled(
                out / REPLAY,
                record(None, replay=_folder_record(folder), **common),
                lambda: read_collection(folder, _REPLAYED),
                label,
                side,
                callback,
                "label",
            )
    except StoppedError:
        return None
    if config.recording is not None and not config.keep_recording:
        delete_recording(config.recording)
    learned, later = _split(pairs, config)
    parts = config.own is not None and bool((later.groups != later.sources).any())
    held_out = tr_noop("parts of files held out") if parts else config.held_out
    targets = later.targets()
    values = agreement(_maps(student, later, card), targets)
    evaluation = _Agreement(later, targets, card)
    value, shown = evaluation(student, 0)
    callback.emit(EvalEvent(metric=evaluation.metric, value=value, step=0))
    callback.emit(shown)
    began = time.monotonic()
    averaged, finished = finetune(
        student,
        learned,
        replay,
        config.tune,
        out,
        side=card.inference_size[0],
        callback=callback,
        evaluation=evaluation,
    )
    seconds = time.monotonic() - began
    general = read_split(config.data, "test") if config.data is not None else ()
    advance = _progress(len(later) + 2 * len(general), callback)
    report = judge(
        values,
        agreement(_maps(averaged, later, card, advance), targets),
        later.groups,
        held_out,
        metric=f"CC with {config.judged_by}",
    )
    report = dataclasses.replace(
        report,
        seconds=round(seconds, 1),
        forgotten=_forgotten(student, averaged, general, card, advance),
    )
    known_as = (teacher.stem, file_hash(teacher)) if teacher else ("", "")
    return FinetuneResult(averaged, report, card.architecture, known_as, finished)


def clear(out: Path) -> None:
    """Deletes the files that a finished run no longer needs; stored frames first."""
    for name in TEMPORARY:
        with contextlib.suppress(OSError):
            (out / name).unlink(missing_ok=True)


def _student(name: str) -> tuple[Card, SpatioTemporal]:
    path, card = resolve_model(name).verified()
    if card.role != "student" or not card.architecture:
        raise ModelError(
            tr("{name} is no student.").format(name=card.name), tr("Start from a student.")
        )
    return card, load_student(card.architecture, path.with_suffix(".safetensors"))


def _pairs(config: AdaptConfig) -> Iterable[tuple[FramePair, float]]:
    if config.own is not None and config.layout:
        return read_published(config.layout, config.own)
    if config.own is not None:
        return read_collection(config.own)
    if config.recording is not None:
        return read_recording(config.recording)
    return watch_source(config.source, config.seconds, begin=config.begin)


def _source_record(config: AdaptConfig) -> dict[str, object]:
    """A record of the frames of a run."""
    if config.own is not None:
        return {"folder": _folder_record(config.own), "data set": config.layout}
    if config.recording is not None:
        # By its path alone, since the recording is deleted after it was labelled.
        return {"recording": str(config.recording.resolve())}
    found: dict[str, object] = {
        "source": config.source,
        "seconds": config.seconds,
        "begin": config.begin,
    }
    path = Path(config.source)
    with contextlib.suppress(OSError, ValueError):
        facts = path.stat()
        found |= {"source": str(path.resolve()), "file": [facts.st_size, facts.st_mtime_ns]}
    return found


def _folder_record(folder: Path) -> str:
    """Fingerprint of the names, sizes and times of a folder's files."""
    videos, pictures = files_of(folder)
    facts = [(path, path.stat()) for path in (*videos, *pictures)]
    rows = [[name_in(folder, path), s.st_size, s.st_mtime_ns] for path, s in facts]
    return fingerprint(rows)


def _split(pairs: LabelledPairs, config: AdaptConfig) -> tuple[LabelledPairs, LabelledPairs]:
    return split_later(pairs) if config.own is None else split_groups(pairs)


def _labelled(
    path: Path,
    made_from: Record,
    read: Callable[[], Iterable[tuple[FramePair, float]]],
    label: Labeller | None,
    side: int,
    callback: Callback,
    phase: Phase,
    check: Callable[[LabelledPairs], object] = lambda _: None,
) -> LabelledPairs:
    """Loads stored pairs, or reads, labels and stores them.

    Raises:
        StoppedError: The run was told to stop.
        UvanetError: Nothing could be read, or the stored pairs are of another run.
    """
    known = load_pairs(path, made_from)
    if known is not None:
        return known
    timer, reported = Timer(1000), 0.0

    def advance(share: float) -> bool:
        nonlocal reported
        if time.monotonic() - reported > 0.3 or share >= 1:
            reported, done = time.monotonic(), max(1, round(1000 * share))
            callback.emit(StepEvent(phase=phase, done=share, total=1, left=timer.left(done)))
        timer.wait(callback)
        return True

    found = label_pairs(read(), label, side, advance)
    check(found)
    found.save(path, made_from)
    return found


class _Agreement:
    """Mean CC of a student's maps with targets; see `uvanet.training.trainer.Evaluation`."""

    metric = "cc"

    def __init__(self, later: LabelledPairs, targets: NDArray[np.float16], card: Card) -> None:
        self._later, self._targets, self._card = later, targets, card

    def __call__(self, model: nn.Module, step: int) -> tuple[float, PreviewEvent]:
        assert isinstance(model, SpatioTemporal)
        maps = _maps(model, self._later, self._card)
        place = (step * 7) % len(self._later)
        shown = preview(self._later.frames[place], maps[place], self._targets[place])
        return float(agreement(maps, self._targets).mean()), shown


def _progress(total: int, callback: Callback) -> Callable[[], None]:
    """Returns a function that reports one more measured map."""
    timer, done = Timer(total), 0

    def advance() -> None:
        nonlocal done
        done += 1
        left = timer.left(done)
        callback.emit(StepEvent(phase="measure", done=done, total=total, left=left))

    callback.emit(StepEvent(phase="measure", done=0, total=total))
    return advance


@torch.no_grad()
def _maps(
    student: SpatioTemporal,
    pairs: LabelledPairs,
    card: Card,
    advance: Callable[[], None] = lambda: None,
) -> NDArray[np.float32]:
    """Maps of a student in evaluation mode on pairs at its shown size; (n, l, l), 0..1."""
    area = card.inference_size[0] * card.inference_size[1]
    found = np.empty(pairs.spatial.shape, np.float32)
    assert pairs.earlier is not None
    for i, ratio in enumerate(pairs.ratios):
        height, width = size_of_ratio(float(ratio), area, card.size_multiple)
        frame, earlier = (
            torch.from_numpy(resize_to_input(images[i], (height, width)))
            .permute(2, 0, 1)[None]
            .float()
            for images in (pairs.frames, pairs.earlier)
        )
        logits = student(frame / 255, earlier / 255).ensemble[0, 0]
        saliency = torch.exp(logits - logits.amax()).numpy()
        found[i] = resize_to_image(saliency, pairs.spatial.shape[1:])
        advance()
    return found


def _forgotten(
    before: SpatioTemporal,
    after: SpatioTemporal,
    pictures: Sequence[GazePicture],
    card: Card,
    advance: Callable[[], None],
) -> dict[str, list[float]]:
    """Metrics of both students on general pictures with gaze; empty without pictures."""
    if not pictures:
        return {}
    names = ("nss", "cc")

    def measured(student: SpatioTemporal) -> dict[str, float]:
        predict = student_predictor(student, card)

        def step(image: NDArray[np.uint8]) -> NDArray[np.float32]:
            advance()
            return predict(image)

        return score(pictures, step, names)

    rows = [measured(student) for student in (before, after)]
    return {name: [round(row[name], 4) for row in rows] for name in names}
