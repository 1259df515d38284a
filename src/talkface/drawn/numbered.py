"""Test pictures that know themselves: frames that carry their number, flashes that fall together with clicks.

The number is written as a row of large black and white cells, which survives compression and scaling.
"""

from collections.abc import Iterator
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from talkface.drawn.shapes import Image
from talkface.timeline import Timeline

BITS = 16
"""Bits of a number; with the parity bit behind them there are 17 cells."""

_CELLS = BITS + 1
_STRIP = 8  # the strip's height is the picture's divided by this


def number_frame(image: Image, number: int) -> Image:
    """A copy of (H, W, 3) uint8 with `number` (0 to 65535) in a strip along its top; ValueError outside that range.

    The strip holds 17 cells over the whole width, lowest bit first, white for 1; the last makes the count of ones even.
    """
    if not 0 <= number < 1 << BITS:
        raise ValueError(f"a frame's number has {BITS} bits, got {number}")
    height, width = image.shape[:2]
    bits = [number >> bit & 1 for bit in range(BITS)]
    numbered = image.copy()
    strip = numbered[: max(2, height // _STRIP)]
    for cell, bit in enumerate([*bits, sum(bits) % 2]):
        strip[:, cell * width // _CELLS : (cell + 1) * width // _CELLS] = 235 * bit + 10
    return numbered


def read_number(image: Image) -> int | None:
    """The number in a picture made by `number_frame`, of any size, recompressed; None when its parity is wrong."""
    height, width = image.shape[:2]
    rows = max(2, height // _STRIP)
    strip = image[rows // 4 : max(rows // 4 + 1, rows * 3 // 4)].astype(np.float64).mean(axis=(0, 2))
    middles = (np.arange(_CELLS) + 0.5) * width / _CELLS
    reach = width / _CELLS / 4
    means = [strip[int(x - reach) : max(int(x - reach) + 1, int(x + reach))].mean() for x in middles]
    bits = [int(mean > 127) for mean in means]
    if sum(bits) % 2:
        return None
    return sum(bit << place for place, bit in enumerate(bits[:BITS]))


def numbered_clip(frames: int, *, size: int | tuple[int, int] = (144, 256), first: int = 0) -> Iterator[Image]:
    """`frames` pictures (H, W, 3) uint8 RGB numbered from `first`; below the strip a wheel turns and colours change."""
    height, width = (size, size) if isinstance(size, int) else size
    for number in range(first, first + frames):
        image: Image = np.full((height, width, 3), (60, 90 + number * 5 % 100, 140), np.uint8)
        angle = number * 0.21
        middle, reach = np.array([width / 2, height * 0.58]), 0.3 * min(height, width)
        tip = middle + reach * np.array([np.cos(angle), np.sin(angle)])
        cv2.circle(image, _corner(middle), round(reach), (220, 210, 190), -1, cv2.LINE_AA)
        cv2.line(image, _corner(middle), _corner(tip), (170, 40, 50), max(1, height // 40), cv2.LINE_AA)
        yield number_frame(image, number)


def flash_frames(
    frames: int, fps: Fraction, *, every: Fraction = Fraction(1), size: int | tuple[int, int] = (144, 256)
) -> Iterator[Image]:
    """Dark pictures; the frame on screen at each multiple of `every` seconds is white. Goes with `click_samples`."""
    height, width = (size, size) if isinstance(size, int) else size
    flashes = _flash_frames(frames, Fraction(fps), every)
    for frame in range(frames):
        yield np.full((height, width, 3), 235 if frame in flashes else 25, np.uint8)


def click_samples(
    frames: int, fps: Fraction, *, every: Fraction = Fraction(1), sample_rate: int = 16000
) -> NDArray[np.float32]:
    """(N,) float32 mono, as long as `frames`: a click of 5 ms begins exactly with each flash of `flash_frames`."""
    clock = Timeline(Fraction(fps), sample_rate=sample_rate)
    samples = np.zeros(clock.sample_of_frame(frames), np.float32)
    count = clock.sample_at(Fraction(5, 1000))
    click = (0.8 * (-1.0) ** (np.arange(count) // max(1, sample_rate // 4000))).astype(np.float32)
    for frame in _flash_frames(frames, clock.fps, every):
        start = clock.sample_of_frame(frame)
        part = samples[start : start + count]
        part[:] = click[: len(part)]
    return samples


def _flash_frames(frames: int, fps: Fraction, every: Fraction) -> set[int]:
    """Frames at the multiples of `every` but the first one, 0: decoders treat the first frame specially."""
    clock = Timeline(fps)
    last = clock.frame_time(frames)
    return {clock.frame_at(every * n) for n in range(1, int(last / every) + 1)} & set(range(frames))


def _corner(point: NDArray[np.float64]) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))
