"""The files of a run, checked by their headers before anything heavy loads."""

from collections.abc import Iterable
from pathlib import Path

from talkface.errors import InputError
from talkface.media import SourceInfo, probe


def probe_pictures(path: Path, remedy: str = "give a video, a picture or a folder of them") -> SourceInfo:
    """What the header of a file with pictures says. InputError: missing, not media, no picture in it."""
    info = probe(path)
    if not info.has_video:
        raise InputError("no picture in this file, only sound", path, remedy)
    return info


def check_sound(path: Path) -> None:
    """InputError: missing, not media, no sound in it."""
    if not probe(path).has_audio:
        raise InputError("no audio stream in this file", path, "give a sound, or a video with sound")


def check_apart(made: Iterable[Path | None], given: Iterable[Path | None]) -> None:
    """InputError: one of the files to be made is one of those given. None: no such file."""
    inputs = {path.resolve() for path in given if path is not None}
    for path in made:
        if path is not None and path.resolve() in inputs:
            raise InputError("the output is one of the inputs", path, "give another output=")


def comparison_of(output: Path) -> Path:
    """Where the comparison of a result goes."""
    return output.with_name(f"{output.stem}.compare{output.suffix}")
