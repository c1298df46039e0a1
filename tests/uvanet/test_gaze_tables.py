"""Tables of gaze: exports of makers, plain tables, mappings, damaged and hostile files."""

import gzip
import random

import gaze_exports as exports
import numpy as np
import pytest
from gaze_exports import TABLES, write

import uvanet
from uvanet import GazeMapping
from uvanet.data.delimited_text import number, open_text
from uvanet.data.gaze_mapping import recognize
from uvanet.data.gaze_reader import UnknownColumnsError, load_gaze
from uvanet.data.gaze_table import LeftOut
from uvanet.errors import UsageError


def test_pupil_fixations_count_from_the_frame_of_the_scene_camera(tmp_path):
    gaze = uvanet.load_gaze(write(tmp_path / "fixations.csv", exports.PUPIL_FIXATIONS))
    assert (gaze.format, gaze.kind, gaze.size) == ("Pupil", "fixations", (1, 1))
    # Frame 15 at 327740.5 s and frame 30 at 327741.0 s: frame 0 was at 327740.0 s.
    np.testing.assert_allclose(gaze.time, [0.5, 1.0], atol=1e-6)
    np.testing.assert_allclose(gaze.duration, [0.2, 0.12])
    # Pupil's y grows upwards.
    np.testing.assert_allclose(gaze.on((100, 100)), [[25, 25], [50, 90]])
    assert gaze.left_out == LeftOut(other_events=1)  # the third has a confidence of 0.31


def test_pupil_times_count_from_the_file_of_the_scene_camera_where_it_is_there(tmp_path):
    path = write(tmp_path / "surfaces" / "fixations_on_surface_ad.csv", exports.PUPIL_FIXATIONS)
    write(tmp_path / "world_timestamps.csv", "# timestamps [seconds],pts\n327740.25,0\n")
    np.testing.assert_allclose(load_gaze(path).time, [0.25, 0.75], atol=1e-6)


def test_pupil_samples_of_blinks_do_not_count(tmp_path):
    gaze = load_gaze(write(tmp_path / "gaze_positions.csv", exports.PUPIL_GAZE))
    assert gaze.kind == "samples"
    np.testing.assert_allclose(gaze.on((100, 100)), [[10, 10], [20, 60]])
    assert gaze.left_out == LeftOut(other_events=1)


def test_a_fixation_on_a_surface_counts_once(tmp_path):
    gaze = load_gaze(write(tmp_path / "f.csv", exports.PUPIL_SURFACE_FIXATIONS))
    np.testing.assert_allclose(gaze.time, [0.1, 0.6], atol=1e-6)
    np.testing.assert_allclose(gaze.on((100, 100)), [[50, 20], [10, 80]])
    assert gaze.left_out == LeftOut(other_events=1)  # off the surface


def test_pupil_gaze_on_a_surface(tmp_path):
    gaze = load_gaze(write(tmp_path / "f.csv", exports.PUPIL_SURFACE_GAZE))
    np.testing.assert_allclose(gaze.on((100, 100)), [[30, 40]])


def test_pupil_cloud(tmp_path):
    write(tmp_path / "world_timestamps.csv", exports.CLOUD_WORLD)
    fixations = load_gaze(write(tmp_path / "fixations.csv", exports.CLOUD_FIXATIONS))
    assert (fixations.format, fixations.kind, fixations.persons) == (
        "Pupil Cloud", "fixations", ("r1",)
    )  # fmt: skip
    np.testing.assert_allclose(fixations.time, [0.5, 1.0], atol=1e-6)
    np.testing.assert_allclose(fixations.duration, [0.2, 0.1])
    np.testing.assert_array_equal(fixations.points, [[800, 300], [400, 900]])
    samples = load_gaze(write(tmp_path / "gaze.csv", exports.CLOUD_GAZE))
    np.testing.assert_allclose(samples.time, [0.01, 0.02], atol=1e-6)
    assert samples.left_out == LeftOut(without_gaze=1)
    surface = load_gaze(write(tmp_path / "surface.csv", exports.CLOUD_SURFACE))
    np.testing.assert_allclose(surface.on((200, 100)), [[50, 50]])  # y grows downwards there


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "latin-1"])
def test_tobii(tmp_path, encoding):
    gaze = load_gaze(write(tmp_path / "export.tsv", TABLES["tobii"], encoding))
    assert (gaze.format, gaze.kind) == ("Tobii Pro Lab", "fixations")
    assert gaze.persons == ("Jörg", "Ann")
    assert gaze.stimuli == ("ad",)
    # Times count from the first row with the stimulus, of each person; a fixation counts once.
    np.testing.assert_allclose(gaze.time, [0.0, 0.1, 0.5])
    np.testing.assert_allclose(gaze.duration, [0.25, 0.25, 0.25])
    np.testing.assert_allclose(
        gaze.on((1000, 1000)), [[500, 500], [251, 251.9], [750, 750]], rtol=1e-9
    )
    np.testing.assert_array_equal(gaze.person, [1, 0, 0])


