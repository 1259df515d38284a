"""PC-AVS, before stage 2: the motion encoder learns 68 landmarks as heatmaps, as the original's backbone had.

Its content code also learns the mouth's shape and its pose code the head's angles, so that all between heatmaps and
codes is trained too: a start for contrast, whose gradient is next to nothing while no code says anything of the mouth,
and for stage 3, whose pictures teach next to nothing of the pose while they are a blur.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import interpolate, l1_loss, mse_loss

from talkface.batch import LandmarkBatch
from talkface.metrics.functional.landmark import MOUTH_OF_68, eye_distance_error
from talkface.metrics.functional.pose import head_angles
from talkface.models.pcavs.motion_encoder import LATER_PARTS, MotionEncoder
from talkface.models.pcavs.sizes import CodeSizes
from talkface.training.base import OptimizerFactory
from talkface.training.pcavs_stage import TurnReader, config_of, symmetric
from talkface.training.single import SingleModule


class MotionStartModule(SingleModule):
    """Losses: ``heatmap`` (mean squared difference from one Gaussian a landmark, standard deviation one cell),
    ``mouth`` (L1 of the mouth's shape, which a linear layer that only training knows reads from the content code) and
    ``turns`` (L1 of the angles that the landmarks give, in 30 degrees, read likewise from the pose code).
    """

    kind = "pcavs_motion"

    def __init__(
        self, network: MotionEncoder, *, optimizer: OptimizerFactory, loss: Mapping[str, float], **options: Any
    ) -> None:
        super().__init__(network, optimizer=optimizer, loss=loss, **options)
        self.size = network.size
        self.mouth = nn.Linear(CodeSizes(network.width).motion, 2 * len(MOUTH_OF_68))
        self.turning = TurnReader()
        for part in LATER_PARTS:
            network.get_submodule(part).requires_grad_(False)

    @property
    def shipped_config(self) -> dict[str, Any]:
        return config_of(self.shipped)

    def losses(self, batch: LandmarkBatch, network: nn.Module) -> tuple[dict[str, Tensor], Tensor]:
        """Unweighted losses, and the heatmaps, see `points_of`."""
        side = (self.size, self.size)
        crops = interpolate(symmetric(batch.crop), side, mode="bilinear", antialias=True, align_corners=False)
        maps, codes = network.landmarks(crops)  # type: ignore[operator]
        shape = self.mouth(codes.content_code).unflatten(1, (-1, 2))
        losses = {
            "heatmap": mse_loss(maps, heatmaps_of(batch.points, maps.shape[-1])),
            "mouth": l1_loss(shape, mouth_shape(batch.points)),
            "turns": self.turning.loss(codes.pose_code, head_angles(batch.points).to(maps.dtype)),
        }
        return losses, maps

    def validation_step(self, batch: LandmarkBatch, _: int) -> None:
        losses, maps = self.losses(batch, self.served)
        error = eye_distance_error(points_of(maps), batch.points).mean()
        still = mouth_shape(batch.points)
        spread = (still - still.mean(0)).abs().mean()  # what a constant answer would miss
        self.log_losses("val", {**losses, "error": error, "spread": spread}, len(batch))

    def configure_optimizers(self) -> Any:
        return self.optimise((nn.ModuleList([self.network, self.mouth, self.turning]), self.optimizer))


def mouth_shape(points: Tensor) -> Tensor:
    """(N, 20, 2) the mouth's points about their mean, upright, in distances of the eyes' outer corners.

    points: (N, 68, 2) float32, any unit.
    """
    mouth = points[:, list(MOUTH_OF_68)]
    mouth = mouth - mouth.mean(1, keepdim=True)
    eyes = points[:, 45] - points[:, 36]
    cos, sin = (eyes / eyes.square().sum(1, keepdim=True).clamp_min(torch.finfo(eyes.dtype).tiny)).unbind(1)
    return mouth @ torch.stack([torch.stack([cos, -sin], 1), torch.stack([sin, cos], 1)], 1)


def heatmaps_of(points: Tensor, side: int, *, spread: float = 1.0) -> Tensor:
    """(N, P, side, side) float32 with a Gaussian of height 1 about each point.

    points: (N, P, 2) x and y in parts of the side. spread: standard deviation, cells.
    """
    cells = (torch.arange(side, device=points.device) + 0.5) / side
    off = (points[..., None] - cells) * (side / spread)  # (N, P, 2, side)
    across, down = torch.exp(-0.5 * off.square()).unbind(2)
    return down[..., :, None] * across[..., None, :]


def points_of(maps: Tensor) -> Tensor:
    """(N, P, 2) points in parts of the side: the centre of what is above half of each map's peak."""
    side = maps.shape[-1]
    weight = (maps - 0.5 * maps.amax((2, 3), keepdim=True)).clamp_min(0)
    weight = weight / weight.sum((2, 3), keepdim=True).clamp_min(torch.finfo(weight.dtype).tiny)
    cells = (torch.arange(side, device=maps.device) + 0.5) / side
    return torch.stack([(weight.sum(2) * cells).sum(-1), (weight.sum(3) * cells).sum(-1)], -1)
