"""PC-AVS, stage 2: content codes of sound and of seen mouths come together, by contrast, without a generator."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from talkface.batch import SpeechBatch
from talkface.losses import code_distances, crossmodal_loss, known_difference
from talkface.models.mouth_reader import PARAMETERS
from talkface.models.pcavs.motion_encoder import LATER_PARTS
from talkface.models.pcavs.sizes import CodeSizes
from talkface.training.base import OptimizerFactory
from talkface.training.gather import gather_clips, gather_rows
from talkface.training.pcavs_stage import JointModule, TurnReader, config_of, symmetric


class SpeechModule(JointModule):
    """Losses: ``contrastive`` (both directions, a window's codes in a row), ``crossmodal`` (L1) and ``shape``; weights
    by name. ``shape`` is the L1 of the mouth's drawn shape, where it is known, read from both codes by one linear layer
    that only training knows: what a drawn corpus can teach from the first update, while contrast alone waits. ``turns``
    (see `PcavsModule`) keeps in the pose code what it has learnt of heads.
    """

    def __init__(
        self,
        motion: nn.Module,
        speech: nn.Module,
        *,
        optimizer: OptimizerFactory,
        loss: Mapping[str, float],
        **options: Any,
    ) -> None:
        super().__init__({"motion": motion, "speech": speech}, **options)
        self.optimizer, self.loss = optimizer, dict(loss)
        self.reading = nn.Linear(CodeSizes(config_of(motion)["width"]).motion, PARAMETERS)
        self.turning = TurnReader()
        for part in LATER_PARTS:
            motion.get_submodule(part).requires_grad_(False)

    def codes(self, batch: SpeechBatch, networks: nn.ModuleDict) -> tuple[Tensor, Tensor, Tensor]:
        """Content codes heard and seen, (N, T, 512) each, and pose codes (N, T, 12)."""
        shown = networks["motion"](symmetric(batch.mouth).flatten(0, 1))
        heard = networks["speech"](batch.mel.flatten(0, 1))
        windows = batch.mouth.shape[:2]
        found = (heard, shown.content_code, shown.pose_code)
        return tuple(code.unflatten(0, windows) for code in found)

    def losses(self, heard: Tensor, seen: Tensor, pose: Tensor, batch: SpeechBatch) -> dict[str, Tensor]:
        """Unweighted losses; the contrastive one over the rows of all processes."""
        rows = (gather_rows(heard), gather_rows(seen))
        losses = {
            "contrastive": self.contrast(*rows, clip=gather_clips(batch.clip)),
            "crossmodal": crossmodal_loss(heard, seen),
            "shape": known_difference(self.reading(torch.stack([heard, seen])), batch.shape),
        }
        if batch.turns is not None:
            losses["turns"] = self.turning.loss(pose, batch.turns)
        return losses

    def training_step(self, batch: SpeechBatch, _: int) -> None:
        heard, seen, pose = self.codes(batch, self.networks)
        losses = self.losses(heard, seen, pose, batch)
        self.learn(self.loss, losses)
        self.log_losses("train", losses | {"retrieval": retrieval(heard, seen, batch.clip)}, len(batch.clip))

    def validation_step(self, batch: SpeechBatch, _: int) -> None:
        heard, seen, pose = self.codes(batch, self.served)  # type: ignore[arg-type]
        losses = self.losses(heard, seen, pose, batch)
        judged = {"retrieval": retrieval(heard, seen, batch.clip), "pairs": pairs_won(heard, seen, batch.clip)}
        self.log_losses("val", losses | judged, len(batch.clip))

    def configure_optimizers(self) -> Any:
        return self.optimise((nn.ModuleList([self.networks, self.reading, self.turning]), self.optimizer))


@torch.no_grad()
def pairs_won(heard: Tensor, seen: Tensor, clip: Tensor) -> Tensor:
    """Share of pairs of a sound's own mouth and another of the same clip in which its own is nearer; chance is 1/2.

    NaN where every clip has one window.
    """
    distance = code_distances(heard.float(), seen.float())
    others = (clip[:, None] == clip[None, :]) & ~torch.eye(len(clip), dtype=torch.bool, device=clip.device)
    return (distance.diagonal()[:, None] < distance)[others].float().mean()


@torch.no_grad()
def retrieval(heard: Tensor, seen: Tensor, clip: Tensor) -> Tensor:
    """Share of sounds whose own mouth is the nearest among those of the same clip; chance is 1 / windows of a clip."""
    distance = code_distances(heard.float(), seen.float())
    distance = distance.masked_fill(clip[:, None] != clip[None, :], float("inf"))
    return (distance.argmin(1) == torch.arange(len(clip), device=clip.device)).float().mean()
