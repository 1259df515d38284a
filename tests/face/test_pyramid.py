"""The detector's pyramid against torch's own area resampling."""

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import interpolate

from talkface.face.pyramid import AreaPyramid, area_means, integrals


def plain(images, size):
    return interpolate(images, size=size, mode="area")


def pictures(count: int, height: int, width: int, seed: int = 0) -> torch.Tensor:
    values = np.random.default_rng(seed).integers(0, 256, (count, height, width, 3))
    return torch.from_numpy(values.astype(np.float32)).permute(0, 3, 1, 2)


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 120), st.integers(1, 120))
def test_any_size_is_torchs_area_mean(height, width, tall, wide):
    images = pictures(2, height, width)
    found = area_means(integrals(images), (tall, wide))
    torch.testing.assert_close(found, plain(images, (tall, wide)), rtol=0, atol=1e-3)


def test_a_large_white_picture_does_not_overflow():
    white = torch.full((1, 3, 1920, 1920), 255.0)
    assert (area_means(integrals(white), (13, 13)) == 255).all()


def test_each_picture_has_its_own_sizes():
    """The sums are kept for the next size of the same pictures only, also where new ones take their place in memory."""
    pyramid = AreaPyramid(plain)
    for seed in range(5):
        images = pictures(1, 40, 60, seed)
        for size in ((20, 30), (13, 22), (24, 24)):
            torch.testing.assert_close(pyramid(images, size), plain(images, size), rtol=0, atol=1e-3)
        del images
