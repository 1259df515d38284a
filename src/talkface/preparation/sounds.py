"""The sound of a clip whose media file has none: a file of its own, beside it or in a tree of its own."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from talkface.errors import InputError
from talkface.media import Audio, decode_audio, probe
from talkface.preparation.layouts import SourceClip
from talkface.preparation.settings import SAMPLE_RATE

SOUND_SUFFIXES = (".wav", ".flac", ".m4a", ".aac", ".mp3", ".ogg", ".opus")
_PICTURE_TREE, _SOUND_TREES = "mp4", ("aac", "m4a", "wav")  # VoxCeleb2: dev/mp4/ID/VIDEO/N.mp4, dev/aac/ID/VIDEO/N.m4a
_REMEDY = "give clips with sound, NAME.wav beside NAME.mp4, or a tree aac/ beside mp4/ as VoxCeleb2 has"


def with_sounds(clips: Sequence[SourceClip]) -> list[SourceClip]:
    """The same clips with the sound files that belong to them, where there are any: each folder is listed once."""
    listed = lru_cache(maxsize=None)(sounds_in)
    return [replace(clip, sound=sound_beside(clip.path, listed)) for clip in clips]


def sound_beside(path: Path, listed: Callable[[Path], Mapping[str, Path]] | None = None) -> Path | None:
    """The sound file of a media file: of the same name in its folder, or at its place in a tree of sounds."""
    for folder in (path.parent, *_sound_folders(path.parent)):
        found = (listed or sounds_in)(folder).get(path.stem)
        if found is not None:
            return found
    return None


def sounds_in(folder: Path) -> dict[str, Path]:
    """Name without suffix → sound file, of one folder; of several the first of `SOUND_SUFFIXES`. Empty: no folder."""
    try:
        paths = [path for path in folder.iterdir() if path.suffix.lower() in SOUND_SUFFIXES]
    except OSError:
        return {}
    best = sorted(paths, key=lambda path: (-SOUND_SUFFIXES.index(path.suffix.lower()), path.name))
    return {path.stem: path for path in best}


def _sound_folders(folder: Path) -> Iterator[Path]:
    """`folder` with one part `mp4`, the last first, replaced by what a tree of sounds is called."""
    parts = folder.parts
    for place in reversed(range(len(parts))):
        if parts[place].lower() == _PICTURE_TREE:
            yield from (Path(*parts[:place], tree, *parts[place + 1 :]) for tree in _SOUND_TREES)


def sound_file(clip: SourceClip) -> Path:
    """Where the clip's sound is: in its media file, else in its sound file. InputError: nowhere."""
    if probe(clip.path).has_audio:
        return clip.path
    if clip.sound is None:
        raise InputError("no audio stream in this file", clip.path, _REMEDY)
    if not probe(clip.sound).has_audio:
        raise InputError("no audio stream in this file", clip.sound, _REMEDY)
    return clip.sound


def read_sound(clip: SourceClip, sound: Path) -> Audio:
    """Mono sound at the corpus's rate, on the clock of the clip's pictures.

    A sound file has a clock of its own: it begins when the media file does (as ffmpeg joins two inputs).
    """
    audio = decode_audio(sound, SAMPLE_RATE)
    if sound == clip.path:
        return audio
    return replace(audio, start=probe(clip.path).start)
