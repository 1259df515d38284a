"""Small folders of labelled pictures for tests: drawn moments of one seed."""

from functools import lru_cache
from pathlib import Path

from talkface.drawn.cartoon import draw_moment
from talkface.labelled import LabelledPicture, write_labelled


@lru_cache(maxsize=64)
def drawn(number: int) -> LabelledPicture:
    image, boxes, landmarks = draw_moment(number, seed=5)
    return LabelledPicture(image, boxes, landmarks, "val" if number % 4 == 0 else "train")


def make_labels(folder: Path, count: int = 12) -> Path:
    """A folder of the first `count` moments, every fourth of the split val."""
    return write_labelled(folder, (drawn(number) for number in range(count)), {"made": "for a test"})
