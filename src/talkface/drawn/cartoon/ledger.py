"""The truth of a whole clip as arrays, the speaker's face first; what a corpus keeps beside the pictures."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from talkface.drawn.cartoon.play import DrawnFrame
from talkface.drawn.cartoon.stage import Scene
from talkface.drawn.track import MouthTrack
from talkface.drawn.truth import FrameTruth
from talkface.drawn.visemes import VISEMES, MouthShape
from talkface.face import five_of_68

VISEME_NAMES = tuple(VISEMES)
"""`viseme` numbers are places in this list."""

_OPENING = MouthShape._fields.index("opening")


class Ledger:
    """Collects the truth of frames without their pictures."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._faces: list[list[FrameTruth]] = []
        self._shots: list[int] = []
        self._identities: list[list[int]] = []

    def added(self, frame: DrawnFrame) -> DrawnFrame:
        """Take in the next frame and hand it on."""
        order = [frame.speaker, *(place for place in range(len(frame.faces)) if place != frame.speaker)]
        self._faces.append([frame.faces[place] for place in order])
        self._identities.append([frame.identities[place] for place in order])
        self._shots.append(frame.shot)
        return frame

    def arrays(self, av_offset: int, track: MouthTrack) -> dict[str, NDArray[Any]]:
        """T frames, F faces (those of the fullest shot; `present` says which are there).

        present: (T, F) bool. landmarks: (T, F, 68, 2) float32, pixels. visible: (T, F, 68) bool. boxes: (T, F, 4).
        mouth: (T, F, 6), columns as in MouthShape. spoken: (T, 6) the mouth that the sound asks for, of which the
        speaker's `mouth` is the drawing that is held. viseme: (T,) of the speaker, places in `viseme_names`. opening:
        (T, F) pixels. pose: (T, F, 6), columns as in Pose. expression: (T, F, 5), columns as in Expression.
        identity: (T, F) seeds of the characters. shot: (T,). av_offset: frames by which the sound leads the picture.
        mouths, held: how the speaker's mouth is drawn. Values of faces that are not present are NaN or 0.
        """
        return {
            "present": self._filled(lambda face: True, (), bool),
            "landmarks": self._filled(lambda face: face.landmarks, (68, 2)),
            "visible": self._filled(lambda face: face.visible, (68,), bool),
            "boxes": self._filled(lambda face: face.face_box, (4,)),
            "mouth": self._filled(lambda face: face.mouth, (6,)),
            "spoken": track.shapes.astype(np.float32),
            "opening": self._filled(lambda face: face.opening, ()),
            "pose": self._filled(lambda face: tuple(vars(face.pose).values()), (6,)),
            "expression": self._filled(lambda face: tuple(vars(face.expression).values()), (5,)),
            "identity": self._padded_identities(),
            "viseme": np.array([VISEME_NAMES.index(faces[0].viseme) for faces in self._faces], np.uint8),
            "viseme_names": np.array(VISEME_NAMES),
            "shot": np.array(self._shots, np.uint8),
            "av_offset": np.array(av_offset),
            "mouths": np.array(self._scene.mouths),
            "held": np.array(self._scene.held),
        }

    @property
    def _count(self) -> int:
        return max(len(faces) for faces in self._faces)

    def _filled(self, value: Any, shape: tuple[int, ...], dtype: Any = np.float32) -> NDArray[Any]:
        missing = False if dtype is bool else np.nan
        result = np.full((len(self._faces), self._count, *shape), missing, dtype)
        for number, faces in enumerate(self._faces):
            for place, face in enumerate(faces):
                result[number, place] = value(face)
        return result

    def _padded_identities(self) -> NDArray[np.int64]:
        result = np.zeros((len(self._identities), self._count), np.int64)
        for number, seeds in enumerate(self._identities):
            result[number, : len(seeds)] = seeds
        return result


def speaker_arrays(arrays: dict[str, NDArray[Any]]) -> Sequence[NDArray[np.float32]]:
    """(boxes (T, 4), five points (T, 5, 2)) of the speaker. The boxes are those of a face whose mouth is at rest."""
    points = five_of_68(arrays["landmarks"][:, 0])
    boxes, opening = arrays["boxes"][:, 0].copy(), arrays["mouth"][:, 0, _OPENING]
    for shot in np.unique(arrays["shot"]):
        frames = arrays["shot"] == shot
        boxes[frames] -= _moved_by_jaw(boxes[frames], points[frames], opening[frames])
    return boxes, points


def _moved_by_jaw(boxes: NDArray[Any], points: NDArray[Any], opening: NDArray[Any]) -> NDArray[np.float32]:
    """(T, 4) by how much an open mouth moves the sides of a shot's boxes.

    A crop that grows with the chin tells its reader how far the mouth is open: a generator then looks at the size of
    the face instead of listening. Heads move smoothly and mouths do not: what goes with the steps of the opening is the
    jaw's. The sides are taken from eyes and nose on.
    """
    if len(boxes) < 3:
        return np.zeros_like(boxes)
    sides = boxes - np.tile(points[:, :3].mean(axis=1), 2)
    steps = np.stack([np.ones(len(boxes) - 1), np.diff(opening)], axis=1)
    jaw = np.linalg.lstsq(steps, np.diff(sides, axis=0), rcond=None)[0][1]
    return np.asarray(opening[:, None] * jaw, np.float32)
