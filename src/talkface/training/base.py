"""What all training modules share: clocks that survive a resume, optimisers, and the description of what is shipped."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import Optimizer
from torch.optim.swa_utils import AveragedModel

from talkface.errors import InputError
from talkface.models.network import Network
from talkface.torchvision_shim import prepare_torchvision
from talkface.training.adversarial_step import AdversarialStep
from talkface.training.contract import Contract, restore_wanted, settings_of
from talkface.training.divergence import LossWatch
from talkface.training.ema import averaged
from talkface.training.schedules import LearningRate

prepare_torchvision()
from pytorch_lightning import LightningModule  # noqa: E402  (needs the shim first)

OptimizerFactory = Callable[[Iterable[dict[str, Any]]], Optimizer]


def parameter_groups(network: nn.Module, rates: Mapping[str, float] | None = None) -> list[dict[str, Any]]:
    """Weight decay applies to matrices and kernels only, not to biases and normalisation.

    rates: learning rates of those parts of `network` that have one of their own, by name.
    """
    groups: list[dict[str, Any]] = []
    left = {parameter for parameter in network.parameters() if parameter.requires_grad}
    for name, rate in [*(rates or {}).items(), ("", None)]:
        parameters = [p for p in network.get_submodule(name).parameters() if p in left]
        left.difference_update(parameters)
        own = {} if rate is None else {"lr": rate}
        groups += [
            {"params": [p for p in parameters if p.ndim >= 2], **own},
            {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0, **own},
        ]
    return groups


def weighted_total(weights: Mapping[str, float], losses: Mapping[str, Tensor]) -> Tensor:
    """The weighted sum that is minimised; losses without a weight are only logged."""
    total = sum(weights.get(name, 0.0) * value for name, value in losses.items() if weights.get(name))
    if not isinstance(total, Tensor):
        raise InputError("every loss is switched off", dict(weights), "give at least one loss a weight above 0")
    return total


class TrainingModule(LightningModule):
    """Base of the training modules.

    `batches_done` is the position in the endless training set; `step` counts generator (or expert) updates and is the
    clock of everything logged. Both are saved. `updates` is the length of the run, set before `fit`.
    """

    kind: str
    """Kind of network this module trains, as `talkface.models.load` knows it."""

    average: AveragedModel | None

    def __init__(
        self,
        *,
        learning_rate: LearningRate | None = None,
        update: AdversarialStep | None = None,
        ema: float | None = None,
    ) -> None:
        """ema: decay of the average of the shipped network, which is then what is validated and exported; None: off."""
        super().__init__()
        self.automatic_optimization = False
        self.ema, self.average = ema, None
        self.learning_rate, self.update = learning_rate or LearningRate(), update or AdversarialStep()
        self.batches_done = self.updates = self.seed = 0
        self.watch, self.contract = LossWatch(), Contract()

    @property
    def step(self) -> int:
        """Updates done."""
        return self.batches_done // self.update.accumulation

    @property
    def shipped(self) -> nn.Module:
        """The network that is trained for serving."""
        raise NotImplementedError

    @property
    def served(self) -> nn.Module:
        """What is validated and exported: the average of `shipped` if there is one."""
        return self.shipped if self.average is None else self.average.module

    def setup(self, stage: str) -> None:
        """Start the average from the weights the run starts with; a checkpoint restores it afterwards."""
        if self.ema is not None and self.average is None:
            self.average = averaged(self.shipped, self.ema)

    def on_fit_start(self) -> None:
        """Note the run's seed."""
        self.seed = torch.initial_seed()

    def on_train_batch_start(self, batch: Any, batch_idx: int) -> None:
        """Dropout's draws follow from the seed, the batch's number and the rank, so that a resumed run repeats them."""
        drawn = np.random.SeedSequence((self.seed, self.batches_done, self.global_rank)).generate_state(1, np.uint64)
        torch.manual_seed(int(drawn[0] >> np.uint64(1)))

    def on_before_optimizer_step(self, optimizer: Optimizer) -> None:
        """Clip: here gradients have their true scale in every precision."""
        self.update.clip_gradients(self, optimizer)

    def learn(self, weights: Mapping[str, float], losses: Mapping[str, Tensor]) -> None:
        """One batch of a module with one optimiser: the weighted losses go backward, a full update is finished."""
        self.update.backward(self, weighted_total(weights, losses))
        if self.update.completes(self.batches_done):
            self.finish_update()
        self.batches_done += 1

    def finish_update(self) -> None:
        """After each update of the shipped network."""
        stepped = self.update.step(self)
        if self.average is not None and stepped:
            self.average.update_parameters(self.shipped)

    @property
    def shipped_config(self) -> dict[str, Any]:
        """Constructor arguments of `shipped`."""
        network: Network = self.shipped  # type: ignore[assignment]
        return network.config

    def exports(self) -> dict[str, tuple[nn.Module, dict[str, Any]]]:
        """Kind → network and its constructor arguments, of all that is written for serving."""
        return {self.kind: (self.served, self.shipped_config)}

    def optimise(
        self, *pairs: tuple[nn.Module, OptimizerFactory], rates: Mapping[str, float] | None = None
    ) -> list[dict[str, Any]]:
        """One optimiser and schedule for each network, in order. rates: of parts of the first (`parameter_groups`)."""
        own = [rates, *[None] * (len(pairs) - 1)]
        made = [factory(parameter_groups(network, of)) for (network, factory), of in zip(pairs, own, strict=True)]
        schedules = [self.learning_rate.attach(one, self.updates) for one in made]
        self.wanted = [settings_of(one) for one in made]
        return [{"optimizer": one, "lr_scheduler": each} for one, each in zip(made, schedules, strict=True)]

    def log_losses(self, stage: str, values: Mapping[str, Tensor | float], batch: int) -> None:
        """Log named values as ``stage/name``; validation values are averaged over ranks and batches."""
        if stage == "train":
            self.watch.note(self.step, values, getattr(self, "loss", {}))
        named = {f"{stage}/{name}": value for name, value in values.items()}
        self.log_dict(
            named, batch_size=batch, sync_dist=stage == "val", on_step=stage == "train", on_epoch=stage == "val"
        )

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        prefix = next(name for name, network in self.named_modules() if network is self.served)
        checkpoint["talkface"] = {
            "kind": self.kind,
            "config": self.shipped_config,
            "prefix": f"{prefix}.",
            "batches_done": self.batches_done,
            "step": self.step,
            **self.contract.state_dict(),
        }

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.batches_done = int(checkpoint["talkface"]["batches_done"])

    def on_train_start(self) -> None:
        """Where a resumed run was given other rates, they count, and not those that the checkpoint brought back."""
        if self.contract.changed_now:
            restore_wanted(self.trainer.optimizers, self.lr_schedulers(), self.wanted)
