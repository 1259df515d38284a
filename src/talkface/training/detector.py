"""Training of the face detector."""

from typing import Any

import torch
from torch import Tensor, nn

from talkface.batch import DetectionBatch, pictures
from talkface.losses import heatmap_loss, sides_loss
from talkface.metrics.functional.detection import match_faces
from talkface.models.face_detector import FaceMaps, decode_faces
from talkface.training.single import SingleModule

_SURE = 0.35  # confidence that counts in validation
_CERTAIN = 20.0  # logit of a face that is known to be there


class DetectorModule(SingleModule):
    """Middles by a focal loss, sides by generalised IoU; weights by name (``heat``, ``sides``)."""

    kind = "face_detector"

    def __init__(self, network: nn.Module, **options: Any) -> None:
        """As `SingleModule`."""
        super().__init__(network, **options)
        self.found: list[tuple[int, int, int]] = []

    def losses(self, batch: DetectionBatch, network: nn.Module) -> tuple[dict[str, Tensor], FaceMaps]:
        """Unweighted losses, and the maps they are of."""
        maps: FaceMaps = network(pictures(batch.picture))
        heat, sides = heatmap_loss(maps.logits, batch.heat), sides_loss(maps.sides, batch.sides, batch.weight)
        return {"heat": heat, "sides": sides}, maps

    def validation_step(self, batch: DetectionBatch, batch_number: int) -> None:
        losses, maps = self.losses(batch, self.served)
        perfect = FaceMaps(torch.where(batch.heat >= 1, _CERTAIN, -_CERTAIN), batch.sides)
        pairs = zip(decode_faces(maps, threshold=_SURE), decode_faces(perfect, threshold=_SURE), strict=True)
        for (found, _), (wanted, _) in pairs:
            self.found.append(match_faces(found.cpu().numpy(), wanted.cpu().numpy()))
        self.log_losses("val", losses, len(batch))

    def on_validation_epoch_end(self) -> None:
        right, found, wanted = (sum(column) for column in zip(*self.found, strict=True))
        self.log_losses("val", {"recall": right / max(wanted, 1), "precision": right / max(found, 1)}, len(self.found))
        self.found.clear()
