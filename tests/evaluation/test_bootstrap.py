"""Intervals: coverage, reproducibility, agreement with the normal theory."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.evaluation.bootstrap import Bootstrap, Interval


def test_interval_of_a_mean_agrees_with_normal_theory() -> None:
    values = np.random.default_rng(1).normal(5, 2, 400)
    interval = Bootstrap(4000).mean(values)
    half = 1.96 * values.std() / math.sqrt(len(values))
    assert interval.value == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - half, abs=0.03)
    assert interval.high == pytest.approx(values.mean() + half, abs=0.03)
    assert interval.n == 400


def test_coverage_is_about_the_level() -> None:
    rng, draw = np.random.default_rng(0), Bootstrap(300)
    intervals = [draw.mean(rng.normal(0, 1, 40)) for _ in range(200)]
    assert 0.88 <= np.mean([each.low <= 0 <= each.high for each in intervals]) <= 0.99


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-100, 100), min_size=1, max_size=30), st.integers(0, 99))
def test_same_seed_same_bits_and_value_inside(values: list[float], seed: int) -> None:
    first, second = (Bootstrap(50, 0.95, seed).mean(values) for _ in range(2))
    assert first == second
    assert min(values) - 1e-9 <= first.low <= first.high <= max(values) + 1e-9


def test_ratio_weighs_clips_by_their_pairs() -> None:
    interval = Bootstrap(500).ratio([9, 0], [10, 90])
    assert interval.value == pytest.approx(0.09)
    assert interval.low <= 0.09 <= interval.high


def test_units_widen_the_interval_when_values_of_a_unit_are_alike() -> None:
    speakers = [(f"s{index // 20}",) for index in range(100)]
    values = [float(index // 20) for index in range(100)]
    by_clip, by_speaker = Bootstrap().mean(values), Bootstrap().mean(values, speakers)
    assert by_speaker.value == by_clip.value == 2 and by_speaker.n == 100
    assert by_speaker.high - by_speaker.low > 2 * (by_clip.high - by_clip.low)
    means = Bootstrap(4000).mean([0.0, 1, 2, 3, 4])  # one value a speaker: the same draws
    assert Bootstrap(4000).mean(values, speakers)[:3] == pytest.approx(means[:3], abs=1e-12)


def test_coverage_where_every_clip_meets_every_sound() -> None:
    """Pictures and sounds have effects of their own, each in eleven pairs: by pair the interval is far too narrow."""
    rng, draw, clips = np.random.default_rng(3), Bootstrap(300), 12
    pairs = [(a, b) for a in range(clips) for b in range(clips) if a != b]
    units = [(f"c{a}", f"c{b}") for a, b in pairs]
    inside = {"pair": 0, "clip": 0}
    for _ in range(100):
        pictures, sounds = rng.normal(0, 1, clips), rng.normal(0, 1, clips)
        values = [pictures[a] + sounds[b] + rng.normal(0, 0.5) for a, b in pairs]
        for by, each in (("pair", draw.mean(values)), ("clip", draw.mean(values, units))):
            inside[by] += each.low <= 0 <= each.high
    assert inside["clip"] >= 88 and inside["pair"] < 70


def test_nothing_measured_is_nan_and_counts_zero() -> None:
    interval = Bootstrap(50).ratio([0.0, 0.0], [0.0, 0.0])
    assert math.isnan(interval.value)
    assert interval.n == 0
    assert not interval.excludes_zero
    assert Interval(1, 0.1, 2, 3).excludes_zero


def test_bad_values_are_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        Bootstrap().mean([1.0, math.nan])
    with pytest.raises(ValueError, match="equal"):
        Bootstrap().ratio([1.0], [1.0, 2.0])
