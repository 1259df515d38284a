"""Judges patches of mouths that the renderer made, told which mouth was wanted. Training only."""

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from talkface.models.blocks import check_width
from talkface.models.network import Network

ROWS = slice(12, 84)
"""Of the crop's: what lies beyond is never made anew."""
_CHANNELS, _STRIDES = (24, 48, 96, 96), (2, 2, 2, 1)
_SLOPE = 0.2


class MouthDiscriminator(Network):
    """Spectral norm (Miyato et al. 2018), no other; `width` scales the layers (1: 0.14 M parameters)."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.width = check_width(width).times
        layers: list[nn.Module] = []
        before = 6
        for channels, stride in zip(_CHANNELS, _STRIDES, strict=True):
            after = max(8, round(channels * width))
            layers.append(spectral_norm(nn.Conv2d(before, after, 4 if stride == 2 else 3, stride, 1)))
            before = after
        self.layers = nn.ModuleList(layers)
        self.out = nn.Conv2d(before, 1, 3, padding=1)

    def forward(self, image: Tensor, geometry: Tensor) -> list[tuple[Tensor, list[Tensor]]]:
        """One scale, as `models.multiscale_discriminator` has two: logits (N, 1, h, w), feature maps from the image on.

        image: (N, 3, H, W) float32 RGB in [0, 1]. geometry: (N, 3, H, W) wanted maps in [0, 1].
        """
        x = torch.cat((image[..., ROWS, :], geometry[..., ROWS, :]), 1)
        maps = [image]
        for layer in self.layers:
            x = nn.functional.leaky_relu(layer(x), _SLOPE)
            maps.append(x)
        return [(self.out(x).float(), maps)]
