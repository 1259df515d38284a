"""What animals have where people have bare cheeks: muzzles, patches, whiskers."""

import numpy as np

from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.parts import Part
from talkface.drawn.cartoon.place import SIDES, blob, face
from talkface.drawn.mouth import MouthCurves
from talkface.drawn.shapes import spline

_LIFT = 0.16


def muzzle_parts(design: Design, curves: MouthCurves) -> list[Part]:
    """Painted before nose and mouth; the muzzle grows downwards with the opening of the mouth."""
    animal = design.styles.muzzle
    if animal == "none":
        return []
    shape, colours, lines = design.shape, design.colours, design.lines
    found = _patches(design)
    if animal == "pig":
        return found
    middle = (shape.nose_y + shape.mouth_y) / 2 + 0.25 * curves.gap
    height = (shape.chin_y - shape.nose_y) * 0.62 + 0.3 * curves.gap
    width = {"monkey": 0.66, "dog": 0.50, "bear": 0.48, "panda": 0.44}.get(animal, 0.46) * shape.width
    body = face(blob(0, middle, width, height, power=2.3), _LIFT)
    found.append(Part(body, colours.muzzle, lines.of(colours.muzzle), lines.weight * (animal in ("dog", "bear"))))
    lift = curves.protrusion + 0.02
    stem = np.array([(0, shape.nose_y), (0, float(curves.inner_upper[10, 1]))])
    ink = lines.of(colours.muzzle)
    if animal not in ("monkey",):
        found.append(Part(face(stem, lift), ink=ink, weight=max(lines.weight, 0.018), closed=False))
    return found


def _patches(design: Design) -> list[Part]:
    """Dark rings around a panda's eyes, a spot on a dog, a monkey's bare face, a fox's white cheeks."""
    shape, colours, animal = design.shape, design.colours, design.styles.muzzle
    if animal == "panda":
        size = max(shape.eye_width, shape.eye_height) * 1.5
        rings = [blob(s * shape.eye_x, 0.03, size, size * 1.15) for s in SIDES]
        return [Part(face(ring), (38, 34, 38)) for ring in rings]
    if animal == "dog" and design.wave > 0.4:
        return [Part(face(blob(design.light * shape.eye_x, 0.0, 0.34, 0.40)), colours.hair)]
    if animal == "monkey":
        ring = [blob(s * shape.eye_x * 0.95, 0.0, shape.eye_x * 1.02, 0.40) for s in SIDES]
        return [Part(face(part), colours.muzzle) for part in ring]
    if animal in ("fox", "wolf"):
        cheek = [
            (0.10, shape.nose_y - 0.1),
            (0.55, 0.16),
            (shape.width * 0.92, 0.30),
            (shape.width * 0.6, shape.chin_y * 0.72),
            (0.1, shape.chin_y * 0.9),
        ]
        return [Part(face(spline(np.array(cheek) * (s, 1), samples=4, closed=True)), colours.muzzle) for s in SIDES]
    return []


def whisker_parts(design: Design, curves: MouthCurves) -> list[Part]:
    """Three to a side."""
    if "whiskers" not in design.styles.marks:
        return []
    y, ink = design.shape.nose_y + 0.08, design.lines.of(design.colours.skin)
    found = []
    for side in SIDES:
        for tilt in (-0.16, 0.0, 0.16):
            hair = spline(
                [(side * 0.30, y + tilt * 0.3), (side * 0.66, y + tilt), (side * 1.06, y + tilt * 1.3 - 0.05)],
                samples=4,
            )
            found.append(Part(face(hair, curves.protrusion), ink=ink, weight=0.014, closed=False, taper=0.9))
    return found
