"""Pairs of frames with synthetic motion and labels, made from still pictures with gaze.

The camera pans and zooms a little between the two frames. In some pairs an object cut from another
picture moves against the scene. In others a part of the picture itself moves; only the earlier
frame is changed for it. Labels:

- Camera motion changes nothing.
- An object that moves against its background gets a share of gaze that grows with its speed, from
  `REST_SHARE` at rest to `MAX_SHARE`; the slope is our choice. `uvanet.data.motion_law` has the
  source of the rule.
- A part of the picture that moves gets a share that grows with the visible change.

All functions run on batches of tensors on any device, without Python per sample. Random numbers
come from a generator on the CPU, so that a run sees the same pairs on every device.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor

from uvanet.data.color_change import ColorChange, change_color, random_color
from uvanet.data.motion_law import REST_SHARE

Shape = tuple[int, int]
"""Height and width, pixels."""

MAX_SHARE = 0.6


@dataclass(frozen=True, slots=True)
class MotionConfig:
    """Settings of the pairs; lengths are shares of the picture's side.

    Attributes:
        min_zoom: Smallest share of a picture's side that a crop shows.
        camera: Standard deviation of the camera's shift between the frames.
        camera_zoom: Standard deviation of its relative zoom.
        still: Share of pairs in which the camera does not move.
        objects: Share of pairs with an object.
        object_speed: Largest shift of an object between the frames.
        object_rest: Share of objects that do not move.
        parts: Share of pairs in which a part of the picture moves.
    """

    min_zoom: float = 0.7
    camera: float = 0.012
    camera_zoom: float = 0.01
    still: float = 0.35
    objects: float = 0.3
    object_speed: float = 0.14
    object_rest: float = 0.25
    parts: float = 0.4


class Pairs(NamedTuple):
    """A batch of pairs.

    Attributes:
        frame: RGB in 0..1, (n, 3, h, w).
        earlier: The same scene about 100 ms before.
        spatial_target: Density of gaze on `frame` as a still picture, (n, 1, h / 2, w / 2), of
            sum 1 each.
        temporal_target: The same with the effect of motion.
        faces: Where faces are on `frame`, (n, 1, h / 2, w / 2), 0..1; -1 where it is not known.
        motion: Mean change of brightness over 0.8 s, (n, 1, h / 4, w / 4), 0..1.
    """

    frame: Tensor
    earlier: Tensor
    spatial_target: Tensor
    temporal_target: Tensor
    faces: Tensor
    motion: Tensor


class _View(NamedTuple):
    """Crop of a picture: center (n, 2) in -1..1; scale (n, 2), negative where mirrored."""

    center: Tensor
    scale: Tensor


def make_pairs(
    pictures: Tensor,
    densities: Tensor,
    shape: Shape,
    config: MotionConfig,
    rng: Generator,
    faces: Tensor | None = None,
) -> Pairs:
    """Makes a pair of each picture of a batch.

    Args:
        pictures: uint8 RGB, (n, h, w, 3), stretched to a common size.
        densities: Label densities over the pictures, (n, h', w'), float.
        shape: Height and width of the frames, pixels; even. The original aspect ratio of the
            pictures avoids distortion.
        config: Settings.
        rng: Source of all randomness, on the CPU.
        faces: Face maps of the pictures, (n, h', w'), 0..1, -1 where not known; None for none.

    Returns:
        The pairs, float32.
    """
    n, device = len(pictures), pictures.device
    images = pictures.permute(0, 3, 1, 2).float() / 255
    labels = densities[:, None].float()
    now, color = _random_view(n, config.min_zoom, rng), random_color(n, rng, device)
    moves = (torch.rand(n, 1, generator=rng) >= config.still).float()
    shift = 2 * config.camera * torch.randn(n, 2, generator=rng) * moves
    zoom = 1 + config.camera_zoom * torch.randn(n, 1, generator=rng) * moves
    before = _on(device, _View(now.center + shift, now.scale * zoom))
    now = _on(device, now)
    frame, earlier = _sample(images, now, shape), _sample(images, before, shape)
    still = _density(_sample(labels, now, _half(shape)))
    label = still.clone()
    seen = unknown_faces(still) if faces is None else _sample(faces[:, None], now, _half(shape))

    def some(share: float) -> Tensor:
        """Indices of a random share of the pairs, (m,)."""
        return (torch.rand(n, generator=rng) < share).nonzero()[:, 0].to(device)

    chosen = some(config.parts)
    if len(chosen):
        earlier[chosen], label[chosen] = _move_part(
            frame[chosen], earlier[chosen], still[chosen], config, rng
        )
    chosen = some(config.objects)
    if len(chosen):
        # Objects come from the batch's next picture, around where people looked most on it.
        donors = (chosen - 1) % n
        frame[chosen], earlier[chosen], still[chosen], label[chosen] = _add_object(
            Pairs(frame[chosen], earlier[chosen], still[chosen], label[chosen], seen, seen),
            images[donors],
            labels[donors],
            config,
            rng,
        )
    mean = frame.mean((1, 2, 3), keepdim=True)
    frame, earlier = (change_color(images, mean, color) for images in (frame, earlier))
    # The motion of a still picture is taken to be steady: each step changes as much as this one.
    motion = _change(frame, earlier)
    return Pairs(frame, earlier, _density(still), _density(label), seen, motion)


def _change(frame: Tensor, earlier: Tensor) -> Tensor:
    """Change of brightness between two frames, (n, 1, h / 4, w / 4)."""
    return F.avg_pool2d((frame - earlier).mean(1, keepdim=True), 4, ceil_mode=True).abs()


def unknown_faces(target: Tensor) -> Tensor:
    """The `faces` of pairs whose faces are not known."""
    return torch.full_like(target, -1)


def crop_pairs(
    pairs: Pairs,
    shape: Shape,
    min_zoom: float,
    rng: Generator,
    *,
    motion: Tensor | None = None,
    gentle: bool = False,
) -> Pairs:
    """Augments pairs of real video by crops, mirroring and color changes.

    Args:
        pairs: Stored pairs: frames uint8 RGB, (n, h, w, 3); densities (n, h', w').
        shape: Height and width of the frames, pixels; even.
        min_zoom: Smallest share of a frame's side that a crop shows.
        rng: Source of all randomness, on the CPU.
        motion: Mean change of brightness over 0.8 s, (n, h', w'); None where not known, for
            the change between the frames.
        gentle: Half of the frames are not cropped, three in ten are mirrored, and colors change by
            a third as much.
    """
    n, device = len(pairs.frame), pairs.frame.device
    view, color = _random_view(n, min_zoom, rng), random_color(n, rng, device)
    if gentle:
        view = _gentle(view, rng)
        color = ColorChange(*(1 + (values - 1) / 3 for values in color))
    view = _on(device, view)

    def look(pictures: Tensor) -> Tensor:
        return _sample(pictures.permute(0, 3, 1, 2).float() / 255, view, shape)

    def over(densities: Tensor) -> Tensor:
        return _density(_sample(densities[:, None].float(), view, _half(shape)))

    now, before = look(pairs.frame), look(pairs.earlier)
    mean = now.mean((1, 2, 3), keepdim=True)
    if motion is None:
        moved = _change(now, before)
    else:
        moved = _sample(motion[:, None].float(), view, (shape[0] // 4, shape[1] // 4))
    return Pairs(
        change_color(now, mean, color),
        change_color(before, mean, color),
        target := over(pairs.spatial_target),
        over(pairs.temporal_target),
        unknown_faces(target),
        moved,
    )


def _random_view(n: int, min_zoom: float, rng: Generator) -> _View:
    def rand(*shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=rng)

    scale = (1 - rand(2) * (1 - min_zoom)).clamp(max=1.0)
    # Width and height zoom nearly alike, so that faces are not distorted.
    scale[:, 1] = (scale[:, 0] * (0.9 + 0.2 * rand(1)[:, 0])).clamp(min_zoom, 1.0)
    center = (2 * rand(2) - 1) * (1 - scale)
    flip = torch.where(rand(1) < 0.5, -1.0, 1.0)
    return _View(center, scale * torch.cat([flip, torch.ones_like(flip)], 1))


def _gentle(view: _View, rng: Generator) -> _View:
    """Half of the views uncropped, and fewer of them mirrored."""
    n = len(view.scale)
    whole = torch.rand(n, 1, generator=rng) < 0.5
    flip = torch.where(torch.rand(n, 1, generator=rng) < 0.3, -1.0, 1.0)
    scale = torch.where(whole, 1.0, view.scale.abs()) * torch.cat([flip, torch.ones(n, 1)], 1)
    return _View(torch.where(whole, 0.0, view.center), scale)


def _on(device: torch.device, view: _View) -> _View:
    return _View(*(values.to(device) for values in view))


def _density(values: Tensor) -> Tensor:
    return values / values.sum((2, 3), keepdim=True).clamp_min(1e-12)


def _add_object(
    pairs: Pairs, donors: Tensor, donor_labels: Tensor, config: MotionConfig, rng: Generator
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Pastes a round cutout of another picture that moves, or rests, against the scene."""
    n, half_size = len(donors), _half(_shape(pairs.frame))

    def rand(*shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=rng).to(donors.device)

    half = 0.16 + 0.24 * rand(1)
    place = (2 * rand(2) - 1) * 0.8
    angle, speed = 6.2832 * rand(1), rand(1)
    speed = speed * (rand(1) >= config.object_rest)
    velocity = 2 * config.object_speed * speed * torch.cat([angle.cos(), angle.sin()], 1)
    peak = _peak(donor_labels)
    source = half * (0.8 + 0.4 * rand(1))
    frame = _paste(pairs.frame, donors, place, half, peak, source)
    earlier = _paste(pairs.earlier, donors, place - velocity, half, peak, source)
    mask = _ellipse(half_size, place, half)
    inner = _object_view(donor_labels, half_size, place, half, peak, source) * mask
    seen = (inner.sum((2, 3), keepdim=True) > 1e-9).float()
    inner = _density(inner)
    rest = REST_SHARE * seen
    moving = (REST_SHARE + (MAX_SHARE - REST_SHARE) * (speed * 4).clamp(max=1.0))[..., None, None]
    moving = moving * seen
    still = (1 - rest) * _density(pairs.spatial_target * (1 - mask)) + rest * inner
    label = (1 - moving) * _density(pairs.temporal_target * (1 - mask)) + moving * inner
    return frame, earlier, still, label


