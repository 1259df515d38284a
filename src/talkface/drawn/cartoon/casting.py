"""From a seed to a design: which sizes, parts and colours go together."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from talkface.drawn.cartoon.colouring import choose_colours
from talkface.drawn.cartoon.design import SHADINGS, Design, Lines, Styles
from talkface.drawn.character import Proportions
from talkface.drawn.draw import Draw
from talkface.drawn.shapes import Colour

KIND_SHARES = {"human": 0.64, "animal": 0.2, "robot": 0.1, "creature": 0.06}
"""How many of all characters are of each kind."""

_KINDS = tuple(kind for kind, share in KIND_SHARES.items() for _ in range(round(100 * share)))
_EYES = {
    "classic": ("oval", "oval", "oval", "dot", "lidded", "almond"),
    "anime": ("anime", "anime", "anime", "sharp"),
    "flat": ("dot", "dot", "oval", "bead", "almond"),
    "storybook": ("bead", "almond", "almond", "oval", "dot"),
    "chibi": ("anime", "anime", "bead", "oval"),
}
_NOSES = {
    "classic": ("round", "button", "hook", "wedge", "round"),
    "anime": ("side", "side", "dash", "wedge", "none"),
    "flat": ("wedge", "button", "side", "dash", "round"),
    "storybook": ("button", "round", "nostrils", "hook"),
    "chibi": ("dash", "none", "button", "dash"),
}
_MOUTHS = {
    "classic": ("line", "line", "lips", "bean"),
    "anime": ("small", "small", "line"),
    "flat": ("bean", "line", "lips"),
    "storybook": ("line", "lips", "bean"),
    "chibi": ("small", "bean"),
}
_HAIR = ("bald", "short", "parted", "bangs", "zigzag", "curtain", "curly", "mohawk", "bowl", "slick", "tuft", "spiky")
_HAIR_ANIME = ("zigzag", "zigzag", "bangs", "curtain", "spiky", "parted")
_BACK = ("none", "none", "long", "bob", "ponytail", "twintails", "bun", "wild")
_HATS = ("none",) * 9 + ("cap", "beanie", "bowler", "helmet", "witch", "crown", "bow", "headband")
_BEARDS = ("none",) * 6 + ("stubble", "moustache", "walrus", "goatee", "full", "full")
_GLASSES = ("none",) * 8 + ("round", "square", "dark")
_MARKS = ("freckles", "blush", "scar", "mole", "tear", "star", "earrings", "wrinkles")
_CLOTHES = ("tee", "shirt", "vee", "hood", "jacket", "tie", "scarf", "armour", "dress")
_ANIMALS = ("cat", "dog", "bear", "rabbit", "fox", "mouse", "pig", "monkey", "panda", "wolf")
_INKS: tuple[Colour | None, ...] = ((14, 12, 16), (14, 12, 16), (48, 26, 22), (34, 30, 62), None, None)


@lru_cache(maxsize=32)
def design_character(seed: int) -> Design:
    """The character of a seed; the same for the same seed. ValueError for a negative one."""
    if seed < 0:
        raise ValueError(f"a character's seed is not negative, got {seed}")
    draw = Draw(seed, "cartoon")
    kind = draw.one_of(_KINDS)
    school = draw.one_of(tuple(_EYES))
    styles = _STYLES[kind](draw, school)
    shape = _shape(draw, kind, school, styles)
    return Design(
        seed=seed,
        kind=kind,
        school=school,
        shape=shape,
        styles=styles,
        colours=choose_colours(draw, kind, styles),
        lines=_lines(draw, school),
        shading=draw.one_of(SHADINGS),
        light=draw.one_of((-1.0, 1.0)),
        wave=draw.between(0, 1),
        liveliness=draw.between(0.6, 1.5),
    )


def _lines(draw: Draw, school: str) -> Lines:
    weights: dict[str, Sequence[float]] = {
        "classic": (0.022, 0.032, 0.045),
        "anime": (0.014, 0.020, 0.026),
        "flat": (0.0, 0.0, 0.012, 0.03),
        "storybook": (0.016, 0.026, 0.036),
        "chibi": (0.02, 0.03, 0.04),
    }
    return Lines(draw.one_of(weights[school]), draw.one_of((0.3, 0.7, 0.95)), draw.one_of(_INKS))


def _human(draw: Draw, school: str) -> Styles:
    back = draw.one_of(_BACK)
    anime = school in ("anime", "chibi")
    long = back not in ("none", "wild")
    hair = draw.one_of(_HAIR_ANIME if anime else ("parted", "bangs", "curtain", "zigzag") if long else _HAIR)
    count = draw.one_of((0, 0, 1, 1, 2))
    return Styles(
        head=draw.one_of(("round", "oval", "square", "heart", "long", "pear", "oval")),
        eyes=draw.one_of(_EYES[school]),
        brows=draw.one_of(("arc", "arc", "block", "thin", "bushy")),
        nose=draw.one_of(_NOSES[school]),
        mouth=draw.one_of(_MOUTHS[school]),
        ears=draw.one_of(("round",) * 7 + ("small",) * 3 + ("elf",)),
        hair=hair,
        back_hair=back,
        hat=draw.one_of(_HATS),
        glasses=draw.one_of(_GLASSES),
        beard="none" if long or anime else draw.one_of(_BEARDS),
        muzzle="none",
        marks=tuple(draw.one_of(_MARKS) for _ in range(count)),
        clothes=draw.one_of(_CLOTHES),
    )


def _animal(draw: Draw, school: str) -> Styles:
    animal = draw.one_of(_ANIMALS)
    human = _human(draw, school)
    return replace(
        human,
        head=draw.one_of(("round", "oval", "heart", "pear")),
        nose="animal",
        mouth=draw.one_of(("muzzle", "muzzle", "line")),
        ears=animal,
        muzzle=animal,
        hair="tuft" if draw.between(0, 1) < 0.3 else "bald",
        back_hair="none",
        beard="none",
        hat=human.hat if human.hat in ("bow", "headband", "crown") else "none",
        marks=("whiskers",) if animal in ("cat", "mouse", "rabbit", "fox") else (),
    )


def _robot(draw: Draw, school: str) -> Styles:
    human = _human(draw, school)
    return replace(
        human,
        head=draw.one_of(("box", "box", "dome", "capsule")),
        eyes=draw.one_of(("lamp", "lamp", "screen", "oval", "dot")),
        brows=draw.one_of(("none", "block")),
        nose=draw.one_of(("none", "none", "bolt", "button")),
        mouth=draw.one_of(("grille", "plate", "bars", "line")),
        ears=draw.one_of(("bolt", "disc", "disc")),
        hair="bald",
        back_hair="none",
        hat=draw.one_of(("antenna", "antenna", "none", "cap")),
        glasses="none",
        beard="none",
        marks=draw.one_of((("seams",), ("seams", "rivets"), ("rivets",))),
        clothes="metal",
    )


def _creature(draw: Draw, school: str) -> Styles:
    human = _human(draw, school)
    return replace(
        human,
        nose=draw.one_of(("nostrils", "none", "button", "round")),
        ears=draw.one_of(("elf", "elf", "small", "none")),
        hair=draw.one_of(("bald", "bald", "tuft", "mohawk", "spiky")),
        back_hair="none",
        hat=draw.one_of(("horns", "horns", "antenna", "none")),
        beard="none",
        marks=draw.one_of((("freckles",), ("fangs",), ("fangs", "freckles"), ())),
    )


_STYLES = {"human": _human, "animal": _animal, "robot": _robot, "creature": _creature}

# (width, jaw, chin, length below the eyes) of each head.
_HEADS: dict[str, tuple[float, float, float, float]] = {
    "round": (1.00, 0.86, 0.46, 1.08),
    "oval": (0.93, 0.74, 0.34, 1.25),
    "square": (0.93, 0.86, 0.52, 1.22),
    "heart": (0.98, 0.66, 0.18, 1.22),
    "long": (0.84, 0.68, 0.36, 1.40),
    "pear": (0.90, 0.95, 0.58, 1.16),
    "box": (0.95, 0.95, 0.70, 1.12),
    "dome": (0.95, 0.92, 0.66, 1.12),
    "capsule": (0.82, 0.80, 0.48, 1.25),
}


def _shape(draw: Draw, kind: str, school: str, styles: Styles) -> Proportions:
    width, jaw, chin, low = _HEADS[styles.head]
    squat = {"chibi": 0.80, "anime": 0.97, "classic": 0.98}.get(school, 1.0)
    chin_y = low * squat * draw.between(0.95, 1.05)
    if school in ("anime", "chibi") and kind == "human":
        jaw, chin = jaw * 0.92, min(chin, 0.30) * 0.72
    big = {"chibi": 1.55, "anime": 1.22, "classic": 1.25, "storybook": 1.0, "flat": 0.95}[school]
    width *= draw.between(0.95, 1.05) * (1.08 if school == "chibi" else 1.0)
    eye_width, eye_height = _eye_size(draw, styles.eyes, big)
    eye_x = min(max(draw.between(0.36, 0.44) * width, eye_width + 0.05), width * 0.92 - eye_width)
    nose_y = chin_y * draw.between(0.36, 0.44)
    mouth_y = nose_y + (chin_y - nose_y) * draw.between(0.42, 0.54)
    small = 0.62 if styles.mouth == "small" else 1.0
    neck = draw.between(0.30, 0.5) * (0.75 if school == "chibi" else 1.0)
    return Proportions(
        width=width,
        jaw=jaw * width / 0.95,
        chin=chin,
        chin_y=chin_y,
        skull_y=-draw.between(1.08, 1.3) * (1.0 if school != "chibi" else 1.05),
        eye_x=min(eye_x, width * 0.58),
        eye_width=eye_width,
        eye_height=eye_height,
        eye_tilt=draw.between(-0.04, 0.07),
        iris=draw.between(0.42, 0.62),
        brow_y=-eye_height * 0.75 - draw.between(0.08, 0.18),
        brow_thick=draw.between(0.04, 0.13),
        brow_arch=draw.between(0.02, 0.10),
        nose_width=draw.between(0.10, 0.22),
        nose_y=nose_y,
        mouth_y=mouth_y,
        mouth_width=draw.between(0.30, 0.46) * small * min(1.0, chin_y / 1.15),
        mouth_gap=min(draw.between(0.36, 0.62) * (0.8 if small < 1 else 1.0), 0.75 * (chin_y - mouth_y) + 0.1),
        upper_lip=draw.between(0.05, 0.10),
        lower_lip=draw.between(0.07, 0.12),
        ear=draw.between(0.75, 1.2),
        neck=neck,
        shoulders=draw.between(1.25, 2.0) * (0.62 if school == "chibi" else 1.0) + neck * 0.3,
    )


def _eye_size(draw: Draw, style: str, big: float) -> tuple[float, float]:
    """(half width, half height), head units."""
    if style == "dot":
        return draw.between(0.05, 0.085), draw.between(0.07, 0.13)
    if style == "bead":
        return draw.between(0.09, 0.13), draw.between(0.11, 0.17)
    if style == "oval":
        return draw.between(0.17, 0.23) * big**0.5, draw.between(0.20, 0.29) * big
    if style == "anime":
        return draw.between(0.20, 0.24) * big**0.6, draw.between(0.20, 0.27) * big
    if style == "sharp":
        return draw.between(0.20, 0.25), draw.between(0.11, 0.16)
    if style in ("lamp", "screen"):
        return draw.between(0.17, 0.24), draw.between(0.13, 0.22)
    return draw.between(0.18, 0.22) * big**0.5, draw.between(0.13, 0.18) * big
