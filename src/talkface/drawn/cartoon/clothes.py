"""Clothes on the shoulders, painted after the neck."""

import numpy as np

from talkface.drawn.cartoon.body_shapes import FLOOR, neck_end, piece, stroke
from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.parts import Part
from talkface.drawn.cartoon.place import SIDES
from talkface.drawn.shapes import darker, lighter, spline


def clothes_parts(design: Design) -> list[Part]:
    """What this character wears."""
    return _CLOTHES[design.styles.clothes](design)


def _tee(design: Design) -> list[Part]:
    neck, y = design.shape.neck, neck_end(design)
    ring = spline(
        [(-neck * 1.25, y), (-neck * 0.75, y + 0.26), (0, y + 0.36), (neck * 0.75, y + 0.26), (neck * 1.25, y)]
    )
    return [stroke(design, ring, darker(design.colours.cloth, 0.3), 0.09)]


def _shirt(design: Design) -> list[Part]:
    neck, y, pale = design.shape.neck, neck_end(design), lighter(design.colours.cloth, 0.4)
    flap = np.array([(neck * 0.98, y - 0.16), (neck * 1.5, y + 0.12), (neck * 0.8, y + 0.62), (0.0, y + 0.30)])
    row = np.array([(0.0, y + 0.3), (0.0, FLOOR)])
    return [stroke(design, row, darker(pale, 0.4), 0.02), *(piece(design, flap * (s, 1), pale) for s in SIDES)]


def _vee(design: Design) -> list[Part]:
    neck, y = design.shape.neck, neck_end(design)
    skin = darker(design.colours.skin, 0.08) if design.kind != "robot" else design.colours.trim
    vee = np.array([(-neck * 1.2, y), (0.0, y + 0.75), (neck * 1.2, y)])
    inside = np.concatenate([vee, [(neck * 0.5, y - 0.05), (-neck * 0.5, y - 0.05)]])
    return [piece(design, inside, skin, line=False), stroke(design, vee, darker(design.colours.cloth, 0.3), 0.08)]


def _tie(design: Design) -> list[Part]:
    y, trim = neck_end(design), design.colours.trim
    knot = np.array([(-0.11, y + 0.22), (0.11, y + 0.22), (0.07, y + 0.42), (-0.07, y + 0.42)])
    fall = np.array([(-0.07, y + 0.42), (0.07, y + 0.42), (0.17, y + 1.4), (0.0, y + 1.6), (-0.17, y + 1.4)])
    return [piece(design, fall, trim), piece(design, knot, darker(trim, 0.15)), *_shirt(design)[1:]]


def _jacket(design: Design) -> list[Part]:
    neck, y, cloth = design.shape.neck, neck_end(design), design.colours.cloth
    inside = np.array([(-neck * 1.0, y), (neck * 1.0, y), (0.16, y + 1.9), (-0.16, y + 1.9)])
    lapel = np.array(
        [
            (neck * 1.15, y - 0.12),
            (neck * 1.75, y + 0.5),
            (neck * 1.25, y + 0.7),
            (0.05, y + 1.9),
            (neck * 0.9, y + 0.2),
        ]
    )
    return [
        piece(design, inside, design.colours.trim),
        *(piece(design, lapel * (s, 1), darker(cloth, 0.18)) for s in SIDES),
    ]


def _hood(design: Design) -> list[Part]:
    neck, y, cloth = design.shape.neck, neck_end(design), design.colours.cloth
    roll = spline(
        [
            (-neck * 1.9, y + 0.15),
            (-neck * 1.5, y - 0.22),
            (-neck * 0.9, y + 0.02),
            (0, y + 0.42),
            (neck * 0.9, y + 0.02),
            (neck * 1.5, y - 0.22),
            (neck * 1.9, y + 0.15),
            (neck, y + 0.55),
            (0, y + 0.72),
            (-neck, y + 0.55),
        ],
        samples=4,
        closed=True,
    )
    cords = [np.array([(s * 0.2, y + 0.6), (s * 0.22, y + 1.2)]) for s in SIDES]
    return [
        piece(design, roll, darker(cloth, 0.15)),
        *(stroke(design, cord, lighter(cloth, 0.6), 0.035) for cord in cords),
    ]


