"""Model cards: the format of `<name>.json`, which describes `<name>.onnx` beside it.

Follows the idea of Mitchell et al., *Model Cards for Model Reporting*, FAT* 2019. Cards are
checked by type and bounds when they are read; cards of 0.1.0 (format 1) are read too.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from uvanet.atomic_io import write_bytes
from uvanet.bounded_io import NotReadableError, read_bounded
from uvanet.errors import ModelError
from uvanet.i18n import tr, tr_noop

CARD_FORMAT = 2
MAX_CARD_BYTES = 1 << 20
STUDENT_MEMORY, TEACHER_MEMORY = 0.1, 1.2
"""`Card.memory_seconds` of cards of 0.1.0, which do not state it."""

Name = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^/\\\x00-\x1f]+\Z")]
Text = Annotated[str, Meta(max_length=4000)]
Digest = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}\Z")]
Side = Annotated[int, Meta(ge=8, le=4096)]
Count = Annotated[int, Meta(ge=0, le=10**15)]
Metrics = dict[str, dict[str, dict[str, float]]]
"""Data set to predictor to metric to mean value."""

SET_TITLES = {
    "val": tr_noop("pictures, val split"),
    "test": tr_noop("pictures, test split"),
    "talk": tr_noop("clips of people talking"),
    "steady": tr_noop("steady clips, maps 100 ms apart"),
}
"""Names of the project's own data sets for users, by their keys in `Card.metrics`."""


class DataSource(Struct, frozen=True):
    """One source of training data.

    Attributes:
        name: Name of the data set, with its reference where it is published.
        license: SPDX name, or the terms in words.
        use: How the training used it.
        count: Number of files or pictures used; None where it was not counted.
    """

    name: Text
    license: Text
    use: Text
    count: Count | None = None


class ModelReference(Struct, frozen=True):
    """Another model, by name and content.

    Attributes:
        name: Its name.
        sha256: SHA-256 of its ONNX file, hex.
    """

    name: Name
    sha256: Digest


class Card(Struct, frozen=True, kw_only=True):
    """Description of a model, stored as `<name>.json` beside `<name>.onnx`.

    Attributes:
        name: Name of the model, for example "uvanet-64".
        role: "student" runs live, "teacher" labels training data and runs beside a student,
            "external" is an ONNX model without a card.
        description: One sentence.
        input_size: Height and width of the input in training, pixels, 8..4096.
        shown_size: Side of a square with as many pixels as pictures are shown at, where that
            differs from training: a network often predicts best at somewhat more pixels than it
            was trained at (Touvron et al., *Fixing the train-test resolution discrepancy*,
            NeurIPS 2019). None: `input_size`.
        size_multiple: Height and width of any input of the network are multiples of it.
        architecture: Key of `uvanet.models.PRESETS` that the weights fit; empty for others.
        quantized_from: The float model that this one was quantized from; None for float models.
        memory_seconds: How far back earlier frames change a prediction, seconds, 0..60; further
            where frames are more than 100 ms apart.
        parameters: Number of trained values; 0 where unknown.
        macs: Multiply-accumulates of one streaming step at the shown size; 0 where unknown.
        sha256: SHA-256 of the ONNX file, hex.
        license: License of the weights, an SPDX name.
        data: Sources of the training data.
        recipe: The training `command`, and the settings of every training stage.
        metrics: Data set to predictor to metric to mean value.
        limits: Known limits, one sentence each.
        notes: Remarks on the numbers above, one sentence each.
        citation: The paper.
        format: Version of this format.
    """

    name: Name
    role: Literal["student", "teacher", "external"]
    description: Text
    input_size: tuple[Side, Side]
    shown_size: Side | None = None
    size_multiple: Literal[4, 8, 16, 32, 64] = 4
    architecture: Text = ""
    quantized_from: ModelReference | None = None
    memory_seconds: Annotated[float, Meta(ge=0, le=60)] = 0.0
    parameters: Count = 0
    macs: Count = 0
    sha256: Digest
    license: Text
    data: list[DataSource] = msgspec.field(default_factory=list)
    recipe: dict[str, Any] = msgspec.field(default_factory=dict)
    metrics: Metrics = msgspec.field(default_factory=dict)
    limits: list[Text] = msgspec.field(default_factory=list)
    notes: list[Text] = msgspec.field(default_factory=list)
    citation: Text = ""
    format: Literal[2] = 2

    def __repr__(self) -> str:
        # All fields of a list of cards would fill the screen.
        return f"<Card {self.name!r}, {self.role}>"

    @property
    def inference_size(self) -> tuple[int, int]:
        """Height and width of an input with as many pixels as pictures are shown at."""
        return (self.shown_size, self.shown_size) if self.shown_size else self.input_size

    @property
    def trainable(self) -> bool:
        """Whether training can start from it: a float student."""
        return self.role == "student" and self.quantized_from is None

    def measured(self, split: str) -> dict[str, float]:
        """Metrics of the prediction that users see; empty if it was not measured.

        Args:
            split: A key of `metrics`, such as "val", "test" or "talk".
        """
        rows = self.metrics.get(split, {})
        # The card of a student lists its branches beside the ensemble, and every card lists
        # baselines. The card of a fine-tuned student lists the student before and after.
        row = rows.get("ensemble") or rows.get(self.name) or rows.get("after")
        return row or (next(iter(rows.values())) if len(rows) == 1 else {})

    def write(self, path: Path) -> None:
        """Writes the card as JSON.

        Raises:
            OSError: The file cannot be written.
        """
        text = msgspec.json.format(msgspec.json.encode(self), indent=2)
        write_bytes(path, text + b"\n")


