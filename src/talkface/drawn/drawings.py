"""Mouths as animators draw them: a few drawings, each held for some frames, in the place of a smooth movement.

The sets: `blair`, the ten mouths of Preston Blair, "Advanced Animation" (1947); `rich`, one drawing for each viseme;
`limited`, the six of television series; `flap`, shut, half and wide open, as in much of Japanese television.
"""

import numpy as np

from talkface.drawn.track import MouthTrack, hold
from talkface.drawn.visemes import VISEMES, MouthShape

_BLAIR = {
    "A I": ("AA", "AE"),
    "E": ("EE", "II"),
    "O": ("OO",),
    "U": ("UU",),
    "C D G K N R S TH Y Z": ("DD", "KK", "SS", "TH", "CH", "RR", "ER"),
    "F V": ("FF",),
    "L": ("LL",),
    "M B P": ("PP",),
    "rest": ("rest",),
}
"""Drawing → visemes that it stands for. W and Q share the drawing of U here: phonemes do not tell them apart."""

_BLAIR_SHAPES = {
    "A I": MouthShape(0.92, 0.66, 0.0, 0.7, 0.2),
    "E": MouthShape(0.45, 0.92, 0.0, 0.85, 0.3),
    "O": MouthShape(0.66, 0.24, 0.9, 0.0, 0.15),
    "U": MouthShape(0.26, 0.10, 1.0, 0.0, 0.0),
    "C D G K N R S TH Y Z": MouthShape(0.22, 0.68, 0.0, 1.0, 0.3),
    "F V": VISEMES["FF"],
    "L": MouthShape(0.45, 0.58, 0.0, 0.6, 1.0),
    "M B P": VISEMES["PP"],
    "rest": VISEMES["rest"],
}


def _blair() -> dict[str, MouthShape]:
    return {viseme: _BLAIR_SHAPES[name] for name, visemes in _BLAIR.items() for viseme in visemes}


FIVE_MOUTHS = {
    "shut": VISEMES["rest"],
    "wide": MouthShape(0.85, 0.58, 0.0, 0.4, 0.2),
    "small": MouthShape(0.40, 0.55, 0.0, 0.3, 0.2),
    "round": MouthShape(0.50, 0.20, 0.9, 0.0, 0.1),
    "teeth": MouthShape(0.22, 0.75, 0.0, 1.0, 0.1),
}
"""The mouths that can be told from one another in small pictures, as `limited` draws them."""


def _few() -> dict[str, MouthShape]:
    groups = {"wide": "AA AE", "small": "EE ER LL DD KK TH RR", "round": "OO UU CH", "teeth": "II SS"}
    found = {viseme: FIVE_MOUTHS[name] for name, visemes in groups.items() for viseme in visemes.split()}
    return {**found, "PP": VISEMES["PP"], "FF": VISEMES["FF"], "rest": VISEMES["rest"]}


_SETS = {"rich": dict(VISEMES), "blair": _blair(), "limited": _few()}
_FLAPS = (MouthShape(), MouthShape(0.38, 0.5, 0.1, 0.25, 0.1), MouthShape(0.9, 0.55, 0.1, 0.35, 0.2))
_FLAP_EDGES = (0.10, 0.55)  # openings at which the next flap is taken

MOUTH_SETS = ("smooth", *_SETS, "flap")
"""Ways a mouth moves; `smooth` is not drawn by drawings."""


def in_drawings(track: MouthTrack, name: str, held: int) -> MouthTrack:
    """The track as the mouth set `name` (of MOUTH_SETS) shows it, each drawing held for `held` frames.

    A lip closure is never lost: where one of the frames of a drawing shuts the lips, the drawing does. Otherwise a
    drawing shows the middle one of its frames. ValueError: held below 1.
    """
    if name == "smooth":
        return hold(track, held)
    if held < 1:
        raise ValueError(f"a drawing is held for at least one frame, got {held}")
    chosen = [_telling(track, first, min(first + held, len(track))) for first in range(0, len(track), held)]
    index = np.repeat(chosen, held)[: len(track)]
    shapes = [_drawing(track, frame, name) for frame in chosen]
    return MouthTrack(
        np.repeat(np.array(shapes), held, axis=0)[: len(track)], tuple(track.visemes[frame] for frame in index)
    )


def _telling(track: MouthTrack, first: int, last: int) -> int:
    """The frame of [first, last) that its drawing is made from."""
    shut = [frame for frame in range(first, last) if track.visemes[frame] == "PP"]
    return shut[0] if shut else (first + last - 1) // 2


def _drawing(track: MouthTrack, frame: int, name: str) -> MouthShape:
    if name == "flap":
        return _FLAPS[int(np.searchsorted(_FLAP_EDGES, track.shapes[frame, 0], side="right"))]
    return _SETS[name][track.visemes[frame]]
