"""The student network: size, shapes, streaming, ensemble."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
import torch

from uvanet.deploy.onnx_export import save_weights
from uvanet.models import (
    PRESETS,
    CARes,
    Preset,
    SpatioTemporal,
    count_parameters,
    create_student,
    layer_costs,
    load_student,
    student,
)

if TYPE_CHECKING:
    from pathlib import Path

PARAMETER_LIMIT = 170_000


@pytest.mark.parametrize("name", PRESETS)
def test_a_student_stays_within_the_papers_size(name: str) -> None:
    model = create_student(name)
    parameters = sum(p.numel() for p in model.parameters())
    assert 100_000 < parameters <= PARAMETER_LIMIT
    assert sum(p for p, _ in layer_costs(model).values()) == parameters


def test_the_documented_layer_table_matches_the_network() -> None:
    rows = re.findall(
        r"^    ([a-z0-9._]+) +(?:\d+ x \d+ x \d+)? +([\d,]+) +([\d,]+)$",
        student.__doc__ or "",
        re.MULTILINE,
    )
    table = {name: (int(p.replace(",", "")), int(m.replace(",", ""))) for name, p, m in rows}
    total = table.pop("total")
    costs = layer_costs(create_student("uvanet-64"))
    assert table == costs
    assert total == tuple(map(sum, zip(*costs.values(), strict=True)))


def test_macs_match_the_arithmetic() -> None:
    costs = layer_costs(create_student("uvanet-64"))
    # 3x3 kernels over 3 channels, 16 outputs, at 32 x 32.
    assert costs["stem.conv"][1] == 32 * 32 * 16 * 27
    assert costs["head"] == (32 * 4 + 4 + 64, 16 * 16 * 32 * 4)


def test_macs_grow_with_the_picture_and_parameters_do_not() -> None:
    model = create_student("uvanet-64")
    small, large = layer_costs(model, 64), layer_costs(model, 128)
    assert large["stem.conv"][1] == 4 * small["stem.conv"][1]
    assert large["stem.conv"][0] == small["stem.conv"][0]


@pytest.mark.parametrize("size", [(64, 64), (32, 32), (48, 80), (65, 37)])
def test_maps_have_half_the_size_of_the_input(size: tuple[int, int]) -> None:
    model = create_student("uvanet-64").eval()
    output = model(torch.rand(2, 3, *size))
    half = tuple(2 * -(-side // 4) for side in size)
    for logits in (output.ensemble, output.spatiotemporal, output.spatial, output.temporal):
        assert logits.shape == (2, 1, *half)
        assert torch.isfinite(logits).all()


def test_streaming_equals_the_pair() -> None:
    torch.manual_seed(3)
    model = create_student("uvanet-64").eval()
    earlier, now = torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        pair = model(now, earlier)
        state = model.step(earlier, torch.zeros(2, model.state_channels, 16, 16)).features
        streamed = model.step(now, state)
    for a, b in zip(pair, streamed, strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_only_the_temporal_branch_sees_the_earlier_frame() -> None:
    torch.manual_seed(3)
    model = create_student("uvanet-64").eval()
    now, other = torch.rand(1, 3, 64, 64), torch.rand(1, 3, 64, 64)
    with torch.no_grad():
        still, moving = model(now), model(now, other)
    assert torch.equal(still.spatial, moving.spatial)
    assert not torch.allclose(still.temporal, moving.temporal)
    assert not torch.allclose(still.ensemble, moving.ensemble)


def test_the_ensemble_is_the_weighted_mean_of_three_predictions() -> None:
    torch.manual_seed(3)
    model = create_student("uvanet-64").eval()
    with torch.no_grad():
        for head in model.heads:
            head.centre_bias.normal_()
        output = model(torch.rand(2, 3, 48, 88), torch.rand(2, 3, 48, 88))
        assert sum(student.ENSEMBLE_WEIGHTS) == pytest.approx(1)
        parts = zip(
            student.ENSEMBLE_WEIGHTS,
            (output.spatial, output.temporal, output.spatiotemporal),
            strict=True,
        )
        mean = sum(share * part for share, part in parts)
        assert torch.allclose(output.ensemble, mean, atol=1e-5)
        features = torch.rand(2, 2, 32, 12, 22)
        decoded = model.decode(*features)
        joined = model.joined_head()(torch.cat(decoded, 1))
        assert torch.allclose(joined, model.predict(decoded, features[0]).ensemble, atol=1e-4)


def test_every_parameter_has_a_gradient() -> None:
    model = create_student("uvanet-64")
    output = model(torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64))
    # Not a plain sum, whose gradient is zero behind batch norm.
    sum((logits * torch.rand_like(logits)).sum() for logits in output[:3]).backward()
    silent = [n for n, p in model.named_parameters() if p.grad is None]
    assert silent == []


def test_blocks_have_a_residual_only_where_shapes_agree() -> None:
    assert CARes(8, 8).residual
    assert not CARes(8, 8, stride=2).residual
    assert not CARes(8, 16).residual


@pytest.mark.parametrize("kind", ["ca", "se", "none"])
def test_attention_scales_whole_channels(kind: str) -> None:
    torch.manual_seed(0)
    block = CARes(4, 4, attention=kind).eval()  # type: ignore[arg-type]
    plain = CARes(4, 4, attention="none").eval()
    plain.load_state_dict(
        {k: v for k, v in block.state_dict().items() if not k.startswith("attention")}
    )
    x = torch.rand(1, 4, 6, 6)
    with torch.no_grad():
        scaled, unscaled = block(x) - x, plain(x) - x
    # Attention scales whole channels by one factor each; without attention the factor is 1.
    factors = (scaled * unscaled).sum((2, 3)) / unscaled.square().sum((2, 3))
    assert torch.allclose(scaled, factors[:, :, None, None] * unscaled, atol=1e-5)
    assert torch.allclose(factors, torch.ones_like(factors)) == (kind == "none")


def test_students_of_0_1_0_keep_their_shape(tmp_path: Path) -> None:
    """Students of 0.1.0 have no stage at 1/32 and a larger temporal branch."""
    before = SpatioTemporal(
        Preset(
            64,
            spatial=(32, 64),
            temporal=(32, 32),
            temporal_depth=(1, 1),
            temporal_stride=4,
            memory=False,
        )
    ).eval()
    assert count_parameters(before) == 168_640
    save_weights(before, tmp_path / "old.safetensors")
    found = load_student("uvanet-64", tmp_path / "old.safetensors")
    frame = torch.rand(1, 3, 48, 88)
    with torch.no_grad():
        assert torch.equal(found(frame).ensemble, before(frame).ensemble)
    assert found.preset.input_size == 64


@pytest.mark.parametrize("size", [(4, 4), (20, 36), (56, 72), (100, 100), (288, 512)])
def test_any_multiple_of_4_is_an_input(size: tuple[int, int]) -> None:
    with torch.no_grad():
        output = create_student("uvanet-256").eval()(torch.rand(1, 3, *size))
    assert output.ensemble.shape == (1, 1, size[0] // 2, size[1] // 2)
