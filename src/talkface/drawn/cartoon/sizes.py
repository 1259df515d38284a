"""Sizes of a character's head and features, by how it is drawn."""

from talkface.drawn.cartoon.design import Styles
from talkface.drawn.character import Proportions
from talkface.drawn.draw import Draw

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


def choose_sizes(draw: Draw, kind: str, school: str, styles: Styles) -> Proportions:
    """Sizes that go together; head units."""
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
