"""Hair: locks behind the head, the mass on it, and the edge it has on the forehead."""

from itertools import pairwise

import numpy as np

from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.parts import Part
from talkface.drawn.cartoon.place import blob, face, ones, rim
from talkface.drawn.shapes import Points, darker, lighter, spline

_BACK_DEPTH = -0.35


def back_hair_parts(design: Design) -> list[Part]:
    """What hangs behind head and neck."""
    style, shape = design.styles.back_hair, design.shape
    if style == "none":
        return []
    w, top, hair = shape.width, shape.skull_y, darker(design.colours.hair, 0.22)
    outlines = {
        "long": lambda: [_curtain(w * 1.26, top * 1.1, 1.9, 5, design.wave)],
        "bob": lambda: [_curtain(w * 1.24, top * 1.1, shape.chin_y * 0.92, 4, 0.1)],
        "wild": lambda: [_burst(w * 1.28, top * 1.22, 0.22, 13, design.wave)],
        "bun": lambda: [blob(0.0, top * 1.12, 0.40, 0.34)],
        "ponytail": lambda: [_tail(-design.light * w * 0.95, -0.7, -design.light, 2.0)],
        "twintails": lambda: [_tail(s * w * 0.98, -0.5, s, 2.1) for s in (-1.0, 1.0)],
    }[style]()
    ink = design.lines.of(hair)
    return [Part(rim(o, _BACK_DEPTH), hair, ink, design.lines.weight, rim=ones(o)) for o in outlines]


def _curtain(half: float, top: float, low: float, locks: int, wave: float) -> Points:
    """From over the head down to `low`, with pointed locks along the lower edge."""
    side = [(half * 0.62, top * 0.98), (half * 0.98, top * 0.45), (half, 0.2), (half * (0.96 + 0.12 * wave), low)]
    edge = []
    for lock in range(2 * locks - 1):
        x = half * (0.92 - 1.84 * (lock + 1) / (2 * locks))
        edge.append((x, low + (0.10 if lock % 2 == 0 else -0.10) - 0.08))
    right = spline([(0.0, top), *side], samples=4)
    left = (right * (-1, 1))[::-1]
    return np.concatenate([right, np.array(edge), left[:-1]])


def _burst(half: float, top: float, height: float, count: int, wave: float) -> Points:
    """Spikes all around the upper head."""
    angle = np.linspace(-0.35, np.pi + 0.35, count * 2 + 1)
    tip = np.where(np.arange(len(angle)) % 2 == 1, 1 + height, 1 - 0.05)
    lean = 0.10 * (wave - 0.5) * (np.arange(len(angle)) % 2)
    return np.stack([np.cos(angle + lean) * half * tip, np.sin(angle + lean) * top * tip], axis=1)


def _tail(x: float, y: float, side: float, low: float) -> Points:
    outer = [(x, y - 0.15), (x + side * 0.42, y + 0.05), (x + side * 0.62, y + 0.9), (x + side * 0.30, low)]
    inner = [(x + side * 0.22, y + 1.1), (x + side * 0.02, y + 0.25)]
    return spline([*outer, *inner], samples=5, closed=True)


def front_hair_parts(design: Design) -> list[Part]:
    """The mass of hair on the head with its edge on the forehead, a highlight and a few strands."""
    style = design.styles.hair
    if style == "bald":
        return []
    if style == "mohawk":
        return _mohawk(design)
    if style == "tuft":
        return _tuft(design)
    hair, lines = design.colours.hair, design.lines
    line, crown = _hairline(design), _crown(design)
    points = np.concatenate([face(line, 0.05), rim(crown)])
    share = np.concatenate([np.abs(line[:, 0] / design.shape.width) ** 6, np.ones(len(crown))])
    mass = Part(points, hair, lines.of(hair), lines.weight, rim=share)
    return [mass, *_highlight(design), *_strands(design, line)]