def test_tobii_display_coordinates_refer_to_the_resolution_of_the_recording(tmp_path):
    rows = [row[:21] for row in exports.TOBII]  # without MCSnorm of fixations
    text = "\n".join("\t".join(row) for row in rows)
    gaze = load_gaze(write(tmp_path / "export.tsv", text))
    assert gaze.size == (1920, 1080)
    np.testing.assert_allclose(gaze.on((960, 540))[0], [480, 270])


def test_tobii_samples_in_microseconds(tmp_path):
    head = (
        "Recording timestamp [μs]\tGaze point X [MCS px]\tGaze point Y [MCS px]\tParticipant name"
    )
    text = head + "\n1000000\t10\t20\tA\n1008333\t\t\tA\n1016667\t12\t22\tA\n"
    gaze = load_gaze(write(tmp_path / "export.tsv", text))
    assert gaze.kind == "samples"
    np.testing.assert_allclose(gaze.time, [1.0, 1.016667])


def test_tobii_times_without_a_unit_are_guessed_and_told(tmp_path):
    head = "Recording timestamp\tGaze point X\tGaze point Y"
    for step, unit in ((8.3, "milliseconds"), (8333, "microseconds"), (833, "microseconds")):
        rows = [f"{round(2000 * step + i * step)}\t10\t20" for i in range(50)]
        gaze = load_gaze(write(tmp_path / "e.tsv", "\n".join([head, *rows])))
        assert any(unit in note for note in gaze.notes), (step, gaze.notes)


def test_eyelink(tmp_path):
    gaze = load_gaze(write(tmp_path / "report.txt", exports.EYELINK_FIXATIONS))
    assert (gaze.format, gaze.persons) == ("EyeLink Data Viewer", ("s01", "s02"))
    assert gaze.stimuli == ("poster_a.png", "poster_b.png")
    np.testing.assert_allclose(gaze.time, [0.08, 0.12])
    assert gaze.left_out == LeftOut(without_gaze=1)
    assert len(gaze.of("folder/Poster_A.PNG")) == 1
    assert len(gaze.of("poster_c.png")) == 0
    samples = load_gaze(write(tmp_path / "samples.txt", exports.EYELINK_SAMPLES))
    np.testing.assert_allclose(samples.time, [0.0, 0.004])
    np.testing.assert_allclose(samples.points, [[100.5, 200.5], [101.5, 201.5]])


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("time,x,y\n0.5,10,20\n0.6,11,21\n", [0.5, 0.6]),
        ("t_ms;x;y\n500;10,5;20\n600;11;21\n", [0.5, 0.6]),
        ("timestamp_ns\tx\ty\n500000000\t1\t2\n600000000\t1\t2\n", [0.5, 0.6]),
        ("onset_ms,duration_ms,x,y\n500,300,10,20\n900,300,11,21\n", [0.5, 0.9]),
        ('"time","x","y"\n"0,5","10","20"\n"0,6","11","21"\n', [0.5, 0.6]),
        ("## recorded in May\n\ntime,x,y\n0.5,10,20\n\n0.6,11,21\n", [0.5, 0.6]),
        ("time,x,y\r0.5,10,20\r0.6,11,21\r", [0.5, 0.6]),
    ],
)
def test_plain_tables(tmp_path, text, time):
    gaze = load_gaze(write(tmp_path / "Ann.csv", text))
    np.testing.assert_allclose(gaze.time, time)
    assert gaze.persons == ("Ann",)


def test_times_of_a_clock_count_from_the_first_row(tmp_path):
    text = "time_s,x,y,person\n1700000000.0,1,2,a\n1700000001.5,1,2,a\n1700000090.0,1,2,b\n"
    gaze = load_gaze(write(tmp_path / "g.csv", text))
    np.testing.assert_allclose(gaze.time, [0, 0, 1.5])
    assert any("clock" in note for note in gaze.notes)


