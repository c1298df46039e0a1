"""One-second sequences of synthetic motion with labels, to train the temporal teacher.

The scene is a picture with gaze, seen by a camera that rests, shakes, pans or zooms. Objects move
against it: cutouts of another picture around its gaze peak, which rest, cross the scene, stop,
appear or loom (come nearer), and oscillating parts of the picture itself, like heads and hands.

The label is S x (FLOOR + C^POWER) (`uvanet.data.motion_law`):

- S, the gaze of a still viewer: the picture's own gaze, moved with the camera, and a share
  (`REST_SHARE`) for each new object.
- C, the motion contrast over the last second, scaled to a maximum of 1. It is computed from the
  known motion of the objects; camera motion adds none.

Sudden onsets draw gaze whatever the task (Yantis and Jonides, JEP: HPP 10, 1984), and so does
looming (Franconeri and Simons, Perception & Psychophysics 65, 2003).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import cv2
import numpy as np

from uvanet.data.gaze import density_map
from uvanet.data.gaze_files import read_rgb
from uvanet.data.motion_law import REST_SHARE, motion_gain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from uvanet.data.fixations import GazePicture

    Image = NDArray[np.uint8]
    Map = NDArray[np.float32]

STEPS, STEP_S = 12, 0.1
HEIGHT, WIDTH = 384, 512
FULL_SPEED = 0.25
"""Speed against the background at which the contrast is 1, picture widths a second."""

MIN_FULL_CONTRAST = 0.25
"""Contrasts are divided by the strongest one, but at least by this: weak motion draws no gaze."""


class Sequence(NamedTuple):
    """One second of video with its labels.

    Attributes:
        frames: RGB, uint8, (STEPS, HEIGHT / 2, WIDTH / 2, 3), `STEP_S` apart.
        last: The last frame at full size, uint8, (HEIGHT, WIDTH, 3).
        spatial_target: Density of gaze on the last frame as a still, float32,
            (HEIGHT / 8, WIDTH / 8), sum 1.
        temporal_target: The same with the effect of motion.
    """

    frames: Image
    last: Image
    spatial_target: Map
    temporal_target: Map


@dataclass(frozen=True, slots=True)
class _Object:
    """An ellipse of a picture that moves against the scene.

    Attributes:
        image: The picture from which the object is cut, (HEIGHT, WIDTH, 3).
        density: Density of gaze on `image`, (HEIGHT / 8, WIDTH / 8).
        source: Center in `image`, pixels.
        radii: Half axes, pixels of `image`.
        tilt: Degrees.
        path: Center at each step, (STEPS, 2), pixels of the scene.
        size: Scale at each step, (STEPS,).
        shown: Visible at each step, (STEPS,).
        contrast: Motion contrast, 0..1.
        new: Whether the object is cut from another picture than the scene.
    """

    image: Image
    density: Map
    source: tuple[float, float]
    radii: tuple[float, float]
    tilt: float
    path: NDArray[np.float64]
    size: NDArray[np.float64]
    shown: NDArray[np.bool_]
    contrast: float
    new: bool

    def mask(self) -> Map:
        """The soft mask of the object over `image`, (HEIGHT, WIDTH), 0..1."""
        mask = np.zeros((HEIGHT, WIDTH), np.float32)
        center = (round(self.source[0]), round(self.source[1]))
        axes = (max(2, round(self.radii[0])), max(2, round(self.radii[1])))
        cv2.ellipse(mask, center, axes, self.tilt, 0, 360, 1.0, -1, cv2.LINE_AA)
        return np.asarray(cv2.GaussianBlur(mask, (0, 0), max(1.0, 0.08 * min(axes))), np.float32)

    def move(self, step: int) -> NDArray[np.float64]:
        """The affine map from `image` to the scene, (2, 3)."""
        scale = self.size[step]
        x, y = self.path[step] - scale * np.array(self.source)
        return np.array([[scale, 0, x], [0, scale, y]], np.float64)


def make_sequence(picture: GazePicture, donor: GazePicture, rng: np.random.Generator) -> Sequence:
    """Makes a sequence.

    Args:
        picture: The scene.
        donor: The picture that new objects are cut from.
        rng: Source of all randomness.
    """
    scene, gaze = _load(picture)
    camera = _camera(rng)
    objects = [_moving_part(scene, gaze, rng) for _ in range(rng.integers(0, 3))]
    if rng.random() < 0.6:
        objects.append(_new_object(*_load(donor), rng))
    masks = [item.mask() for item in objects]
    noise = 2.0 * rng.random()
    frames = np.stack(
        [
            _grain(_render(scene, camera, objects, masks, step, 2), noise, rng)
            for step in range(STEPS)
        ]
    )
    last = _grain(_render(scene, camera, objects, masks, STEPS - 1, 1), noise, rng)
    still, contrast = _gaze(gaze, camera[-1], objects, masks)
    strongest = float(contrast.max())
    label = still
    if strongest > 0:
        label = still * motion_gain(contrast / max(strongest, MIN_FULL_CONTRAST))
    return Sequence(frames, last, still, np.asarray(label / label.sum(), np.float32))


def _load(picture: GazePicture) -> tuple[Image, Map]:
    image = read_rgb(picture.path)
    size = (image.shape[1], image.shape[0])
    density = density_map(picture.fixations, size, (HEIGHT // 8, WIDTH // 8))
    resized = cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_LINEAR)
    return np.asarray(resized, np.uint8), density


def _camera(rng: np.random.Generator) -> NDArray[np.float64]:
    """The affine map from the picture to the scene at each step, (STEPS, 2, 3)."""
    zoom = rng.uniform(1.0, 1.35)
    kind = rng.random()
    seconds = np.arange(STEPS) * STEP_S
    shift, growth = np.zeros((STEPS, 2)), np.ones(STEPS)
    if kind > 0.45:  # pans and zooms
        shift += seconds[:, None] * rng.normal(0, 0.09, 2) * WIDTH
        growth += seconds * rng.normal(0, 0.05)
    if kind > 0.85 or 0.35 < kind < 0.45:  # shakes
        shift += np.cumsum(rng.normal(0, 0.004 * WIDTH, (STEPS, 2)), 0)
    room = 0.5 * (zoom - 1) * np.array([WIDTH, HEIGHT])
    offset = rng.uniform(-room, room) if zoom > 1 else np.zeros(2)
    scale = zoom * growth
    middle = np.array([WIDTH, HEIGHT]) / 2
    place = middle + offset + shift - scale[:, None] * middle
    maps = np.zeros((STEPS, 2, 3))
    maps[:, 0, 0] = maps[:, 1, 1] = scale
    maps[:, :, 2] = place
    return maps


def _moving_part(scene: Image, gaze: Map, rng: np.random.Generator) -> _Object:
    """A part of the picture that oscillates and ends at its own place."""
    if rng.random() < 0.6:
        flat = gaze.ravel() / gaze.sum()
        row, column = divmod(int(rng.choice(flat.size, p=flat)), WIDTH // 8)
        source = (8.0 * column + 4, 8.0 * row + 4)
    else:
        source = (rng.uniform(0.1, 0.9) * WIDTH, rng.uniform(0.1, 0.9) * HEIGHT)
    radius = WIDTH * rng.uniform(0.02, 0.16)
    seconds = (np.arange(STEPS) - STEPS + 1) * STEP_S
    turn, phase = 2 * math.pi * rng.uniform(0.5, 3.0), rng.uniform(0, 2 * math.pi)
    reach = WIDTH * rng.uniform(0.002, 0.03)
    heading = rng.uniform(0, 2 * math.pi)
    swing = np.sin(turn * seconds + phase) - math.sin(phase)
    path = np.array(source) + reach * swing[:, None] * [math.cos(heading), math.sin(heading)]
    speed = float(np.abs(np.diff(reach * swing)).mean()) / STEP_S / WIDTH
    return _Object(
        scene,
        gaze,
        source,
        (radius, radius * rng.uniform(0.6, 1.5)),
        rng.uniform(0, 180),
        path,
        np.ones(STEPS),
        np.ones(STEPS, bool),
        min(1.0, speed / FULL_SPEED),
        new=False,
    )


def _new_object(image: Image, gaze: Map, rng: np.random.Generator) -> _Object:
    """A cutout of another picture that rests, crosses, stops, appears or looms."""
    row, column = divmod(int(gaze.argmax()), WIDTH // 8)
    source = (
        float(np.clip(8 * column + 4, 0.2 * WIDTH, 0.8 * WIDTH)),
        float(np.clip(8 * row + 4, 0.2 * HEIGHT, 0.8 * HEIGHT)),
    )
    radius = WIDTH * rng.uniform(0.05, 0.18)
    end = np.array([rng.uniform(0.1, 0.9) * WIDTH, rng.uniform(0.1, 0.9) * HEIGHT])
    left = (STEPS - 1 - np.arange(STEPS)) * STEP_S
    path, size = np.repeat(end[None], STEPS, 0), np.ones(STEPS)
    shown = np.ones(STEPS, bool)
    kind = rng.choice(["rest", "cross", "stop", "appear", "loom"], p=[0.2, 0.4, 0.1, 0.15, 0.15])
    speed = rng.uniform(0.03, 0.7)
    heading = rng.uniform(0, 2 * math.pi)
    velocity = speed * WIDTH * np.array([math.cos(heading), math.sin(heading)])
    contrast = 0.0
    if kind == "cross":
        path = path - left[:, None] * velocity
        contrast = min(1.0, speed / FULL_SPEED)
    elif kind == "stop":
        since = rng.uniform(0.2, 0.8)
        path = path - np.maximum(left - since, 0)[:, None] * velocity
        contrast = min(1.0, speed / FULL_SPEED) * (1 - since)
    elif kind == "appear":
        since = rng.uniform(0.1, 1.0)
        shown = left <= since
        contrast = 1.0 - 0.5 * since
    elif kind == "loom":
        rate = rng.uniform(0.2, 0.8)
        size = np.exp(-rate * left)
        contrast = min(1.0, 3 * rate * radius / WIDTH / FULL_SPEED)
    scale = rng.uniform(0.7, 1.3)
    return _Object(
        image,
        gaze,
        source,
        (radius, radius * rng.uniform(0.7, 1.4)),
        rng.uniform(0, 180),
        path,
        size * scale,
        shown,
        contrast,
        new=True,
    )


def _render(
    scene: Image,
    camera: NDArray[np.float64],
    objects: list[_Object],
    masks: list[Map],
    step: int,
    reduction: int,
) -> Image:
    size = (WIDTH // reduction, HEIGHT // reduction)

    def warp(image: NDArray[np.uint8], move: NDArray[np.float64]) -> NDArray[np.float32]:
        return np.asarray(
            cv2.warpAffine(image, move / reduction, size, borderMode=cv2.BORDER_REFLECT),
            np.float32,
        )

    frame = warp(scene, camera[step])
    for item, mask in zip(objects, masks, strict=True):
        if item.shown[step]:
            move = item.move(step) if item.new else _after(camera[step], item.move(step))
            alpha = cv2.warpAffine(mask, move / reduction, size)[..., None]
            frame += alpha * (warp(item.image, move) - frame)
    return np.asarray(np.clip(frame, 0, 255), np.uint8)


def _after(second: NDArray[np.float64], first: NDArray[np.float64]) -> NDArray[np.float64]:
    """The composition of two affine maps, (2, 3) each."""
    square = np.vstack([first, [0, 0, 1]])
    return np.asarray(second @ square, np.float64)


def _grain(image: Image, noise: float, rng: np.random.Generator) -> Image:
    grain = rng.normal(0, noise, image.shape[:2])[..., None]
    return np.asarray(np.clip(image + grain + 0.5, 0, 255), np.uint8)


def _gaze(
    gaze: Map, camera: NDArray[np.float64], objects: list[_Object], masks: list[Map]
) -> tuple[Map, Map]:
    """Gaze on the last frame as a still, and the motion contrast, (HEIGHT / 8, WIDTH / 8) each."""
    size = (WIDTH // 8, HEIGHT // 8)
    shrunk = np.diag([1 / 8, 1 / 8, 1.0])

    def warp(image: Map, move: NDArray[np.float64]) -> Map:
        small = shrunk @ np.vstack([move, [0, 0, 1]]) @ np.linalg.inv(shrunk)
        return np.asarray(cv2.warpAffine(image, small[:2], size), np.float32)

    still = warp(gaze, camera)
    still /= max(float(still.sum()), 1e-9)
    contrast = np.zeros_like(still)
    for item, mask in zip(objects, masks, strict=True):
        if not item.shown[-1]:
            continue
        move = item.move(STEPS - 1) if item.new else camera
        outline = warp(np.asarray(cv2.resize(mask, size), np.float32), move)
        if item.new:
            inner = warp(item.density, move) * outline
            still *= 1 - outline
            still *= (1 - REST_SHARE) / max(float(still.sum()), 1e-9)
            still += REST_SHARE * inner / max(float(inner.sum()), 1e-9)
            contrast *= 1 - outline
        contrast = np.maximum(contrast, item.contrast * outline)
    contrast = np.asarray(cv2.GaussianBlur(contrast, (0, 0), size[0] / 35), np.float32)
    return np.asarray(still / still.sum(), np.float32), contrast
