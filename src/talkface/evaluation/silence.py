"""Where a sound is speech, and whether the mouth rests where it is not."""

from fractions import Fraction

import numpy as np
import torch
from torch import Tensor

from talkface.audio.activity import SpeechActivity, step_levels
from talkface.audio.mel import mel_windows
from talkface.evaluation.clips import ByteArray, FloatArray
from talkface.metrics.functional.motion import mouth_leak
from talkface.timeline import TRAINING_FPS, Timeline

SPEECH = -20.0  # dB against the loudest window of a clip, from which on a window's sound counts as speech
LEAST = 5  # frames of silence and of speech; fewer say nothing


def silent_frames(mel: FloatArray, frames: int) -> Tensor:
    """(frames,) bool: where the mouth should rest, by `audio/activity.py`, soft edges counted as speech."""
    activity = SpeechActivity(mel.shape[1])
    activity.hear(mel, last=True)
    steps = [Timeline().mel_step_at(Fraction(frame) / TRAINING_FPS) for frame in range(frames)]
    return torch.tensor([activity.share(step) == 0.0 for step in steps])


def speech_windows(mel: FloatArray, windows: int) -> Tensor:
    """(windows,) bool: expert windows whose mean power lies less than 20 dB below that of the clip's loudest."""
    starts = [Timeline().expert_window_start(frame) for frame in range(windows)]
    levels = [float(10 * np.log10((10 ** (step_levels(one[0]) / 10)).mean())) for one in mel_windows(mel, starts)]
    return torch.tensor(levels) > max(levels) + SPEECH


def leak_of(pictures: ByteArray, mel: FloatArray) -> float | None:
    """Mouth leak of one row, by the mean absolute difference of neighbouring lower halves; None: not measurable.

    pictures: (T, H, W, 3) uint8 crops. mel: (80, S) of the sound they are shown with.
    """
    silent = silent_frames(mel, len(pictures))
    if min(int(silent.sum()), int((~silent).sum())) < LEAST:
        return None
    lower = torch.from_numpy(pictures[:, pictures.shape[1] // 2 :]).float()
    leak = mouth_leak((lower[1:] - lower[:-1]).abs().flatten(1).mean(1), silent)
    return None if leak != leak else leak
