"""Joins the detections of successive images into tracks, one a face: by the overlap of boxes while a face stays in
sight, by its appearance where boxes of several faces overlap or a face was gone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from talkface.face.box import Box, box_area, box_center, box_iou, box_size
from talkface.face.crop import Image
from talkface.face.detection import Detection
from talkface.face.people import Appearance, People, appearance

_LEAST_OVERLAP = 0.2
_OVERLAP_COUNTS = 0.5  # of boxes, against the distance of appearances, where one face may be several people's
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
        seen = [appearance(image, face) for face in detections]
        near = [
            track
            for track in self.tracks
            if track.shot == shot and frame - track.sightings[-1].frame <= self._longest_gap + 1
        ]
        live = [track for track in near if track.sightings[-1].look == self._looks - 1]
        owners = self._continued(live, detections, seen)
        self._learn(owners, detections, seen)
        lost = [track for track in near if track not in live]
        owners |= self._returned(lost, detections, seen, owners)
        fresh = [index for index in range(len(detections)) if index not in owners]
        taken = {owner.person for owner in owners.values()}
        people = self._people.recognise([seen[index] for index in fresh], taken)
        owners |= {index: self._start(shot, person) for index, person in zip(fresh, people, strict=True)}
        for index, detection in enumerate(detections):
            owners[index].sightings.append(Sighting(frame=frame, look=self._looks, detection=detection))
        self._looks += 1

    def _continued(
        self, live: Sequence[Track], detections: Sequence[Detection], seen: Sequence[Appearance]
    ) -> dict[int, Track]:
        """Tracks of the last look go on with the face in their place; appearance decides where there are several."""
        overlap = _overlaps(live, detections)
        allowed = overlap >= _LEAST_OVERLAP
        contested = allowed & ((allowed.sum(axis=0) > 1)[None] | (allowed.sum(axis=1) > 1)[:, None])
        present = {track.person for track in live}
        pairs = []
        for row, column in np.argwhere(allowed):
            one, person, apart = seen[column], live[row].person, 1 - float(overlap[row, column])
            if contested[row, column]:
                pairs.append((self._people.distance(one, person) + _OVERLAP_COUNTS * apart, apart, row, column))
            elif not self._people.is_another(one, person, present):
                pairs.append((0.0, apart, row, column))
        return _greedy(pairs, live)

    def _returned(
        self,
        lost: Sequence[Track],
        detections: Sequence[Detection],
        seen: Sequence[Appearance],
        owners: Mapping[int, Track],
    ) -> dict[int, Track]:
        """Tracks that were gone go on with a free face in their place, if it is the same person's by its appearance."""
        overlap, taken = _overlaps(lost, detections), {owner.person for owner in owners.values()}
        pairs = [
            (self._people.distance(seen[column], lost[row].person), 1 - float(overlap[row, column]), row, column)
            for row, column in np.argwhere(overlap >= _LEAST_OVERLAP)
            if column not in owners
            and lost[row].person not in taken
            and self._people.confirm(seen[column], lost[row].person)
        ]
        return _greedy(pairs, lost)

    def _learn(self, owners: Mapping[int, Track], detections: Sequence[Detection], seen: Sequence[Appearance]) -> None:
        """Remembers how people look now, unless another face is in the way."""
        overlap = _box_overlaps([face.box for face in detections], [face.box for face in detections])
        for index, owner in owners.items():
            if (overlap[index] > 0).sum() <= 1:
                self._people.learn(seen[index], owner.person)

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


def _overlaps(tracks: Sequence[Track], detections: Sequence[Detection]) -> NDArray[np.float64]:
    """(N, M) overlaps of the tracks' last boxes with those of the detections."""
    return _box_overlaps([track.sightings[-1].detection.box for track in tracks], [face.box for face in detections])


def _box_overlaps(before: Sequence[Box], after: Sequence[Box]) -> NDArray[np.float64]:
    if not len(before) or not len(after):
        return np.zeros((len(before), len(after)))
    return np.asarray(box_iou(np.stack(before), np.stack(after)), np.float64)


def _greedy(pairs: Sequence[tuple[float, float, int, int]], tracks: Sequence[Track]) -> dict[int, Track]:
    """Detection -> track, lowest cost first; every track and person once. pairs: (cost, tie, row, column)."""
    owners: dict[int, Track] = {}
    for _, _, row, column in sorted(pairs):
        people = {owner.person for owner in owners.values()}
        if column not in owners and tracks[row].person not in people:
            owners[int(column)] = tracks[row]
    return owners
