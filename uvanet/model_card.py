"""Models on disk: an ONNX file and a card beside it that says what it is, hash and all."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from uvanet.atomic_io import atomic_write
from uvanet.errors import ModelError, UvanetError
from uvanet.paths import resource
from uvanet.user_models import user_model, user_models

CARD_FORMAT = 1


@dataclass(frozen=True, slots=True)
class Card:
    """What a model is. Stored as `<name>.json` beside `<name>.onnx`.

    Attributes:
        name: Such as "uvanet-64".
        role: A student runs live; a teacher stands beside it; a foreign one has no card on disk.
        description: One sentence.
        input_size: Height and width of the input, pixels.
        parameters: Number of trained values; 0 where unknown.
        macs: Multiply-accumulates of one streaming step; 0 where unknown.
        sha256: Of the ONNX file, in hex.
        license: Of the weights, an SPDX name.
        data: What it was trained on: a row with name, licence and use each.
        recipe: How: the command, and every setting of the run.
        metrics: Split or set to model or baseline to metric to value.
        limits: What it should not be trusted for; a sentence each.
        citation: The paper.
        format: Of this file.
    """

    name: str
    role: Literal["student", "teacher", "foreign"]
    description: str
    input_size: tuple[int, int]
    parameters: int
    macs: int
    sha256: str
    license: str
    data: list[dict[str, str]]
    recipe: dict[str, Any]
    metrics: dict[str, dict[str, dict[str, float]]]
    limits: list[str]
    citation: str
    format: int = field(default=CARD_FORMAT)

    @property
    def trainable(self) -> bool:
        """Whether a training may start from it: a quantized student can only run."""
        return self.role == "student" and "of" not in self.recipe

    def measured(self, split: str) -> dict[str, float]:
        """What the model as users see it was measured to; empty where it was not measured.

        Args:
            split: A set of `metrics`.
        """
        rows = self.metrics.get(split, {})
        # A student's card tells the whole from its branches, and all cards have baselines too.
        found = rows.get("fused") or rows.get(self.name)
        return found or (next(iter(rows.values())) if len(rows) == 1 else {})

    def write(self, path: Path) -> None:
        """Writes the card as JSON."""
        text = json.dumps(asdict(self), indent=2, ensure_ascii=False) + "\n"
        with atomic_write(path) as part:
            part.write_text(text, encoding="utf-8")


def read_card(path: Path) -> Card:
    """Reads a card.

    Raises:
        ModelError: It is missing, no card, or of a later version.
    """
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ModelError(
            f"{path.name} is missing beside its ONNX file.", "Copy both files together."
        ) from error
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ModelError(f"{path} is no readable model card.", "Copy the model again.") from error
    if not isinstance(raw, dict) or raw.get("format") != CARD_FORMAT:
        raise ModelError(
            f"{path} is of a version that this program does not know.",
            "Use the program that wrote it, or export the model again.",
        )
    try:
        height, width = raw.pop("input_size")
        if "licence" in raw:  # the spelling of 0.1.0
            raw["license"] = raw.pop("licence")
        return Card(input_size=(height, width), **raw)
    except (TypeError, ValueError, KeyError) as error:
        raise ModelError(f"{path} lacks what a model card holds.", "Export it again.") from error


def file_hash(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def available() -> list[Card]:
    """The models that come with the program and the user's own, students first, by size."""
    cards = [read_card(path) for path in sorted(resource("weights").glob("*.json"))]
    cards += [card for _, card in user_models()]
    return sorted(cards, key=lambda card: (card.role != "student", card.input_size, card.name))


def external_card(path: Path, name: str, input_size: tuple[int, int]) -> Card:
    """What is known of a model of others, which has no card.

    Args:
        path: The ONNX file.
        name: What users call it.
        input_size: Height and width of the input, pixels.
    """
    return Card(
        name=name,
        role="foreign",
        description="A model of your own.",
        input_size=input_size,
        parameters=0,
        macs=0,
        sha256=file_hash(path),
        license="unknown",
        data=[],
        recipe={"command": "unknown"},
        metrics={},
        limits=["Nothing is known of it; measure it with uvanet eval."],
        citation="",
    )


def model_file(name: str | Path) -> Path:
    """The ONNX file of a model: of the user's own, of those that ship, or by its path.

    Raises:
        ModelError: There is none.
    """
    if str(name).lower().endswith(".onnx"):
        path = Path(name).expanduser()
        if not path.is_file():
            raise ModelError(f"There is no model file {path}.", "Check the path.")
        return path
    try:
        return user_model(str(name)) or resource(f"weights/{name}.onnx")
    except UvanetError as error:
        names = ", ".join(card.name for card in available()) or "none"
        raise ModelError(
            f"There is no model named {str(name)!r}.",
            f"Choose one of: {names}; or give the path of an .onnx file.",
        ) from error


def find(name: str | Path) -> tuple[Path, Card]:
    """Finds a model as `model_file` does, and checks that the file is the one of its card.

    Raises:
        ModelError: It does not exist, has no card, or the file is not the one the card describes.
    """
    path = model_file(name)
    card = read_card(path.with_suffix(".json"))
    if file_hash(path) != card.sha256:
        raise ModelError(
            f"{path.name} is damaged: it is not the file that its card describes.",
            "Install the program again, or copy the model again.",
        )
    return path, card