def _move_part(
    frame: Tensor, earlier: Tensor, label: Tensor, config: MotionConfig, rng: Generator
) -> tuple[Tensor, Tensor]:
    """Makes a part of each picture move, by a change of the earlier frame.

    The earlier frame shows the part at its earlier place, and other pixels at its present place.

    Returns:
        Earlier frames, as `frame`, and labels, as `label`.
    """
    n, shape = len(frame), _shape(frame)

    def rand(*shape: int) -> Tensor:
        return torch.rand(n, *shape, generator=rng).to(frame.device)

    place = (2 * rand(2) - 1) * 0.75
    half = 0.08 + 0.3 * rand(2) ** 1.5
    tilt, heading = 3.1416 * rand(1), 6.2832 * rand(1)
    speed = 2 * config.object_speed * (0.2 + 0.8 * rand(1))
    velocity = speed * torch.cat([heading.cos(), heading.sin()], 1)
    # At the part's present place, the earlier frame shows pixels from one side of it.
    aside = 1.8 * half.amax(1, keepdim=True) * torch.cat([-heading.sin(), heading.cos()], 1)
    now, before = (_ellipse(shape, where, half, tilt) for where in (place, place - velocity))
    earlier = earlier * (1 - now) + _shifted(earlier, aside) * now
    earlier = earlier * (1 - before) + _shifted(frame, velocity) * before
    # The motion of a patch of sky over sky is invisible.
    change = ((frame - earlier).abs().mean(1, keepdim=True) * now).sum((1, 2, 3))
    seen = (change / now.sum((1, 2, 3)).clamp_min(1.0) / 0.08).clamp(max=1.0)
    share = (MAX_SHARE * seen)[:, None, None, None]
    inner = F.avg_pool2d(now, 2) * (label / label.amax((2, 3), keepdim=True) + 0.15)
    return earlier, (1 - share) * label + share * _density(inner)


