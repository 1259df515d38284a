"""Clips that know themselves: frames carry their number in black and white bits."""

from collections.abc import Callable, Iterable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from talkface.media import Audio, VideoWriter

BITS, CELL = 10, 16


def numbered_image(number: int, width: int = BITS * CELL, height: int = 48) -> np.ndarray:
    """(height, width, 3) uint8: a colour ramp with `number` as a row of 10 cells along the top, lowest bit first."""
    rows, columns = np.mgrid[:height, :width]
    image = np.stack([columns * 255 // width, rows * 255 // height, np.full_like(rows, 90)], axis=2).astype(np.uint8)
    for bit in range(BITS):
        image[:CELL, bit * CELL : (bit + 1) * CELL] = 255 if number >> bit & 1 else 0
    return image


def read_number(image: np.ndarray) -> int:
    """The number drawn by `numbered_image`."""
    cells = image[4 : CELL - 4, : BITS * CELL].mean(axis=(0, 2)).reshape(BITS, CELL)[:, 4:-4].mean(axis=1)
    return int(sum(1 << bit for bit in range(BITS) if cells[bit] > 127))


@pytest.fixture
def number_of() -> Callable[[np.ndarray], int]:
    return read_number


@pytest.fixture
def numbered() -> Callable[..., np.ndarray]:
    return numbered_image


@pytest.fixture
def write_clip(tmp_path: Path) -> Callable[..., Path]:
    """write_clip(name, frames, fps, timestamps=None, audio=None, width=160, height=48, **options) -> path."""

    def write(
        name: str,
        frames: int,
        fps: Fraction,
        *,
        timestamps: Iterable[Fraction] | None = None,
        audio: Audio | None = None,
        width: int = BITS * CELL,
        height: int = 48,
        **options: object,
    ) -> Path:
        path = tmp_path / name
        times = list(timestamps) if timestamps is not None else [None] * frames
        with VideoWriter(
            path, width=width, height=height, fps=fps, audio=audio, preset="ultrafast", **options
        ) as writer:
            for number, time in zip(range(frames), times, strict=True):
                writer.write(numbered_image(number, width, height), time)
        return path

    return write


@pytest.fixture
def torture() -> Path:
    """The folder of broken and unusual inputs; tests that need it skip where it is absent."""
    folder = Path(__file__).parents[2].parent / "shared" / "data" / "torture"
    if not folder.exists():
        pytest.skip("the shared research input is absent")
    return folder
