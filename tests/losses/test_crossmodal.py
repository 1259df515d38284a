"""Content-code losses: values by hand, chance, who gets the gradient, and the original's recorded values."""

import math

import pytest
import torch
from pcavs_values import array, expected

from talkface.losses import code_distances, crossmodal_loss, distance_contrastive_loss


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
