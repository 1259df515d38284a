"""Paints a planned scene frame by frame, with everything that is known about each face in it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from talkface.drawn.cartoon.backdrops import paint_backdrop
from talkface.drawn.cartoon.figure import figure_landmarks, paint_figure, pose_figure
from talkface.drawn.cartoon.film import Developing, choose_film
from talkface.drawn.cartoon.occluders import Occluder
from talkface.drawn.cartoon.parts import SUPERSAMPLING, Painter
from talkface.drawn.cartoon.place import flat
from talkface.drawn.cartoon.profiles import PROFILE_YAW, paint_profile, pose_profile, profile_landmarks
from talkface.drawn.cartoon.stage import Role, Scene, Shot
from talkface.drawn.character import DrawnCharacter
from talkface.drawn.clip import draw_frame_with_truth
from talkface.drawn.draw import Draw
from talkface.drawn.drawings import in_drawings
from talkface.drawn.shapes import Canvas, Image, Points
from talkface.drawn.track import MouthTrack
from talkface.drawn.truth import FrameTruth
from talkface.drawn.visemes import VISEMES, MouthShape
from talkface.timeline import Timeline

_WIDER = 1.35  # the backdrop's width in pictures
_INK = 0.006  # width of the lines around an occluder, parts of the shorter side


@dataclass(frozen=True)
class DrawnFrame:
    """One picture of a scene. image: (H, W, 3) uint8 RGB. shot: its number. faces: back to front; speaker: which of

    them speaks. identities: seed of each.
    """

    image: Image
    shot: int
    faces: tuple[FrameTruth, ...]
    identities: tuple[int, ...]
    speaker: int


def play_scene(scene: Scene, track: MouthTrack, *, frames: Collection[int] | None = None) -> Iterator[DrawnFrame]:
    """The frames of a scene whose speaker's mouth follows `track` (as long as the scene), in the scene's drawings.

    frames: numbers of those that are wanted; None: all. Each is the same whether the others are painted or not.
    """
    drawn = in_drawings(track, scene.mouths, scene.held)
    develop = Developing(scene.film, scene.height, scene.width)
    if scene.portrait:
        yield from _play_portrait(scene, drawn, develop, frames)
        return
    canvas = Canvas(np.empty((scene.height * SUPERSAMPLING, scene.width * SUPERSAMPLING, 3), np.uint8))
    for number, shot in enumerate(scene.shots):
        wanted = [frame for frame in range(shot.first, shot.last) if frames is None or frame in frames]
        if not wanted:
            continue
        rows, columns = canvas.image.shape[:2]
        backdrop = paint_backdrop(Draw(shot.place, "backdrop"), rows, round(columns * _WIDER))
        for frame in wanted:
            _copy_backdrop(canvas, backdrop, shot, frame)
            faces = _paint_roles(scene, shot, canvas, drawn, frame)
            small = cv2.resize(canvas.image, (scene.width, scene.height), interpolation=cv2.INTER_AREA)
            identities = tuple(role.design.seed for role in shot.roles)
            speaker = next(place for place, role in enumerate(shot.roles) if role.speaks)
            yield DrawnFrame(develop(np.asarray(small, np.uint8), frame), number, faces, identities, speaker)


def empty_picture(draw: Draw, height: int, width: int) -> Image:
    """(height, width, 3) a place without anybody in it, as a scene would show it."""
    film = choose_film(draw)
    large = paint_backdrop(draw, height * SUPERSAMPLING, width * SUPERSAMPLING)
    small = cv2.resize(large, (width, height), interpolation=cv2.INTER_AREA)
    return Developing(film, height, width)(np.asarray(small, np.uint8), 0)


def _play_portrait(
    scene: Scene, track: MouthTrack, develop: Developing, frames: Collection[int] | None
) -> Iterator[DrawnFrame]:
    """One head alone in its room."""
    character, clock = DrawnCharacter(scene.character), Timeline(scene.fps)
    role = next(role for role in scene.shots[0].roles if role.speaks)
    for frame in range(len(track)) if frames is None else sorted(frames):
        time = clock.frame_time(frame // role.held * role.held)
        image, face = draw_frame_with_truth(
            character,
            track.shape(frame),
            role.motion.pose(time),
            expression=role.motion.expression(time),
            size=(scene.height, scene.width),
            viseme=track.visemes[frame],
        )
        yield DrawnFrame(develop(image, frame), 0, (_in_picture(face, scene),), (scene.character,), 0)


def _copy_backdrop(canvas: Canvas, backdrop: Image, shot: Shot, frame: int) -> None:
    place = shot.pan[0] + (shot.pan[1] - shot.pan[0]) * shot.along(frame)
    left = round(place * (backdrop.shape[1] - canvas.image.shape[1]))
    np.copyto(canvas.image, backdrop[:, left : left + canvas.image.shape[1]])


def _paint_roles(scene: Scene, shot: Shot, canvas: Canvas, track: MouthTrack, frame: int) -> tuple[FrameTruth, ...]:
    clock = Timeline(scene.fps)
    faces: list[FrameTruth] = []
    zoom = shot.zoom[0] + (shot.zoom[1] - shot.zoom[0]) * shot.along(frame)
    for role in shot.roles:
        time = clock.frame_time(frame // role.held * role.held)
        face, head = _act(role, canvas, track, frame, time=time, zoom=zoom)
        faces = [_behind(other, head) for other in faces]  # nearer heads hide farther ones
        faces.append(face)
    if shot.occluder is not None:
        seconds = float(clock.frame_time(frame - shot.first))
        faces = _paint_occluder(canvas, shot.occluder, seconds, faces)
    return tuple(_in_picture(face, scene) for face in faces)


def _act(
    role: Role, canvas: Canvas, track: MouthTrack, frame: int, *, time: Fraction, zoom: float
) -> tuple[FrameTruth, Points]:
    """Paints one character; its truth and the outline of its head, pixels of the picture that is shown."""
    expression = role.motion.expression(time)
    mouth: MouthShape = track.shape(frame) if role.speaks else VISEMES["rest"]
    viseme = track.visemes[frame] if role.speaks else "rest"
    pose = role.pose(time, zoom)
    if role.profile:
        pose = replace(pose, yaw=0.2 * pose.yaw)
    painter = Painter(canvas, pose, role.anchor)
    if role.profile:
        side_view = pose_profile(role.design, mouth, expression, role.profile)
        paint_profile(side_view, painter)
        points, seen = profile_landmarks(side_view, painter)
        head = painter.projection(flat(side_view.outline)) / SUPERSAMPLING
        pose = replace(pose, yaw=pose.yaw + PROFILE_YAW * role.profile)
    else:
        figure = pose_figure(role.design, mouth, expression)
        paint_figure(figure, painter)
        points, seen = figure_landmarks(figure, painter), np.ones(68, bool)
        head = painter.projection.rim(figure.outline.closed) / SUPERSAMPLING
    landmarks = points.astype(np.float32)
    opening = float(np.linalg.norm(landmarks[66] - landmarks[62]))
    return FrameTruth(landmarks, opening, viseme, mouth, pose, expression, seen), head


def _paint_occluder(canvas: Canvas, thing: Occluder, seconds: float, faces: list[FrameTruth]) -> list[FrameTruth]:
    rows, columns = canvas.image.shape[:2]
    side = min(rows, columns)
    shapes = [(outline * side + (columns / 2, rows / 2), colour) for outline, colour in thing.shapes(seconds)]
    for outline, colour in shapes:
        canvas.fill(outline, colour)
        canvas.line(outline, thing.ink, _INK * side, closed=True)
    for outline, _ in shapes:
        faces = [_behind(face, outline / SUPERSAMPLING) for face in faces]
    return faces


def _behind(face: FrameTruth, outline: Points) -> FrameTruth:
    """The face with what lies inside the outline marked as hidden."""
    return replace(face, visible=face.visible & ~inside(face.landmarks, outline))


def _in_picture(face: FrameTruth, scene: Scene) -> FrameTruth:
    """The face with what lies outside the picture, or under its black bars, marked as hidden."""
    across, down = scene.film.bars[0] * scene.width, scene.film.bars[1] * scene.height
    x, y = face.landmarks.T
    seen = (x >= across) & (x < scene.width - across) & (y >= down) & (y < scene.height - down)
    return replace(face, visible=face.visible & seen)


def inside(points: NDArray[np.float32], outline: Points) -> NDArray[np.bool_]:
    """(N,) whether each point (N, 2) lies inside the closed outline (M, 2), by counting crossings to its right."""
    x, y = points[:, :1], points[:, 1:]
    first, second = outline, np.roll(outline, -1, axis=0)
    rising = (first[:, 1] > y) != (second[:, 1] > y)
    height = np.where(second[:, 1] == first[:, 1], 1.0, second[:, 1] - first[:, 1])
    crossing = first[:, 0] + (y - first[:, 1]) / height * (second[:, 0] - first[:, 0])
    result: NDArray[np.bool_] = (rising & (x < crossing)).sum(axis=1) % 2 == 1
    return result
