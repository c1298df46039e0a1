"""Sources of a model's training data, for its card: read from the files that the run used."""

from __future__ import annotations

import csv
import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from uvanet.data.fixations import GazePicture, read_split
from uvanet.errors import ModelError, UsageError
from uvanet.i18n import tr
from uvanet.model_card import DataSource, file_hash, read_card
from uvanet.paths import expand_user
from uvanet.registry import resolve_model

UNKNOWN = "unknown"
_PERMISSIVE = re.compile(r"\b(MIT|CC0|Apache-2\.0|BSD-[23]|CC-BY|public domain)\b", re.IGNORECASE)
_RESTRICTED = re.compile(r"\b(NC|ND|SA|research|non-?commercial)\b", re.IGNORECASE)
USERS_OWN = "the user's own"
"""License of data that the user supplied and that states none."""

KNOWN_SETS = {
    "7949604e539a033be86ef463e3c85c5914904f3daf58c9e7c03711035b94e63a": (
        "OSIE (Xu et al., JoV 2014)",
        "MIT",
    ),
    "6b8f70b0b58979ff3f42ea652d7a27aeeacd23d9a60cb3d9ea5ed34639e87d0c": (
        "Saliency in Crowd (Jiang et al., ECCV 2014)",
        "MIT",
    ),
    "cc6ea2510a65912a533cbef078c003dd712aa234cebd86a07df7311046f8b005": (
        "Scene structural guidance (Liang et al., 2015)",
        "MIT",
    ),
}
"""Fingerprint of its pictures to name and license of a set; see `_fingerprint`."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """The part of a card about how its model was made.

    Attributes:
        description: One sentence.
        data: Every source of training data.
        recipe: `command`, the command line, and the settings of every stage.
    """

    description: str
    data: list[DataSource]
    recipe: dict[str, Any]

    @property
    def license(self) -> str:
        """License of the weights: Apache-2.0 where every source permits it."""
        return weights_license(self.data)


def weights_license(data: Sequence[DataSource]) -> str:
    """License that the sources allow for weights trained on them: Apache-2.0, or restricted."""
    binding = [row.name for row in data if not _is_permissive(row.license)]
    return f"restricted by the terms of {', '.join(binding)}" if binding else "Apache-2.0"


def distillation_provenance(
    command: str,
    settings: dict[str, Any],
    *,
    root: Path,
    teachers: tuple[Path, Path],
    start: str = "",
    backbones: Sequence[int] = (),
    pools: Mapping[Path, Iterable[Path]] | None = None,
) -> Provenance:
    """How a distilled student was made, read from the files that the run used.

    Args:
        command: The command, without paths of this machine.
        settings: Stage to its settings.
        root: The gaze data, as `find_root` gives it.
        teachers: ONNX files of the spatial and the temporal teacher; both are hashed.
        start: See `start_lineage`.
        backbones: Scales of the backbones, where the run trained its own teachers; empty for given
            teachers, whose cards name their sources.
        pools: Folders of unlabelled pictures and clips to the files of each that were used.

    Raises:
        UvanetError: A table or a card is damaged.
    """
    start_data, lineage = start_lineage(start)
    teacher_data = backbone_sources(backbones) if backbones else teacher_sources(teachers)
    pool_data = [pool_sources(folder, files) for folder, files in (pools or {}).items()]
    stages = dict(settings)
    for kind, path in zip(("spatial teacher", "temporal teacher"), teachers, strict=True):
        stages[kind] = {"name": path.stem, "sha256": file_hash(path), **stages.get(kind, {})}
    return Provenance(
        "UVA-Net student, distilled from a spatial and a temporal teacher on human gaze and on "
        "unlabelled pictures and clips.",
        merge_sources(gaze_sources(root), start_data, teacher_data, *pool_data),
        {"command": command, "lineage": lineage, **stages},
    )


def gaze_sources(root: Path) -> list[DataSource]:
    """The sets with human gaze in the train split, and the synthetic motion made from them.

    Name and license of a set come from `<root>/fixations/sources.csv` (dataset, name, license), or
    from `KNOWN_SETS` if its pictures are those of a known set. Otherwise the license is "unknown".

    Args:
        root: The data, as `find_root` gives it.

    Raises:
        UsageError: A table is missing or damaged.
    """
    train = read_split(root, "train")
    groups: dict[str, list[GazePicture]] = {}
    for picture in [*train, *read_split(root, "val"), *read_split(root, "test")]:
        groups.setdefault(picture.dataset, []).append(picture)
    used = {name: [pic for pic in train if pic.dataset == name] for name in groups}
    stated = _stated(root / "fixations" / "sources.csv")
    rows = []
    for name in sorted(name for name in used if used[name]):
        title, license_ = (
            stated.get(name)
            or KNOWN_SETS.get(_fingerprint(pic.path for pic in groups[name]))
            or (name, UNKNOWN)
        )
        observers = max(len(set(pic.observers.tolist())) for pic in used[name])
        use = f"pictures and gaze of up to {observers} observers each"
        rows.append(DataSource(f"{title}, train split", license_, use, len(used[name])))
    if not rows:
        return []
    licenses = sorted({row.license for row in rows})
    name = "Synthetic motion made from the above (uvanet.data.synthetic)"
    return [*rows, DataSource(name, ", ".join(licenses), "frame pairs of the temporal branch")]


def backbone_sources(scales: Iterable[int]) -> list[DataSource]:
    """The frozen networks of the spatial teacher that this program trains.

    Args:
        scales: Scales of EfficientNet-Lite, 0, 1 or 2 each.
    """
    use = "of the spatial teacher, which labels all pictures"
    names = [f"EfficientNet-Lite{scale}, trained on ImageNet" for scale in dict.fromkeys(scales)]
    return [
        *(DataSource(name, "Apache-2.0", f"backbone {use}") for name in names),
        DataSource("BlazeFace, full range (MediaPipe)", "Apache-2.0", f"face detector {use}"),
    ]


def teacher_sources(files: Iterable[Path]) -> list[DataSource]:
    """The sources of teachers, from their cards; a teacher without a card is a source itself.

    Raises:
        ModelError: A card is damaged.
    """
    parts = []
    for path in files:
        card = path.with_suffix(".json")
        if card.is_file():
            parts.append(read_card(card).data)
        else:
            use = f"a teacher, which labels all pictures; sha256 {file_hash(path)}"
            parts.append([DataSource(path.stem, UNKNOWN, use)])
    return merge_sources(*parts)


def pool_sources(pool: Path, files: Iterable[Path]) -> list[DataSource]:
    """The sources of unlabelled pictures and clips, with the number of files from each.

    Args:
        pool: A folder, or a clip in one; `sources.csv` of the folder (file, source, license) has
            the source of each file.
        files: The used files in the folder. Files that the table does not list have an unknown
            license.

    Raises:
        UsageError: The table is damaged.
    """
    folder = pool.parent if pool.is_file() else pool
    stated = _stated(folder / "sources.csv")
    counts: Counter[tuple[str, str]] = Counter()
    for path in files:
        name = path.relative_to(folder).as_posix()
        counts[stated.get(name, (f"{pool.name}, not in sources.csv", UNKNOWN))] += 1
    return [
        DataSource(source, license_, "labelled by the teachers", count)
        for (source, license_), count in sorted(counts.items())
    ]


def start_lineage(start: str) -> tuple[list[DataSource], list[dict[str, str]]]:
    """The sources of the start weights, and the models from which they were made, oldest first.

    Args:
        start: Name or ONNX file of a model, or a .safetensors file; empty for random weights.

    Returns:
        The sources of the card beside the weights, and a row for each earlier model with `name`,
        `sha256` of its weights file and `command`. Weights without a card are a source of unknown
        license.

    Raises:
        ModelError: There is no such model, or its card is damaged.
    """
    if not start:
        return [], []
    weights = expand_user(start)
    if weights.suffix != ".safetensors":
        weights = resolve_model(start).path.with_suffix(".safetensors")
    if not weights.is_file():
        raise ModelError(
            tr("There are no weights {weights}.").format(weights=weights),
            tr("Choose another start."),
        )
    row = {"name": weights.stem, "sha256": file_hash(weights)}
    beside = weights.with_suffix(".json")
    if not beside.is_file():
        use = f"start weights; sha256 {row['sha256']}"
        return [DataSource(weights.stem, UNKNOWN, use)], [{**row, "command": UNKNOWN}]
    card = read_card(beside)
    before = card.recipe.get("lineage")
    lineage = [dict(row) for row in before] if isinstance(before, list) else []
    return card.data, [
        *lineage,
        {**row, "name": card.name, "command": str(card.recipe.get("command", UNKNOWN))},
    ]


def merge_sources(*parts: Iterable[DataSource]) -> list[DataSource]:
    """Joins lists of sources; of sources with the same name and license, the first is kept."""
    rows: dict[tuple[str, str], DataSource] = {}
    for part in parts:
        for row in part:
            rows.setdefault((row.name, row.license), row)
    return list(rows.values())


def _stated(table: Path) -> dict[str, tuple[str, str]]:
    """Key (`file` or `dataset`) to name (`source` or `name`) and license; empty without a table."""
    if not table.is_file():
        return {}
    try:
        with table.open(newline="", encoding="utf-8") as file:
            return {
                row.get("file") or row["dataset"]: (
                    row.get("source") or row["name"],
                    row.get("license") or row.get("licence") or UNKNOWN,
                )
                for row in csv.DictReader(file)
            }
    except (OSError, KeyError, TypeError, ValueError, csv.Error) as error:
        raise UsageError(
            tr(
                "{table} is not a table with the columns file (or dataset), source (or name) "
                "and license."
            ).format(table=table),
            tr("Correct it, or remove it."),
        ) from error


def _fingerprint(pictures: Iterable[Path]) -> str:
    """SHA-256 over the SHA-256 of each file, ordered by path."""
    digest = hashlib.sha256()
    for path in sorted(pictures):
        digest.update(bytes.fromhex(file_hash(path)))
    return digest.hexdigest()


def _is_permissive(license_: str) -> bool:
    """Whether weights trained on data of this license may ship under Apache-2.0.

    If there are several licenses, joined by commas or plus signs, each must permit it.
    """
    parts = [part.strip() for part in re.split(r"[,+]", license_)]
    return not _RESTRICTED.search(license_) and all(
        part == USERS_OWN or _PERMISSIVE.search(part) for part in parts
    )
