"""Cards, settings, regions, requests and event lines of any content: read, or refused in a line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from damage import ODD_VALUES, check_refusal, damaged_text
from hypothesis import given
from hypothesis import strategies as st

from app.features import FEATURES
from app.features.analyse.region_store import RegionStore
from app.features.training.run_folders import REQUEST, read_request
from app.runtime.settings import Section, SettingsStore
from uvanet.analysis import Region, Shape
from uvanet.analysis.regions import load_regions
from uvanet.errors import ModelError, UsageError
from uvanet.model_card import read_card
from uvanet.paths import resource
from uvanet.training.progress import LineReader, decode_event
from uvanet.video.events import decode_export_event

if TYPE_CHECKING:
    from collections.abc import Callable

TESTS = Path(__file__).resolve().parents[1]
CARD = resource("weights/uvanet-64-int8.json").read_bytes()
OLD_CARD = (TESTS / "uvanet/files_of_0_1_0/uvanet-64-int8.json").read_bytes()
OLD_SETTINGS = (TESTS / "app/data/settings-0.1.0.json").read_bytes()
OLD_REGIONS = (TESTS / "analysis/regions_0_1_0.json").read_bytes()
OLD_REQUEST = (TESTS / "app/data/run-0.1.0.json").read_bytes()
ENTRIES = [
    {"name": "face", "shape": "rectangle", "points": [[0.1, 0.1], [0.4, 0.5]]},
    {"name": "hand", "shape": "polygon", "points": [[0, 0], [1, 0], [0.5, 1]]},
]


@given(data=damaged_text(CARD) | damaged_text(OLD_CARD))
def test_a_card_is_read_or_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "model.json"
    path.write_bytes(data)
    try:
        card = read_card(path)
    except ModelError as error:
        check_refusal(error, "model.json")
    else:
        assert len(card.name) <= 200
        assert all(8 <= side <= 4096 for side in card.input_size)
        # What was read is shown: by the command line and by the dialog of the models.
        assert isinstance(card.measured("test"), dict)
        msgspec.json.encode(card)


@given(data=damaged_text(OLD_REGIONS))
def test_a_region_file_is_read_or_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "some.json"
    path.write_bytes(data)
    try:
        regions = load_regions(path)
    except UsageError as error:
        check_refusal(error, "some.json")
    else:
        assert all(region.mask(9, 16).shape == (9, 16) for region in regions)


def sections() -> list[type[Section]]:
    """The sections of all features and of the program."""
    assert FEATURES  # their modules declare the sections
    found, waiting = [], [Section]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind.SECTION:
            found.append(kind)
    return found


@given(data=damaged_text(OLD_SETTINGS))
def test_settings_of_any_content_start_the_program(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(data)
    store = SettingsStore(path)
    for kind in sections():
        section = store.section(kind)
        msgspec.convert(msgspec.to_builtins(section), kind)  # every value fits its field
    assert store.write(store.text())
    json.loads(path.read_bytes())


@pytest.mark.parametrize("kind", sections(), ids=lambda kind: kind.SECTION)
def test_one_bad_setting_leaves_the_others(kind: type[Section], tmp_path: Path) -> None:
    default = msgspec.to_builtins(kind())
    path = tmp_path / "settings.json"
    for name in default:
        for odd in ODD_VALUES:
            path.write_text(json.dumps({"version": 2, kind.SECTION: {**default, name: odd}}))
            read = msgspec.to_builtins(SettingsStore(path).section(kind))
            assert {**read, name: None} == {**default, name: None}


def test_what_is_nested_deeply_leaves_the_others(tmp_path: Path) -> None:
    deep = "[" * 120 + "]" * 120
    settings, regions = tmp_path / "settings.json", tmp_path / "regions.json"
    settings.write_text(f'{{"version": 2, "x": {deep}, "y": 5}}')
    store = SettingsStore(settings)
    assert store.write(store.text())
    assert json.loads(settings.read_bytes())["y"] == 5
    regions.write_text(f'{{"demo": {json.dumps(ENTRIES)}, "b.mp4": [{deep}]}}')
    stored = RegionStore(regions)
    stored.put("new", [Region("a", Shape.RECTANGLE, ((0, 0), (1, 1)))])
    assert stored.write()
    assert len(RegionStore(regions).get("demo")) == 2


def test_what_python_can_just_decode_can_be_saved(tmp_path: Path) -> None:
    """Near the limit of recursion: settings are saved by deeper calls than they are read by."""

    def saved_deeper(store: SettingsStore, calls: int) -> str:
        return saved_deeper(store, calls - 1) if calls else store.text()

    settings = tmp_path / "settings.json"
    for depth in range(800, 1000):
        settings.write_text('{"version": 2, "x": ' + "[" * depth + "]" * depth + "}")
        json.loads(saved_deeper(SettingsStore(settings), 20))


@given(data=damaged_text(json.dumps({"demo": ENTRIES, "b.mp4": ENTRIES}).encode()))
def test_stored_regions_of_any_content_are_read(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "regions.json"
    path.write_bytes(data)
    store = RegionStore(path)
    for source in ("demo", "b.mp4", "other"):
        assert all(isinstance(region, Region) for region in store.get(source))
    store.put("new", [Region("a", Shape.RECTANGLE, ((0, 0), (1, 1)))])
    store.write()
    assert [region.name for region in RegionStore(path).get("new")] == ["a"]


@pytest.mark.parametrize("odd", ODD_VALUES, ids=lambda odd: repr(odd)[:20])
def test_one_bad_region_leaves_the_others(odd: Any, tmp_path: Path) -> None:
    path = tmp_path / "regions.json"
    for name in ENTRIES[0]:
        entries = [ENTRIES[1], {**ENTRIES[0], name: odd}, odd, ENTRIES[1]]
        path.write_text(json.dumps({"demo": entries, "b.mp4": ENTRIES}))
        store = RegionStore(path)
        assert [region.name for region in store.get("demo")].count("hand") == 2
        assert len(store.get("b.mp4")) == 2


@given(data=damaged_text(OLD_REQUEST))
def test_a_request_of_a_run_is_read_or_ignored(tmp_path: Path, data: bytes) -> None:
    (tmp_path / REQUEST).write_bytes(data)
    request = read_request(tmp_path)
    assert request is None or isinstance(request.command(), list)


EXPORT_LINES = (
    b'{"event":"start","source":"a.mp4"}',
    b'{"event":"progress","done":5,"total":10,"fps":20.5,"left":1.0}',
    b'{"event":"done","frames":3,"fps":1.0,"paths":["a.csv"],"source":{"spec":"a","title":"b",'
    b'"kind":"video","width":3,"height":4,"fps":25.0}}',
    b'{"event":"error","message":"m","hint":"h"}',
)
TRAINING_LINES = (
    b'{"event":"start","t":1.0,"title":"a","folder":"b","threads":1,"pid":7}',
    b'{"event":"step","phase":"train","done":3,"total":9,"left":1.5,"loss":0.4}',
    b'{"event":"eval","metric":"nss","value":1.5,"step":9}',
    b'{"event":"preview","frame":"aaaa","student":"aaaa","target":"aaaa"}',
    b'{"event":"done","model":"a","name":"b","report":{"n":3,"before":{"mean":1,"low":0}}}',
)


@pytest.mark.parametrize(
    ("decode", "lines"), [(decode_export_event, EXPORT_LINES), (decode_event, TRAINING_LINES)]
)
@given(data=st.data())
def test_a_line_of_a_child_is_an_event_or_ignored(
    decode: Callable[[bytes], object], lines: tuple[bytes, ...], data: st.DataObject
) -> None:
    line = data.draw(st.sampled_from(lines).flatmap(damaged_text))
    event = decode(line)
    assert event is None or type(event).__module__.startswith("uvanet.")


@given(data=st.data())
def test_a_stream_of_lines_is_read_in_pieces_of_any_size(data: st.DataObject) -> None:
    good = b'{"event":"checkpoint","step":7}\n'
    bad = data.draw(st.binary(max_size=200)).replace(b"\n", b" ")
    stream = good + bad + b"\n" + good
    reader, events = LineReader(), []
    while stream:
        size = data.draw(st.integers(1, 64))
        events += reader.feed(stream[:size])
        stream = stream[size:]
    assert [event.step for event in events if hasattr(event, "step")].count(7) >= 2
