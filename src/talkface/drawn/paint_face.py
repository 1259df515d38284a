"""Paints the face: skin with light and shade, ears, eyes, brows, nose, mouth."""

import cv2
import numpy as np

from talkface.drawn.head import SIDES, Eye, brow_curve, eye_shape
from talkface.drawn.mouth import lower_teeth, tongue, upper_teeth
from talkface.drawn.scene import Scene
from talkface.drawn.shapes import Canvas, Colour, Points, darker, ellipse, lighter, mix, ribbon, spline

_NEUTRAL = 128  # value of the light map that leaves a colour as it is
_COARSE = 8  # painted pixels behind one of the soft light map

_TEETH: Colour = (244, 240, 230)
_MOUTH_INSIDE: Colour = (58, 16, 20)
_TONGUE: Colour = (196, 92, 96)
_EYE_WHITE: Colour = (246, 244, 240)


def paint_ears(scene: Scene) -> None:
    """Both ears, behind the head."""
    shape, skin = scene.character.proportions, scene.character.palette.skin
    for side in SIDES:
        ear = ellipse(side * (shape.width + 0.02), 0.14, 0.13 * shape.ear, 0.27 * shape.ear)
        pixels = scene.on_rim(ear, -0.08)
        scene.canvas.fill(pixels, darker(skin, 0.10))
        scene.contour(pixels)
        inner = ellipse(side * (shape.width + 0.035), 0.13, 0.06 * shape.ear, 0.16 * shape.ear)
        scene.canvas.fill(scene.on_rim(inner, -0.08), darker(skin, 0.26))


def paint_head(scene: Scene) -> None:
    """The head's skin, lit from the character's side."""
    outline = scene.projection.rim(scene.outline.closed)
    scene.canvas.fill(outline, scene.character.palette.skin)
    _light(scene, outline)
    scene.contour(outline)


