"""Memory of one training step of each of PC-AVS's stages at full size, counted without a GPU and without computing.

    python benchmarks/pcavs_memory.py [--hardware 4x1080ti] [--stages pcavs] [override ...]

What the recipe configures for the hardware, and variants of it: activation checkpointing, 16-mixed, one frame more.
`talkface.training.counting` says what is counted; exchanging gradients adds them once more, and CUDA's context, cuDNN's
workspaces and the allocator's gaps are allowed for by a fixed sum, which no card has confirmed.
"""

import argparse
import logging
from functools import partial
from pathlib import Path
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from machine import print_table
from omegaconf import DictConfig

from talkface.batch import PoseBatch, SpeakerBatch, SpeechBatch
from talkface.models.perceptual import VggFeatures
from talkface.training.counting import StepMemory, step_memory
from talkface.training.pcavs import VggPerceptual

ROOT = Path(__file__).resolve().parents[1]
SPEAKERS = 5994  # VoxCeleb2, development part
CARD, ALLOWANCE = 10.9, 1.2
"""GiB of a GTX 1080 Ti that can be had, and what is allowed for all that cannot be counted."""
GIB = 2**30
FRESH = {
    "pcavs_identity": ["start.identity=null"],
    "pcavs_speech": ["start.speech=null"],
    "pcavs": ["start.identity=null", "start.speech=null"],
}
VARIANTS: dict[str, dict[str, list[str]]] = {
    "pcavs_identity": {"as configured": []},
    "pcavs_speech": {"as configured": []},
    "pcavs": {
        "as configured": [],
        "without activation checkpointing": ["checkpointing=false"],
        "sound alone": ["model.branches=[audio]"],
    },
}
"""Experiment → what is counted, by name: overrides. 16-mixed is counted for the first of each."""


def composed(stage: str, hardware: str, overrides: list[str]) -> DictConfig:
    """The configuration of a stage with fresh networks and as many speakers as the recipe has."""
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        speakers = f"{'+' if stage == 'pcavs_speech' else ''}speakers={SPEAKERS}"
        return compose("train", [f"experiment={stage}", f"hardware={hardware}", *FRESH[stage], speakers, *overrides])


def rows_of(config: DictConfig) -> int:
    """Clips that one card sees in one pass."""
    return int(config.batch // (int(config.hardware.trainer.devices) * config.hardware.accumulation))


def batch_of(config: DictConfig) -> Any:
    """A batch of the recipe's shapes."""
    clips, frames, size = rows_of(config), config.windows.sampling.windows, config.networks.size
    pictures = partial(torch.zeros, dtype=torch.uint8)
    numbers = partial(torch.zeros, dtype=torch.int64)
    if config.name == "pcavs_identity":
        count = clips * frames
        return SpeakerBatch(pictures(count, 3, size, size), numbers(count), numbers(count))
    if config.name == "pcavs_speech":
        count, length = clips * frames, config.windows.frames
        mel = torch.zeros(count, length, 1, 80, 20)
        return SpeechBatch(pictures(count, length, 3, size, size), mel, numbers(count))
    shown, mel = pictures(clips, frames, 3, size, size), torch.zeros(clips, frames, 1, 80, 20)
    return PoseBatch(pictures(clips, 3, size, size), shown, shown, mel, numbers(clips))


def built(config: DictConfig) -> Any:
    """The training module; the perceptual loss by VGG-19 without weights, as the recipe has it with."""
    module = instantiate(config.model, _convert_="all")
    if config.name == "pcavs":
        module.perceptual = VggPerceptual(VggFeatures("pcavs"))
    return module


def line(title: str, config: DictConfig, memory: StepMemory, *, half: bool) -> tuple[object, ...]:
    """A row of the table, GiB."""
    exchanged = memory.gradients if int(config.hardware.trainer.devices) > 1 else 0
    total = (memory.peak + exchanged) / GIB + ALLOWANCE
    parts = (memory.state, memory.gradients + exchanged, memory.activations)
    named = f"{title}, 16-mixed" if half else title
    fits = "yes" if total <= CARD else "no"
    return (f"{config.name}: {named}", rows_of(config), *(f"{part / GIB:.2f}" for part in parts), f"{total:.2f}", fits)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hardware", default="4x1080ti", help="a name of configs/hardware")
    parser.add_argument("--stages", nargs="+", default=list(VARIANTS), choices=list(VARIANTS))
    parser.add_argument("overrides", nargs="*", help="of the configuration, for example batch=32")
    options = parser.parse_intermixed_args()
    for name in ("pytorch_lightning", "talkface"):
        logging.getLogger(name).setLevel(logging.ERROR)
    rows = []
    for stage in options.stages:
        for number, (title, overrides) in enumerate(VARIANTS[stage].items()):
            config = composed(stage, options.hardware, [*overrides, *options.overrides])
            for half in (False, True) if number == 0 else (False,):
                memory = step_memory(partial(built, config), partial(batch_of, config), half=half)
                rows.append(line(title, config, memory, half=half))
                print(*rows[-1], flush=True)
    header = ["stage", "clips", "state", "gradients", "activations", f"total with {ALLOWANCE}", f"within {CARD}"]
    print_table("Memory of one card in GiB (state: parameters, buffers, optimisers, average)", header, rows)


if __name__ == "__main__":
    main()
