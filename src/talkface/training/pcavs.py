"""PC-AVS, stage 3: generator and pose code, with all networks together; the pose code has no loss of its own."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from talkface.batch import PoseBatch
from talkface.errors import InputError
from talkface.losses import (
    crossmodal_loss,
    detail_loss,
    feature_matching_loss,
    flow_loss,
    identity_loss,
    movement_loss,
    multiscale_adversarial_loss,
    multiscale_discriminator_loss,
    perceptual_loss,
    reconstruction_loss,
)
from talkface.models.pcavs.warping import Portrait
from talkface.models.perceptual import PCAVS_WEIGHTS, VggFeatures, load_vgg
from talkface.training.adversarial_step import frozen
from talkface.training.base import OptimizerFactory, weighted_total
from talkface.training.gather import gather_clips, gather_rows
from talkface.training.pcavs_stage import JointModule, TurnReader, symmetric

log = logging.getLogger(__name__)
BRANCHES = ("audio", "visual")
MOUTH_ROWS, MOUTH_COLUMNS = (0.5, 0.8), (0.3, 0.7)  # where alignment puts a mouth, parts of the picture's sides


class PcavsModule(JointModule):
    """Losses, each summed over the branches (content from the sound, from the seen mouth): ``adversarial`` (hinge),
    ``matching`` (feature matching), ``perceptual``, ``reconstruction`` (L1), ``mouth`` (L1 there), ``movement`` (there,
    squares of what differs between frames), ``head_movement`` (the same of the whole picture); and of the codes:
    ``crossmodal``, ``contrastive``, ``identity`` (softmax), ``flow`` (L1 of where drawn landmarks came from, with
    `warp`), and ``turns`` (L1 of yaw, pitch and roll, in 30 degrees, where drawn clips know them, read from the pose
    code by a linear layer that only training knows: the original's has no loss of its own). Weights by name in `loss`,
    0 only logs.

    perceptual: (generated, target) → loss, see `perceptual_by`. picture_weight: of the L1 within feature matching.
    Training adds no noise maps, as serving adds none. discriminator None: a run without `adversarial` and `matching`,
    for a fresh generator's first thousands of steps on little hardware. code_gain: how many times larger the content
    embedding and the pose code begin; beside an identity code with five times their spread a small generator ignores
    them for thousands of updates. rates: learning rates by network where it is not the optimiser's; the generator's
    weights are kept at variance 1 (`modulation.EqualLinear`), so that one of 1e-3 turns them ten times too slowly.
    """

    def __init__(
        self,
        networks: Mapping[str, nn.Module],
        discriminator: nn.Module | None,
        *,
        optimizer: OptimizerFactory,
        discriminator_optimizer: OptimizerFactory,
        loss: Mapping[str, float],
        perceptual: nn.Module,
        branches: Sequence[str] = BRANCHES,
        picture_weight: float = 1.0,
        code_gain: float = 1.0,
        rates: Mapping[str, float] | None = None,
        **options: Any,
    ) -> None:
        """networks: identity (with its head for the speakers), motion, speech, generator."""
        super().__init__(networks, **options)
        if discriminator is None and (judged := [name for name in ("adversarial", "matching") if loss.get(name)]):
            raise InputError("no discriminator for these losses", judged, "set their weights to 0, or give one")
        if loss.get("flow") and not networks["generator"].warp:
            raise InputError("no flow for this loss", "loss.flow", "set its weight to 0, or networks.warp=true")
        self.discriminator, self.perceptual, self.loss = discriminator, perceptual, dict(loss)
        self.optimizer, self.discriminator_optimizer = optimizer, discriminator_optimizer
        self.branches, self.picture_weight = tuple(branches), picture_weight
        self.turning, self.rates = TurnReader(), dict(rates or {})
        if unknown := sorted(set(self.rates) - set(self.networks)):
            raise InputError("no such network", f"model.rates: {unknown[0]}", f"use {', '.join(self.networks)}")
        enlarge(self.networks["motion"], code_gain)
        for name, parameter in self.networks["generator"].named_parameters():
            if name.endswith("noise.weight"):
                parameter.requires_grad_(False)

    def generate(self, batch: PoseBatch, networks: nn.ModuleDict) -> dict[str, Tensor]:
        """What the networks make of a batch, rows clip by clip, frame by frame.

        ``identity`` (B, 2048), ``heard`` and ``seen`` (B·T, 512), ``pose`` (B·T, 12), and for each branch its pictures
        (B·T, 3, H, W) in [-1, 1] under the branch's name, with `warp` also ``flow`` (B·T, 2, 8, 8).
        """
        clips, frames = batch.target.shape[:2]
        picture = symmetric(batch.identity)
        code, identity_map = networks["identity"](picture)
        augmented = symmetric(batch.augmented).flatten(0, 1)
        motion = networks["motion"](augmented)
        rows = torch.arange(clips, device=code.device).repeat_interleave(frames)
        pose_code, portrait = motion.pose_code, None
        turned = augmented if batch.pose is None else symmetric(batch.pose).flatten(0, 1)
        if networks["generator"].warp:  # in one pass, as batch norms cannot learn from the one picture of a single clip
            codes = networks["motion"].encode_pose(torch.cat([turned, picture]))  # type: ignore[operator]
            pose_code, own = codes[: len(turned)], codes[len(turned) :]
            portrait = Portrait(picture[rows], own[rows])
        elif batch.pose is not None or networks["motion"].cover_mouth:
            pose_code = networks["motion"].encode_pose(turned)  # type: ignore[operator]
        made = {
            "identity": code,
            "heard": networks["speech"](batch.mel.flatten(0, 1)),
            "seen": motion.content_code,
            "pose": pose_code,
        }
        heard = networks["motion"].embed_content(made["heard"])  # type: ignore[operator]
        content = {"audio": heard, "visual": motion.content_embedding}
        for branch in self.branches:
            style = torch.cat([code[rows], content[branch], pose_code], 1)
            if portrait is None:
                made[branch] = networks["generator"](style, identity_map[rows])
            else:
                moved = networks["generator"].draw_moved(style, identity_map[rows], portrait)  # type: ignore[operator]
                made[branch], made["flow"] = moved  # the flow is of the poses alone: the same for every branch
        return made

    def losses(self, made: Mapping[str, Tensor], batch: PoseBatch) -> dict[str, Tensor]:
        """Unweighted losses of what `generate` gave; those of the speakers only in training, which knows them."""
        target = symmetric(batch.target).flatten(0, 1)
        with torch.no_grad():
            real = self.discriminator(target) if self.discriminator else None
        clips, frames = batch.target.shape[:2]
        rows = torch.arange(clips, device=target.device).repeat_interleave(frames)
        terms = [self.picture_losses(made[branch], target, real, frames) for branch in self.branches]
        losses = {name: torch.stack([term[name] for term in terms]).sum() for name in terms[0]}
        losses["crossmodal"] = crossmodal_loss(made["heard"], made["seen"])
        clip = gather_clips(rows)
        codes = (gather_rows(made["heard"]), gather_rows(made["seen"]))
        losses["contrastive"] = self.contrast(*codes, clip=clip)
        if batch.places is not None and "flow" in made:
            losses["flow"] = flow_loss(made["flow"], batch.places[rows, 0], batch.places[:, 1:].flatten(0, 1))
        if batch.turns is not None:
            losses["turns"] = self.turning.loss(made["pose"], batch.turns.flatten(0, 1))
        if self.training:
            scores = self.networks["identity"].fc(made["identity"])  # type: ignore[operator]
            losses["identity"] = identity_loss(scores, batch.speaker)
        return losses

    def picture_losses(self, made: Tensor, target: Tensor, real: Any, frames: int) -> dict[str, Tensor]:
        """Losses of one branch's pictures (clips · frames, 3, H, W); real: the discriminator's view of the targets."""
        mouth = [mouths(pictures) for pictures in (made, target)]
        losses = {
            "perceptual": self.perceptual(made, target),
            "reconstruction": reconstruction_loss(made, target),
            "mouth": reconstruction_loss(*mouth),
            "movement": movement_loss(*(by_clip(part, frames) for part in mouth)),
            "head_movement": movement_loss(by_clip(made, frames), by_clip(target, frames)),
        }
        if self.discriminator:
            judged = self.discriminator(made)
            losses["adversarial"] = multiscale_adversarial_loss(judged)
            losses["matching"] = feature_matching_loss(judged, real, picture_weight=self.picture_weight)
        return losses

    def training_step(self, batch: PoseBatch, _: int) -> None:
        completes = self.update.completes(self.batches_done)
        with frozen(self.discriminator):
            made = self.generate(batch, self.networks)
            losses = self.losses(made, batch)
            self.update.backward(self, weighted_total(self.loss, losses))
        if completes:
            self.finish_update()
        if self.discriminator:
            losses |= self.judge([made[branch].detach() for branch in self.branches], batch)
            if completes:
                self.update.step(self, 1)
        self.batches_done += 1
        self.log_losses("train", losses, len(batch.target))

    def judge(self, fakes: Sequence[Tensor], batch: PoseBatch) -> dict[str, Tensor]:
        """The discriminator's own losses with their backward pass: all branches' pictures against the real ones."""
        assert self.discriminator is not None
        real_side = self.discriminator(symmetric(batch.target).flatten(0, 1))
        fake_side = self.discriminator(torch.cat([*fakes]))
        losses = {
            "discriminator_real": multiscale_discriminator_loss(real_side, real=True),
            "discriminator_fake": multiscale_discriminator_loss(fake_side, real=False),
        }
        self.update.backward(self, torch.stack(list(losses.values())).sum())
        return {name: value.detach() for name, value in losses.items()}

    def validation_step(self, batch: PoseBatch, _: int) -> None:
        made = self.generate(batch, self.served)  # type: ignore[arg-type]
        target = symmetric(batch.target)
        copied = symmetric(batch.identity)[:, None].expand_as(target)
        losses = self.losses(made, batch) | {"copied": len(self.branches) * reconstruction_loss(copied, target)}
        self.log_losses("val", losses, len(batch.target))

    def configure_optimizers(self) -> Any:
        judge = [(self.discriminator, self.discriminator_optimizer)] if self.discriminator else []
        trained = nn.ModuleDict({**self.networks, "turning": self.turning})
        return self.optimise((trained, self.optimizer), *judge, rates=self.rates)


def by_clip(pictures: Tensor, frames: int) -> Tensor:
    """(clips · frames, …) → (clips, frames, …)."""
    return pictures.reshape(-1, frames, *pictures.shape[1:])


def mouths(pictures: Tensor) -> Tensor:
    """The part of aligned pictures (N, 3, H, W) that holds the mouth."""
    height, width = pictures.shape[-2:]
    rows, columns = (
        [round(side * part) for part in parts] for side, parts in ((height, MOUTH_ROWS), (width, MOUTH_COLUMNS))
    )
    return pictures[..., slice(*rows), slice(*columns)]


@torch.no_grad()
def enlarge(motion: nn.Module, gain: float) -> None:
    """Multiply what `motion` gives the generator: content embedding and pose code."""
    for last in ("mouth_embed.1", "headpose_embed.1"):
        for parameter in motion.get_submodule(last).parameters():
            parameter.mul_(gain)


class VggPerceptual(nn.Module):
    """PC-AVS's perceptual loss: VGG-19's features of pictures in [-1, 1], frozen, in evaluation mode."""

    def __init__(self, features: VggFeatures) -> None:
        super().__init__()
        self.features = features.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> "VggPerceptual":
        """Stays in evaluation mode."""
        return super().train(False)

    def forward(self, generated: Tensor, target: Tensor) -> Tensor:
        return perceptual_loss(generated, target, self.features, map_weights=PCAVS_WEIGHTS)


class DetailPerceptual(nn.Module):
    """What stands in for it without VGG's weights: L1 of the Laplacian pyramid's bands, which needs no network."""

    def forward(self, generated: Tensor, target: Tensor) -> Tensor:
        return detail_loss(generated, target)


def perceptual_by(vgg: Path | str | None) -> nn.Module:
    """The perceptual loss by torchvision's `vgg19-dcbb9e9d.pth` at `vgg`; None: the stand-in, with a warning."""
    if vgg is None:
        log.warning("no VGG weights (vgg=FILE): `perceptual` is the L1 of a Laplacian pyramid in this run")
        return DetailPerceptual()
    return VggPerceptual(load_vgg(Path(vgg), "pcavs"))
