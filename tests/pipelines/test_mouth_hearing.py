"""Overlapping windows are heard once, with the answers that each would get alone."""

import numpy as np
import pytest
import torch

from talkface.models.mouth.audio import WINDOW, MouthAudioNetwork
from talkface.pipelines.mouth.hearing import hear, joined
from talkface.pipelines.sound import MOUTH_WINDOW


@pytest.fixture(scope="module")
def mel():
    return np.random.default_rng(3).uniform(-4, 4, (80, 140)).astype(np.float32)


def windows_at(mel, starts):
    return [mel[:, start : start + MOUTH_WINDOW].copy() for start in starts]


def test_windows_that_go_on_are_joined(mel):
    sound, starts = joined(windows_at(mel, [5, 8, 11, 15]))
    assert starts == [0, 3, 6, 10] and (sound == mel[:, 5 : 15 + MOUTH_WINDOW]).all()


def test_a_leap_ends_the_piece(mel):
    sound, starts = joined(windows_at(mel, [0, 3, 50]))
    assert starts == [0, 3] and sound.shape[1] == MOUTH_WINDOW + 3


def test_answers_are_those_of_each_window_alone(mel):
    torch.manual_seed(1)
    network = MouthAudioNetwork(width=0.25, members=2).eval()
    windows = windows_at(mel, [0, 3, 7, 60, 63])
    alone = network(torch.from_numpy(np.stack(windows))).detach().numpy()
    together = hear(windows, network)
    assert together[0].shape == (MOUTH_WINDOW - WINDOW + 1, 12)
    assert np.allclose(alone, np.stack(together), atol=1e-5)
