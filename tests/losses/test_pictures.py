"""Losses between pictures: scale, weighting, what blur and brightness cost."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.losses import (
    changed_loss,
    detail_loss,
    gradient_loss,
    movement_loss,
    perceptual_loss,
    reconstruction_loss,
)
from talkface.losses.detail import laplacian_bands


def pictures(*shape, seed=0):
    return torch.rand(shape or (2, 3, 16, 16), generator=torch.Generator().manual_seed(seed))


ALL = [reconstruction_loss, gradient_loss, detail_loss]


@pytest.mark.parametrize("loss", ALL)
def test_same_picture_costs_nothing_and_order_does_not_matter(loss):
    one, other = pictures(), pictures(seed=1)
    assert float(loss(one, one)) == 0
    assert float(loss(one, other)) > 0
    assert torch.allclose(loss(one, other), loss(other, one))


@settings(deadline=None)
@given(st.floats(0.5, 20), st.floats(-0.5, 0.5))
def test_constant_error_is_itself_at_any_weight(weight, shift):
    one = pictures()
    assert float(reconstruction_loss(one + shift, one, lower_weight=weight)) == pytest.approx(abs(shift), abs=1e-6)


def test_only_what_the_reference_has_different_is_compared():
    target, reference, made = torch.zeros(1, 3, 20, 20), torch.zeros(1, 3, 20, 20), torch.zeros(1, 3, 20, 20)
    reference[:, 1, 10, 10] = 1.0
    made[:, :, 12, 12], made[:, :, 12, 13] = 0.5, 0.9  # within two pixels of the change, and beyond
    assert float(changed_loss(made, target, reference)) == pytest.approx(0.5 / 25)
    assert float(changed_loss(made, target, target + 0.05)) == 0


def test_lower_half_counts_as_weighted():
    zero, lower = torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8)
    lower[..., 4:, :] = 1
    assert float(reconstruction_loss(lower, zero)) == 0.5
    assert float(reconstruction_loss(lower, zero, lower_weight=3)) == pytest.approx(0.75)
    assert float(reconstruction_loss(1 - lower, zero, lower_weight=3)) == pytest.approx(0.25)


def test_movement_does_not_see_what_is_wrong_in_all_frames_of_a_clip():
    target, wrong = pictures(2, 4, 3, 8, 8), pictures(2, 1, 3, 8, 8, seed=1)
    assert float(movement_loss(target + wrong, target)) == pytest.approx(0, abs=1e-12)
    assert float(movement_loss(target[:, :1] * wrong, target[:, :1])) == 0
    pair, still = target[:, :2], target[:, :1].expand(-1, 2, -1, -1, -1)
    expected = (pair[:, 0] - pair[:, 1]).square().mean() / 4
    assert float(movement_loss(still, pair)) == pytest.approx(float(expected))


def test_plain_reconstruction_is_l1_over_five_axes():
    one, other = pictures(2, 3, 5, 8, 8), pictures(2, 3, 5, 8, 8, seed=2)
    assert torch.allclose(reconstruction_loss(one, other), torch.nn.functional.l1_loss(one, other))


def test_gradient_loss_ignores_brightness_and_counts_edges():
    one = pictures()
    assert float(gradient_loss(one + 0.3, one)) == pytest.approx(0, abs=1e-6)
    step = torch.zeros(1, 1, 4, 4)
    step[..., 2:] = 1  # one vertical edge: one of three differences across, none down
    assert float(gradient_loss(step, torch.zeros_like(step))) == pytest.approx((1 / 3 + 0) / 2)


def test_bands_add_up_to_the_picture():
    image = pictures(1, 1, 8, 8)
    band, rest = laplacian_bands(image, 1)
    enlarged = torch.nn.functional.interpolate(rest, size=(8, 8), mode="bilinear", align_corners=False)
    assert torch.allclose(band + enlarged, image)
    assert [b.shape[-1] for b in laplacian_bands(pictures(1, 1, 9, 9), 3)] == [9, 5, 3, 2]


def test_fine_noise_costs_more_detail_than_a_flat_error_of_the_same_l1():
    flat = torch.full((1, 3, 32, 32), 0.1)
    board = (torch.arange(32)[:, None] + torch.arange(32)) % 2 * 0.2 - 0.1
    zero = torch.zeros(1, 3, 32, 32)
    fine = board.expand(1, 3, 32, 32)
    assert torch.allclose(reconstruction_loss(fine, zero), reconstruction_loss(flat, zero))
    assert float(detail_loss(fine, zero, levels=3)) == pytest.approx(
        0.1 / 4, rel=1e-3
    )  # all of it in the first of four bands
    assert float(detail_loss(flat, zero, levels=3)) == pytest.approx(0.1 / 4, rel=1e-3)  # all of it in the last


def test_detail_takes_any_leading_axes():
    one, other = pictures(2, 5, 3, 12, 12), pictures(2, 5, 3, 12, 12, seed=4)
    assert torch.allclose(detail_loss(one, other), detail_loss(one.flatten(0, 1), other.flatten(0, 1)))


def test_perceptual_averages_maps_and_sends_no_gradient_to_the_target():
    def features(image):
        return [image, 3 * image[..., ::2, ::2]]

    one, other = pictures().requires_grad_(), pictures(seed=1).requires_grad_()
    loss = perceptual_loss(one, other, features)
    difference = (one - other).abs()
    assert torch.allclose(loss, (difference.mean() + 3 * difference[..., ::2, ::2].mean()) / 2)
    loss.backward()
    assert other.grad is None and one.grad.abs().sum() > 0


def test_perceptual_weights_are_a_sum():
    one, other = torch.rand(1, 3, 8, 8), torch.rand(1, 3, 8, 8)
    maps = [lambda x: x, lambda x: 3 * x]
    loss = perceptual_loss(one, other, lambda x: [m(x) for m in maps], map_weights=(0.5, 0.25))
    assert torch.allclose(loss, 1.25 * (one - other).abs().mean())
    with pytest.raises(ValueError, match="zip"):
        perceptual_loss(one, other, lambda x: [x], map_weights=(1.0, 1.0))
