"""Paints what is around the face: room, body, neck, hair, glasses."""

import cv2
import numpy as np

from talkface.drawn.character import DrawnCharacter
from talkface.drawn.head import SIDES
from talkface.drawn.pose import HEAD_UNIT
from talkface.drawn.scene import Scene
from talkface.drawn.shapes import Canvas, Colour, Image, Points, darker, ellipse, lighter, mirrored, mix, spline


def paint_room(character: DrawnCharacter, height: int, width: int) -> Image:
    """(height, width, 3) uint8: the wall behind, light at the lit side, with a few large soft shapes."""
    palette = character.palette
    rng = np.random.default_rng([character.seed, 0x726F6F6D])
    small = np.empty((32, 32, 3), np.uint8)
    for row in range(32):
        small[row] = mix(palette.wall, palette.wall_low, row / 31)
    canvas = Canvas(small)
    for _ in range(3):
        x, y, rx, ry, tone = rng.random(5).tolist()
        colour = mix(palette.wall_low, lighter(palette.wall, 0.4), tone)
        canvas.fill(ellipse(32 * x, 32 * y, 3 + 6 * rx, 4 + 9 * ry), colour)
    soft = cv2.GaussianBlur(small, (0, 0), 1.5)
    return np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


class _Body:
    """Body coordinates: head units below the neck's middle; it follows the head's shift by half and never turns."""

    def __init__(self, scene: Scene) -> None:
        rows, columns = scene.canvas.image.shape[:2]
        side, pose = min(rows, columns), scene.pose
        self._unit = HEAD_UNIT * side * pose.zoom
        self._origin = np.array([columns / 2 + 0.6 * pose.x * side, rows * 0.47 + 0.6 * pose.y * side])

    def __call__(self, points: Points) -> Points:
        pixels: Points = self._origin + points * self._unit
        return pixels


def paint_body(scene: Scene) -> None:
    """Shoulders and clothes, then the neck between them and the head."""
    character, body = scene.character, _Body(scene)
    shape, palette = character.proportions, character.palette
    neck, wide = shape.neck, shape.shoulders
    half = [(neck * 0.9, 1.62), (neck * 1.35, 1.80), (wide * 0.72, 2.02), (wide * 0.95, 2.35), (wide * 1.06, 3.4)]
    shoulders = body(np.concatenate([spline(half, samples=5), mirrored(spline(half, samples=5))]))
    scene.canvas.fill(shoulders, palette.clothes)
    fold = body(
        spline(
            [
                (-character.light * wide * 0.70, 2.3),
                (-character.light * wide * 0.78, 2.8),
                (-character.light * wide * 0.74, 3.4),
            ]
        )
    )
    scene.canvas.line(fold, darker(palette.clothes, 0.3), scene.pixels(0.04))
    scene.contour(shoulders, colour=darker(palette.clothes, 0.6))
    _paint_neck(scene, body)
    _paint_collar(scene, body)


def _paint_neck(scene: Scene, body: _Body) -> None:
    character = scene.character
    neck, skin = character.proportions.neck, character.palette.skin
    top = scene.on_rim(np.array([(-neck, 0.75), (neck, 0.75)]))
    side = np.array([(neck * 0.98, 1.45), (neck * 1.12, 1.74), (neck * 0.5, 1.98)])
    low = body(np.concatenate([side, [(0.0, 2.06)], mirrored(side)]))
    outline = np.concatenate([top, low])
    scene.canvas.fill(outline, darker(skin, 0.14))
    jaw = scene.outline.jaw[6:-6] + np.array([0, 0.2, -0.25])
    shadow = scene.projection.rim(jaw * (neck * 0.98 / np.abs(jaw[:, 0]).max(), 1, 1))
    scene.canvas.fill(np.concatenate([shadow, top[::-1]]), darker(skin, 0.36))
    scene.contour(outline[1:5], closed=False)
    scene.contour(np.concatenate([outline[5:], outline[:1]]), closed=False)