def _scarf(design: Design) -> list[Part]:
    neck, y, trim = design.shape.neck, neck_end(design), design.colours.trim
    wrap = spline(
        [
            (-neck * 1.55, y - 0.02),
            (-neck * 1.2, y - 0.3),
            (0, y - 0.12),
            (neck * 1.2, y - 0.3),
            (neck * 1.55, y - 0.02),
            (neck, y + 0.3),
            (0, y + 0.42),
            (-neck, y + 0.3),
        ],
        samples=4,
        closed=True,
    )
    end = np.array([(0.12, y + 0.2), (0.5, y + 0.25), (0.62, y + 1.5), (0.2, y + 1.5)]) * (design.light, 1)
    return [piece(design, end, darker(trim, 0.15)), piece(design, wrap, trim)]


def _armour(design: Design) -> list[Part]:
    neck, wide, y, metal = (
        design.shape.neck,
        design.shape.shoulders,
        neck_end(design),
        lighter(design.colours.cloth, 0.2),
    )
    collar = np.array(
        [
            (-neck * 1.5, y - 0.1),
            (0, y + 0.18),
            (neck * 1.5, y - 0.1),
            (neck * 1.8, y + 0.35),
            (0, y + 0.62),
            (-neck * 1.8, y + 0.35),
        ]
    )
    plates = [
        spline(
            [
                (s * wide * 0.55, y + 0.25),
                (s * wide * 1.0, y + 0.22),
                (s * wide * 1.28, y + 0.8),
                (s * wide * 0.75, y + 0.85),
            ],
            samples=4,
            closed=True,
        )
        for s in SIDES
    ]
    return [*(piece(design, plate, metal) for plate in plates), piece(design, collar, metal)]


def _dress(design: Design) -> list[Part]:
    neck, y = design.shape.neck, neck_end(design)
    edge = spline(
        [
            (-neck * 2.0, y + 0.30),
            (-neck * 1.0, y + 0.66),
            (0, y + 0.72),
            (neck * 1.0, y + 0.66),
            (neck * 2.0, y + 0.30),
        ],
        samples=5,
    )
    skin = darker(design.colours.skin, 0.08)
    bare = np.concatenate([edge, [(neck * 1.2, y - 0.02), (-neck * 1.2, y - 0.02)]])
    beads = [(0.9 * neck * np.cos(a), y + 0.05 + 0.38 * np.sin(a)) for a in np.linspace(0.15, np.pi - 0.15, 7)]
    chain = [
        piece(design, np.array([(x - 0.04, v), (x, v + 0.04), (x + 0.04, v), (x, v - 0.04)]), design.colours.trim)
        for x, v in beads
        if design.wave > 0.5
    ]
    return [
        piece(design, bare, skin, line=False),
        stroke(design, edge, darker(design.colours.cloth, 0.35), 0.06),
        *chain,
    ]


def _metal(design: Design) -> list[Part]:
    y, cloth = neck_end(design), design.colours.cloth
    panel = np.array([(-0.42, y + 0.5), (0.42, y + 0.5), (0.42, y + 1.15), (-0.42, y + 1.15)])
    lamps = [
        np.array([(x - 0.08, y + 0.75), (x + 0.08, y + 0.75), (x + 0.08, y + 0.9), (x - 0.08, y + 0.9)])
        for x in (-0.22, 0.0, 0.22)
    ]
    return [piece(design, panel, darker(cloth, 0.3)), *(piece(design, lamp, design.colours.trim) for lamp in lamps)]


_CLOTHES = {
    "tee": _tee,
    "shirt": _shirt,
    "vee": _vee,
    "tie": _tie,
    "jacket": _jacket,
    "hood": _hood,
    "scarf": _scarf,
    "armour": _armour,
    "dress": _dress,
    "metal": _metal,
}
