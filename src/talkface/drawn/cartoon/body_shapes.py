"""Flat shapes of a body: they follow the head's shift and never turn."""

from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.parts import Part
from talkface.drawn.cartoon.place import flat
from talkface.drawn.shapes import Colour, Points

FLOOR = 5.0
"""Head units below the eyes; lower than any picture shows."""


def neck_end(design: Design) -> float:
    """Height of the neck's lower end."""
    return design.shape.chin_y + 0.42


def piece(design: Design, outline: Points, colour: Colour, *, line: bool = True) -> Part:
    """A filled shape, with a line around it if the character has lines."""
    return Part(flat(outline), colour, design.lines.of(colour), design.lines.weight * line, body=True)


def stroke(design: Design, line: Points, colour: Colour, weight: float) -> Part:
    """A line that is thinner at its ends. weight: head units."""
    return Part(flat(line), ink=colour, weight=weight, closed=False, taper=0.5, body=True)
