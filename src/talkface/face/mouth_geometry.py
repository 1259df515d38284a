"""The mouth model's frame of reference: how a face is laid into its crop, what is erased, and the drawn geometry maps.

A face is laid by points that speech does not move (eyes, nose), so a jaw that drops moves in the crop and the crop
does not move with it.
"""

from functools import cache

import cv2
import numpy as np
import numpy.typing as npt

from talkface.face.crop import Image
from talkface.face.detection import Points

FloatArray = npt.NDArray[np.float32]

WIDTH, HEIGHT = 96, 88
"""Pixels of the crop: the lower face, from the eyes' lower rim to below an open mouth's chin."""
CORNER = (16, 50)
"""Corner of the crop in a frame of 128 pixels in which the eyes' outer corners are 62 pixels apart at row 34."""

RIGID = (36, 39, 42, 45, 27, 28, 29, 31, 33, 35)
"""Of the 68: corners of the eyes, bridge and base of the nose."""
JAW, OUTER_LIPS, INNER_LIPS = range(17), range(48, 60), range(60, 68)

_TEMPLATE = (
    *((33.0, 33.5), (52.1, 34.2), (75.9, 34.2), (95.0, 33.5)),
    *((64.0, 30.0), (64.0, 40.0), (64.0, 49.6), (55.0, 62.6), (64.0, 65.1), (73.0, 62.6)),
)
"""Where they lie in that frame: the mean of 140 clips of people and their mirror images."""
_ERASED = ((28, 74), (50, 68), (64, 67), (78, 68), (100, 74), (106, 102), (97, 131), (31, 131), (22, 102))
_SOFT = 2.0  # pixels: standard deviation of the erased region's edge
_SHIFT = 4  # binary digits behind the point in OpenCV's coordinates
_STEPS = 4  # points on a curve between two landmarks


def template() -> FloatArray:
    """(10, 2) where `RIGID` lies in the crop, pixels."""
    return np.array(_TEMPLATE, np.float32) - np.array(CORNER, np.float32)


def lay(landmarks: Points) -> FloatArray:
    """(2, 3) float32 similarity, frame → crop pixels, from (68, 2) landmarks. Least squares (Umeyama 1991)."""
    given, wanted = landmarks[list(RIGID)].astype(np.float64), template().astype(np.float64)
    from_middle, to_middle = given.mean(0), wanted.mean(0)
    a, b = given - from_middle, wanted - to_middle
    u, d, v = np.linalg.svd(a.T @ b)
    turn = np.sign(np.linalg.det(u @ v))
    rotation = (u @ np.diag([1.0, turn]) @ v).T
    scale = float((d * [1.0, turn]).sum() / max((a**2).sum(), 1e-9))
    return np.concatenate([scale * rotation, (to_middle - scale * rotation @ from_middle)[:, None]], 1).astype(
        np.float32
    )


def zoomed(matrix: FloatArray, factor: float) -> FloatArray:
    """The same map into a crop `factor` times as large; pixel centres stay on pixel centres' places."""
    larger = matrix * np.float32(factor)
    larger[:, 2] += (factor - 1) / 2
    return larger


def framed(matrix: FloatArray) -> FloatArray:
    """The map into the whole frame of reference, 128 pixels wide, from the one into the crop."""
    larger = matrix.copy()
    larger[:, 2] += CORNER
    return larger


def scale_of(matrix: FloatArray) -> float:
    """Crop pixels per frame pixel of a similarity."""
    return float(np.sqrt(abs(np.linalg.det(matrix[:, :2].astype(np.float64)))))


def cut(image: Image, matrix: FloatArray, size: tuple[int, int]) -> Image:
    """(h, w, 3) uint8 crop of `size` = (h, w) that a (2, 3) map, frame → crop, takes from (H, W, 3) uint8.

    Beyond the frame its border goes on. Where a crop pixel covers several of the frame, they are averaged.
    """
    fine = max(1, round(1 / max(scale_of(matrix), 1e-3)))
    larger = (size[1] * fine, size[0] * fine)
    flags = cv2.INTER_LINEAR if fine > 1 else cv2.INTER_CUBIC
    crop = cv2.warpAffine(image, zoomed(matrix, fine), larger, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(crop if fine == 1 else cv2.resize(crop, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def transformed(points: Points, matrix: FloatArray) -> Points:
    """(..., 2) points through a (2, 3) affine map."""
    return np.asarray(points @ matrix[:, :2].T + matrix[:, 2], np.float32)


@cache
def erased_mask() -> FloatArray:
    """(88, 96) float32 in [0, 1]: 1 where the lower face is erased and made anew, soft at the edge, 0 on the rim."""
    mask = np.zeros((HEIGHT, WIDTH), np.float32)
    corners = np.array(_ERASED, np.float32) - np.array(CORNER, np.float32)
    cv2.fillPoly(mask, [np.round(corners).astype(np.int32)], 1.0)
    soft = np.asarray(cv2.GaussianBlur(mask, (0, 0), _SOFT), np.float32)
    soft.setflags(write=False)
    return soft


def geometry_maps(landmarks: Points, scale: float = 1.0) -> npt.NDArray[np.uint8]:
    """(88, 96, 3) uint8 maps of (68, 2) landmarks in crop pixels: lips, inner mouth, face.

    Lips filled; the inner mouth filled, its outline at half strength, so that a shut mouth has a line; all above the
    jaw's outline filled. scale: of the maps, for drawing larger ones.
    """
    size = (round(HEIGHT * scale), round(WIDTH * scale))
    lips, inner, line, face = (np.zeros(size, np.uint8) for _ in range(4))
    points = landmarks * scale
    mouth = _closed_curve(points[list(INNER_LIPS)])
    cv2.fillPoly(lips, [_fixed(_closed_curve(points[list(OUTER_LIPS)]))], 255, cv2.LINE_AA, _SHIFT)
    cv2.fillPoly(inner, [_fixed(mouth)], 255, cv2.LINE_AA, _SHIFT)
    cv2.polylines(line, [_fixed(mouth)], True, 127, 1, cv2.LINE_AA, _SHIFT)
    jaw = points[list(JAW)]
    above = np.array([[jaw[-1, 0], -99], [jaw[0, 0], -99]], np.float32)
    cv2.fillPoly(face, [_fixed(np.concatenate([jaw, above]))], 255, cv2.LINE_AA, _SHIFT)
    return np.stack([lips, np.maximum(inner, line), face], 2)


def _closed_curve(points: Points) -> FloatArray:
    """A Catmull-Rom curve through (P, 2) points in order and back to the first: (4 P, 2)."""
    before, after, later = np.roll(points, 1, 0), np.roll(points, -1, 0), np.roll(points, -2, 0)
    t = (np.arange(_STEPS) / _STEPS)[:, None, None]
    curve = 0.5 * (
        2 * points
        + (after - before) * t
        + (2 * before - 5 * points + 4 * after - later) * t**2
        + (3 * points - before - 3 * after + later) * t**3
    )
    return np.asarray(curve.transpose(1, 0, 2).reshape(-1, 2), np.float32)


def _fixed(points: FloatArray) -> npt.NDArray[np.int32]:
    return np.asarray(np.round(points * 2**_SHIFT), np.int32).reshape(-1, 1, 2)
