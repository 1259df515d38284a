"""Losses of the mouth model: values that can be worked out by hand."""

import pytest
import torch

from talkface.losses import coefficient_loss, concordance_loss, perceptual_loss, region_l1, velocity_loss


def test_only_the_region_counts():
    made, target = torch.zeros(1, 3, 40, 40), torch.ones(1, 3, 40, 40)
    target[..., 20:] = 0
    weight = torch.zeros(1, 1, 40, 40)
    weight[..., :20] = 1
    assert float(region_l1(made, target, weight)) == pytest.approx(1, rel=1e-3)
    assert float(region_l1(made, target, 1 - weight)) == 0
    assert float(region_l1(made, target, torch.zeros(1, 1, 40, 40))) == 0


def test_coefficients_count_by_their_weights():
    found, true = torch.zeros(1, 2, 3), torch.tensor([[[1.0, 0, 0], [0, 9, 0]]])
    weights = torch.tensor([[[1.0, 1, 1], [0, 0, 0]]])
    assert float(coefficient_loss(found, true, weights)) == pytest.approx((1 - 0.25) / 3)
    assert float(coefficient_loss(true, true, weights)) == 0
    assert float(coefficient_loss(found, true, torch.zeros(1, 2, 3))) == 0


def test_velocity_forgives_a_constant_error_and_unknown_frames():
    true = torch.randn(2, 6, 4)
    known = torch.ones(2, 6, 4)
    assert float(velocity_loss(true + 3, true, known)) == pytest.approx(0, abs=1e-6)
    wrong = true.clone()
    wrong[:, 3] += 5
    assert float(velocity_loss(wrong, true, known)) == pytest.approx(2.0, rel=1e-5)
    known[:, 3] = 0
    assert float(velocity_loss(wrong, true, known)) == pytest.approx(0, abs=1e-6)


def test_concordance_wants_the_same_course_as_large():
    true = torch.sin(torch.arange(25.0))[None] * 3
    known = torch.ones(1, 25)

    def loss(course):
        return float(concordance_loss(course, true, known, scale=2.0))

    assert loss(true) == pytest.approx(0, abs=1e-5)
    assert 0 < loss(0.5 * true) < loss(0 * true) < loss(-true)
    assert loss(true + 2) > 0
    half = known.clone()
    half[:, 12:] = 0
    broken = torch.where(half > 0, true, 99.0)
    assert float(concordance_loss(broken, true, half, scale=2.0)) == pytest.approx(0, abs=1e-5)


def test_relative_maps_count_alike():
    def features(image):
        return [image, 100 * image]

    made, target = torch.full((1, 3, 4, 4), 0.6), torch.full((1, 3, 4, 4), 0.5)
    assert float(perceptual_loss(made, target, features, relative=True)) == pytest.approx(0.2, rel=1e-2)
    assert float(perceptual_loss(made, target, features)) == pytest.approx((0.1 + 10) / 2, rel=1e-3)
