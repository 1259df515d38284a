"""Winograd's convolution equals the plain one; which convolutions it replaces, and when it is used."""

import pytest
import torch
from torch import nn

from talkface.models.winograd import WinogradConv, fits, replace_convolutions, transform_weight, winograd_conv


def noise(*shape, seed=0):
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


SHAPES = [(5, 28, 28, 3), (16, 32, 56, 1), (3, 224, 224, 1), (4, 6, 6, 8), (4, 18, 25, 2)]


@pytest.mark.parametrize(("channels", "height", "width", "rows"), SHAPES)
def test_winograd_equals_convolution(channels, height, width, rows):
    x, weight = noise(rows, channels, height, width), noise(7, channels, 3, 3, seed=1)
    scale_in, scale_out, shift = noise(rows, channels, seed=2), noise(rows, 7, seed=3), noise(7, seed=4)
    steered = (x * scale_in[:, :, None, None]).double()
    plain = nn.functional.conv2d(steered, weight.double(), padding=1)
    expected = plain * scale_out[:, :, None, None] + shift[:, None, None]
    found = winograd_conv(x, transform_weight(weight), scale_in=scale_in, scale_out=scale_out, shift=shift)
    assert (found - expected).abs().max() <= 2e-5 * expected.abs().max()


def test_strips_do_not_show(monkeypatch):
    x, points = noise(2, 4, 32, 32), transform_weight(noise(4, 4, 3, 3))
    arguments = {"scale_in": None, "scale_out": 1.0, "shift": torch.zeros(4)}
    whole = winograd_conv(x, points, **arguments)
    monkeypatch.setattr("talkface.models.winograd.STRIP", 1)
    assert torch.allclose(winograd_conv(x, points, **arguments), whole, atol=1e-5)


def test_only_plain_convolutions_of_enough_channels_are_replaced():
    torch.manual_seed(0)
    net = nn.ModuleDict(
        {
            "yes": nn.Conv2d(8, 4, 3, padding=1, bias=False),
            "inner": nn.Sequential(nn.Conv2d(8, 8, 3, padding=1)),
            "narrow": nn.Conv2d(4, 8, 3, padding=1, bias=False),
            "strided": nn.Conv2d(8, 8, 3, stride=2, padding=1, bias=False),
            "grouped": nn.Conv2d(8, 8, 3, padding=1, groups=2, bias=False),
        }
    )
    plain = net["yes"]
    replace_convolutions(net, least_channels=8)
    replaced = [name for name, module in net.named_modules() if isinstance(module, WinogradConv)]
    assert replaced == ["yes", "inner.0"]
    for rows, size in ((1, 28), (1, 14), (2, 14)):
        assert torch.allclose(net["yes"](noise(rows, 8, size, size)), plain(noise(rows, 8, size, size)), atol=1e-5)
        with_bias = net["inner"][0]
        x = noise(rows, 8, size, size)
        assert torch.allclose(with_bias(x), with_bias.plain(x), atol=1e-5)


def test_it_takes_enough_tiles():
    assert fits(1, 28, 28) and fits(8, 6, 6) and fits(2, 14, 14)
    assert not fits(1, 14, 14) and not fits(8, 3, 3)
