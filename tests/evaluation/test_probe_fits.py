"""The two maps of the probes: against least squares with added rows, log-odds, and the condition of a minimum."""

import numpy as np
import pytest

from talkface.evaluation.probes.fits import fit_logistic, fit_ridge


def random(rows: int, columns: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, columns))


def test_ridge_is_least_squares_with_a_row_for_each_weight():
    x, y = random(50, 7) * np.arange(1, 8) + 3, random(50, 2, 1)
    found = fit_ridge(x, y, 0.3)
    z = (x - x.mean(0)) / x.std(0)
    rows = np.concatenate([z / np.sqrt(50), np.sqrt(0.3) * np.eye(7)])
    wanted = np.concatenate([(y - y.mean(0)) / np.sqrt(50), np.zeros((7, 2))])
    np.testing.assert_allclose(found.weight, np.linalg.lstsq(rows, wanted, rcond=None)[0], atol=1e-10)
    np.testing.assert_allclose(found(x).mean(0), y.mean(0), atol=1e-10)


def test_a_small_penalty_finds_a_linear_rule_and_a_large_one_the_mean():
    x, rule = random(200, 5), random(5, 1, 2)
    y = x @ rule + 4
    np.testing.assert_allclose(fit_ridge(x, y, 1e-9)(x), y, atol=1e-6)
    np.testing.assert_allclose(fit_ridge(x, y, 1e9)(x), np.full_like(y, y.mean()), atol=1e-6)


def test_more_columns_than_rows_and_columns_that_do_not_vary():
    x = np.concatenate([random(6, 30), np.full((6, 1), 5.0)], axis=1)
    found = fit_ridge(x, random(6, 1, 3), 0.1)
    assert np.isfinite(found.weight).all() and found.weight[-1] == 0
    with pytest.raises(ValueError, match="6 rows of features, 5 of targets"):
        fit_ridge(x, random(5, 1), 0.1)


def test_logistic_finds_the_log_odds():
    """One feature that is 0 or 1: without a penalty the probabilities are the shares."""
    labels = np.array([0] * 30 + [1] * 10 + [0] * 5 + [1] * 35)
    feature = np.array([0.0] * 40 + [1.0] * 40)[:, None]
    logits = fit_logistic(feature, labels, 2, 1e-12)(np.array([[0.0], [1.0]]))
    np.testing.assert_allclose(logits[:, 1] - logits[:, 0], [np.log(10 / 30), np.log(35 / 5)], atol=1e-4)


def test_logistic_stands_at_its_minimum():
    """There the gradient of the cross-entropy is minus that of the penalty."""
    x, labels = random(90, 4), np.random.default_rng(1).integers(0, 3, 90)
    found = fit_logistic(x, labels, 3, 0.05)
    logits = found(x)
    share = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    rest = (share - np.eye(3)[labels]) / 90
    z = (x - x.mean(0)) / x.std(0)
    np.testing.assert_allclose(z.T @ rest, -2 * 0.05 * found.weight, atol=1e-6)
    np.testing.assert_allclose(rest.sum(0), 0, atol=1e-6)
