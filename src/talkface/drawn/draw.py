"""Random choices that mean the same on every machine: draws in a fixed order for a seed and a purpose."""

import hashlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

Choice = TypeVar("Choice")


class Draw:
    """Draws for one purpose from the generator's basic stream of [0, 1). seed: any non-negative integer."""

    def __init__(self, seed: int, purpose: str) -> None:
        word = int.from_bytes(hashlib.sha256(purpose.encode()).digest()[:4], "little")
        self._rng = np.random.default_rng([seed, word])

    def between(self, low: float, high: float) -> float:
        """Uniform."""
        return low + (high - low) * float(self._rng.random())

    def one_of(self, choices: Sequence[Choice]) -> Choice:
        """One choice, each as likely as the others."""
        return choices[int(self._rng.random() * len(choices))]

    def chance(self, share: float) -> bool:
        """True in this share of cases."""
        return float(self._rng.random()) < share

    def number(self) -> int:
        """A whole number below 2**31, a seed for something else."""
        return int(self._rng.random() * 2**31)
