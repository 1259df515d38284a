"""MFCC against python_speech_features, which the original metric uses."""

import numpy as np
import pytest
from python_speech_features import mfcc as reference

from talkface.audio.mfcc import mfcc


@pytest.mark.parametrize("samples", [100, 400, 401, 560, 16000, 16123])
def test_equals_python_speech_features(samples: int) -> None:
    signal = np.random.default_rng(samples).integers(-20000, 20000, samples).astype(np.int16)
    np.testing.assert_allclose(mfcc(signal), reference(signal, 16000), rtol=1e-6, atol=1e-9)


def test_silence_is_finite() -> None:
    found = mfcc(np.zeros(1600, np.int16))
    np.testing.assert_allclose(found, reference(np.zeros(1600, np.int16), 16000), rtol=1e-6, atol=1e-9)
    assert np.isfinite(found).all()
