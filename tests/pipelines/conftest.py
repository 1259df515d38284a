"""Real picture, made sound, small seeded weights: inputs for serving tests. Their mouths mean nothing."""

from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from talkface.checkpoint import save_weights
from talkface.media import VideoWriter, write_wav
from talkface.models.wav2lip import Wav2LipGenerator


def tone(seconds: float, rate: int = 16000) -> np.ndarray:
    """Syllable-like bursts of a harmonic tone, (N,) float32."""
    time = np.arange(round(seconds * rate)) / rate
    voice = sum(np.sin(2 * np.pi * 140 * k * time) / k for k in range(1, 8))
    return (0.2 * voice * (0.5 - 0.5 * np.cos(2 * np.pi * 4 * time))).astype(np.float32)


@pytest.fixture(scope="session")
def portrait() -> np.ndarray:
    """(160, 160, 3) uint8 RGB: a real face (scikit-image's astronaut, public domain)."""
    data = pytest.importorskip("skimage.data")
    return np.ascontiguousarray(cv2.resize(data.astronaut()[0:300, 110:410], (160, 160), interpolation=cv2.INTER_AREA))


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory) -> Path:
    """Weights of a narrow generator, random by a fixed seed."""
    torch.manual_seed(11)
    path = tmp_path_factory.mktemp("weights") / "small.safetensors"
    config = {"width": 0.0625}
    network = Wav2LipGenerator(**config)
    for parameter in network.parameters():
        if parameter.ndim == 4:  # strong enough that the sound reaches the picture through all layers
            torch.nn.init.kaiming_normal_(parameter)
    save_weights(path, network.state_dict(), {"kind": "wav2lip_generator", "config": config})
    return path


@pytest.fixture(scope="session")
def generator(checkpoint):
    from talkface.models.load import load_model

    return load_model(checkpoint, "wav2lip_generator")


@pytest.fixture
def make_clip(tmp_path, portrait):
    """Function (name, times or count, fps) -> path of a clip of the portrait swaying a little."""

    def make(name: str, count: int, fps=25, times=None, image=portrait) -> Path:
        height, width = image.shape[:2]
        with VideoWriter(tmp_path / name, width=width, height=height, fps=Fraction(fps)) as writer:
            for number in range(count):
                picture = np.ascontiguousarray(np.roll(image, round(3 * np.sin(number / 4)), axis=1))
                writer.write(picture, None if times is None else times[number])
        return tmp_path / name

    return make


@pytest.fixture
def make_sound(tmp_path):
    """Function (name, seconds) -> path of a WAV."""

    def make(name: str, seconds: float) -> Path:
        write_wav(tmp_path / name, tone(seconds), 16000)
        return tmp_path / name

    return make
