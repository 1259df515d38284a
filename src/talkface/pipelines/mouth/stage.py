"""From frames with known faces to frames that speak, by the mouth model: a stream of which a bounded part is held."""

import logging
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from talkface.audio.mel import SILENCE
from talkface.face import Box, Landmarker, build_landmarker
from talkface.face.crop import Image
from talkface.face.detection import Points
from talkface.face.mouth_geometry import FloatArray, zoomed
from talkface.face.mouth_shape import emphasised, find_camera, placed, shape_of
from talkface.pipelines.mouth.hearing import hear
from talkface.pipelines.mouth.landmarks import MouthLandmarker
from talkface.pipelines.mouth.networks import MouthNetworks
from talkface.pipelines.mouth.references import References, look_of
from talkface.pipelines.mouth.rendering import FaceJob, make_faces, paste
from talkface.pipelines.mouth.shot import Shot
from talkface.pipelines.options import LipSyncOptions
from talkface.pipelines.sound import MOUTH_HEARING, Hearing
from talkface.pipelines.speaking import SyncedFrame, Wanted, restored, restorer

logger = logging.getLogger(__name__)
_HELD_BYTES = 160 * 2**20  # of frames waiting until a shot's references are chosen
_MOST_HELD = 100
_GAIN = 1.5  # of predicted openings: held-out clips then move as much as their own mouths did
_QUIET = 0.7  # of a predicted mouth that moves where there is sound but no speech: breath, and what is said softly
_MOST_SHOTS = 32  # remembered, the latest ones: a clip that goes on backwards shows them again
_SMOOTH = (1, 2, 1)  # weights of the frame before, the frame, the frame after in its landmarks
_OVER_TIME = (1, 2, 3, 4, 3, 2, 1)  # weights of neighbouring mel steps in a frame's coefficients


@dataclass(frozen=True, eq=False)
class _Held:
    """A frame that waits. points: (68, 2) landmarks of each of its faces, None where not found."""

    item: Wanted
    points: list[Points | None]

    def of(self, track: int) -> Points | None:
        """The landmarks of a face, if it is there."""
        faces = zip(self.item.faces, self.points, strict=True)
        return next((points for face, points in faces if face.track == track), None)


@dataclass(frozen=True, eq=False)
class _Job:
    """A face to be made and pasted. row: of the batch; number: among its frame's faces. weight: how much shows."""

    row: int
    number: int
    face: FaceJob
    references: References
    weight: float


