"""Fréchet distance and CSIM against SciPy's matrix root, closed forms and torchmetrics' rule for several processes."""

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from talkface.metrics.frechet import FrechetDistance
from talkface.metrics.functional.frechet import frechet_distance, moments
from talkface.metrics.functional.identity import csim


def by_scipy(first: np.ndarray, second: np.ndarray) -> float:
    means = [each.mean(0) for each in (first, second)]
    covariances = [np.cov(each, rowvar=False) for each in (first, second)]
    root = sqrtm(covariances[0] @ covariances[1])
    return float(((means[0] - means[1]) ** 2).sum() + np.trace(covariances[0] + covariances[1] - 2 * root.real))


@pytest.mark.parametrize("count", [20, 200])
def test_equals_the_general_matrix_root(count: int) -> None:
    rng = np.random.default_rng(count)
    first = rng.normal(size=(count, 8)) @ rng.normal(size=(8, 8))
    second = rng.normal(1, 2, size=(count, 8)) @ rng.normal(size=(8, 8))
    found = frechet_distance(moments(torch.from_numpy(first)), moments(torch.from_numpy(second)))
    assert float(found) == pytest.approx(by_scipy(first, second), rel=1e-8)


def test_shift_alone_is_its_square_even_with_few_features() -> None:
    features = torch.randn(5, 16, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    moved = frechet_distance(moments(features), moments(features + 0.5))
    assert float(moved) == pytest.approx(16 * 0.25, abs=1e-5)


def test_equals_torch_fidelity() -> None:
    fidelity = pytest.importorskip("torch_fidelity.metric_fid", reason="extra `eval`")
    generator = torch.Generator().manual_seed(2)
    first, second = torch.randn(90, 64, generator=generator), 0.7 * torch.randn(80, 64, generator=generator) + 0.2
    statistics = [fidelity.fid_features_to_statistics(each) for each in (first, second)]
    expected = fidelity.fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    assert float(frechet_distance(moments(first), moments(second))) == pytest.approx(expected, abs=1e-4)


def test_wrong_features_are_refused() -> None:
    def features(x: torch.Tensor) -> torch.Tensor:
        return x.mean((2, 3))

    with pytest.raises(ValueError, match="features must be"):
        FrechetDistance(features, size=4).update(torch.rand(5, 3, 4, 4), real=True)
    with pytest.raises(ValueError, match="at least 2"):
        FrechetDistance(features, size=3).compute()


def test_csim() -> None:
    first = torch.tensor([[1.0, 0.0], [3.0, 4.0]])
    torch.testing.assert_close(csim(first, torch.tensor([[2.0, 0.0]])), torch.tensor([1.0, 0.6]))
    with pytest.raises(ValueError, match="embeddings"):
        csim(first, torch.zeros(3, 2))