def _paint_collar(scene: Scene, body: _Body) -> None:
    character = scene.character
    neck, clothes = character.proportions.neck, character.palette.clothes
    if character.collar == "crew":
        ring = spline([(-neck * 1.25, 1.72), (-neck * 0.7, 1.97), (0, 2.07), (neck * 0.7, 1.97), (neck * 1.25, 1.72)])
        scene.canvas.line(body(ring), darker(clothes, 0.25), scene.pixels(0.11))
    elif character.collar == "vee":
        edge = np.array([(-neck * 1.25, 1.72), (0.0, 2.5), (neck * 1.25, 1.72)])
        inside = np.concatenate([edge, [(neck * 0.5, 1.9), (0.0, 2.0), (-neck * 0.5, 1.9)]])
        scene.canvas.fill(body(inside), darker(character.palette.skin, 0.1))
        scene.canvas.line(body(edge), darker(clothes, 0.25), scene.pixels(0.09))
    else:
        for side in SIDES:
            flap = np.array(
                [(neck * 1.02, 1.56), (neck * 1.5, 1.86), (neck * 0.75, 2.36), (0.0, 2.02), (neck * 0.4, 1.98)]
            )
            pixels = body(flap * (side, 1))
            scene.canvas.fill(pixels, lighter(clothes, 0.35))
            scene.contour(pixels, colour=darker(clothes, 0.5))


def paint_back_hair(scene: Scene) -> None:
    """Hair behind head and neck."""
    character = scene.character
    w, hair = character.proportions.width, darker(character.palette.hair, 0.28)
    top = character.proportions.skull_y
    if character.hair_style == "long":
        half = [
            (0.0, top * 1.16),
            (w * 0.75, top * 1.0),
            (w * 1.22, -0.3),
            (w * 1.28, 0.7),
            (w * 1.22, 1.5),
            (w * 0.7, 1.75),
            (0.0, 1.7),
        ]
    elif character.hair_style in ("parted", "fringe") and character.feminine:
        half = [(0.0, top * 1.14), (w * 0.75, top), (w * 1.2, -0.3), (w * 1.22, 0.55), (w * 0.9, 0.95), (0.0, 0.9)]
    elif character.hair_style == "curly":
        half = [
            (0.0, top * 1.26),
            (w * 0.9, top * 1.05),
            (w * 1.36, -0.4),
            (w * 1.25, 0.35),
            (w * 0.8, 0.55),
            (0.0, 0.5),
        ]
    elif character.hair_style == "bun":
        scene.canvas.fill(scene.on_rim(ellipse(0.0, top - 0.22, 0.42, 0.34), -0.3), hair)
        return
    else:
        return
    outline = np.concatenate([half[:-1], [half[-1]], mirrored(half[1:-1])])
    pixels = scene.on_rim(spline(outline, closed=True), -0.3)
    scene.canvas.fill(pixels, hair)
    scene.contour(pixels, colour=darker(hair, 0.5))


def _hairline(character: DrawnCharacter) -> Points:
    """(N, 2) lower edge of the hair on the forehead, from the picture's left temple to the right one."""
    w, part = character.proportions.width, character.hair_part
    temple = (w * 0.99, -0.02)
    if character.hair_style == "fringe":
        y = np.array([-0.12, -0.36, -0.40, -0.37, -0.42, -0.38, -0.41, -0.36, -0.12])
        x = np.linspace(-1, 1, 9) * w * 0.98
        return spline(np.column_stack([x, y]), samples=5)
    if character.hair_style in ("parted", "long", "bun"):
        half = [
            (-w * 0.99, 0.02),
            (-w * 0.86, -0.36),
            (-w * 0.55, -0.62),
            (0.22 * w, -0.98),
            (w * 0.52, -0.74),
            (w * 0.86, -0.42),
            temple,
        ]
        line = spline(half, samples=5)
        return line if part > 0 else mirrored(line)
    if character.hair_style == "curly":
        x = np.linspace(-1, 1, 41)
        y = -0.74 + 0.62 * np.abs(x) ** 3.2 + 0.04 * np.cos(x * 26)
        return np.column_stack([x * w * 0.99, y])
    half = [
        (-temple[0], temple[1]),
        (-w * 0.90, -0.30),
        (-w * 0.74, -0.70),
        (-w * 0.3, -0.80),
        (w * 0.3, -0.80),
        (w * 0.74, -0.70),
        (w * 0.90, -0.30),
        temple,
    ]
    return spline(half, samples=5)


