"""What the audio network says of neighbouring windows, computed once where they overlap."""

import itertools
from collections.abc import Sequence

import numpy as np
import torch

from talkface.face.mouth_geometry import FloatArray
from talkface.models.mouth.audio import WINDOW, MouthAudioNetwork

_FARTHEST = 12  # mel steps between two frames up to which their windows are joined: 0.15 s


def hear(windows: Sequence[FloatArray], network: MouthAudioNetwork) -> list[FloatArray]:
    """The network's answers to windows (80, S) of one length: (S - WINDOW + 1, C) each, as if heard one by one."""
    answers: list[FloatArray] = []
    while len(answers) < len(windows):
        sound, starts = joined(windows[len(answers) :])
        with torch.inference_mode():
            device = next(network.parameters()).device
            steps = network(torch.from_numpy(sound[None]).to(device))[0].cpu().numpy()
        length = windows[0].shape[1] - WINDOW + 1
        answers += [steps[start : start + length] for start in starts]
    return answers


def joined(windows: Sequence[FloatArray]) -> tuple[FloatArray, list[int]]:
    """The first windows as one piece (80, S'), as far as each goes on where the one before it is, and their places."""
    pieces, starts = [windows[0]], [0]
    for before, window in itertools.pairwise(windows):
        shift = next((steps for steps in range(_FARTHEST + 1) if _goes_on(before, window, steps)), None)
        if shift is None:
            break
        pieces.append(window[:, window.shape[1] - shift :])
        starts.append(starts[-1] + shift)
    return np.ascontiguousarray(np.concatenate(pieces, axis=1)), starts


def _goes_on(before: FloatArray, window: FloatArray, steps: int) -> bool:
    """Whether `window` is `before`, `steps` mel steps later."""
    return bool((before[:, steps:] == window[:, : window.shape[1] - steps]).all())
