"""Mouths of video files: 68 points on every frame, and crops aligned by them, at 25 frames a second."""

from collections.abc import Callable, Iterator
from contextlib import closing
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import cv2
import numpy as np
import torch
from torch import Tensor

from talkface.errors import InputError
from talkface.evaluation.cache import FeatureCache
from talkface.evaluation.clips import ByteArray, FloatArray
from talkface.evaluation.files import file_digest
from talkface.evaluation.generation import to_tensor
from talkface.evaluation.timing import timed
from talkface.face import build_detector, build_landmarker
from talkface.face.landmarks import MESH_TO_68
from talkface.face.tracker import FaceTracker
from talkface.media import Frame, decode_video, resample_frames
from talkface.metrics.functional.mouth_motion import SIDE, alignment, mouth_opening
from talkface.timeline import TRAINING_FPS

MOST_FRAMES = 250
"""Frames of a file that are read: ten seconds say how a mouth moves."""
LEAST_SEEN = 0.5
_UNSEEN = np.full((68, 2), np.nan, np.float32)

FindMouths = Callable[[Path], FloatArray]
"""Video -> (T, 68, 2) float32 points in pixels of each of its first frames, NaN where there is no face."""


class MouthVideo(NamedTuple):
    """One file as it is measured. points: (T, 68, 2). opening: (T,). crops: (T, 128, 128, 3) uint8, black where no face

    is known. maps: (T, 2, 3), frame → crop. seen: (T,) bool.
    """

    points: Tensor
    opening: Tensor
    crops: ByteArray
    maps: Tensor

    @property
    def seen(self) -> Tensor:
        """(T,) bool: where there is a face."""
        return ~self.opening.isnan()

    def pictures(self, frames: Tensor) -> Tensor:
        """Crops of chosen ones of the first frames, (T,) bool → (n, 3, 128, 128) in [0, 1]."""
        return to_tensor(self.crops[: len(frames)][frames.numpy()])


class MouthReader:
    """Reads files. find, name: source of points, and what it is called in the cache."""

    def __init__(self, find: FindMouths, name: str, cache: FeatureCache) -> None:
        self._find, self._name, self._cache = find, name, cache

    @timed("mouths")
    def read(self, path: Path, like: MouthVideo | None = None) -> MouthVideo:
        """One file. like: the source that it was made from, so that both are cut alike, frame by frame.

        InputError: not readable, or a face in less than half of the frames.
        """
        of = (self._name, MOST_FRAMES, file_digest(path))
        points = torch.from_numpy(self._cache.array("mouth_points", of, lambda: self._find(path)))
        opening, maps = mouth_opening(points), alignment(points)
        seen = float((~opening.isnan()).double().mean()) if len(opening) else 0.0
        if seen < LEAST_SEEN:
            raise InputError(f"a face in only {seen:.0%} of the frames", path, "leave this file out")
        if like is not None:
            shared = min(len(maps), len(like.maps))
            known = ~like.maps[:shared].isnan().any(2).any(1)
            maps[:shared][known] = like.maps[:shared][known]
        return MouthVideo(points, opening, _crops(path, maps.numpy()), maps)


def mouth_reader(landmarks: str, detector: str, device: str, cache: FeatureCache) -> MouthReader:
    """Reads mouths by FaceMesh ("mesh", extra `faces`), or by our 68 points in faces that `detector` finds.

    InputError: a landmark source without 68 points, a missing extra, an unknown detector.
    """
    if landmarks == "mesh":
        return MouthReader(_mesh_points, "mesh", cache)
    if landmarks != "small":
        raise InputError("mouths need 68 points", f"landmarks.detector={landmarks}", "use small, or mesh (extra faces)")
    found_by, landmarker = build_detector(detector, device=device), build_landmarker("small", device=device)
    assert landmarker is not None

    def find(path: Path) -> FloatArray:
        tracked = FaceTracker(found_by).track(frames_of(path))
        marks = [landmarker.find(frame.image, faces[0].box) if faces else None for frame, faces in tracked]
        return np.stack([_UNSEEN if each is None else each for each in marks])

    return MouthReader(find, f"{landmarker.name} {detector}", cache)


def frames_of(path: Path) -> Iterator[Frame]:
    """The first ten seconds, 25 frames a second, nearest in time."""
    return islice(resample_frames(decode_video(path), Fraction(TRAINING_FPS)), MOST_FRAMES)


def _mesh_points(path: Path) -> FloatArray:
    """FaceMesh as it follows the most prominent face through a video, the eyes' and lips' points refined."""
    with closing(_tracking_mesh()) as mesh:
        return np.stack([_marks(mesh, frame.image) for frame in frames_of(path)])


def _marks(mesh: Any, image: ByteArray) -> FloatArray:
    found = mesh.process(np.ascontiguousarray(image)).multi_face_landmarks
    if not found:
        return _UNSEEN
    marks, size = found[0].landmark, np.array(image.shape[1::-1], np.float32)
    return np.asarray([(marks[index].x, marks[index].y) for index in MESH_TO_68], np.float32) * size


def _tracking_mesh() -> Any:
    try:
        from mediapipe.python.solutions import face_mesh
    except ImportError as error:
        raise InputError(
            "mouths by FaceMesh need mediapipe", "landmarks.detector=mesh", "install talkface[faces]"
        ) from error
    return face_mesh.FaceMesh(max_num_faces=1, refine_landmarks=True)


def _crops(path: Path, maps: FloatArray) -> ByteArray:
    black, pairs = np.zeros((SIDE, SIDE, 3), np.uint8), zip(frames_of(path), maps, strict=False)
    return np.stack([_crop(frame.image, each) if np.isfinite(each).all() else black for frame, each in pairs])


def _crop(image: ByteArray, to_crop: FloatArray) -> ByteArray:
    return np.asarray(cv2.warpAffine(image, to_crop, (SIDE, SIDE), flags=cv2.INTER_AREA), np.uint8)
