"""Several folders of labelled mouth clips as one set, and the odds by which clips are sampled from it."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from torch.utils.data import Dataset

from talkface.errors import InputError
from talkface.mouth_clips import MouthClips, MouthLabels, MouthRow

Floats = NDArray[np.float32]
LEAST_FRAMES = 12
"""Clips in which the face is known in fewer frames are left out."""


@dataclass(frozen=True)
class MouthOdds:
    """How often clips are sampled.

    balance: 0 samples clips alike, 1 speakers alike. lengths: exponent of the clip's known frames, of which `most`
    count. sharp: exponent by which clips whose faces are smaller than their crops fall behind; they teach blur.
    """

    balance: float = 0.5
    lengths: float = 0.7
    most: int = 120
    sharp: float = 0.0

    def of(self, rows: Sequence[MouthRow]) -> NDArray[np.float64]:
        """(C,) odds, their sum 1."""
        count = Counter(row.speaker for row in rows)
        frames = np.array([min(row.seen, self.most) for row in rows], np.float64)
        speakers = np.array([count[row.speaker] for row in rows], np.float64)
        small = np.array([max(1.0, row.scale / _NATIVE) for row in rows])
        weights = frames**self.lengths * speakers**-self.balance * small**-self.sharp
        return np.asarray(weights / weights.sum(), np.float64)


_NATIVE = 1.2  # pixels of the crop for one of the frame, up to which nothing is lost


class MouthSet:
    """Clips of one split. Each is a reader and a number in it."""

    def __init__(
        self,
        folders: Sequence[Path | str],
        split: str,
        odds: MouthOdds,
        *,
        wanted: Callable[[MouthRow], bool] = lambda row: True,
        lack: str = "label more clips",
    ) -> None:
        """wanted: which rows are used. lack: what to do where there are none. InputError: nothing to sample from."""
        self.readers = [MouthClips(folder) for folder in folders]
        self.clips = [
            (reader, number)
            for reader in self.readers
            for number, row in enumerate(reader.rows)
            if row.split == split and row.seen >= LEAST_FRAMES and wanted(row)
        ]
        if not self.clips:
            raise InputError(f"no usable mouth clip in split '{split}'", list(map(str, folders)), lack)
        self.rows = [reader.rows[number] for reader, number in self.clips]
        self._until = np.cumsum(odds.of(self.rows))

    def sample(self, rng: np.random.Generator) -> tuple[MouthClips, int]:
        """A clip, by the odds."""
        return self.clips[min(int(np.searchsorted(self._until, rng.random(), side="right")), len(self.clips) - 1)]

    def labels(self, place: int) -> MouthLabels:
        """Of clip `place` of this set."""
        reader, number = self.clips[place]
        return reader.labels(number)


Row_co = TypeVar("Row_co", covariant=True)


class MouthItems(Dataset[Row_co]):
    """Item number → one row of a batch, a pure function of (seed, number). Subclasses make the row."""

    def __init__(self, clips: MouthSet, *, seed: int = 0, length: int | None = None, plain: bool = False) -> None:
        """plain: as the clips are, nothing degraded. length: of a fixed validation set."""
        self.clips, self.seed, self.length, self.plain = clips, seed, length, plain

    def __len__(self) -> int:
        if self.length is None:
            raise TypeError("an endless training set has no length")
        return self.length

    def rng(self, item: int) -> np.random.Generator:
        """The item's own random numbers."""
        return np.random.default_rng((self.seed, item))
