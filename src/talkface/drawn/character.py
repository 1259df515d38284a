"""Who is drawn: proportions, colours and styles of one character, all from one seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from talkface.drawn.shapes import Colour, mix

Choice = TypeVar("Choice")

HAIR_STYLES = ("short", "parted", "fringe", "long", "bun", "curly", "spiky", "bald")
BEARDS = ("none", "none", "none", "none", "stubble", "moustache", "full")
COLLARS = ("crew", "vee", "shirt")
SHADINGS = ("soft", "soft", "soft", "cel")

_SKINS: tuple[Colour, ...] = (
    (250, 219, 196),
    (240, 200, 170),
    (229, 184, 148),
    (214, 165, 125),
    (188, 134, 95),
    (150, 102, 70),
    (116, 76, 52),
)
_HAIRS: tuple[Colour, ...] = (
    (38, 28, 26),
    (66, 44, 32),
    (98, 62, 36),
    (140, 92, 48),
    (196, 154, 88),
    (150, 62, 36),
    (152, 148, 146),
    (70, 84, 130),
)
_IRISES: tuple[Colour, ...] = ((82, 54, 34), (58, 90, 120), (70, 104, 66), (110, 78, 40), (70, 76, 84))
_CLOTHES: tuple[Colour, ...] = (
    (58, 84, 128),
    (142, 56, 58),
    (64, 110, 86),
    (212, 196, 160),
    (70, 66, 80),
    (196, 132, 58),
    (120, 88, 140),
    (226, 226, 230),
)
_WALLS: tuple[Colour, ...] = (
    (168, 190, 204),
    (206, 196, 176),
    (150, 176, 160),
    (196, 170, 176),
    (120, 136, 160),
    (222, 218, 210),
    (172, 166, 190),
)


@dataclass(frozen=True)
class Proportions:
    """Sizes in head units (1 = half the width of a standard head; eyes lie at height 0, the chin at about 1.3)."""

    width: float
    jaw: float  # half-width of the jaw's angle
    chin: float  # half-width of the chin
    chin_y: float
    skull_y: float
    eye_x: float
    eye_width: float  # half
    eye_height: float
    eye_tilt: float
    iris: float
    brow_y: float
    brow_thick: float
    brow_arch: float
    nose_width: float
    nose_y: float
    mouth_y: float
    mouth_width: float  # half, at rest
    mouth_gap: float  # widest opening between the lips
    upper_lip: float
    lower_lip: float
    ear: float
    neck: float
    shoulders: float


@dataclass(frozen=True)
class Palette:
    """Colours of one character and the room, (red, green, blue) 0-255."""

    skin: Colour
    hair: Colour
    iris: Colour
    lips: Colour
    brow: Colour
    clothes: Colour
    wall: Colour
    wall_low: Colour


class _Draw:
    """Draws of one seed in a fixed order, all from the generator's basic stream of [0, 1)."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng([seed, 0x66616365])

    def between(self, low: float, high: float) -> float:
        """Uniform."""
        return low + (high - low) * float(self._rng.random())

    def one_of(self, choices: Sequence[Choice]) -> Choice:
        """One choice, each as likely as the others."""
        return choices[int(self._rng.random() * len(choices))]


class DrawnCharacter:
    """A talking character; equal seeds give equal characters. seed: any non-negative integer; ValueError below 0."""

    def __init__(self, seed: int) -> None:
        if seed < 0:
            raise ValueError(f"a character's seed is not negative, got {seed}")
        draw = _Draw(seed)
        self.seed = seed
        self.feminine = draw.between(0, 1) < 0.5
        self.hair_style = draw.one_of(HAIR_STYLES[1:6] if self.feminine else (*HAIR_STYLES[:3], *HAIR_STYLES[5:]))
        self.beard = "none" if self.feminine else draw.one_of(BEARDS)
        self.glasses = draw.between(0, 1) < 0.18
        self.collar = draw.one_of(COLLARS)
        self.shading = draw.one_of(SHADINGS)
        self.outline = draw.one_of((0.0, 0.5, 1.0))  # weight of the dark lines around shapes
        self.light = draw.one_of((-1.0, 1.0))  # the side light comes from: -1 the picture's left
        self.hair_part = draw.one_of((-1.0, 1.0))
        self.lashes = draw.between(0.6, 1.0) if self.feminine else draw.between(0.1, 0.4)
        self.proportions = _proportions(draw, self.feminine)
        self.palette = _palette(draw, self.feminine)

    def __repr__(self) -> str:
        return f"DrawnCharacter({self.seed})"


def _proportions(draw: _Draw, feminine: bool) -> Proportions:
    soft = 1.0 if feminine else 0.0
    return Proportions(
        width=draw.between(0.88, 0.98),
        jaw=draw.between(0.70, 0.80) - 0.06 * soft,
        chin=draw.between(0.27, 0.38) - 0.07 * soft,
        chin_y=draw.between(1.22, 1.36),
        skull_y=draw.between(-1.32, -1.2),
        eye_x=draw.between(0.375, 0.425),
        eye_width=draw.between(0.19, 0.225) + 0.015 * soft,
        eye_height=draw.between(0.15, 0.20) + 0.02 * soft,
        eye_tilt=draw.between(-0.02, 0.05),
        iris=draw.between(0.095, 0.11),
        brow_y=draw.between(-0.30, -0.25) - 0.02 * soft,
        brow_thick=draw.between(0.075, 0.115) - 0.035 * soft,
        brow_arch=draw.between(0.04, 0.09),
        nose_width=draw.between(0.155, 0.205) - 0.015 * soft,
        nose_y=draw.between(0.46, 0.54),
        mouth_y=draw.between(0.80, 0.86),
        mouth_width=draw.between(0.36, 0.43),
        mouth_gap=draw.between(0.36, 0.44),
        upper_lip=draw.between(0.065, 0.095) + 0.015 * soft,
        lower_lip=draw.between(0.085, 0.12) + 0.015 * soft,
        ear=draw.between(0.85, 1.1),
        neck=draw.between(0.50, 0.58) - 0.10 * soft,
        shoulders=draw.between(1.75, 2.05) - 0.25 * soft,
    )


def _palette(draw: _Draw, feminine: bool) -> Palette:
    skin = mix(draw.one_of(_SKINS), draw.one_of(_SKINS), draw.between(0, 0.4))
    hair = draw.one_of(_HAIRS)
    made_up = draw.between(0.35, 0.75) if feminine else draw.between(0.12, 0.3)
    return Palette(
        skin=skin,
        hair=hair,
        iris=draw.one_of(_IRISES),
        lips=mix(mix(skin, (150, 62, 62), 0.42), (186, 44, 62), made_up * 0.6),
        brow=mix(hair, (40, 28, 24), 0.45),
        clothes=draw.one_of(_CLOTHES),
        wall=draw.one_of(_WALLS),
        wall_low=mix(draw.one_of(_WALLS), (70, 60, 66), 0.25),
    )
