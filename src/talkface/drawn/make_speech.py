"""Makes the speech that ships: `python -m talkface.drawn.make_speech`, on a machine with the library of espeak-ng 1.51.

espeak-ng (its formant synthesiser, no recorded voice) speaks each sentence; its own phoneme events give the sample at
which every phoneme starts (`closures` then moves the edges of plosives to where the mouth is shut). Its 22,050 Hz
sound is resampled to 16 kHz (soxr, high quality), brought to a peak of 0.7 and stored as 16-bit WAV with the timings
as JSON beside it. Nothing in the package needs espeak-ng when it runs.
"""

import ctypes
import json
import logging
import wave
from ctypes import CFUNCTYPE, POINTER, c_char, c_char_p, c_int, c_short, c_uint, c_void_p
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import soxr
from numpy.typing import NDArray

SAMPLE_RATE = 16000
PEAK = 0.7

# Values of espeak's speak_lib.h: output by callback, phoneme events in IPA, text as UTF-8, the two events used.
RETRIEVAL, PHONEME_EVENTS_IPA, UTF8, END_OF_LIST, PHONEME = 1, 0b11, 1, 0, 7
RATE_PARAMETER, PITCH_PARAMETER = 1, 3


@dataclass(frozen=True)
class Utterance:
    """One shipped file: its name, espeak's voice (with variant), the text, words a minute, pitch (0-100)."""

    name: str
    voice: str
    text: str
    speed: int = 150
    pitch: int = 50


UTTERANCES = (
    Utterance("english", "en-us+m3", "Papa and Mama bought a big beautiful boat. Bob may move it far away.", 155, 45),
    Utterance("english_high", "en-gb+f2", "We all saw five white moons above the warm, open bay.", 150, 60),
    Utterance("spanish", "es+m1", "Mi abuela amaba la música, pero hoy habla poco.", 150, 40),
    Utterance("german", "de+f4", "Am Abend bummeln wir oft um die blaue Burg.", 145, 55),
)


class _Identifier(ctypes.Union):
    _fields_ = [("number", c_int), ("name", c_char_p), ("string", c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", c_int),
        ("unique_identifier", c_uint),
        ("text_position", c_int),
        ("length", c_int),
        ("audio_position", c_int),
        ("sample", c_int),
        ("user_data", c_void_p),
        ("id", _Identifier),
    ]


PLOSIVES = ("p", "b", "t", "d", "k", "ɡ")
BLOCK_MS = 5

Span = tuple[float, float, str]
Synthesis = tuple[NDArray[np.int16], list[tuple[int, str]]]


def synthesise(library: ctypes.CDLL, utterance: Utterance) -> Synthesis:
    """(N,) int16 at espeak's rate, and (sample at which it starts, IPA phoneme; empty: pause) in order."""
    pieces: list[NDArray[np.int16]] = []
    starts: list[tuple[int, str]] = []

    def receive(samples: Any, count: int, events: Any) -> int:
        if count:
            pieces.append(np.ctypeslib.as_array(samples, (count,)).copy())
        index = 0
        while (event := events[index]).type != END_OF_LIST:
            if event.type == PHONEME:
                starts.append((event.sample, event.id.string.decode("utf-8", "ignore")))
            index += 1
        return 0

    callback = CFUNCTYPE(c_int, POINTER(c_short), c_int, POINTER(_Event))(receive)  # must outlive the synthesis
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetVoiceByName(utterance.voice.encode())
    library.espeak_SetParameter(RATE_PARAMETER, utterance.speed, 0)
    library.espeak_SetParameter(PITCH_PARAMETER, utterance.pitch, 0)
    text = utterance.text.encode()
    library.espeak_Synth(text, len(text) + 1, 0, 1, 0, UTF8, None, None)
    library.espeak_Synchronize()
    return np.concatenate(pieces), starts


def timings(starts: list[tuple[int, str]], count: int, rate: int) -> list[Span]:
    """(start, end, phoneme) in seconds without gaps from 0 to the end; pauses have the empty name."""
    marks = [(0, ""), *starts, (count, "")]
    spans = [(first, min(second, count), name) for (first, name), (second, _) in pairwise(marks)]
    return [(round(start / rate, 4), round(end / rate, 4), name) for start, end, name in spans if end > start]


def closures(spans: list[Span], samples: NDArray[np.int16], rate: int) -> list[Span]:
    """Moves the edges of plosives to where the mouth is shut.

    espeak-ng puts the event of a plosive at its burst when silence comes before, and counts the opening sound to it.
    Here a plosive starts with that silence (at most 60 ms of it) and ends at its release; the next phoneme takes over.
    """
    block = rate * BLOCK_MS // 1000
    blocks = samples[: len(samples) // block * block].reshape(-1, block).astype(np.float64)
    quiet = np.sqrt((blocks**2).mean(axis=1)) < 0.01 * np.abs(blocks).max()
    moved = list(spans)
    for index, (start, end, name) in enumerate(spans):
        if index == 0 or name not in PLOSIVES:
            continue
        before = quiet[max(0, int(start * rate) // block - 12) : int(start * rate) // block][::-1]
        silent = int(np.argmin(before)) if not before.all() else len(before)
        first = max(start - silent * BLOCK_MS / 1000, spans[index - 1][0] + 0.02) if silent >= 3 else start
        release = min(end, start + 0.015) if silent >= 3 else start + 0.65 * (end - start)
        moved[index - 1] = (moved[index - 1][0], round(first, 4), moved[index - 1][2])
        moved[index] = (round(first, 4), round(release, 4), name)
        if index + 1 < len(spans):
            moved[index + 1] = (round(release, 4), *moved[index + 1][1:])
    return moved


def store(folder: Path, utterance: Utterance, synthesis: Synthesis, rate: int) -> None:
    """Writes NAME.wav (16 kHz mono PCM16) and NAME.json into `folder`."""
    samples, starts = synthesis
    resampled = soxr.resample(samples.astype(np.float64), rate, SAMPLE_RATE, quality="HQ")
    scaled = np.round(resampled * (PEAK * 32767 / np.abs(resampled).max())).astype("<i2")
    with wave.open(str(folder / f"{utterance.name}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(scaled.tobytes())
    content = {
        "text": utterance.text,
        "voice": utterance.voice,
        "speed": utterance.speed,
        "pitch": utterance.pitch,
        "synthesiser": "espeak-ng 1.51",
        "phonemes": closures(timings(starts, len(samples), rate), samples, rate),
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    (folder / f"{utterance.name}.json").write_text(text + "\n", encoding="utf-8")


def main(folder: Path = Path(__file__).parent / "speech") -> None:
    """Makes every utterance into `folder`."""
    library = ctypes.CDLL("libespeak-ng.so.1")
    rate = library.espeak_Initialize(RETRIEVAL, 200, None, PHONEME_EVENTS_IPA)
    for utterance in UTTERANCES:
        store(folder, utterance, synthesise(library, utterance), rate)
        logging.getLogger(__name__).info("%s made", utterance.name)


if __name__ == "__main__":
    main()
