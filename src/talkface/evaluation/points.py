"""Points of a row's faces: five by a detector of the face room or 68 by its landmarks, in pixels of the 96x96 crops.

They are found in the row's whole pictures, with room around the face. In the crops themselves, which end at the chin
and are stretched, the detector puts its points wrong by 4 pixels in the mean (real clips), with room by 1.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

import numpy as np

from talkface.evaluation.cache import FeatureCache
from talkface.evaluation.clips import CROP_SIZE, ByteArray, FloatArray, Scene
from talkface.evaluation.timing import timed
from talkface.evaluation.tools import FindFaces, FindPoints
from talkface.face import Detection, build_detector, build_landmarker
from talkface.face.box import WAV2LIP_MARGIN, box_center, box_size, expand_box
from talkface.face.crop import crop_face

VIEW = 192
"""Side of the square picture in which points are looked for; its middle half is the face's longer side."""
SMALLEST = 60.0
"""Side of the smallest face looked for in a view, pixels: smaller ones are not the face that the view is of."""
_AT_ONCE = 16
_FACE = np.array([0.25, 0.25, 0.75, 0.75], np.float32) * VIEW

Find = Callable[[Sequence[ByteArray]], list[FloatArray | None]]
"""Views (VIEW, VIEW, 3) uint8 -> (P, 2) float32 in their pixels, None where there is no face."""


def point_finder(detector: str, device: str, cache: FeatureCache) -> FindPoints:
    """Finds the points of each face: 68 by our network ("small"), or the five of another detector.

    InputError when the detector cannot be built.
    """
    if detector == "small":
        return landmark_finder(detector, device, cache)
    options = {"min_face": SMALLEST} if detector == "mtcnn" else {}
    found_by = build_detector(detector, device=device, **options)

    def find(views: Sequence[ByteArray]) -> list[FloatArray | None]:
        return [None if face is None else face.points for face in map(middle_one, found_by.detect(views))]

    return in_crops(find, 5, f"{detector} {SMALLEST}", cache)


def face_finder(detector: str, device: str) -> FindFaces:
    """Finds all faces of a whole picture. InputError when the detector cannot be built."""
    found_by = build_detector(detector, device=device)

    def find(picture: ByteArray) -> FloatArray:
        boxes = [face.box for face in found_by.detect([picture])[0]]
        return np.stack(boxes) if boxes else np.empty((0, 4), np.float32)

    return find


def landmark_finder(source: str, device: str, cache: FeatureCache) -> FindPoints:
    """Finds 68 points of each face, see `build_landmarker`. InputError when the extra is not installed."""
    landmarker = build_landmarker(source, device=device)
    assert landmarker is not None
    return in_crops(lambda views: [landmarker.find(view, _FACE) for view in views], 68, landmarker.name, cache)


def in_crops(find: Find, count: int, name: str, cache: FeatureCache) -> FindPoints:
    """`find` for the faces of scenes, computed once a scene. count: how many points a face has. name: of `find`."""

    @timed("landmarks")
    def points(scene: Scene, frames: int, every: int) -> FloatArray:
        def compute() -> FloatArray:
            return _points_along(views_of(scene, frames, every), find, np.full((count, 2), np.nan, np.float32))

        of = (name, VIEW, scene.content, frames, every)
        return compute() if scene.content is None else cache.array("points", of, compute)

    return points


def _points_along(views: Iterator[tuple[ByteArray, FloatArray]], find: Find, unseen: FloatArray) -> FloatArray:
    """(n, P, 2) in crop pixels, a few views held at a time. unseen: (P, 2), given where there is no face."""
    points = []
    while some := list(islice(views, _AT_ONCE)):
        found = find([view for view, _ in some])
        points += [unseen if at is None else to_crop(at, box) for at, (_, box) in zip(found, some, strict=True)]
    return np.stack(points)


def views_of(scene: Scene, frames: int, every: int) -> Iterator[tuple[ByteArray, FloatArray]]:
    """A square of each `every`th of the first `frames` pictures, (VIEW, VIEW, 3) uint8, and the face's box (4,)."""
    for picture, box in islice(zip(scene.frames(), scene.boxes, strict=False), 0, frames, every):
        yield crop_face(picture, square_around(box), (VIEW, VIEW)), box


def square_around(box: FloatArray) -> FloatArray:
    """What a view shows: a square about the box, twice as wide as its longer side."""
    middle, half = box_center(box), float(box_size(box).max())
    return np.concatenate([middle - half, middle + half]).astype(np.float32)


def to_crop(points: FloatArray, box: FloatArray) -> FloatArray:
    """(P, 2) points of a view → the same in pixels of the crop of the face at `box`."""
    view, crop = square_around(box), expand_box(box, WAV2LIP_MARGIN)
    inside = view[:2] + points * (box_size(view) / VIEW)
    return np.asarray((inside - crop[:2]) * (CROP_SIZE / box_size(crop)), np.float32)


def middle_one(faces: Sequence[Detection]) -> Detection | None:
    """The face nearest to the middle of a view, of those that have points."""
    marked = [face for face in faces if face.points is not None]
    return min(marked, key=lambda face: float(np.abs(box_center(face.box) - VIEW / 2).sum()), default=None)
