"""The small PC-AVS that ships: its mouth answers to the sound."""

import numpy as np
import pytest
import torch

from talkface.audio.mel import mel_window
from talkface.audio.pcavs_mel import SILENCE, pcavs_mel_spectrogram
from talkface.drawn.voice import speech
from talkface.models.load import WEIGHTS_FOLDER
from talkface.models.pcavs.network import load_pcavs
from talkface.timeline import SPEECH_WINDOW, Timeline


@pytest.fixture(scope="module")
def networks():
    return load_pcavs(WEIGHTS_FOLDER)


@pytest.fixture(scope="module")
def face(astronaut) -> torch.Tensor:
    """About PC-AVS's template: (3, 224, 224) in [-1, 1]."""
    crop = torch.from_numpy(astronaut[30:254, 110:334].copy()).permute(2, 0, 1)
    return crop.float() / 127.5 - 1


def test_the_sound_moves_the_mouth_more_than_the_rest(networks, face):
    samples, rate = speech("english")
    mel = pcavs_mel_spectrogram(samples[: 3 * rate])
    starts = [Timeline().speech_window_start(frame) for frame in range(10, 70, 2)]
    windows = np.stack([mel_window(mel, start, SPEECH_WINDOW, SILENCE) for start in starts])
    content = networks.encode_content(torch.from_numpy(windows)[:, None])
    pose = networks.encode_pose(face[None]).expand(len(content), -1)
    made = networks.generate(networks.encode_identity(face), content, pose)
    movement = made.std(0).mean(0)
    mouth, upper = movement[112:180, 67:157].mean(), movement[:90].mean()
    assert mouth > 1.25 * upper and mouth > 0.01  # of (-1, 1)
