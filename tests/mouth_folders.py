"""Small folders of labelled mouth clips for tests: a synthetic head in three dimensions that turns, nods and speaks."""

from functools import cache
from pathlib import Path

import cv2
import numpy as np

from talkface.face.mouth_geometry import cut, framed, lay, zoomed
from talkface.models.mouth.landmarks import MouthLandmarkNetwork
from talkface.mouth_clips import HEIGHT, MEL_LEAD, WIDTH, ZOOM, MouthClip, MouthLabels, write_mouth_clips

LOWER_LIP, JAW = (55, 56, 57, 58, 59, 65, 66, 67), range(3, 14)
SIDE = 200  # pixels of the drawn frames


@cache
def head() -> np.ndarray:
    """(68, 3) float32 of a shut, resting face: usual places in pixels, round in depth."""
    flat = MouthLandmarkNetwork.usual_places().numpy() * [128, 146]
    flat[[67, 66, 65]] = flat[[61, 62, 63]]  # lips together
    about = (flat - flat.mean(0)) / 60
    depth = 30 * (about**2).sum(1) - 20
    depth[30] -= 12  # the tip of the nose
    return np.column_stack([flat - [64, 60], depth]).astype(np.float32)


def mouths(frames: int, seed: int, reach: float = 8.0) -> np.ndarray:
    """(N, 68, 3) shapes that open by up to `reach` pixels, and grow wide and narrow."""
    rng = np.random.default_rng(seed)
    time = np.arange(frames) / 25
    opened = reach * np.clip(np.sin(2 * np.pi * (2 + rng.random()) * time + rng.random()), 0, 1)
    wide = 3 * np.sin(2 * np.pi * 1.3 * time + rng.random())
    shapes = np.repeat(head()[None], frames, 0)
    shapes[:, list(LOWER_LIP), 1] += opened[:, None]
    shapes[:, list(JAW), 1] += 0.6 * opened[:, None]
    for corner, side in ((48, -1), (60, -1), (54, 1), (64, 1)):
        shapes[:, corner, 0] += side * wide
    return shapes.astype(np.float32)


def rotation(yaw: float, pitch: float = 0.0, roll: float = 0.0) -> np.ndarray:
    """(3, 3) from angles in degrees."""
    y, p, r = np.radians([yaw, pitch, roll])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
    about_z = np.array([[np.cos(r), -np.sin(r), 0], [np.sin(r), np.cos(r), 0], [0, 0, 1]])
    return about_z @ about_x @ about_y


def seen(shapes: np.ndarray, seed: int, turn: float = 12.0) -> np.ndarray:
    """(N, 68, 3) landmarks of the shapes on a head that turns by up to `turn` degrees, in pixels of a frame."""
    rng = np.random.default_rng(seed + 100)
    time = np.arange(len(shapes)) / 25
    phases = rng.random(3) * 6
    angles = [turn * np.sin(time * speed + phase) for speed, phase in zip((2, 1.3, 0.7), phases, strict=True)]
    turns = [rotation(yaw, pitch / 3, roll / 3) for yaw, pitch, roll in zip(*angles, strict=True)]
    scale = 0.8 + 0.1 * rng.random()
    return np.stack([scale * shape @ turn.T + [100, 95, 0] for shape, turn in zip(shapes, turns, strict=True)]).astype(
        np.float32
    )


def picture(points: np.ndarray, colour: int) -> np.ndarray:
    """(200, 200, 3) uint8 frame with a face: skin, eyes, lips and a dark mouth."""
    image = np.full((SIDE, SIDE, 3), 60, np.uint8)
    flat = np.round(points[:, :2]).astype(np.int32)
    cv2.ellipse(image, (int(flat[30, 0]), int(flat[30, 1]) - 5), (55, 75), 0, 0, 360, (190, 150, colour), -1)
    for eye in (flat[36:42], flat[42:48]):
        cv2.fillPoly(image, [eye], (250, 250, 250))
    cv2.fillPoly(image, [flat[48:60]], (180, 60, 70))
    cv2.fillPoly(image, [flat[60:68]], (40, 10, 10))
    return image


def make_clip(
    number: int, *, frames: int = 30, split: str = "train", sound: bool = True, deep: bool = True
) -> MouthClip:
    """One clip; its third frame shows no face. The sound's level follows the mouth."""
    shapes = mouths(frames, number)
    points = seen(shapes, number)
    matrices = np.stack([zoomed(framed(lay(each[:, :2])), ZOOM) for each in points])
    crops = [
        cut(picture(each, 120 + 10 * number % 100), matrix, (HEIGHT, WIDTH))
        for each, matrix in zip(points, matrices, strict=True)
    ]
    known = np.ones(frames, bool)
    known[2] = False
    points[~known], matrices[~known] = np.nan, np.nan
    if not deep:
        points[..., 2] = np.nan
    steps = round(frames * 3.2) + 2 * MEL_LEAD + 1
    level = np.interp((np.arange(steps) - MEL_LEAD) / 3.2 - 0.5, np.arange(frames), shapes[:, 66, 1])
    band = np.linspace(0, 1, 80)[:, None]
    mel = np.clip((level - level.min()) * (1 - band) - 3, -4, 4).astype(np.float32) if sound else np.zeros((80, 0))
    labels = MouthLabels(known, points, matrices, np.asarray(mel, np.float32))
    return MouthClip(f"clip{number}", f"speaker{number // 2}", split, np.stack(crops), labels)


def make_mouth_folder(folder: Path, count: int = 6, **options: object) -> Path:
    """A folder of `count` clips, every third of the split val."""
    clips = (make_clip(number, split="val" if number % 3 == 2 else "train", **options) for number in range(count))  # type: ignore[arg-type]
    return write_mouth_clips(folder, clips, {"made": "for a test"})
