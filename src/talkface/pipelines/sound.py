"""The driving sound as mel windows, streamed: a few seconds are held, however long it is."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from talkface.audio.mel import WAV2LIP, FloatArray, mel_spectrogram, mel_window
from talkface.media import Audio, stream_audio
from talkface.timeline import MEL_WINDOW, Timeline

_HOP = WAV2LIP.hop_length
_REACH = WAV2LIP.n_fft // 2  # samples on either side of a mel step that influence it
_CONTEXT = 4  # mel steps of sound kept before the next one: more than _REACH plus the sample that preemphasis needs
_BLOCK = 160  # mel steps computed at a time (2 s)
_KEEP = 80  # mel steps kept behind the last window asked for

_MIDDLE = Fraction(1, 50)
"""Seconds from the beginning of a frame to its middle at the training's 25 fps."""


@dataclass(frozen=True)
class Hearing:
    """Which mel steps a network hears for a frame. length: of its windows. start: first step by the frame's time.

    blended: whether windows pass into silence where nobody speaks, or the network's user does that itself.
    """

    length: int
    start: Callable[[Fraction], int]
    blended: bool = True


def _mouth_start(time: Fraction) -> int:
    return Timeline().mel_step_at(time + _MIDDLE) - MOUTH_WINDOW // 2


MOUTH_WINDOW = 69
"""Mel steps that the mouth model hears for a frame: its network's 63 and three more on either side to smooth over."""
WAV2LIP_HEARING = Hearing(MEL_WINDOW, Timeline().generator_window_at)
MOUTH_HEARING = Hearing(MOUTH_WINDOW, _mouth_start, blended=False)


class MelStream:
    """Mel steps of a sound as it is decoded. Equal to the mel of the whole sound. State: position in the sound.

    Windows must be asked for in growing order (a second back is kept).
    """

    def __init__(
        self, source: Path | Iterator[Audio], *, block: int = _BLOCK, hearing: Hearing = WAV2LIP_HEARING
    ) -> None:
        """source: a file (read from at once), or contiguous chunks at 16 kHz (not before they are needed).

        hearing: the windows that are asked for. block: mel steps computed at a time where more than the wanted ones are
        there. InputError for a file: missing, not media, no audio stream, no sample in it.
        """
        self._chunks = stream_audio(source, WAV2LIP.sample_rate) if isinstance(source, Path) else source
        self.hearing = hearing
        self._block, self.start = block, Fraction(0)  # start: presentation time of the first sample, seconds
        self._samples, self._samples_from = np.empty(0, np.float32), 0
        self._mel, self._mel_from = np.empty((WAV2LIP.bands, 0), np.float32), 0
        self.ended = False
        if isinstance(source, Path):
            first = next(self._chunks)
            self.start, self._samples = first.start, first.samples

    @property
    def received(self) -> int:
        """Samples at 16 kHz decoded so far."""
        return self._samples_from + len(self._samples)

    def lasts_beyond(self, time: Fraction) -> bool:
        """Whether there is sound after `time` (seconds since the first sample)."""
        while not self.ended and Fraction(self.received, WAV2LIP.sample_rate) <= time:
            self._receive()
        return Fraction(self.received, WAV2LIP.sample_rate) > time

    def shows(self, time: Fraction, step: Fraction) -> bool:
        """Whether a picture that begins at `time` and lasts `step` has at least half of it before the sound's end."""
        return self.lasts_beyond(time + step / 2)

    @property
    def known(self) -> int:
        """Mel steps computed so far; with `ended`, all there are."""
        return self._mel_from + self._mel.shape[1]

    def read_to(self, stop: int) -> None:
        """Decode until the steps before `stop` are known, or the sound ends."""
        while not self.ended and self.known < stop:
            self._receive()
            self._extend()

    def steps(self, start: int, stop: int) -> FloatArray:
        """(80, stop - start) known mel steps; those more than a second behind the last window are gone."""
        return self._mel[:, start - self._mel_from : stop - self._mel_from]

    def window(self, start: int, length: int = MEL_WINDOW) -> FloatArray:
        """(80, length) mel steps from `start`; silence (-4) before the sound begins and after it ends."""
        self.read_to(start + length)
        window = mel_window(self._mel, start - self._mel_from, length)
        surplus = min(start - _KEEP - self._mel_from, self._mel.shape[1])
        if surplus > _BLOCK:
            self._mel, self._mel_from = self._mel[:, surplus:].copy(), self._mel_from + surplus
        return window

    def window_at(self, time: Fraction) -> FloatArray:
        """The window of `hearing` for a frame `time` seconds after the first sample (exact convention)."""
        return self.window(self.hearing.start(time), self.hearing.length)

    def _receive(self) -> None:
        chunk = next(self._chunks, None)
        if chunk is None:
            self.ended = True
            self._extend()
            return
        self._samples = np.concatenate([self._samples, chunk.samples])

    def _extend(self) -> None:
        """Compute the mel steps whose sound is complete; at the end all that are left."""
        begin = self.known
        end = 1 + self.received // _HOP if self.ended else max(0, (self.received - _REACH) // _HOP + 1)
        if end <= begin or (end - begin < self._block and not self.ended):
            return
        first = max(0, begin - _CONTEXT)
        part = mel_spectrogram(self._samples[first * _HOP - self._samples_from :])
        self._mel = np.concatenate([self._mel, part[:, begin - first : end - first]], axis=1)
        keep = max(0, end - _CONTEXT) * _HOP - self._samples_from
        self._samples, self._samples_from = self._samples[keep:].copy(), self._samples_from + keep


def whole_mel(stream: MelStream) -> tuple[FloatArray, int]:
    """All mel steps of a sound (80, S) and its samples at 16 kHz (the wav2lip convention needs the count)."""
    parts: list[FloatArray] = []
    start = 0
    while stream.lasts_beyond(Fraction(start * _HOP, WAV2LIP.sample_rate)):
        parts.append(stream.window(start))
        start += MEL_WINDOW
    parts.append(stream.window(start))
    return np.concatenate(parts, axis=1)[:, : 1 + stream.received // _HOP], stream.received
