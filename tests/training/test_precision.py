"""Half precision: gradients are unscaled, then clipped, then stepped with; proved with a GradScaler on the CPU."""

from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path

import pytest
import torch
from conftest import weights_of

from talkface.training.adversarial_step import AdversarialStep
from talkface.training.fit import Plan, fit
from talkface.training.precision import HalfPrecision

Build = Callable[..., object]
CLIP, SCALE = 1e-3, 2.0**10


@pytest.fixture(autouse=True)
def single_precision_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is tested is the loss scale; float16 convolutions take minutes on a CPU."""
    monkeypatch.setattr(HalfPrecision, "autocast_context_manager", lambda _: nullcontext())


class Watched(HalfPrecision):
    """Half precision that notes, at each step, the norm of the gradients that an optimiser really uses."""

    def __init__(self, **options: float) -> None:
        super().__init__("cpu", torch.amp.GradScaler("cpu", init_scale=SCALE, growth_interval=2, **options))
        self.norms: list[float] = []
        self.scales: list[float] = []

    def optimizer_step(self, optimizer, model, closure, **kwargs):
        inner = [p for group in optimizer.param_groups for p in group["params"]]
        watching = optimizer.register_step_pre_hook(lambda *_: self.norms.append(norm(inner)))
        result = super().optimizer_step(optimizer, model, closure, **kwargs)
        watching.remove()
        self.scales.append(self.scaler.get_scale())
        return result


def norm(parameters) -> float:
    found = [p.grad.norm() for p in parameters if p.grad is not None]
    return float(torch.stack(found).norm())


def train(module, data, folder: Path, plugin: Watched, updates: int = 3):
    data.setup()
    return fit(
        module, data, Plan(updates, validate_every=99, log_every=1), folder=folder, hardware={"plugins": [plugin]}
    )


def test_both_optimisers_clip_true_gradients(tmp_path: Path, generator_module: Build, generator_data: Build) -> None:
    module, plugin = generator_module(judged=True), Watched()
    module.update = AdversarialStep(clip=CLIP)
    train(module, generator_data(), tmp_path, plugin)
    assert len(plugin.norms) == 6  # two optimisers, three updates
    # Clipped while scaled, they would be 1,024 times smaller than this.
    assert all(value == pytest.approx(CLIP, rel=0.01) for value in plugin.norms)
    # The scale moves once an update, after the second optimiser, and doubles after every two.
    assert plugin.scales == [SCALE, SCALE, SCALE, 2 * SCALE, 2 * SCALE, 2 * SCALE]


def test_a_left_out_step_moves_neither_weights_nor_rate(
    tmp_path: Path, expert_module: Build, expert_data: Build
) -> None:
    module, plugin = expert_module(ema=0.9), Watched()
    before = weights_of(module).clone()
    first = next(module.network.parameters())
    first.register_hook(lambda gradient: gradient * float("inf") if module.step < 2 else gradient)
    seen: list[tuple[int, bool]] = []
    finish = module.finish_update

    def noted() -> None:
        finish()
        seen.append((module.lr_schedulers().last_epoch, torch.equal(weights_of(module), before)))

    module.finish_update = noted
    trainer = train(module, expert_data(), tmp_path, plugin, updates=3)
    assert seen == [(0, True), (0, True), (1, False)]
    assert plugin.scales == [SCALE / 2, SCALE / 4, SCALE / 4]
    assert int(module.average.n_averaged) == 1 and trainer.global_step == 3


def test_half_precision_is_chosen_by_name_and_resumes_exactly(
    tmp_path: Path, expert_module: Build, expert_data: Build
) -> None:
    results = []
    for folder, lengths in ((tmp_path / "whole", [2]), (tmp_path / "parts", [1, 2])):
        for length in lengths:
            module, data = expert_module(), expert_data()
            data.setup()
            plan = Plan(length, validate_every=99, save_every=1)
            options = {"folder": folder, "resume": "auto", "hardware": {"precision": "16-mixed"}}
            trainer = fit(module, data, plan, **options)
            assert isinstance(trainer.precision_plugin, HalfPrecision)
        results.append(weights_of(module))
    assert torch.equal(*results)
