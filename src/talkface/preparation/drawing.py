"""A drawn corpus: clips made from nothing but their number, with truth in the place of detection."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from talkface.audio.mel import WAV2LIP, mel_spectrogram
from talkface.corpus import (
    BOXES_FILE,
    FORMAT_VERSION,
    MEL_FILE,
    OTHER_FILE,
    POINTS_FILE,
    SOUND_FILE,
    TRUTH_FILE,
    VIDEO_FILE,
    ClipRow,
    read_wav,
)
from talkface.drawn.cartoon import DrawnFrame, Ledger, Scene, Take, make_take, speaker_arrays, take_of_sound
from talkface.drawn.draw import Draw
from talkface.drawn.utterances import speech_source
from talkface.errors import InputError
from talkface.media import VideoWriter, decode_audio
from talkface.media import write_wav as write_sound
from talkface.paths import walk_files
from talkface.preparation.layouts import SourceClip, media_files
from talkface.preparation.settings import FPS, SAMPLE_RATE

EXACT = 100.0
"""Confidence of an A/V offset that is known, not measured."""

_CHARACTERS = 1_000_000  # of one seed; another seed has others
_SEEDS = 1_000_000
_SOUND_SECONDS = (2.4, 4.6)  # of a clip to given sound
_SMALL_FACE = 48  # pixels; below that the model's 96-pixel crop holds few real pixels
_SOUND_SUFFIXES = (".wav", ".flac", ".mp3", ".ogg", ".m4a")


@dataclass(frozen=True)
class DrawnSettings:
    """What determines the bytes of a drawn clip, besides its number.

    seed: of the whole corpus. side: the longer one of the pictures, pixels. takes: clips of one character. speech:
    `auto`, `espeak` or `shipped`; kept as what it came to, so that a corpus is never spoken by two. sounds: a folder
    of real speech that is spoken instead (the mouth then follows the sound by rule). longest_offset: frames by which
    sound and picture may be apart, 0 for never. turning: share of clips in which the speaker turns the head far to both
    sides, within [0, 1]. other_mouths: draw each clip a second time with another mouth, a generator's reference. crf,
    gop, preset: of the H.264.
    """

    seed: int = 0
    side: int = 256
    takes: int = 4
    speech: str = "auto"
    sounds: str | None = None
    longest_offset: int = 0
    turning: float = 0.0
    other_mouths: bool = True
    crf: int = 16
    gop: int = 12
    preset: str = "veryfast"

    def __post_init__(self) -> None:
        if not 0 <= self.seed < _SEEDS:
            raise InputError(f"seed={self.seed}", "configuration", f"give a seed from 0 to {_SEEDS - 1}")
        if self.side < 64 or self.takes < 1 or self.longest_offset < 0 or self.gop < 1:
            raise InputError("a size, number or offset is too small", self.describe(), "see configs/data/drawn.yaml")
        if not 0 <= self.turning <= 1:
            raise InputError(f"turning={self.turning}", "configuration", "give a share of the clips from 0 to 1")

    @property
    def source(self) -> str:
        """What speaks. InputError: espeak-ng is asked for and not installed."""
        return f"sounds {self.sounds}" if self.sounds else speech_source(self.speech)

    def describe(self) -> dict[str, Any]:
        """All settings as plain values, with what the format itself fixes."""
        known = {"format_version": FORMAT_VERSION, "fps": str(FPS), "sample_rate": SAMPLE_RATE, "mel": WAV2LIP.hash}
        return {**asdict(self), "method": "drawn", "speech": self.source, **known}

    @property
    def hash(self) -> str:
        """Short name of these settings."""
        return hashlib.sha256(json.dumps(self.describe(), sort_keys=True).encode()).hexdigest()[:16]


def list_drawn(count: int, settings: DrawnSettings) -> tuple[SourceClip, ...]:
    """The first `count` clips of a drawn corpus; the first ones are the same whatever the count.

    InputError: a count below 1 or above what one seed has characters for.
    """
    if not 1 <= count <= _CHARACTERS * settings.takes:
        raise InputError(f"clips={count}", "configuration", f"give 1 to {_CHARACTERS * settings.takes}")
    return tuple(
        SourceClip(f"{number:07d}", Path(f"drawn/{settings.seed}/{number}"), f"drawn/{settings.seed}/{number}", speaker)
        for number in range(count)
        for speaker in [f"drawn-{_character(number, settings)}"]
    )


def draw_clips(clip: SourceClip, settings: DrawnSettings, folder: Path) -> list[ClipRow]:
    """Write clip `clip.id` as ``folder/<id>`` and return its row, which is not written yet.

    InputError: a sound that cannot be used.
    """
    take = _make_take(int(clip.id), settings)
    target = folder / clip.id
    target.mkdir(parents=True)
    ledger = Ledger(take.scene)
    _write_pictures(map(ledger.added, take.frames()), target / VIDEO_FILE, take.scene, settings)
    if settings.other_mouths:
        _write_pictures(take.other_frames(), target / OTHER_FILE, take.scene, settings)
    truth: dict[str, Any] = ledger.arrays(take.av_offset, take.track)
    np.savez_compressed(target / TRUTH_FILE, **truth)
    boxes, points = speaker_arrays(truth)
    np.save(target / BOXES_FILE, boxes)
    np.save(target / POINTS_FILE, points)
    write_sound(target / SOUND_FILE, take.samples, SAMPLE_RATE)
    # The mel is of the samples as stored, so that whoever computes it again from audio.wav gets the same.
    np.save(target / MEL_FILE, mel_spectrogram(read_wav(target / SOUND_FILE), WAV2LIP))
    frames = len(boxes)
    return [
        ClipRow(
            id=clip.id,
            split=clip.split or "train",
            speaker=clip.speaker,
            source=clip.name,
            sha256=hashlib.sha256(f"{settings.hash} {clip.name}".encode()).hexdigest(),
            frames=frames,
            seconds=float(frames / FPS),
            width=take.scene.width,
            height=take.scene.height,
            scale=1.0,
            flags=_flags(truth),
            av_offset=take.av_offset,
            av_confidence=EXACT,
        )
    ]


def _character(number: int, settings: DrawnSettings) -> int:
    return settings.seed * _CHARACTERS + number // settings.takes


def _make_take(number: int, settings: DrawnSettings) -> Take:
    character, take = _character(number, settings), number % settings.takes
    if settings.sounds is not None:
        samples = _cut_of_sound(Draw(character, f"cut {take}"), settings.sounds)
        return take_of_sound(character, take, samples, fps=FPS, side=settings.side, turning=settings.turning)
    return make_take(
        character,
        take,
        fps=FPS,
        side=settings.side,
        source=settings.source,
        longest_offset=settings.longest_offset,
        turning=settings.turning,
    )


def _cut_of_sound(draw: Draw, folder: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    """A stretch of one of the folder's files."""
    path = draw.one_of(_sound_files(folder))
    samples = decode_audio(path, SAMPLE_RATE).samples
    count = min(len(samples), round(draw.between(*_SOUND_SECONDS) * SAMPLE_RATE))
    first = round(draw.between(0, len(samples) - count))
    return np.asarray(samples[first : first + count], np.float32)


