"""Made-up clips for tracking: plain pictures that carry their number, and a detector that knows what is in them."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from talkface.drawn import VISEMES, MouthTrack
from talkface.drawn.cartoon import plan_scene, play_scene
from talkface.face import Detection

SIZE = (48, 64)
Scene = Callable[[int], list[Detection]]


@dataclass(frozen=True)
class Picture:
    """A frame as the tracker wants it, with its number."""

    index: int
    image: np.ndarray


def pictures(count: int, cuts: Sequence[int] = ()) -> list[Picture]:
    """`count` flat pictures whose gray jumps at each cut; pixel (0, 0) holds the frame's number."""
    made = []
    for index in range(count):
        shot = sum(cut <= index for cut in cuts)
        image = np.full((*SIZE, 3), 60 + 90 * (shot % 2), np.uint8)
        image[0, 0] = index
        made.append(Picture(index, image))
    return made


def face(left: float, top: float = 10, side: float = 20, *, points: bool = True) -> Detection:
    """A square face; its points are in fixed places of the box."""
    marks = np.array([[0.3, 0.4], [0.7, 0.4], [0.5, 0.6], [0.35, 0.8], [0.65, 0.8]], np.float32) * side + [left, top]
    box = np.array([left, top, left + side, top + side], np.float32)
    return Detection(box, 0.95, marks.astype(np.float32) if points else None)


class KnowingDetector:
    """Gives what `scene` says about the number in a picture, and notes which frames were looked at."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self.looked_at: list[int] = []

    def detect(self, images: Sequence[np.ndarray]) -> list[list[Detection]]:
        numbers = [int(image[0, 0, 0]) for image in images]
        self.looked_at += numbers
        return [
            sorted(self._scene(number), key=lambda found: -float(found.box[2] - found.box[0])) for number in numbers
        ]


def drawn_shot(seed, *, count=30):
    """Frames of one shot of a drawn scene, and the speaker's true boxes."""
    scene = plan_scene(seed, 0, count, fps=Fraction(25), side=192)
    names = [list(VISEMES)[frame // 3 % len(VISEMES)] for frame in range(count)]
    track = MouthTrack(np.array([VISEMES[name] for name in names]), tuple(names))
    frames = [frame for frame in play_scene(scene, track) if frame.shot == 0]
    return [Picture(n, frame.image) for n, frame in enumerate(frames)], [f.faces[f.speaker].face_box for f in frames]
