"""Everything that makes one cartoon character: kind, sizes, names of the parts it is put together from, colours."""

from dataclasses import dataclass

from talkface.drawn.character import Proportions
from talkface.drawn.shapes import Colour, darker, mix

KINDS = ("human", "animal", "robot", "creature")
SCHOOLS = ("classic", "anime", "flat", "storybook", "chibi")
"""Manners of drawing people; animals, robots and creatures borrow one for their eyes and lines."""

SHADINGS = ("flat", "cel", "soft")


@dataclass(frozen=True)
class Lines:
    """The ink. weight: head units, 0 for none. taper: 0 even, 1 thin at the ends. colour: None takes each shape's own

    dark shade (coloured line art).
    """

    weight: float
    taper: float
    colour: Colour | None

    def of(self, fill: Colour) -> Colour:
        """Ink around a shape of this colour."""
        return self.colour if self.colour is not None else darker(fill, 0.62)


@dataclass(frozen=True)
class Colours:
    """(red, green, blue) 0-255 of the character and its clothes."""

    skin: Colour
    shade: Colour
    hair: Colour
    iris: Colour
    lips: Colour
    inside: Colour
    tongue: Colour
    muzzle: Colour
    nose: Colour
    cloth: Colour
    trim: Colour
    hat: Colour

    @property
    def blush(self) -> Colour:
        """Cheeks."""
        return mix(self.skin, (236, 96, 96), 0.32)


@dataclass(frozen=True)
class Styles:
    """Names of the parts; each file of this package says which there are."""

    head: str
    eyes: str
    brows: str
    nose: str
    mouth: str
    ears: str
    hair: str
    back_hair: str
    hat: str
    glasses: str
    beard: str
    muzzle: str
    marks: tuple[str, ...]
    clothes: str


@dataclass(frozen=True, eq=False)
class Design:
    """One character; the same object is painted in every frame. seed: its identity."""

    seed: int
    kind: str
    school: str
    shape: Proportions
    styles: Styles
    colours: Colours
    lines: Lines
    shading: str
    light: float
    """Side the light comes from: -1 the picture's left, 1 its right."""
    wave: float
    """A number in [0, 1) that varies details: where hair parts, how many locks it has."""
    liveliness: float
    """How far it moves, 1 as people do."""
