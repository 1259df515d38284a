"""Sync formulas: equality with the recorded original, signs, and the estimator for short clips."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from talkface.metrics.functional.sync import (
    accuracy_of,
    add_pair_counts,
    clip_offset,
    lse,
    measure_offset,
    offset_curve,
    pair_accuracy,
    shift_distances,
    sync_probability,
)

SHARED = Path(__file__).parents[2].parent / "shared"
needs_oracle = pytest.mark.skipif(not (SHARED / "oracle").exists(), reason="../shared/oracle is absent")


def speech_pair(
    count: int, lead: int, *, noise: float = 0.0, bias: float = 0.0, seed: int = 0
) -> tuple[Tensor, Tensor]:
    """Embeddings of one clip whose sound leads by `lead` frames: audio row i holds what video row i + lead shows."""
    generator = torch.Generator().manual_seed(seed)
    content = torch.randn(count + 40, 32, generator=generator)
    video, audio = content[20 : 20 + count], content[20 + lead : 20 + lead + count]
    common = bias * torch.randn(1, 32, generator=generator)
    extra = [noise * torch.randn(count, 32, generator=generator) for _ in range(2)]
    return video + extra[0] + common, audio + extra[1] + common


@needs_oracle
def test_lse_equals_the_original_on_recorded_embeddings() -> None:
    oracle = np.load(SHARED / "oracle/wav2lip/lse_synthetic.npz")
    video, audio = torch.from_numpy(oracle["lip"]), torch.from_numpy(oracle["audio"])
    result = lse(video, audio, 15)
    assert result.offset == int(oracle["offset"]) == 3
    assert result.distance == pytest.approx(float(oracle["min_distance"]), abs=1e-5)
    assert result.confidence == pytest.approx(float(oracle["confidence"]), abs=1e-5)
    means = shift_distances(video, audio).mean(0).numpy()
    np.testing.assert_allclose(means, oracle["mdist"].ravel(), atol=1e-5)


@needs_oracle
def test_lse_equals_the_original_on_syncnet_v2_outputs() -> None:
    oracle = np.load(SHARED / "oracle/wav2lip/syncnet_v2.npz")
    video, audio = torch.from_numpy(oracle["lip"]), torch.from_numpy(oracle["audio"])
    np.testing.assert_allclose(shift_distances(video, audio).numpy(), oracle["pairwise"], atol=1e-3)
    result = lse(video, audio)
    assert (result.offset, result.distance) == (
        int(oracle["offset"]),
        pytest.approx(float(oracle["min_distance"]), abs=1e-3),
    )
    assert result.confidence == pytest.approx(float(oracle["confidence"]), abs=1e-3)


@pytest.mark.parametrize("lead", [-10, -3, 0, 1, 9])
def test_every_estimator_has_the_same_sign(lead: int) -> None:
    video, audio = speech_pair(60, lead, noise=0.3)
    assert lse(video, audio).offset == lead
    assert measure_offset(video, audio).offset == lead
    assert clip_offset(offset_curve(video, audio)).offset == lead
    assert clip_offset(offset_curve(video, audio, kind="distance")).offset == lead


def test_curve_uses_valid_overlaps_only() -> None:
    curve = offset_curve(*speech_pair(26, 0), shifts=30)
    assert int(curve.windows.min()) >= 26 / 3
    assert curve.windows.tolist() == [26 - abs(shift) for shift in curve.shifts.tolist()]
    video, audio = speech_pair(12, 2)
    curve = offset_curve(video, audio, shifts=3)
    by_hand = torch.stack([torch.cosine_similarity(video[v], audio[v - 2], dim=0) for v in range(2, 12)]).mean()
    assert float(curve.value[curve.shifts == -2]) == pytest.approx(float(by_hand), abs=1e-6)


def test_centring_equals_the_double_centred_cosine_matrix() -> None:
    video, audio = speech_pair(20, 1, noise=1.0, bias=2.0)
    cosine = torch.nn.functional.normalize(video) @ torch.nn.functional.normalize(audio).T
    cosine = cosine - cosine.mean(0, keepdim=True) - cosine.mean(1, keepdim=True) + cosine.mean()
    curve = offset_curve(video, audio, shifts=5, centred=True)
    for shift, value in zip(curve.shifts.tolist(), curve.value.tolist(), strict=True):
        assert value == pytest.approx(float(cosine.diagonal(shift).mean()), abs=1e-6)


def test_our_estimator_beats_the_original_on_short_biased_clips() -> None:
    ours = theirs = 0
    for seed in range(60):
        video, audio = speech_pair(22, seed % 9 - 4, noise=2.0, bias=2.0, seed=seed)
        ours += abs(measure_offset(video, audio).offset - (seed % 9 - 4)) <= 1
        theirs += abs(lse(video, audio).offset - (seed % 9 - 4)) <= 1
    assert ours >= 45
    assert ours > theirs


def test_pair_accuracy_by_hand() -> None:
    video = torch.eye(6)
    assert pair_accuracy(video, video, minimum=3, maximum=8) == {3: (6, 6), 4: (4, 4), 5: (2, 2)}
    assert accuracy_of(pair_accuracy(video, video)) == 1.0
    constant = torch.ones(6, 4)
    assert accuracy_of(pair_accuracy(constant, constant)) == 0.0
    # Sound that leads by 3: for three windows the sound three windows earlier is the better one.
    late = torch.roll(video, -3, dims=0)
    assert pair_accuracy(video, late, maximum=3)[3] == (0, 6)


@given(st.integers(10, 30), st.integers(0, 1000))
def test_pair_accuracy_equals_the_loop(count: int, seed: int) -> None:
    video, audio = speech_pair(count, 0, noise=1.5, seed=seed)
    cosine = torch.nn.functional.normalize(video) @ torch.nn.functional.normalize(audio).T
    expected: dict[int, tuple[int, int]] = {}
    for distance in range(3, 9):
        pairs = [(v, v + s) for v in range(count) for s in (-distance, distance) if 0 <= v + s < count]
        expected[distance] = (sum(bool(cosine[v, v] > cosine[v, a]) for v, a in pairs), len(pairs))
    measured = pair_accuracy(video, audio)
    assert {k: n for k, (_, n) in measured.items()} == {k: n for k, (_, n) in expected.items()}
    assert all(abs(measured[k][0] - expected[k][0]) <= 1 for k in expected)  # a tie may fall either way in float32


@given(st.lists(st.booleans(), min_size=10, max_size=20))
def test_pairs_of_two_silences_do_not_count(speech: list[bool]) -> None:
    video = torch.eye(len(speech))
    measured = pair_accuracy(video, video, speech=torch.tensor(speech))
    for distance, (wins, pairs) in measured.items():
        heard = [(v, a) for v in range(len(speech)) for a in (v - distance, v + distance) if 0 <= a < len(speech)]
        assert wins == pairs == sum(speech[v] or speech[a] for v, a in heard)


def test_counts_add_up() -> None:
    assert add_pair_counts([{3: (1, 2)}, {3: (2, 2), 4: (0, 1)}]) == {3: (3, 4), 4: (0, 1)}
    assert np.isnan(accuracy_of({}))


def test_a_tie_gives_no_offset_and_no_confidence() -> None:
    still = torch.ones(30, 8)
    assert clip_offset(offset_curve(still, still)) == (0, 0.0)


def test_sync_probability_is_the_cosine() -> None:
    video, audio = speech_pair(7, 0, noise=1.0)
    torch.testing.assert_close(sync_probability(video, audio), torch.cosine_similarity(video, audio), atol=1e-6, rtol=0)


def test_wrong_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="equal"):
        lse(torch.zeros(3, 4), torch.zeros(4, 4))
    with pytest.raises(ValueError, match="cosine"):
        offset_curve(torch.zeros(3, 4), torch.zeros(3, 4), kind="distance", centred=True)
