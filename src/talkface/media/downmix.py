"""Any channels as one."""

from typing import cast

import numpy as np

from talkface.media.source import Samples

_SURROUND = {"FL": 0.7071, "FR": 0.7071, "FC": 1.0, "LFE": 0.0}  # ITU-R BS.775; every other channel 0.5


def downmix(samples: Samples, channels: tuple[str, ...]) -> Samples:
    """(C, N) -> (N,) mono. One or two channels: their mean.

    More: centre 1, left and right 0.707, others 0.5, LFE 0, over the sum.
    """
    if len(samples) == 1:
        return cast(Samples, samples[0])
    if len(samples) == 2:
        return np.asarray(samples.mean(axis=0), dtype=np.float32)
    weights = np.array([_SURROUND.get(name, 0.5) for name in channels], dtype=np.float32)
    return np.asarray(weights / weights.sum() @ samples, dtype=np.float32)
