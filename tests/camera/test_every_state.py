"""Every state of a camera, and its tests: of the library, the command line and the window.

One test of the window goes through most states on a real X server with the camera of `camera_kit`;
`tests/app` goes into detail with a camera that is faked at the border of OpenCV.
"""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
LIBRARY, COMMAND = "camera/test_states.py", "camera/test_command_line.py"
WINDOW, APP = "e2e/test_camera_window.py", "app/test_camera_reconnection.py"
IN_WINDOW = (WINDOW, "test_every_state_of_a_camera_is_told_and_survived")

# State: the test of the library, of the command line, of the window.
CELLS = {
    "opening, format negotiation": (
        (LIBRARY, "test_the_best_format_and_the_drivers_time_stamps"),
        (COMMAND, "test_seconds_of_a_camera_are_those_of_its_time_stamps"),
        (APP, "test_the_requested_format_is_remembered_and_shown"),
    ),
    "a name that no camera has": (
        (LIBRARY, "test_without_attempts_a_busy_or_absent_camera_is_an_error_at_once"),
        (COMMAND, "test_a_camera_that_is_not_there_is_an_error_at_once"),
        (APP, "test_a_camera_that_is_not_there_yet_is_awaited"),
    ),
    "stall and recovery": (
        (LIBRARY, "test_a_stall_is_reported_and_ends"),
        (COMMAND, "test_a_stall_is_told_and_the_pause_is_in_the_times"),
        IN_WINDOW,
    ),
    "stall without end": (
        (LIBRARY, "test_a_stall_without_end_opens_the_camera_anew"),
        (COMMAND, "test_seconds_are_over_in_a_stall_without_end"),
        ("app/test_camera_failures.py", "test_a_stall_is_reported_until_it_ends"),
    ),
    "unplugged and back": (
        (LIBRARY, "test_a_camera_is_unplugged_and_its_driver_returns_late"),
        (COMMAND, "test_a_camera_that_was_unplugged_goes_on_in_the_same_file"),
        (APP, "test_an_unplugged_camera_is_opened_again_when_it_returns"),
    ),
    "back, its driver ready later": (
        (LIBRARY, "test_a_camera_is_unplugged_and_its_driver_returns_late"),
        (COMMAND, "test_a_driver_that_is_ready_late_is_awaited"),
        IN_WINDOW,
    ),
    "unplugged for good": (
        (LIBRARY, "test_closing_ends_the_wait_for_a_camera"),
        (COMMAND, "test_a_camera_that_stays_away_ends_the_export_and_keeps_the_frames"),
        (APP, "test_stop_ends_the_attempts"),
    ),
    "busy at the start and given back": (
        (LIBRARY, "test_a_busy_camera_is_awaited_and_opened_when_it_is_free"),
        (COMMAND, "test_a_busy_camera_is_told_and_awaited"),
        IN_WINDOW,
    ),
    "busy, and the user gives up": (
        (LIBRARY, "test_closing_ends_the_wait_for_a_camera"),
        (COMMAND, "test_the_wait_for_a_busy_camera_ends_by_ctrl_c"),
        (APP, "test_the_program_quits_while_a_camera_is_awaited"),
    ),
    "another camera in its place": (
        (LIBRARY, "test_another_camera_in_its_place_is_not_taken_for_it"),
        (COMMAND, "test_another_camera_in_its_place_is_not_exported"),
        IN_WINDOW,
    ),
    "some damaged frames": (
        (LIBRARY, "test_every_other_frame_damaged_leaves_the_whole_ones"),
        (COMMAND, "test_damaged_frames_are_told_at_the_end"),
        IN_WINDOW,
    ),
    "only damaged frames": (
        (LIBRARY, "test_garbage_without_end_is_reported_and_the_camera_opened_anew"),
        (COMMAND, "test_damaged_frames_without_end_are_told_skipped_and_counted"),
        IN_WINDOW,
    ),
    "only damaged frames at the start": (
        (LIBRARY, "test_a_camera_that_starts_with_garbage_is_awaited"),
        (COMMAND, "test_a_camera_that_sends_only_garbage_at_first_is_awaited"),
        (APP, "test_a_camera_that_opens_and_fails_at_once_is_not_called_connected"),
    ),
    "the same frame for ever": (
        (LIBRARY, "test_the_same_frame_for_ever_is_reported_until_another_comes"),
        (COMMAND, "test_the_same_picture_for_ever_is_told_until_another_comes"),
        IN_WINDOW,
    ),
    # The library and the window have no such limit: the export counts.
    "--seconds": (
        (COMMAND, "test_seconds_of_a_camera_are_those_of_its_time_stamps"),
        (COMMAND, "test_seconds_are_over_without_the_camera"),
        (COMMAND, "test_seconds_are_over_in_a_stall_without_end"),
    ),
}


@pytest.mark.parametrize("state", CELLS)
def test_each_cell_names_a_test(state: str) -> None:
    for file, name in CELLS[state]:
        tree = ast.parse((TESTS / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
