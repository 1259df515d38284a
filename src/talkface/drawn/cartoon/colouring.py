"""Colours that go together, by kind of character."""

import colorsys

from talkface.drawn.cartoon.design import Colours, Styles
from talkface.drawn.draw import Draw
from talkface.drawn.shapes import Colour, darker, lighter, mix

_SKINS: tuple[Colour, ...] = (
    (255, 228, 208),
    (250, 214, 184),
    (240, 196, 158),
    (226, 178, 134),
    (198, 146, 102),
    (160, 110, 76),
    (118, 78, 54),
    (84, 56, 42),
)
_HAIRS: tuple[Colour, ...] = (
    (30, 26, 30),
    (58, 38, 30),
    (104, 64, 36),
    (168, 110, 50),
    (232, 196, 108),
    (196, 72, 36),
    (200, 200, 206),
    (244, 240, 236),
)
_FURS: tuple[Colour, ...] = (
    (170, 120, 72),
    (224, 150, 74),
    (132, 128, 130),
    (236, 228, 214),
    (92, 66, 50),
    (206, 178, 140),
    (64, 60, 66),
    (246, 190, 190),
)
_METALS: tuple[Colour, ...] = ((176, 186, 196), (120, 132, 146), (214, 190, 130), (196, 92, 70), (110, 150, 150))


def bright(
    draw: Draw, *, strength: tuple[float, float] = (0.35, 0.85), value: tuple[float, float] = (0.4, 0.95)
) -> Colour:
    """Any hue."""
    red, green, blue = colorsys.hsv_to_rgb(draw.between(0, 1), draw.between(*strength), draw.between(*value))
    return round(255 * red), round(255 * green), round(255 * blue)


def choose_colours(draw: Draw, kind: str, styles: Styles) -> Colours:
    """All colours of one character."""
    skin = _skin(draw, kind)
    hair = draw.one_of(_HAIRS) if draw.chance(0.7) else bright(draw)
    if kind in ("animal", "creature"):
        hair = darker(skin, 0.35)
    cloth = draw.one_of(_METALS) if styles.clothes == "metal" else bright(draw)
    muzzle = lighter(skin, draw.between(0.35, 0.75)) if styles.muzzle != "pig" else mix(skin, (250, 150, 160), 0.5)
    return Colours(
        skin=skin,
        shade=mix(darker(skin, 0.26), (110, 70, 130), draw.between(0.05, 0.22)),
        hair=hair,
        iris=bright(draw, strength=(0.3, 0.8), value=(0.25, 0.7)),
        lips=mix(darker(skin, 0.18), (200, 50, 70), draw.between(0.25, 0.75)),
        inside=draw.one_of(((70, 16, 24), (96, 26, 34), (46, 12, 18), (120, 40, 46), (20, 12, 16))),
        tongue=draw.one_of(((214, 98, 100), (232, 130, 130), (196, 76, 84))),
        muzzle=muzzle,
        nose=draw.one_of(((34, 26, 30), (70, 44, 40), (222, 120, 130))),
        cloth=cloth,
        trim=bright(draw, value=(0.3, 1.0)),
        hat=bright(draw),
    )


def _skin(draw: Draw, kind: str) -> Colour:
    if kind == "human":
        tone = mix(draw.one_of(_SKINS), draw.one_of(_SKINS), draw.between(0, 0.3))
        return mix(tone, draw.one_of(((255, 220, 60), (255, 180, 200), (200, 220, 255))), draw.one_of((0.0, 0.0, 0.25)))
    if kind == "animal":
        return mix(draw.one_of(_FURS), bright(draw), draw.one_of((0.0, 0.0, 0.35)))
    if kind == "robot":
        return mix(draw.one_of(_METALS), bright(draw), draw.one_of((0.0, 0.3, 0.6)))
    return bright(draw, strength=(0.3, 0.6), value=(0.6, 0.95))
