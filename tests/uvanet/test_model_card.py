"""Model cards: reading, refusing, and bad cards, which must not affect other models."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

import uvanet
from uvanet.errors import ModelError, UsageError
from uvanet.model_card import Card, DataSource, ModelReference, read_card, set_title
from uvanet.paths import resource
from uvanet.registry import is_available, list_models, list_user_models, resolve_model
from uvanet.user_models import models_folder

if TYPE_CHECKING:
    from collections.abc import Iterator

OLD = Path(__file__).parent / "files_of_0_1_0"


def shipped() -> dict[str, Any]:
    card: dict[str, Any] = json.loads(resource("weights/uvanet-64.json").read_text())
    return card


BAD_CARDS: dict[str, Any] = {
    "name is a number": {**shipped(), "name": 5},
    "named unlike its folder": {**shipped(), "name": "uvanet-64"},
    "name is a path": {**shipped(), "name": "../../etc"},
    "input size is null": {**shipped(), "input_size": [None, None]},
    "input size is zero": {**shipped(), "input_size": [0, 0]},
    "input size is huge": {**shipped(), "input_size": [2**40, 64]},
    "metrics is a number": {**shipped(), "metrics": 5},
    "a metric is a list": {**shipped(), "metrics": {"test": {"ensemble": {"nss": []}}}},
    "memory is endless": {**shipped(), "memory_seconds": 1e9},
    "hash is short": {**shipped(), "sha256": "abc"},
    "role is unknown": {**shipped(), "role": "foreign"},
    "newer format": {**shipped(), "format": 99},
    "no format": {key: value for key, value in shipped().items() if key != "format"},
    "a list": [1, 2],
}
BAD_TEXTS = {
    **{name: json.dumps(card).encode() for name, card in BAD_CARDS.items()},
    "50,000 brackets": b"[" * 50_000,
    "brackets in a field": b'{"format": 1, "metrics": ' + b"[" * 50_000,
    "not UTF-8": b'{"name": "\xff\xfe"}',
    "larger than a card": b" " * (1 << 21) + b"{}",
    "empty": b"",
}


@pytest.fixture(params=BAD_TEXTS)
def bad_model(request: pytest.FixtureRequest) -> Iterator[str]:
    """A user's model with an intact ONNX file and a bad card."""
    name = "mine-0101-0000"
    folder = models_folder() / name
    folder.mkdir(parents=True)
    shutil.copyfile(resource("weights/uvanet-64.onnx"), folder / f"{name}.onnx")
    (folder / f"{name}.json").write_bytes(BAD_TEXTS[request.param])
    yield name
    shutil.rmtree(folder)


def test_a_bad_card_is_left_out_with_a_warning(
    bad_model: str, caplog: pytest.LogCaptureFixture
) -> None:
    names = [card.name for card in uvanet.list_models()]
    assert bad_model not in names
    assert {"uvanet-32", "uvanet-64", "uvanet-128", "teacher-spatial"} <= set(names)
    assert list_user_models() == []
    assert f"{bad_model}.json" in caplog.text
    with pytest.raises(ModelError, match=rf"{bad_model}\.json"):
        uvanet.load(bad_model)
    assert not is_available(bad_model)


def test_a_folder_named_like_a_model_that_ships_does_not_hide_it(
    caplog: pytest.LogCaptureFixture,
) -> None:
    folder = models_folder() / "uvanet-64"
    shipped_file = resource("weights/uvanet-64.onnx")
    folder.mkdir(parents=True)
    try:
        for suffix in (".onnx", ".json"):
            shutil.copyfile(shipped_file.with_suffix(suffix), folder / f"uvanet-64{suffix}")
        assert resolve_model("uvanet-64").path == shipped_file
        assert resolve_model(folder / "uvanet-64.onnx").path == folder / "uvanet-64.onnx"
        assert [card.name for card in uvanet.list_models()].count("uvanet-64") == 1
        assert list_user_models() == []
    finally:
        shutil.rmtree(folder)
    assert "has the name of a model that ships" in caplog.text


