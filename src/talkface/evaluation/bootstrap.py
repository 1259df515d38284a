"""Bootstrap intervals, resampled by clip or by speaker, reproducible to the last bit from a seed."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
_CHUNK = 256
"""Resamples drawn at a time: bounds the memory to 256 x clips."""


class Interval(NamedTuple):
    """A mean with its interval. value, low, high: in the unit of the data; NaN when n is 0. n: values."""

    value: float
    low: float
    high: float
    n: int

    @property
    def excludes_zero(self) -> bool:
        """Whether the whole interval lies on one side of 0 (how a difference is marked)."""
        return self.low > 0 or self.high < 0


class Bootstrap(NamedTuple):
    """How intervals are drawn. level: coverage. resamples: how many. seed: of the draws. by: what is drawn, see

    `clusters.UNITS`.
    """

    resamples: int = 2000
    level: float = 0.95
    seed: int = 0
    by: str = "clip"

    def mean(self, values: Sequence[float] | FloatArray, units: Sequence[Collection[str]] | None = None) -> Interval:
        """Interval of the mean of finite numbers. units: as in `ratio`."""
        return self.ratio(values, np.ones(len(values)), units)

    def ratio(
        self,
        numerators: Sequence[float] | FloatArray,
        denominators: Sequence[float] | FloatArray,
        units: Sequence[Collection[str]] | None = None,
    ) -> Interval:
        """Interval of sum(numerators) / sum(denominators), one number a value each: an accuracy over clips' pairs.

        Percentile interval: units are drawn with replacement, n of n, and a value counts as often as all its units
        were drawn together (Owen 2007, the pigeonhole bootstrap: with two units a value rather too wide than too
        narrow). units: names of what each value hangs on; None: each value is its own. ValueError for non-finite input.
        """
        above, below = np.asarray(numerators, np.float64), np.asarray(denominators, np.float64)
        if above.shape != below.shape or above.ndim != 1:
            raise ValueError(f"numerators and denominators must be equal (n,), got {above.shape}, {below.shape}")
        if not (np.isfinite(above).all() and np.isfinite(below).all()):
            raise ValueError("values must be finite: leave out what could not be measured, and count it")
        if below.sum() == 0:
            return Interval(np.nan, np.nan, np.nan, 0)
        hangs = _incidence(units or [(str(index),) for index in range(len(above))])
        tail = (1 - self.level) / 2
        low, high = np.quantile(self._draw(above, below, hangs), [tail, 1 - tail])
        return Interval(float(above.sum() / below.sum()), float(low), float(high), len(above))

    def _draw(self, above: FloatArray, below: FloatArray, hangs: npt.NDArray[np.int64]) -> FloatArray:
        """(resamples,) values of the ratio, in the order of the seeded draws; draws without any value are left out.

        hangs: (k, n) indices of each value's units; -1 where it has fewer than k.
        """
        rng = np.random.default_rng(self.seed)
        count, drawn = int(hangs.max()) + 1, []
        for first in range(0, self.resamples, _CHUNK):
            rows = min(_CHUNK, self.resamples - first)
            index = rng.integers(0, count, (rows, count)) + count * np.arange(rows)[:, None]
            times = np.bincount(index.ravel(), minlength=rows * count).reshape(rows, count)
            times = np.concatenate([times, np.ones((rows, 1), np.int64)], axis=1)  # -1: always there
            weight = times[:, hangs].prod(axis=1).astype(np.float64)
            pairs = weight @ below
            drawn.append((weight @ above)[pairs > 0] / pairs[pairs > 0])
        return np.concatenate(drawn)


def _incidence(units: Sequence[Collection[str]]) -> npt.NDArray[np.int64]:
    names = {name: index for index, name in enumerate(dict.fromkeys(name for each in units for name in sorted(each)))}
    hangs = np.full((max(map(len, units)), len(units)), -1, np.int64)
    for column, each in enumerate(units):
        hangs[: len(each), column] = [names[name] for name in sorted(each)]
    return hangs
