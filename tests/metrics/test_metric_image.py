"""PSNR and SSIM against scikit-image, MS-SSIM against SciPy too, and the properties that a reader relies on."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter

from talkface.metrics.functional.image import (
    lower_half,
    ms_ssim,
    ms_ssim_of,
    psnr,
    psnr_of,
    similarity,
    squared_error,
    ssim,
    ssim_of,
)


def pictures(seed: int, height: int = 40, width: int = 52, noise: float = 0.1) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(seed)
    smooth = torch.nn.functional.interpolate(
        torch.rand(2, 3, 6, 6, generator=generator), (height, width), mode="bicubic"
    )
    other = smooth + noise * torch.randn(smooth.shape, generator=generator)
    return smooth.clamp(0, 1), other.clamp(0, 1)


@pytest.mark.parametrize(("seed", "height", "width", "noise"), [(0, 40, 52, 0.1), (1, 96, 96, 0.02), (2, 48, 96, 0.5)])
def test_equal_to_scikit_image(seed: int, height: int, width: int, noise: float) -> None:
    metrics = pytest.importorskip("skimage.metrics")
    first, second = pictures(seed, height, width, noise)
    for index in range(len(first)):
        a, b = (each[index].permute(1, 2, 0).double().numpy() for each in (first, second))
        options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
        expected = metrics.structural_similarity(a, b, data_range=1.0, channel_axis=2, **options)
        assert float(ssim(first, second)[index]) == pytest.approx(expected, abs=1e-5)
        expected = metrics.peak_signal_noise_ratio(a, b, data_range=1.0)
        assert float(psnr(first, second)[index]) == pytest.approx(expected, abs=1e-4)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000))
def test_ssim_is_symmetric_bounded_and_one_for_equal(seed: int) -> None:
    first, second = pictures(seed, 16, 16, 0.3)
    torch.testing.assert_close(ssim(first, second), ssim(second, first))
    assert float(ssim(first, second).abs().max()) <= 1
    torch.testing.assert_close(ssim(first, first), torch.ones(2))


def test_psnr_by_hand() -> None:
    black = torch.zeros(1, 3, 4, 4)
    assert float(psnr(black, black + 0.1)) == pytest.approx(20.0, abs=1e-4)
    assert torch.isinf(psnr(black, black))
    pooled = squared_error(torch.cat([black, black]), torch.cat([black, black + 0.1])).mean()
    assert float(psnr_of(pooled)) == pytest.approx(20.0 + 10 * np.log10(2), abs=1e-4)


def test_wrong_input_is_refused() -> None:
    with pytest.raises(ValueError, match="equal"):
        psnr(torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 9))
    with pytest.raises(ValueError, match="float"):
        psnr(torch.zeros(1, 3, 8, 8, dtype=torch.uint8), torch.zeros(1, 3, 8, 8, dtype=torch.uint8))
    with pytest.raises(ValueError, match="11 x 11"):
        ssim(torch.zeros(1, 3, 8, 8), torch.zeros(1, 3, 8, 8))


def structure_by_scipy(first: np.ndarray, second: np.ndarray) -> float:
    """Mean structure term of two (H, W) pictures where the whole window fits."""

    def blur(x: np.ndarray) -> np.ndarray:
        return gaussian_filter(x, 1.5, truncate=3.5)[5:-5, 5:-5]

    mean_a, mean_b = blur(first), blur(second)
    covariance = blur(first * second) - mean_a * mean_b
    variances = blur(first * first) - mean_a**2 + blur(second * second) - mean_b**2
    return float(((2 * covariance + 0.03**2) / (variances + 0.03**2)).mean())


POWERS = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333)


def ms_ssim_by_scipy(first: np.ndarray, second: np.ndarray, powers: Sequence[float] = POWERS) -> float:
    metrics = pytest.importorskip("skimage.metrics")
    value = 1.0
    for power in powers[:-1]:
        value *= structure_by_scipy(first, second) ** power
        height, width = (side // 2 * 2 for side in first.shape)
        first, second = (
            x[:height, :width].reshape(height // 2, 2, width // 2, 2).mean((1, 3)) for x in (first, second)
        )
    options = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    return float(value * metrics.structural_similarity(first, second, data_range=1.0, **options) ** powers[-1])


@pytest.mark.parametrize(("height", "width", "noise"), [(176, 190, 0.05), (240, 176, 0.4)])
def test_ms_ssim_equals_scipy_and_scikit_image(height: int, width: int, noise: float) -> None:
    first, second = (each.double() for each in pictures(3, height, width, noise))
    for found, a, b in zip(ms_ssim(first, second), first.numpy(), second.numpy(), strict=True):
        expected = np.mean([ms_ssim_by_scipy(*pair) for pair in zip(a, b, strict=True)])
        assert float(found) == pytest.approx(expected, abs=1e-9)
    torch.testing.assert_close(ms_ssim(first, first), torch.ones(2, dtype=torch.float64))


@pytest.mark.parametrize(("scales", "side"), [(3, 48), (4, 96)])
def test_ms_ssim_of_fewer_scales_has_the_first_powers_made_to_sum_to_one(scales: int, side: int) -> None:
    first, second = (each.double() for each in pictures(4, side, 96, 0.1))
    powers = np.array(POWERS[:scales]) / sum(POWERS[:scales])
    for found, a, b in zip(ms_ssim(first, second, scales=scales), first.numpy(), second.numpy(), strict=True):
        expected = np.mean([ms_ssim_by_scipy(*pair, powers) for pair in zip(a, b, strict=True)])
        assert float(found) == pytest.approx(expected, abs=1e-9)
    with pytest.raises(ValueError, match="1 to 5 scales"):
        ms_ssim(first, second, scales=6)


def test_ms_ssim_refuses_small_pictures() -> None:
    with pytest.raises(ValueError, match="176 x 176"):
        ms_ssim(*pictures(0, 175, 180))


def test_terms_of_the_whole_give_those_of_its_lower_half() -> None:
    first, second = (each.double() for each in pictures(5, 96, 96, 0.1))
    for whole, reference in zip(first, second, strict=True):
        terms = lower_half(similarity(whole, reference, scales=3))
        below, wanted = whole[None, :, 48:], reference[None, :, 48:]
        assert float(ssim_of(terms)) == pytest.approx(float(ssim(below, wanted)), abs=1e-12)
        assert float(ms_ssim_of(terms)) == pytest.approx(float(ms_ssim(below, wanted, scales=3)), abs=1e-12)
