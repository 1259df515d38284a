"""Runs a training: seeds, callbacks, loggers, Trainer, resume. The function users run is the one the tests call."""

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from talkface.errors import InputError
from talkface.models.load import load_model
from talkface.torchvision_shim import prepare_torchvision
from talkface.training.base import TrainingModule
from talkface.training.callbacks import ExportWeights, History, SampleVideo, SaveLast

prepare_torchvision()
from pytorch_lightning import LightningDataModule, Trainer, seed_everything  # noqa: E402  (needs the shim first)
from pytorch_lightning.callbacks import Callback, RichProgressBar  # noqa: E402

log = logging.getLogger(__name__)


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
        started = load_model(Path(init), module.kind)
        if {k: v.shape for k, v in started.state_dict().items()} != {
            k: v.shape for k, v in module.shipped.state_dict().items()
        }:
            raise InputError(
                "weights of another size", init, "set model.network.width or model.generator.width to theirs"
            )
        module.shipped.load_state_dict(started.state_dict())
    return module


def check_gpu() -> None:
    """Raise InputError when the installed torch has no kernels for the GPU (Pascal needs the CUDA 12.6 build)."""
    if not torch.cuda.is_available():
        raise InputError("no usable GPU", "hardware", "use hardware=cpu, or install a CUDA build of torch (README)")
    major, minor = torch.cuda.get_device_capability()
    built = [int(arch.removeprefix("sm_")) for arch in torch.cuda.get_arch_list() if arch.startswith("sm_")]
    if not any(arch // 10 == major and arch % 10 <= minor for arch in built):
        remedy = "install torch==2.13.0 and torchvision==0.28.0 from PyTorch's cu126 wheels (README, GTX 1080 Ti)"
        raise InputError(f"this torch has no kernels for compute capability {major}.{minor}", torch.__version__, remedy)


def run_callbacks(folder: Path, facts: dict[str, Any], *, save_every: int, samples: bool) -> list[Callback]:
    """Progress, history, sample videos, exported weights, and the checkpoint every `save_every` updates."""
    saver = SaveLast(folder / "checkpoints", save_every)
    videos: list[Callback] = [SampleVideo(folder / "samples")] if samples else []
    return [RichProgressBar(), History(folder), *videos, ExportWeights(folder, facts), saver]


def fit(
    module: TrainingModule,
    data: LightningDataModule,
    *,
    folder: Path,
    updates: int,
    validate_every: int,
    save_every: int = 500,
    log_every: int = 10,
    seed: int = 0,
    resume: str | None = None,
    loggers: Sequence[Any] = (),
    hardware: Mapping[str, Any] | None = None,
    facts: dict[str, Any] | None = None,
) -> Trainer:
    """Train for `updates` updates and return the Trainer.

    folder: of the run (checkpoints, history, weights, samples). validate_every, save_every, log_every: updates.
    hardware: arguments of Lightning's Trainer (accelerator, devices, precision, strategy).
    """
    options = {"accelerator": "cpu", "devices": 1, **(hardware or {})}
    if options.pop("channels_last", False):
        module.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    if options.get("accelerator") == "gpu":
        check_gpu()
    seed_everything(seed, workers=True, verbose=False)
    accumulation = module.update.accumulation
    module.updates = updates
    data.batches = updates * accumulation  # type: ignore[attr-defined]
    optimizers = 2 if getattr(module, "discriminator", None) is not None else 1
    trainer = Trainer(
        max_steps=updates * optimizers,
        max_epochs=-1,
        val_check_interval=validate_every * accumulation,
        check_val_every_n_epoch=None,
        log_every_n_steps=log_every,
        num_sanity_val_steps=0,
        logger=list(loggers) or False,
        enable_checkpointing=False,
        callbacks=run_callbacks(folder, facts or {}, save_every=save_every, samples=hasattr(data, "sample_clip")),
        enable_model_summary=False,
        use_distributed_sampler=False,
        **options,
    )
    checkpoint = find_resume(resume, folder)
    log.info(
        "training %s for %d updates in %s%s",
        module.kind,
        updates,
        folder,
        f", resumed from {checkpoint}" if checkpoint else "",
    )
    trainer.fit(module, data, ckpt_path=checkpoint)
    return trainer
