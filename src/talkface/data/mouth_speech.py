"""Stretches of speech with the coefficients of the mouths that speak them: what the mouth's audio network learns from.

Of the coefficients of a clip all but its speaker's manner is kept: they are divided by how far this person opens the
mouth when speaking, which no sound tells; a network that is asked for it learns to open halfway for everybody.
"""

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray

from talkface.data.mouth_set import MouthItems, MouthSet
from talkface.data.mouth_sound import degraded, resampled
from talkface.face.mouth_basis import find_coefficients
from talkface.face.mouth_shape import MOUTH, MouthBasis, partings
from talkface.models.mouth.audio import WINDOW
from talkface.mouth_batch import MouthSpeechBatch
from talkface.mouth_clips import MEL_LEAD, MouthClips
from talkface.timeline import Timeline

Floats = NDArray[np.float32]

FRAMES = 25
"""Frames of an item, a second."""
STEPS = WINDOW - 1 + 85
"""Mel steps of an item: the network answers for 85, of which a second of speech takes 80."""
_RATE = float(Timeline().mel_rate / Timeline().fps)  # mel steps of a frame
_LAST = STEPS - WINDOW - 1  # a place among the network's answers that still has a later neighbour
_SPEEDS = (0.88, 1.14)
_USUAL, _FRAMES_OF_DOUBT = 2.2, 40  # pixels: usual deviation of the lips' parting; how many frames outweigh it
_MANNERS = (0.5, 2.0)


class MouthSpeech(MouthItems[MouthSpeechBatch]):
    """Rows of the audio network's training."""

    def __init__(
        self, clips: MouthSet, basis: MouthBasis, *, seed: int = 0, length: int | None = None, plain: bool = False
    ) -> None:
        """plain: neither faster or slower nor degraded. length: of a fixed validation set."""
        super().__init__(clips, seed=seed, length=length, plain=plain)
        self.basis = basis

    def __getitem__(self, item: int) -> MouthSpeechBatch:
        rng = self.rng(item)
        reader, number = self.clips.sample(rng)
        coefficients, known = told(reader, number, self.basis)
        count = min(FRAMES, len(known))
        first = int(rng.integers(0, len(known) - count + 1))
        speed = 1.0 if self.plain or rng.random() < 0.5 else rng.uniform(*_SPEEDS)
        middle = MEL_LEAD + _RATE * (first + 0.5)
        mel = resampled(reader.labels(number).mel, middle - WINDOW // 2, speed, STEPS)
        if not self.plain:
            mel = degraded(mel, rng, self._other(rng))
        place = _RATE * np.arange(FRAMES) / speed
        there = np.zeros(FRAMES, bool)
        there[:count] = known[first : first + count]
        wanted = np.zeros((FRAMES, coefficients.shape[1]), np.float32)
        wanted[:count] = coefficients[first : first + count]
        return MouthSpeechBatch(
            torch.from_numpy(mel)[None],
            torch.from_numpy(np.minimum(place, _LAST).astype(np.float32))[None],
            torch.from_numpy(wanted)[None],
            torch.from_numpy(there & (place <= _LAST))[None],
        )

    def _other(self, rng: np.random.Generator) -> Floats:
        """(80, STEPS) of any clip's sound."""
        reader, number = self.clips.sample(rng)
        mel = reader.labels(number).mel
        return resampled(mel, float(rng.integers(0, max(1, mel.shape[1] - STEPS))), 1.0, STEPS)


@lru_cache(maxsize=4096)
def told(reader: MouthClips, number: int, basis: MouthBasis) -> tuple[Floats, NDArray[np.bool_]]:
    """(N, C) coefficients of a clip's frames without its speaker's manner, 0 where unknown; (N,) where they are."""
    labels = reader.labels(number)
    found = find_coefficients(labels.landmarks[labels.known], basis)
    coefficients = np.zeros((len(labels.known), found.shape[1]), np.float32)
    coefficients[labels.known] = found / manner(found, basis)
    return coefficients, labels.known.copy()


def manner(coefficients: Floats, basis: MouthBasis) -> float:
    """How far a person opens the mouth while speaking, of what is usual: in [0.5, 2], near 1 for short clips.

    The deviation of the lips' parting over the frames, drawn towards the usual one by 40 frames of it.
    """
    whole = np.zeros((len(basis.directions), len(basis.mean), 3), np.float32)
    whole[:, list(MOUTH)] = basis.directions
    gaps = coefficients @ partings(whole)
    count = len(gaps)
    square = (count * float(np.var(gaps)) + _FRAMES_OF_DOUBT * _USUAL**2) / (count + _FRAMES_OF_DOUBT)
    return float(np.clip(np.sqrt(square) / _USUAL, *_MANNERS))
