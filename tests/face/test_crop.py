"""Crop and paste: one geometry, both ways, and nothing touched outside the mask."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.errors import InputError
from talkface.face import crop_face, feather_mask, mouth_paste_mask, paste_face

HEIGHT, WIDTH = 60, 80


def noise(seed: int, height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)


def ramp(height: int = HEIGHT, width: int = WIDTH) -> np.ndarray:
    """A picture whose value is linear in x and y, so that sub-pixel positions can be read from values."""
    y, x = np.mgrid[:height, :width] + 0.5
    return np.stack([2 * x, 3 * y, x + y], axis=-1).round().astype(np.uint8)


@st.composite
def boxes(draw, low: float = -20, high: float = 70):
    left, top = draw(st.floats(low, high, width=32)), draw(st.floats(low, high, width=32))
    width, height = draw(st.floats(2, 90, width=32)), draw(st.floats(2, 90, width=32))
    return np.array([left, top, left + width, top + height], np.float32)


def test_whole_pixels_are_copied_exactly():
    image = noise(0)
    box = np.array([7, 5, 47, 41], np.float32)
    np.testing.assert_array_equal(crop_face(image, box, (36, 40)), image[5:41, 7:47])


def test_what_lies_outside_repeats_the_border():
    image = noise(1)
    crop = crop_face(image, np.array([-4, 0, 6, 10], np.float32), (10, 10))
    np.testing.assert_array_equal(crop[:, :4], np.repeat(image[:10, :1], 4, axis=1))
    np.testing.assert_array_equal(crop[:, 4:], image[:10, :6])


@given(st.floats(5, 25), st.floats(5, 25), st.floats(10, 45), st.floats(10, 30), st.sampled_from([8, 24, 96]))
@settings(deadline=None)
def test_values_are_those_of_the_sampled_places(left, top, width, height, side):
    crop = crop_face(ramp(), np.array([left, top, left + width, top + height], np.float32), (side, side)).astype(float)
    x = left + (np.arange(side) + 0.5) * width / side
    y = top + (np.arange(side) + 0.5) * height / side
    # Half a level where the ramp was rounded, half where the crop is; OpenCV places samples to 1/32 pixel.
    np.testing.assert_allclose(crop[..., 0], np.broadcast_to(2 * x, (side, side)), atol=1.2)
    np.testing.assert_allclose(crop[..., 1], np.broadcast_to(3 * y[:, None], (side, side)), atol=1.2)


def test_reduction_averages_instead_of_skipping():
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 200
    crop = crop_face(stripes, np.array([0, 0, 64, 64], np.float32), (16, 16))
    assert np.abs(crop.astype(int) - 100).max() <= 1


@given(boxes(), st.integers(0, 99), st.sampled_from(["whole", "feather", "mouth"]))
@settings(deadline=None)
def test_paste_leaves_all_outside_the_mask_bit_for_bit(box, seed, kind):
    image, crop = noise(seed), noise(seed + 1, 48, 40)
    mask = {"whole": None, "feather": feather_mask(48, 40), "mouth": mouth_paste_mask(48, 40)}[kind]
    result = paste_face(image, crop, box, mask)
    support = np.ones((48, 40)) if mask is None else mask
    rows = (np.flatnonzero(support.max(axis=1))[[0, -1]] + np.array([-0.5, 1.5])) / 48
    columns = (np.flatnonzero(support.max(axis=0))[[0, -1]] + np.array([-0.5, 1.5])) / 40
    low = box[:2] + np.array([columns[0], rows[0]]).clip(0) * (box[2:] - box[:2])
    high = box[:2] + np.array([columns[1], rows[1]]).clip(None, 1) * (box[2:] - box[:2])
    outside = np.ones((HEIGHT, WIDTH), bool)
    left, top = np.floor(low - 0.02).astype(int).clip(0)
    right, bottom = np.ceil(high + 0.02).astype(int).clip(0)
    outside[top:bottom, left:right] = False
    np.testing.assert_array_equal(result[outside], image[outside])


def test_paste_of_an_untouched_whole_pixel_crop_changes_nothing():
    image = noise(3)
    box = np.array([10, 8, 58, 56], np.float32)
    crop = crop_face(image, box, (48, 48))
    for mask in (None, feather_mask(48, 48), mouth_paste_mask(48, 48)):
        np.testing.assert_array_equal(paste_face(image, crop, box, mask), image)


@given(boxes(low=2, high=20), st.sampled_from([32, 64, 96]))
@settings(deadline=None)
def test_paste_inverts_crop_where_the_picture_is_smooth(box, side):
    """A ramp has no detail to lose, so any shift between the two geometries would show as a change of value."""
    box[2:] = box[2:].clip(None, [WIDTH - 2, HEIGHT - 2])
    image = ramp()
    mask = feather_mask(side, side, feather=0.2)
    changed = paste_face(image, crop_face(image, box, (side, side)), box, mask)
    assert np.abs(changed.astype(int) - image).max() <= 2


def test_the_pasted_middle_is_the_crop():
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    crop = np.full((96, 96, 3), 200, np.uint8)
    result = paste_face(image, crop, np.array([20.3, 10.7, 60.3, 50.7], np.float32), feather_mask(96, 96))
    assert (result[25:36, 35:46] == 200).all() and (result[:10] == 0).all()


def test_a_box_outside_the_picture_changes_nothing_and_the_input_is_not_written():
    image, crop = noise(4), noise(5, 10, 10)
    kept = image.copy()
    assert (paste_face(image, crop, np.array([200, 10, 240, 50], np.float32)) == image).all()
    paste_face(image, crop, np.array([0, 0, 40, 40], np.float32))
    np.testing.assert_array_equal(image, kept)


def test_a_mask_of_another_size_and_an_empty_box_are_refused():
    with pytest.raises(InputError, match="mask does not fit"):
        paste_face(noise(0), noise(1, 10, 10), np.array([0, 0, 9, 9], np.float32), feather_mask(9, 10))
    with pytest.raises(InputError, match="not a box"):
        crop_face(noise(0), np.array([5, 5, 5, 9], np.float32), (8, 8))
