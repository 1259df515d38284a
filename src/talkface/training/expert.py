"""Training of the SyncNet expert: which sound belongs to which mouth."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from talkface.batch import ExpertBatch, pictures
from talkface.losses import contrastive_loss, cosine_bce
from talkface.metrics.functional.sync import add_pair_counts, clip_offset, offset_curve, pair_accuracy, sync_probability
from talkface.training.base import OptimizerFactory, TrainingModule


class ExpertModule(TrainingModule):
    """Contrastive loss over the windows of one clip, or the original's BCE on the cosine; weights by name.

    loss: weights of ``contrastive`` (InfoNCE, negatives from the same clip only: with other clips' the network learns
    who speaks) and ``bce`` (the original's: half of the sounds are swapped for another window's of the clip).
    temperature: of the contrastive loss.
    """

    kind = "wav2lip_expert"

    def __init__(
        self,
        network: nn.Module,
        *,
        optimizer: OptimizerFactory,
        loss: Mapping[str, float],
        temperature: float = 0.07,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        self.network, self.optimizer, self.temperature = network, optimizer, temperature
        self.loss = {name: float(weight) for name, weight in loss.items()}
        self.found: list[tuple[dict[int, tuple[int, int]], int]] = []

    @property
    def shipped(self) -> nn.Module:
        return self.network

    def losses(self, audio: Tensor, video: Tensor, clip: Tensor, *, seed: int) -> dict[str, Tensor]:
        """Unweighted losses of (N, D) embeddings; clip: (N,), rows of one clip; seed: of the sounds swapped for bce."""
        labels, other = swapped_sounds(clip, seed)
        return {
            "contrastive": contrastive_loss(audio, video, temperature=self.temperature, group=clip),
            "bce": cosine_bce(audio[other], video, labels),
        }

    def training_step(self, batch: ExpertBatch, _: int) -> None:
        audio, video = self.network(batch.mel, pictures(batch.mouth))
        losses = self.losses(audio, video, batch.clip, seed=self.batches_done)
        self.learn(self.loss, losses)
        self.log_losses("train", losses, len(batch.mel))

    def validation_step(self, batch: ExpertBatch, _: int) -> None:
        audio, video = self.served(batch.mel, pictures(batch.mouth))
        losses = self.losses(audio, video, batch.clip, seed=0)
        losses["probability"] = sync_probability(video, audio).mean()
        self.found.append((pair_accuracy(video, audio), clip_offset(offset_curve(video, audio)).offset))
        self.log_losses("val", losses, len(batch.mel))

    def on_validation_epoch_end(self) -> None:
        counts = add_pair_counts(pairs for pairs, _ in self.found)
        wins, total = (sum(column) for column in zip(*counts.values(), strict=True))
        within = sum(abs(offset) <= 1 for _, offset in self.found) / len(self.found)
        self.log_losses("val", {"pair_accuracy": wins / total, "offset_within_1": within}, len(self.found))
        self.found.clear()

    def configure_optimizers(self) -> Any:
        return self.optimise((self.network, self.optimizer))


def swapped_sounds(clip: Tensor, seed: int) -> tuple[Tensor, Tensor]:
    """The original's coin toss, for whole batches: about half of the rows get the sound of another row of their clip.

    clip: (N,) int64. Returns labels (N,) float32, 1 where the own sound is kept, and the row of each row's sound (N,).
    """
    generator = torch.Generator().manual_seed(seed)
    same = clip[:, None] == clip[None, :]
    same.fill_diagonal_(False)
    noise = torch.rand(len(clip), len(clip), generator=generator).to(clip.device)
    other = torch.where(same, noise, torch.full_like(noise, -1.0)).argmax(1)
    swap = (torch.rand(len(clip), generator=generator).to(clip.device) < 0.5) & same.any(1)
    rows = torch.arange(len(clip), device=clip.device)
    return (~swap).float(), torch.where(swap, other, rows)
