"""Features: independence of each other, their actions, and what they leave out when removed."""

import pytest
from PySide6.QtCore import QCoreApplication
from window_bench import ALL_ACTIONS

from app.features import FEATURES
from app.shell.actions import declared_actions

REPEATING = {
    "undo",
    "redo",
    *("step_back", "step_forward", "jump_back", "jump_forward", "slower", "faster"),
    *("more_opacity", "less_opacity", "more_threshold", "less_threshold"),
    *("more_smoothing", "less_smoothing", "zoom_in", "zoom_out", "rotate"),
    *("pan_left", "pan_right", "pan_up", "pan_down"),
    *("previous_picture", "next_picture", "page_back", "page_forward"),
}


# Themes and the list of shortcuts use no other feature, have tests of their own, and take longer
# than all other actions together.
LEFT_OUT = {"quit", "shortcuts", "theme_system", "theme_light", "theme_dark"}


@pytest.mark.parametrize("removed", FEATURES, ids=lambda kind: kind.__name__)
def test_the_program_runs_without_any_one_feature(launch, clip, removed):
    bench = launch(clip, features=tuple(kind for kind in FEATURES if kind is not removed))
    bench.until(lambda: bench.presenter.overlay_seen)
    gone = {spec.name for spec in declared_actions(removed)}
    assert not gone & {spec.name for spec in bench.actions}
    bench.actions.trigger(next(iter(gone)))  # another feature may ask for it
    for spec in bench.actions:
        # No dialog, whose modal state would outlive this test.
        if spec.name not in LEFT_OUT and spec.text[-1] != "…":
            bench.actions[spec.name].trigger()
            QCoreApplication.processEvents()
    assert bench.window.isVisible()


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
