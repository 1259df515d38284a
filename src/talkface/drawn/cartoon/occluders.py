"""Things that pass before a face: a hand, a microphone, a cup, a pole. Outlines in parts of the shorter side."""

from dataclasses import dataclass

import numpy as np

from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.place import blob, turned
from talkface.drawn.draw import Draw
from talkface.drawn.shapes import Colour, Points, darker, lighter

KINDS = ("hand", "microphone", "cup", "pole")


@dataclass(frozen=True)
class Occluder:
    """One thing. outlines: (N, 2) with colours, back to front, about its own middle. at: where it stands when it is

    before the face, parts of the shorter side from the picture's middle. away: the same when it is out of the picture.
    span: seconds at which it comes and goes.
    """

    kind: str
    outlines: tuple[tuple[Points, Colour], ...]
    ink: Colour
    at: tuple[float, float]
    away: tuple[float, float]
    span: tuple[float, float]

    def shapes(self, seconds: float) -> list[tuple[Points, Colour]]:
        """Where its outlines are at this time, in the order of painting."""
        rise = np.clip(min((seconds - self.span[0]) / 0.25, (self.span[1] - seconds) / 0.25), 0, 1)
        smooth = rise * rise * (3 - 2 * rise)
        place = np.array(self.away) + (np.array(self.at) - self.away) * smooth
        return [(outline + place, colour) for outline, colour in self.outlines]


def choose_occluder(draw: Draw, design: Design, chin: tuple[float, float], unit: float, seconds: float) -> Occluder:
    """Something for this shot. chin: where the speaker's is, parts of the shorter side; unit: of its head, the same."""
    kind = draw.one_of(KINDS)
    start = draw.between(-0.5, 0.6 * seconds)
    span = (start, start + draw.between(0.6, 2.5))
    if kind in ("microphone", "pole"):
        span = (-1.0, seconds + 1.0)
    side = draw.one_of((-1.0, 1.0))
    outlines, (dx, dy) = {
        "hand": lambda: (_hand(design, unit, side), (side * 0.5, draw.between(-0.55, 0.1))),
        "microphone": lambda: (_microphone(draw, unit), (side * 0.3, draw.between(0.05, 0.45))),
        "cup": lambda: (_cup(draw, unit), (0.0, draw.between(-0.35, 0.0))),
        "pole": lambda: (_pole(draw, unit), (side * draw.between(0.5, 1.1), 0.0)),
    }[kind]()
    at = (chin[0] + dx * unit, chin[1] + dy * unit)
    return Occluder(kind, outlines, (20, 16, 20), at, (at[0] + side * 0.1, 0.9), span)


def _hand(design: Design, unit: float, side: float) -> tuple[tuple[Points, Colour], ...]:
    """Four fingers, a palm, a sleeve."""
    skin = design.colours.skin
    found = [(np.array([(-0.3, 0.5), (0.3, 0.5), (0.5, 3.0), (-0.5, 3.0)]), design.colours.cloth)]
    found.append((blob(0, 0.25, 0.40, 0.42, power=3.0), skin))
    for number in range(4):
        x = -0.30 + 0.20 * number
        found.append(
            (turned(blob(x, -0.30 - 0.08 * (number in (1, 2)), 0.10, 0.36, power=3.0), 8 * (number - 1.5)), skin)
        )
    found.append((turned(blob(0.40, 0.05, 0.11, 0.30, power=3.0), 40, (0.40, 0.2)), lighter(skin, 0.06)))
    return tuple((outline * (-side, 1) * unit, colour) for outline, colour in found)


def _microphone(draw: Draw, unit: float) -> tuple[tuple[Points, Colour], ...]:
    tilt, head = draw.between(-25, 25), darker((150, 150, 160), draw.between(0, 0.6))
    handle = turned(np.array([(-0.11, 0.1), (0.11, 0.1), (0.08, 2.6), (-0.08, 2.6)]), tilt)
    return (
        (handle * unit, (46, 44, 52)),
        (blob(0, 0, 0.24, 0.27) * unit, head),
        (turned(blob(0, 0.2, 0.2, 0.05), tilt) * unit, (220, 200, 120)),
    )


def _cup(draw: Draw, unit: float) -> tuple[tuple[Points, Colour], ...]:
    colour = lighter((150, 90, 70), draw.between(0, 0.8))
    handle = (blob(0.42, 0.3, 0.2, 0.24), darker(colour, 0.2))
    body = (np.array([(-0.38, 0), (0.38, 0), (0.30, 0.75), (-0.30, 0.75)]), colour)
    arm = (np.array([(-0.2, 0.5), (0.25, 0.5), (0.6, 3.0), (-0.3, 3.0)]), darker(colour, 0.5))
    return tuple((outline * unit, tone) for outline, tone in (arm, handle, body))


def _pole(draw: Draw, unit: float) -> tuple[tuple[Points, Colour], ...]:
    wide, tilt = draw.between(0.06, 0.22), draw.between(-15, 15)
    bar = turned(np.array([(-wide, -8.0), (wide, -8.0), (wide, 8.0), (-wide, 8.0)]), tilt)
    edge = turned(np.array([(wide * 0.3, -8.0), (wide, -8.0), (wide, 8.0), (wide * 0.3, 8.0)]), tilt)
    colour = darker((170, 150, 130), draw.between(0, 0.7))
    return ((bar * unit, colour), (edge * unit, darker(colour, 0.3)))