@lru_cache(maxsize=1)
def _sound_files(folder: str) -> tuple[Path, ...]:
    place = Path(folder)
    sounds = [path for path in walk_files(place) if path.suffix.lower() in _SOUND_SUFFIXES]
    found = (*sounds, *(media_files(place) if place.is_dir() else ()))
    if not found:
        raise InputError("no sound file in this folder", folder, "give data.drawn.sounds=FOLDER with speech")
    return found


def _write_pictures(frames: Iterable[DrawnFrame], path: Path, scene: Scene, settings: DrawnSettings) -> None:
    with VideoWriter(
        path,
        width=scene.width,
        height=scene.height,
        fps=FPS,
        crf=settings.crf,
        gop=settings.gop,
        preset=settings.preset,
    ) as writer:
        for frame in frames:
            writer.write(frame.image)


def _flags(truth: dict[str, Any]) -> tuple[str, ...]:
    boxes = truth["boxes"][:, 0]
    flags = {
        "cut": len(set(truth["shot"].tolist())) > 1,
        "hidden_mouth": bool((truth["visible"][:, 0, 48:].mean(axis=1) < 0.5).any()),
        "small_face": float(np.median(boxes[:, 3] - boxes[:, 1])) < _SMALL_FACE,
    }
    return tuple(sorted(flag for flag, raised in flags.items() if raised))
