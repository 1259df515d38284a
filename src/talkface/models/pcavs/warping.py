"""A generator that need not draw all anew: the identity's own picture, turned with the head, shows where it can.

Ours, for networks of a few hundred thousand parameters. The idea, a flow and a mask of what it cannot show, is that of
first-order motion models (Siarohin et al. 2019); here the flow comes from pose codes alone.
"""

from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import affine_grid, grid_sample, interpolate, leaky_relu

from talkface.models.pcavs.modulation import SLOPE, EqualLinear
from talkface.models.pcavs.sizes import POSE_SIZE

MASK_CHANNELS = 1  # beside colours: logit of where the moved picture shows
_SIDE, _HIDDEN = 8, 64  # of the flow's map, and of the layer before it
_UNIT = 0.1  # of half the picture's side, so that an update moves what is shown by less than a pixel


class Portrait(NamedTuple):
    """What is moved. picture: (1 or N, 3, H, H) in [-1, 1], the identity's. pose_code: (1 or N, 12), its own."""

    picture: Tensor
    pose_code: Tensor


class PoseFlow(nn.Module):
    """Where a picture's parts lie in another pose: the difference of what each of the two does to a head at rest.

    forward: pose codes (N, 12) wanted and (1 or N, 12) shown → flow (N, 2, 8, 8): how far right and down of a pixel
    what belongs there is found, in half sides of the picture. 0 for equal codes; a fresh network gives 0 for all.
    """

    def __init__(self) -> None:
        super().__init__()
        self.hidden, self.out = EqualLinear(POSE_SIZE, _HIDDEN, bias=0.0), EqualLinear(_HIDDEN, 2 * _SIDE**2, bias=0.0)
        nn.init.zeros_(self.out.weight)

    def forward(self, wanted: Tensor, shown: Tensor) -> Tensor:
        flow = _UNIT * (self.displaced(wanted) - self.displaced(shown))
        return flow.reshape(-1, 2, _SIDE, _SIDE)

    def displaced(self, pose_code: Tensor) -> Tensor:
        """(N, 2 · 8 · 8) of pose codes (N, 12)."""
        result: Tensor = self.out(leaky_relu(self.hidden(pose_code), SLOPE))
        return result


def check_portrait(portrait: Portrait | None, *, warp: bool) -> None:
    """ValueError unless a generator with `warp` is given a portrait, and one without none."""
    if warp != (portrait is not None):
        raise ValueError("a generator with warp takes a portrait, and no other does")


def moved(picture: Tensor, flow: Tensor) -> Tensor:
    """The picture or map (1 or N, C, H, H), each pixel fetched from where flow (N, 2, h, h) says; its edges go on."""
    side = picture.shape[-1]
    still = torch.eye(2, 3, dtype=flow.dtype, device=flow.device).expand(len(flow), -1, -1)
    fine = interpolate(flow, side, mode="bilinear", align_corners=False)
    grid = affine_grid(still, [len(flow), 2, side, side], align_corners=False) + fine.permute(0, 2, 3, 1)
    pictures = picture.expand(len(flow), -1, -1, -1)
    return grid_sample(pictures, grid.to(picture.dtype), padding_mode="border", align_corners=False)


def composed(drawn: Tensor, picture: Tensor, flow: Tensor) -> Tensor:
    """Pictures (N, 3, H', H') in (-1, 1): what was drawn, and through its mask the picture that was moved.

    drawn: (N, 4, H, H), colours before their tanh and the mask's logit. picture: (1 or N, 3, H', H') in [-1, 1]; where
    it is larger, drawings are enlarged to it, so that it shows in its own sharpness. flow: as `PoseFlow` gives it.
    """
    if picture.shape[-1] != drawn.shape[-1]:
        drawn = interpolate(drawn, picture.shape[-1], mode="bicubic")
    colours, mask = torch.tanh(drawn[:, :3]), torch.sigmoid(drawn[:, 3:])
    return torch.lerp(colours, moved(picture, flow), mask)
