"""From a seed to a design: which sizes, parts and colours go together."""

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from talkface.drawn.cartoon.colouring import choose_colours
from talkface.drawn.cartoon.design import SHADINGS, Design, Lines, Styles
from talkface.drawn.cartoon.sizes import choose_sizes
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
    shape = choose_sizes(draw, kind, school, styles)
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
