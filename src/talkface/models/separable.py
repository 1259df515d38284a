"""Layers of the small face networks. Source of the split: Howard et al. 2017, "MobileNets", with a sum around it."""

from torch import Tensor, nn


class SeparableLayer(nn.Module):
    """Adds a 5 x 5 convolution of each channel and a mixing of them to its input: (N, channels, H, W) → the same."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, 5, padding=2, groups=channels, bias=False),
            nn.BatchNorm2d(channels),
            nn.Conv2d(channels, channels, 1, bias=False),
            nn.BatchNorm2d(channels),
            nn.ReLU(),
        )

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = x + self.layers(x)
        return result


def strided_layer(before: int, after: int) -> nn.Sequential:
    """A 3 x 3 convolution that halves height and width."""
    layer = nn.Conv2d(before, after, 3, 2, 1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(after), nn.ReLU())
