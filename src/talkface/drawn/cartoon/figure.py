"""One character at one moment: all of its parts back to front, and its landmarks."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np

from talkface.drawn.cartoon.bodies import body_parts
from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.ears import ear_parts, floppy_parts
from talkface.drawn.cartoon.extras import glasses_parts, jaw_beard_parts, lip_beard_parts
from talkface.drawn.cartoon.eyes import Lids, brow_curve, brow_parts, eye_parts, lids_of
from talkface.drawn.cartoon.hair import back_hair_parts, front_hair_parts, hair_shadow_parts
from talkface.drawn.cartoon.hats import hat_parts
from talkface.drawn.cartoon.mouths import jaw_drop, mouth_curves, mouth_parts
from talkface.drawn.cartoon.muzzles import muzzle_parts, whisker_parts
from talkface.drawn.cartoon.noses import nose_landmarks, nose_parts
from talkface.drawn.cartoon.parts import SUPERSAMPLING, Painter, Part
from talkface.drawn.cartoon.place import SIDES, face
from talkface.drawn.cartoon.skulls import cheek_parts, head_parts, light_parts, outline_of
from talkface.drawn.head import Outline
from talkface.drawn.mouth import MouthCurves
from talkface.drawn.pose import Expression
from talkface.drawn.shapes import Canvas, Points, resample
from talkface.drawn.visemes import MouthShape

_COARSE = 16  # painted pixels behind one of the soft light map
_NEUTRAL = 128  # value of the light map that leaves a colour as it is
_DARK = 0.80  # the light map outside all lights


@dataclass(frozen=True)
class Still:
    """Parts that no movement of the face changes; made once for each character."""

    back: tuple[Part, ...]
    marks: tuple[Part, ...]
    nose: tuple[Part, ...]
    front: tuple[Part, ...]
    lights: tuple[tuple[Points, float], ...]
    nose_points: Points


@lru_cache(maxsize=64)
def still_of(design: Design) -> Still:
    """The unmoving parts of a design."""
    front = [*front_hair_parts(design), *hat_parts(design), *floppy_parts(design)]
    return Still(
        back=tuple([*back_hair_parts(design), *body_parts(design), *ear_parts(design)]),
        marks=tuple([*cheek_parts(design), *hair_shadow_parts(design)]),
        nose=tuple(nose_parts(design)),
        front=tuple([*glasses_parts(design), *front]),
        lights=tuple(light_parts(design)),
        nose_points=nose_landmarks(design),
    )


@dataclass(frozen=True)
class Figure:
    """A design with a mouth and an expression: its moving curves, worked out once for painting and for truth."""

    design: Design
    mouth: MouthShape
    expression: Expression
    curves: MouthCurves
    outline: Outline
    lids: tuple[Lids, Lids]


def pose_figure(design: Design, mouth: MouthShape, expression: Expression) -> Figure:
    """The figure of one moment."""
    first, second = (lids_of(design, expression, side) for side in SIDES)
    outline = outline_of(design, jaw_drop(design, mouth))
    return Figure(design, mouth, expression, mouth_curves(design, mouth, expression.smile), outline, (first, second))


def paint_figure(figure: Figure, painter: Painter) -> None:
    """Everything of one character, back to front."""
    design, curves, still = figure.design, figure.curves, still_of(figure.design)
    behind = [*still.back, *head_parts(design, figure.outline)]
    before = [
        *still.marks,
        *jaw_beard_parts(design, figure.outline),
        *muzzle_parts(design, curves),
        *mouth_parts(design, curves, figure.mouth),
        *still.nose,
        *lip_beard_parts(design, curves),
        *whisker_parts(design, curves),
    ]
    for lids, side in zip(figure.lids, SIDES, strict=True):
        before += eye_parts(design, figure.expression, lids, side)
    before += [*still.front, *brow_parts(design, figure.expression)]
    if design.shading == "soft":
        painter.paint(behind)
        _light(figure, painter, still)
        painter.paint(before)
    else:
        painter.paint([*behind, *before])


def figure_landmarks(figure: Figure, painter: Painter) -> Points:
    """(68, 2) iBUG landmarks, pixels of the picture that is shown (not of the painted one)."""
    jaw = painter.projection.rim(resample(figure.outline.jaw, 17))
    brows = [face(brow_curve(figure.design, figure.expression, side)[::2], 0.05) for side in SIDES]
    eyes = [face(lids.landmarks()) for lids in figure.lids]
    upper = np.vstack([*brows, still_of(figure.design).nose_points, *eyes])
    mouth = face(figure.curves.landmarks(), figure.curves.protrusion)
    return np.vstack([jaw, painter.projection(np.vstack([upper, mouth]))]) / SUPERSAMPLING


def _light(figure: Figure, painter: Painter, still: Still) -> None:
    """Multiplies the head's pixels by a soft map of light, painted coarsely and blurred."""
    image = painter.canvas.image
    outline = painter.projection.rim(figure.outline.closed)
    low = np.maximum(np.floor(outline.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(outline.max(axis=0)).astype(int), image.shape[1::-1])
    size = high - low
    if (size <= 1).any():
        return
    coarse = Canvas(np.full((*(-(-size // _COARSE))[::-1],), round(_NEUTRAL * _DARK), np.uint8))
    for points, factor in still.lights:
        coarse.fill((painter.projection(points) - low) / _COARSE, round(_NEUTRAL * factor))
    soft = cv2.GaussianBlur(coarse.image, (0, 0), max(0.8, 0.09 * painter.unit / _COARSE))
    grown = cv2.resize(soft, None, fx=_COARSE, fy=_COARSE, interpolation=cv2.INTER_LINEAR)[: size[1], : size[0]]
    region = image[low[1] : high[1], low[0] : high[0]]
    mask = np.zeros(region.shape[:2], np.uint8)
    Canvas(mask).fill(outline - low, 255)
    cv2.copyTo(cv2.multiply(region, cv2.merge([grown] * 3), scale=1 / _NEUTRAL), mask, region)
