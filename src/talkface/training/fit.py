"""Runs a training: seeds, callbacks, loggers, Trainer, resume. The function users run is the one the tests call."""

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from talkface.data.module import PackedDataModule
from talkface.device import resolve_device
from talkface.errors import InputError
from talkface.models.load import load_model
from talkface.models.network import Network
from talkface.models.precision import has_bfloat16
from talkface.torchvision_shim import prepare_torchvision
from talkface.training.base import TrainingModule
from talkface.training.callbacks import ExportWeights, History, SampleVideo, UpdateProgress
from talkface.training.checkpoints import LAST, SaveLast, newest_checkpoint, read_checkpoint
from talkface.training.disk import check_folder, told_of_disk
from talkface.training.divergence import StopOnDivergence, told_of_divergence
from talkface.training.hardware import check_hardware
from talkface.training.loggers import finish
from talkface.training.precision import HALF, HalfPrecision
from talkface.training.record import RunRecord

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


def find_resume(resume: str | None, folder: Path) -> tuple[Path, dict[str, Any]] | None:
    """The checkpoint to go on from, and its content, or None.

    resume: ``auto`` or ``changed``: the newest intact one of the run folder, if there is one; ``never`` or nothing:
    none; else the given file. InputError: it is not there, or cannot be gone on from.
    """
    if resume in (None, "", "never"):
        return None
    if resume in ("auto", "changed"):
        return newest_checkpoint(folder / "checkpoints")
    return Path(str(resume)), read_checkpoint(Path(str(resume)))


def open_resume(module: TrainingModule, resume: str | None, folder: Path) -> Path | None:
    """`find_resume`, and its checkpoint compared with `module`. InputError: it is of another run."""
    found = find_resume(resume, folder)
    if found is None:
        return None
    path, content = found
    check_fits(module, content, path)
    module.contract.resume(content["talkface"], path, accept=resume == "changed")
    return path


def check_fits(module: TrainingModule, content: Mapping[str, Any], path: Path) -> None:
    """InputError unless a checkpoint holds the networks and optimisers of `module`, in its sizes."""
    anew = "give another run=FOLDER, or resume=never to start anew here"
    kind = content["talkface"].get("kind")
    if kind != module.kind:
        raise InputError(f"checkpoint of another experiment (it trains a {kind})", path, anew)
    module.setup("fit")  # makes the average, which the checkpoint holds too
    states = content["state_dict"], module.state_dict()
    saved, own = ({key: tuple(tensor.shape) for key, tensor in state.items()} for state in states)
    for key in [*saved, *own]:
        if key not in own or key not in saved:
            raise InputError(f"checkpoint of another experiment ({key} is only in one of them)", path, anew)
        if saved[key] != own[key]:
            what = f"checkpoint of networks of another size ({key}: {saved[key]} there, {own[key]} here)"
            raise InputError(what, path, f"give the model its width back; {anew}")


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


def run_callbacks(
    folder: Path, plan: Plan, facts: dict[str, Any], *, samples: bool, resumed: Path | None = None
) -> list[Callback]:
    """Progress, the watch for losses that are not finite, history, sample videos, exported weights, checkpoints."""
    saver = SaveLast(folder / "checkpoints", plan.save_every, resumed=resumed)
    videos: list[Callback] = [SampleVideo(folder / "samples")] if samples else []
    watch = StopOnDivergence(saver.path)
    return [UpdateProgress(), watch, History(folder, plan.log_every), *videos, ExportWeights(folder, facts), saver]


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
    record: Mapping[str, str] | None = None,
) -> Trainer:
    """Train as `plan` says and return the Trainer.

    folder: of the run (checkpoints, history, weights, samples). resume: see `find_resume`; ``changed`` also accepts
    another configuration. hardware: arguments of Lightning's Trainer (accelerator, devices, precision, strategy) and
    channels_last, which only a single device obeys. facts: go into the exported weights' metadata; of them ``recipe``
    and ``corpora`` are what a resumed run is compared with. record: texts by file name for the run folder.
    InputError: whatever stops a run but a defect of ours; the last good checkpoint stays.
    """
    options = trainer_options(module, hardware or {})
    facts = dict(facts or {})
    check_folder(folder)
    module.contract.take(facts)
    checkpoint = open_resume(module, resume, folder)
    seed_everything(seed, workers=True, verbose=False)
    module.updates, data.batches = plan.max_steps, plan.max_steps * module.update.accumulation
    facts |= {"changes": module.contract.changes} if module.contract.changes else {}
    callbacks = run_callbacks(folder, plan, facts, samples=hasattr(data, "sample_clip"), resumed=checkpoint)
    callbacks.insert(0, RunRecord(folder, record or {}))
    trainer = build_trainer(module, plan, callbacks, logger=list(loggers) or False, **options)
    data.device_batch(trainer.world_size)  # refuses a remainder before any process starts
    log.info("training %s to step %d in %s%s", module.kind, plan.max_steps, folder, " (resumed)" if checkpoint else "")
    try:
        run(trainer, module, data, checkpoint=checkpoint, folder=folder)
    finally:
        finish(loggers)
    return trainer


def run(
    trainer: Trainer, module: TrainingModule, data: PackedDataModule, *, checkpoint: Path | None, folder: Path
) -> None:
    """Fit, and tell in one line what the disk or a divergence does to it."""
    with told_of_disk(folder), warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*your dataloader is not resumable")  # ours is: its position is in our state
        try:
            trainer.fit(module, data, ckpt_path=checkpoint, weights_only=True)
        except (RuntimeError, ValueError) as error:
            raise told_of_divergence(trainer, module, folder / "checkpoints" / LAST, error) from error


def trainer_options(module: TrainingModule, hardware: Mapping[str, Any]) -> dict[str, Any]:
    """Arguments of Lightning's Trainer on this hardware, checked; `module`'s kernels are put in order for it."""
    options = {"accelerator": "cpu", "devices": 1, **hardware}
    check_hardware(options)
    warn_of_slow_precision(options["accelerator"], options.get("precision"))
    if options.pop("channels_last", False) and options["devices"] == 1:  # torch's DDP wrote beyond such gradients
        channels_last(module)
    if options.get("strategy") == "ddp" and getattr(module, "discriminator", None) is not None:
        options["strategy"] = "ddp_find_unused_parameters_true"  # each of the two backward passes leaves one side out
    if str(options.get("precision")) in HALF:
        del options["precision"]
        names = {"gpu": "cuda", "auto": resolve_device()}
        options["plugins"] = [HalfPrecision(names.get(options["accelerator"], options["accelerator"]))]
    return options
