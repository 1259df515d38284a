"""Distortion of a clip's faces that hides who it is and keeps pose and mouth: what PC-AVS's motion encoder trains on.

Source: face_augmentation of PC-AVS (the published one): colour, then shape, then blur or sharpening.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Pictures = npt.NDArray[np.uint8]

SIZE = 224
MEDIANS = (3, 5, 7, 9)
SHARPEN = np.array([[-1, -1, -1], [-1, 9, -1], [-1, -1, -1]], dtype=np.float32)


@dataclass(frozen=True)
class FaceTransform:
    """One draw for the frames of a clip. Lengths in pixels of a 224 × 224 picture; smaller ones get them to scale.

    gain: factor of the colour channels first … end - 1. taller: whether the face becomes taller (False: wider), by
    `squeeze` on each side; margin: what is kept beyond it. slant: how far the corners of one horizontal edge move
    inwards. pull: distance beyond the picture at which the corners are taken. medians: size of each frame's median
    filter; none at all: sharpened instead.
    """

    gain: float
    first: int
    end: int
    taller: bool
    squeeze: int
    margin: int
    slant: int
    pull: int
    medians: tuple[int, ...] = ()

    def __call__(self, frames: Sequence[Pictures]) -> list[Pictures]:
        """frames: T pictures (S, S, 3) uint8, RGB or BGR; T must be the number drawn for. Returns as many."""
        shaped = [self.reshape(self.colour(frame)) for frame in frames]
        if not self.medians:
            return [_sharpened(frame) for frame in shaped]
        pairs = [(frame, _odd(size * len(frame) / SIZE)) for frame, size in zip(shaped, self.medians, strict=True)]
        return [np.asarray(cv2.medianBlur(frame, size), dtype=np.uint8) for frame, size in pairs]

    def colour(self, frame: Pictures) -> Pictures:
        """Some channels brighter or darker."""
        table = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=1)  # a look-up: each level is computed once
        brighter = np.clip(np.arange(256) * self.gain, 0, 255).astype(np.uint8)
        table[:, self.first : self.end] = brighter[:, None]
        return np.asarray(cv2.LUT(frame, table[None]), dtype=np.uint8)

    def reshape(self, frame: Pictures) -> Pictures:
        """Stretched along one axis, then seen in perspective. (S, S, 3) → same."""
        side = len(frame)
        if self.taller:
            stretched = self.stretch(frame)
        else:
            stretched = self.stretch(frame.transpose(1, 0, 2)).transpose(1, 0, 2)
        matrix = self.perspective(len(stretched), side)
        warped = cv2.warpPerspective(
            np.ascontiguousarray(stretched), matrix, (side, side), borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(warped, dtype=np.uint8)

    def stretch(self, frame: Pictures) -> Pictures:
        """Narrower and taller, mirrored at the sides: (S, S, 3) → (n, n, 3), n = S + 2 · margin."""
        size = len(frame)
        squeeze, margin = (round(length * size / SIZE) for length in (self.squeeze, self.margin))
        resized = cv2.resize(np.ascontiguousarray(frame), (size - 2 * squeeze, size + 2 * squeeze))
        side, top = squeeze + margin, squeeze - margin
        padded = cv2.copyMakeBorder(resized, 0, 0, side, side, cv2.BORDER_REFLECT)
        return np.asarray(padded[top : top + size + 2 * margin], dtype=np.uint8)

    def perspective(self, size: int, side: int = SIZE) -> npt.NDArray[np.float64]:
        """(3, 3) matrix that takes a `size` × `size` picture to one whose one horizontal edge is narrower or wider.

        side: of the pictures that are distorted, by which lengths are scaled.
        """
        pull, slant = self.pull * side / SIZE, self.slant * side / SIZE
        low, high = -pull, size + pull
        corners = np.array([[low, low], [low, high], [high, low], [high, high]], np.float32)
        moved = corners + np.array([[0, 0], [slant, 0], [0, 0], [-slant, 0]], np.float32)
        return np.asarray(cv2.getPerspectiveTransform(corners, moved), dtype=np.float64)


def _sharpened(frame: Pictures) -> Pictures:
    """Stronger in what neighbouring pixels differ by, for pictures below 224 only as much as shows once one is reduced.

    The kernel itself on pictures of 64 drowns the mouth: its shape could not be learnt from them.
    """
    sharp = np.asarray(cv2.filter2D(frame, -1, SHARPEN), dtype=np.uint8)
    share = min(1.0, (len(frame) / SIZE) ** 2)
    return sharp if share == 1 else np.asarray(cv2.addWeighted(sharp, share, frame, 1 - share, 0), dtype=np.uint8)


def _odd(length: float) -> int:
    """The odd number nearest to `length`, at least 1."""
    return max(1, 2 * round((length - 1) / 2) + 1)


def draw_face_transform(rng: np.random.Generator, frames: int) -> FaceTransform:
    """One transform for a clip of `frames` pictures, with the original's ranges in the original's order."""
    gain, first = float(rng.uniform(0.3, 1.6)), int(rng.integers(0, 2))
    end = int(rng.integers(first + 1, 4))
    taller, squeeze = bool(rng.integers(0, 2)), int(rng.integers(15, 25))
    margin = int(rng.integers(0, squeeze // 2))
    slant = int(rng.integers(20, 30)) * (-1) ** int(rng.integers(2))
    pull = int(rng.integers(20, 40)) * (-1) ** int(rng.integers(2))
    medians = tuple(int(x) for x in rng.choice(MEDIANS, frames)) if rng.integers(0, 2) else ()
    return FaceTransform(gain, first, end, taller, squeeze, margin, slant, pull, medians)
