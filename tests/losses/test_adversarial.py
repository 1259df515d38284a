"""Adversarial losses: values by hand, both forms."""

import math

import pytest
import torch

from talkface.losses import adversarial_loss, discriminator_loss


def test_bce_by_hand():
    judged = torch.tensor([[0.25], [0.5]])
    assert float(adversarial_loss(judged)) == pytest.approx((math.log(4) + math.log(2)) / 2)
    assert float(discriminator_loss(judged, real=True)) == pytest.approx((math.log(4) + math.log(2)) / 2)
    assert float(discriminator_loss(judged, real=False)) == pytest.approx((math.log(4 / 3) + math.log(2)) / 2)


def test_hinge_by_hand():
    logits = torch.tensor([[-2.0], [0.5], [3.0]])
    assert float(adversarial_loss(logits, form="hinge")) == pytest.approx(-0.5)
    assert float(discriminator_loss(logits, real=True, form="hinge")) == pytest.approx((3 + 0.5 + 0) / 3)
    assert float(discriminator_loss(logits, real=False, form="hinge")) == pytest.approx((0 + 1.5 + 4) / 3)


@pytest.mark.parametrize("form", ["bce", "hinge"])
def test_generator_and_discriminator_pull_apart(form):
    judged = torch.full((4, 1), 0.4, requires_grad=True)
    adversarial_loss(judged, form=form).backward()
    up = judged.grad.clone()
    judged.grad = None
    discriminator_loss(judged, real=False, form=form).backward()
    assert (up < 0).all() and (judged.grad > 0).all()
