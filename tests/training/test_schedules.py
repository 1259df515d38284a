"""Learning rate by step, and the switch of the sync weight."""

from itertools import pairwise

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from talkface.training.expert import swapped_sounds
from talkface.training.schedules import LearningRate, SyncWeight


def test_constant_by_default() -> None:
    assert [LearningRate().factor(step, 10) for step in (0, 5, 10)] == [1.0, 1.0, 1.0]


def test_warm_up_then_cosine() -> None:
    rate = LearningRate(warmup=4, final=0.1)
    factors = [rate.factor(step, 20) for step in range(21)]
    assert factors[0] == pytest.approx(0.2) and factors[4] == pytest.approx(1.0)
    assert factors[12] == pytest.approx(0.55) and factors[20] == pytest.approx(0.1)
    assert all(a >= b for a, b in pairwise(factors[4:]))


@given(st.integers(0, 100), st.floats(0.0, 1.0), st.integers(1, 1000), st.integers(0, 2000))
def test_factor_stays_between_zero_and_one(warmup: int, final: float, updates: int, step: int) -> None:
    assert 0.0 <= LearningRate(warmup, final).factor(step, updates) <= 1.0 + 1e-12


def test_sync_weight_waits_and_stays() -> None:
    sync = SyncWeight(0.03, threshold=0.75)
    assert sync.value == 0.0
    sync.observe(0.75)
    assert sync.value == 0.0
    sync.observe(0.74)
    sync.observe(2.0)
    assert sync.value == 0.03


def test_sync_weight_from_the_start() -> None:
    assert SyncWeight(0.01).value == 0.01


def test_swapped_sounds_stay_in_their_clip() -> None:
    clip = torch.arange(12) // 4
    labels, row = swapped_sounds(clip, 7)
    assert torch.equal(clip[row], clip)
    assert torch.equal(labels == 1, row == torch.arange(12))
    assert 2 <= int(labels.sum()) <= 10


def test_a_single_window_has_nothing_to_swap_with() -> None:
    labels, row = swapped_sounds(torch.arange(5), 1)
    assert labels.tolist() == [1.0] * 5 and row.tolist() == list(range(5))
