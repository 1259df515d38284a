"""Losses and weights that are not finite: they stop a run before anything of them is saved."""

import math
from collections import deque
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from talkface.errors import InputError
from talkface.torchvision_shim import prepare_torchvision
from talkface.training.gather import processes

prepare_torchvision()
from pytorch_lightning import Callback, Trainer  # noqa: E402  (needs the shim first)

_LONGEST = 1000  # updates that are remembered where nobody asks
_TRY = "try resume=changed with a lower model.optimizer.lr, model.update.clip=1.0 or hardware.trainer.precision=32-true"


class LossWatch:
    """The losses of the batches since the last look, kept on their device."""

    def __init__(self) -> None:
        self._noted: deque[tuple[int, list[str], Tensor]] = deque(maxlen=_LONGEST)

    def note(self, step: int, values: Mapping[str, Tensor | float], weights: Mapping[str, float | None]) -> None:
        """Keep what is minimised at `step`: all scalars of `values` but those with a weight of 0."""
        kept = {name: value for name, value in values.items() if weights.get(name, 1.0) != 0.0}
        tensors = [value.detach().float().reshape(()) for value in kept.values() if isinstance(value, Tensor)]
        names = [name for name, value in kept.items() if isinstance(value, Tensor)]
        if tensors:
            self._noted.append((step, names, torch.stack(tensors)))

    def any_bad(self) -> Tensor:
        """Scalar bool on the losses' device: whether one of them is not finite."""
        if not self._noted:
            return torch.tensor(False)
        return ~torch.cat([values for _, _, values in self._noted]).isfinite().all()

    def forget(self) -> None:
        """Begin anew."""
        self._noted.clear()

    def first_bad(self) -> str | None:
        """``loss NAME is nan at step N`` for the first loss that is not finite, or None; forgets what was noted."""
        noted = [*self._noted]
        self._noted.clear()
        for step, names, values in noted:
            for name, value in zip(names, values.tolist(), strict=True):
                if not math.isfinite(value):
                    return f"loss {name} is {value} at step {step}"
        return None


class StopOnDivergence(Callback):
    """Looks at the losses after each batch: with weights that are not finite a further one may crash the GPU.

    Weights are looked at before each validation (each save looks too).
    """

    def __init__(self, checkpoint: Path) -> None:
        """checkpoint: where the last good one lies, for the message."""
        self.checkpoint = checkpoint

    def on_train_batch_end(self, trainer: Trainer, module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        bad = module.watch.any_bad()
        if processes() > 1:
            bad = bad.to(module.device, torch.int32)
            torch.distributed.all_reduce(bad, torch.distributed.ReduceOp.MAX)
        if bool(bad):
            _stop_if(module.watch.first_bad(), trainer, self.checkpoint)
        module.watch.forget()

    def on_validation_start(self, trainer: Trainer, module: Any) -> None:
        if not trainer.sanity_checking:
            ensure_finite(trainer, module, self.checkpoint)


def ensure_finite(trainer: Trainer, module: Any, checkpoint: Path) -> None:
    """InputError (in the first process; the others leave) when a weight is not finite. All ranks must call it.

    checkpoint: where the last good one lies.
    """
    _stop_if(_bad_weights(module), trainer, checkpoint)


def told_of_divergence(trainer: Trainer, module: Any, checkpoint: Path, error: Exception) -> BaseException:
    """The error of a training step, or what it comes from: losses and weights that were no longer finite."""
    found = module.watch.first_bad() or _bad_weights(module)
    if not found:
        return error
    return _divergence(found, checkpoint) if trainer.is_global_zero else SystemExit(2)


def _bad_weights(module: Any) -> str | None:
    name = _first_bad_weight(module.named_parameters())
    return None if name is None else f"the weights {name} are not finite after step {module.step}"


def _first_bad_weight(named: Iterable[tuple[str, Tensor]]) -> str | None:
    names, sums = [], []
    for name, tensor in named:
        if tensor.is_floating_point():
            names.append(name)
            sums.append(tensor.detach().isfinite().all())
    finite = torch.stack(sums).tolist() if sums else []
    return next((name for name, good in zip(names, finite, strict=True) if not good), None)


def _stop_if(found: str | None, trainer: Trainer, checkpoint: Path) -> None:
    """Stop all processes when one of them has found something."""
    if processes() > 1:
        told: list[str | None] = [None] * processes()
        torch.distributed.all_gather_object(told, found)
        found = next((text for text in told if text), None)
    if found and not trainer.is_global_zero:
        raise SystemExit(2)  # one line is enough
    if found:
        raise _divergence(found, checkpoint)


def _divergence(found: str, checkpoint: Path) -> InputError:
    there = f"the next run goes on from {checkpoint}" if checkpoint.is_file() else "there is no checkpoint yet"
    return InputError(f"training diverged: {found}", there, _TRY)
