"""The script that makes the README's pictures."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

import cv2
import msgspec
import pytest
from program_child import ROOT

from app.features import FEATURES
from app.runtime.settings import Section
from app.shell.actions import declared_actions
from app.shell.main_window import MainWindow
from uvanet.analysis import Region

if TYPE_CHECKING:
    from pathlib import Path


def all_sections() -> list[type[Section]]:
    """The sections of the program; the import of the features defined them."""
    return Section.__subclasses__()


@pytest.fixture(scope="module")
def script() -> Any:
    spec = importlib.util.spec_from_file_location(
        "make_pictures", ROOT / "packaging" / "make_pictures.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["make_pictures"] = module
    spec.loader.exec_module(module)
    return module


def test_scenes_name_what_there_is(script: Any) -> None:
    names = [scene.name for scene in script.SCENES]
    assert len(names) == len(set(names))
    actions = {spec.name for owner in (MainWindow, *FEATURES) for spec in declared_actions(owner)}
    sections = {kind.SECTION: kind for kind in all_sections()}
    for scene in script.SCENES:
        assert {*scene.actions, scene.last or "quit"} <= actions
        for name, fields in scene.settings.items():
            assert msgspec.convert(fields, sections[name], strict=True) != sections[name]()
        for region in scene.regions:
            assert Region.from_dict(region).solid


def test_a_scene_becomes_a_picture(
    script: Any, x_display: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISPLAY", x_display)
    monkeypatch.setenv("QT_QPA_PLATFORM", "xcb")
    scene = next(one for one in script.SCENES if one.name == "regions")
    assert script.make(scene, tmp_path)
    picture = cv2.imread(str(tmp_path / "regions.png"))
    assert picture.shape[:2] == scene.size[::-1]
    # The colors of the two regions' outlines, which a photograph hardly has.
    for blue, green, red in ((233, 180, 86), (0, 159, 230)):
        near = cv2.inRange(
            picture, (max(blue - 6, 0), green - 6, red - 6), (blue + 6, green + 6, red + 6)
        )
        assert (near > 0).sum() > 300
