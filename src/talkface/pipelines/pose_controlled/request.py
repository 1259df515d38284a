"""A PC-AVS request out of a configuration, checked without torch: bad input is refused before anything heavy loads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from talkface.errors import InputError
from talkface.media.formats import format_of
from talkface.pipelines.files import check_apart, check_sound, comparison_of, probe_pictures
from talkface.pipelines.pose_controlled.options import FaceOptions, PoseOptions, PoseRequest
from talkface.pipelines.values import number_of, optional_number, path_of

_CHECKPOINTS = (
    "leave checkpoint= out for the weights that ship, or give a folder with the official "
    "latest_net_{G,V,E,A_sync}.pth (the demo model of PC-AVS's authors, "
    "github.com/Hangz-nju-cuhk/Talking-Face_PC-AVS) or with weights of yours"
)


def read_request(config: Mapping[str, Any]) -> PoseRequest:
    """InputError for anything that is missing, impossible or would overwrite an input."""
    options = read_options(config)
    identity, output = path_of(config, "identity"), path_of(config, "output")
    pose, mouth = optional_path(config, "pose"), optional_path(config, "mouth")
    if options.drive == "mouth" and mouth is None:
        raise InputError("nothing drives the mouth", "drive=mouth", "give mouth=CLIP")
    audio = mouth if options.drive == "mouth" and config.get("audio") is None else path_of(config, "audio")
    assert audio is not None
    request = PoseRequest(
        identity,
        pose,
        audio,
        mouth,
        output,
        checkpoint_folder(config),
        options,
        compare=comparison_of(output) if config.get("compare") else None,
        save_pose=optional_path(config, "save_pose"),
        crf=round(number_of(config, "crf", 18)),
    )
    check_request(request)
    return request


def read_options(config: Mapping[str, Any]) -> PoseOptions:
    """The options among the configuration's keys. InputError: a value of the wrong form."""
    device, freeze = str(config.get("device", "cpu")), optional_number(config, "pose_freeze")
    face = FaceOptions(
        align=str(config.get("align", "auto")).lower(),
        detector=str(config.get("detector", "mtcnn")),
        threshold=optional_number(config, "detector_threshold"),
        detect_every=round(number_of(config, "detect_every", 2)),
        landmarks=str(config.get("landmarks", "small")),
        detector_weights=optional_path(config, "detector_weights"),
        landmark_weights=optional_path(config, "landmark_weights"),
        device=device,
    )
    return PoseOptions(
        convention=str(config.get("convention", "exact")),
        drive=str(config.get("drive", "audio")),
        content_scale=optional_number(config, "content_scale"),
        pose_scale=number_of(config, "pose_scale", 1.0),
        pose_freeze=None if freeze is None else round(freeze),
        identity_frames=round(number_of(config, "identity_frames", 1)),
        paste=bool(config.get("paste", False)),
        batch_size=round(number_of(config, "batch_size", 4)),
        fast=bool(config.get("fast", False)),
        device=device,
        face=face,
    )


def optional_path(config: Mapping[str, Any], key: str) -> Path | None:
    """The file under `key`; None for null, "none" and nothing."""
    value = config.get(key)
    return None if value is None or str(value).lower() in ("", "none") else Path(str(value))


def checkpoint_folder(config: Mapping[str, Any]) -> Path | None:
    """The folder of the networks; None for those that ship. InputError: not a folder."""
    folder = optional_path(config, "checkpoint")
    if folder is None or str(folder) == "default":
        return None
    if not folder.is_dir():
        raise InputError("not a folder of PC-AVS weights", folder, _CHECKPOINTS)
    return folder


def check_request(request: PoseRequest) -> None:
    """InputError: an input that is not what it should be, or an output over an input."""
    format_of(request.output)
    given = (request.identity, request.pose, request.audio, request.mouth, request.mel)
    check_apart((request.output, request.compare, request.save_pose), given)
    if request.save_pose is not None and request.save_pose.suffix != ".npy":
        raise InputError("pose codes are a .npy file", request.save_pose, "give save_pose=FILE.npy")
    for path in (request.identity, request.pose, request.mouth):
        if path is not None and path.suffix != ".npy":
            probe_pictures(path)
    check_sound(request.audio)