def test_a_table_of_pictures_needs_no_time(tmp_path):
    text = "image,observer,x,y,duration_s\na.jpg,1,10,20,0.3\nb.jpg,1,30,40,0.2\n"
    gaze = load_gaze(write(tmp_path / "g.csv", text))
    assert gaze.stimuli == ("a.jpg", "b.jpg")
    np.testing.assert_array_equal(gaze.of("b").points, [[30, 40]])


def test_one_bad_row_hides_no_other(tmp_path):
    rows = [
        "time,x,y,person",
        "0.1,10,20,a",
        "0.2",
        "soon,10,20,a",
        "0.3,nan,20,a",
        '0.4,10,20,"open quote',
        "inf,10,20,a",
        "0.5,,,a",
        "0.6,1e400,20,a",
        "0.7,30,40,a,more,cells",
    ]
    path = write(tmp_path / "g.csv", "\n".join(rows))
    with path.open("ab") as file:
        file.write(b"\n0.8,50,60,\xff\xfe\x80\n0.9,70,80,\x00\n")
    gaze = load_gaze(path)
    np.testing.assert_allclose(gaze.time, [0.1, 0.4, 0.7, 0.8, 0.9])
    assert gaze.left_out == LeftOut(damaged=3, without_gaze=3)


def test_several_files_are_several_people(tmp_path):
    paths = [write(tmp_path / f"{name}.csv", TABLES["plain"]) for name in ("ann", "ben")]
    gaze = load_gaze(paths)
    assert gaze.persons == ("ann", "ben")
    np.testing.assert_array_equal(gaze.person, [0, 1, 0, 1])
    paths.append(write(tmp_path / "norm.csv", "time,x,y\n0.5,.2,.3\n"))
    with pytest.raises(UsageError, match="differ"):
        load_gaze(paths)


def test_what_is_looked_at_in_a_span(tmp_path):
    text = "time,duration,x,y,person\n0,1,10,20,a\n0.5,0.1,30,40,b\n0.5,9,300,40,c\n2,1,5,5,a\n"
    gaze = load_gaze(write(tmp_path / "g.csv", text))
    looked = gaze.between(0.55, 0.55, (100, 100))
    np.testing.assert_array_equal(looked.fixations, [[10, 20], [30, 40]])  # c is outside
    np.testing.assert_array_equal(looked.observers, [0, 1])
    assert gaze.outside((100, 100)) == 1
    np.testing.assert_array_equal(gaze.between(1.5, 2.0, (100, 100)).fixations, [[5, 5]])
    np.testing.assert_array_equal(gaze.shifted(1.5).between(1.6, 1.6, (100, 100)).observers, [0])


def test_unknown_columns_are_named_and_can_be_mapped(tmp_path):
    path = write(tmp_path / "g.csv", "wann;links;hoch;wer\n500;0,1;0,9;Eva\n700;0,2;0,8;Eva\n")
    with pytest.raises(UnknownColumnsError, match="wann, links, hoch, wer"):
        load_gaze(path)
    mapping = GazeMapping(
        time="wann", x="links", y="hoch", person="wer", time_unit="ms", y_up=True, offset=-0.5
    )
    gaze = load_gaze(path, mapping)
    np.testing.assert_allclose(gaze.time, [0.0, 0.2])
    np.testing.assert_allclose(gaze.on((100, 100)), [[10, 10], [20, 20]])
    assert gaze.persons == ("Eva",)
    with pytest.raises(UsageError, match="no column 'wo'"):
        load_gaze(path, GazeMapping(time="wann", x="wo", y="hoch"))
    # An empty name was read as the last column.
    with pytest.raises(UsageError, match="no column ''"):
        load_gaze(path, GazeMapping(time="wann", x="", y="hoch"))


