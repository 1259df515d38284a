"""Sync losses: values by hand, chance levels, gradients that stay finite."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.losses import contrastive_loss, cosine_bce, lower_halves, sync_loss
from talkface.losses.probability import probability_bce


def embeddings(count, size, seed=0):
    return torch.rand(count, size, generator=torch.Generator().manual_seed(seed))


def test_cosine_of_one_half_is_chance():
    audio, video = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.5, math.sqrt(0.75)]])
    for label in (0.0, 1.0):
        assert float(cosine_bce(audio, video, torch.tensor([label]))) == pytest.approx(math.log(2), rel=1e-5)


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_labels_of_either_shape_against_the_formula(shape):
    audio, video = embeddings(4, 8), embeddings(4, 8, 1)
    labels = torch.tensor([1.0, 0.0, 1.0, 0.0])
    cosine = (audio * video).sum(1) / audio.norm(dim=1) / video.norm(dim=1)
    expected = -(labels * cosine.log() + (1 - labels) * (1 - cosine).log()).mean()
    assert torch.allclose(cosine_bce(audio, video, labels.reshape(shape)), expected)
    assert torch.allclose(sync_loss(audio, video), -cosine.log().mean())


@settings(deadline=None)
@given(st.integers(0, 50), st.floats(0.01, 100))
def test_length_of_the_embeddings_does_not_matter(seed, scale):
    audio, video = embeddings(3, 6, seed), embeddings(3, 6, seed + 1)
    assert torch.allclose(sync_loss(audio * scale, video), sync_loss(audio, video), atol=1e-5)


def test_perfect_match_costs_nothing_and_opposites_cost_the_held_logarithm():
    same, zero = embeddings(2, 5), torch.zeros(2, 5)
    assert float(sync_loss(same, same)) == pytest.approx(0, abs=1e-6)
    assert float(sync_loss(zero, same)) == pytest.approx(100)


def test_gradients_stay_finite_at_both_ends():
    for audio in (embeddings(2, 5), torch.zeros(2, 5)):
        audio.requires_grad_()
        sync_loss(audio, embeddings(2, 5)).backward()
        assert audio.grad.isfinite().all()


def test_rounding_beyond_one_and_half_precision_are_harmless():
    assert float(probability_bce(torch.tensor([1.0000001]), torch.ones(1))) == 0
    loss = probability_bce(torch.tensor([0.25], dtype=torch.bfloat16), torch.ones(1, dtype=torch.bfloat16))
    assert loss.dtype == torch.float32 and float(loss) == pytest.approx(math.log(4))


def test_bce_works_under_autocast():
    with torch.autocast("cpu", torch.bfloat16):
        assert float(sync_loss(embeddings(2, 4), embeddings(2, 4))) == pytest.approx(0, abs=1e-6)


def test_contrastive_of_indistinct_rows_is_log_n():
    same = torch.ones(6, 4)
    assert float(contrastive_loss(same, same)) == pytest.approx(math.log(6))


def test_contrastive_of_distinct_pairs_is_nearly_nothing():
    rows = torch.eye(5)
    assert float(contrastive_loss(rows, rows, temperature=0.05)) < 1e-6
    assert float(contrastive_loss(rows, rows.roll(1, 0), temperature=0.05)) == pytest.approx(20, rel=1e-3)


def test_contrastive_is_symmetrical_and_scale_free():
    audio, video = embeddings(5, 7), embeddings(5, 7, 3)
    loss = contrastive_loss(audio, video)
    assert torch.allclose(loss, contrastive_loss(video, audio))
    assert torch.allclose(loss, contrastive_loss(audio * 9, video * 0.1))


def test_groups_keep_other_clips_out():
    """With groups the loss is the mean over clips of the loss inside each clip."""
    audio, video = embeddings(6, 4), embeddings(6, 4, 1)
    group = torch.tensor([3, 3, 3, 8, 8, 8])
    whole = contrastive_loss(audio, video, group=group)
    parts = [contrastive_loss(audio[group == g], video[group == g]) for g in (3, 8)]
    assert torch.allclose(whole, torch.stack(parts).mean())
    assert torch.allclose(contrastive_loss(audio, video, group=torch.zeros(6)), contrastive_loss(audio, video))


def test_a_window_alone_in_its_clip_costs_nothing_and_breaks_nothing():
    audio = embeddings(3, 4).requires_grad_()
    loss = contrastive_loss(audio, embeddings(3, 4, 1), group=torch.arange(3))
    loss.backward()
    assert loss.item() == 0 and audio.grad.isfinite().all()


def test_temperature_may_be_learned():
    temperature = torch.tensor(0.1, requires_grad=True)
    contrastive_loss(embeddings(4, 6), embeddings(4, 6, 1), temperature=temperature).backward()
    assert temperature.grad.isfinite() and temperature.grad != 0


def test_lower_halves_are_frame_major():
    frames = torch.arange(2 * 5 * 3 * 4 * 2).reshape(2, 5, 3, 4, 2)
    halves = lower_halves(frames)
    assert halves.shape == (2, 15, 2, 2)
    for step in range(5):
        assert torch.equal(halves[:, 3 * step : 3 * step + 3], frames[:, step, :, 2:])
