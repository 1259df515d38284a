"""A picture from three codes: every layer of a growing map is steered by who, what is said and how the head is held.

Source: netG of PC-AVS, a StyleGAN2 generator that starts from the identity map (7 × 7, as 224 = 7 · 32).
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from talkface.models.network import Network
from talkface.models.pcavs.modulation import StyledConv, ToRGB
from talkface.models.pcavs.sizes import MAP_SIZE, CodeSizes, scaled

CHANNELS = (512, 512, 512, 512, 256, 128)  # at 7, 14, 28, 56, 112, 224
LAYERS = 2 * len(CHANNELS) - 1  # styled convolutions, each of which takes a noise map


class PcavsGenerator(Network):
    """`width` scales channels and codes (1: official, 37 M parameters)."""

    def __init__(self, width: float = 1.0) -> None:
        super().__init__()
        self.width, sizes = width, CodeSizes(width)
        channels, style = sizes.identity_map, sizes.style
        self.conv1 = StyledConv(channels, scaled(CHANNELS[0], width), style)
        self.to_rgb1 = ToRGB(scaled(CHANNELS[0], width), style)
        self.convs, self.to_rgbs = nn.ModuleList(), nn.ModuleList()
        for official in CHANNELS[1:]:
            out_channels = scaled(official, width)
            self.convs.append(StyledConv(channels, out_channels, style, up=True))
            self.convs.append(StyledConv(out_channels, out_channels, style))
            self.to_rgbs.append(ToRGB(out_channels, style))
            channels = out_channels

    def forward(self, style_code: Tensor, identity_map: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """Picture (N, 3, 224, 224) RGB in (-1, 1).

        style_code: (N, 2560·width) identity code, content embedding and pose code in a row. identity_map:
        (N, 512·width, 7, 7). noise: 11 maps (N, 1, H, W) of the `noise_sizes`, or None for none (the default, so that
        the same codes give the same picture). ValueError: another number of maps.
        """
        return self.synthesise([layer.conv.modulation(style_code) for layer in self.layers()], identity_map, noise)

    def synthesise(self, styles: Sequence[Tensor], identity_map: Tensor, noise: Sequence[Tensor] | None) -> Tensor:
        """`forward` from the style of each layer (N, its input channels), in the order of `layers`."""
        maps = [None] * LAYERS if noise is None else list(noise)
        if len(maps) != LAYERS:
            raise ValueError(f"{len(maps)} noise maps, not {LAYERS}")
        pending = iter(maps)
        x, picture = identity_map, None
        for layer, style in zip(self.layers(), styles, strict=True):
            if isinstance(layer, StyledConv):
                x = layer(x, style, next(pending))
            else:
                picture = layer(x, style, picture)
        assert picture is not None
        return torch.tanh(picture)

    def layers(self) -> list[StyledConv | ToRGB]:
        """All steered layers in the order of their work; a ToRGB after every size."""
        order: list[StyledConv | ToRGB] = [self.conv1, self.to_rgb1]
        for level, to_rgb in enumerate(self.to_rgbs):
            order += [self.convs[2 * level], self.convs[2 * level + 1], to_rgb]  # type: ignore[list-item]
        return order

    @property
    def noise_sizes(self) -> list[int]:
        """Side of each of the 11 noise maps: 7, 14, 14, … 224, 224."""
        return [MAP_SIZE * 2 ** ((layer + 1) // 2) for layer in range(LAYERS)]