def test_info_lists_the_other_models_beside_a_bad_card() -> None:
    folder = models_folder() / "broken"
    folder.mkdir(parents=True)
    try:
        shutil.copyfile(resource("weights/uvanet-64.onnx"), folder / "broken.onnx")
        (folder / "broken.json").write_bytes(b"[" * 50_000)
        command = [sys.executable, "-m", "uvanet", "info", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    finally:
        shutil.rmtree(folder)
    assert done.returncode == 0, done.stderr
    assert "uvanet-64" in [row["name"] for row in json.loads(done.stdout)["models"]]
    assert "Traceback" not in done.stderr


def test_info_shows_a_card_whose_rows_hold_different_metrics(tmp_path: Path) -> None:
    shutil.copyfile(resource("weights/uvanet-64.onnx"), tmp_path / "a.onnx")
    rows = {"before": {"cc": 0.5}, "after": {"nss": 2.0}, "empty": {}}
    card = {**shipped(), "name": "a", "metrics": {"scene": rows, "nothing": {}}, "recipe": {}}
    (tmp_path / "a.json").write_text(json.dumps(card))
    command = [sys.executable, "-m", "uvanet", "info", str(tmp_path / "a.onnx")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "0.500" in done.stdout


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_as_a_card_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "model.json")
    with pytest.raises(ModelError, match="not a regular file"):
        read_card(tmp_path / "model.json")


def test_info_prints_no_control_characters_of_a_card(tmp_path: Path) -> None:
    shutil.copy(resource("weights/uvanet-32.onnx"), tmp_path / "red.onnx")
    card = json.loads(resource("weights/uvanet-32.json").read_text())
    red = {**card, "name": "red", "description": "a\x1b[31m b", "recipe": {"command": "c\x07\x9bd"}}
    (tmp_path / "red.json").write_text(json.dumps(red))
    command = [sys.executable, "-m", "uvanet", "info", str(tmp_path / "red.onnx")]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "a\\x1b[31m b" in shown
    assert "c\\x07\\x9bd" in shown
    assert not set("\x1b\x07\x9b") & set(shown)


def test_a_student_card_of_0_1_0_is_read() -> None:
    card = read_card(OLD / "uvanet-64-int8.json")
    assert (card.name, card.role, card.license) == ("uvanet-64-int8", "student", "Apache-2.0")
    assert card.architecture == "uvanet-64"
    digest = "c0ff4f517c3459a6f43d5a4b76337f26a5269011eaecd44d02e50ebd9c670d26"
    assert card.quantized_from == ModelReference("uvanet-64", digest)
    assert not card.trainable
    assert card.data[0].license == "MIT"
    assert card.measured("test")["nss"] == pytest.approx(1.9783)
    assert card.memory_seconds == pytest.approx(0.1)


def test_a_teacher_card_of_0_1_0_is_read() -> None:
    card = read_card(OLD / "teacher-temporal.json")
    assert (card.role, card.architecture, card.quantized_from) == ("teacher", "", None)
    assert card.memory_seconds == pytest.approx(1.2)
    assert card.measured("talk")["nss"] > 5


def test_a_fine_tuned_card_has_the_scores_after_training() -> None:
    rows = {"before": {"nss": 1.5}, "after": {"nss": 1.6}}
    card = msgspec.convert({**shipped(), "name": "mine", "metrics": {"test": rows}}, Card)
    assert card.measured("test") == {"nss": 1.6}


def test_data_sets_have_names_for_users() -> None:
    assert set_title("talk") == "clips of people talking"
    assert set_title("test/osie") == "pictures, test split, osie"
    assert set_title("later frames of the scene") == "later frames of the scene"
    assert set_title("my/own") == "my/own"


def test_a_card_is_written_as_it_is_read(tmp_path: Path) -> None:
    for name in ("uvanet-64", "uvanet-64-int8", "teacher-temporal"):
        card = read_card(resource(f"weights/{name}.json"))
        card.write(tmp_path / "card.json")
        assert read_card(tmp_path / "card.json") == card
    assert all(isinstance(row, DataSource) for row in card.data)


def test_every_shipped_card_states_what_code_asks_of_it() -> None:
    cards = {card.name: card for card in list_models()}
    assert len(cards) == len(list(resource("weights").glob("*.onnx")))
    for card in cards.values():
        assert bool(card.architecture) == (card.role == "student"), card.name
        assert (card.quantized_from is not None) == card.name.endswith("-int8")
        if card.quantized_from is not None:
            assert card.quantized_from.sha256 == cards[card.quantized_from.name].sha256


@pytest.mark.parametrize(
    "name",
    [
        "~nobody-here/x.onnx",
        "x" * 300,
        "y" * 300 + ".onnx",
        "a\0b",
        "a\0b.onnx",
        "",
        ".",
        "..",
        "a/b",
    ],
)
def test_a_name_that_cannot_exist_is_a_model_error(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        resolve_model(name)
    assert len(str(caught.value)) < 1000
    assert not is_available(name)


def test_a_name_or_path_is_resolved_in_one_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for ending in ("onnx", "json"):
        shutil.copyfile(resource(f"weights/uvanet-32.{ending}"), tmp_path / f"uvanet-32.{ending}")
    own = resolve_model("~/uvanet-32.onnx")
    assert own.path == tmp_path / "uvanet-32.onnx"
    assert own.card is not None
    assert own.external is None
    (tmp_path / "uvanet-32.json").unlink()
    bare = resolve_model(tmp_path / "uvanet-32.onnx")
    assert bare.card is None
    assert bare.external is not None
    with pytest.raises(ModelError, match=r"uvanet-32\.json is missing"):
        bare.verified()
    settings = resolve_model("~/uvanet-32.onnx,size=64x48,name=mine")
    assert settings.external is not None
    assert (settings.external.name, settings.external.size) == ("mine", (64, 48))
    with pytest.raises(UsageError, match="'side' is not a setting"):
        resolve_model("~/uvanet-32.onnx,side=3")
    with pytest.raises(ModelError, match=r"no model file .*gone\.onnx"):
        resolve_model("~/gone.onnx,size=64x48")
    assert resolve_model("uvanet-64").verified()[1].name == "uvanet-64"
    assert isinstance(resolve_model("uvanet-64").card, Card)
