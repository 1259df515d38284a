"""The two maps that probe a code: ridge regression and multinomial logistic regression. float64, no state, no files."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import log_softmax

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
_ITERATIONS = 200
"""Of L-BFGS at most; a strictly convex loss of this size needs fewer."""


class Affine(NamedTuple):
    """A fitted map. weight: (D, K). bias: (K,). mean, scale: (D,) of the features it was fitted to."""

    weight: FloatArray
    bias: FloatArray
    mean: FloatArray
    scale: FloatArray

    def __call__(self, features: FloatArray) -> FloatArray:
        """(N, D) → (N, K)."""
        return np.asarray((features - self.mean) / self.scale @ self.weight + self.bias)


def fit_ridge(features: FloatArray, targets: FloatArray, penalty: float) -> Affine:
    """The map that minimises mean squared error + penalty · squared weights, in closed form.

    features: (N, D), brought to mean 0 and deviation 1 here. targets: (N, K); their mean is the bias, which is not
    penalised. penalty: > 0. ValueError: no rows, or another number of them.
    """
    if not 0 < len(features) == len(targets):
        raise ValueError(f"{len(features)} rows of features, {len(targets)} of targets")
    mean, scale = _moments(features)
    x, centre = (features - mean) / scale, targets.mean(0)
    gram = x.T @ x / len(x) + penalty * np.eye(x.shape[1])
    return Affine(np.linalg.solve(gram, x.T @ (targets - centre) / len(x)), centre, mean, scale)


def fit_logistic(features: FloatArray, labels: IntArray, classes: int, penalty: float) -> Affine:
    """The map to logits that minimises mean cross-entropy + penalty · squared weights.

    features: (N, D), as in `fit_ridge`. labels: (N,), 0 to classes - 1. Biases are not penalised.
    """
    mean, scale = _moments(features)
    x, wanted = (features - mean) / scale, np.eye(classes)[labels]
    size = x.shape[1] * classes

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        weight, bias = parameters[:size].reshape(-1, classes), parameters[size:]
        logits = x @ weight + bias
        chance = log_softmax(logits, axis=1)
        rest = (np.exp(chance) - wanted) / len(x)
        value = -(chance * wanted).sum() / len(x) + penalty * np.square(weight).sum()
        return float(value), np.concatenate([(x.T @ rest + 2 * penalty * weight).ravel(), rest.sum(0)])

    options = {"maxiter": _ITERATIONS, "gtol": 1e-7, "ftol": 1e-14}
    found = minimize(loss, np.zeros(size + classes), jac=True, method="L-BFGS-B", options=options).x
    return Affine(found[:size].reshape(-1, classes), found[size:], mean, scale)


def _moments(features: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and deviation of each column; 1 for one that does not vary."""
    deviation = features.std(0)
    return features.mean(0), np.where(deviation > 1e-9 * (1 + np.abs(features).max(0)), deviation, 1.0)
