"""Drawn mouths and their lines: plain cases, and an independent Laplacian."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import laplace

from talkface.metrics.functional.mouth import line_strength, same_drawing, shape_error

DRAWINGS = torch.tensor([[0.0, 0.0], [1.0, 0.0], [0.5, 1.0]])


def test_shape_error_is_the_mean_over_the_numbers():
    error = shape_error(torch.tensor([[0.0, 1.0], [0.5, 0.5]]), torch.tensor([[0.5, 0.5], [0.5, torch.nan]]))
    assert error[0] == 0.5 and error[1].isnan()


def test_same_drawing_is_the_nearest_one_and_unknown_where_the_truth_is():
    found = torch.tensor([[0.1, 0.1], [0.9, 0.2], [0.9, 0.2], [0.4, 0.9]])
    true = torch.tensor([[0.0, 0.2], [1.0, 0.0], [0.0, 0.0], [torch.nan, 0.0]])
    same = same_drawing(found, true, DRAWINGS)
    assert same[:3].tolist() == [1.0, 1.0, 0.0] and same[3].isnan()


@settings(deadline=None)
@given(st.integers(3, 20), st.integers(3, 20), st.integers(0, 5))
def test_line_strength_is_the_mean_laplacian_of_the_luma(height, width, seed):
    pictures = np.random.default_rng(seed).random((2, 3, height, width))
    luma = np.tensordot([0.299, 0.587, 0.114], pictures, (0, 1))
    expected = [np.abs(laplace(each)[1:-1, 1:-1]).mean() for each in luma]
    np.testing.assert_allclose(line_strength(torch.from_numpy(pictures)), expected, rtol=1e-10)


def test_blurring_weakens_lines():
    lines = torch.zeros(1, 3, 16, 16)
    lines[..., 8, :] = 1.0
    blurred = torch.nn.functional.avg_pool2d(lines, 3, 1, 1)
    assert line_strength(blurred) < 0.5 * line_strength(lines)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="shapes"):
        shape_error(torch.zeros(2, 6), torch.zeros(3, 6))
    with pytest.raises(ValueError, match="pictures"):
        line_strength(torch.zeros(1, 3, 2, 9))
