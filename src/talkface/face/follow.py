"""Carries one box, given by hand in the first picture, through its shot: for faces that no detector finds.

A click on the face will do instead of a box, see `talkface.face.click`.

The box's content is looked for near its last place, at a few sizes, by normalised correlation with what was marked and
with what was seen last. It ends at a scene cut; where nothing alike is near, the face counts as absent.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from talkface.face.box import Box, as_box, box_center, box_size
from talkface.face.crop import Image, crop_face
from talkface.face.cuts import SceneCuts
from talkface.face.tracker import FrameT, TrackedFace

Gray = NDArray[np.float32]

_SIDE = 40  # pixels of the template
_REACH = 0.5  # how far the face may move from one picture to the next, in box sizes
_GROWTHS = (1.0, 0.96, 1.04, 0.985, 1.015)
_STILL = 0.004  # what another size must gain in correlation: noise alone must not make a box breathe
_FIRST_SHARE = 0.4  # weight of what was marked against what was seen last: the one drifts not, the other turns along
_ALIKE, _SURE = 0.45, 0.7  # correlation at which a face is there, and at which it is remembered as seen


class BoxFollower:
    """Follows one box; each call of `track` is a run of its own."""

    def __init__(self, box: Sequence[float] | Box | Callable[[Image], Box]) -> None:
        """box: (left, top, right, bottom) pixels in the first picture, or what finds it there. InputError: no box."""
        self._box = box if callable(box) else as_box(box)

    def track(self, frames: Iterable[FrameT]) -> Iterator[tuple[FrameT, list[TrackedFace]]]:
        """Every frame in order with the followed face; an empty list where it is lost and after a cut."""
        ended, cuts = False, SceneCuts()
        marked: Gray | None = None
        seen: Gray | None = None
        for frame in frames:
            ended = cuts.is_cut(frame.image) or ended
            if marked is None or seen is None:
                box = self._box(frame.image) if callable(self._box) else self._box
                marked = seen = _template(frame.image, box)
                yield frame, [TrackedFace(0, box, None, 1.0, detected=True)]
            elif ended:
                yield frame, []
            else:
                found, likeness = find_again(frame.image, box, marked, seen)
                if likeness < _ALIKE:
                    yield frame, []
                    continue
                box = found
                if likeness > _SURE:
                    seen = _template(frame.image, box)
                yield frame, [TrackedFace(0, box, None, likeness, detected=True)]


def find_again(image: Image, box: Box, marked: Gray, seen: Gray) -> tuple[Box, float]:
    """The box near `box` whose content is most like both templates, and how like it is in [-1, 1]."""
    best, likeness = box, -1.0
    for growth in _GROWTHS:
        place, score = _search(image, box, marked, seen, growth=growth)
        if score > likeness + (0.0 if growth == 1.0 else _STILL):
            best, likeness = place, score
    return best, likeness


def _search(image: Image, box: Box, marked: Gray, seen: Gray, *, growth: float) -> tuple[Box, float]:
    """The best place for a box `growth` times as large, and its correlation."""
    size, middle = box_size(box) * growth, box_center(box)
    half = size * (0.5 + _REACH)
    window = np.concatenate([middle - half, middle + half]).astype(np.float32)
    side = round(_SIDE * (1 + 2 * _REACH))
    region = _gray(crop_face(image, window, (side, side)))
    maps = [cv2.matchTemplate(region, template, cv2.TM_CCOEFF_NORMED) for template in (marked, seen)]
    score = _FIRST_SHARE * maps[0] + (1 - _FIRST_SHARE) * maps[1]
    row, column = np.unravel_index(int(np.nan_to_num(score, nan=-1.0).argmax()), score.shape)
    place = np.array([column + _peak(score[row], int(column)), row + _peak(score[:, column], int(row))])
    corner = window[:2] + place * (2 * half / side)
    return np.concatenate([corner, corner + size]).astype(np.float32), float(score[row, column])


def _peak(values: NDArray[np.float32], place: int) -> float:
    """Where between its neighbours a parabola through the highest value has its peak, in [-0.5, 0.5]."""
    if not 0 < place < len(values) - 1:
        return 0.0
    before, here, after = (float(values[place + step]) for step in (-1, 0, 1))
    bend = before - 2 * here + after
    return float(np.clip(0.5 * (before - after) / bend, -0.5, 0.5)) if bend < 0 else 0.0


def _template(image: Image, box: Box) -> Gray:
    return _gray(crop_face(image, box, (_SIDE, _SIDE)))


def _gray(image: Image) -> Gray:
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), np.float32)
