"""Speech from the espeak-ng program's library, with the time of every phoneme; in a process of its own.

The library keeps state from one sentence to the next, so that a sentence sounds the same only as the first of its
process: `speak` starts this file as a script for each. It imports the standard library only, which takes 30 ms.
"""

import ctypes
import ctypes.util
import functools
import json
import subprocess
import sys
from ctypes import CFUNCTYPE, POINTER, c_char, c_char_p, c_int, c_short, c_uint, c_void_p
from typing import Any, NamedTuple

_LIBRARY = "libespeak-ng.so.1"

# Values of espeak's speak_lib.h: output by callback, phoneme events in IPA, text as UTF-8, the two events used.
_RETRIEVAL, _PHONEME_EVENTS_IPA, _UTF8, _END_OF_LIST, _PHONEME = 1, 0b11, 1, 0, 7
_RATE, _PITCH = 1, 3


class Sentence(NamedTuple):
    """What to say: espeak's voice (with variant), the text, words a minute, pitch (0-100)."""

    voice: str
    text: str
    speed: int = 150
    pitch: int = 50


class Spoken(NamedTuple):
    """sound: 16-bit mono. rate: samples a second. starts: (sample at which it starts, IPA phoneme; empty: pause)."""

    sound: bytes
    rate: int
    starts: list[tuple[int, str]]


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


def open_library() -> tuple[ctypes.CDLL, int]:
    """The library, ready to speak, and its sample rate. OSError: it is not installed."""
    library = ctypes.CDLL(_LIBRARY)
    return library, library.espeak_Initialize(_RETRIEVAL, 200, None, _PHONEME_EVENTS_IPA)


@functools.cache
def espeak_version() -> str | None:
    """Version of the installed library, None where there is none."""
    try:
        library = ctypes.CDLL(_LIBRARY)
    except OSError:
        return None
    library.espeak_Info.restype = c_char_p
    return str(library.espeak_Info(None).decode("ascii", "replace"))


def synthesise(library: ctypes.CDLL, rate: int, sentence: Sentence) -> Spoken:
    """Says a sentence in this process."""
    pieces: list[bytes] = []
    starts: list[tuple[int, str]] = []

    def receive(samples: Any, count: int, events: Any) -> int:
        if count:
            pieces.append(ctypes.string_at(samples, 2 * count))
        index = 0
        while (event := events[index]).type != _END_OF_LIST:
            if event.type == _PHONEME:
                starts.append((event.sample, event.id.string.decode("utf-8", "ignore")))
            index += 1
        return 0

    callback = CFUNCTYPE(c_int, POINTER(c_short), c_int, POINTER(_Event))(receive)  # must outlive the synthesis
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetVoiceByName(sentence.voice.encode())
    library.espeak_SetParameter(_RATE, sentence.speed, 0)
    library.espeak_SetParameter(_PITCH, sentence.pitch, 0)
    text = sentence.text.encode()
    library.espeak_Synth(text, len(text) + 1, 0, 1, 0, _UTF8, None, None)
    library.espeak_Synchronize()
    return Spoken(b"".join(pieces), rate, starts)


def speak(sentence: Sentence) -> Spoken:
    """Says a sentence in a fresh process: the same sentence gives the same bytes."""
    command = [sys.executable, "-I", "-S", __file__, json.dumps(sentence)]
    output = subprocess.run(command, capture_output=True, check=True).stdout
    head, _, sound = output.partition(b"\n")
    told = json.loads(head)
    return Spoken(sound, told["rate"], [(sample, name) for sample, name in told["starts"]])


def _main() -> None:
    spoken = synthesise(*open_library(), Sentence(*json.loads(sys.argv[1])))
    head = json.dumps({"rate": spoken.rate, "starts": spoken.starts})
    sys.stdout.buffer.write(head.encode("ascii") + b"\n" + spoken.sound)


if __name__ == "__main__":
    _main()
