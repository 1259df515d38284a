"""Seconds of one generator update: the package's own step, inside its Trainer, against the plain eager port.

    python benchmarks/training_step.py [--batch 4] [--width 0.5] [--rounds 8]

Both take turns on batches of the same size and width, so that other work on the machine meets both alike. The package's
figure is everything between two steps: transfer, losses (those of weight 0 too), clipping, schedule, logging.
"""

import argparse
import logging
import statistics
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from hydra import compose, initialize_config_dir
from hydra.utils import instantiate
from machine import print_table
from original import Expert, Generator, generator_step

from talkface.batch import GeneratorBatch
from talkface.checkpoint import save_weights
from talkface.models.syncnet import SyncNetExpert
from talkface.training.wav2lip import Wav2LipModule

# isort: split
from pytorch_lightning import Callback, Trainer  # after talkface.training, which puts the torchvision shim in place

ROOT = Path(__file__).resolve().parents[1]
LIKE_THE_ORIGINAL = ["loss.mouth=0", "loss.detail=0", "loss.reconstruction=null", "loss.sync=0.03"]


def random_batch(rows: int) -> GeneratorBatch:
    """A batch of noise in the declared ranges: the time of a step does not depend on its content."""
    pictures = torch.randint(0, 256, (2, rows, 5, 3, 96, 96), dtype=torch.uint8)
    mels = torch.rand(rows, 6, 1, 80, 16) * 8 - 4
    return GeneratorBatch(pictures[0], pictures[1], mels[:, :5].contiguous(), mels[:, 5].contiguous())


def own_module(width: float, hardware: str, overrides: list[str]) -> tuple[Wav2LipModule, dict[str, Any]]:
    """The training module of experiment=wav2lip at `width` with an untrained expert, and the Trainer's arguments."""
    with tempfile.TemporaryDirectory() as folder, initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        expert = Path(folder) / "expert.safetensors"
        save_weights(expert, SyncNetExpert(width).state_dict(), {"kind": "wav2lip_expert", "config": {"width": width}})
        given = ["experiment=wav2lip", f"hardware={hardware}", f"expert={expert}", f"model.generator.width={width}"]
        config = compose("train", [*given, *overrides])
        module: Wav2LipModule = instantiate(config.model, _convert_="all")
        return module, dict(config.hardware.trainer)


class TakeTurns(Callback):
    """After every own step: one step of the port. Keeps the seconds of both."""

    def __init__(self, rows: int, width: float) -> None:
        self.networks = (Generator(width), Expert(width).requires_grad_(False))
        self.optimizer = torch.optim.Adam(self.networks[0].parameters(), lr=1e-4)
        batch, rand = rows, torch.rand
        self.batch = (
            rand(batch, 6, 5, 96, 96),
            rand(batch, 5, 1, 80, 16),
            rand(batch, 1, 80, 16),
            rand(batch, 3, 5, 96, 96),
        )
        self.own: list[float] = []
        self.port: list[float] = []
        self.started = 0.0

    def on_train_start(self, *_: Any) -> None:
        self.started = perf_counter()

    def on_train_batch_end(self, *_: Any) -> None:
        finished = perf_counter()
        generator_step(self.networks, self.optimizer, self.batch, 0.03)
        self.own.append(finished - self.started)
        self.port.append(perf_counter() - finished)
        self.started = perf_counter()


def measure(rows: int, width: float, rounds: int, *, hardware: str, overrides: list[str]) -> tuple[float, float]:
    """Median seconds of (own step, port's step), the first two rounds left out."""
    module, options = own_module(width, hardware, overrides)
    if options.pop("channels_last", False):
        module.to(memory_format=torch.channels_last)
    turns, module.updates = TakeTurns(rows, width), rounds + 2
    quiet = {
        "logger": False,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
    }
    trainer = Trainer(max_steps=rounds + 2, callbacks=[turns], **quiet, **options)
    trainer.fit(module, torch.utils.data.DataLoader([random_batch(rows)] * (rounds + 2), batch_size=None))
    return statistics.median(turns.own[2:]), statistics.median(turns.port[2:])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, default=4, help="windows of five frames")
    parser.add_argument("--width", type=float, default=0.5, help="1.0 is the official size")
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--hardware", default="cpu", help="a name of configs/hardware for the package's step")
    options = parser.parse_args()
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    rows: list[tuple[object, ...]] = []
    for title, overrides in (("losses of the original", LIKE_THE_ORIGINAL), ("losses of the recipe", [])):
        own, port = measure(
            options.batch, options.width, options.rounds, hardware=options.hardware, overrides=overrides
        )
        rows += [(f"port, {title}", port, 1.0), (f"talkface, {title}", own, own / port)]
    title = f"One generator update, {options.batch} windows of five frames, width {options.width}"
    print_table(title, ["step", "seconds", "time ratio"], rows)


if __name__ == "__main__":
    main()
