"""Augmentation, the same for all frames of a clip: it changes who speaks and the recording, never what is said."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

Pictures = npt.NDArray[np.uint8]
Mel = npt.NDArray[np.float32]


@dataclass(frozen=True)
class PictureTransform:
    """One draw of `PictureAugmentation`. matrix: (2, 3) packed picture → crop.

    levels: (256, 1, 3) byte table, None where no level changes.
    """

    matrix: npt.NDArray[np.float64]
    levels: Pictures | None
    gray: bool = False
    blur: float = 0.0

    def __call__(self, picture: Pictures, size: int) -> Pictures:
        """picture: (S, S, 3) uint8 RGB with surroundings. Returns the (size, size, 3) crop."""
        crop = self._move(picture, size)
        if self.gray:
            crop = np.asarray(cv2.cvtColor(cv2.cvtColor(crop, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)
        if self.blur > 0:
            crop = np.asarray(cv2.GaussianBlur(crop, (0, 0), self.blur), np.uint8)
        return crop if self.levels is None else np.asarray(cv2.LUT(crop, self.levels), np.uint8)

    def _move(self, picture: Pictures, size: int) -> Pictures:
        if self._corner is not None and max(self._corner) + size <= len(picture):
            left, top = self._corner
            return picture[top : top + size, left : left + size]
        warped = cv2.warpAffine(
            picture, self.matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )
        return np.asarray(warped, dtype=np.uint8)

    @cached_property
    def _corner(self) -> tuple[int, int] | None:
        """Left and top of the crop where it is cut out at whole pixels: nothing is resampled then."""
        left, top = -self.matrix[:, 2]
        whole = np.array_equal(self.matrix[:, :2], np.eye(2)) and left.is_integer() and top.is_integer()
        return (int(left), int(top)) if whole and min(left, top) >= 0 else None


@dataclass(frozen=True)
class PictureAugmentation:
    """Ranges of the random changes to a clip's pictures; all zero: the plain central crop.

    shift: fraction of the crop. scale: fraction. rotate: degrees. flip, gray, blur: probabilities. brightness,
    contrast, tint (each colour apart): fraction of full scale.
    """

    shift: float = 0.0
    scale: float = 0.0
    rotate: float = 0.0
    flip: float = 0.0
    gray: float = 0.0
    blur: float = 0.0
    brightness: float = 0.0
    contrast: float = 0.0
    tint: float = 0.0

    def draw(self, rng: np.random.Generator, *, size: int, context: float) -> PictureTransform:
        """size: side of the crop in pixels; the packed picture is `size * context` wide."""
        turn, scale = rng.uniform(-self.rotate, self.rotate), 1.0 + rng.uniform(-self.scale, self.scale)
        move = rng.uniform(-self.shift, self.shift, 2) * size
        centre = round(size * context) / 2 - 0.5
        matrix = np.asarray(cv2.getRotationMatrix2D((centre, centre), turn, scale), dtype=np.float64)
        matrix[:, 2] += move + (size / 2 - 0.5) - centre
        if rng.random() < self.flip:
            matrix[0] = -matrix[0]
            matrix[0, 2] += size - 1
        gain = 1.0 + rng.uniform(-self.contrast, self.contrast) + rng.uniform(-self.tint, self.tint, 3)
        lift = rng.uniform(-self.brightness, self.brightness) + rng.uniform(-self.tint, self.tint, 3) / 2
        ramp = np.linspace(-0.5, 0.5, 256)[:, None]
        levels = np.clip((ramp * gain + 0.5 + lift) * 255.0 + 0.5, 0, 255).astype(np.uint8)[:, None]
        recoloured = bool(self.brightness or self.contrast or self.tint)
        blur = rng.uniform(0.3, 1.2) if rng.random() < self.blur else 0.0
        gray = bool(rng.random() < self.gray)
        return PictureTransform(matrix, levels if recoloured else None, gray=gray, blur=blur)


@dataclass(frozen=True)
class MelAugmentation:
    """Ranges of the random changes to a clip's mel (80, S) in [-4, 4] (8 units are 100 dB); all zero: unchanged.

    gain: units. tilt: units, a smooth curve over the bands (another room or microphone). warp: fraction by which the
    bands are stretched (another vocal tract). floor: units by which a noise floor may rise above silence.
    masked_bands: most bands set to silence together (SpecAugment).
    """

    gain: float = 0.0
    tilt: float = 0.0
    warp: float = 0.0
    floor: float = 0.0
    masked_bands: int = 0

    def __call__(self, mel: Mel, rng: np.random.Generator) -> Mel:
        """Returns the changed (80, S) float32 array in [-4, 4]; `mel` itself where nothing may change."""
        if self == PLAIN_MEL:
            return mel
        bands = np.arange(len(mel), dtype=np.float64)
        stretched = bands * (1.0 + rng.uniform(-self.warp, self.warp))
        below = np.clip(stretched.astype(int), 0, len(mel) - 2)
        share = np.clip(stretched - below, 0.0, 1.0)[:, None].astype(np.float32)
        changed = mel[below] * (1 - share) + mel[below + 1] * share
        curve = np.interp(bands, np.linspace(0, len(mel) - 1, 4), rng.uniform(-self.tilt, self.tilt, 4))
        changed = changed + (curve + rng.uniform(-self.gain, self.gain))[:, None].astype(np.float32)
        changed = np.maximum(changed, -4.0 + rng.uniform(0, self.floor))
        width = int(rng.integers(0, self.masked_bands + 1))
        first = int(rng.integers(0, len(mel) - width + 1))
        changed[first : first + width] = -4.0
        return np.asarray(np.clip(changed, -4.0, 4.0), dtype=np.float32)


PLAIN_PICTURES, PLAIN_MEL = PictureAugmentation(), MelAugmentation()