class MouthStage:
    """The mouth model as a stage of serving. State: what is known of the latest shots."""

    hearing: Hearing = MOUTH_HEARING

    def __init__(self, networks: MouthNetworks, options: LipSyncOptions, *, ahead: int | None = None) -> None:
        """ahead: frames that are seen before the first is made, None: as many as fit (at most 100)."""
        self._networks, self._options, self._ahead = networks, options, ahead
        self._restore = restorer(options.restore)
        self._coarse: Landmarker | None = None
        self._shots: dict[int, Shot] = {}
        self._missed = 0

    def speak(self, wanted: Iterator[Wanted]) -> Iterator[SyncedFrame]:
        """The finished frames in order."""
        held: deque[_Held] = deque()
        for item in wanted:
            held.append(_Held(item, [self._sighted(item.frame.image, face.box, face.track) for face in item.faces]))
            if len(held) >= self._room(item.frame.image, self._ahead) + self._options.batch_size:
                yield from self._made(held)
        while held:
            yield from self._made(held)
        if self._missed:
            logger.warning("%d times no mouth was found in a face, which passed unchanged", self._missed)

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
            self._shots[track] = Shot(self._networks, landmarker)
        return self._shots[track].see(image, box)

    def _made(self, held: deque[_Held]) -> Iterator[SyncedFrame]:
        """The oldest of the held frames, finished: a batch of them."""
        batch = [held.popleft() for _ in range(min(self._options.batch_size, len(held)))]
        told = self._coefficients(batch)
        jobs: list[_Job] = []
        for row, one in enumerate(batch):
            later = batch[row + 1] if row + 1 < len(batch) else held[0] if held else None
            for number, points in enumerate(one.points):
                if points is None:
                    self._missed += 1
                else:
                    jobs.append(self._job(row, number, one, points, later, told[row][number]))
        yield from self._pasted(batch, jobs)

    def _job(
        self, row: int, number: int, one: _Held, points: Points, later: _Held | None, coefficients: FloatArray
    ) -> _Job:
        """What is to be made of one face."""
        track, share = one.item.faces[number].track, one.item.weights[number]
        shot, basis = self._shots[track], self._networks.basis
        steady = _smoothed(shot.before, points, None if later is None else later.of(track))
        shot.before, camera = points, find_camera(steady, basis)
        coefficients = emphasised(coefficients, basis, _GAIN)
        weight, spoken = share, coefficients
        if self._options.silence == "close":
            weight, spoken = 1.0, coefficients * _open_share(one.item.windows[number], share)
        shape = shape_of(spoken * self._options.amplitude, shot.rest(), basis)
        face = FaceJob.of(one.item.frame.image, steady, placed(steady, shape, camera), shot.zoom)
        return _Job(row, number, face, shot.references(look_of(face.native)), weight)

    def _pasted(self, batch: list[_Held], jobs: list[_Job]) -> Iterator[SyncedFrame]:
        """The frames of a batch with the faces of `jobs` in their places."""
        images = [one.item.frame.image for one in batch]
        boxes = [[np.asarray(face.box, np.float32) for face in one.item.faces] for one in batch]
        for job, crop in zip(jobs, self._faces(jobs), strict=True):
            matrix = zoomed(job.face.matrix, job.face.zoom)
            image, region, share = paste(images[job.row], crop, matrix, job.face.shown() * np.float32(job.weight))
            if self._restore is not None and share.size:
                image = restored(self._restore, image, region.box, share)
            images[job.row], boxes[job.row][job.number] = image, region.box
        for one, image, changed in zip(batch, images, boxes, strict=True):
            item = one.item
            rest = (item.faces, tuple(changed), item.frame.alpha, item.frame.stored)
            yield SyncedFrame(item.frame.index, item.time, image, item.frame.image, *rest)

    def _faces(self, jobs: list[_Job]) -> list[Image]:
        """The native crop of each job; those with the same references are made together."""
        made: dict[int, Image] = {}
        for references in {id(job.references): job.references for job in jobs}.values():
            together = [number for number, job in enumerate(jobs) if job.references is references]
            given = [jobs[number].face for number in together]
            faces = make_faces(given, references, self._networks.renderer, half=self._options.precision == "bf16")
            made.update(zip(together, faces, strict=True))
        return [made[number] for number in range(len(jobs))]

    def _coefficients(self, batch: Sequence[_Held]) -> list[list[FloatArray]]:
        """(C,) coefficients of each face of each frame, smoothed over neighbouring steps."""
        found: list[list[FloatArray]] = [[] for _ in batch]
        for number in range(max(len(one.item.windows) for one in batch)):  # windows of one voice overlap
            rows = [row for row, one in enumerate(batch) if number < len(one.item.windows)]
            steps = hear([batch[row].item.windows[number] for row in rows], self._networks.audio)
            for row, answer in zip(rows, steps, strict=True):
                found[row].append(np.asarray(np.average(answer, axis=0, weights=_OVER_TIME), np.float32))
        return found


def _open_share(window: FloatArray, speech: float) -> float:
    """Share of its predicted shape that a mouth takes on. window: (80, S) mel steps. speech: how much, in [0, 1]."""
    return _QUIET + (1 - _QUIET) * speech if (window > SILENCE).any() else 0.0


def _smoothed(before: Points | None, points: Points, after: Points | None) -> Points:
    given = [(weight, each) for weight, each in zip(_SMOOTH, (before, points, after), strict=True) if each is not None]
    return np.asarray(
        np.average([each for _, each in given], axis=0, weights=[weight for weight, _ in given]), np.float32
    )
