"""The driving sound as PC-AVS's speech windows, streamed: decoded once for its loudness, once for its mel."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Protocol

import numpy as np
import numpy.typing as npt

from talkface.audio.mel import mel_window
from talkface.audio.pcavs_mel import PCAVS, SILENCE, loud_mel, loudness_gain
from talkface.errors import InputError
from talkface.media import stream_audio
from talkface.pipelines.pose_controlled.codes import read_array
from talkface.timeline import SPEECH_WINDOW, TRAINING_FPS, Convention, Timeline

FloatArray = npt.NDArray[np.float32]
_HOP, _RATE = PCAVS.hop_length, PCAVS.sample_rate
_BEFORE = PCAVS.n_fft // _HOP - 1  # steps of sound before a step that still lie in its window
_BLOCK = 400  # steps computed at a time (4 s)
_KEEP = 100  # steps kept behind the last window asked for


class Mel(Protocol):
    """Mel steps of a sound, asked for in growing order. steps: how many there are."""

    steps: int

    def window(self, start: int) -> FloatArray:
        """(80, 20) steps start .. start + 20, in [0, 1]; silence (0) beyond either end."""
        ...


class SpeechMel:
    """Mel steps of a sound as it is decoded: equal to the mel of the whole sound. State: position in the sound."""

    def __init__(self, path: Path) -> None:
        """InputError: missing, not media, no sound in it."""
        samples, energy, start = 0, 0.0, None
        for chunk in stream_audio(path, _RATE):
            start = chunk.start if start is None else start
            samples += len(chunk.samples)
            energy += float(np.square(chunk.samples, dtype=np.float64).sum())
        self.start = start or Fraction(0)  # presentation time of the first sample, seconds
        self.samples = samples
        self.steps = -(-samples // _HOP) + _BEFORE
        self._gain = loudness_gain(energy / max(1, samples))
        self._path = path
        self._blocks = self._mel_blocks()
        self._mel, self._from = np.empty((PCAVS.bands, 0), np.float32), 0

    @property
    def seconds(self) -> Fraction:
        """How long the sound lasts."""
        return Fraction(self.samples, _RATE)

    def window(self, start: int) -> FloatArray:
        """As `Mel.window`; a second back is kept."""
        while self._from + self._mel.shape[1] < min(start + SPEECH_WINDOW, self.steps):
            self._mel = np.concatenate([self._mel, next(self._blocks)], axis=1)
        surplus = min(start - _KEEP - self._from, self._mel.shape[1])
        if surplus > _BLOCK:
            self._mel, self._from = self._mel[:, surplus:].copy(), self._from + surplus
        return mel_window(self._mel, start - self._from, SPEECH_WINDOW, SILENCE)

    def _mel_blocks(self) -> Iterator[FloatArray]:
        """The mel in blocks of 400 steps: each from its own sound and the seven steps of sound before it."""
        held = np.zeros(_BEFORE * _HOP)  # silence before the sound
        for chunk in stream_audio(self._path, _RATE):
            held = np.concatenate([held, chunk.samples.astype(np.float64) * self._gain])
            while len(held) >= (_BEFORE + _BLOCK) * _HOP:
                yield loud_mel(held[: (_BEFORE + _BLOCK) * _HOP])[:, _BEFORE : _BEFORE + _BLOCK]
                held = held[_BLOCK * _HOP :]
        yield loud_mel(held)[:, _BEFORE:]


class StoredMel:
    """A spectrogram kept as a file, (M, 80) float32, as the original stores it."""

    def __init__(self, path: Path) -> None:
        """InputError: not such a file."""
        stored = read_array(path, "a spectrogram")
        if stored.ndim != 2 or stored.shape[1] != PCAVS.bands:
            remedy = f"give a .npy of shape (steps, {PCAVS.bands})"
            raise InputError(f"not a spectrogram of PC-AVS (shape {stored.shape})", path, remedy)
        self._mel, self.steps = np.ascontiguousarray(stored.T), len(stored)

    def window(self, start: int) -> FloatArray:
        """As `Mel.window`."""
        return mel_window(self._mel, start, SPEECH_WINDOW, SILENCE)


class SpeechWindows:
    """One window a picture, by a convention. count: pictures. lead: source pictures that the original leaves out."""

    def __init__(self, path: Path, convention: str, stored: Path | None = None) -> None:
        """path: the sound. stored: its spectrogram, instead of computing it. InputError: a sound below 0.2 s."""
        self.path, sound = path, SpeechMel(path)
        self.start, self.seconds = sound.start, sound.seconds
        self._mel: Mel = sound if stored is None else StoredMel(stored)
        self._clock = Timeline(TRAINING_FPS, hop_length=_HOP, convention=convention)
        if sound.seconds < SPEECH_WINDOW / self._clock.mel_rate:
            found = f"the sound lasts {float(sound.seconds):.2f} s, less than one window of 0.2 s"
            raise InputError(found, path, "give a longer sound")
        if self._clock.convention is Convention.PCAVS:
            self.count, self.lead = len(self._clock.speech_window_starts(self._mel.steps)), 2
        else:
            self.count, self.lead = self._clock.frame_count(sound.seconds), 0

    def time(self, picture: int) -> Fraction:
        """When a picture is shown, on the sound's clock."""
        return self.start + self._clock.frame_time(picture)

    def __iter__(self) -> Iterator[FloatArray]:
        """(80, 20) for each picture in order. To be walked once."""
        return (self._mel.window(self._clock.speech_window_start(picture)) for picture in range(self.count))
