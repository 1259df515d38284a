"""Alignment to PC-AVS's template: three points of a face, one similarity a clip, 224x224 crops. Source: the original's
preparation of pictures that are not cropped like VoxCeleb2.

The three points are the middle of each eye and the middle of the mouth. From 68 landmarks these are the means of 36-41,
42-47 and 60-67, as in the original. From a detector's five points the two eyes themselves and the point half-way
between the corners of the mouth stand for them.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from talkface.errors import InputError
from talkface.face.crop import Image, Mask, blend

FloatArray = NDArray[np.float64]
Matrix = NDArray[np.float64]

ALIGNED_SIDE = 224
"""Pixels: side of an aligned crop, and of every picture of PC-AVS."""
TEMPLATE: FloatArray = np.array([[87.0, 59.0], [137.0, 59.0], [112.0, 120.0]])
"""(3, 2): where the picture's left eye, its right eye and the mouth lie in an aligned crop."""
_KEPT = 0.2  # share of the previous frame's shift in a frame's shift
_SEEN = (slice(0, 192), slice(16, 208))  # rows and columns of an aligned crop that the networks see
_GROUPS = (slice(36, 42), slice(42, 48), slice(60, 68))  # of 68 landmarks: left eye, right eye, inner lips


def three_points(points: NDArray[np.floating]) -> FloatArray:
    """(3, 2) float64: left eye, right eye, mouth, from 68 landmarks (68, 2) or five points (5, 2); pixels.

    InputError: another number of points.
    """
    marks = np.asarray(points, dtype=np.float64)
    if marks.shape == (68, 2):
        return np.stack([marks[group].mean(axis=0) for group in _GROUPS])
    if marks.shape == (5, 2):
        return np.stack([marks[0], marks[1], marks[3:5].mean(axis=0)])
    raise InputError("not the points of a face", f"shape {marks.shape}", "give 68 landmarks or five points")


def interpolate_points(points: FloatArray, seen: NDArray[np.bool_]) -> FloatArray:
    """(T, 3, 2) without gaps: rows where `seen` (T,) is false lie on straight lines between their seen neighbours.

    Before the first and after the last sighting the nearest one holds. ValueError: no frame was seen.
    """
    if not seen.any():
        raise ValueError("no frame shows a face")
    known, frames = np.flatnonzero(seen), np.arange(len(points))
    columns = points.reshape(len(points), -1).T
    filled = [np.interp(frames, known, column[known]) for column in columns]
    return np.stack(filled, axis=1).reshape(points.shape)


def similarity(source: FloatArray, target: FloatArray) -> Matrix:
    """(2, 3): the turn, size and shift that bring `source` (N, 2) closest to `target` (N, 2) in the least squares.

    Source: Umeyama 1991, "Least-squares estimation of transformation parameters between two point patterns", eq. 40-42.
    InputError: all points of `source` in one place.
    """
    source_mean, target_mean = source.mean(axis=0), target.mean(axis=0)
    source_offset, target_offset = source - source_mean, target - target_mean
    variance = (source_offset**2).sum() / len(source)
    if variance <= 0:
        raise InputError("the points of the face coincide", source_mean.tolist(), "give a picture with a larger face")
    left, values, right = np.linalg.svd(target_offset.T @ source_offset / len(source))
    signs = np.array([1.0, 1.0 if np.linalg.det(left) * np.linalg.det(right) > 0 else -1.0])  # a turn, never a mirror
    turn = (left * signs) @ right
    scaled = (values * signs).sum() / variance * turn
    return np.column_stack([scaled, target_mean - scaled @ source_mean])


def transform_points(points: ArrayLike, matrix: Matrix) -> FloatArray:
    """Points (..., 2) under a (2, 3) matrix."""
    return np.asarray(np.asarray(points, np.float64) @ matrix[:, :2].T + matrix[:, 2])


def even_places(points: FloatArray) -> FloatArray:
    """(3, 2): places for three points that a similarity reaches exactly, each equally far from its place in TEMPLATE.

    points: (3, 2), of a face in the mean. No other turn, size and shift brings the farthest of the three points nearer.
    As complex numbers, what a similarity makes of the points satisfies one linear equation, whose coefficients are the
    triangle's sides; the template misses it by `missing`, and the correction of least maximum is spread evenly.
    """
    source, target = (places @ [1, 1j] for places in (points, TEMPLATE))
    sides = np.roll(source, -1) - np.roll(source, -2)  # sides @ (a * source + b) == 0 for all a, b
    missing, length = sides @ target, np.abs(sides).sum()
    placed = target - (missing / length if length else 0) * np.exp(-1j * np.angle(sides))
    return np.stack([placed.real, placed.imag], axis=1)


