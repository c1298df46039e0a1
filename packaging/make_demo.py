"""Renders `resources/demo.mp4` from free photographs; every run gives the same frames.

    python packaging/make_demo.py [--output FILE] [--stills FOLDER]

The photographs are part of scikit-image (extra `test`); `resources/CREDITS.md` names them. In each
shot a camera moves over a still picture; two shots have a moving rocket, cut out of a photograph.
"""

from __future__ import annotations

import argparse
import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from uvanet.video.writer import VideoWriter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SIZE = (854, 480)
FPS = 30

Picture = NDArray[np.float32]  # BGR or premultiplied BGRA, 0..255
Matrix = NDArray[np.float64]  # 2 x 3, affine


@dataclass(frozen=True)
class View:
    """A camera over a picture: center and width in the picture's pixels, roll in degrees."""

    x: float
    y: float
    width: float
    roll: float = 0.0

    def matrix(self) -> Matrix:
        """The affine map from pixels of the picture to pixels of the frame."""
        matrix = cv2.getRotationMatrix2D((self.x, self.y), self.roll, SIZE[0] / self.width)
        matrix[:, 2] += (SIZE[0] / 2 - self.x, SIZE[1] / 2 - self.y)
        return np.asarray(matrix, dtype=np.float64)


def between(start: View, end: View, t: float) -> View:
    """The camera at `t` (0..1) of a move that starts and ends at rest."""
    s = t * t * (3 - 2 * t)
    # Widths are interpolated by their ratio, since such a zoom looks even.
    width = start.width * (end.width / start.width) ** s
    x, y, roll = (
        (1 - s) * getattr(start, name) + s * getattr(end, name) for name in ("x", "y", "roll")
    )
    return View(x, y, width, roll)


def photograph(name: str) -> Picture:
    """Reads a photograph of scikit-image as float BGR."""
    import skimage

    path = Path(skimage.__file__).parent / "data" / name
    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise SystemExit(f"scikit-image has no {name}; install the extra 'test'.")
    return image.astype(np.float32)


def look(picture: Picture, view: Matrix) -> Picture:
    """Renders a camera's view of a picture, with Lanczos, since nearly all of it is enlarged."""
    return cv2.warpAffine(
        picture, view, SIZE, flags=cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE
    )


def crisp(image: Picture) -> Picture:
    """Sharpens edges that were blurred by enlarging."""
    return image + 0.35 * (image - cv2.GaussianBlur(image, (0, 0), 1.6))


def still(name: str, start: View, end: View, seconds: float) -> Iterator[Picture]:
    """A shot of one photograph under one camera move."""
    picture = photograph(name)
    count = round(seconds * FPS)
    for i in range(count):
        yield crisp(look(picture, between(start, end, i / (count - 1)).matrix()))


# The rocket in the photograph: nose, right side down, left side up.
ROCKET = np.array(
    [
        *[(323.0, 127), (327.5, 129.5), (331, 134), (333.2, 140), (334, 146.5), (334, 178.5)],
        *[(331.2, 180), (331.2, 405), (313.6, 405), (313.9, 180)],
        *[(311.5, 178.5), (311.5, 146.5), (312.5, 140), (315, 134), (318.7, 129.5)],
    ]
)
NOZZLE = (322.5, 405.0)


def cut_out(picture: Picture) -> Picture:
    """The rocket alone, premultiplied BGRA, in the photograph's pixels."""
    fine = 16  # subpixels of fillPoly: the outline falls between pixels
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.fillPoly(mask, [np.rint(ROCKET * fine).astype(np.int32)], 255, cv2.LINE_AA, 4)
    alpha = cv2.GaussianBlur(mask, (0, 0), 0.6).astype(np.float32)[:, :, None] / 255
    return np.concatenate([picture * alpha, 255 * alpha], axis=2)


def empty_pad(picture: Picture) -> Picture:
    """The launch pad without the rocket and its tower; sky fills the gap."""
    sky = picture.copy()
    rng = np.random.default_rng(1)
    for top, bottom, left, right in [(118, 346, 302, 342), (346, 408, 311, 334)]:
        a = cv2.blur(picture[top:bottom, left - 6 : left], (6, 5))[:, 3:4]
        b = cv2.blur(picture[top:bottom, right : right + 6], (6, 5))[:, 3:4]
        s = np.linspace(0, 1, right - left, dtype=np.float32)[None, :, None]
        grain = rng.normal(0, 1.2, (bottom - top, right - left, 1)).astype(np.float32)
        sky[top:bottom, left:right] = (1 - s) * a + s * b + grain
    return sky


def paste(image: Picture, sprite: Picture, matrix: Matrix) -> Picture:
    """Puts a premultiplied cut-out over the picture."""
    moved = cv2.warpAffine(sprite, matrix, SIZE, flags=cv2.INTER_CUBIC)
    moved = np.clip(moved, 0, 255)
    return image * (1 - moved[:, :, 3:] / 255) + moved[:, :, :3]


