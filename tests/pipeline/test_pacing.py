import pytest

from app.pipeline.pacing import Pacer


def test_deadlines_are_absolute() -> None:
    pacer = Pacer(0.04)
    assert pacer.due(0.0, 10.0) == 10.0
    assert pacer.due(0.04, 10.3) == pytest.approx(10.04)
    assert pacer.due(0.08, 10.0) == pytest.approx(10.08)


def test_speed_changes_from_now_on() -> None:
    pacer = Pacer(0.04)
    pacer.due(0.0, 10.0)
    pacer.set_speed(2.0, 11.0)
    assert pacer.interval == pytest.approx(0.02)
    assert pacer.due(3.0, 11.0) == pytest.approx(12.0)
    assert pacer.position(11.5) == pytest.approx(2.0)


def test_a_loop_continues_one_interval_after_the_last_frame() -> None:
    pacer = Pacer(0.04, speed=0.5)
    pacer.due(0.0, 10.0)
    pacer.due(1.0, 10.0)
    assert pacer.due(0.0, 12.0) == pytest.approx(12.08)
    assert pacer.due(0.04, 12.0) == pytest.approx(12.16)


def test_repeated_time_stamps_are_paced_by_the_nominal_rate() -> None:
    pacer = Pacer(0.04)
    assert [pacer.due(0.0, 10.0) for _ in range(3)] == pytest.approx([10.0, 10.04, 10.08])


def test_a_time_stamp_jump_of_an_hour_does_not_freeze_the_picture() -> None:
    pacer = Pacer(0.04)
    pacer.due(0.0, 10.0)
    assert pacer.due(3600.0, 10.0) == pytest.approx(10.04)


def test_restart_makes_the_next_frame_due_at_once() -> None:
    pacer = Pacer(0.04)
    pacer.due(0.0, 10.0)
    pacer.restart()
    assert pacer.due(7.0, 50.0) == 50.0
