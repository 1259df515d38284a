"""Training of the reader of drawn mouths."""

from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from talkface.batch import MouthBatch, pictures
from talkface.losses import reconstruction_loss
from talkface.training.base import OptimizerFactory, TrainingModule


class MouthReaderModule(TrainingModule):
    """L1 between the numbers read and those the mouth was drawn with: the loss ``shape``."""

    kind = "mouth_reader"

    def __init__(
        self, network: nn.Module, *, optimizer: OptimizerFactory, loss: Mapping[str, float], **options: Any
    ) -> None:
        super().__init__(**options)
        self.network, self.optimizer = network, optimizer
        self.loss = {name: float(weight) for name, weight in loss.items()}

    @property
    def shipped(self) -> nn.Module:
        return self.network

    def losses(self, batch: MouthBatch, network: nn.Module) -> dict[str, Tensor]:
        """Unweighted losses."""
        return {"shape": reconstruction_loss(network(pictures(batch.mouth)), batch.shape)}

    def training_step(self, batch: MouthBatch, _: int) -> None:
        losses = self.losses(batch, self.network)
        self.learn(self.loss, losses)
        self.log_losses("train", losses, len(batch.mouth))

    def validation_step(self, batch: MouthBatch, _: int) -> None:
        self.log_losses("val", self.losses(batch, self.served), len(batch.mouth))

    def configure_optimizers(self) -> Any:
        return self.optimise((self.network, self.optimizer))
