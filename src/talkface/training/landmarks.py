"""Training of the landmark network."""

from torch import Tensor, nn

from talkface.batch import LandmarkBatch, pictures
from talkface.losses import wing_loss
from talkface.metrics.functional.landmark import eye_distance_error, region_points
from talkface.training.single import SingleModule


class LandmarkModule(SingleModule):
    """Wing loss of all points and, again, of the mouth's; weights by name (``points``, ``mouth``)."""

    kind = "face_landmarks"

    def losses(self, batch: LandmarkBatch, network: nn.Module) -> tuple[dict[str, Tensor], Tensor]:
        """Unweighted losses, and the points they are of."""
        found: Tensor = network(pictures(batch.crop))
        mouths = (region_points(points, "mouth") for points in (found, batch.points))
        return {"points": wing_loss(found, batch.points), "mouth": wing_loss(*mouths)}, found

    def validation_step(self, batch: LandmarkBatch, _: int) -> None:
        losses, found = self.losses(batch, self.served)
        error = eye_distance_error(found, batch.points).mean()
        self.log_losses("val", {**losses, "error": error}, len(batch))
