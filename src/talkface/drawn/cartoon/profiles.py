"""Characters seen from the side: only the nose, and in some drawings the lips, break the line of the face.

Everything is laid out looking to the picture's right, x to the front, and mirrored for those who look to the left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from talkface.drawn.cartoon.bodies import body_parts
from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.eyes import Lids, brow_curve, brow_parts, eye_parts, lids_of
from talkface.drawn.cartoon.hats import hat_parts
from talkface.drawn.cartoon.mouths import jaw_drop
from talkface.drawn.cartoon.parts import SUPERSAMPLING, Painter, Part
from talkface.drawn.cartoon.place import blob, flat
from talkface.drawn.cartoon.profile_hair import back_hair_from_the_side, hair_from_the_side
from talkface.drawn.pose import Expression
from talkface.drawn.shapes import Points, darker, resample, spline
from talkface.drawn.visemes import MouthShape

PROFILE_YAW = 80.0
"""Degrees of yaw that the truth of a profile says, besides its small turns."""

_FRONT = 0.80  # x of the face's line
_HATS = ("beanie", "bowler", "witch")
_HIDDEN = (*range(9, 17), *range(22, 27), 34, 35, *range(42, 48), 52, 53, 54, 55, 56, 63, 64, 65)
_MIRROR = np.array(
    [
        *range(16, -1, -1),
        *range(26, 16, -1),
        *range(27, 31),
        *range(35, 30, -1),
        *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
        *range(54, 47, -1),
        *range(59, 54, -1),
        *range(64, 59, -1),
        *range(67, 64, -1),
    ]
)
"""Place of each landmark in the mirror image."""


@dataclass(frozen=True)
class Profile:
    """A character from the side at one moment. side: 1 looks to the picture's right, -1 to its left.

    head: (N, 2) outline. jaw: (9, 2) from the ear to the chin. mouth: (6, 2) corner, upper lip outside and inside,
    lower lip inside and outside, and the middle of the opening's front.
    """

    design: Design
    expression: Expression
    side: float
    head: Points
    jaw: Points
    lips: Points
    lids: Lids
    teeth: float

    @property
    def outline(self) -> Points:
        """(N, 2) of the head as it faces, head units."""
        return self.head * (self.side, 1)


def pose_profile(design: Design, mouth: MouthShape, expression: Expression, side: float) -> Profile:
    """The profile of one moment."""
    shape = design.shape
    turned = replace(
        design,
        shape=replace(shape, eye_x=_FRONT - 0.33, eye_width=shape.eye_width * 0.58, eye_tilt=0.0),
        styles=replace(design.styles, glasses="none"),
    )
    seen = replace(expression, gaze_x=0.5)
    gap, drop = shape.mouth_gap * mouth.opening, jaw_drop(design, mouth)
    reach = 0.0 if design.wave > 0.5 else 0.06  # of the lips before the line of the face
    front = _FRONT - 0.02 + reach + 0.07 * mouth.roundness
    corner = front - (0.20 + 0.16 * mouth.width) * (1 - 0.3 * mouth.roundness)
    y, lip = shape.mouth_y, 0.05
    lips = np.array(
        [
            (corner, y),
            (front, y - 0.26 * gap - lip),
            (front - 0.02, y - 0.26 * gap),
            (front - 0.05, y + 0.74 * gap),
            (front - 0.03, y + 0.74 * gap + lip),
            (front - 0.06, y + 0.24 * gap),
        ]
    )
    head = _head(design, lips, drop)
    chin = [(-0.22, 0.05), (-0.22, shape.chin_y * 0.62), (0.12, shape.chin_y * 0.93 + 0.7 * drop)]
    jaw = resample(spline([*chin, (_FRONT - 0.2, shape.chin_y + drop)]), 9)
    return Profile(turned, seen, side, head, jaw, lips, lids_of(turned, seen, 1.0), mouth.teeth)


def _nose(design: Design) -> float:
    return 0.12 + 0.9 * design.shape.nose_width


def _head(design: Design, lips: Points, drop: float) -> Points:
    shape, nose, f = design.shape, _nose(design), _FRONT
    top, chin = shape.skull_y, shape.chin_y + drop
    face = [(0.0, top), (0.52, top * 0.88), (f - 0.02, top * 0.48), (f + 0.02, shape.brow_y), (f - 0.05, -0.02)]
    tip = [(f + nose, shape.nose_y - 0.09), (f + nose * 0.8, shape.nose_y + 0.01), (f, shape.nose_y + 0.05)]
    mouth = [tuple(lips[1].tolist()), tuple(lips[4].tolist()), (f - 0.07, float(lips[4, 1]) + 0.09)]
    low = [(f - 0.02, chin - 0.10), (f - 0.18, chin), (0.12, shape.chin_y * 0.93 + 0.7 * drop)]
    back = [(-0.24, shape.chin_y * 0.64), (-0.5, 0.42), (-0.78, 0.40), (-0.98, -0.15), (-0.92, top * 0.62)]
    knots = [*face, *tip, *mouth, *low, *back, (-0.48, top * 0.94)]
    return spline(np.array(knots), samples=4, closed=True)


def paint_profile(profile: Profile, painter: Painter) -> None:
    """Everything of one character from the side, back to front."""
    design, lines, skin = profile.design, profile.design.lines, profile.design.colours.skin
    ink = lines.of(skin)
    head = Part(flat(profile.head), skin, ink, lines.weight)
    parts = [*back_hair_from_the_side(design), head, *_shade(profile), *_mouth(profile), _ear(design)]
    parts += eye_parts(design, profile.expression, profile.lids, 1.0)
    parts += brow_parts(design, profile.expression)[1:]
    parts += hair_from_the_side(design, _FRONT)
    if design.styles.hat in _HATS:
        parts += hat_parts(design)
    painter.paint([*body_parts(design), *_mirrored(parts, profile.side)])


def profile_landmarks(profile: Profile, painter: Painter) -> tuple[Points, NDArray[np.bool_]]:
    """((68, 2) pixels of the picture that is shown, (68,) which of them are on the side that is seen).

    Those of the other side lie on the line of the face.
    """
    shape, f, nose = profile.design.shape, _FRONT, _nose(profile.design)
    brow = brow_curve(profile.design, profile.expression, 1.0)[::2]
    eye = profile.lids.landmarks()
    far = resample(np.array([profile.jaw[-1], (f - 0.03, shape.chin_y - 0.1), (f, shape.brow_y)]), 9)[1:]
    bridge = np.linspace((f - 0.05, -0.02), (f + nose, shape.nose_y - 0.09), 4)
    base = [(f - 0.08, shape.nose_y), (f - 0.02, shape.nose_y + 0.03), (f + 0.4 * nose, shape.nose_y + 0.03)]
    corner, upper, above, below, lower, _ = profile.lips
    outer = [[corner], _between(corner, upper), [upper] * 4, [lower] * 3, _between(lower, corner)]
    inner = [[corner], [(corner + above) / 2], [above] * 3, [below] * 2, [(corner + below) / 2]]
    over_there = [(points * (0, 1) + (f, 0)) for points in (brow[::-1], eye)]
    nose_base = [*base, base[2], base[2]]
    rows = [profile.jaw, far, brow, over_there[0], bridge, nose_base, eye, over_there[1], *outer, *inner]
    points = np.vstack([np.asarray(row, np.float64) for row in rows]) * (profile.side, 1)
    seen = np.ones(68, bool)
    seen[list(_HIDDEN)] = False
    if profile.side < 0:
        points, seen = points[_MIRROR], seen[_MIRROR]
    return painter.projection(flat(points)) / SUPERSAMPLING, seen


def _between(first: Points, second: Points) -> Points:
    """(2, 2) the two points that divide a line in three."""
    return np.array([first + (second - first) * share for share in (1 / 3, 2 / 3)])


def _mirrored(parts: Sequence[Part], side: float) -> list[Part]:
    return [replace(part, points=part.points * (side, 1, 1)) for part in parts]


def _mouth(profile: Profile) -> list[Part]:
    design, lines = profile.design, profile.design.lines
    corner, _, above, below, _, _ = profile.lips
    ink = lines.of(design.colours.skin)
    weight = max(lines.weight, 0.018)
    if below[1] - above[1] < 0.02:
        return [Part(flat(np.array([corner, (corner + above) / 2, above])), ink=ink, weight=weight * 1.2, closed=False)]
    upper, lower = (corner + above) / 2 - (0, 0.02), (corner + below) / 2 + (0, 0.03)
    hole = np.array([corner, upper, above, below, lower])
    found = [Part(flat(hole), design.colours.inside, ink, weight)]
    if profile.teeth > 0.15:
        band = min(0.09 * profile.teeth, 0.6 * float(below[1] - above[1]))
        teeth = np.array([upper, above, above - (0.02, -band), upper - (-0.04, -band)])
        found.append(Part(flat(teeth), (250, 248, 240)))
    tongue = np.array([lower, below, below - (0.03, 0.08), (lower + below) / 2 - (0.06, 0.06)])
    return [*found, Part(flat(tongue), design.colours.tongue)]


def _shade(profile: Profile) -> list[Part]:
    """The shadow under the jaw's line in drawings with hard shade."""
    if profile.design.shading == "flat":
        return []
    jaw = profile.jaw
    return [Part(flat(np.concatenate([jaw, (jaw - (0.04, 0.16))[::-1]])), profile.design.colours.shade)]


def _ear(design: Design) -> Part:
    size = design.shape.ear
    skin = darker(design.colours.skin, 0.06)
    pointed = np.array([(-0.05, 0.34), (-0.16, -0.06), (-0.52 * size, -0.42), (-0.34, 0.16)])
    ear = (
        spline(pointed, samples=4, closed=True)
        if design.styles.ears == "elf"
        else blob(-0.20, 0.14, 0.14 * size, 0.24 * size)
    )
    return Part(flat(ear), skin, design.lines.of(design.colours.skin), design.lines.weight)