def _crown(character: DrawnCharacter) -> Points:
    """(N, 2) upper edge of the hair, from the picture's right temple over the top to the left one."""
    w, top = character.proportions.width, character.proportions.skull_y
    if character.hair_style == "spiky":
        angle = np.linspace(0, np.pi, 23)
        reach = 1.12 + 0.13 * (np.arange(23) % 2)
        return np.column_stack([np.cos(angle) * w * reach * 0.98, np.sin(angle) * (top + 0.12) * reach - 0.12])
    if character.hair_style == "curly":
        angle = np.linspace(-0.06, np.pi + 0.06, 60)
        reach = 1.2 + 0.05 * np.abs(np.sin(angle * 7))
        return np.column_stack([np.cos(angle) * w * reach * 0.98, np.sin(angle) * (top + 0.1) * reach - 0.1])
    volume = {"long": 1.14, "parted": 1.13, "fringe": 1.13, "bun": 1.06}.get(character.hair_style, 1.09)
    half = [(w * 1.02, 0.06), (w * 1.07, -0.42), (w * 0.91, top * 0.68 * volume), (w * 0.52, top * 0.92 * volume)]
    return spline(np.concatenate([half, [(0.0, top * volume)], mirrored(half)]), samples=5)


def paint_front_hair(scene: Scene) -> None:
    """Hair over the forehead, with a few strands."""
    character = scene.character
    if character.hair_style == "bald":
        return
    hair = character.palette.hair
    line, crown = _hairline(character), _crown(character)
    pixels = np.concatenate([scene.on_face(line, 0.04), scene.on_rim(crown)])
    scene.canvas.fill(pixels, hair)
    half = len(crown) // 2
    for place, colour in ((0.30, lighter(hair, 0.16)), (0.5, darker(hair, 0.3)), (0.72, darker(hair, 0.3))):
        start = scene.on_face(line, 0.04)[int(place * (len(line) - 1))]
        end = scene.on_rim(crown)[len(crown) - 1 - int((0.25 + 0.5 * place) * 2 * half)]
        bend = (start + end) / 2 + (end - start)[::-1] * (0.12, -0.12)
        scene.canvas.line(spline(np.array([start, bend, end]), samples=6), colour, scene.pixels(0.03))
    scene.contour(pixels, colour=darker(hair, 0.6))


def paint_glasses(scene: Scene) -> None:
    """Frames before the eyes."""
    if not scene.character.glasses:
        return
    shape = scene.character.proportions
    colour: Colour = mix((40, 36, 40), scene.character.palette.clothes, 0.25)
    for side in SIDES:
        rim = scene.on_face(ellipse(side * shape.eye_x, 0.03, 0.275, 0.225), 0.14)
        scene.canvas.line(rim, colour, scene.pixels(0.03), closed=True)
        arm = np.array([(side * (shape.eye_x + 0.27), 0.0), (side * shape.width * 0.99, -0.03)])
        scene.canvas.line(scene.on_face(arm, 0.06), colour, scene.pixels(0.03))
    bridge = spline([(-shape.eye_x + 0.27, 0.0), (0.0, -0.05), (shape.eye_x - 0.27, 0.0)])
    scene.canvas.line(scene.on_face(bridge, 0.16), colour, scene.pixels(0.03))
