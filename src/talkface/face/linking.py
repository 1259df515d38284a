"""Joins the detections of successive pictures into tracks, one a face, by the overlap of boxes."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from talkface.face.box import box_area, box_center, box_iou, box_size
from talkface.face.crop import Image
from talkface.face.detection import Detection
from talkface.face.people import People

_LEAST_OVERLAP = 0.2
_STILL_SHIFT, _STILL_GROWTH = 0.25, 1.25
"""Between two looked-at pictures a face has moved little: by less than this part of its size, and grown or shrunk
less.
"""


@dataclass(frozen=True)
class Sighting:
    """A detection in frame `frame`; `look` counts the pictures looked at, so that 3 and 4 have no looked-at picture
    between.
    """

    frame: int
    look: int
    detection: Detection


@dataclass
class Track:
    """One face of one shot, seen in order of time. number: from 0, in order of appearance (largest first).

    person: who it is; several tracks (of several shots) may be of one person.
    """

    number: int
    shot: int
    person: int
    sightings: list[Sighting] = field(default_factory=list)


def match_detections(before: Sequence[Detection], after: Sequence[Detection]) -> list[tuple[int, int]]:
    """Pairs (index before, index after) of one face each, best overlap first; every index at most once."""
    if not before or not after:
        return []
    overlap = box_iou(np.stack([face.box for face in before]), np.stack([face.box for face in after]))
    pairs: list[tuple[int, int]] = []
    while overlap.max() >= _LEAST_OVERLAP:
        row, column = (int(index) for index in np.unravel_index(int(overlap.argmax()), overlap.shape))
        pairs.append((row, column))
        overlap[row, :], overlap[:, column] = -1, -1
    return pairs


def agree(before: Sequence[Detection], after: Sequence[Detection]) -> bool:
    """Whether the same faces are seen in both and none moved much, so that what lies between may be interpolated."""
    pairs = match_detections(before, after)
    if len(pairs) < max(len(before), len(after)):
        return False
    return all(_is_still(before[row], after[column]) for row, column in pairs)


def _is_still(before: Detection, after: Detection) -> bool:
    shift = float(np.abs(box_center(after.box) - box_center(before.box)).max())
    side = float(box_size(before.box).min())
    growth = float(box_area(after.box) / max(float(box_area(before.box)), 1e-6)) ** 0.5
    return shift < _STILL_SHIFT * side and 1 / _STILL_GROWTH < growth < _STILL_GROWTH


class Linker:
    """Keeps the tracks, and who they are. Feed it looked-at pictures in order; it looks back only."""

    def __init__(self, longest_gap: int) -> None:
        """longest_gap: frames a face may be gone within a shot and still keep its number when it comes back to its
        place.
        """
        self._longest_gap = longest_gap
        self._count, self._looks = 0, 0
        self._people = People()
        self.tracks: list[Track] = []

    def add(self, frame: int, shot: int, image: Image, detections: Sequence[Detection]) -> None:
        """Takes the faces seen in `frame`: each goes on with a track of its shot, or starts one."""
        live = [
            track
            for track in self.tracks
            if track.shot == shot and frame - track.sightings[-1].frame <= self._longest_gap + 1
        ]
        matched = match_detections([track.sightings[-1].detection for track in live], detections)
        owners = {column: live[row] for row, column in matched}
        fresh = [index for index in range(len(detections)) if index not in owners]
        if fresh:
            taken = {owner.person for owner in owners.values()}
            people = self._people.recognise(image, [detections[index] for index in fresh], taken)
            owners |= {index: self._start(shot, person) for index, person in zip(fresh, people, strict=True)}
        for index, detection in enumerate(detections):
            owners[index].sightings.append(Sighting(frame=frame, look=self._looks, detection=detection))
        self._looks += 1

    def forget(self, frame: int, current: int) -> None:
        """Drops sightings before `frame`, and tracks that ended long before `current`. The last sighting before
        `frame` stays.
        """
        for track in self.tracks:
            old = sum(sighting.frame < frame for sighting in track.sightings)
            del track.sightings[: max(0, old - 1)]
        self.tracks = [
            track for track in self.tracks if track.sightings[-1].frame >= min(frame, current - self._longest_gap - 1)
        ]

    def _start(self, shot: int, person: int) -> Track:
        track = Track(number=self._count, shot=shot, person=person)
        self._count += 1
        self.tracks.append(track)
        return track
