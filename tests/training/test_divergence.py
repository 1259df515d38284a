"""Losses that are not finite: the run stops, says which and when, and the last good checkpoint is gone on from."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from talkface.errors import InputError
from talkface.training.checkpoints import read_checkpoint
from talkface.training.divergence import LossWatch
from talkface.training.fit import Plan, fit

Build = Callable[..., object]


def spoiled(module, name: str, at: int, value: float):
    """The module with its loss `name` multiplied by `value` from update `at` on."""
    losses = module.losses

    def changed(*given, **options):
        found = losses(*given, **options)
        return {**found, name: found[name] * value} if module.step + 1 >= at else found

    module.losses = changed
    return module


@pytest.mark.parametrize("value", [math.nan, math.inf])
@pytest.mark.parametrize("log_every", [1, 10])
def test_the_loss_and_the_step_are_told_and_the_last_good_checkpoint_stays(
    tmp_path: Path, expert_module: Build, expert_data: Build, value: float, log_every: int
) -> None:
    data, plan = expert_data(), Plan(12, validate_every=100, save_every=2, log_every=log_every)
    data.setup()
    with pytest.raises(InputError) as caught:
        fit(spoiled(expert_module(), "contrastive", 5, value), data, plan, folder=tmp_path)
    last = tmp_path / "checkpoints" / "last.ckpt"
    assert caught.value.what == f"training diverged: loss contrastive is {value} at step 5"
    assert str(last) in caught.value.where and "lr" in caught.value.remedy
    saved = read_checkpoint(last)
    assert saved["talkface"]["step"] == 4
    assert all(tensor.isfinite().all() for tensor in saved["state_dict"].values() if tensor.is_floating_point())
    module, data = expert_module(), expert_data()
    data.setup()
    fit(module, data, plan, folder=tmp_path, resume="auto")
    assert module.step == 12


@pytest.mark.parametrize("every", [1, 2])  # 2: the next update meets them first, and torch's BCE raises an error
def test_weights_that_are_not_finite_are_never_saved(
    tmp_path: Path, expert_module: Build, expert_data: Build, every: int
) -> None:
    """A loss may be finite while its gradient is not: a checkpoint between that update and the next loss is spoiled."""
    module, data = expert_module(), expert_data()
    data.setup()
    first = next(module.network.parameters())
    first.register_hook(lambda gradient: gradient * (math.nan if module.step + 1 == 3 else 1.0))
    plan = Plan(9, validate_every=100, save_every=every, log_every=1)
    with pytest.raises(InputError, match=r"training diverged: the weights .* are not finite after step 3"):
        fit(module, data, plan, folder=tmp_path)
    assert read_checkpoint(tmp_path / "checkpoints" / "last.ckpt")["talkface"]["step"] == 2


def test_a_loss_that_is_only_logged_stops_nothing(tmp_path: Path, expert_module: Build, expert_data: Build) -> None:
    module, data = expert_module(), expert_data()
    data.setup()
    fit(spoiled(module, "bce", 1, math.nan), data, Plan(2, log_every=1), folder=tmp_path)
    assert module.step == 2


def test_the_generator_and_its_judge(tmp_path: Path, generator_module: Build, generator_data: Build) -> None:
    module, data = generator_module(judged=True), generator_data()
    data.setup()
    judge = module.judge

    def bad(*given):
        return {**judge(*given), "discriminator_fake": torch.tensor(math.inf)}

    module.judge = bad
    with pytest.raises(InputError, match=r"loss discriminator_fake is inf at step 1: there is no checkpoint yet"):
        fit(module, data, Plan(2, log_every=1), folder=tmp_path)


def test_the_first_of_several_is_named() -> None:
    watch = LossWatch()
    watch.note(1, {"a": torch.tensor(1.0), "b": torch.tensor(2.0)}, {})
    watch.note(2, {"a": torch.tensor(1.0), "b": torch.tensor(math.nan), "off": torch.tensor(math.nan)}, {"off": 0.0})
    watch.note(3, {"a": torch.tensor(math.nan), "b": torch.tensor(math.nan)}, {})
    assert watch.first_bad() == "loss b is nan at step 2"
    assert watch.first_bad() is None
