"""Makes the speech that ships: `python -m talkface.drawn.make_speech`, on a machine with the library of espeak-ng 1.51.

espeak-ng (its formant synthesiser, no recorded voice) speaks each sentence; its own phoneme events give the sample at
which every phoneme starts (`closures` then moves the edges of plosives to where the mouth is shut). Its 22,050 Hz
sound is resampled to 16 kHz (soxr, high quality), brought to a peak of 0.7 and stored as 16-bit WAV with the timings
as JSON beside it. Nothing in the package needs espeak-ng when it runs. (english_high, spanish and german were made in
one process with the sentences before them, whose state changes espeak-ng's rhythm a little; made again they differ.)
"""

import json
import logging
import wave
from pathlib import Path

import numpy as np
import soxr

from talkface.drawn.espeak import Sentence, Spoken, speak
from talkface.drawn.timing import closures, timings

SAMPLE_RATE = 16000
PEAK = 0.7

UTTERANCES = {
    "english": Sentence("en-us+m3", "Papa and Mama bought a big beautiful boat. Bob may move it far away.", 155, 45),
    "english_high": Sentence("en-gb+f2", "We all saw five white moons above the warm, open bay.", 150, 60),
    "spanish": Sentence("es+m1", "Mi abuela amaba la música, pero hoy habla poco.", 150, 40),
    "german": Sentence("de+f4", "Am Abend bummeln wir oft um die blaue Burg.", 145, 55),
    "english_low": Sentence(
        "en-us+m6", "You should show the judge which of those small fish chose to leave both ships.", 160, 30
    ),
    "english_quick": Sentence("en-gb+m4", "Why would anybody throw four yellow shoes over the very old wall?", 175, 52),
    "english_slow": Sentence("en-us+f3", "Keep the cheese near the green leaves, then feed me three beans.", 135, 66),
    "english_round": Sentence(
        "en-gb-x-rp+m5", "Look, a crooked wolf took good food from our big brown room at noon.", 150, 42
    ),
    "french": Sentence("fr+f1", "Pourquoi mon beau bébé veut-il toujours voir la lune?", 150, 58),
    "italian": Sentence("it+m5", "Il piccolo gatto gioca con la palla e poi beve un po' d'acqua.", 155, 48),
    "polish": Sentence("pl+f5", "Moja mama kupiła wczoraj bardzo dobre jabłka i chleb.", 150, 60),
    "portuguese": Sentence("pt-br+m6", "A menina viu um avião azul voando bem perto da praia.", 150, 45),
}
"""Name of the shipped file → what it says."""


def store(folder: Path, name: str, sentence: Sentence, spoken: Spoken) -> None:
    """Writes NAME.wav (16 kHz mono PCM16) and NAME.json into `folder`."""
    samples, rate = np.frombuffer(spoken.sound, np.int16), spoken.rate
    resampled = soxr.resample(samples.astype(np.float64), rate, SAMPLE_RATE, quality="HQ")
    scaled = np.round(resampled * (PEAK * 32767 / np.abs(resampled).max())).astype("<i2")
    with wave.open(str(folder / f"{name}.wav"), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE)
        file.writeframes(scaled.tobytes())
    content = {
        "text": sentence.text,
        "voice": sentence.voice,
        "speed": sentence.speed,
        "pitch": sentence.pitch,
        "synthesiser": "espeak-ng 1.51",
        "phonemes": closures(timings(spoken.starts, len(samples), rate), samples, rate),
    }
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"))
    (folder / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def main(folder: Path = Path(__file__).parent / "speech") -> None:
    """Makes every utterance into `folder`."""
    for name, sentence in UTTERANCES.items():
        store(folder, name, sentence, speak(sentence))
        logging.getLogger(__name__).info("%s made", name)


if __name__ == "__main__":
    main()
