"""Gaze tables in the formats of eye trackers, with the original column names."""

from pathlib import Path

PUPIL_FIXATIONS = (
    "id,start_timestamp,duration,start_frame_index,end_frame_index,norm_pos_x,norm_pos_y,"
    "dispersion,confidence,method,gaze_point_3d_x,gaze_point_3d_y,gaze_point_3d_z,base_data\n"
    "1,327740.5,200.0,15,21,0.25,0.75,0.8,0.99,gaze,1.0,2.0,3.0,327740.5 327740.6\n"
    "2,327741.0,120.0,30,34,0.5,0.1,0.9,0.98,gaze,1.0,2.0,3.0,327741.0 327741.1\n"
    "3,327742.0,90.0,60,63,0.9,0.5,0.9,0.31,gaze,1.0,2.0,3.0,327742.0 327742.1\n"
)
PUPIL_GAZE = (
    "gaze_timestamp,world_index,confidence,norm_pos_x,norm_pos_y,base_data,gaze_point_3d_x\n"
    "327740.00,0,0.95,0.10,0.90,327740.0-0,\n"
    "327740.01,0,0.00,0.00,0.00,327740.01-0,\n"
    "327740.05,1,0.97,0.20,0.40,327740.05-0,\n"
)
PUPIL_SURFACE_FIXATIONS = (
    "world_timestamp,world_index,fixation_id,start_timestamp,duration,dispersion,"
    "norm_pos_x,norm_pos_y,x_scaled,y_scaled,on_surf\n"
    "327740.10,3,7,327740.1,180.0,0.5,0.5,0.8,0.5,0.8,True\n"
    "327740.13,4,7,327740.1,180.0,0.5,0.5,0.8,0.5,0.8,True\n"
    "327740.40,12,8,327740.4,100.0,0.5,1.5,0.8,1.5,0.8,False\n"
    "327740.60,18,9,327740.6,150.0,0.5,0.1,0.2,0.1,0.2,True\n"
)
PUPIL_SURFACE_GAZE = (
    "world_timestamp,world_index,gaze_timestamp,x_norm,y_norm,x_scaled,y_scaled,on_surf,confidence\n"
    "327740.00,0,327740.001,0.3,0.6,0.3,0.6,True,1.0\n"
    "327740.00,0,327740.006,1.3,0.6,1.3,0.6,False,1.0\n"
)
PUPIL_WORLD = "# timestamps [seconds],pts\n327740.0,0\n327740.033,1\n"

CLOUD_FIXATIONS = (
    "section id,recording id,fixation id,start timestamp [ns],end timestamp [ns],duration [ms],"
    "fixation x [px],fixation y [px],azimuth [deg],elevation [deg]\n"
    "s1,r1,1,1650000000500000000,1650000000700000000,200,800.0,300.0,1.5,2.5\n"
    "s1,r1,2,1650000001000000000,1650000001100000000,100,400.0,900.0,1.5,2.5\n"
)
CLOUD_GAZE = (
    "section id,recording id,timestamp [ns],gaze x [px],gaze y [px],worn,fixation id,blink id,"
    "azimuth [deg],elevation [deg]\n"
    "s1,r1,1650000000010000000,800.0,300.0,True,1,,1.5,2.5\n"
    "s1,r1,1650000000015000000,,,True,,1,,\n"
    "s1,r1,1650000000020000000,810.0,305.0,True,1,,1.5,2.5\n"
)
CLOUD_SURFACE = (
    "section id,recording id,timestamp [ns],gaze detected on surface,"
    "gaze position on surface x [normalized],gaze position on surface y [normalized]\n"
    "s1,r1,1650000000000000000,True,0.25,0.5\n"
    "s1,r1,1650000000005000000,False,1.25,0.5\n"
    "s1,r1,1650000000010000000,False,,\n"
)
CLOUD_WORLD = (
    "section id,recording id,timestamp [ns]\ns1,r1,1650000000000000000\ns1,r1,1650000000033000000\n"
)


