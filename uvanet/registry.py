"""The installed models: lists them, and resolves what users type to a model file.

A model is shipped with the program, belongs to the user (`uvanet.user_models`), or is any ONNX file
given by its path. If a shipped model and a user's model have the same name, the name selects the
shipped one; the path selects the other.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from uvanet.errors import ModelError, UvanetError
from uvanet.i18n import tr
from uvanet.model_card import Card, file_hash, read_card
from uvanet.paths import expand_user, resource
from uvanet.redaction import excerpt
from uvanet.runtime.external_onnx import ExternalOnnx
from uvanet.user_models import user_model, user_model_files

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class ResolvedModel:
    """A model file on disk; exactly one of `card` and `external` is set.

    Attributes:
        path: The ONNX file.
        card: Its card; None for an ONNX model without one.
        external: How to run an ONNX model without a card.
    """

    path: Path
    card: Card | None
    external: ExternalOnnx | None

    def verified(self) -> tuple[Path, Card]:
        """The file and its card, once the file matches the card's SHA-256.

        Raises:
            ModelError: The model has no card, or the file does not match it.
        """
        if self.card is None:
            raise ModelError(
                tr("{name} is missing beside its ONNX file.").format(
                    name=self.path.with_suffix(".json").name
                ),
                tr("Copy both files together."),
            )
        try:
            intact = file_hash(self.path) == self.card.sha256
        except OSError as error:
            raise ModelError(
                tr("{path} cannot be read: {reason}.").format(
                    path=self.path, reason=error.strerror
                ),
                tr("Copy the model again."),
            ) from error
        if not intact:
            raise ModelError(
                tr("{name} is damaged: it is not the file that its card describes.").format(
                    name=self.path.name
                ),
                tr("Install the program again, or copy the model again."),
            )
        return self.path, self.card


def shipped_students() -> list[Card]:
    """Cards of the float students that ship, smallest first."""
    cards = _named_cards(_shipped_files())
    students = (card for card in cards if card.trainable)
    return sorted(students, key=lambda card: (card.input_size, card.inference_size))


def list_models() -> list[Card]:
    """Cards of all installed models: students first, then by input size and name.

    A model is left out, with a warning in the log, if its card is damaged or has another name than
    the file.
    """
    cards = [*_named_cards(_shipped_files()), *list_user_models()]
    return sorted(cards, key=lambda card: (card.role != "student", card.input_size, card.name))


available = list_models
"""Name of `list_models` in version 0.1.0."""


def list_user_models() -> list[Card]:
    """Cards of the user's own models, by name.

    A model that is damaged or has the name of a shipped one is left out with a warning.
    """
    shipped = {path.stem for path in _shipped_files()}
    files = user_model_files()
    for path in files:
        if path.stem in shipped:
            _LOG.warning("model left out: %s has the name of a model that ships", path)
    return _named_cards([path for path in files if path.stem not in shipped])


def resolve_model(name_or_path: str | Path) -> ResolvedModel:
    """Finds the file of a model.

    Args:
        name_or_path: The name of an installed model, or the path of an ONNX file, which may begin
            with `~`. The path of a file without a card may be followed by settings, for example
            `unisal.onnx,mean=0.485:0.456:0.406` (see `uvanet.runtime.external_onnx`).

    Raises:
        ModelError: There is no such model, or its card is damaged.
        UsageError: A setting after the path is invalid.
    """
    text = str(name_or_path)
    if text.lower().endswith(".onnx"):
        path = _existing_file(text)
        if _is_file(path.with_suffix(".json")):
            return ResolvedModel(path, read_card(path.with_suffix(".json")), None)
        return ResolvedModel(path, None, ExternalOnnx(path, path.stem))
    if ".onnx," in text.lower():
        external = ExternalOnnx.parse(text)
        _existing_file(str(external.path))
        return ResolvedModel(external.path, None, external)
    path = _file_of_name(text)
    return ResolvedModel(path, _named_card(path), None)


def is_available(name_or_path: str | Path) -> bool:
    """Whether `resolve_model` finds a model; for names that were stored earlier."""
    try:
        resolve_model(name_or_path)
    except UvanetError:
        return False
    return True


def _file_of_name(name: str) -> Path:
    # File systems take names of at most 255 bytes, without slash and zero byte.
    if re.fullmatch(r"[^/\\\0]{1,60}", name):
        with suppress(UvanetError, OSError):
            shipped = {path.stem: path for path in _shipped_files()}
            if path := shipped.get(name) or user_model(name):
                return path
    names = ", ".join(card.name for card in list_models())
    hint = tr("Choose one of: {names}; or give the path of an .onnx file.").format(names=names)
    raise ModelError(
        tr("There is no model named {name!r}.").format(name=excerpt(name)),
        hint if names else tr("The models of the program are missing: install it again."),
    )


def _shipped_files() -> list[Path]:
    try:
        return sorted(resource("weights").glob("*.onnx"))
    except (OSError, UvanetError) as error:  # models of others still work
        _LOG.info("models left out: %s", error)
        return []


def _existing_file(text: str) -> Path:
    path = expand_user(text)
    if not _is_file(path):
        raise ModelError(
            tr("There is no model file {path}.").format(path=path), tr("Check the path.")
        )
    return path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long for the file system; a zero byte in it
        return False


def _named_card(path: Path) -> Card:
    card = read_card(path.with_suffix(".json"))
    if card.name != path.stem:
        raise ModelError(
            tr("{card} names its model {name!r}, not {stem!r}.").format(
                card=path.with_suffix(".json"), name=card.name, stem=path.stem
            ),
            tr("Rename the files, or correct the name in the card."),
        )
    return card


def _named_cards(files: Sequence[Path]) -> list[Card]:
    cards = []
    for path in files:
        try:
            cards.append(_named_card(path))
        except ModelError as error:
            _LOG.warning("model left out: %s", error)
    return cards
