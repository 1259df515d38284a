"""What is worn or grown on a face: glasses, beards."""

import numpy as np

from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.parts import Part
from talkface.drawn.cartoon.place import SIDES, blob, face, rim
from talkface.drawn.head import Outline
from talkface.drawn.mouth import MouthCurves
from talkface.drawn.shapes import Colour, darker, mix, spline


def glasses_parts(design: Design) -> list[Part]:
    """Frames before the eyes, dark glass in one of them."""
    style, shape = design.styles.glasses, design.shape
    if style == "none":
        return []
    frame: Colour = darker(design.colours.trim, 0.55)
    rx = min(max(shape.eye_width * 1.18, 0.24), shape.eye_x - 0.05)
    ry = max(shape.eye_height * 1.05, 0.19)
    found = []
    for side in SIDES:
        glass = blob(side * shape.eye_x, 0.02, rx, ry, power=2.0 if style == "round" else 4.0)
        dark: Colour | None = (28, 28, 36) if style == "dark" else None
        found.append(Part(face(glass, 0.10), dark, frame, 0.035))
        arm = np.array([(side * (shape.eye_x + rx), 0.0), (side * shape.width * 0.99, -0.04)])
        found.append(Part(face(arm, 0.05), ink=frame, weight=0.035, closed=False))
    bridge = spline([(-shape.eye_x + rx, 0.0), (0.0, -0.05), (shape.eye_x - rx, 0.0)])
    return [*found, Part(face(bridge, 0.14), ink=frame, weight=0.035, closed=False)]


def jaw_beard_parts(design: Design, outline: Outline) -> list[Part]:
    """What of a beard lies on cheeks and chin, painted before the mouth; it moves with the chin."""
    style = design.styles.beard
    if style not in ("stubble", "full", "goatee"):
        return []
    shape, hair = design.shape, darker(design.colours.hair, 0.12)
    lip, w = shape.mouth_y, shape.width
    if style == "goatee":
        low = shape.chin_y + 0.10 + float(outline.jaw[:, 1].max()) - shape.chin_y
        tip = spline(
            [(-0.22, lip + 0.12), (0.0, lip + 0.16), (0.22, lip + 0.12), (0.16, low), (0.0, low + 0.14), (-0.16, low)],
            samples=4,
            closed=True,
        )
        return [Part(rim(tip, 0.1), hair, design.lines.of(hair), design.lines.weight)]
    jaw = outline.jaw[2:-2]
    jaw = jaw + (0, 0.10, 0) * np.clip(jaw[:, 1:2] / shape.chin_y, 0, 1) if style == "full" else jaw
    half = [(w * 0.95, 0.18), (w * 0.74, shape.nose_y), (0.50 * w, lip - 0.12), (0.24, lip - 0.16)]
    inner = spline([*half, (0.0, lip - 0.14), *[(-x, y) for x, y in half[::-1]]], samples=4)
    colour = hair if style == "full" else mix(design.colours.skin, (70, 66, 74), 0.28)
    points = np.concatenate([jaw, face(inner, 0.02)])
    share = np.concatenate([np.ones(len(jaw)), np.abs(inner[:, 0] / w) ** 6])
    weight = design.lines.weight if style == "full" else 0.0
    return [Part(points, colour, design.lines.of(colour), weight, rim=share)]


def lip_beard_parts(design: Design, curves: MouthCurves) -> list[Part]:
    """A moustache; it moves with the upper lip."""
    style = design.styles.beard
    if style not in ("moustache", "walrus", "full"):
        return []
    hair, top = darker(design.colours.hair, 0.12), design.shape.nose_y + 0.05
    lip = curves.outer_upper
    reach, hang = {"moustache": (1.0, 0.01), "walrus": (1.25, 0.10), "full": (1.08, 0.02)}[style]
    x = lip[:, 0] * reach
    along = np.linspace(-1, 1, len(lip))
    high = np.minimum(lip[:, 1] - 0.06, top + 0.16 * np.abs(along) ** 1.6 * (lip[10, 1] - top + 0.1) / 0.3)
    low = np.minimum(lip[:, 1] + hang * (1 - 0.6 * along**2), lip[:, 1] + hang) + 0.06 * np.abs(along) ** 3 * (
        style == "walrus"
    )
    outline = np.concatenate([np.stack([x, high], axis=1), np.stack([x, np.maximum(low, high + 0.01)], axis=1)[::-1]])
    return [Part(face(outline, curves.protrusion + 0.03), hair, design.lines.of(hair), design.lines.weight * 0.8)]
