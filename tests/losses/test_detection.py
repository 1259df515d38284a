"""Losses of the detector: at the truth they are nothing, away from it they grow."""

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from talkface.losses import heatmap_loss, sides_loss


def test_heat_of_one_face_is_cross_entropy_when_nothing_is_focused() -> None:
    heat = torch.zeros(1, 1, 4, 4)
    heat[0, 0, 1, 2] = 1
    logits = torch.randn(1, 1, 4, 4, generator=torch.Generator().manual_seed(0))
    plain = binary_cross_entropy_with_logits(logits, heat, reduction="sum")
    assert float(heatmap_loss(logits, heat, focus=0.0, mercy=0.0)) == pytest.approx(float(plain), rel=1e-5)


def test_heat_is_merciful_beside_a_middle_and_falls_to_nothing_at_the_truth() -> None:
    heat = torch.tensor([[[[1.0, 0.9, 0.0]]]])
    perfect = torch.tensor([[[[20.0, -20.0, -20.0]]]])
    assert float(heatmap_loss(perfect, heat)) < 1e-6
    near, far = (heatmap_loss(torch.tensor([[[[20.0, *rest]]]]), heat) for rest in ((2.0, -20.0), (-20.0, 2.0)))
    assert float(near) < 0.01 * float(far)
    assert float(heatmap_loss(torch.full((1, 1, 2, 2), -20.0), torch.zeros(1, 1, 2, 2))) < 1e-6


def sides(*values: float) -> torch.Tensor:
    return torch.tensor(values).reshape(1, 4, 1, 1)


def test_sides_are_generalised_iou() -> None:
    one = torch.ones(1, 1, 1, 1)
    assert float(sides_loss(sides(1, 1, 1, 1), sides(1, 1, 1, 1), one)) == pytest.approx(0, abs=1e-6)
    # 2 x 2 and 4 x 4 about one middle: IoU 1/4, the hull is the larger one.
    assert float(sides_loss(sides(1, 1, 1, 1), sides(2, 2, 2, 2), one)) == pytest.approx(0.75)
    # 1 x 2 to the left and 1 x 2 to the right of nearly the same point: no overlap, a hull of 4 that both fill.
    assert float(sides_loss(sides(1, 1, 0, 1), sides(0, 1, 1, 1), one)) == pytest.approx(1.0, abs=1e-5)


def test_only_weighted_cells_count_and_learning_goes_downhill() -> None:
    weight = torch.tensor([1.0, 0.0]).reshape(1, 1, 1, 2)
    target = torch.ones(1, 4, 1, 2)
    guess = torch.tensor([1.5, 9.0]).reshape(1, 1, 1, 2).repeat(1, 4, 1, 1).requires_grad_()
    loss = sides_loss(guess, target, weight)
    loss.backward()
    assert guess.grad is not None
    assert (guess.grad[..., 0] > 0).all() and (guess.grad[..., 1] == 0).all()
    assert float(sides_loss(guess.detach(), target, weight * 0)) == 0
