"""Augmentation: off means unchanged, a flip is exact, ranges hold."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.data.augment import PLAIN_MEL, PLAIN_PICTURES, MelAugmentation, PictureAugmentation


def picture(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (120, 120, 3), dtype=np.uint8)


def test_plain_is_the_central_crop() -> None:
    transform = PLAIN_PICTURES.draw(np.random.default_rng(0), size=96, context=1.25)
    np.testing.assert_array_equal(transform(picture(), 96), picture()[12:108, 12:108])


def test_flip_mirrors_the_crop() -> None:
    transform = PictureAugmentation(flip=1.0).draw(np.random.default_rng(0), size=96, context=1.25)
    np.testing.assert_array_equal(transform(picture(), 96), picture()[12:108, 12:108][:, ::-1])


def test_gray_has_no_colour() -> None:
    transform = PictureAugmentation(gray=1.0).draw(np.random.default_rng(0), size=96, context=1.25)
    crop = transform(picture(), 96)
    assert (crop[..., 0] == crop[..., 1]).all() and (crop[..., 1] == crop[..., 2]).all()


def test_all_frames_of_a_clip_change_alike() -> None:
    transform = PictureAugmentation(shift=0.1, rotate=10, tint=0.2).draw(
        np.random.default_rng(1), size=96, context=1.25
    )
    np.testing.assert_array_equal(transform(picture(2), 96), transform(picture(2), 96))


@given(st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_mel_stays_in_range(seed: int) -> None:
    rng = np.random.default_rng(seed)
    mel = rng.uniform(-4, 4, (80, 50)).astype(np.float32)
    changed = MelAugmentation(gain=2, tilt=1, warp=0.2, floor=2, masked_bands=20)(mel, rng)
    assert changed.shape == mel.shape and changed.dtype == np.float32
    assert changed.min() >= -4 and changed.max() <= 4


def test_plain_mel_is_unchanged() -> None:
    mel = np.random.default_rng(0).uniform(-4, 4, (80, 50)).astype(np.float32)
    np.testing.assert_allclose(PLAIN_MEL(mel, np.random.default_rng(0)), mel, atol=1e-5)


def test_gain_shifts_all_bands_alike() -> None:
    mel = np.zeros((80, 5), np.float32)
    changed = MelAugmentation(gain=1.0)(mel, np.random.default_rng(0))
    assert np.ptp(changed) < 1e-6 and 0 < abs(changed[0, 0]) <= 1.0
