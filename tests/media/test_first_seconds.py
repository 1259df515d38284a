"""A sound cut to a length: whole samples, whatever the blocks, without reading on."""

from fractions import Fraction

import numpy as np
import pytest

from talkface.media.blocks import Block
from talkface.media.track import first_seconds


@pytest.mark.parametrize(
    ("seconds", "kept"), [(Fraction(1, 4), 25), (Fraction(3, 10), 30), (Fraction(9), 40), (Fraction(0), 0)]
)
def test_samples(seconds, kept):
    sound, read = np.arange(80, dtype=np.float32).reshape(2, 40), []

    def blocks():
        for first in range(0, 40, 10):
            read.append(first)
            yield Block(sound[:, first : first + 10], 100, Fraction(first, 100), ("FL", "FR"))

    found = list(first_seconds(blocks(), seconds))
    assert np.array_equal(np.concatenate([block.samples for block in found], axis=1), sound[:, :kept])
    assert len(read) == max(1, -(-kept // 10))
