"""A serving request out of a configuration, checked without torch: bad input is refused before anything heavy loads."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from talkface.errors import InputError
from talkface.media import probe
from talkface.media.formats import format_of
from talkface.pipelines.options import Four, LipSyncOptions


@dataclass(frozen=True)
class Request:
    """Files and switches of one run. audio: one sound, or one a face. compare, sidecar: extra outputs or None.
    checkpoint: None: the shipped one.
    """

    face: Path
    audio: tuple[Path, ...]
    output: Path
    checkpoint: Path | None
    options: LipSyncOptions
    detector: str = "mtcnn"
    detector_threshold: float | None = None  # None: the detector's own
    compare: Path | None = None
    sidecar: Path | None = None
    crf: int = 18


def read_request(config: Mapping[str, Any]) -> Request:
    """InputError for anything that is missing, impossible or would overwrite an input."""
    face, audio, output = _path(config, "face"), _paths(config, "audio"), _path(config, "output")
    checkpoint = _checkpoint(config.get("checkpoint"))
    format_of(output)
    request = Request(
        face,
        audio,
        output,
        checkpoint,
        read_options(config),
        detector=str(config.get("detector", "mtcnn")),
        detector_threshold=_optional(config, "detector_threshold"),
        compare=output.with_name(f"{output.stem}.compare{output.suffix}") if config.get("compare") else None,
        sidecar=output.with_suffix(".json") if config.get("sidecar") else None,
        crf=int(config.get("crf", 18)),
    )
    _check_files(request)
    return request


def read_options(config: Mapping[str, Any]) -> LipSyncOptions:
    """The options among the configuration's keys. InputError: a value of the wrong form."""
    fps = _number(config, "fps", 25.0)
    return LipSyncOptions(
        convention=str(config.get("convention", "exact")),
        extend=str(config.get("extend", "pingpong")),
        silence=str(config.get("silence", "close")),
        listen_ahead=Fraction(_number(config, "listen_ahead", 4)).limit_denominator(1000),
        faces=_faces(config.get("faces", "largest")),
        speakers=_people(config.get("speakers")),
        box=_four(config, "box"),
        pads=_whole(config, "pads"),
        crop=_whole(config, "crop") or LipSyncOptions.crop,
        rotate=bool(config.get("rotate", False)),
        resize_factor=round(_number(config, "resize_factor", 1)),
        static=bool(config.get("static", False)),
        fps=Fraction(fps).limit_denominator(1001),
        nosmooth=bool(config.get("nosmooth", False)),
        detect_every=round(_number(config, "detect_every", 5)),
        detector_batch_size=round(_number(config, "detector_batch_size", 4)),
        batch_size=round(_number(config, "batch_size", 8)),
        device=str(config.get("device", "cpu")),
        engine=str(config.get("engine", "torch")),
        precision=str(config.get("precision", "f32")),
    )


def _path(config: Mapping[str, Any], key: str) -> Path:
    value = config.get(key)
    if value in (None, ""):
        raise InputError(f"no {key} given", f"{key}=", f"give {key}=FILE (--help shows an example)")
    return Path(str(value))


def _paths(config: Mapping[str, Any], key: str) -> tuple[Path, ...]:
    """One file, or a list of files."""
    value = config.get(key)
    return (
        tuple(_path({key: each}, key) for each in value) if isinstance(value, list | tuple) else (_path(config, key),)
    )


def _people(value: object) -> tuple[int, ...] | None:
    if value is None:
        return None
    given = list(value) if isinstance(value, list | tuple) else [value]
    numbers = tuple(each for each in given if isinstance(each, int) and not isinstance(each, bool) and each >= 0)
    if len(numbers) != len(given) or len({*numbers}) != len(numbers):
        raise InputError("not numbers of people", f"speakers={value}", "give numbers as in the sidecar, like [1,0]")
    return numbers


def _checkpoint(value: object) -> Path | None:
    if value in (None, "default"):
        return None
    path = Path(str(value))
    if not path.is_file():
        raise InputError(
            "checkpoint not found", path, "check the path, or leave checkpoint=default for the shipped one"
        )
    return path


def _number(config: Mapping[str, Any], key: str, default: float) -> float:
    value = config.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise InputError("not a number", f"{key}={value}", f"give a number, for example {key}={default:g}")
    return value


def _optional(config: Mapping[str, Any], key: str) -> float | None:
    return None if config.get(key) is None else _number(config, key, 0.9)


def _four(config: Mapping[str, Any], key: str) -> tuple[float, float, float, float] | None:
    value = config.get(key)
    if value is None:
        return None
    numbers = [side for side in value if isinstance(side, (int, float))] if isinstance(value, (list, tuple)) else []
    if len(numbers) != 4:
        raise InputError("not four numbers", f"{key}={value}", f"give four numbers, for example {key}=[10,20,110,120]")
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _whole(config: Mapping[str, Any], key: str) -> Four | None:
    four = _four(config, key)
    return None if four is None else (round(four[0]), round(four[1]), round(four[2]), round(four[3]))


def _faces(value: object) -> str | int | tuple[float, float]:
    if isinstance(value, (list, tuple)):
        if len(value) != 2 or not all(isinstance(side, (int, float)) for side in value):
            raise InputError("not a point", f"faces={value}", "give faces=[x,y], a place inside the face in pixels")
        return float(value[0]), float(value[1])
    return value if isinstance(value, int) else str(value)


def _check_files(request: Request) -> None:
    for made in (request.output, request.compare, request.sidecar):
        if made is not None and made.resolve() in {path.resolve() for path in (request.face, *request.audio)}:
            raise InputError("the output is one of the inputs", made, "give another output=")
    info = probe(request.face)
    if not info.has_video:
        raise InputError("no picture in this file, only sound", request.face, "give a video or a picture as face")
    for path in request.audio:
        if not probe(path).has_audio:
            raise InputError("no audio stream in this file", path, "give a sound, or a video with sound")
