"""Bootstrap intervals, resampled by clip (or by group of clips), reproducible to the last bit from a seed."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
_CHUNK = 256
"""Resamples drawn at a time: bounds the memory to 256 x clips."""


class Interval(NamedTuple):
    """A mean with its interval. value, low, high: in the unit of the data; NaN when n is 0. n: clips (or groups)."""

    value: float
    low: float
    high: float
    n: int

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of 0 (how a difference is marked)."""
        return self.low > 0 or self.high < 0


class Bootstrap(NamedTuple):
    """How intervals are drawn. level: coverage. resamples: how many. seed: of the draws."""

    resamples: int = 2000
    level: float = 0.95
    seed: int = 0

    def mean(self, values: Sequence[float] | FloatArray, groups: Sequence[str] | None = None) -> Interval:
        """Interval of the mean of one finite number a clip. groups: resample whole groups (say speakers)."""
        return self.ratio(values, np.ones(len(values)), groups)

    def ratio(
        self,
        numerators: Sequence[float] | FloatArray,
        denominators: Sequence[float] | FloatArray,
        groups: Sequence[str] | None = None,
    ) -> Interval:
        """Interval of sum(numerators) / sum(denominators), one number a clip each: an accuracy over many clips' pairs.

        Percentile interval: clips (or groups) are drawn with replacement, n of n. ValueError for non-finite input.
        """
        above, below = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)
        if above.shape != below.shape or above.ndim != 1:
            raise ValueError(f"numerators and denominators must be equal (n,), got {above.shape}, {below.shape}")
        if not (np.isfinite(above).all() and np.isfinite(below).all()):
            raise ValueError("values must be finite: leave out what could not be measured, and count it")
        if groups is not None:
            above, below = _sum_by_group(above, below, groups)
        if below.sum() == 0:
            return Interval(np.nan, np.nan, np.nan, 0)
        tail = (1 - self.level) / 2
        low, high = np.quantile(self._draw(above, below), [tail, 1 - tail])
        return Interval(float(above.sum() / below.sum()), float(low), float(high), len(above))

    def _draw(self, above: FloatArray, below: FloatArray) -> FloatArray:
        """(resamples,) values of the ratio, in the order of the seeded draws; draws without any pair are left out."""
        rng = np.random.default_rng(self.seed)
        count, drawn = len(above), []
        for first in range(0, self.resamples, _CHUNK):
            index = rng.integers(0, count, (min(_CHUNK, self.resamples - first), count))
            pairs = below[index].sum(1)
            drawn.append(above[index].sum(1)[pairs > 0] / pairs[pairs > 0])
        return np.concatenate(drawn)


def _sum_by_group(above: FloatArray, below: FloatArray, groups: Sequence[str]) -> tuple[FloatArray, FloatArray]:
    names, index = np.unique(np.asarray(groups), return_inverse=True)
    sums = [np.bincount(index, weights, len(names)).astype(np.float64) for weights in (above, below)]
    return sums[0], sums[1]