def hair_shadow_parts(design: Design) -> list[Part]:
    """The hair's shadow on the forehead, in drawings with hard shade."""
    if design.styles.hair in ("bald", "mohawk", "tuft") or design.shading != "cel":
        return []
    line = _hairline(design)
    inner = np.clip(line[:, 0] / design.shape.width, -0.93, 0.93) * design.shape.width
    low = np.stack([inner, np.minimum(line[:, 1] + 0.09, 0.3)], axis=1)
    band = np.concatenate([low, np.stack([inner, line[:, 1] - 0.1], axis=1)[::-1]])
    return [Part(face(band, 0.02), design.colours.shade)]


def _hairline(design: Design) -> Points:
    """(N, 2) lower edge of the hair, from the picture's left temple to the right one."""
    w, style, wave = design.shape.width, design.styles.hair, design.wave
    brow = design.shape.brow_y
    low = brow + 0.02
    high = design.shape.skull_y * 0.62
    if style in ("zigzag", "spiky"):
        return _locks(w, low, high, 5 + int(3 * wave), wave)
    if style in ("bangs", "bowl"):
        x = np.linspace(-1, 1, 25)
        ripple = 0.03 * np.abs(np.sin(x * (6 + 6 * wave))) if style == "bangs" else 0.0
        y = low - 0.10 + 0.42 * np.abs(x) ** 7 - ripple
        return np.stack([x * w * 0.995, y], axis=1)
    if style == "curtain":
        half = [(-w * 0.995, 0.35), (-w * 0.84, 0.05), (-w * 0.66, low), (-w * 0.30, high * 0.8), (0.0, high * 1.25)]
        left = spline(half, samples=4)
        return np.concatenate([left, (left * (-1, 1))[::-1][1:]])
    if style == "parted":
        sweep = [(-w * 0.99, 0.1), (-w * 0.84, low - 0.12), (-w * 0.40, high * 0.75), (w * 0.34, high * 1.3)]
        rest = [(w * 0.62, high * 0.9), (w * 0.88, low - 0.05), (w * 0.99, 0.08)]
        line = spline([*sweep, *rest], samples=4)
        return line if design.light > 0 else (line * (-1, 1))[::-1]
    if style == "curly":
        x = np.linspace(-1, 1, 61)
        y = high * 0.85 + 0.75 * np.abs(x) ** 5 + 0.045 * np.cos(x * 24)
        return np.stack([x * w * 0.99, y], axis=1)
    receding = 1.25 if style == "slick" else 1.0
    half = [(-w * 0.995, 0.05), (-w * 0.90, -0.32), (-w * 0.74, high * 0.95), (-w * 0.30, high * receding)]
    left = spline([*half, (0.0, high * (receding + 0.08 * wave))], samples=4)
    return np.concatenate([left, (left * (-1, 1))[::-1][1:]])


def _locks(w: float, low: float, high: float, count: int, wave: float) -> Points:
    """Pointed locks on the forehead; each is a curve down to its tip and a steeper one back up."""
    edges = np.linspace(-0.99, 0.99, count + 1)
    points = [np.array([(-w * 0.995, 0.42)])]
    for number, (left, right) in enumerate(pairwise(edges.tolist())):
        reach = 0.75 + 0.35 * np.sin(5 * wave + 2.3 * number)
        tip = (
            left + (right - left) * (0.25 + 0.5 * ((wave * 7 + number * 0.6) % 1)),
            high + (low - high) * reach + 0.1,
        )
        notch = high + 0.30 * abs(right) ** 3
        points.append(
            spline(
                [
                    (left * w, high + 0.30 * abs(left) ** 3),
                    ((left * 0.6 + tip[0] * 0.4) * w, (high + tip[1]) / 2),
                    (tip[0] * w, tip[1]),
                ],
                samples=3,
            )
        )
        points.append(np.array([((tip[0] * 0.5 + right * 0.5) * w, (tip[1] + notch) / 2 - 0.05)]))
    points.append(np.array([(w * 0.995, 0.42)]))
    return np.concatenate(points)


