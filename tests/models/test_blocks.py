"""Blocks and tables: widths are derived, time folds time-major."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.errors import InputError
from talkface.models.blocks import (
    Layer,
    Width,
    build_chain,
    check_width,
    fold_time,
    residuals,
    unfold_time,
    upsample,
)


@settings(deadline=None)
@given(st.integers(1, 1024), st.floats(0.001, 4), st.integers(1, 64))
def test_channels_round_and_never_fall_below_the_least(channels, width, least):
    assert Width(width, least).of(channels) == max(least, round(channels * width))


def test_official_width_changes_nothing_above_the_floor():
    assert [Width().of(channels) for channels in (16, 384, 512)] == [16, 384, 512]


@pytest.mark.parametrize("width", [0, -1.0, float("nan"), 5])
def test_width_out_of_range_is_the_inputs_fault(width):
    with pytest.raises(InputError, match="width"):
        check_width(width)


def test_narrowest_layer_out_of_range_is_the_inputs_fault():
    with pytest.raises(InputError, match="least"):
        check_width(0.5, least=0)


@settings(deadline=None)
@given(st.integers(1, 4), st.integers(1, 4))
def test_folding_is_time_major_and_reversible(batch, steps):
    x = torch.arange(batch * 3 * steps * 4).reshape(batch, 3, steps, 2, 2)
    folded = fold_time(x, 2)
    for sample in range(batch):
        for step in range(steps):
            assert torch.equal(folded[step * batch + sample], x[sample, :, step])
    assert torch.equal(unfold_time(folded, batch), x)


def test_chain_takes_each_width_from_the_row_before():
    chain = build_chain(3, (Layer(8, stride=2), *residuals(8, 2), upsample(4)), Width(2.0))
    assert chain(torch.zeros(2, 3, 16, 16)).shape == (2, 8, 16, 16)
    assert [block.conv_block[0].in_channels for block in chain] == [3, 16, 16, 16]


def test_residual_adds_before_the_relu():
    (block,) = build_chain(4, residuals(4, 1), Width()).eval()
    torch.nn.init.zeros_(block.conv_block[0].weight)
    torch.nn.init.zeros_(block.conv_block[0].bias)
    x = torch.randn(1, 4, 5, 5, generator=torch.Generator().manual_seed(0))
    assert torch.allclose(block(x), x.relu())


def test_plain_block_has_no_norm_and_leaks_a_hundredth():
    (block,) = build_chain(4, (Layer(4, 1, 1, 0, "plain"),), Width())
    block.conv_block[0].weight.data = torch.eye(4)[:, :, None, None]
    block.conv_block[0].bias.data.zero_()
    assert torch.allclose(block(torch.full((1, 4, 2, 2), -3.0)), torch.tensor(-0.03))
    assert list(block.state_dict()) == ["conv_block.0.weight", "conv_block.0.bias"]
