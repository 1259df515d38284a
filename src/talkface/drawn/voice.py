"""The speech that ships: synthetic utterances with the exact time of every phoneme (made by `make_speech`)."""

import json
import wave
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from talkface.errors import InputError

SPEECH_FOLDER = Path(__file__).parent / "speech"
SPEECH = (
    "english",
    "english_high",
    "spanish",
    "german",
    "english_low",
    "english_quick",
    "english_slow",
    "english_round",
    "french",
    "italian",
    "polish",
    "portuguese",
)
"""Names of the shipped utterances: several voices and languages."""


class Phoneme(NamedTuple):
    """A stretch of speech: half-open, in seconds; `name` in IPA as espeak-ng writes it, empty for a pause."""

    start: float
    end: float
    name: str


def speech(name: str = "english") -> tuple[NDArray[np.float32], int]:
    """(samples (N,) float32 mono in [-1, 1], 16000) of a shipped utterance. InputError for an unknown name."""
    with wave.open(str(_file(name, ".wav")), "rb") as file:
        rate, data = file.getframerate(), file.readframes(file.getnframes())
    return (np.frombuffer(data, "<i2") / 32768).astype(np.float32), rate


def phonemes(name: str = "english") -> list[Phoneme]:
    """Phonemes of a shipped utterance in order, without gaps from 0 s to its end. InputError for an unknown name."""
    return list(_timings(name))


@cache
def _timings(name: str) -> tuple[Phoneme, ...]:
    content = json.loads(_file(name, ".json").read_text(encoding="utf-8"))
    return tuple(Phoneme(*row) for row in content["phonemes"])


def _file(name: str, suffix: str) -> Path:
    if name not in SPEECH:
        raise InputError("no such speech", name, f"choose one of {', '.join(SPEECH)}")
    return SPEECH_FOLDER / (name + suffix)