def clip_alignment(points: FloatArray, *, even: bool = True) -> Matrix:
    """(T, 2, 3): the alignment of every frame of a clip, frame → aligned crop, from its three points (T, 3, 2).

    Turn and size are fitted once, to the mean of the points over the clip (fitting each frame makes the picture zoom,
    and takes the head's own turning away); only the shift follows the mouth, four fifths at once and the rest one frame
    later. even: a face whose proportions are not the template's is put as near to it as can be (`even_places`); False:
    its mouth is put on the template and its eyes take all of the difference, as the original does.
    """
    mean = points.mean(axis=0)
    places = even_places(mean) if even else TEMPLATE
    matrix = similarity(mean, places)
    shifts = places[2] - transform_points(points[:, 2], matrix)
    result = np.repeat(matrix[None], len(points), axis=0)
    shift = shifts[0]
    for frame in range(len(points)):
        shift = shifts[frame] if frame == 0 else _KEPT * shift + (1 - _KEPT) * shifts[frame]
        result[frame, :, 2] += shift
    return result


def marks_alignment(marks: NDArray[np.floating]) -> Matrix | None:
    """`clip_alignment` of a clip's 68 landmarks or five points (T, 68 or 5, 2), NaN where not found; None: nowhere."""
    seen = np.asarray(np.isfinite(marks).all(axis=(1, 2)), bool)
    if not seen.any():
        return None
    return clip_alignment(interpolate_points(np.stack([three_points(each) for each in marks]), seen))


def align_face(image: Image, matrix: Matrix) -> Image:
    """(224, 224, 3) uint8: the picture (H, W, 3) uint8 under `matrix` (2, 3), bilinear, black outside the picture.

    As the original for faces up to twice the template's size; larger ones are averaged, so that they do not alias.
    """
    scale = float(np.sqrt(abs(np.linalg.det(matrix[:, :2]))))
    count = max(1, min(8, int(1 / scale)))
    fine = matrix * count
    fine[:, 2] += (count - 1) / 2  # pixel centres
    side = ALIGNED_SIDE * count
    warped = cv2.warpAffine(image, fine, (side, side), flags=cv2.INTER_LINEAR)
    if count > 1:
        warped = cv2.resize(warped, (ALIGNED_SIDE, ALIGNED_SIDE), interpolation=cv2.INTER_AREA)
    return np.asarray(warped, np.uint8)


def picture_crop(aligned: Image) -> Image:
    """(224, 224, 3) uint8: what the networks see of an aligned crop (rows 0-191, columns 16-207), enlarged.

    InputError: the picture is not 224x224.
    """
    if aligned.shape[:2] != (ALIGNED_SIDE, ALIGNED_SIDE):
        found = f"{aligned.shape[1]}x{aligned.shape[0]} pixels"
        raise InputError("not an aligned crop", found, f"give pictures of {ALIGNED_SIDE}x{ALIGNED_SIDE}, or align them")
    return np.asarray(cv2.resize(aligned[_SEEN], (ALIGNED_SIDE, ALIGNED_SIDE)), np.uint8)


def picture_alignment(matrix: Matrix) -> Matrix:
    """(2, 3): frame → what the networks see, that is `matrix` (frame → aligned crop) followed by `picture_crop`.

    Pixel centres: crop coordinate x of the aligned crop becomes (x - left + 0.5) * scale - 0.5, as resizing does.
    """
    rows, columns = _SEEN
    scale = ALIGNED_SIDE / np.array([columns.stop - columns.start, rows.stop - rows.start], np.float64)
    result = matrix * scale[:, None]
    result[:, 2] += (0.5 - np.array([columns.start, rows.start])) * scale - 0.5
    return result


def paste_aligned(image: Image, made: Image, matrix: Matrix, mask: Mask) -> Image:
    """A copy of the picture with `made` laid back where `matrix` took it from, weighted by `mask`.

    image: (H, W, 3) uint8. made: (h, w, 3) uint8. matrix: (2, 3), picture → made (`picture_alignment`). mask: (h, w)
    float32 in [0, 1]. Pixels whose weight is zero keep their value bit for bit.
    """
    rows, columns = _covered(made.shape, matrix, image.shape)
    size = (columns.stop - columns.start, rows.stop - rows.start)
    if min(size) <= 0:
        return image.copy()
    inside = matrix.copy()
    inside[:, 2] += matrix[:, :2] @ [columns.start, rows.start]
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    pasted = cv2.warpAffine(made, inside, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    weight = cv2.warpAffine(mask, inside, size, flags=flags)
    result = image.copy()
    result[rows, columns] = blend(image[rows, columns], np.asarray(pasted, np.uint8), np.asarray(weight, np.float32))
    return result


def _covered(made: Sequence[int], matrix: Matrix, image: Sequence[int]) -> tuple[slice, slice]:
    """Rows and columns of a picture of shape `image` that a crop of shape `made` may touch."""
    inverse = np.linalg.inv(np.vstack([matrix, [0, 0, 1]]))[:2]
    corners = transform_points([(x, y) for x in (0, made[1] - 1) for y in (0, made[0] - 1)], inverse)
    low, high = np.floor(corners.min(axis=0)), np.ceil(corners.max(axis=0)) + 1
    bounds = np.array([image[1], image[0]])
    left, top = (int(v) for v in np.clip(low, 0, bounds))
    right, bottom = (int(v) for v in np.clip(high, 0, bounds))
    return slice(top, max(top, bottom)), slice(left, max(left, right))


def has_aligned_size(shape: Sequence[int]) -> bool:
    """Whether a picture of this (H, W, ...) has the size of an aligned crop."""
    return tuple(shape[:2]) == (ALIGNED_SIDE, ALIGNED_SIDE)
