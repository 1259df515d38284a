"""Paste masks and colour matching."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.face import feather_mask, mask_ring, match_color, mouth_paste_mask, painted_mask

SIZES = st.integers(8, 200)


@given(SIZES, SIZES)
@settings(deadline=None)
def test_masks_fall_to_zero_at_the_border_without_a_step(height, width):
    for mask in (feather_mask(height, width), mouth_paste_mask(height, width)):
        assert mask.shape == (height, width) and mask.dtype == np.float32
        assert mask[[0, -1]].max() == 0 and mask[:, [0, -1]].max() == 0
        assert mask.min() == 0 and mask.max() <= 1


def test_no_visible_edge_at_the_model_size():
    for mask in (feather_mask(96, 96), mouth_paste_mask(96, 96)):
        assert mask.max() == pytest.approx(1, abs=1e-3)
        assert max(np.abs(np.diff(mask, axis=0)).max(), np.abs(np.diff(mask, axis=1)).max()) < 0.17


def test_mouth_mask_covers_the_mouth_and_nothing_above_the_nose():
    mask = mouth_paste_mask(100, 100)
    assert mask[:45].max() == 0 and mask[97:].max() == 0 and mask[:, :8].max() == 0 and mask[:, 92:].max() == 0
    assert mask[61:86, 26:74].min() > 0.9
    np.testing.assert_allclose(mask, mask[:, ::-1], atol=1e-6)


def test_ring_peaks_at_half_and_is_zero_where_the_mask_is_certain():
    np.testing.assert_allclose(mask_ring(np.array([[0, 0.5, 1]], np.float32)), [[0, 1, 0]])


@given(st.integers(0, 50), st.floats(0.85, 1.15), st.floats(-20, 20))
@settings(deadline=None)
def test_color_match_undoes_gain_and_shift(seed, gain, shift):
    target = np.random.default_rng(seed).integers(70, 160, (32, 32, 3), dtype=np.uint8)
    changed = (target * gain + shift).round().clip(0, 255).astype(np.uint8)
    matched = match_color(changed, target, mask_ring(feather_mask(32, 32, feather=0.4)))
    assert np.abs(matched.astype(int) - target).max() <= 2


def test_color_match_holds_the_gain_and_takes_an_empty_ring():
    flat, lively = (
        np.full((16, 16, 3), 90, np.uint8),
        np.tile(np.array([40, 200], np.uint8), (16, 8))[..., None].repeat(3, -1),
    )
    ring = np.ones((16, 16), np.float32)
    assert np.ptp(match_color(lively, flat, ring)) == 128  # deviation 80 * 0.8 both ways
    np.testing.assert_array_equal(match_color(lively, flat, np.zeros((16, 16), np.float32)), lively)


def test_only_what_was_painted_is_masked():
    given = np.random.default_rng(3).integers(0, 256, (60, 60, 3), dtype=np.uint8)
    made = np.clip(given.astype(int) + 3, 0, 255).astype(np.uint8)  # a change that nobody sees
    assert painted_mask(made, given).max() == 0
    made[20:30, 25:40] = 255 - made[20:30, 25:40] // 2 - given[20:30, 25:40] // 4
    mask = painted_mask(made, given)
    assert mask[22:28, 27:38].min() == 1 and mask[20:30, 25:40].min() > 0.5
    assert mask[:15].max() == mask[35:].max() == mask[:, :20].max() == mask[:, 45:].max() == 0