def tobii_row(time, person, gaze="", event="", index="", fixation="", sensor="Eye Tracker"):
    """A row of Tobii Pro Lab: decimal commas, display in pixels, stimulus in 0 to 1."""
    stimulus = "ad" if event else ""
    points = []
    for point in (gaze, fixation):
        x, y = point or ("", "")
        share = [f"{x / 1920:.4f}", f"{y / 1080:.4f}"] if point else ["", ""]
        points.append(([str(x), str(y)], [text.replace(".", ",") for text in share]))
    (pixels, shares), (fixated, fixated_shares) = points
    valid = "Valid" if gaze else "Invalid"
    return [
        str(time), "1", sensor, person, f"Recording {person}", "1080", "1920", "", "",
        *pixels, valid, valid, *shares, stimulus, event, "250" if event else "", str(index),
        *fixated, *fixated_shares,
    ]  # fmt: skip


TOBII = [
    [
        "Recording timestamp", "Computer timestamp", "Sensor", "Participant name",
        "Recording name", "Recording resolution height", "Recording resolution width", "Event",
        "Event value", "Gaze point X", "Gaze point Y", "Validity left", "Validity right",
        "Gaze point X (MCSnorm)", "Gaze point Y (MCSnorm)", "Presented Stimulus name",
        "Eye movement type", "Gaze event duration", "Eye movement type index",
        "Fixation point X", "Fixation point Y", "Fixation point X (MCSnorm)",
        "Fixation point Y (MCSnorm)",
    ],
    tobii_row(900, "Jörg"),
    tobii_row(1000, "Jörg", (960, 540), "Saccade", 1),
    tobii_row(1100, "Jörg", (480, 270), "Fixation", 1, (482, 272)),
    tobii_row(1108, "Jörg", (481, 271), "Fixation", 1, (482, 272)),
    tobii_row(1110, "Jörg", sensor="Mouse"),
    tobii_row(1116, "Jörg", (484, 272), "Fixation", 1, (482, 272)),
    tobii_row(1400, "Jörg", event="EyesNotFound", index=1),
    tobii_row(1500, "Jörg", (1440, 810), "Fixation", 2, (1440, 810)),
    tobii_row(2000, "Ann", (960, 540), "Fixation", 1, (960, 540)),
]  # fmt: skip

EYELINK_FIXATIONS = (
    "RECORDING_SESSION_LABEL\tTRIAL_INDEX\tCURRENT_FIX_INDEX\tCURRENT_FIX_START\tCURRENT_FIX_END\t"
    "CURRENT_FIX_DURATION\tCURRENT_FIX_X\tCURRENT_FIX_Y\timage\n"
    "s01\t1\t1\t120\t420\t300\t512.4\t384.2\tposter_a.png\n"
    "s01\t1\t2\t450\t600\t150\t.\t.\tposter_a.png\n"
    "s02\t2\t1\t80\t280\t200\t100.0\t200.0\tposter_b.png\n"
)
EYELINK_SAMPLES = (
    "RECORDING_SESSION_LABEL\tTRIAL_INDEX\tTIMESTAMP\tRIGHT_GAZE_X\tRIGHT_GAZE_Y\tVIDEO_NAME\n"
    "s01\t1\t9001000\t100,5\t200,5\tclip.mp4\n"
    "s01\t1\t9001002\t.\t.\tclip.mp4\n"
    "s01\t1\t9001004\t101,5\t201,5\tclip.mp4\n"
)

TABLES = {
    "pupil_fixations": PUPIL_FIXATIONS,
    "pupil_gaze": PUPIL_GAZE,
    "pupil_surface_fixations": PUPIL_SURFACE_FIXATIONS,
    "pupil_surface_gaze": PUPIL_SURFACE_GAZE,
    "cloud_fixations": CLOUD_FIXATIONS,
    "cloud_gaze": CLOUD_GAZE,
    "cloud_surface": CLOUD_SURFACE,
    "tobii": "\n".join("\t".join(row) for row in TOBII),
    "eyelink_fixations": EYELINK_FIXATIONS,
    "eyelink_samples": EYELINK_SAMPLES,
    "plain": "time,x,y\n0.5,10,20\n0.6,11,21\n",
}


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """Writes a table and returns its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path
