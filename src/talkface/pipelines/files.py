"""The files of a run, checked by their names and headers before anything heavy loads."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from talkface.errors import InputError
from talkface.media import SourceInfo, probe
from talkface.paths import beside, check_name, fitted, longest_name, same_place, there_is


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


def check_outputs(made: Iterable[Path | None], given: Iterable[Path | None], *, force: bool) -> None:
    """InputError: one of the files to be made is one of those given, is there already, or has an impossible name.

    None: no such file. force: files that are there are replaced.
    """
    inputs = {same_place(path) for path in given if path is not None}
    for path in made:
        if path is None:
            continue
        check_name(path)
        if same_place(path) in inputs:
            raise InputError("the output is one of the inputs", path, "give another output=")
        if not force and there_is(path):
            raise InputError("the output exists", path, "give force=true to replace it, or another output=")


def output_of(config: Mapping[str, Any], sources: Iterable[Path], ending: str = ".mp4") -> Path:
    """The file under `output`; where it is null, the names of the sources with dots between them, in this folder."""
    value = config.get("output")
    if value not in (None, ""):
        return Path(str(value))
    stems = [source.stem or same_place(source).name for source in sources]
    return Path(fitted(".".join(stems), ending, longest_name(Path())))


def comparison_of(output: Path) -> Path:
    """Where the comparison of a result goes."""
    return beside(output, f".compare{output.suffix}")
