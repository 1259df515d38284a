"""PC-AVS, stage 1: the identity encoder learns who is who by a softmax over the training speakers."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from talkface.batch import SpeakerBatch
from talkface.losses import identity_loss
from talkface.metrics.functional.verification import equal_error_rate
from talkface.training.base import OptimizerFactory, TrainingModule
from talkface.training.pcavs_stage import config_of, symmetric


class IdentityModule(TrainingModule):
    """Loss: ``identity`` (softmax). Validation: ``eer``, equal error rate of telling unseen people apart over
    pictures of different clips; chance .5.
    """

    kind = "pcavs_identity"

    def __init__(
        self, network: nn.Module, *, optimizer: OptimizerFactory, loss: Mapping[str, float], **options: Any
    ) -> None:
        super().__init__(**options)
        self.network, self.optimizer, self.loss = network, optimizer, dict(loss)
        self.found: list[tuple[Tensor, Tensor, Tensor]] = []

    @property
    def shipped(self) -> nn.Module:
        return self.network

    @property
    def shipped_config(self) -> dict[str, Any]:
        return config_of(self.network)

    def training_step(self, batch: SpeakerBatch, _: int) -> None:
        code, _map = self.network(symmetric(batch.picture))
        scores = self.network.fc(code)  # type: ignore[operator]
        losses = {"identity": identity_loss(scores, batch.speaker)}
        self.learn(self.loss, losses)
        right = (scores.argmax(1) == batch.speaker).float().mean()
        self.log_losses("train", losses | {"accuracy": right}, len(batch.speaker))

    def validation_step(self, batch: SpeakerBatch, _: int) -> None:
        code, _map = self.served(symmetric(batch.picture))
        self.found.append((code.float().cpu(), batch.speaker.cpu(), batch.clip.cpu()))

    def on_validation_epoch_end(self) -> None:
        codes, speakers, clips = (torch.cat(column) for column in zip(*self.found, strict=True))
        self.log_losses("val", {"eer": equal_error_rate(codes, speakers, clips)}, len(codes))
        self.found.clear()

    def configure_optimizers(self) -> Any:
        return self.optimise((self.network, self.optimizer))
