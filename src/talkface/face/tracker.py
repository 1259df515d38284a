"""Follows faces through a stream of frames: detect on key frames, link, smooth, choose. Memory does not grow with
length.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from talkface.errors import InputError
from talkface.face.box import Box
from talkface.face.choice import Choice, FaceChoice, check_choice
from talkface.face.crop import Image
from talkface.face.cuts import SceneCuts
from talkface.face.detection import FaceDetector, Points
from talkface.face.linking import Linker, Track
from talkface.face.looking import Looks, look
from talkface.face.smoothing import SUPPORT, confidence_at, run_at, smooth_at

_LONGEST_GAP = 25


class Picture(Protocol):
    """What the tracker needs of a frame; `talkface.media.Frame` is one."""

    @property
    def image(self) -> Image:
        """(H, W, 3) uint8 RGB."""
        ...


FrameT = TypeVar("FrameT", bound=Picture)


@dataclass(frozen=True, eq=False)
class TrackedFace:
    """One face in one frame.

    track: its number, new in every shot. person: who it is, the same through scene cuts. box: (4,) float32 pixels,
    smoothed, may leave the picture. points: (5, 2) float32, as in `Detection`, or None. confidence: [0, 1]. detected:
    whether the detector saw it in this very frame (else it lies between two looks).
    """

    track: int
    box: Box
    points: Points | None
    confidence: float
    detected: bool = False
    person: int = 0


@dataclass(frozen=True, eq=False)
class FaceTrack:
    """One face over a whole clip of T frames.

    boxes: (T, 4) and points: (T, 5, 2) float32 pixels, NaN where the face (or its points) is absent. confidence: (T,)
    float32, 0 where absent. detected: (T,) bool, frames in which the detector saw it.
    """

    number: int
    boxes: Box
    points: Points
    confidence: NDArray[np.float32]
    detected: NDArray[np.bool_]


class FaceTracker:
    """Settings of tracking; each call of `track` is a run of its own."""

    def __init__(
        self,
        detector: FaceDetector,
        every: int = 5,
        choice: Choice = "largest",
        *,
        smooth: float = 1.0,
        ahead: int | None = None,
        batch: int = 4,
    ) -> None:
        """every: frames from one key frame to the next. choice: "largest" (chosen once, then kept through the cuts that
        show that person), "all", a person's number, a point.

        smooth: width of the Gaussian in key-frame distances, 0 for none. batch: key frames a detector call; affects
        speed and memory only; batch x every frames are read at a time. ahead: how many later frames a face may hang on,
        at least `every`; None: 3 x smooth x every, all that the Gaussian reaches. With 2 x smooth x every, boxes shake
        by a twentieth more from frame to frame, with less by twice as much (noise drawn for each look).
        """
        if every < 1 or batch < 1 or smooth < 0 or (ahead is not None and ahead < every):
            raise InputError(
                "tracking setting out of range",
                f"every={every} batch={batch} smooth={smooth} ahead={ahead}",
                "every and batch are >= 1, smooth >= 0, ahead >= every",
            )
        self._detector, self._every, self._batch = detector, every, batch
        self._choice, self._width = check_choice(choice), smooth * every
        self._ahead = max(every, math.ceil(SUPPORT * self._width)) if ahead is None else ahead

    def track(self, frames: Iterable[FrameT]) -> Iterator[tuple[FrameT, list[TrackedFace]]]:
        """Every frame in order with its chosen faces (by track number); an empty list where there is none.

        Pictures may be a stream; a bounded number is held. The result does not depend on `batch` nor on what comes
        after the look-ahead.
        """
        stream = _Stream[FrameT](
            self._detector, FaceChoice(self._choice), every=self._every, ahead=self._ahead, width=self._width
        )
        for frame in frames:
            stream.push(frame)
            if stream.unseen >= self._every * self._batch:
                yield from stream.advance(last=False)
        yield from stream.advance(last=True)


class _Stream(Generic[FrameT]):
    """The state of one run: frames held back, looks taken, tracks, shots."""

    def __init__(self, detector: FaceDetector, choice: FaceChoice, *, every: int, ahead: int, width: float) -> None:
        self._detector, self._choice = detector, choice
        self._every, self._ahead, self._width = every, ahead, width
        self._held: dict[int, FrameT] = {}
        self._looks: Looks = {}
        self._cuts: list[int] = []
        self._find_cuts, self._linker = SceneCuts(), Linker(_LONGEST_GAP)
        self._count, self._seen, self._done = 0, -1, 0

    @property
    def unseen(self) -> int:
        """Frames taken in since the last look."""
        return self._count - 1 - self._seen

    def push(self, frame: FrameT) -> None:
        """Takes in the next frame."""
        if self._find_cuts.is_cut(frame.image):
            self._cuts.append(self._count)
        self._held[self._count] = frame
        self._count += 1

    def advance(self, *, last: bool) -> Iterator[tuple[FrameT, list[TrackedFace]]]:
        """Looks at what came in and gives the frames that are then decided; with `last`, all of them."""
        if self._count == 0:
            return
        self._look(last=last)
        end = self._count if last else self._seen - self._ahead + 1
        while self._done < end:
            yield self._held.pop(self._done), self._faces(self._done)
            self._done += 1
        self._forget()

    def _look(self, *, last: bool) -> None:
        """Takes the looks up to the newest key frame (the newest frame, with `last`) and links what they show."""
        final = self._count - 1 if last else (self._count - 1) // self._every * self._every
        if final <= self._seen:
            return
        first = max(self._seen, 0)
        keys = sorted({first, final, *range(-(-first // self._every) * self._every, final, self._every)})
        images = {frame: held.image for frame, held in self._held.items()}
        looks = look(self._detector, images, self._looks, keys=keys, cuts=self._cuts)
        for frame, faces in looks.items():
            if frame > self._seen:
                self._linker.add(frame, self._shot(frame), self._held[frame].image, faces)
        self._looks, self._seen = {final: looks[final]}, final

    def _faces(self, frame: int) -> list[TrackedFace]:
        """The wanted faces that are present in `frame`."""
        shot = self._shot(frame)
        tracks = [track for track in self._linker.tracks if track.shot == shot]
        picked = self._choice.pick(tracks, frame, frame + self._ahead)
        faces = (self._face(track, frame) for track in picked)
        return [face for face in faces if face is not None]

    def _face(self, track: Track, frame: int) -> TrackedFace | None:
        known = [sighting for sighting in track.sightings if sighting.frame <= frame + self._ahead]
        run = run_at(known, frame)
        if not run:
            return None
        values = smooth_at(run, frame, self._width)
        points = None if np.isnan(values[4:]).any() else values[4:].reshape(5, 2)
        detected = any(sighting.frame == frame for sighting in run)
        return TrackedFace(track.number, values[:4], points, confidence_at(run, frame), detected, track.person)

    def _shot(self, frame: int) -> int:
        """The shot of a frame, named by the frame it starts at."""
        return max((cut for cut in self._cuts if cut <= frame), default=0)

    def _forget(self) -> None:
        """Lets go of looks and cuts that no coming frame can need."""
        self._linker.forget(self._done - self._ahead - 1, self._seen)
        self._cuts = [cut for cut in self._cuts if cut > self._done] + [self._shot(self._done)]
        self._cuts.sort()


def track_faces(
    frames: Iterable[Picture],
    detector: FaceDetector,
    *,
    every: int = 5,
    choice: Choice = "largest",
    smooth: float = 1.0,
) -> list[FaceTrack]:
    """All chosen faces of a clip, by `FaceTracker`, in order of track number; pictures are let go as they pass.

    Empty where no face was found.
    """
    tracker = FaceTracker(detector, every=every, choice=choice, smooth=smooth)
    seen = [faces for _, faces in tracker.track(frames)]
    numbers = sorted({face.track for faces in seen for face in faces})
    return [_collect(number, seen) for number in numbers]


def _collect(number: int, seen: list[list[TrackedFace]]) -> FaceTrack:
    """The rows of one track over the clip."""
    count = len(seen)
    track = FaceTrack(
        number=number,
        boxes=np.full((count, 4), np.nan, dtype=np.float32),
        points=np.full((count, 5, 2), np.nan, dtype=np.float32),
        confidence=np.zeros(count, dtype=np.float32),
        detected=np.zeros(count, dtype=bool),
    )
    for index, faces in enumerate(seen):
        for face in (face for face in faces if face.track == number):
            track.boxes[index], track.confidence[index], track.detected[index] = (
                face.box,
                face.confidence,
                face.detected,
            )
            if face.points is not None:
                track.points[index] = face.points
    return track
