"""One frame of a random scene with its faces, or a place without anybody: what face networks learn from."""

from fractions import Fraction

import numpy as np

from talkface.drawn.cartoon.play import empty_picture, play_scene
from talkface.drawn.cartoon.stage import plan_scene
from talkface.drawn.draw import Draw
from talkface.drawn.shapes import Image
from talkface.drawn.track import MouthTrack
from talkface.drawn.truth import Float32
from talkface.drawn.visemes import VISEMES

MOMENT_SEEDS = 1 << 42
"""Seeds of the characters begin here, far from those of every corpus."""

_FRAMES, _FPS = 8, Fraction(25)
_SIDE = 320
_FACELESS = 0.12
SEEN = 0.3
"""Part of a face's landmarks that must be visible for it to count."""


def draw_moment(number: int, seed: int) -> tuple[Image, Float32, Float32]:
    """(image (H, W, 3) uint8 RGB, boxes (F, 4), landmarks (F, 68, 2) float32 pixels), the same for the same numbers.

    An eighth of the pictures are places without faces.
    """
    draw = Draw(MOMENT_SEEDS + number, f"faces {seed}")
    if draw.chance(_FACELESS):
        return empty_picture(draw, 192, 256), np.zeros((0, 4), np.float32), np.zeros((0, 68, 2), np.float32)
    scene = plan_scene(MOMENT_SEEDS + draw.number(), 0, _FRAMES, fps=_FPS, side=_SIDE)
    viseme = draw.one_of(tuple(VISEMES))
    track = MouthTrack(np.tile(np.array(VISEMES[viseme]), (_FRAMES, 1)), (viseme,) * _FRAMES)
    frame = next(play_scene(scene, track, frames={int(draw.between(0, _FRAMES))}))
    seen = [face for face in frame.faces if face.visible.mean() > SEEN]
    boxes = np.array([face.face_box for face in seen], np.float32).reshape(-1, 4)
    return frame.image, boxes, np.array([face.landmarks for face in seen], np.float32).reshape(-1, 68, 2)
