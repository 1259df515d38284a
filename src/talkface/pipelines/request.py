"""A serving request out of a configuration, checked without torch: bad input is refused before anything heavy loads."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from talkface.errors import InputError
from talkface.media.formats import PRESETS, format_of
from talkface.paths import beside, is_file, is_folder
from talkface.pipelines.domain import DOMAINS
from talkface.pipelines.files import check_outputs, check_sound, comparison_of, output_of, probe_pictures
from talkface.pipelines.options import LipSyncOptions
from talkface.pipelines.values import (
    boxes_of,
    number_of,
    one_of,
    optional_number,
    path_of,
    quality_of,
    switch_of,
    whole_four,
)


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
    domain: str = "auto"  # auto: as the pictures look
    detector: str | None = None  # None: the domain's
    detector_threshold: float | None = None  # None: the detector's own, or the domain's
    compare: Path | None = None
    sidecar: Path | None = None
    crf: int = 18
    preset: str = "superfast"  # of the encoder


def read_request(config: Mapping[str, Any]) -> Request:
    """InputError for anything that is missing, impossible or would overwrite an input."""
    face, audio = path_of(config, "face"), _paths(config, "audio")
    output = output_of(config, (face, *audio))
    checkpoint = _checkpoint(config.get("checkpoint"))
    format_of(output)
    request = Request(
        face,
        audio,
        output,
        checkpoint,
        read_options(config),
        domain=one_of(config, "domain", DOMAINS, "auto"),
        detector=None if config.get("detector") is None else str(config["detector"]),
        detector_threshold=optional_number(config, "detector_threshold"),
        compare=comparison_of(output) if switch_of(config, "compare") else None,
        sidecar=beside(output, ".json") if switch_of(config, "sidecar") else None,
        crf=quality_of(config),
        preset=one_of(config, "preset", PRESETS, Request.preset),
    )
    _check_files(request, force=switch_of(config, "force"))
    return request


def read_options(config: Mapping[str, Any]) -> LipSyncOptions:
    """The options among the configuration's keys. InputError: a value of the wrong form."""
    fps = number_of(config, "fps", 25.0)
    return LipSyncOptions(
        convention=str(config.get("convention", "exact")),
        extend=str(config.get("extend", "pingpong")),
        silence=str(config.get("silence", "close")),
        amplitude=number_of(config, "amplitude", 1.0),
        hold=_hold(config.get("animation")),
        listen_ahead=Fraction(number_of(config, "listen_ahead", 4)).limit_denominator(1000),
        faces=_faces(config.get("faces", "largest")),
        speakers=_people(config.get("speakers")),
        box=boxes_of(config, "box"),
        follow=switch_of(config, "follow"),
        pads=whole_four(config, "pads"),
        crop=whole_four(config, "crop") or LipSyncOptions.crop,
        rotate=switch_of(config, "rotate"),
        resize_factor=round(number_of(config, "resize_factor", 1)),
        static=switch_of(config, "static"),
        fps=Fraction(fps).limit_denominator(1001),
        nosmooth=switch_of(config, "nosmooth"),
        detect_every=round(number_of(config, "detect_every", 5)),
        detector_batch_size=round(number_of(config, "detector_batch_size", 4)),
        batch_size=round(number_of(config, "batch_size", 12)),
        device=str(config.get("device", "cpu")),
        restore=None if config.get("restore") is None else str(config["restore"]),
        colour=str(config.get("colour", "sdr")),
        engine=str(config.get("engine", "torch")),
        precision=str(config.get("precision", "f32")),
        engine_cache=switch_of(config, "engine_cache", default=True),
    )


def _hold(animation: object) -> int | str:
    if animation is not None and not isinstance(animation, Mapping):
        raise InputError("not a group of settings", f"animation={animation}", "give animation.hold=source, 1, 2 or 3")
    hold = (animation or {}).get("hold", "source")
    return hold if isinstance(hold, int | str) else str(hold)


def _paths(config: Mapping[str, Any], key: str) -> tuple[Path, ...]:
    """One file, or a list of files."""
    value = config.get(key)
    each = value if isinstance(value, list | tuple) and value else [value]
    return tuple(path_of({key: one}, key) for one in each)


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
    if not is_file(path) and not is_folder(path):
        raise InputError(
            "checkpoint not found", path, "check the path, or leave checkpoint=default for the shipped one"
        )
    return path


def _faces(value: object) -> str | int | tuple[float, float]:
    if isinstance(value, (list, tuple)):
        if len(value) != 2 or not all(isinstance(side, (int, float)) for side in value):
            raise InputError("not a point", f"faces={value}", "give faces=[x,y], a place inside the face in pixels")
        return float(value[0]), float(value[1])
    return value if isinstance(value, int) else str(value)


def _check_files(request: Request, *, force: bool) -> None:
    made, given = (request.output, request.compare, request.sidecar), (request.face, *request.audio)
    check_outputs(made, (*given, request.checkpoint), force=force)
    about = probe_pictures(request.face, "give a video or a picture as face")
    if request.options.colour == "keep" and about.native is not None and format_of(request.output).deep is None:
        remedy = "write .mp4, .mov, .mkv or .webm, or leave colour=sdr"
        raise InputError(f"{request.output.suffix} cannot hold HDR or a wide gamut", request.output, remedy)
    for path in request.audio:
        check_sound(path)
