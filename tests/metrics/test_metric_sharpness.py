"""CPBD against a pixel-by-pixel transcription of its definition, and what a sharpness must do."""

import math

import numpy as np
import pytest
import torch
from scipy.ndimage import convolve, gaussian_filter
from skimage import data

from talkface.metrics.functional.sharpness import cpbd


def port(grey: np.ndarray) -> float:
    """CPBD of a grey picture, one pixel after the other. Independent of the package: loops, SciPy's filter."""
    kernel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]]) / 8
    strength = convolve(grey, kernel) ** 2
    strength[strength <= 2 * math.sqrt(strength.mean())] = 0
    height, width = grey.shape
    down, right = np.gradient(grey)
    edges, widths = np.zeros(grey.shape, bool), np.zeros(grey.shape)
    for y in range(height):
        for x in range(width):
            here = strength[y, x]
            sides = [strength[y, i] if 0 <= i < width else 0 for i in (x - 1, x + 1)]
            ends = [strength[i, x] if 0 <= i < height else 0 for i in (y - 1, y + 1)]
            edges[y, x] = here > max(sides) or here > max(ends)
            inner = 0 < y < height - 1 and 0 < x < width - 1
            if edges[y, x] and inner:
                widths[y, x] = follow(grey[y], x, down[y, x], right[y, x])
    return pooled(grey, edges, widths)


def follow(row: np.ndarray, x: int, down: float, right: float) -> float:
    angle = 45 * round(math.degrees(math.atan2(down, right)) / 45) if right else 0
    if angle not in (0, 180, -180):
        return 0
    sign = 1 if angle == 0 else -1
    total = 0
    for step in (-1, 1):
        at, margin = x + step, 0
        while 0 <= at + step < len(row) and margin < 100 and sign * step * (row[at + step] - row[at]) > 0:
            at, margin = at + step, margin + 1
        total += margin + 1
    return total


def pooled(grey: np.ndarray, edges: np.ndarray, widths: np.ndarray) -> float:
    below = total = 0
    for top in range(0, grey.shape[0] - 63, 64):
        for left in range(0, grey.shape[1] - 63, 64):
            block = np.s_[top : top + 64, left : left + 64]
            if edges[block].sum() <= 0.002 * 64 * 64:
                continue
            noticeable = 5 if int(grey[block].max() - grey[block].min()) <= 50 else 3
            for each in widths[block][widths[block] > 0]:
                total += 1
                below += round(100 * (1 - math.exp(-((each / noticeable) ** 3.6)))) <= 63
    return below / total if total else 0.0


def photograph(sigma: float) -> np.ndarray:
    """(150, 210, 3) uint8: a face that scikit-image brings, blurred by `sigma` pixels."""
    picture = data.astronaut()[20:170, 120:330].astype(float)
    return gaussian_filter(picture, (sigma, sigma, 0)).round().astype(np.uint8)


def grey_of(picture: np.ndarray) -> np.ndarray:
    return (picture.astype(np.float64) @ np.array([0.299, 0.587, 0.114])).round()


def tensor(picture: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1)[None].double() / 255


@pytest.mark.parametrize("sigma", [0.0, 0.7, 1.5, 4.0])
def test_equals_a_transcription(sigma: float) -> None:
    picture = photograph(sigma)
    assert float(cpbd(tensor(picture))) == pytest.approx(port(grey_of(picture)), abs=1e-12)


def test_batch_equals_one_by_one() -> None:
    pictures = torch.cat([tensor(photograph(sigma)) for sigma in (0.0, 1.0, 3.0)])
    assert torch.equal(cpbd(pictures), torch.cat([cpbd(each[None]) for each in pictures]))


def test_blur_lowers_it() -> None:
    values = [float(cpbd(tensor(photograph(sigma)))) for sigma in (0.0, 1.0, 2.0, 4.0)]
    assert values == sorted(values, reverse=True) and values[0] > values[-1] + 0.3


def test_flat_picture_has_none() -> None:
    assert float(cpbd(torch.full((1, 3, 64, 64), 0.5))) == 0.0


@pytest.mark.parametrize("shape", [(1, 1, 64, 64), (1, 3, 63, 64), (3, 64, 64)])
def test_other_shapes_are_refused(shape: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="pictures"):
        cpbd(torch.zeros(shape))