def set_title(name: str) -> str:
    """Title of a data set for users.

    Args:
        name: A key of `Card.metrics`, such as "talk" or "test/osie". The name of the user's own
            data is returned unchanged.
    """
    whole, _, part = name.partition("/")
    if whole not in SET_TITLES:
        return name
    title = tr(SET_TITLES[whole])
    return f"{title}, {part}" if part else title


def read_card(path: Path) -> Card:
    """Reads and checks a card.

    Raises:
        ModelError: The file is missing, is not a card, is too large, or has a newer format. The
            message names the file and an invalid field.
    """
    try:
        data = read_bounded(path, MAX_CARD_BYTES)
    except FileNotFoundError as error:
        raise ModelError(
            tr("{name} is missing beside its ONNX file.").format(name=path.name),
            tr("Copy both files together."),
        ) from error
    except OSError as error:
        raise ModelError(
            tr("The model card {path} cannot be read: {reason}.").format(
                path=path, reason=error.strerror
            ),
            tr("Copy the model again."),
        ) from error
    except NotReadableError as error:
        raise ModelError(
            tr("{path} is not a valid model card: {error}.").format(path=path, error=error),
            tr("Copy the model again."),
        ) from error
    try:
        raw = msgspec.json.decode(data, type=dict[str, Any])
        version = raw.get("format")
        if isinstance(version, int) and version > CARD_FORMAT:
            raise ModelError(
                tr(
                    "The model card {path} has format {version}; this version reads up to {newest}."
                ).format(path=path, version=version, newest=CARD_FORMAT),
                tr("Update uvanet, or export the model again."),
            )
        return msgspec.convert(_from_format_1(raw) if version == 1 else raw, Card)
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise ModelError(
            tr("{path} is not a valid model card: {error}.").format(path=path, error=error),
            tr("Copy or export the model again."),
        ) from error


def _from_format_1(raw: dict[str, Any]) -> dict[str, Any]:
    """Renames the fields of a card of 0.1.0; fields of a wrong type are left for the check."""
    card = {**raw, "format": CARD_FORMAT}
    if "licence" in card:
        card["license"] = card.pop("licence")
    if isinstance(rows := card.get("data"), list):
        card["data"] = [
            {("license" if key == "licence" else key): value for key, value in row.items()}
            if isinstance(row, dict)
            else row
            for row in rows
        ]
    if card.get("role") == "foreign":
        card["role"] = "external"
    student = card.get("role") == "student"
    card["memory_seconds"] = STUDENT_MEMORY if student else TEACHER_MEMORY
    if isinstance(recipe := card.get("recipe"), dict):
        card["recipe"] = {key: value for key, value in recipe.items() if key != "of"}
        card["quantized_from"] = recipe.get("of")
        config = recipe.get("config")
        if student:
            preset = config.get("preset") if isinstance(config, dict) else None
            card["architecture"] = preset or card.get("name")
    if isinstance(sets := card.get("metrics"), dict):
        renamed = {
            "fused": "ensemble",
            "mixed": "spatiotemporal",
            "centre-prior": "center-prior",
        }
        card["metrics"] = {
            name: {renamed.get(row, row): values for row, values in rows.items()}
            if isinstance(rows, dict)
            else rows
            for name, rows in sets.items()
        }
    return card


def file_hash(path: Path) -> str:
    """SHA-256 of a file, hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def external_card(path: Path, name: str, input_size: tuple[int, int]) -> Card:
    """Card of an ONNX model that has none.

    Args:
        path: The ONNX file.
        name: Name for users.
        input_size: Height and width of the input, pixels.
    """
    return Card(
        name=name,
        role="external",
        description="An ONNX model without a model card.",
        input_size=input_size,
        sha256=file_hash(path),
        license="unknown",
        recipe={"command": "unknown"},
        limits=["Its accuracy is unknown; measure it with uvanet eval."],
    )