def flame(image: Picture, matrix: Matrix, length: float, flicker: float) -> Picture:
    """Adds the light of the engine below the nozzle, in the rocket's own direction."""
    inverse = cv2.invertAffineTransform(matrix)
    u, v = np.meshgrid(np.arange(SIZE[0], dtype=np.float32), np.arange(SIZE[1], dtype=np.float32))
    x = inverse[0, 0] * u + inverse[0, 1] * v + inverse[0, 2] - NOZZLE[0]
    y = inverse[1, 0] * u + inverse[1, 1] * v + inverse[1, 2] - NOZZLE[1]
    reach = length * (1 + 0.12 * flicker)
    along = np.clip(y / reach, 0, None)
    radius = 6.5 + 9.0 * np.sqrt(along) * (1 + 0.1 * flicker)
    plume = np.exp(-((x / radius) ** 2) * 1.6 - 2.2 * along**1.3)
    below = 1 / (1 + np.exp(-np.clip(1.5 * (y + 1.0), -30, 30)))
    core = np.exp(-((x / 4.6) ** 2) - (2.4 * along) ** 2)
    halo = np.exp(-np.hypot(x, y - 18) / (40 + 4 * flicker))
    for light, color in [
        (plume * below, (60, 170, 300)),
        (core * below, (200, 230, 250)),
        (halo, (30, 80, 150)),
    ]:
        image = image + light.astype(np.float32)[:, :, None] * np.array(color, np.float32)
    return image


def chain(outer: Matrix, inner: Matrix) -> Matrix:
    """First `inner`, then `outer`."""
    return outer @ np.vstack([inner, (0, 0, 1)])


def launch(seconds: float) -> Iterator[Picture]:
    """The rocket leaves its pad, and the camera pulls out and up."""
    picture = photograph("rocket.jpg")
    rocket, pad = cut_out(picture), empty_pad(picture)
    rng = np.random.default_rng(2)
    count = round(seconds * FPS)
    for i in range(count):
        t, at = i / (count - 1), i / FPS
        burn = min(1.0, at / 0.5)
        rise = 31.0 * max(0.0, at - 0.45) ** 2
        shake = rng.normal(0, 0.35 * burn, 2)
        view = between(View(323, 266, 520), View(323, 190, 628), t).matrix()
        view[:, 2] += shake
        lifted = np.array([[1, 0, shake[0] * 0.4], [0, 1, -rise]])
        ground = pad if at > 0.45 else picture
        image = crisp(look(ground, view))
        # The light of the flame falls on the ground, less and less.
        image *= 1 + 0.5 * burn * math.exp(-rise / 120)
        body = chain(view, lifted)
        image = flame(image, body, 20 + 110 * burn, rng.normal()) if burn > 0 else image
        yield paste(image, rocket, body)


def space(seconds: float) -> Iterator[Picture]:
    """The rocket crosses a picture of stars by the Hubble telescope."""
    stars = photograph("hubble_deep_field.jpg")
    rocket = cut_out(photograph("rocket.jpg"))
    rng = np.random.default_rng(3)
    count = round(seconds * FPS)
    for i in range(count):
        t = i / (count - 1)
        view = View(430 + 70 * t, 470 - 25 * t, 760 - 60 * t, -3 * t).matrix()
        x, y = 150 + 600 * t, 560 - 230 * t - 60 * math.sin(math.pi * t)
        turn = -58 - 14 * t
        place = cv2.getRotationMatrix2D((322.5, 266.0), turn, 0.85)
        place[:, 2] += (x - 322.5, y - 266.0)
        body = chain(view, np.asarray(place, dtype=np.float64))
        image = flame(crisp(look(stars, view)), body, 120, rng.normal())
        yield paste(image, rocket, body)


SHOTS: tuple[Callable[[], Iterator[Picture]], ...] = (
    lambda: still("astronaut.png", View(272, 150, 480), View(238, 116, 330), 3.2),
    lambda: launch(3.4),
    lambda: space(2.6),
    lambda: still("chelsea.png", View(200, 140, 400), View(226, 118, 310, 2), 2.6),
    lambda: still("coffee.png", View(318, 172, 430, -3), View(310, 190, 560, 2), 2.2),
)


def main() -> None:
    """Writes the clip."""
    parser = argparse.ArgumentParser(description="Renders the demo clip.")
    default = Path(__file__).resolve().parents[1] / "resources" / "demo.mp4"
    parser.add_argument("--output", type=Path, default=default, help="the clip to write")
    parser.add_argument("--stills", type=Path, help="a folder for every 15th frame as PNG")
    args = parser.parse_args()
    with VideoWriter(args.output, SIZE, FPS) as writer:
        for shot in SHOTS:
            for image in shot():
                frame = np.clip(np.rint(image), 0, 255).astype(np.uint8)
                if args.stills and writer.frames % 15 == 0:
                    args.stills.mkdir(parents=True, exist_ok=True)
                    cv2.imwrite(str(args.stills / f"{writer.frames:04}.png"), frame)
                writer.write(frame)
    print(f"{args.output}: {writer.frames} frames, {args.output.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
