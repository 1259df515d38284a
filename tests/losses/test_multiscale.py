"""Losses on judgements at several sizes: values by hand, the picture's share, who gets the gradient."""

import pytest
import torch
from pcavs_values import array, expected

from talkface.losses import feature_matching_loss, multiscale_adversarial_loss, multiscale_discriminator_loss


def judgement(*values: float) -> list:
    """One scale a value: its logits and its two maps are filled with it."""
    return [
        (torch.full((2, 1, 3, 3), v), [torch.full((2, 3, 8, 8), v), torch.full((2, 4, 4, 4), 2 * v)]) for v in values
    ]


def test_hinge_is_the_mean_over_the_scales():
    judged = judgement(0.5, -2.0)
    assert float(multiscale_adversarial_loss(judged)) == pytest.approx(0.75)
    assert float(multiscale_discriminator_loss(judged, real=True)) == pytest.approx((0.5 + 3) / 2)
    assert float(multiscale_discriminator_loss(judged, real=False)) == pytest.approx((1.5 + 0) / 2)


@pytest.mark.parametrize(("weight", "value"), [(1.0, (3 + 6) / 2), (0.0, (2 + 4) / 2)])
def test_matching_sums_maps_and_averages_scales(weight, value):
    fake, real = judgement(1.0, 2.0), judgement(0.0, 0.0)
    assert float(feature_matching_loss(fake, real, picture_weight=weight)) == pytest.approx(value)
    assert float(feature_matching_loss(fake, fake)) == 0


def test_only_the_generated_side_gets_a_gradient():
    made, right = torch.ones(1, 3, 4, 4, requires_grad=True), torch.zeros(1, 3, 4, 4, requires_grad=True)
    feature_matching_loss([(made, [made])], [(right, [right])]).backward()
    assert made.grad.abs().sum() > 0 and right.grad is None


def test_scales_and_maps_must_agree():
    with pytest.raises(ValueError, match="zip"):
        feature_matching_loss(judgement(1.0), judgement(1.0, 2.0))


def test_original_values():
    stored, logits = expected(), array("pcavs.logits", (4, 1, 5, 5), -2, 2)
    judged = [(logits, [])]
    assert float(multiscale_adversarial_loss(judged)) == pytest.approx(stored["gan/g"], rel=1e-4)
    for name, real in (("d_real", True), ("d_fake", False)):
        found = multiscale_discriminator_loss(judged, real=real)
        assert float(found) == pytest.approx(stored[f"gan/{name}"], rel=1e-4)
