"""Several folders of labelled pictures as one set to draw from."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from talkface.drawn.draw import Draw
from talkface.errors import InputError
from talkface.labelled import LabelledPicture, LabelledPictures


class LabelledSet:
    """Pictures of one split. A folder is drawn from as often as the square root of its size, so that small ones (real

    films) are not lost beside large ones (drawn).
    """

    def __init__(self, folders: Sequence[Path | str], split: str, *, seed: int = 0, points: bool = False) -> None:
        """points: only pictures in which a face's landmarks are known. InputError: nothing to draw from."""
        self.purpose = f"{split} {seed}"
        self.folders = [LabelledPictures(folder) for folder in folders]
        self._numbers = [_usable(folder, split, points) for folder in self.folders]
        if not sum(map(len, self._numbers)):
            raise InputError(f"no labelled picture in split '{split}'", list(map(str, folders)), "label more clips")
        shares = np.sqrt([len(numbers) for numbers in self._numbers])
        self._until = np.cumsum(shares / shares.sum())

    def __len__(self) -> int:
        return sum(map(len, self._numbers))

    def draw(self, draw: Draw) -> LabelledPicture:
        """Any picture."""
        chosen = min(int(np.searchsorted(self._until, draw.between(0, 1), side="right")), len(self.folders) - 1)
        numbers = self._numbers[chosen]
        return self.folders[chosen][int(numbers[int(draw.between(0, len(numbers)))])]


def _usable(folder: LabelledPictures, split: str, points: bool) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    numbers = folder.numbers(split)
    if not points:
        return numbers
    known = np.unique(folder.owners[np.isfinite(folder.landmarks).all(axis=(1, 2))])
    return np.intersect1d(numbers, known)
