"""Drawn mouths stay for several pictures ("on twos"): which moment of the sound a held picture shows."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from talkface.face import crop_face
from talkface.media import Frame

_LONGEST = 3  # pictures that show one drawing of a mouth, whatever the source does: longer ones no longer follow speech
_SAME = 2.0  # grey levels: mean difference of two codings of one drawing stays below
_SIDE = 32  # pixels of the face that are compared


class Hold:
    """One run's memory of what is held. `Hold(1, …)` changes nothing.

    hold: pictures a mouth is held for; `source`: as long as the faces themselves stay as drawn, three at most. step:
    seconds between two pictures.
    """

    def __init__(self, hold: int | str, step: Fraction) -> None:
        self._hold, self._step = hold, step
        self._faces: npt.NDArray[np.float32] | None = None
        self._first, self._shown = Fraction(0), 0

    def time(self, frame: Frame, boxes: Sequence[npt.NDArray[np.float32]], time: Fraction) -> Fraction:
        """The moment of the sound whose mouth the picture shown at `time` has.

        A hold of known length shows the mouth of its middle, one by the source that of its first picture. boxes: (4,)
        of the faces.
        """
        if self._hold == "source":
            return self._as_drawn(frame, boxes, time)
        count = int(self._hold)
        first = round(time / self._step) // count * count
        return time if count == 1 else (first + Fraction(count - 1, 2)) * self._step

    def _as_drawn(self, frame: Frame, boxes: Sequence[npt.NDArray[np.float32]], time: Fraction) -> Fraction:
        faces = np.array([crop_face(frame.image, box, (_SIDE, _SIDE)) for box in boxes], np.float32)
        if not self._same(faces) or self._shown >= _LONGEST:
            self._first, self._shown = time, 0
        self._faces, self._shown = faces, self._shown + 1
        return self._first

    def _same(self, faces: npt.NDArray[np.float32]) -> bool:
        before = self._faces
        if before is None or before.shape != faces.shape or not faces.size:
            return False
        return float(np.abs(before - faces).mean()) <= _SAME
