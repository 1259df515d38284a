"""Counting a step without computing it: sizes worked out by hand, and equal to what a real step holds."""

import gc

import pytest
import torch
from torch import nn

from talkface.models.pcavs.modulation import fir_kernel
from talkface.training.base import TrainingModule
from talkface.training.counting import LiveBytes, step_memory, step_operations

ROWS, SIZE, DEPTH = 8, 32, 3


class Chain(TrainingModule):
    """Linear layers with a square between them: what is kept for the backward pass is known exactly."""

    kind = "chain"

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(SIZE, SIZE, bias=False) for _ in range(DEPTH))

    @property
    def shipped(self) -> nn.Module:
        return self.layers

    def training_step(self, batch: torch.Tensor, _: int) -> None:
        for layer in self.layers:
            batch = layer(batch).square()
        self.learn({"size": 1.0}, {"size": batch.mean()})

    def configure_optimizers(self):
        return self.optimise((self.layers, lambda groups: torch.optim.Adam(groups, lr=1e-3, foreach=False)))


def rows() -> torch.Tensor:
    return torch.zeros(ROWS, SIZE)


def test_live_bytes_fall_when_tensors_go() -> None:
    with LiveBytes() as live:
        one = torch.zeros(100)
        view = one[:50]
        two = one + 1
        assert (live.now, live.peak) == (800, 800)
        del one
        gc.collect()
        assert live.now == 800  # the view holds it
        del view, two
        gc.collect()
        assert (live.now, live.peak) == (0, 800)


def test_a_chain_of_layers_is_what_it_should_be() -> None:
    found = step_memory(Chain, rows)
    weights, activation = DEPTH * SIZE * SIZE * 4, ROWS * SIZE * 4
    steps = 2 * DEPTH * 4  # Adam counts its steps in a tensor a parameter, and a learning rate goes with it
    assert found.gradients == weights
    assert found.state == pytest.approx(3 * weights, abs=steps + 256)  # weights, two averages of Adam
    assert activation < found.activations < 2 * weights + 10 * activation
    assert step_operations(Chain, rows) == ROWS * SIZE * SIZE * (3 * DEPTH - 1)  # no gradient of the input


def test_what_is_counted_is_what_a_real_step_holds() -> None:
    """The same step with data, counted alike."""
    counted = step_memory(Chain, rows)
    from talkface.training.counting import prepared

    with LiveBytes() as live:
        module, _ = prepared(Chain)
        gc.collect()
        state, live.peak = live.now, live.now
        module.training_step(rows(), 0)
    assert (counted.state, counted.peak) == (state, live.peak)


def test_nothing_without_data_stays_behind() -> None:
    step_memory(Chain, rows)
    assert type(fir_kernel()) is torch.Tensor and float(fir_kernel().sum()) == pytest.approx(4.0)