def _crown(design: Design) -> Points:
    """(N, 2) upper edge of the hair, from the picture's right temple over the top to the left one."""
    shape, style = design.shape, design.styles.hair
    w, top = shape.width, shape.skull_y
    angle = np.linspace(-0.05, np.pi + 0.05, 45)
    if style in ("spiky", "zigzag") and (style == "spiky" or design.wave > 0.5):
        count = 7 + int(4 * design.wave)
        angle = np.linspace(-0.1, np.pi + 0.1, 2 * count + 1)
        tip = np.where(np.arange(len(angle)) % 2 == 1, 1.22 + 0.08 * np.sin(9 * angle), 1.06)
        return np.stack([np.cos(angle) * w * tip, np.sin(angle) * top * tip], axis=1)
    reach = {"curly": 1.2, "slick": 1.04, "short": 1.07, "bowl": 1.12}.get(style, 1.12)
    bump = 0.055 * np.abs(np.sin(angle * 6)) if style == "curly" else 0.0
    across = np.where(np.sin(angle) > 0, 1.0, 0.0)
    x = np.cos(angle) * w * (1.02 + (reach - 1.02) * np.clip(np.sin(angle) * 1.6, 0, 1) + bump)
    y = np.sin(angle) * top * (1 + (reach - 1) * across + bump)
    return np.stack([x, y], axis=1)


def _highlight(design: Design) -> list[Part]:
    """A band of light across the hair: jagged in anime, smooth in others, none in flat drawings."""
    if design.shading == "flat" or design.styles.hair in ("short", "curly", "slick"):
        return []
    w, top = design.shape.width, design.shape.skull_y
    x = np.linspace(-0.55, 0.55, 23)
    middle = top * (0.84 - 0.30 * x**2)
    jag = 0.06 * (np.arange(23) % 2) if design.school in ("anime", "chibi") else np.zeros(23)
    thick = 0.10 * (1 - (x / 0.56) ** 4)
    x = x + 0.10 * design.light
    over = np.stack([x * w, middle - thick / 2 - jag * thick * 8], axis=1)
    under = np.stack([x * w, middle + thick / 2 + jag * thick * 8], axis=1)
    return [Part(face(np.concatenate([over, under[::-1]]), 0.06), lighter(design.colours.hair, 0.25))]


def _strands(design: Design, line: Points) -> list[Part]:
    """Thin lines that follow the fall of the hair, from the parting down."""
    if design.lines.weight == 0 or design.styles.hair in ("curly", "short", "slick"):
        return []
    ink, top, w = darker(design.colours.hair, 0.45), design.shape.skull_y, design.shape.width
    found = []
    for place in (-0.55, -0.25, 0.15, 0.5):
        x = (place + 0.1 * design.wave) * w
        low = float(np.interp(x, np.maximum.accumulate(line[:, 0]), line[:, 1]))
        curve = spline([(x * 0.5, top * 0.98), (x * 0.9, (top + low) * 0.55), (x * 1.05, low - 0.12)], samples=5)
        found.append(Part(face(curve, 0.06), ink=ink, weight=design.lines.weight * 0.7, closed=False, taper=0.95))
    return found


def _mohawk(design: Design) -> list[Part]:
    hair, top = design.colours.hair, design.shape.skull_y
    x = np.linspace(-0.24, 0.24, 11)
    y = top * np.where(np.arange(11) % 2 == 1, 1.48, 1.22)
    crest = np.concatenate([np.stack([x, y], axis=1), [(0.26, top * 0.80), (0.0, top * 0.66), (-0.26, top * 0.80)]])
    return [Part(rim(crest, 0.2), hair, design.lines.of(hair), design.lines.weight)]


def _tuft(design: Design) -> list[Part]:
    hair, top, s = design.colours.hair, design.shape.skull_y, design.light
    lock = [
        (-0.18, top * 0.95),
        (s * 0.05, top * 1.28),
        (s * 0.34, top * 1.22),
        (s * 0.16, top * 1.08),
        (0.20, top * 0.93),
        (0.0, top * 0.82),
    ]
    return [Part(rim(np.array(lock), 0.25), hair, design.lines.of(hair), design.lines.weight)]
