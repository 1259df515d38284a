"""Stage 3 of PC-AVS at the smallest size, and a batch for it."""

from functools import partial
from pathlib import Path

import torch

from talkface.batch import PoseBatch
from talkface.models.multiscale_discriminator import MultiscaleDiscriminator
from talkface.training.pcavs import DetailPerceptual, PcavsModule
from talkface.training.pcavs_stage import started

SMALL = {"width": 1 / 32, "size": 112}
SPEAKERS = 4
ADAM = partial(torch.optim.Adam, lr=1e-3, betas=(0.0, 0.9))
PICTURES = ("adversarial", "matching", "perceptual", "reconstruction", "mouth", "movement", "head_movement")
WEIGHTS = dict(zip(PICTURES, (1.0, 10.0, 10.0, 0.0, 0.0, 0.0, 0.0), strict=True))
WEIGHTS |= {"crossmodal": 1.0, "contrastive": 100.0, "identity": 1.0}


def module(folder: Path | None = None, *, warp: bool = False, **options) -> PcavsModule:
    torch.manual_seed(3)
    networks = {
        "identity": started("pcavs_identity", folder, speakers=SPEAKERS, **SMALL),
        "motion": started("pcavs_motion", folder, **SMALL),
        "speech": started("pcavs_speech", folder, width=SMALL["width"]),
        "generator": started("pcavs_generator", warp=warp, **SMALL),
    }
    given = {"loss": WEIGHTS, "perceptual": DetailPerceptual(), "cross_clip": 0.5, **options}
    judge = given.pop("discriminator", MultiscaleDiscriminator(SMALL["width"]))
    return PcavsModule(networks, judge, optimizer=ADAM, discriminator_optimizer=ADAM, **given)


def random_batch(clips: int = 2, frames: int = 2) -> PoseBatch:
    torch.manual_seed(1)
    shown = [torch.randint(0, 256, (clips, frames, 3, 112, 112), dtype=torch.uint8) for _ in range(2)]
    identity = torch.randint(0, 256, (clips, 3, 112, 112), dtype=torch.uint8)
    return PoseBatch(identity, *shown, torch.rand(clips, frames, 1, 80, 20), torch.arange(clips))
