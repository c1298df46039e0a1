"""Provenance: a card names exactly the sources that the run read."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from uvanet.errors import ModelError, UsageError
from uvanet.model_card import DataSource, file_hash, read_card
from uvanet.paths import resource
from uvanet.training import provenance
from uvanet.training.provenance import (
    gaze_sources,
    merge_sources,
    pool_sources,
    start_lineage,
    teacher_sources,
    weights_license,
)

if TYPE_CHECKING:
    from pathlib import Path


def write_table(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def test_made_up_sets_give_exactly_their_rows(gaze_tree: Path) -> None:
    """0.1.0 always claimed OSIE, Crowd and SSG under MIT."""
    sources = gaze_sources(gaze_tree)
    assert [(row.name, row.license, row.count) for row in sources] == [
        ("made, train split", "unknown", 8),
        ("Synthetic motion made from the above (uvanet.data.synthetic)", "unknown", None),
    ]
    assert weights_license(sources).startswith("restricted by the terms of made")
    table = gaze_tree / "fixations" / "sources.csv"
    row = {"dataset": "made", "name": "Made (Doe, 2026)", "license": "CC0"}
    write_table(table, [row, {**row, "dataset": "other"}])
    sources = gaze_sources(gaze_tree)
    assert [(row.name, row.license) for row in sources] == [
        ("Made (Doe, 2026), train split", "CC0"),
        ("Synthetic motion made from the above (uvanet.data.synthetic)", "CC0"),
    ]
    assert weights_license(sources) == "Apache-2.0"
    table.write_text("a,b\n1,2\n")
    with pytest.raises(UsageError, match=r"sources\.csv"):
        gaze_sources(gaze_tree)


def test_a_set_is_recognized_by_its_pictures_and_not_by_its_name(
    gaze_tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (gaze_tree / "fixations" / "made").rename(gaze_tree / "fixations" / "osie")
    for name in ("split.csv",):
        table = gaze_tree / "fixations" / name
        table.write_text(table.read_text().replace("made/", "osie/"))
    assert [row.license for row in gaze_sources(gaze_tree)] == ["unknown", "unknown"]
    digest = provenance._fingerprint((gaze_tree / "fixations" / "osie").glob("*"))
    monkeypatch.setitem(provenance.KNOWN_SETS, digest, ("Known", "MIT"))
    assert gaze_sources(gaze_tree)[0].name == "Known, train split"
    next((gaze_tree / "fixations" / "osie").glob("*")).write_bytes(b"another picture")
    assert gaze_sources(gaze_tree)[0].license == "unknown"


def test_the_sets_behind_the_shipped_weights_are_recognized(data_root: Path) -> None:
    found = [(row.name.split(" (")[0], row.license, row.count) for row in gaze_sources(data_root)]
    assert found[:3] == [
        ("Saliency in Crowd", "MIT", 300),
        ("OSIE", "MIT", 420),
        ("Scene structural guidance", "MIT", 300),
    ]


def test_the_files_of_a_pool_are_counted_by_what_its_table_says(tmp_path: Path) -> None:
    for name in ("a.jpg", "b/c.jpg", "b/d.mp4", "e.jpg"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    rows = [
        {"file": "a.jpg", "source": "one", "licence": "CC0", "credit": ""},
        {"file": "b/c.jpg", "source": "two", "licence": "CC-BY 4.0", "credit": ""},
        {"file": "b/d.mp4", "source": "two", "licence": "CC-BY 4.0", "credit": ""},
        {"file": "gone.jpg", "source": "gone", "licence": "MIT", "credit": ""},
    ]
    write_table(tmp_path / "sources.csv", rows)
    files = [tmp_path / name for name in ("a.jpg", "b/c.jpg", "b/d.mp4", "e.jpg")]
    found = {(row.name, row.license, row.count) for row in pool_sources(tmp_path, files)}
    assert found == {
        (f"{tmp_path.name}, not in sources.csv", "unknown", 1),
        ("one", "CC0", 1),
        ("two", "CC-BY 4.0", 2),
    }


@pytest.mark.parametrize(
    ("license_", "free"),
    [
        ("MIT", True),
        ("CC0 / public domain", True),
        ("US public domain + CC0", True),
        ("CC-BY (version not stated on the site)", True),
        ("MIT, BSD-3-Clause", True),
        ("the user's own", True),
        ("unknown", False),
        ("MIT, unknown", False),
        ("CC-BY-NC 4.0", False),
        ("CC-BY-SA 4.0", False),
        ("ImageNet terms (research)", False),
        ("COCO (Flickr, mixed CC)", False),
        ("its authors' terms", False),
    ],
)
def test_only_permissive_sources_let_weights_be_apache(license_: str, free: bool) -> None:
    found = weights_license([DataSource("a", "MIT", ""), DataSource("b", license_, "")])
    assert found == ("Apache-2.0" if free else "restricted by the terms of b")


def test_a_teacher_is_named_by_its_card_or_by_its_content(tmp_path: Path) -> None:
    path = tmp_path / "mine.onnx"
    path.write_bytes(b"a teacher")
    (row,) = teacher_sources([path])
    assert (row.name, row.license) == ("mine", "unknown")
    assert file_hash(path) in row.use
    shipped = read_card(resource("weights/teacher-spatial.json"))
    replace(shipped, name="mine").write(tmp_path / "mine.json")
    assert teacher_sources([path, path]) == shipped.data


def test_a_start_names_the_weights_it_descends_from(tmp_path: Path) -> None:
    """0.1.0 said of uvanet-128 that it started from uvanet-128."""
    assert start_lineage("") == ([], [])
    data, lineage = start_lineage("uvanet-64")
    weights = resource("weights/uvanet-64.safetensors")
    assert [row["name"] for row in lineage] == ["uvanet-64"]
    assert lineage[0]["sha256"] == file_hash(weights)
    card = read_card(resource("weights/uvanet-64.json"))
    assert data == card.data
    # The next run starts from the student of this one, whose card has its lineage.
    second = tmp_path / "uvanet-128.safetensors"
    second.write_bytes(b"weights")
    recipe = {"command": "second run", "lineage": lineage}
    replace(card, name="uvanet-128", recipe=recipe).write(second.with_suffix(".json"))
    _, lineage = start_lineage(str(second))
    assert [row["name"] for row in lineage] == ["uvanet-64", "uvanet-128"]
    assert lineage[1] == {
        "name": "uvanet-128",
        "sha256": file_hash(second),
        "command": "second run",
    }
    second.with_suffix(".json").unlink()
    (row,), _ = start_lineage(str(second))
    assert row.license == "unknown"
    with pytest.raises(ModelError, match="no weights"):
        start_lineage(str(tmp_path / "gone.safetensors"))


def test_each_source_is_named_once() -> None:
    one, again, other = (
        DataSource("a", "MIT", "x"),
        DataSource("a", "MIT", "y"),
        DataSource("a", "CC0", "z"),
    )
    assert merge_sources([one], [again, other]) == [one, other]


@pytest.mark.parametrize("start", ["my.student", "my.student.safetensors", "my.student.onnx"])
def test_the_command_names_the_start_by_its_whole_name(
    gaze_tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: str
) -> None:
    """What follows the last dot of a model's name was cut off."""
    from uvanet.training.config import SpatialTeacherConfig, step1_config
    from uvanet.training.pipeline import DistillConfig
    from uvanet.training.pipeline import provenance as provenance_of
    from uvanet.training.teachers.inference import Teachers
    from uvanet.user_models import save_user_model

    for ending in (".onnx", ".safetensors", ".json"):
        copy = tmp_path / f"my.student{ending}"
        copy.write_bytes(resource(f"weights/uvanet-64{ending}").read_bytes())
    if start == "my.student":
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
        save_user_model(tmp_path, "my.student", "my.student")
    else:
        start = str(tmp_path / start)
    files = (tmp_path / "my.student.onnx",) * 2
    config = DistillConfig(
        student=step1_config("uvanet-64", start),
        spatial=SpatialTeacherConfig(),
        root=gaze_tree,
        teachers=Teachers(None, None, "", "", files),  # type: ignore[arg-type]  # not asked
    )
    assert "--start my.student " in provenance_of(config, tmp_path).recipe["command"]
