"""Training of one network against known answers: what the small networks of faces and mouths share."""

from abc import abstractmethod
from collections.abc import Mapping
from typing import Any

from torch import Tensor, nn

from talkface.training.base import OptimizerFactory, TrainingModule


class SingleModule(TrainingModule):
    """One network, one optimiser; subclasses give `losses` and what is validated. loss: weights by name."""

    def __init__(
        self, network: nn.Module, *, optimizer: OptimizerFactory, loss: Mapping[str, float], **options: Any
    ) -> None:
        super().__init__(**options)
        self.network, self.optimizer = network, optimizer
        self.loss = {name: float(weight) for name, weight in loss.items()}

    @property
    def shipped(self) -> nn.Module:
        return self.network

    @abstractmethod
    def losses(self, batch: Any, network: nn.Module) -> tuple[dict[str, Tensor], Any]:
        """Unweighted losses of `network` on a batch, and what it found."""

    def training_step(self, batch: Any, _: int) -> None:
        losses, _found = self.losses(batch, self.network)
        self.learn(self.loss, losses)
        self.log_losses("train", losses, len(batch))

    def configure_optimizers(self) -> Any:
        return self.optimise((self.network, self.optimizer))
