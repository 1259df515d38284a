"""Soft masks for pasting crops back, and the colour match that goes with them. All in the crop's own pixels."""

import cv2
import numpy as np
from numpy.typing import NDArray

from talkface.face.crop import Image, Mask

_UNPAINTED = 6  # grey levels of a difference that nobody sees
_AROUND = 5  # pixels by which a painted area is widened, and its edge softened


def feather_mask(height: int, width: int, *, feather: float = 0.1) -> Mask:
    """1 inside, falling smoothly to exactly 0 in the outermost pixels over `feather` of each side.

    Returns (height, width) float32.
    """
    ramp = (feather, feather)
    return rectangle_mask(height, width, rows=(0.0, 1.0), columns=(0.0, 1.0), row_feather=ramp, column_feather=ramp)


def mouth_paste_mask(
    height: int, width: int, *, rows: tuple[float, float] = (0.45, 0.97), columns: tuple[float, float] = (0.08, 0.92)
) -> Mask:
    """Covers mouth, jaw and cheeks of a Wav2Lip crop with a soft, round-cornered rectangle.

    rows, columns: where the mask reaches zero, as fractions of the crop. The generator draws the whole crop, yet only
    its lower half is new; leaving the rest of the frame as it was keeps eyes and background sharp and shows no box
    edge. The lower ramp is the shortest: the chin lies at nine tenths of the crop and must come from one picture.
    Returns (height, width) float32 in [0, 1].
    """
    return rectangle_mask(
        height, width, rows=rows, columns=columns, row_feather=(0.15, 0.1), column_feather=(0.16, 0.16)
    )


def rectangle_mask(
    height: int,
    width: int,
    *,
    rows: tuple[float, float],
    columns: tuple[float, float],
    row_feather: tuple[float, float],
    column_feather: tuple[float, float],
) -> Mask:
    """Product of two smooth-step ramps: 1 in the middle, 0 outside `rows` x `columns` and on the crop's border.

    All are fractions of the crop. row_feather, column_feather: lengths of the rising and of the falling ramp.
    Returns (height, width) float32 in [0, 1].
    """
    vertical, horizontal = _ramp(height, *rows, row_feather), _ramp(width, *columns, column_feather)
    return np.asarray(vertical[:, None] * horizontal[None, :], dtype=np.float32)


def match_color(crop: Image, target: Image, ring: Mask) -> Image:
    """`crop` shifted and scaled per channel so that its mean and deviation inside `ring` equal those of `target`.

    crop, target: (h, w, 3) uint8; ring: (h, w) float32 weights >= 0 over pixels that should look alike in both (the
    border of the paste mask). The gain is held in [0.8, 1.25], so that a moving mouth cannot bleach a face. Returns
    (h, w, 3) uint8.
    """
    if float(ring.sum()) <= 0:
        return crop
    have_mean, have_deviation = _statistics(crop, ring)
    want_mean, want_deviation = _statistics(target, ring)
    gain = np.clip(want_deviation / np.maximum(have_deviation, 1e-3), 0.8, 1.25)
    matched = (crop.astype(np.float32) - have_mean) * gain + want_mean
    return np.asarray(np.rint(matched.clip(0, 255)), dtype=np.uint8)


def painted_mask(made: Image, given: Image) -> Mask:
    """(h, w) float32 in [0, 1]: 1 where `made` is not as `given`, falling to 0 over the next pixels.

    made, given: (h, w, 3) uint8. Of a picture that was painted over, the rest stays as sharp as it was.
    """
    differs = (cv2.absdiff(made, given).max(axis=2) > _UNPAINTED).astype(np.float32)
    around = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (_AROUND, _AROUND))
    return np.asarray(cv2.blur(cv2.dilate(differs, around), (_AROUND // 2 + 1,) * 2), np.float32)


def mask_ring(mask: Mask) -> Mask:
    """Weights that peak where a paste mask is half transparent, that is where a colour step would show: (h, w) in [0,
    1].
    """
    return np.asarray(4 * mask * (1 - mask), dtype=np.float32)


def _ramp(length: int, low: float, high: float, feather: tuple[float, float]) -> NDArray[np.float32]:
    """Smooth-step up from `low` and down to `high` over pixel centres of an axis of `length`; 0 in the outermost
    pixels.
    """
    center = (np.arange(length, dtype=np.float32) + 0.5) / length
    up = (center - max(low, 0.5 / length)) / max(feather[0], 1e-6)
    down = (min(high, 1 - 0.5 / length) - center) / max(feather[1], 1e-6)
    rise = np.clip(np.minimum(up, down), 0, 1)
    return np.asarray(rise * rise * (3 - 2 * rise), dtype=np.float32)


def _statistics(image: Image, weights: Mask) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weighted mean and standard deviation of each channel: (3,), (3,)."""
    counts = weights > 0
    share, values = weights[counts] / weights.sum(), image[counts].astype(np.float32)
    mean = share @ values
    return mean, np.sqrt(share @ np.square(values - mean))
