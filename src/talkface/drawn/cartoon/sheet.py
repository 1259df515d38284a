"""Contact sheet of drawn characters: `python -m talkface.drawn.cartoon.sheet PICTURE [FIRST]`, thirty of them."""

import sys
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np

from talkface.drawn.cartoon.play import DrawnFrame, play_scene
from talkface.drawn.cartoon.stage import plan_scene
from talkface.drawn.shapes import Image
from talkface.drawn.track import track_from_phonemes
from talkface.drawn.voice import phonemes

ROWS, COLUMNS, TILE = 5, 6, 200
_FPS = Fraction(25)
_QUALITY = 85  # of JPEG
_SIDE = 400  # of the drawn pictures; even the flattest is then no smaller than a tile


def contact_sheet(first: int = 0) -> Image:
    """(1000, 1200, 3) uint8 RGB: characters `first` to `first + 29`, each in a frame of a take of its own."""
    times = phonemes()
    frames = int(times[-1].end * _FPS)
    track = track_from_phonemes(times, frames, _FPS)
    tiles = []
    for place in range(ROWS * COLUMNS):
        scene = plan_scene(first + place, 0, frames, fps=_FPS, side=_SIDE)
        moment = (11 + 17 * place) % frames
        tiles.append(around_speaker(next(play_scene(scene, track, frames={moment}))))
    rows = [np.hstack(tiles[row * COLUMNS : (row + 1) * COLUMNS]) for row in range(ROWS)]
    return np.vstack(rows)


def around_speaker(frame: DrawnFrame) -> Image:
    """(TILE, TILE, 3): the largest square of the picture that has the speaker nearest to its middle."""
    height, width = frame.image.shape[:2]
    side = min(height, width)
    box = frame.faces[frame.speaker].face_box
    left = round(min(max(float(box[0] + box[2]) / 2 - side / 2, 0), width - side))
    top = round(min(max(float(box[1] + box[3]) / 2 - side / 2, 0), height - side))
    square = frame.image[top : top + side, left : left + side]
    return np.asarray(cv2.resize(square, (TILE, TILE), interpolation=cv2.INTER_AREA), np.uint8)


def main(picture: Path, first: int = 0) -> None:
    """Writes the sheet as JPEG."""
    image = cv2.cvtColor(contact_sheet(first), cv2.COLOR_RGB2BGR)
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    picture.write_bytes(data.tobytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:3]))
