"""Draws twenty frames with the heat maps of a teacher and of two models side by side.

    packaging/make_sheet.py --before uvanet-64 --after runs/new/uvanet-64.onnx --out FOLDER

The frames are from talk and from the pools of UVANET_DATA. Each row shows the input, the teacher,
the model before and the model after. Below each map is its NSS with human gaze where there is gaze,
else its CC with the teacher. `sheet.txt` lists all scores, and the three worst of the model after.
Never commit the sheet: talk has no license.
"""

import argparse
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.data import find_who_to_look_at as talk
from uvanet.data.clips import VideoClip, video_facts
from uvanet.data.fixations import find_root
from uvanet.data.gaze_files import read_rgb
from uvanet.evaluation.evaluator import resize_map
from uvanet.evaluation.predictors import Predictor, StreamPredictor
from uvanet.metrics import cc, nss
from uvanet.model import load
from uvanet.overlay import OverlayStyle, compose

CLIPS = (
    "pool/clips/signs03",
    "pool/clips/signs15",
    "pool/clips/gallery01",
    "pool/clips/gallery03",
    "pool2/clips/mdn/face_b",
    "pool2/clips/tfjs/asl_hand",
    "pool2/clips/road/cars",
)
"""Hands, animals and people in motion, faces, cars."""

PICTURES = {"screens": 2, "adverts": 2, "calls": 1, "teach": 1, "gov18f": 1, "ushouse": 1}
"""Folders of pool2 and the number of pictures from each: screens, posters, groups, a portrait."""

HISTORY = 1.5
"""Seconds of a clip before the frame that the models observe."""

TILE = (250, 170)
"""Largest width and height of a picture in the sheet, pixels."""

LINE = 18
"""Height of the text below a picture, pixels."""


@dataclass(frozen=True)
class Sample:
    """A frame with the frames before it, and the fixations on it, None where unknown."""

    name: str
    frames: list[NDArray[np.uint8]]
    fps: float
    fixations: NDArray[np.float32] | None = None

    def map_of(self, row: Predictor) -> NDArray[np.float32]:
        """Predicts the last frame; returns its map at the frame's size."""
        row.reset()
        first = max(0, len(self.frames) - 1 - row.history(self.fps))
        for k, frame in enumerate(self.frames[first:-1], start=first):
            row.observe(frame, k / self.fps)
        image = self.frames[-1]
        saliency = row.predict(image, (len(self.frames) - 1) / self.fps)
        return resize_map(saliency, (image.shape[1], image.shape[0]))


def clip_sample(clip: VideoClip, index: int, fixations: NDArray[np.float32] | None) -> Sample:
    """The frame of a clip with its history."""
    wanted = range(max(0, index - round(HISTORY * clip.fps)), index + 1)
    frames = []
    for frame in clip.frames(wanted):
        if frame.image is not None:
            frames.append(frame.image)
        if frame.index == index:
            break
    return Sample(f"{clip.dataset}/{clip.name}", frames, clip.fps, fixations)


def samples(root: Path) -> list[Sample]:
    """The twenty samples of the sheet."""
    found = []
    for clip in talk.read(root / "talk").clips:
        index = clip.labelled[len(clip.labelled) // 2]
        looked = clip.gaze(index).fixations
        assert isinstance(clip, VideoClip)
        found.append(clip_sample(clip, index, looked))
    for name in CLIPS:
        path = root / f"{name}.mp4"
        fps, count = video_facts(path)
        clip = VideoClip(path.parent.name, path.stem, path, fps)
        found.append(clip_sample(clip, count // 2, None))
    for folder, number in PICTURES.items():
        paths = sorted((root / "pool2" / folder).rglob("*.jpg"))
        step = max(1, len(paths) // number)
        for path in paths[step // 2 :: step][:number]:
            found.append(Sample(f"{folder}/{path.stem}", [read_rgb(path)], 1.0))
    return found


def tile(image: NDArray[np.uint8], text: str) -> NDArray[np.uint8]:
    """A picture of the sheet, BGR, with a line of text below."""
    width, height = TILE
    factor = min(width / image.shape[1], height / image.shape[0])
    size = (round(image.shape[1] * factor), round(image.shape[0] * factor))
    framed = np.full((height + LINE, width, 3), 255, np.uint8)
    framed[: size[1], : size[0]] = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
    at = (3, height + LINE - 5)
    cv2.putText(framed, text, at, cv2.FONT_HERSHEY_SIMPLEX, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
    return framed


def main() -> None:
    """Draws and writes."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--before", required=True, help="a model, as uvanet.load takes it")
    parser.add_argument("--after", required=True, help="another one")
    parser.add_argument("--teacher", default="teacher-temporal")
    parser.add_argument("--out", type=Path, required=True, help="an existing folder")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    rows = {
        title: StreamPredictor(title, load(name))
        for title, name in (
            ("teacher", arguments.teacher),
            ("before", arguments.before),
            ("after", arguments.after),
        )
    }
    lines, scores = [], []
    table = [f"{'frame':30}" + "".join(f"{title:>10}" for title in rows)]
    for sample in samples(find_root(None)):
        maps = {title: sample.map_of(row) for title, row in rows.items()}
        if sample.fixations is not None:
            metric = "NSS"
            found = {title: nss(values, sample.fixations) for title, values in maps.items()}
        else:
            metric = "CC"
            found = {title: cc(values, maps["teacher"]) for title, values in maps.items()}
        scores.append((metric, sample.name, found["after"], found["before"], found["teacher"]))
        table.append(
            f"{sample.name:30}" + "".join(f"{metric + f' {x:.2f}':>10}" for x in found.values())
        )
        bgr = np.ascontiguousarray(sample.frames[-1][..., ::-1])
        tiles = [tile(bgr, sample.name)]
        for title, saliency in maps.items():
            peak = max(float(saliency.max()), 1e-12)
            heat = compose(bgr, np.asarray(saliency / peak, np.float32), OverlayStyle())
            tiles.append(tile(heat, f"{title}: {metric} {found[title]:.2f}"))
        lines.append(np.hstack(tiles))
    # NSS and CC have different scales, so frames are ranked by their share of the teacher's score.
    worst = sorted(scores, key=lambda row: row[2] / max(row[4], 1e-6))[:3]
    table.append("worst frames of the model after, by share of the teacher's score:")
    table += [f"  {name}: {metric} {after:.2f}" for metric, name, after, _, _ in worst]
    text = "\n".join(table)
    (arguments.out / "sheet.txt").write_text(text + "\n", encoding="utf-8")
    half = (len(lines) + 1) // 2
    while len(lines) < 2 * half:
        lines.append(np.full_like(lines[0], 255))
    sheet = np.hstack([np.vstack(lines[:half]), np.vstack(lines[half:])])
    cv2.imwrite(str(arguments.out / "sheet.png"), sheet)
    print(text)


if __name__ == "__main__":
    main()
