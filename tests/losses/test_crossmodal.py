"""Content-code losses: values by hand, chance, who gets the gradient, and the original's recorded values."""

import math

import pytest
import torch
from pcavs_values import array, expected
from torch.nn.functional import normalize

from talkface.losses import (
    code_distances,
    contrastive_both_ways,
    crossmodal_loss,
    distance_contrastive_loss,
    identity_loss,
)


def codes(rows, size, seed=0):
    return torch.randn(rows, size, generator=torch.Generator().manual_seed(seed))


def test_value_by_hand():
    """Two rows at right angles, matched: distances 0 (held at the floor) and √2."""
    rows = torch.eye(2)
    assert torch.allclose(code_distances(rows, rows), torch.tensor([[0, math.sqrt(2)], [math.sqrt(2), 0]]))
    expected_loss = math.log(1 + math.exp(math.sqrt(0.5) - 1 / 0.5))
    assert float(distance_contrastive_loss(rows, rows, floor=0.5)) == pytest.approx(expected_loss)


def test_indistinct_rows_cost_log_b_and_scale_does_not_matter():
    same = torch.ones(5, 8)
    assert float(distance_contrastive_loss(same, same)) == pytest.approx(math.log(5))
    one, other = codes(5, 8), codes(5, 8, 1)
    assert torch.allclose(distance_contrastive_loss(one * 7, other * 0.2), distance_contrastive_loss(one, other))


def test_equal_codes_give_finite_losses_and_gradients():
    one = codes(4, 6).requires_grad_()
    loss = distance_contrastive_loss(one.detach(), one)
    loss.backward()
    assert loss.item() == pytest.approx(0) and one.grad.isfinite().all()


def test_gradient_goes_to_the_second_argument_only():
    anchor, other = codes(4, 6).requires_grad_(), codes(4, 6, 1).requires_grad_()
    distance_contrastive_loss(anchor, other).backward()
    assert anchor.grad is None and other.grad.abs().sum() > 0
    audio, video = codes(4, 6).requires_grad_(), codes(4, 6, 1).requires_grad_()
    crossmodal_loss(audio, video).backward()
    assert video.grad is None and audio.grad.abs().sum() > 0


def test_frames_of_a_clip_are_one_vector():
    one, other = codes(3, 20), codes(3, 20, 1)
    clips = distance_contrastive_loss(one.reshape(3, 4, 5), other.reshape(3, 4, 5))
    assert torch.equal(clips, distance_contrastive_loss(one, other))


CLIP = torch.tensor([0, 0, 0, 1, 1, 2])


def test_negatives_of_other_clips_count_as_much_as_asked():
    one, other = codes(6, 8), codes(6, 8, 1)
    logits = code_distances(one, other).reciprocal().exp()
    for share in (0.0, 0.25, 1.0):
        weight = torch.where(CLIP[:, None] == CLIP[None], 1.0, share)
        expected_loss = -(logits.diag() / (weight * logits).sum(1)).log().mean()
        found = distance_contrastive_loss(one, other, clip=CLIP, cross_clip=share)
        assert float(found) == pytest.approx(float(expected_loss), rel=1e-5)
    everyone = distance_contrastive_loss(one, other)
    assert torch.allclose(distance_contrastive_loss(one, other, clip=CLIP), everyone)


def test_without_other_clips_they_get_no_gradient():
    one, other = codes(6, 8), codes(6, 8, 1).requires_grad_()
    alone = distance_contrastive_loss(one[:3], other[:3])
    within = distance_contrastive_loss(one, other, clip=torch.tensor([0, 0, 0, 1, 2, 3]), cross_clip=0.0)
    within.backward()
    assert within.item() == pytest.approx(float(alone) / 2, rel=1e-5)  # a clip of one row costs nothing
    assert other.grad[3:].abs().max() == 0 and other.grad[:3].abs().sum() > 0


def test_both_ways_is_the_sum_and_reaches_both_sides():
    audio, video = codes(6, 8).requires_grad_(), codes(6, 8, 1).requires_grad_()
    both = contrastive_both_ways(audio, video, clip=CLIP, cross_clip=0.5)
    parts = [distance_contrastive_loss(a, b, clip=CLIP, cross_clip=0.5) for a, b in ((video, audio), (audio, video))]
    assert torch.allclose(both, sum(parts))
    both.backward()
    assert audio.grad.abs().sum() > 0 and video.grad.abs().sum() > 0


def test_cosines_take_the_place_of_distances_where_a_temperature_is_given():
    audio, video = codes(6, 8).requires_grad_(), codes(6, 8, 1).requires_grad_()
    found = contrastive_both_ways(audio, video, clip=CLIP, cross_clip=0.25, temperature=0.1)
    logits = (normalize(audio, dim=1) @ normalize(video, dim=1).T / 0.1).exp() * torch.where(
        CLIP[:, None] == CLIP[None], 1.0, 0.25
    )
    expected_loss = -sum((logits.diag() / logits.sum(side)).log().mean() for side in (0, 1))
    assert float(found) == pytest.approx(float(expected_loss), rel=1e-5)
    found.backward()
    assert audio.grad.abs().sum() > 0 and video.grad.abs().sum() > 0


def test_identity_is_the_softmax_of_the_true_speaker():
    scores = torch.tensor([[2.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    expected_loss = (math.log(math.exp(2) + 2) - 2 + math.log(2 + math.e)) / 2
    assert float(identity_loss(scores, torch.tensor([0, 1]))) == pytest.approx(expected_loss)
    assert float(identity_loss(torch.zeros(4, 7), torch.zeros(4, dtype=torch.int64))) == pytest.approx(math.log(7))


def test_works_under_autocast():
    with torch.autocast("cpu", torch.bfloat16):
        assert distance_contrastive_loss(codes(3, 4), codes(3, 4, 1)).dtype == torch.float32


def test_original_values():
    stored = expected()
    a, b = array("pcavs.con.a", (6, 32), -1, 1), array("pcavs.con.b", (6, 32), -1, 1)
    for name, (one, other) in {"a_b": (a, b), "b_a": (b, a), "matched": (a, a + 0.3 * b)}.items():
        assert float(distance_contrastive_loss(one, other)) == pytest.approx(stored[f"contrastive/{name}"], rel=1e-4)
    accuracy = (code_distances(a, a + 0.3 * b).argmin(1) == torch.arange(6)).float().mean()
    assert float(accuracy) == pytest.approx(stored["contrastive/matched_accuracy"])
    video, audio = array("pcavs.sync.v", (3, 4, 512), -1, 1), array("pcavs.sync.a", (3, 4, 512), -1, 1)
    found = {
        "CrossModal": crossmodal_loss(audio, video),
        "SoftmaxContrastive": 100 * distance_contrastive_loss(video, audio),
        "SoftmaxContrastive_v2a": 100 * distance_contrastive_loss(audio, video),
    }
    for name, value in found.items():
        assert float(value) == pytest.approx(stored[f"sync4/{name}"], rel=1e-4)
