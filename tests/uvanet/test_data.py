"""Reading gaze, and labelled synthetic motion made from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from uvanet.data.fixations import find_root, read_split
from uvanet.data.gaze import density_map
from uvanet.data.gaze_files import read_rgb
from uvanet.data.synthetic import MAX_SHARE, REST_SHARE, MotionConfig, Pairs, crop_pairs, make_pairs
from uvanet.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def test_a_split_holds_its_pictures_and_their_gaze(gaze_tree: Path) -> None:
    pictures = read_split(gaze_tree, "train")
    assert [p.path.name for p in pictures] == [f"train{i}.jpg" for i in range(8)]
    for picture in pictures:
        assert picture.fixations.shape == (5, 2)
        x, y = picture.fixations.mean(0).astype(int)
        # Gaze lies on the bright disc.
        assert read_rgb(picture.path)[y, x].mean() > 200


def test_what_is_missing_is_named(gaze_tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (gaze_tree / "fixations/made/val1.jpg").unlink()
    with pytest.raises(UsageError, match=r"val1\.jpg"):
        read_split(gaze_tree, "val")
    (gaze_tree / "fixations/split.csv").unlink()
    with pytest.raises(UsageError, match=r"split\.csv"):
        find_root(gaze_tree)
    monkeypatch.delenv("UVANET_DATA", raising=False)
    with pytest.raises(UsageError, match="UVANET_DATA"):
        find_root()


def test_a_picture_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "odd.jpg").write_text("no picture")
    with pytest.raises(UsageError, match=r"odd\.jpg"):
        read_rgb(tmp_path / "odd.jpg")


def test_a_density_map_is_a_degree_wide_around_the_fixation() -> None:
    density = density_map(np.array([[350.0, 100.0]], np.float32), (700, 350), (350, 700))
    assert density.sum() == pytest.approx(1, abs=1e-4)
    assert np.unravel_index(density.argmax(), density.shape) == (100, 350)
    sigma = 700 / 35
    assert density[100, 350 + int(sigma)] / density.max() == pytest.approx(np.exp(-0.5), abs=0.02)
    assert density[100 + int(sigma), 350] / density.max() == pytest.approx(np.exp(-0.5), abs=0.02)


def test_a_density_map_without_fixations_is_empty() -> None:
    nothing = density_map(np.empty((0, 2), np.float32), (64, 48), (32, 32))
    outside = density_map(np.array([[64.0, 10.0]], np.float32), (64, 48), (32, 32))
    assert nothing.sum() == outside.sum() == 0


@pytest.fixture
def scene() -> tuple[torch.Tensor, torch.Tensor]:
    """Four smooth pictures with one fixated place each."""
    rng = np.random.default_rng(0)
    import cv2

    pictures = np.stack(
        [cv2.resize(rng.integers(0, 255, (8, 8, 3), np.uint8), (64, 64)) for _ in range(4)]
    )
    places = [(10, 12), (50, 12), (32, 40), (20, 50)]
    densities = np.stack(
        [density_map(np.array([p], np.float32), (64, 64), (32, 32)) for p in places]
    )
    return torch.from_numpy(pictures), torch.from_numpy(densities)


STILL = MotionConfig(still=1.0, objects=0.0, parts=0.0)


def test_a_label_is_a_density_whatever_the_crop(scene: tuple[torch.Tensor, torch.Tensor]) -> None:
    rng = torch.Generator().manual_seed(0)
    pairs = make_pairs(*scene, (32, 32), MotionConfig(objects=0.5), rng)
    assert pairs.frame.shape == pairs.earlier.shape == (4, 3, 32, 32)
    assert pairs.temporal_target.shape == (4, 1, 16, 16)
    assert pairs.frame.min() >= 0
    assert pairs.frame.max() <= 1
    assert torch.allclose(pairs.temporal_target.sum((1, 2, 3)), torch.ones(4), atol=1e-4)


def test_a_still_camera_shows_the_same_twice(scene: tuple[torch.Tensor, torch.Tensor]) -> None:
    pairs = make_pairs(*scene, (32, 32), STILL, torch.Generator().manual_seed(0))
    assert torch.equal(pairs.frame, pairs.earlier)


def test_a_moving_camera_does_not(scene: tuple[torch.Tensor, torch.Tensor]) -> None:
    moving = MotionConfig(still=0.0, objects=0.0, parts=0.0, camera=0.05)
    pairs = make_pairs(*scene, (32, 32), moving, torch.Generator().manual_seed(0))
    changed = (pairs.frame - pairs.earlier).abs().mean((1, 2, 3))
    assert (changed > 0.005).all()


def test_the_motion_of_a_pair_is_its_change_of_brightness(
    scene: tuple[torch.Tensor, torch.Tensor],
) -> None:
    pairs = make_pairs(*scene, (32, 64), MotionConfig(), torch.Generator().manual_seed(0))
    gray = (pairs.frame.mean(1) - pairs.earlier.mean(1)).reshape(4, 8, 4, 16, 4).mean((2, 4))
    torch.testing.assert_close(pairs.motion[:, 0], gray.abs())
    still = make_pairs(*scene, (32, 64), STILL, torch.Generator().manual_seed(0))
    assert not still.motion.any()


def test_clips_keep_the_motion_where_their_crop_shows_it() -> None:
    frames = torch.full((1, 64, 64, 3), 100, dtype=torch.uint8)
    label = torch.zeros(1, 64, 64)
    label[:, 40:44, 16:20] = 1
    film = Pairs(frames, frames, label, label, label, label)
    for seed in range(5):
        rng = torch.Generator().manual_seed(seed)
        pairs = crop_pairs(film, (64, 64), 0.8, rng, motion=0.1 * label)
        still = crop_pairs(film, (64, 64), 0.8, rng)
        found = divmod(int(pairs.motion.argmax()), 16)
        expected = divmod(int(pairs.temporal_target.argmax()), 32)
        assert abs(found[0] - expected[0] / 2) <= 1
        assert abs(found[1] - expected[1] / 2) <= 1
        assert 0.01 < float(pairs.motion.max()) <= 0.1
        assert not still.motion.any()


def test_the_label_follows_its_picture(scene: tuple[torch.Tensor, torch.Tensor]) -> None:
    """The fixated place is red, so the label must be where the crop is red."""
    pictures, densities = scene
    marked = (pictures // 4).clone()
    places = [(10, 12), (50, 12), (32, 40), (20, 50)]
    for picture, (x, y) in zip(marked, places, strict=True):
        picture[y - 3 : y + 4, x - 3 : x + 4] = torch.tensor([255, 0, 0], dtype=torch.uint8)
    centred = MotionConfig(still=1.0, objects=0.0, parts=0.0, min_zoom=0.95)
    for seed in range(5):
        pairs = make_pairs(
            marked, densities, (64, 64), centred, torch.Generator().manual_seed(seed)
        )
        redness = pairs.frame[:, 0] - pairs.frame[:, 1:].mean(1)
        for red, label in zip(redness, pairs.temporal_target[:, 0], strict=True):
            if red.max() < 0.2:
                continue  # the color change made this picture gray
            found = torch.tensor(divmod(int(red.argmax()), 64)) / 64
            expected = torch.tensor(divmod(int(label.argmax()), 32)) / 32
            assert (found - expected).abs().max() < 0.09


def test_an_object_takes_its_share_and_more_when_it_moves(
    scene: tuple[torch.Tensor, torch.Tensor],
) -> None:
    seed = 3
    without = make_pairs(*scene, (64, 64), STILL, torch.Generator().manual_seed(seed))
    resting = MotionConfig(still=1.0, objects=1.0, object_rest=1.0, parts=0.0)
    running = MotionConfig(still=1.0, objects=1.0, object_rest=0.0, parts=0.0)
    rest = make_pairs(*scene, (64, 64), resting, torch.Generator().manual_seed(seed))
    run = make_pairs(*scene, (64, 64), running, torch.Generator().manual_seed(seed))
    # With the same seed, the current frames are equal; the earlier place of the object differs.
    assert torch.equal(rest.frame, run.frame)
    assert torch.equal(rest.frame, rest.earlier)
    moved = (run.frame - run.earlier).abs().amax((1, 2, 3)) > 0.02
    assert moved.any()
    new_at_rest = (rest.temporal_target - without.temporal_target).clamp_min(0).sum((1, 2, 3))
    new_in_motion = (run.temporal_target - without.temporal_target).clamp_min(0).sum((1, 2, 3))
    assert (new_at_rest <= REST_SHARE + 0.02).all()
    assert (new_in_motion <= MAX_SHARE + 0.02).all()
    assert (new_in_motion[moved] >= new_at_rest[moved]).all()
    assert (new_in_motion[moved] > new_at_rest[moved] + 0.02).any()


def test_a_part_that_moves_is_told_by_the_earlier_frame_alone(
    scene: tuple[torch.Tensor, torch.Tensor],
) -> None:
    parts = MotionConfig(still=1.0, objects=0.0, parts=1.0)
    gained = []
    for seed in range(6):
        without = make_pairs(*scene, (64, 64), STILL, torch.Generator().manual_seed(seed))
        moved = make_pairs(*scene, (64, 64), parts, torch.Generator().manual_seed(seed))
        # The current frame does not show the motion.
        assert torch.equal(moved.frame, without.frame)
        assert torch.allclose(moved.temporal_target.sum((1, 2, 3)), torch.ones(4), atol=1e-4)
        change = (moved.frame - moved.earlier).abs().mean(1, keepdim=True)
        change = torch.nn.functional.avg_pool2d(change, 2)
        gain = (moved.temporal_target - without.temporal_target).clamp_min(0)
        assert (gain.sum((1, 2, 3)) <= MAX_SHARE + 0.01).all()
        # The label grows only where the frames differ.
        for g, c in zip(gain[:, 0], change[:, 0], strict=True):
            if g.sum() > 0.1:
                gained.append(float(g.sum()))
                assert (g * (c > 0.01)).sum() > 0.7 * g.sum()
    assert len(gained) > 10
