"""From tracked faces to clips: continuous stretches of one face, and the fixed window that each is cut with. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float32]


class Tracked(Protocol):
    """A face in one frame, as the tracker hands it out."""

    @property
    def track(self) -> int:
        """Number of the face; the same in all frames of one track."""

    @property
    def box(self) -> FloatArray:
        """(4,) left, top, right, bottom in frame pixels."""

    @property
    def points(self) -> FloatArray | None:
        """(5, 2) in frame pixels, or None."""


@dataclass(frozen=True, eq=False)
class Segment:
    """Consecutive frames that show one face. start: first frame. boxes: (T, 4), points: (T, 5, 2), frame pixels."""

    start: int
    boxes: FloatArray
    points: FloatArray

    @property
    def frames(self) -> int:
        """Number of frames."""
        return len(self.boxes)

    @property
    def stop(self) -> int:
        """Frame after the last one."""
        return self.start + self.frames


@dataclass(frozen=True)
class CropWindow:
    """Fixed part of the frame, half-open whole pixels, and the size it is scaled to (even, never larger)."""

    left: int
    top: int
    right: int
    bottom: int
    width: int
    height: int

    @property
    def box(self) -> FloatArray:
        """(4,) the window as a box."""
        return np.array([self.left, self.top, self.right, self.bottom], dtype=np.float32)

    @property
    def scale(self) -> float:
        """Pixels of the crop for one pixel of the frame, along the longer side."""
        if self.width >= self.height:
            return self.width / (self.right - self.left)
        return self.height / (self.bottom - self.top)

    def map(self, xy: FloatArray) -> FloatArray:
        """Points (…, 2) of the frame in pixels of the crop."""
        size = np.array([self.right - self.left, self.bottom - self.top], dtype=np.float64)
        scaled = (xy - np.array([self.left, self.top])) * (np.array([self.width, self.height]) / size)
        return np.asarray(scaled, dtype=np.float32)

    def map_boxes(self, boxes: FloatArray) -> FloatArray:
        """Boxes (T, 4) of the frame in pixels of the crop."""
        return self.map(boxes.reshape(-1, 2, 2)).reshape(-1, 4)


class SegmentCollector:
    """Gathers tracked faces frame by frame and keeps only boxes and points."""

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self._open: dict[int, tuple[int, list[FloatArray], list[FloatArray]]] = {}

    def add(self, frame: int, faces: Iterable[Tracked]) -> None:
        """Take in the faces of frame number `frame`; frames must come one after the other."""
        present = {face.track: face for face in faces}
        for track in [track for track in self._open if track not in present]:
            self._close(track)
        for track, face in present.items():
            _, boxes, points = self._open.setdefault(track, (frame, [], []))
            boxes.append(np.asarray(face.box, dtype=np.float32))
            missing = np.full((5, 2), np.nan, dtype=np.float32)
            points.append(missing if face.points is None else np.asarray(face.points, dtype=np.float32))

    def finish(self) -> list[Segment]:
        """All segments in order of their first frame, then of their left edge."""
        for track in list(self._open):
            self._close(track)
        return sorted(self.segments, key=lambda segment: (segment.start, float(segment.boxes[0, 0])))

    def _close(self, track: int) -> None:
        start, boxes, points = self._open.pop(track)
        self.segments.append(Segment(start, np.stack(boxes), np.stack(points)))


def long_enough(segments: Sequence[Segment], *, minimum: int, total: int) -> list[Segment]:
    """Segments of at least `minimum` frames; in a source shorter than that, those that cover all its `total` frames."""
    least = min(minimum, total)
    return [segment for segment in segments if segment.frames >= least]


def lanes(segments: Sequence[Segment]) -> list[list[Segment]]:
    """The segments in as few lists as possible such that none overlap within a list: each is one pass over the

    source.
    """
    result: list[list[Segment]] = []
    for segment in sorted(segments, key=lambda segment: segment.start):
        free = next((lane for lane in result if lane[-1].stop <= segment.start), None)
        if free is None:
            result.append([segment])
        else:
            free.append(segment)
    return result


def crop_window(boxes: FloatArray, *, width: int, height: int, margin: float, longest: int) -> CropWindow:
    """The window that holds all `boxes` (T, 4) with `margin` times the median box around them, inside the frame.

    width, height: of the frame, pixels. Scaled so that the longer side is at most `longest`; sides are even. A frame
    side of one pixel stays one pixel wide before scaling.
    """
    sizes = np.median(boxes[:, 2:] - boxes[:, :2], axis=0)
    low = boxes[:, :2].min(axis=0) - margin * sizes
    high = boxes[:, 2:].max(axis=0) + margin * sizes
    left, right = _even_span(float(low[0]), float(high[0]), width)
    top, bottom = _even_span(float(low[1]), float(high[1]), height)
    scale = min(1.0, longest / max(right - left, bottom - top))
    return CropWindow(left, top, right, bottom, _even((right - left) * scale), _even((bottom - top) * scale))


def _even_span(low: float, high: float, size: int) -> tuple[int, int]:
    """Whole pixels around [low, high) inside [0, size); one pixel less where the length would be odd."""
    start = min(max(int(np.floor(low)), 0), size - 1)
    stop = max(min(int(np.ceil(high)), size), start + 1)
    return start, max(stop - (stop - start) % 2, start + 1)


def _even(length: float) -> int:
    return max(2, 2 * round(length / 2))