def _shifted(images: Tensor, by: Tensor) -> Tensor:
    """Images shifted by `by`, (n, 2), in units of -1..1; borders are reflected."""
    grid = _grid(images, _shape(images)) + by[:, None, None]
    return F.grid_sample(
        images, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )


def _shape(images: Tensor) -> Shape:
    """Height and width of (n, c, h, w)."""
    return images.shape[-2], images.shape[-1]


def _half(shape: Shape) -> Shape:
    return shape[0] // 2, shape[1] // 2


def _double(shape: Shape) -> Shape:
    return shape[0] * 2, shape[1] * 2


def _grid(like: Tensor, shape: Shape) -> Tensor:
    """Pixel centers, (n, h, w, 2), x and y in -1..1; count and device of `like`."""
    rows, columns = (
        (torch.arange(size, device=like.device) + 0.5) * (2 / size) - 1 for size in shape
    )
    y, x = torch.meshgrid(rows, columns, indexing="ij")
    return torch.stack([x, y], -1).expand(len(like), *shape, 2)


def _sample(images: Tensor, view: _View, shape: Shape) -> Tensor:
    # Twice the size and a 2 x 2 mean approximate the area filter of `InputResizer`.
    grid = _grid(images, _double(shape)) * view.scale[:, None, None] + view.center[:, None, None]
    sampled = F.grid_sample(
        images, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )
    return F.avg_pool2d(sampled, 2)