def _light(scene: Scene, outline: Points) -> None:
    """Multiplies the head's pixels by a map of light and shade; soft maps are painted coarsely and blurred."""
    image = scene.canvas.image
    low = np.maximum(np.floor(outline.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(outline.max(axis=0)).astype(int), image.shape[1::-1])
    size = high - low
    if (size <= 1).any():
        return
    soft = scene.character.shading == "soft"
    grid = _COARSE if soft else 1
    blank = np.full((*(-(-size // grid))[::-1], 3), _NEUTRAL, np.uint8)
    _paint_light(scene, Canvas(blank), low, grid)
    blurred = cv2.GaussianBlur(blank, (0, 0), max(0.8, scene.pixels(0.075) / grid)) if soft else blank
    light = cv2.resize(blurred, None, fx=grid, fy=grid, interpolation=cv2.INTER_LINEAR)[: size[1], : size[0]]
    region = image[low[1] : high[1], low[0] : high[0]]
    mask = np.zeros(region.shape[:2], np.uint8)
    Canvas(mask).fill(outline - low, 255)
    cv2.copyTo(cv2.multiply(region, light, scale=1 / _NEUTRAL), mask, region)


def _paint_light(scene: Scene, light: Canvas, low: Points, grid: int) -> None:
    shape, side = scene.character.proportions, scene.character.light
    strength = 1.0 if scene.character.shading == "soft" else 0.62

    def shade(points: Points, factor: tuple[float, float, float], lift: float = 0.0) -> None:
        red, green, blue = (round(_NEUTRAL * (1 + (value - 1) * strength)) for value in factor)
        light.fill((scene.on_face(points, lift) - low) / grid, (red, green, blue))

    dark, rim = (0.74, 0.66, 0.64), (0.86, 0.80, 0.78)
    light.image[:] = [round(_NEUTRAL * (1 + (value - 1) * strength)) for value in rim]
    face = scene.outline.closed[:, :2]
    shade(face * (0.86, 0.9) + (side * 0.07, 0.02), (1.0, 1.0, 1.0))
    shade(ellipse(side * 0.3, -0.62, 0.42, 0.26), (1.07, 1.06, 1.05))  # forehead
    for cheek in SIDES:
        shade(ellipse(cheek * 0.48, 0.42, 0.2, 0.15), (1.04, 0.92, 0.91))  # blush
        shade(ellipse(cheek * shape.eye_x, -0.07, 0.27, 0.16), (0.86, 0.80, 0.80))  # eye sockets
    nose = shape.nose_y
    flank = np.array(
        [(0.03, -0.1), (0.14, -0.12), (0.13, nose * 0.5), (shape.nose_width * 0.95, nose), (0.04, nose - 0.1)]
    )
    shade(flank * (-side, 1), dark, 0.12)
    bridge = np.array([(-0.035, -0.05), (0.035, -0.05), (0.06, nose - 0.1), (-0.06, nose - 0.1)])
    shade(bridge + np.array([side * 0.02, 0]), (1.1, 1.09, 1.07), 0.2)
    shade(ellipse(0, nose + 0.07, shape.nose_width * 0.9, 0.06), dark, 0.06)
    lip = scene.curves.outer_lower[10, 1]
    shade(ellipse(0, lip + 0.07, 0.2, 0.05), (0.80, 0.74, 0.73))
    shade(ellipse(side * 0.04, lip + 0.22, 0.17, 0.09), (1.05, 1.04, 1.03))  # chin


def paint_nose(scene: Scene) -> None:
    """Nostrils, wings, the bright tip."""
    shape, skin = scene.character.proportions, scene.character.palette.skin
    y, wing = shape.nose_y, shape.nose_width
    line = darker(skin, 0.5)
    for side in SIDES:
        nostril = ellipse(side * wing * 0.47, y + 0.008, wing * 0.24, 0.026, count=12)
        scene.fill(nostril, darker(skin, 0.72), 0.14)
        edge = spline([(wing * 0.78, y - 0.115), (wing * 1.02, y - 0.045), (wing * 0.86, y + 0.015)], samples=5)
        scene.line(edge * (side, 1), line, 0.022, lift=0.06)
    base = spline([(-wing * 0.26, y + 0.03), (0, y + 0.045), (wing * 0.26, y + 0.03)], samples=4)
    scene.line(base, line, 0.022, lift=0.17)
    tip = ellipse(scene.character.light * 0.03, y - 0.085, 0.042, 0.03, count=12)
    scene.fill(tip, lighter(skin, 0.32), 0.28)


def paint_eyes(scene: Scene) -> None:
    """Both eyes with iris, lids and lashes."""
    for side in SIDES:
        eye = eye_shape(scene.character.proportions, scene.expression, side)
        if scene.expression.blink < 0.95:
            _paint_eyeball(scene, eye)
        _paint_lids(scene, eye, side)


def _paint_eyeball(scene: Scene, eye: Eye) -> None:
    shape, palette, expression = scene.character.proportions, scene.character.palette, scene.expression

    def seen(points: Points) -> Points:
        """Cuts a shape off at the lids."""
        x = np.clip(points[:, 0], eye.upper[0, 0], eye.upper[-1, 0])
        top, bottom = (np.interp(x, *lid.T) for lid in (eye.upper, eye.lower))
        return np.column_stack([x, np.clip(points[:, 1], top, bottom)])

    scene.fill(np.concatenate([eye.upper, eye.lower[::-1]]), _EYE_WHITE, 0.02)
    thickness = np.full(len(eye.upper), 0.10 * shape.eye_height / 0.17)
    scene.fill(seen(ribbon(eye.upper, thickness)), (206, 198, 198), 0.02)  # the lid's shadow
    x, y = eye.middle + np.array([0.055 * expression.gaze_x, -0.012 + 0.03 * expression.gaze_y])
    scene.fill(seen(ellipse(x, y, shape.iris, shape.iris)), darker(palette.iris, 0.45), 0.02)
    scene.fill(seen(ellipse(x, y + 0.005, shape.iris * 0.82, shape.iris * 0.82)), palette.iris, 0.02)
    scene.fill(seen(ellipse(x, y, shape.iris * 0.46, shape.iris * 0.46, count=16)), (16, 12, 12), 0.02)
    glint = ellipse(x + scene.character.light * 0.035, y - 0.035, 0.026, 0.026, count=12)
    scene.fill(seen(glint), (255, 255, 255), 0.02)


def _paint_lids(scene: Scene, eye: Eye, side: float) -> None:
    character, skin = scene.character, scene.character.palette.skin
    lash = mix(darker(skin, 0.8), (24, 18, 20), character.lashes)
    u = np.linspace(-1, 1, len(eye.upper)) * side
    weight = (0.030 + 0.030 * character.lashes) * (0.45 + 0.55 * np.clip(0.5 + 0.5 * u, 0, 1)) * (1.02 - np.abs(u) ** 6)
    scene.fill(ribbon(eye.upper - (0, 0.008), weight), lash, 0.03)
    scene.line(eye.lower[2:-2], darker(skin, 0.42), 0.016, lift=0.02)
    crease = eye.open_upper[1:-1] - (0, 0.075 - 0.02 * scene.expression.blink)
    scene.line(crease, darker(skin, 0.34), 0.018, lift=0.03)


def paint_brows(scene: Scene) -> None:
    """Both brows, thick near the nose and thin outside."""
    shape = scene.character.proportions
    along = np.linspace(0, 1, 9)
    for side in SIDES:
        curve = brow_curve(shape, scene.expression, side)
        weight = shape.brow_thick * np.interp(along, [0, 0.08, 0.4, 1], [0.55, 0.95, 1.0, 0.22])
        scene.fill(ribbon(curve, weight if side > 0 else weight[::-1]), scene.character.palette.brow, 0.06)


def paint_mouth(scene: Scene) -> None:
    """Lips, and where they are apart the dark inside with tongue and teeth; all cut off at the lips exactly."""
    curves, lips = scene.curves, scene.character.palette.lips
    lift = curves.protrusion
    lower, upper = mix(lips, (255, 200, 190), 0.06), darker(lips, 0.16)
    scene.fill(np.concatenate([curves.outer_upper, curves.outer_lower[::-1]]), lower, lift)
    top = np.concatenate([curves.outer_upper, curves.inner_upper[::-1]])
    scene.fill(top, upper, lift)
    shine = ellipse(scene.character.light * 0.05, 0, 0.10, 0.016, count=12)
    middle = (curves.inner_lower[10, 1] + curves.outer_lower[10, 1]) / 2
    scene.fill(shine + np.array([0, middle]), lighter(lower, 0.26), lift)
    if curves.gap > 0.012:
        _paint_inside(scene, lift)
    seam = darker(lips, 0.62)
    scene.line(curves.inner_upper, seam, 0.024, lift=lift)
    if curves.gap > 0.012:
        scene.line(curves.inner_lower, darker(lips, 0.5), 0.016, lift=lift)
    for side in SIDES:
        corner = curves.outer_upper[0 if side < 0 else -1]
        dimple = corner + np.array([(side * -0.03, 0), (side * 0.012, -0.004)])
        scene.line(dimple, darker(scene.character.palette.skin, 0.5), 0.022, lift=lift)
    if scene.character.outline > 0:
        scene.line(curves.outer_lower[5:-5], darker(lips, 0.4), 0.016, lift=lift)
        scene.line(curves.outer_upper[2:-2], darker(lips, 0.4), 0.016, lift=lift)


def _paint_inside(scene: Scene, lift: float) -> None:
    curves, mouth = scene.curves, scene.mouth
    scene.fill(curves.between(0, 1), _MOUTH_INSIDE, lift)
    layers = [
        (tongue(curves, mouth), _TONGUE),
        (lower_teeth(curves, mouth), darker(_TEETH, 0.12)),
        (upper_teeth(curves, mouth), _TEETH),
    ]
    for points, colour in layers[::-1] if mouth.tongue > 0.7 else layers:
        scene.fill(points, colour, lift)
    scene.fill(curves.between(0, 0.07), darker(_TEETH, 0.35), lift)


def paint_beard(scene: Scene) -> None:
    """Moustache or full beard; it moves with lips and chin. Stubble darkens the jaw."""
    character, curves = scene.character, scene.curves
    if character.beard in ("moustache", "full"):
        lip = curves.outer_upper
        top = np.column_stack([lip[:, 0] * 1.06, lip[:, 1] - 0.115 + 0.11 * (np.abs(np.linspace(-1, 1, 21)) ** 1.5)])
        bottom = lip - (0, 0.012)
        scene.fill(np.concatenate([top, bottom[::-1]]), character.palette.brow, curves.protrusion)


def paint_jaw_hair(scene: Scene) -> None:
    """What of a beard lies below the mouth, painted before the lips."""
    character = scene.character
    if character.beard not in ("stubble", "full"):
        return
    low = scene.outline.jaw[2:-2]
    w, lip = character.proportions.width, character.proportions.mouth_y
    half = [(w * 0.96, 0.16), (w * 0.76, 0.52), (0.50, lip - 0.10), (0.26, lip - 0.19)]
    inner = spline(np.concatenate([half, [(0.0, lip - 0.17)], np.array(half[::-1]) * (-1, 1)]))
    colour = character.palette.brow if character.beard == "full" else mix(character.palette.skin, (60, 56, 60), 0.22)
    scene.canvas.fill(np.concatenate([scene.projection.rim(low), scene.on_face(inner)]), colour)
