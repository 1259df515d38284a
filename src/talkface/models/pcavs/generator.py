"""A picture from three codes: every layer of a growing map is steered by who, what is said and how the head is held.

Source: netG of PC-AVS, a StyleGAN2 generator that starts from the identity map (7 × 7, as 224 = 7 · 32).
"""

from collections.abc import Sequence
from math import log2

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from talkface.models.network import Network
from talkface.models.pcavs.modulation import StyledConv, ToRGB
from talkface.models.pcavs.sizes import MAP_SIZES, PICTURE_SIZE, POSE_SIZE, CodeSizes, check_size, scaled
from talkface.models.pcavs.warping import MASK_CHANNELS, Portrait, PoseFlow, check_portrait, composed, moved

CHANNELS = (512, 512, 512, 512, 256, 128)  # at 7, 14, 28, 56, 112, 224; smaller pictures have the last of them


class PcavsGenerator(Network):
    """`width` scales channels and codes (1: official, 37 M parameters). size: side of the picture, 224, 112 or 64.

    checkpointing: in training, keep no activations inside a layer and compute them again in the backward pass. warp:
    ours, see `warping`: the identity's own picture, moved, shows where it can; the original draws every pixel anew.
    """

    def __init__(
        self, width: float = 1.0, size: int = PICTURE_SIZE, *, checkpointing: bool = False, warp: bool = False
    ) -> None:
        super().__init__()
        self.width, self.size, sizes = width, check_size(size), CodeSizes(width)
        self.checkpointing, self.warp = checkpointing, warp
        channels, style = sizes.identity_map, sizes.style
        self.conv1 = StyledConv(channels, scaled(CHANNELS[0], width), style)
        more = MASK_CHANNELS if warp else 0
        self.to_rgb1 = ToRGB(scaled(CHANNELS[0], width), style, more=more)
        self.convs, self.to_rgbs = nn.ModuleList(), nn.ModuleList()
        for official in CHANNELS[-int(log2(size // MAP_SIZES[size])) :]:
            out_channels = scaled(official, width)
            self.convs.append(StyledConv(channels, out_channels, style, up=True))
            self.convs.append(StyledConv(out_channels, out_channels, style))
            self.to_rgbs.append(ToRGB(out_channels, style, more=more))
            channels = out_channels
        self.flow = PoseFlow() if warp else None

    def forward(
        self,
        style_code: Tensor,
        identity_map: Tensor,
        noise: Sequence[Tensor] | None = None,
        portrait: Portrait | None = None,
    ) -> Tensor:
        """Picture (N, 3, size, size) RGB in (-1, 1).

        style_code: (N, 2560·width) identity code, content embedding and pose code in a row. identity_map:
        (N, 512·width, map, map), map = `MAP_SIZES[size]`. noise: maps (N, 1, H, W) of the `noise_sizes` (11 at 224), or
        None for none (the default, so that the same codes give the same picture). portrait: with `warp`,
        and only then, what is moved. ValueError: another number of maps, a portrait too many or too few.
        """
        check_portrait(portrait, warp=self.warp)
        if portrait is None:
            return torch.tanh(self.draw(style_code, identity_map, noise))
        return self.draw_moved(style_code, identity_map, portrait, noise)[0]

    def draw_moved(
        self, style_code: Tensor, identity_map: Tensor, portrait: Portrait, noise: Sequence[Tensor] | None = None
    ) -> tuple[Tensor, Tensor]:
        """`forward` of a generator with `warp`: pictures, and the flow (N, 2, 8, 8) that moved map and portrait."""
        assert self.flow is not None
        flow = self.flow(style_code[:, -POSE_SIZE:], portrait.pose_code)
        return composed(self.draw(style_code, moved(identity_map, flow), noise), portrait.picture, flow), flow

    def draw(self, style_code: Tensor, identity_map: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """Colours before their tanh, and with `warp` the logit of the mask: (N, 3 or 4, size, size)."""
        styles = [layer.conv.modulation(style_code) for layer in self.layers()]
        count = len(self.noise_sizes)
        maps = [None] * count if noise is None else list(noise)
        if len(maps) != count:
            raise ValueError(f"{len(maps)} noise maps, not {count}")
        pending = iter(maps)
        x, drawn = identity_map, None
        for layer, style in zip(self.layers(), styles, strict=True):
            if isinstance(layer, StyledConv):
                x = self._run(layer, x, style, next(pending))
            else:
                drawn = self._run(layer, x, style, drawn)
        assert drawn is not None
        return drawn

    def _run(self, layer: nn.Module, x: Tensor, style: Tensor, third: Tensor | None) -> Tensor:
        """One layer, in training with its inner activations kept or not (`checkpointing`)."""
        if self.checkpointing and torch.is_grad_enabled():
            return checkpoint(layer, x, style, third, use_reentrant=False)  # type: ignore[no-any-return]
        return layer(x, style, third)  # type: ignore[no-any-return]

    def layers(self) -> list[StyledConv | ToRGB]:
        """All steered layers in the order of their work; a ToRGB after every size."""
        order: list[StyledConv | ToRGB] = [self.conv1, self.to_rgb1]
        for level, to_rgb in enumerate(self.to_rgbs):
            order += [self.convs[2 * level], self.convs[2 * level + 1], to_rgb]  # type: ignore[list-item]
        return order

    @property
    def noise_sizes(self) -> list[int]:
        """Side of the noise map of each styled convolution: at 224 7, 14, 14, … 224, 224."""
        return [MAP_SIZES[self.size] * 2 ** ((layer + 1) // 2) for layer in range(len(self.convs) + 1)]
