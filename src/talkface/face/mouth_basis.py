"""Which shapes mouths take: the basis found from labelled clips, and the coefficients of their frames in it.

Landmarks with depth are turned, scaled and moved so that eyes and nose lie as in a mean face; what is left is the
face's shape. Of a clip's shapes the mean, with the lips brought together along the way they usually part, is the shut
mouth of that person; what frames add to it is what coefficients tell.
"""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from talkface.errors import InputError
from talkface.face.mouth_geometry import RIGID, FloatArray
from talkface.face.mouth_shape import MOUTH, MouthBasis, partings

COEFFICIENTS = 12
_EYES = 62.0  # pixels between the eyes' outer corners, as in `mouth_geometry`
_JAW_WEIGHT, _DEPTH_WEIGHT = 0.5, 0.6  # lips weigh more than the jaw; depth is the landmarker's guess
_ROUNDS = 6  # of finding the mean face: changes are below a hundredth of a pixel then
_PER_CLIP = 3  # frames of each clip that the mean face is found from
_LEAST = 0.05  # pixels: deviation of a direction in which nothing moved: what landmarks err by
_STILL = 0.05  # pixels by which lips must part, standard deviation


def point_weights() -> FloatArray:
    """(31, 3) how much each coordinate of `MOUTH` counts in the basis."""
    weights = np.ones((len(MOUTH), 3), np.float32)
    weights[[point < 48 for point in MOUTH]] *= _JAW_WEIGHT
    weights[:, 2] *= _DEPTH_WEIGHT
    return weights


def pose_free(points: FloatArray, face: FloatArray) -> FloatArray:
    """(N, 68, 3) landmarks, any pose and size → the same with eyes and nose where (68, 3) `face` has them.

    A similarity in three dimensions by least squares (Umeyama 1991) over `RIGID`, for each frame its own.
    """
    given, wanted = points[:, list(RIGID)].astype(np.float64), face[list(RIGID)].astype(np.float64)
    middles, middle = given.mean(1, keepdims=True), wanted.mean(0)
    u, sizes, v = np.linalg.svd(np.swapaxes(given - middles, 1, 2) @ (wanted - middle))
    turns = np.ones_like(sizes)
    turns[:, 2] = np.sign(np.linalg.det(u @ v))  # a turn, never a mirror
    rotation = (u * turns[:, None]) @ v
    scale = (sizes * turns).sum(1) / np.maximum(((given - middles) ** 2).sum((1, 2)), 1e-9)
    return np.asarray((points - middles) @ rotation * scale[:, None, None] + middle, np.float32)


def mean_face(points: FloatArray, mirrored: Sequence[int]) -> FloatArray:
    """(68, 3) mean of (N, 68, 3) landmarks of many people: symmetric, eyes' corners 62 pixels apart, `RIGID` about 0.

    mirrored: which point each point is in the mirror. The first guess is the mean of all as they stand, so that its
    pitch is theirs; turned heads are then laid upon it.
    """
    about = points - points[:, list(RIGID)].mean(1, keepdims=True)
    eyes = np.linalg.norm(points[:, 36] - points[:, 45], axis=1)
    face = _symmetric(np.median(about * (_EYES / eyes)[:, None, None], 0), mirrored)
    for _ in range(_ROUNDS):
        face = _symmetric(np.median(pose_free(points, face), 0), mirrored)
    return face


def find_basis(clips: Sequence[FloatArray], speakers: Sequence[str], mirrored: Sequence[int]) -> MouthBasis:
    """The basis of some clips' landmarks, (N, 68, 3) each, all known. InputError: nothing in them speaks.

    A clip counts by the inverse square root of its speaker's clips; in the mean face only so many of them appear.
    Directions are the principal components of what
    frames add to their clip's shut mouth; each is as long as its standard deviation, and opens the mouth if positive.
    """
    count = Counter(speakers)
    weights = np.array([count[speaker] ** -0.5 for speaker in speakers])
    if not clips:
        raise InputError("no clip to find mouths in", "0 clips", "give clips of people who speak")
    face = mean_face(np.concatenate([_some(clips[number]) for number in _spread(speakers)]), mirrored)
    shapes = [pose_free(clip, face) for clip in clips]
    slope = _slope(shapes, weights)
    rests = [shut(each, slope) for each in shapes]
    moved = [_weighted(each[:, list(MOUTH)] - rest[list(MOUTH)]) for each, rest in zip(shapes, rests, strict=True)]
    directions = _components(moved, weights) / point_weights()
    opening = np.sign(_opening_of(directions))
    directions *= np.where(opening == 0, 1, opening)[:, None, None]
    mean = np.average(rests, axis=0, weights=weights)
    return MouthBasis(*(np.asarray(part, np.float32) for part in (mean, slope, directions)))


