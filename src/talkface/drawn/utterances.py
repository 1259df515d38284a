"""Speech for a corpus: a new utterance for every clip, each with its phoneme times, from a seed.

Where espeak-ng is installed it says random words of several languages with random voices; elsewhere the speech that
ships is put together anew: other order, other speed and pitch (by resampling, which moves its times exactly).
"""

from collections.abc import Sequence

import numpy as np
import soxr
from numpy.typing import NDArray

from talkface.drawn.draw import Draw
from talkface.drawn.espeak import Sentence, espeak_version, speak
from talkface.drawn.timing import closures, timings
from talkface.drawn.voice import SPEECH, Phoneme, phonemes, speech
from talkface.errors import InputError

SAMPLE_RATE = 16000
SOURCES = ("auto", "espeak", "shipped")
_PEAKS = (0.25, 0.85)
_PAUSE = (0.15, 0.6)  # seconds between two utterances

Utterance = tuple[NDArray[np.float32], list[Phoneme]]
"""(N,) mono in [-1, 1] at 16 kHz, and its phonemes from 0 s to its end."""

_WORDS = {
    "en-us": "papa bought many blue apples from my mother before the warm wind moved our boat over five green hills "
    "please show me where those fish jump high because you should never throw big yellow shoes at a quiet judge",
    "en-gb": "we saw people walk home with bread and butter while the old farmer measured a thousand voices above "
    "the village pub nobody knew why the young queen chose to ride a thin black horse through such heavy fog",
    "de": "am abend bummeln wir über die alte brücke und meine mutter kauft fünf schöne äpfel für das müde pferd "
    "weil der junge bäcker jeden morgen viel zu früh frisches brot auf den großen tisch im hof bringt",
    "es": "mi abuela compra pan y muchas manzanas verdes cuando el barco pequeño llega por la mañana pero nadie sabe "
    "que un gato viejo duerme bajo la mesa azul y sueña con pescado fresco para toda la familia",
    "fr": "ma mère veut toujours du bon pain chaud avec un peu de beurre quand le petit bateau bleu revient du port "
    "mais personne ne voit le vieux chat qui rêve sous la table ronde de la belle maison jaune",
    "it": "il piccolo gatto beve sempre acqua fresca mentre la nonna prepara pane e formaggio per tutta la famiglia "
    "poi ogni bambino apre una porta blu e vede venti barche gialle che tornano piano verso il mare",
    "pl": "moja mama kupiła wczoraj dobry chleb i pięć małych jabłek bo wujek przyjechał do nas pociągiem z gór "
    "potem biały pies biegł powoli przez most a chłopiec pił ciepłe mleko obok starego domu",
    "pt-br": "a menina pequena viu um barco azul perto da praia e depois comprou pão com manteiga para o avô "
    "mas ninguém sabe quando o velho cachorro volta porque ele gosta muito de dormir debaixo da mesa",
}
_VARIANTS = ("m1", "m2", "m3", "m4", "m5", "m6", "m7", "f1", "f2", "f3", "f4", "f5")


def speech_source(wanted: str) -> str:
    """What a corpus is spoken by: `espeak-ng <version>` or `shipped`. wanted: one of SOURCES; `auto` takes the first
    that is there. InputError: no such source, or espeak-ng is asked for and not installed.
    """
    if wanted not in SOURCES:
        raise InputError(f"no such speech '{wanted}'", "configuration", f"choose one of {', '.join(SOURCES)}")
    version = espeak_version()
    if wanted == "espeak" and version is None:
        raise InputError("espeak-ng is not installed", "speech=espeak", "apt install espeak-ng, or speech=shipped")
    return "shipped" if wanted == "shipped" or version is None else f"espeak-ng {version}"


def make_utterance(draw: Draw, voice: Draw, source: str, seconds: float) -> Utterance:
    """About `seconds` of speech. draw: chooses the words; voice: who speaks (the same for each clip of a character).

    source: as `speech_source` returns it.
    """
    parts = _espeak_parts(draw, voice, seconds) if source != "shipped" else _shipped_parts(draw, voice, seconds)
    samples, spoken = _joined(draw, parts)
    peak = draw.between(*_PEAKS)
    return (samples * (peak / max(float(np.abs(samples).max(initial=0.0)), 1e-6))).astype(np.float32), spoken


def _espeak_parts(draw: Draw, voice: Draw, seconds: float) -> list[Utterance]:
    language = voice.one_of(tuple(_WORDS))
    name = f"{language}+{voice.one_of(_VARIANTS)}"
    speed, pitch = round(voice.between(125, 190)), round(voice.between(15, 85))
    words = _WORDS[language].split()
    count = max(2, round(seconds * speed / 60 * 0.9))
    start = round(draw.between(0, 1) * len(words))
    text = " ".join(
        words[(start + step) % len(words)] if draw.chance(0.7) else draw.one_of(words) for step in range(count)
    )
    spoken = speak(Sentence(name, text, speed, pitch))
    sound = np.frombuffer(spoken.sound, np.int16)
    spans = closures(timings(spoken.starts, len(sound), spoken.rate), sound, spoken.rate)
    samples = soxr.resample(sound.astype(np.float64) / 32768, spoken.rate, SAMPLE_RATE, quality="HQ")
    return [(samples.astype(np.float32), [Phoneme(*span) for span in spans])]


def _shipped_parts(draw: Draw, voice: Draw, seconds: float) -> list[Utterance]:
    """Phrases of the shipped speech, all at the speaker's own speed and pitch."""
    pace = voice.between(0.85, 1.2)
    found: list[Utterance] = []
    length = 0.0
    while length < 0.6 * seconds:  # the rest of the last one goes beyond
        name = draw.one_of(SPEECH)
        samples, spoken = speech(name)[0], phonemes(name)
        faster = soxr.resample(samples.astype(np.float64), SAMPLE_RATE * pace, SAMPLE_RATE, quality="HQ")
        found.append((faster.astype(np.float32), [Phoneme(p.start / pace, p.end / pace, p.name) for p in spoken]))
        length += len(faster) / SAMPLE_RATE
    return found


def _joined(draw: Draw, parts: Sequence[Utterance]) -> Utterance:
    """The parts one after the other, with silence before, between and behind them."""
    pieces: list[NDArray[np.float32]] = []
    spoken: list[Phoneme] = []
    place = 0

    def pause() -> None:
        nonlocal place
        count = round(draw.between(*_PAUSE) * SAMPLE_RATE)
        pieces.append(np.zeros(count, np.float32))
        spoken.append(Phoneme(place / SAMPLE_RATE, (place + count) / SAMPLE_RATE, ""))
        place += count

    for samples, times in parts:
        pause()
        offset = place / SAMPLE_RATE
        pieces.append(samples)
        spoken.extend(Phoneme(p.start + offset, p.end + offset, p.name) for p in times)
        place += len(samples)
    pause()
    return np.concatenate(pieces), spoken
