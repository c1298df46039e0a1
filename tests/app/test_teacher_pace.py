"""When the picture waits for the teacher."""

from app.features.compare.pace import TeacherPace


def test_one_late_map_changes_nothing():
    pace = TeacherPace()
    assert [pace.add(seconds) for seconds in (0.1, 2.0, 0.1, 2.0, 0.1)] == [False] * 5
    assert pace.keeps_up


def test_a_slow_teacher_is_not_waited_for_until_it_is_fast_again():
    pace = TeacherPace()
    assert [pace.add(0.8) for _ in range(4)] == [False, False, False, True]
    assert not pace.keeps_up
    for _ in range(8):
        assert not pace.add(0.2)  # between the two limits nothing changes
    assert [pace.add(0.05) for _ in range(4)] == [False, False, False, True]
    assert pace.keeps_up
    for _ in range(4):
        pace.add(0.8)
    pace.reset()
    assert pace.keeps_up
