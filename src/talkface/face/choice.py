"""Which of several faces is meant. A choice is made from what the next frames show, and then kept: to the end of the
shot, also while the person is covered or gone, and in later shots wherever the same person is there.
"""

from collections.abc import Sequence

import numpy as np

from talkface.errors import InputError
from talkface.face.box import box_area, box_center, box_size
from talkface.face.linking import Sighting, Track
from talkface.face.smoothing import is_joined

Choice = str | int | tuple[float, float]


def check_choice(choice: object) -> Choice:
    """`choice` as it is meant: "largest", "all", a person's number >= 0, or a point (x, y). InputError otherwise."""
    if choice in ("largest", "all"):
        return str(choice)
    if isinstance(choice, int) and not isinstance(choice, bool) and choice >= 0:
        return choice
    if isinstance(choice, Sequence) and not isinstance(choice, str) and len(choice) == 2:
        return (float(choice[0]), float(choice[1]))
    raise InputError("not a choice of faces", choice, "give largest, all, a number, or a point (x, y)")


class FaceChoice:
    """Remembers the people chosen: nobody takes their place within a shot, and they are found again after a cut."""

    def __init__(self, choice: Choice) -> None:
        self._choice = choice
        self._shot: int | None = None
        self._chosen: int | None = None
        self._before: list[int] = []  # people chosen so far, first one first

    def pick(self, tracks: Sequence[Track], frame: int, ahead: int) -> list[Track]:
        """Those of `tracks` (all of one shot) that are wanted at `frame`, knowing frames up to `ahead` (included)
        only.
        """
        if self._choice == "all":
            return list(tracks)
        if isinstance(self._choice, int):
            return [track for track in tracks if track.person == self._choice]
        coming = {track.number: _coming(track, frame, ahead) for track in tracks}
        candidates = [track for track in tracks if coming[track.number]]
        if not candidates:
            return []
        shot = candidates[0].shot
        if self._chosen is None or shot != self._shot or self._replaced(tracks, candidates, frame, ahead):
            self._chosen, self._shot = self._again(candidates), shot
            if self._chosen is None:
                number = self._choose({track.number: coming[track.number] for track in candidates})
                self._chosen = next((track.person for track in candidates if track.number == number), None)
            if self._chosen is not None and self._chosen not in self._before:
                self._before.append(self._chosen)
        return [track for track in candidates if track.person == self._chosen]

    def _replaced(self, tracks: Sequence[Track], candidates: Sequence[Track], frame: int, ahead: int) -> bool:
        """Whether a lone newcomer came in `frame`, the first one without the chosen person: a cut that went unnoticed.

        Only sightings up to `ahead` count, and only this one frame is asked about, so that a stream, which forgets, and
        a whole clip answer alike.
        """
        frames = [one.frame for track in tracks if track.person == self._chosen for one in track.sightings]
        last = max((one for one in frames if one <= ahead), default=None)
        return last == frame - 1 and len(candidates) == 1 and candidates[0].sightings[0].frame == frame

    def _again(self, candidates: Sequence[Track]) -> int | None:
        """The first of the people chosen before who is among the candidates."""
        there = {track.person for track in candidates}
        return next((person for person in self._before if person in there), None)

    def _choose(self, coming: dict[int, list[Sighting]]) -> int | None:
        """The best track by the sightings to come; None where no face is near the wanted point, or there is none."""
        if isinstance(self._choice, tuple):
            far = {number: _distance(seen[0], self._choice) for number, seen in coming.items()}
            near = {number: distance for number, distance in far.items() if distance <= 1}
            return min(near, key=lambda number: near[number], default=None)
        return max(coming, key=lambda number: summed_area(coming[number]), default=None)


def summed_area(sightings: Sequence[Sighting]) -> float:
    """Area of a face added up over the frames it is seen in, square pixels x frames (trapezoids between joined
    sightings).
    """
    areas = [float(box_area(sighting.detection.box)) for sighting in sightings]
    total = areas[-1]
    for index in range(1, len(sightings)):
        before, after = sightings[index - 1], sightings[index]
        span = after.frame - before.frame if is_joined(before, after) else 1
        total += span * (areas[index - 1] + areas[index]) / 2
    return total


def _coming(track: Track, frame: int, ahead: int) -> list[Sighting]:
    return [sighting for sighting in track.sightings if frame <= sighting.frame <= ahead]


def _distance(sighting: Sighting, point: tuple[float, float]) -> float:
    """How far a point is from a face's middle, in box sizes (0.5 is the box's edge)."""
    away = np.abs(np.asarray(point) - box_center(sighting.detection.box)) / box_size(sighting.detection.box)
    return float(away.max())
