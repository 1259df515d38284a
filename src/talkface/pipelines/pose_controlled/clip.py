"""A source with its alignment: pictures, and what the networks see of them."""

import logging
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from talkface.errors import InputError
from talkface.face import (
    ALIGNED_SIDE,
    ClipPoints,
    FaceTracker,
    align_face,
    build_detector,
    build_landmarker,
    clip_alignment,
    has_aligned_size,
    locate_points,
    picture_crop,
)
from talkface.media import Frame
from talkface.pipelines.pose_controlled.options import FaceOptions
from talkface.pipelines.pose_controlled.steady import SteadySource

logger = logging.getLogger(__name__)
_SMOOTH = 0.5  # looks: alignment smooths again, and the mouth of a head that turns fast must be followed
Image = npt.NDArray[np.uint8]
Matrices = npt.NDArray[np.float64]


class FaceFinder:
    """Finds the points of faces as asked. The detector is built when the first source needs it, once for all."""

    def __init__(self, options: FaceOptions) -> None:
        self.options = options
        self._tracker: FaceTracker | None = None

    def locate(self, frames: Iterator[Frame], path: Path) -> ClipPoints:
        """Three points in every frame. InputError: no face in the whole clip, or a detector that is not there."""
        options = self.options
        if self._tracker is None:
            given = {"threshold": options.threshold, "weights": options.detector_weights}
            chosen = {name: value for name, value in given.items() if value is not None}
            detector = build_detector(options.detector, device=options.device, **chosen)
            self._tracker = FaceTracker(detector, options.detect_every, smooth=_SMOOTH)
        landmarker = build_landmarker(options.landmarks, device=options.device, weights=options.landmark_weights)
        try:
            return locate_points(frames, self._tracker, landmarker, where=path)
        finally:
            if landmarker is not None:
                landmarker.close()


class AlignedClip:
    """Pictures of one face at 25 a second. matrices: (T, 2, 3), picture → aligned crop. seen: (T,) bool.

    `seen` tells in which pictures the face was found, not interpolated.
    """

    def __init__(self, source: SteadySource, finder: FaceFinder, *, even: bool = True) -> None:
        """Decodes the whole source once. even: see `clip_alignment`.

        InputError: no face in it, pictures of a folder that differ in size.
        """
        self.source = source
        width, height = source.size
        align = finder.options.align
        ready = has_aligned_size((height, width))
        if align == "true" or (align == "auto" and not ready):
            found = finder.locate(source.first_pass(), source.path)
            self.matrices, self.seen = clip_alignment(found.points, even=even), found.seen
            _report(source.path, found, finder.options)
        else:
            matrix = _whole_picture(width, height, source.path)
            count = sum(1 for _ in source.first_pass())
            self.matrices, self.seen = np.repeat(matrix[None], count, axis=0), np.ones(count, bool)
            logger.info("%s: taken as aligned (align=%s, %dx%d)", source.path.name, align, width, height)

    def __len__(self) -> int:
        return len(self.matrices)

    def crop(self, frame: Frame) -> Image:
        """(224, 224, 3) uint8: what the networks see of one of the source's pictures."""
        return picture_crop(_aligned(frame.image, self.matrices[frame.index]))

    def crops(self) -> Iterator[Image]:
        """All crops in order."""
        return (self.crop(frame) for frame in self.source())

    def looping_crops(self, first: int = 0) -> Iterator[Image]:
        """Crops of `SteadySource.looping`."""
        return (self.crop(frame) for frame in self.source.looping(first))

    def best_crops(self, count: int) -> list[Image]:
        """The first `count` crops (fewer if there are no more) in which the face was found."""
        result: list[Image] = []
        for frame in self.source():
            if self.seen[frame.index]:
                result.append(self.crop(frame))
            if len(result) == count:
                break
        return result


def _aligned(image: Image, matrix: Matrices) -> Image:
    """The picture under its alignment; pictures that have the size of crops and an identity matrix pass untouched."""
    if has_aligned_size(image.shape) and np.array_equal(matrix, np.eye(2, 3)):
        return image
    return align_face(image, matrix)


def _whole_picture(width: int, height: int, path: Path) -> Matrices:
    """(2, 3): a square picture as an aligned crop. InputError: it is not square."""
    if width != height:
        found = f"not square ({width}x{height}), so it cannot be an aligned crop"
        raise InputError(found, path, "set align=true, or give crops of 224x224")
    scale = ALIGNED_SIDE / width
    shift = 0.5 * scale - 0.5  # pixel centres
    return np.array([[scale, 0, shift], [0, scale, shift]])


def _report(path: Path, found: ClipPoints, options: FaceOptions) -> None:
    """One line: how it was aligned, and how many pictures showed no face."""
    count, lost = len(found.seen), int((~found.seen).sum())
    points = "the detector's five points" if options.landmarks == "five" else f"68 landmarks ({options.landmarks})"
    logger.info("%s: aligned by %s, %d pictures", path.name, points, count)
    if lost:
        logger.warning("%s: no face in %d of %d pictures, interpolated there", path.name, lost, count)
