"""The measuring of offsets has no bias of its own: light and sound that belong together by definition measure 0."""

import numpy as np
import pytest
from torch import Tensor

from talkface.audio.mel import mel_spectrogram
from talkface.evaluation.judge import ExpertJudge
from talkface.metrics.functional.sync import measure_offset

FRAMES, SAMPLES = 75, 640
STEPS_A_FRAME = 3.2


class FlashExpert:
    """Embeds five pictures as their brightness, and 0.2 s of sound as its level while each of them is shown."""

    def embed_video(self, face: Tensor) -> Tensor:
        return face.unflatten(1, (5, 3)).mean((2, 3, 4))

    def embed_audio(self, mel: Tensor) -> Tensor:
        level = mel.mean((1, 2)) + 4
        shown = [[step for step in range(16) if int(step / STEPS_A_FRAME) == frame] for frame in range(5)]
        return level.new_tensor([[float(one[steps].mean()) for steps in shown] for one in level])


def flashes(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Pictures that are bright at random times, and a sound that is loud exactly while a bright one is on screen."""
    rng = np.random.default_rng(seed)
    bright = rng.random(FRAMES) < 0.3
    crops = np.where(bright[:, None, None, None], 220, 20).astype(np.uint8) * np.ones((1, 96, 96, 3), np.uint8)
    return crops, (rng.normal(0, 0.2, FRAMES * SAMPLES) * np.repeat(bright, SAMPLES)).astype(np.float32)


def earlier(samples: np.ndarray, count: int) -> np.ndarray:
    """The sound `count` samples earlier, silence where nothing is left."""
    moved = np.zeros_like(samples)
    if count >= 0:
        moved[: len(samples) - count] = samples[count:]
    else:
        moved[-count:] = samples[:count]
    return moved


@pytest.mark.parametrize("lead", [-10, -1, 0, 1, 4])
@pytest.mark.parametrize("share", [-0.35, 0.0, 0.35])
def test_the_measured_offset_is_the_nearest_whole_frame(lead: int, share: float) -> None:
    """A third of a frame to either side does not move it: what bias there is is below a seventh of a frame."""
    judge = ExpertJudge(FlashExpert())
    for seed in range(3):
        crops, samples = flashes(seed)
        video = judge.embed_video(crops)
        sound = earlier(samples, round((lead + share) * SAMPLES))
        assert measure_offset(video, judge.embed_audio(mel_spectrogram(sound), len(video))).offset == lead
