"""Training of the Wav2Lip generator, with the frozen expert and, if wanted, the quality discriminator."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import mse_loss

from talkface.batch import GeneratorBatch, pictures
from talkface.errors import InputError
from talkface.losses import (
    adversarial_loss,
    changed_loss,
    detail_loss,
    discriminator_loss,
    known_difference,
    lower_halves,
    reconstruction_loss,
    sync_loss,
)
from talkface.metrics.functional.sync import sync_probability
from talkface.models.blocks import fold_time, unfold_time
from talkface.models.syncnet import SYNC_WINDOW
from talkface.models.wav2lip import Wav2LipGenerator
from talkface.training.adversarial_step import frozen
from talkface.training.base import OptimizerFactory, TrainingModule, weighted_total
from talkface.training.schedules import SyncWeight


class Wav2LipModule(TrainingModule):
    """Generator training. Losses: ``reconstruction`` (L1), ``mouth`` (L1 of the lower half), ``detail`` (Laplacian
    pyramid L1), ``squares`` (of the lower half: weighs what moves above what is slightly off), ``changed`` (L1 where
    the reference differs from the target), ``sync`` (expert), ``adversarial`` (discriminator), ``heard`` (a
    generator that hears shapes: L1 to those that the sound of a drawn clip asks for); weights by name in `loss`, 0 only
    logs. Windows of other than five frames have no ``sync``.

    A weight of None for ``reconstruction`` is the original's ``1 - sync - adversarial``.
    expert_in_training_mode: the original's defect (its BatchNorms then follow the generated pictures); off by default.
    """

    kind = "wav2lip_generator"

    def __init__(
        self,
        generator: Wav2LipGenerator,
        expert: nn.Module,
        discriminator: nn.Module | None = None,
        *,
        optimizer: OptimizerFactory,
        loss: Mapping[str, float | None],
        sync: SyncWeight | None = None,
        expert_in_training_mode: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if generator.shapes is None and loss.get("heard"):
            raise InputError("this generator hears no shapes", "loss.heard", "set it to 0, or generator.shapes=true")
        self.generator, self.expert, self.discriminator = generator, expert.requires_grad_(False), discriminator
        self.optimizer, self.loss, self.sync = optimizer, dict(loss), sync or SyncWeight()
        self.expert_in_training_mode = expert_in_training_mode
        self.train()

    @property
    def shipped(self) -> nn.Module:
        return self.generator

    def train(self, mode: bool = True) -> "Wav2LipModule":
        """The expert stays in evaluation mode: its verdict must not depend on the batch."""
        super().train(mode)
        self.expert.train(self.expert_in_training_mode)
        return self

    def generate(self, batch: GeneratorBatch, generator: nn.Module | None = None) -> Tensor:
        """(B, T, 3, 96, 96) in (0, 1): the frames with new mouths, made by `generator` (default: the trained one)."""
        made: Tensor = (generator or self.generator)(batch.mels, faces_of(batch))
        return made.transpose(1, 2)

    def taught(self, batch: GeneratorBatch) -> tuple[Tensor, dict[str, Tensor]]:
        """As `generate`, but the mouths are drawn in their true shapes where those are known; the loss of the ear."""
        if self.generator.shapes is None or batch.shape is None or batch.spoken is None:
            return self.generate(batch), {}
        heard, known = self.generator.hear(fold_time(batch.mels, 1)), fold_time(batch.shape, 1)
        made = self.generator.draw(torch.where(known.isfinite(), known, heard), fold_time(faces_of(batch), 2))
        loss = known_difference(heard, fold_time(batch.spoken, 1))
        return unfold_time(made, len(batch.target)).transpose(1, 2), {"heard": loss}

    def losses(self, generated: Tensor, batch: GeneratorBatch) -> dict[str, Tensor]:
        """Unweighted losses that reach the generator, and ``probability``: the expert's mean cosine, never a loss."""
        target = pictures(batch.target)
        half = target.shape[-2] // 2
        mouths = generated[..., half:, :], target[..., half:, :]
        losses = {
            "reconstruction": reconstruction_loss(generated, target),
            "mouth": reconstruction_loss(*mouths),
            "detail": detail_loss(generated.flatten(0, 1), target.flatten(0, 1)),
            "squares": mse_loss(*mouths),
            "changed": changed_loss(
                *(x[..., half:, :].flatten(0, 1) for x in (generated, target, pictures(batch.reference)))
            ),
        }
        losses |= self.judged(generated, batch)
        if self.discriminator is not None:
            losses["adversarial"] = adversarial_loss(self.discriminator(generated.transpose(1, 2)))
        return losses

    def judged(self, generated: Tensor, batch: GeneratorBatch) -> dict[str, Tensor]:
        """The expert's view, which takes five frames."""
        if generated.shape[1] != SYNC_WINDOW:
            if self.sync.value:
                raise InputError(
                    "the expert judges windows of five frames", "windows.sampling.frames", "use 5, or loss.sync=0"
                )
            return {}
        audio, video = self.expert(batch.expert_mel, lower_halves(generated))
        return {"sync": sync_loss(audio, video), "probability": sync_probability(video, audio).mean().detach()}

    def total(self, losses: Mapping[str, Tensor]) -> Tensor:
        """The weighted sum that is minimised."""
        weights = {name: weight or 0.0 for name, weight in self.loss.items()} | {"sync": self.sync.value}
        if self.loss["reconstruction"] is None:
            weights["reconstruction"] = 1.0 - weights["sync"] - weights["adversarial"]
        return weighted_total(weights, losses)

    def training_step(self, batch: GeneratorBatch, _: int) -> None:
        completes = self.update.completes(self.batches_done)
        with frozen(self.discriminator):
            generated, heard = self.taught(batch)
            losses = self.losses(generated, batch) | heard
            self.update.backward(self, self.total(losses))
        if completes:
            self.finish_update()
        if self.discriminator is not None:
            losses |= self.judge(generated.detach(), batch)
            if completes:
                self.update.step(self, 1)
        self.batches_done += 1
        self.log_losses("train", losses | {"sync_weight": torch.tensor(self.sync.value)}, len(batch.target))

    def judge(self, generated: Tensor, batch: GeneratorBatch) -> dict[str, Tensor]:
        """The discriminator's own losses, real then generated, each with its backward pass (the original's order)."""
        assert self.discriminator is not None
        real = discriminator_loss(self.discriminator(pictures(batch.target).transpose(1, 2)), real=True)
        self.update.backward(self, real)
        fake = discriminator_loss(self.discriminator(generated.transpose(1, 2)), real=False)
        self.update.backward(self, fake)
        return {"discriminator_real": real.detach(), "discriminator_fake": fake.detach()}

    def validation_step(self, batch: GeneratorBatch, _: int) -> None:
        generated = self.generate(batch, self.served)
        self.log_losses("val", self.losses(generated, batch), len(batch.target))

    def on_validation_epoch_end(self) -> None:
        if not self.trainer.sanity_checking:
            self.sync.observe(float(self.trainer.callback_metrics["val/sync"]))

    def configure_optimizers(self) -> Any:
        judge = [(self.discriminator, self.optimizer)] if self.discriminator is not None else []
        return self.optimise((self.generator, self.optimizer), *judge)

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_save_checkpoint(checkpoint)
        checkpoint["talkface"]["sync"] = self.sync.state_dict()

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_load_checkpoint(checkpoint)
        self.sync.load_state_dict(checkpoint["talkface"]["sync"])


def faces_of(batch: GeneratorBatch) -> Tensor:
    """(B, 6, T, 96, 96) in [0, 1], what a generator is shown: masked targets, then references."""
    target, reference = pictures(batch.target), pictures(batch.reference)
    masked = target.clone()
    masked[..., target.shape[-2] // 2 :, :] = 0.0
    return torch.cat([masked, reference], dim=2).transpose(1, 2)