def test_pixels_with_y_upwards_need_a_height(tmp_path):
    path = write(tmp_path / "g.csv", "time,x,y\n1,100,900\n2,200,800\n")
    mapping = GazeMapping(time="time", x="x", y="y", position_unit="px", y_up=True)
    with pytest.raises(UsageError, match="height in pixels"):
        load_gaze(path, mapping)
    sized = GazeMapping(time="time", x="x", y="y", position_unit="px", y_up=True, size=(1000, 1000))
    np.testing.assert_array_equal(load_gaze(path, sized).on((500, 500)), [[50, 50], [100, 100]])


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no table"),
        (b"hello\nworld\n", "no table"),
        (bytes(range(256)) * 40, "no table"),
        (b"time,x,y\n", "No row"),
        (b"time,x,y\n,,\nx,y,z\n", "No row"),
        # Without the time: xdist needs equal names of tests in all processes.
        (
            gzip.compress(b"time,x,y\n" + random.Random(0).randbytes(9000), mtime=0)[:-400],
            "cannot be read",
        ),
        (gzip.compress(b"", mtime=0)[:10] + bytes([255] * 40), "cannot be read"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path, content, message):
    path = tmp_path / "g.csv"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        load_gaze(path)


def test_missing_files_and_folders_are_refused(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(UsageError, match="missing"):
            load_gaze(path)


def test_compressed_tables_are_read(tmp_path):
    path = tmp_path / "g.csv.gz"
    path.write_bytes(gzip.compress(TABLES["plain"].encode()))
    assert len(load_gaze(path)) == 2


@pytest.mark.parametrize("name", TABLES)
def test_changed_headers_give_a_table_or_an_error_of_the_user(tmp_path, name):
    draw = random.Random(name)
    text = TABLES[name]
    for _ in range(60):
        changed = bytearray(text.encode())
        for _ in range(draw.randint(1, 12)):
            place = draw.randrange(min(len(changed), 400) + 1)
            match draw.randrange(3):
                case 0:
                    changed[place : place + 1] = bytes([draw.randrange(256)])
                case 1:
                    del changed[place : place + draw.randint(1, 20)]
                case 2:
                    changed[place:place] = draw.choice([b",", b'"', b"\n", b"\t", b"\0", b"\xff"])
        path = tmp_path / "g.csv"
        path.write_bytes(changed)
        try:
            gaze = load_gaze(path)
        except UsageError:
            continue
        assert len(gaze) == len(gaze.points) == len(gaze.person) > 0
        assert np.isfinite(gaze.time).all()
        assert np.isfinite(gaze.points).all()


def test_columns_in_another_order_and_case_are_recognized():
    mapping = recognize(["Y", "Subject_ID", " X ", "Time (ms)", "Image"])
    assert mapping is not None
    assert (mapping.time, mapping.x, mapping.person) == ("Time (ms)", " X ", "Subject_ID")
    assert mapping.time_unit == "ms"
    assert recognize(["a", "b", "c"]) is None


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1.5", 1.5), ("1,5", 1.5), ("1.234,5", 1234.5), ("1,234.5", 1234.5), (" 2 ", 2.0)],
)
def test_numbers(cell, value):
    assert number(cell) == value


@pytest.mark.parametrize("cell", ["", ".", "-", "NA", "1.2.3", "abc", "1,2.3,4"])
def test_what_is_no_number(cell):
    assert np.isnan(number(cell))


def test_a_table_without_a_header_has_numbered_columns(tmp_path):
    text = open_text(write(tmp_path / "g.txt", "0.5\t10\t20\n0.6\t11\t21\n"))
    assert text.header == ("1", "2", "3")
    gaze = load_gaze(text.path, GazeMapping(time="1", x="2", y="3", time_unit="s"))
    np.testing.assert_allclose(gaze.time, [0.5, 0.6])


@pytest.mark.parametrize(
    ("time", "duration", "seconds"),
    [
        ("Zeit (ms)", "Dauer [ms]", (0.5, 0.2)),
        ("onset_us", "Länge", (0.0005, 0.0002)),
        ("Beginn µs", "Länge in ms", (0.0005, 0.2)),
        ("Zeit in s", "Länge/ms", (500.0, 0.2)),
    ],
)
def test_the_name_of_a_column_tells_its_unit(tmp_path, time, duration, seconds):
    path = write(
        tmp_path / "g.csv", f"{time},{duration},links,hoch\n500,200,10,20\n900,200,11,21\n"
    )
    mapping = GazeMapping(time=time, duration=duration, x="links", y="hoch", position_unit="px")
    gaze = load_gaze(path, mapping)
    assert (gaze.time[0], gaze.duration[0]) == pytest.approx(seconds)
    assert not any("their unit" in note for note in gaze.notes)