def shut(shapes: FloatArray, slope: FloatArray) -> FloatArray:
    """(68, 3) the shut mouth of a clip from its (N, 68, 3) shapes."""
    return np.asarray(shapes.mean(0) - slope * partings(shapes).mean(), np.float32)


def find_coefficients(points: FloatArray, basis: MouthBasis) -> FloatArray:
    """(N, C) coefficients of the frames of one clip from their landmarks (N, 68, 3)."""
    shapes = pose_free(points, basis.mean)
    moved = _weighted((shapes - shut(shapes, basis.slope))[:, list(MOUTH)])
    directions = (basis.directions * point_weights()).reshape(len(basis.directions), -1)
    return np.asarray(moved @ directions.T / np.square(directions).sum(1), np.float32)


def _spread(speakers: Sequence[str]) -> list[int]:
    """Numbers of clips, of a speaker of N clips about the square root of N."""
    places: dict[str, list[int]] = {}
    for number, speaker in enumerate(speakers):
        places.setdefault(speaker, []).append(number)
    return sorted(number for found in places.values() for number in found[:: max(1, round(len(found) ** 0.5))])


def _some(clip: FloatArray) -> FloatArray:
    kept: FloatArray = clip[np.unique(np.linspace(0, len(clip) - 1, _PER_CLIP).round().astype(int))]
    return kept


def _symmetric(face: FloatArray, mirrored: Sequence[int]) -> FloatArray:
    both = (face + face[list(mirrored)] * [-1, 1, 1]) / 2
    both = both - both[list(RIGID)].mean(0)
    return np.asarray(both * (_EYES / np.linalg.norm(both[36] - both[45])), np.float32)


def _slope(shapes: Sequence[FloatArray], weights: FloatArray) -> FloatArray:
    """(68, 3) how points move a pixel that the lips part: regression within clips, over all of them."""
    moved, apart, frames = np.zeros((68, 3)), 0.0, 0.0
    for each, weight in zip(shapes, weights, strict=True):
        gaps = partings(each).astype(np.float64)
        gaps -= gaps.mean()
        moved += weight * np.einsum("n,npk->pk", gaps, each - each.mean(0))
        apart += weight * float(gaps @ gaps)
        frames += weight * len(each)
    if apart <= _STILL**2 * frames:
        raise InputError("no mouth moves in these clips", f"{len(shapes)} clips", "give clips of people who speak")
    return np.asarray(moved / apart, np.float32)


def _weighted(offsets: FloatArray) -> FloatArray:
    """(N, 31, 3) → (N, 93), each coordinate times its weight."""
    return np.asarray((offsets * point_weights()).reshape(len(offsets), -1))


def _components(moved: Sequence[FloatArray], weights: FloatArray) -> FloatArray:
    """(12, 31, 3) principal components about 0, each as long as its standard deviation."""
    total = float(sum(weight * len(rows) for rows, weight in zip(moved, weights, strict=True)))
    square = sum(weight * rows.T.astype(np.float64) @ rows for rows, weight in zip(moved, weights, strict=True)) / total
    mean = sum(weight * rows.sum(0) for rows, weight in zip(moved, weights, strict=True)) / total
    _, vectors = np.linalg.eigh(square)
    main = vectors[:, ::-1].T[:COEFFICIENTS]
    spread = np.einsum("kd,de,ke->k", main, square, main) - (main @ mean) ** 2
    deviations = np.sqrt(np.maximum(spread, _LEAST**2))
    return np.asarray((main * deviations[:, None]).reshape(COEFFICIENTS, len(MOUTH), 3), np.float32)


def _opening_of(directions: FloatArray) -> FloatArray:
    """(C,) by how many pixels each direction parts the lips."""
    whole = np.zeros((len(directions), 68, 3), np.float32)
    whole[:, list(MOUTH)] = directions
    return partings(whole)
