"""The script that makes the README's pictures."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

import cv2
import pytest
from program_child import ROOT

from app.runtime.settings import Settings
from app.shell.actions import all_actions
from uvanet.analysis import Region

if TYPE_CHECKING:
    from pathlib import Path


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
    actions = {spec.name for spec in all_actions()}
    for scene in script.SCENES:
        assert {*scene.actions, scene.last or "quit"} <= actions
        Settings(**scene.settings)
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
    # The colours of the two regions' outlines, which a photograph hardly has.
    for blue, green, red in ((233, 180, 86), (0, 159, 230)):
        near = cv2.inRange(
            picture, (max(blue - 6, 0), green - 6, red - 6), (blue + 6, green + 6, red + 6)
        )
        assert (near > 0).sum() > 300
