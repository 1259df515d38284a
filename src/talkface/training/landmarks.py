"""Training of the landmark network."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from talkface.batch import LandmarkBatch, pictures
from talkface.losses import wing_loss
from talkface.metrics.functional.landmark import eye_distance_error, region_points
from talkface.training.base import OptimizerFactory, TrainingModule


class LandmarkModule(TrainingModule):
    """Wing loss of all points and, again, of the mouth's; weights by name (``points``, ``mouth``)."""

    kind = "face_landmarks"

    def __init__(
        self, network: nn.Module, *, optimizer: OptimizerFactory, loss: Mapping[str, float], **options: Any
    ) -> None:
        super().__init__(**options)
        self.network, self.optimizer = network, optimizer
        self.loss = {name: float(weight) for name, weight in loss.items()}

    @property
    def shipped(self) -> nn.Module:
        return self.network

    def losses(self, batch: LandmarkBatch, network: nn.Module) -> tuple[dict[str, Tensor], Tensor]:
        """Unweighted losses, and the points they are of."""
        found: Tensor = network(pictures(batch.crop))
        mouths = (region_points(points, "mouth") for points in (found, batch.points))
        return {"points": wing_loss(found, batch.points), "mouth": wing_loss(*mouths)}, found

    def training_step(self, batch: LandmarkBatch, _: int) -> None:
        losses, _found = self.losses(batch, self.network)
        self.learn(self.loss, losses)
        self.log_losses("train", losses, len(batch.crop))

    def validation_step(self, batch: LandmarkBatch, _: int) -> None:
        losses, found = self.losses(batch, self.served)
        error = eye_distance_error(found, batch.points).mean()
        self.log_losses("val", {**losses, "error": error}, len(batch.crop))

    def configure_optimizers(self) -> Any:
        return self.optimise((self.network, self.optimizer))
