"""Features: independence of each other, their actions, and what they leave out when removed."""

import cv2
import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication
from window_bench import ALL_ACTIONS

from app.features import FEATURES
from app.shell.actions import SLIDES, Needs, declared_actions
from app.shell.marks import change_marks

REPEATING = {
    "undo",
    "redo",
    *("step_back", "step_forward", "jump_back", "jump_forward", "slower", "faster"),
    *("more_opacity", "less_opacity", "more_threshold", "less_threshold"),
    *("more_smoothing", "less_smoothing", "zoom_in", "zoom_out", "rotate"),
    *("pan_left", "pan_right", "pan_up", "pan_down"),
    *("previous_picture", "next_picture", "page_back", "page_forward"),
}


# Actions that the walk below does not try, and why.
LEFT_OUT = {
    "quit": "ends the program, as each walk does at its end",
    **dict.fromkeys(
        ("shortcuts", "theme_system", "theme_light", "theme_dark"),
        "uses no other feature, and takes longer than all other actions together",
    ),
}


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder of two pictures."""
    path = tmp_path_factory.mktemp("pictures")
    for name in ("a.png", "b.png"):
        cv2.imwrite(str(path / name), np.full((60, 80, 3), 90, np.uint8))
    return path


def enable(bench, spec, folder):
    """Brings the program into a state in which an action is enabled."""
    action = bench.actions[spec.name]
    if SLIDES in spec.needs and not action.isEnabled():
        bench.open(folder)
    if (Needs.UNDO | Needs.REDO) & spec.needs and not action.isEnabled():
        change_marks(bench.context, 0.5, None)
        if Needs.REDO in spec.needs:
            bench.window.undo_stack.undo()
    bench.until(action.isEnabled, spec.name)


@pytest.mark.parametrize("removed", FEATURES, ids=lambda kind: kind.__name__)
def test_the_program_runs_without_any_one_feature(launch, clip, folder, removed):
    bench = launch(clip, features=tuple(kind for kind in FEATURES if kind is not removed))
    bench.until(lambda: bench.presenter.overlay_seen)
    gone = {spec.name for spec in declared_actions(removed)}
    assert not gone & {spec.name for spec in bench.actions}
    bench.actions.trigger(next(iter(gone)))  # another feature may ask for it
    # Other sources come late: the first one is the smallest film.
    specs = sorted(bench.actions, key=lambda spec: (SLIDES in spec.needs, spec.name == "open_demo"))
    for spec in specs:
        # No dialog, whose modal state would outlive this test: `test_actions.py` opens them all.
        if spec.name not in LEFT_OUT and spec.text[-1] != "…":
            enable(bench, spec, folder)
            bench.actions[spec.name].trigger()
            QCoreApplication.processEvents()
    assert bench.window.isVisible()


def test_what_the_walk_leaves_out_is_there():
    assert LEFT_OUT.keys() <= {spec.name for spec in ALL_ACTIONS}


def test_no_action_repeats_while_its_key_is_held_unless_it_is_a_step(player):
    assert {spec.name for spec in ALL_ACTIONS if spec.repeat} == REPEATING
    for spec in player.actions:
        assert player.actions[spec.name].autoRepeat() == (spec.name in REPEATING)


def test_every_feature_declares_an_action():
    assert all(declared_actions(kind) for kind in FEATURES)


def test_facts_of_the_report_name_nothing_private(player, clip):
    facts = player.context.facts()
    assert len({fact.name for fact in facts}) == len(facts)
    public = "".join(f"{fact.name}{fact.value}" for fact in facts if fact.kind.name != "PRIVATE")
    assert clip.stem not in public