def _object_view(
    images: Tensor, shape: Shape, place: Tensor, half: Tensor, peak: Tensor, source: Tensor
) -> Tensor:
    local = (_grid(images, shape) - place[:, None, None]) / half[:, None, None]
    grid = local * source[:, None, None] + peak[:, None, None]
    return F.grid_sample(
        images, grid, mode="bilinear", padding_mode="reflection", align_corners=False
    )


def _ellipse(shape: Shape, place: Tensor, half: Tensor, tilt: Tensor | None = None) -> Tensor:
    """A soft elliptic mask, (n, 1, h, w): 1 inside, 0 outside.

    Args:
        shape: Height and width of the mask, pixels.
        place: Center, (n, 2).
        half: Half axes, (n, 1) or (n, 2).
        tilt: Rotation, (n, 1), radians.
    """
    local = _grid(place, shape) - place[:, None, None]
    if tilt is not None:
        cos, sin = tilt.cos()[:, None], tilt.sin()[:, None]
        x, y = local[..., 0], local[..., 1]
        local = torch.stack([cos * x + sin * y, cos * y - sin * x], -1)
    local = local / half[:, None, None]
    radius = local.square().sum(-1).sqrt()
    return ((1.0 - radius) / 0.15).clamp(0, 1)[:, None]


def _paste(
    frame: Tensor, donors: Tensor, place: Tensor, half: Tensor, peak: Tensor, source: Tensor
) -> Tensor:
    shape = _shape(frame)
    view = _object_view(donors, _double(shape), place, half, peak, source)
    mask = _ellipse(shape, place, half)
    return frame * (1 - mask) + F.avg_pool2d(view, 2) * mask


def _peak(labels: Tensor) -> Tensor:
    """Position of each density's maximum, (n, 2), x and y in -1..1, kept off the border."""
    height, width = labels.shape[-2:]
    index = labels.flatten(1).argmax(1)
    x = (index % width + 0.5) * (2 / width) - 1
    y = (torch.div(index, width, rounding_mode="floor") + 0.5) * (2 / height) - 1
    return torch.stack([x, y], 1).clamp(-0.7, 0.7)
