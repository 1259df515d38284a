"""Phoneme → viseme → mouth shape. Visemes are the usual groups of MPEG-4, the shapes our own."""

from typing import NamedTuple


class MouthShape(NamedTuple):
    """What a mouth does, independent of whose mouth it is; every value in [0, 1].

    opening: gap between the lips as a part of the widest one. width: corners drawn in (0), at rest (0.5), apart (1).
    roundness: lips pushed forward into a ring. teeth: how much of the teeth shows where the lips are open.
    tongue: 0 lies low, 1 touches the upper teeth. press: lips pressed together.
    """

    opening: float = 0.0
    width: float = 0.5
    roundness: float = 0.0
    teeth: float = 0.3
    tongue: float = 0.1
    press: float = 0.0


VISEMES: dict[str, MouthShape] = {
    "rest": MouthShape(0.0, 0.50, 0.00, 0.2, 0.1),
    "PP": MouthShape(0.0, 0.46, 0.05, 0.2, 0.1, 1.0),  # p b m: lips pressed
    "FF": MouthShape(0.13, 0.55, 0.00, 1.0, 0.1, 0.4),  # f v: lower lip at the upper teeth
    "TH": MouthShape(0.24, 0.58, 0.00, 0.9, 1.0),  # tongue between the teeth
    "DD": MouthShape(0.24, 0.58, 0.00, 0.9, 0.6),  # t d n
    "LL": MouthShape(0.34, 0.56, 0.00, 0.7, 0.95),
    "KK": MouthShape(0.32, 0.54, 0.00, 0.5, 0.3),  # k g, back of the tongue
    "SS": MouthShape(0.15, 0.70, 0.00, 1.0, 0.2),
    "CH": MouthShape(0.24, 0.30, 0.60, 1.0, 0.2),  # sh, zh, ch, j
    "RR": MouthShape(0.26, 0.36, 0.45, 0.6, 0.3),
    "UU": MouthShape(0.22, 0.12, 1.00, 0.0, 0.0),  # u w
    "OO": MouthShape(0.62, 0.25, 0.85, 0.1, 0.1),  # o
    "AA": MouthShape(1.00, 0.52, 0.10, 0.55, 0.15),  # open vowels
    "AE": MouthShape(0.78, 0.74, 0.00, 0.7, 0.15),
    "EE": MouthShape(0.48, 0.80, 0.00, 0.8, 0.3),  # e as in bed
    "II": MouthShape(0.26, 0.98, 0.00, 0.9, 0.4),
    "ER": MouthShape(0.45, 0.50, 0.15, 0.5, 0.2),  # schwa and its kin
}

_GROUPS: dict[str, str] = {
    "rest": "ʔ",
    "PP": "p b m ɓ β̞ ɱ",
    "FF": "f v ʋ",
    "TH": "θ ð",
    "DD": "t d n ɾ ʈ ɖ ɳ ɲ ɗ r",
    "LL": "l ɫ ɭ ʎ ɬ",
    "KK": "k g ɡ ŋ x ɣ h ɦ q χ ʁ c ɟ ç ħ ɴ",
    "SS": "s z ts dz",
    "CH": "ʃ ʒ tʃ dʒ ɕ ʑ ʂ ʐ tɕ tʂ",
    "RR": "ɹ ɻ ʀ",
    "UU": "u ʊ w y ɥ ʉ ɯ",
    "OO": "o ɔ ø œ ɒ ɵ ɞ",
    "AA": "a ɑ ɐ ä",
    "AE": "æ",
    "EE": "e ɛ",
    "II": "i ɪ j ɨ",
    "ER": "ə ʌ ɜ ɚ ɝ ɤ ɘ ?",
}
_VISEME_OF = {symbol: viseme for viseme, symbols in _GROUPS.items() for symbol in symbols.split()}
# Spanish b and v between vowels: the lips come near each other without closing.
_VISEME_OF["β"] = "FF"
_LONGEST = max(map(len, _VISEME_OF))


def visemes_of(phoneme: str) -> list[str]:
    """The visemes that one phoneme in IPA passes through (two for a diphthong), longest symbols first.

    The empty name is a pause: ["rest"]. Length, stress and other marks are passed over; a name with no known symbol
    gives the neutral vowel, because something sounds.
    """
    if not phoneme:
        return ["rest"]
    found: list[str] = []
    rest = phoneme
    while rest:
        size = next((size for size in range(_LONGEST, 0, -1) if rest[:size] in _VISEME_OF), 0)
        if size and found[-1:] != [_VISEME_OF[rest[:size]]]:
            found.append(_VISEME_OF[rest[:size]])
        rest = rest[size or 1 :]
    return found or ["ER"]
