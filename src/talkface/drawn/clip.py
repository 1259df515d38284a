"""Drawn pictures with their truth: single frames, and clips that talk to a sound."""

from collections.abc import Iterable, Iterator
from fractions import Fraction
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from talkface.drawn import paint_around, paint_face
from talkface.drawn.acoustics import track_from_sound
from talkface.drawn.character import DrawnCharacter
from talkface.drawn.head import upper_landmarks
from talkface.drawn.pose import Expression, HeadMotion, Pose
from talkface.drawn.scene import SUPERSAMPLING, Scene, build_scene
from talkface.drawn.shapes import Image, Points
from talkface.drawn.track import MouthTrack, hold, track_from_phonemes
from talkface.drawn.truth import FrameTruth
from talkface.drawn.visemes import MouthShape
from talkface.drawn.voice import Phoneme
from talkface.timeline import Timeline


def draw_frame(
    character: DrawnCharacter,
    mouth: MouthShape | None = None,
    pose: Pose | None = None,
    *,
    expression: Expression | None = None,
    size: int | tuple[int, int] = 256,
) -> Image:
    """One picture. size: the side of a square, or (height, width), pixels. Returns (height, width, 3) uint8 RGB."""
    return draw_frame_with_truth(character, mouth, pose, expression=expression, size=size)[0]


def draw_frame_with_truth(
    character: DrawnCharacter,
    mouth: MouthShape | None = None,
    pose: Pose | None = None,
    *,
    expression: Expression | None = None,
    size: int | tuple[int, int] = 256,
    viseme: str = "",
) -> tuple[Image, FrameTruth]:
    """As `draw_frame`, with what is known about it. ValueError for a side below 16 pixels."""
    height, width = (size, size) if isinstance(size, int) else size
    if min(height, width) < 16:
        raise ValueError(f"a drawn picture has at least 16 pixels a side, got {height}x{width}")
    scene = build_scene(
        character,
        mouth or MouthShape(),
        pose or Pose(),
        expression=expression or Expression(),
        height=height,
        width=width,
    )
    _paint(scene)
    small = cv2.resize(scene.canvas.image, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.uint8), _truth(scene, viseme)


def drawn_clip(
    seed: int,
    samples: NDArray[np.float32],
    fps: Fraction,
    size: int | tuple[int, int] = 256,
    *,
    phonemes: Iterable[Phoneme] | None = None,
    held: int = 1,
    motion: float = 1.0,
    sample_rate: int = 16000,
) -> Iterator[tuple[Image, FrameTruth]]:
    """Pictures of character `seed` speaking `samples`, for as long as they last (to the nearest frame).

    samples: (N,) float32 mono in [-1, 1]; sample 0 sounds when frame 0 appears. phonemes: their times (`phonemes(name)`
    for shipped speech); without them the mouth follows the sound by `track_from_sound`. held: frames for which a drawn
    mouth stays (2: "on twos"). motion: 0 a still head, 1 as people move. The same arguments give the same bytes.
    """
    clock = Timeline(Fraction(fps), sample_rate=sample_rate)
    frames = clock.frame_count(clock.sample_time(len(samples)))
    if phonemes is not None:
        track = track_from_phonemes(phonemes, frames, clock.fps)
    else:
        track = track_from_sound(samples, frames, clock.fps, sample_rate)
    return draw_track(seed, hold(track, held), clock.fps, size, motion=motion)


def draw_track(
    seed: int, track: MouthTrack, fps: Fraction, size: int | tuple[int, int] = 256, *, motion: float = 1.0
) -> Iterator[tuple[Image, FrameTruth]]:
    """Pictures of character `seed` whose mouth follows `track`."""
    character, moves, clock = DrawnCharacter(seed), HeadMotion(seed, amount=motion), Timeline(fps)
    for frame, viseme in enumerate(track.visemes):
        time = clock.frame_time(frame)
        yield draw_frame_with_truth(
            character,
            track.shape(frame),
            moves.pose(time),
            expression=moves.expression(time),
            size=size,
            viseme=viseme,
        )


@lru_cache(maxsize=4)
def _room(seed: int, height: int, width: int) -> Image:
    return paint_around.paint_room(DrawnCharacter(seed), height, width)


def _paint(scene: Scene) -> None:
    """Back to front."""
    rows, columns = scene.canvas.image.shape[:2]
    np.copyto(scene.canvas.image, _room(scene.character.seed, rows, columns))
    paint_around.paint_back_hair(scene)
    paint_around.paint_body(scene)
    paint_face.paint_ears(scene)
    paint_face.paint_head(scene)
    paint_face.paint_jaw_hair(scene)
    paint_face.paint_nose(scene)
    paint_face.paint_mouth(scene)
    paint_face.paint_beard(scene)
    paint_face.paint_eyes(scene)
    paint_face.paint_brows(scene)
    paint_around.paint_front_hair(scene)
    paint_around.paint_glasses(scene)


def _truth(scene: Scene, viseme: str) -> FrameTruth:
    jaw, upper = upper_landmarks(scene.character.proportions, scene.expression, scene.outline.jaw)
    mouth = scene.on_face(scene.curves.landmarks(), scene.curves.protrusion)
    painted: Points = np.vstack([scene.projection.rim(jaw), scene.projection(upper), mouth])
    landmarks = (painted / SUPERSAMPLING).astype(np.float32)
    opening = float(np.linalg.norm(landmarks[66] - landmarks[62]))
    return FrameTruth(landmarks, opening, viseme, scene.mouth, scene.pose, scene.expression)
