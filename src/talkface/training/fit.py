"""Runs a training: seeds, callbacks, loggers, Trainer, resume. The function users run is the one the tests call."""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from talkface.data.module import PackedDataModule
from talkface.errors import InputError
from talkface.models.load import load_model
from talkface.models.network import Network
from talkface.models.precision import has_bfloat16
from talkface.torchvision_shim import prepare_torchvision
from talkface.training.base import TrainingModule
from talkface.training.callbacks import ExportWeights, History, SampleVideo, SaveLast, UpdateProgress
from talkface.training.hardware import check_hardware

prepare_torchvision()
from pytorch_lightning import Trainer, seed_everything  # noqa: E402  (needs the shim first)
from pytorch_lightning.callbacks import Callback  # noqa: E402

log = logging.getLogger(__name__)
logging.getLogger("pytorch_lightning").setLevel(logging.WARNING)  # its greetings and tips hide what matters


@dataclass(frozen=True)
class Plan:
    """Length and rhythm of a run, all in updates. (`max_steps` may grow when a finished run is resumed.)"""

    max_steps: int
    validate_every: int = 500
    save_every: int = 500
    log_every: int = 10


def find_resume(resume: str | None, folder: Path) -> Path | None:
    """``auto``: the run folder's last checkpoint if there is one; else the given file, which must exist."""
    if resume in (None, "", "never"):
        return None
    path = folder / "checkpoints" / "last.ckpt" if resume == "auto" else Path(str(resume))
    if resume != "auto" and not path.is_file():
        raise InputError("no checkpoint to resume from", path, "give a .ckpt file, resume=auto or resume=never")
    return path if path.is_file() else None


def seeded_module(build: Callable[[], TrainingModule], *, seed: int, init: str | None = None) -> TrainingModule:
    """The training module with weights that depend on `seed` alone; `init`: start its network from these weights."""
    seed_everything(seed, workers=True, verbose=False)
    module = build()
    if init:
        state = load_model(Path(init), module.kind).state_dict()
        if isinstance(module.shipped, Network):
            state = module.shipped.adopted(state)
        if {k: v.shape for k, v in state.items()} != {k: v.shape for k, v in module.shipped.state_dict().items()}:
            raise InputError(
                "weights of another size", init, "set model.network.width or model.generator.width to theirs"
            )
        module.shipped.load_state_dict(state)
    return module


def warn_of_slow_precision(accelerator: str, precision: object) -> None:
    """Say so when a CPU must emulate bfloat16: the run is right, and several times slower than in float32."""
    if accelerator == "cpu" and str(precision).startswith("bf16") and not has_bfloat16():
        log.warning("this CPU has no bfloat16 instructions and emulates them: hardware=cpu is faster here")


def run_callbacks(folder: Path, plan: Plan, facts: dict[str, Any], *, samples: bool) -> list[Callback]:
    """Progress, history, sample videos, exported weights, and checkpoints."""
    saver = SaveLast(folder / "checkpoints", plan.save_every)
    videos: list[Callback] = [SampleVideo(folder / "samples")] if samples else []
    return [UpdateProgress(), History(folder, plan.log_every), *videos, ExportWeights(folder, facts), saver]


def build_trainer(module: TrainingModule, plan: Plan, callbacks: Sequence[Callback], **options: Any) -> Trainer:
    """Lightning's Trainer for a run of `plan`. It counts steps of all optimisers; we count updates."""
    optimizers = 2 if getattr(module, "discriminator", None) is not None else 1
    return Trainer(
        max_steps=plan.max_steps * optimizers,
        max_epochs=-1,
        val_check_interval=plan.validate_every * module.update.accumulation,
        check_val_every_n_epoch=None,
        log_every_n_steps=plan.log_every,
        num_sanity_val_steps=0,
        callbacks=list(callbacks),
        enable_checkpointing=False,
        enable_model_summary=False,
        use_distributed_sampler=False,
        **options,
    )


def channels_last(module: torch.nn.Module) -> None:
    """Kernels (four axes) in the memory order that convolutions are fastest in; torch's own way refuses five axes."""
    for tensor in (*module.parameters(), *module.buffers()):
        if tensor.ndim == 4:
            tensor.data = tensor.data.contiguous(memory_format=torch.channels_last)


def fit(
    module: TrainingModule,
    data: PackedDataModule,
    plan: Plan,
    *,
    folder: Path,
    seed: int = 0,
    resume: str | None = None,
    hardware: Mapping[str, Any] | None = None,
    loggers: Sequence[Any] = (),
    facts: Mapping[str, Any] | None = None,
) -> Trainer:
    """Train as `plan` says and return the Trainer.

    folder: of the run (checkpoints, history, weights, samples). hardware: arguments of Lightning's Trainer
    (accelerator, devices, precision, strategy) and channels_last, which only a single device obeys. facts: go into the
    exported weights' metadata.
    """
    options = {"accelerator": "cpu", "devices": 1, **(hardware or {})}
    check_hardware(options)
    warn_of_slow_precision(options["accelerator"], options.get("precision"))
    if options.pop("channels_last", False) and options["devices"] == 1:  # torch's DDP wrote beyond such gradients
        channels_last(module)
    if options.get("strategy") == "ddp" and getattr(module, "discriminator", None) is not None:
        options["strategy"] = "ddp_find_unused_parameters_true"  # each of the two backward passes leaves one side out
    seed_everything(seed, workers=True, verbose=False)
    module.updates, data.batches = plan.max_steps, plan.max_steps * module.update.accumulation
    callbacks = run_callbacks(folder, plan, dict(facts or {}), samples=hasattr(data, "sample_clip"))
    trainer = build_trainer(module, plan, callbacks, logger=list(loggers) or False, **options)
    data.device_batch(trainer.world_size)  # refuses a remainder before any process starts
    checkpoint = find_resume(resume, folder)
    log.info("training %s to step %d in %s%s", module.kind, plan.max_steps, folder, " (resumed)" if checkpoint else "")
    trainer.fit(module, data, ckpt_path=checkpoint)
    return trainer
