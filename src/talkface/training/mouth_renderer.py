"""Training of the mouth model's renderer: the lower face of a frame, made from other frames of the same clip."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.functional import max_pool2d

from talkface.batch import pictures
from talkface.face.mouth_geometry import erased_mask
from talkface.losses import (
    feature_matching_loss,
    multiscale_adversarial_loss,
    multiscale_discriminator_loss,
    perceptual_loss,
    region_l1,
)
from talkface.models.efficientnet import EfficientNetFeatures
from talkface.models.mouth.discriminator import MouthDiscriminator
from talkface.models.mouth.renderer import MouthRenderer
from talkface.mouth_batch import MouthFrameBatch
from talkface.training.adversarial_step import frozen
from talkface.training.base import OptimizerFactory, TrainingModule, weighted_total
from talkface.training.schedules import LearningRate

_AROUND = 3  # pixels about the lips that count as lips
_SEEN = (..., slice(16, 80), slice(8, 88))  # rows and columns of the crop that the perceptual loss looks at
_JUDGED = ("adversarial", "feature_matching")
_VALIDATED = 2  # references, as serving has


class Made(NamedTuple):
    """frames, warped: (N, 3, H, W) the result, and the references laid over one another. target: what was wanted.

    geometry: (N, 3, H, W) in [0, 1], its maps.
    """

    frames: Tensor
    warped: Tensor
    target: Tensor
    geometry: Tensor


class MouthRendererModule(TrainingModule):
    """Losses: ``reconstruction`` (L1 where the face is erased), ``lips`` (L1 about the wanted lips), ``warped`` (L1 of
    what the references give by themselves), ``perceptual``, ``adversarial`` (hinge) and ``feature_matching``. A loss of
    weight 0 is not computed; without the last two there is no discriminator.
    """

    kind = "mouth_renderer"
    erased: Tensor

    def __init__(
        self,
        renderer: MouthRenderer,
        discriminator: MouthDiscriminator | None = None,
        *,
        perceptual: EfficientNetFeatures | None = None,
        optimizer: OptimizerFactory,
        discriminator_optimizer: OptimizerFactory | None = None,
        loss: Mapping[str, float],
        references: Sequence[float] = (0.15, 0.65, 0.2),
        judging: tuple[float, float] = (0.6, 0.68),
        **options: Any,
    ) -> None:
        """references: how likely 1, 2, … are shown. judging: parts of the run at which the discriminator begins, and
        counts with all of its weight: judged from the start, images never become right.
        discriminator_optimizer: without weight decay, which would shrink the discriminator while it waits.
        """
        super().__init__(**options)
        self.loss = {name: float(weight) for name, weight in loss.items()}
        self.renderer, self.optimizer = renderer, optimizer
        self.discriminator = discriminator if any(self.loss.get(name) for name in _JUDGED) else None
        self.discriminator_optimizer = discriminator_optimizer or optimizer
        self.counts = torch.tensor(references)
        self.judged_from, self.judged_fully = judging
        self._perceptual = [perceptual] if perceptual is not None else []  # in a list: not of the checkpoint
        self.register_buffer("erased", torch.from_numpy(erased_mask().copy())[None, None], persistent=False)

    @property
    def shipped(self) -> nn.Module:
        return self.renderer

    @property
    def judged(self) -> float:
        """Share of its weight with which the discriminator counts in this update; 0: it has not begun."""
        if self.discriminator is None or self.step < self.first_judged:
            return 0.0
        length = (self.judged_fully - self.judged_from) * self.updates
        return min(1.0, (self.step - self.first_judged + 1) / max(length, 1.0))

    @property
    def first_judged(self) -> int:
        """The update with which the discriminator begins."""
        return math.ceil(self.judged_from * self.updates)

    def make(self, batch: MouthFrameBatch, network: nn.Module, references: int) -> Made:
        """The batch's first images made anew by `network` from the `references` next ones."""
        images, maps = pictures(batch.image), pictures(batch.geometry)
        target, geometry, others = images[:, 0], maps[:, 0], slice(1, 1 + references)
        shown = target * (1 - self.erased)
        frames, warped = network(shown, self.erased, geometry, images[:, others], maps[:, others])
        return Made(frames, warped, target, geometry)

    def losses(self, made: Made) -> dict[str, Tensor]:
        """Unweighted losses that are wanted and need no discriminator."""
        frames, warped, target, geometry = made
        lips = max_pool2d(geometry[:, :1], 2 * _AROUND + 1, 1, _AROUND) * self.erased
        terms: dict[str, Callable[[], Tensor]] = {
            "reconstruction": lambda: region_l1(frames, target, self.erased),
            "lips": lambda: region_l1(frames, target, lips),
            "warped": lambda: region_l1(warped, target, self.erased),
            "perceptual": lambda: self.perceptual(frames, target),
        }
        return {name: term() for name, term in terms.items() if self.loss.get(name)}

    def perceptual(self, frames: Tensor, target: Tensor) -> Tensor:
        """Of half of the rows: as good a gradient for half of the time."""
        rows = (len(frames) + 1) // 2
        features = self._perceptual[0].to(frames.device)
        return perceptual_loss(frames[:rows][_SEEN], target[:rows][_SEEN], features, relative=True)

    def judgement(self, made: Made) -> dict[str, Tensor]:
        """What the renderer pays for being recognised."""
        assert self.discriminator is not None
        fake = self.discriminator(made.frames, made.geometry)
        losses = {}
        if self.loss.get("adversarial"):
            losses["adversarial"] = multiscale_adversarial_loss(fake)
        if self.loss.get("feature_matching"):
            with torch.no_grad():
                real = self.discriminator(made.target, made.geometry)
            losses["feature_matching"] = feature_matching_loss(fake, real, picture_weight=0.0)
        return losses

    def training_step(self, batch: MouthFrameBatch, _: int) -> None:
        judged, completes = self.judged, self.update.completes(self.batches_done)
        references = 1 + int(torch.multinomial(self.counts, 1))
        with frozen(self.discriminator):
            made = self.make(batch, self.renderer, references)
            losses = self.losses(made) | (self.judgement(made) if judged else {})
            weights = self.loss | {name: self.loss.get(name, 0.0) * judged for name in _JUDGED}
            self.update.backward(self, weighted_total(weights, losses))
        if completes:
            self.finish_update()
        if self.discriminator is not None:
            losses |= self.judge(made, judged)
            if completes:
                self.update.step(self, 1)
        self.batches_done += 1
        self.log_losses("train", losses, len(batch))

    def judge(self, made: Made, judged: float) -> dict[str, Tensor]:
        """The discriminator's own losses, with their backward pass; gradients of 0 until it begins.

        Both optimisers step in every update: Lightning's count of steps and float16's scale rely on it.
        """
        assert self.discriminator is not None
        if not judged:
            idle = torch.stack([parameter.sum() for parameter in self.discriminator.parameters()])
            self.update.backward(self, 0.0 * idle.sum())
            return {}
        if self.step == self.first_judged and self.batches_done % self.update.accumulation == 0:
            self.trainer.optimizers[1].state.clear()  # Adam counts its steps from here on
        real = multiscale_discriminator_loss(self.discriminator(made.target, made.geometry), real=True)
        frames = made.frames.detach()
        fake = multiscale_discriminator_loss(self.discriminator(frames, made.geometry), real=False)
        self.update.backward(self, real + fake)
        return {"discriminator_real": real.detach(), "discriminator_fake": fake.detach()}

    def validation_step(self, batch: MouthFrameBatch, _: int) -> None:
        self.log_losses("val", self.losses(self.make(batch, self.served, _VALIDATED)), len(batch))

    def configure_optimizers(self) -> Any:
        if self.discriminator is None:
            return self.optimise((self.renderer, self.optimizer))
        made = self.optimise((self.renderer, self.optimizer), (self.discriminator, self.discriminator_optimizer))
        constant = LearningRate().attach(made[1]["optimizer"], self.updates)
        return [made[0], {**made[1], "lr_scheduler": constant}]


def load_perceptual(weight: float) -> EfficientNetFeatures | None:
    """The features of the perceptual loss; None, and nothing imported, where its weight is 0.

    InputError: the extra `mouth-training` is not installed.
    """
    return EfficientNetFeatures() if weight else None
