"""From frames with known faces to frames that speak, by the mouth model: a stream of which a bounded part is held."""

from collections import deque
from collections.abc import Iterator, Sequence

import numpy as np
import torch

from talkface.face import Box, Landmarker, build_landmarker
from talkface.face.crop import Image
from talkface.face.detection import Points
from talkface.face.mouth_geometry import FloatArray
from talkface.face.mouth_shape import find_camera, placed, shape_of
from talkface.pipelines.mouth.landmarks import MouthLandmarker
from talkface.pipelines.mouth.networks import MouthNetworks
from talkface.pipelines.mouth.rendering import make_face, paste
from talkface.pipelines.mouth.shot import Shot
from talkface.pipelines.options import LipSyncOptions
from talkface.pipelines.sound import MOUTH_HEARING, Hearing
from talkface.pipelines.speaking import SyncedFrame, Wanted, restored, restorer

_HELD_BYTES = 160 * 2**20  # of frames waiting until a shot's references are chosen
_MOST_HELD = 100
_MOST_SHOTS = 32  # remembered, the latest ones: a clip that goes on backwards shows them again
_SMOOTH = (1, 2, 1)  # weights of the frame before, the frame, the frame after in its landmarks
_OVER_TIME = (1, 2, 3, 4, 3, 2, 1)  # weights of neighbouring mel steps in a frame's coefficients


class MouthStage:
    """The mouth model as a stage of serving. State: what is known of the latest shots."""

    hearing: Hearing = MOUTH_HEARING

    def __init__(self, networks: MouthNetworks, options: LipSyncOptions, *, ahead: int | None = None) -> None:
        """ahead: frames that are seen before the first is made, None: as many as fit (at most 100)."""
        self._networks, self._options, self._ahead = networks, options, ahead
        self._restore = restorer(options.restore)
        self._coarse: Landmarker | None = None
        self._shots: dict[int, Shot] = {}

    def speak(self, wanted: Iterator[Wanted]) -> Iterator[SyncedFrame]:
        """The finished frames in order."""
        held: deque[tuple[Wanted, list[Points | None]]] = deque()
        for item in wanted:
            held.append((item, [self._sighted(item.frame.image, face.box, face.track) for face in item.faces]))
            if len(held) > self._room(item.frame.image, self._ahead):
                yield self._made(held)
        while held:
            yield self._made(held)

    @staticmethod
    def _room(image: Image, most: int | None) -> int:
        """Frames that may be held."""
        fit = max(2, min(_MOST_HELD, _HELD_BYTES // max(1, image.nbytes)))
        return fit if most is None else min(most, fit)

    def _sighted(self, image: Image, box: Box, track: int) -> Points | None:
        """The landmarks of a face, noted in its shot."""
        if track not in self._shots:
            while len(self._shots) >= _MOST_SHOTS:
                del self._shots[next(iter(self._shots))]
            if self._coarse is None:
                self._coarse = build_landmarker("small", device=self._options.device)
            assert self._coarse is not None
            landmarker = MouthLandmarker(self._networks.landmarks, self._coarse)
            self._shots[track] = Shot(self._networks, landmarker, self._room(image, None))
        return self._shots[track].see(image, box)

    def _made(self, held: deque[tuple[Wanted, list[Points | None]]]) -> SyncedFrame:
        """The oldest of the held frames, finished."""
        item, found = held.popleft()
        image, boxes = item.frame.image, []
        coefficients = self._coefficients(item.windows)
        for number, (face, points) in enumerate(zip(item.faces, found, strict=True)):
            box = np.asarray(face.box, np.float32)
            if points is not None:
                after = _same_face(held, face.track)
                told = coefficients[number] if len(coefficients) else np.zeros(0, np.float32)
                image, box = self._face(image, item, face.track, points, after, told, item.weights[number])
            boxes.append(box)
        rest = (item.faces, tuple(boxes), item.frame.alpha, item.frame.stored)
        return SyncedFrame(item.frame.index, item.time, image, item.frame.image, *rest)

    def _face(
        self,
        image: Image,
        item: Wanted,
        track: int,
        points: Points,
        after: Points | None,
        told: FloatArray,
        share: float,
    ) -> tuple[Image, FloatArray]:
        """The frame with one face speaking, and the box that may have changed."""
        shot, networks, close = self._shots[track], self._networks, self._options.silence == "close"
        steady = _smoothed(shot.before, points, after)
        shot.before = points
        camera = find_camera(steady, networks.basis)
        weight, spoken = (1.0, told * share) if close else (share, told)
        shape = shape_of(spoken * self._options.amplitude, shot.rest(), networks.basis)
        goal = placed(steady, shape, camera)
        crop, matrix = make_face(item.frame.image, steady, goal, shot.references(camera), networks.renderer)
        image, region, mask = paste(image, crop, matrix, weight)
        if self._restore is not None and mask.size:
            image = restored(self._restore, image, region.box, mask)
        return image, region.box

    @torch.inference_mode()
    def _coefficients(self, windows: Sequence[FloatArray]) -> FloatArray:
        """(F, C) of F windows (80, length of `hearing`), smoothed over neighbouring steps."""
        if not windows:
            return np.zeros((0, 0), np.float32)
        audio = self._networks.audio
        steps = audio(torch.from_numpy(np.stack(windows)).to(next(audio.parameters()).device)).cpu().numpy()
        return np.asarray(np.average(steps, axis=1, weights=_OVER_TIME), np.float32)


def _same_face(held: deque[tuple[Wanted, list[Points | None]]], track: int) -> Points | None:
    """Landmarks of a face in the next frame, if it is known and there."""
    if not held:
        return None
    item, found = held[0]
    return next((points for face, points in zip(item.faces, found, strict=True) if face.track == track), None)


def _smoothed(before: Points | None, points: Points, after: Points | None) -> Points:
    given = [(weight, each) for weight, each in zip(_SMOOTH, (before, points, after), strict=True) if each is not None]
    return np.asarray(
        np.average([each for _, each in given], axis=0, weights=[weight for weight, _ in given]), np.float32
    )
