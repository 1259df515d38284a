"""A PC-AVS request out of a configuration, checked without torch: bad input is refused before anything heavy loads."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from talkface.errors import InputError
from talkface.media.formats import FORMATS, format_of
from talkface.paths import fitted, is_folder
from talkface.pipelines.files import check_outputs, check_sound, comparison_of, output_of, probe_pictures
from talkface.pipelines.pose_controlled.options import LAYOUTS, FaceOptions, PoseOptions, PoseRequest
from talkface.pipelines.values import number_of, one_of, optional_number, path_of, quality_of, switch_of

_RESULTS = "results"

_CHECKPOINTS = (
    "leave checkpoint= out for the weights that ship, or give a folder with the official "
    "latest_net_{G,V,E,A_sync}.pth (the demo model of PC-AVS's authors, "
    "github.com/Hangz-nju-cuhk/Talking-Face_PC-AVS) or with weights of yours"
)


def read_request(config: Mapping[str, Any]) -> PoseRequest:
    """InputError for anything that is missing, impossible or would overwrite an input."""
    options, layout = read_options(config), layout_of(config)
    identity = path_of(config, "identity")
    pose, mouth = optional_path(config, "pose"), optional_path(config, "mouth")
    if options.drive == "mouth" and mouth is None:
        raise InputError("nothing drives the mouth", "drive=mouth", "give mouth=CLIP")
    audio = mouth if options.drive == "mouth" and config.get("audio") is None else path_of(config, "audio")
    assert audio is not None
    if layout == "original":
        if options.paste:
            raise InputError("the original pastes nothing back", "paste=true", "use layout=file")
        output = results_folder(config) / fitted(result_name(identity, pose, audio), "")
    else:
        output = output_of(config, (identity, audio))
    request = PoseRequest(
        identity,
        pose,
        audio,
        mouth,
        output,
        checkpoint_folder(config),
        options,
        compare=comparison_of(output) if layout == "file" and switch_of(config, "compare") else None,
        save_pose=optional_path(config, "save_pose"),
        crf=quality_of(config),
        layout=layout,
    )
    check_request(request, force=switch_of(config, "force"))
    return request


def layout_of(config: Mapping[str, Any]) -> str:
    """How results lie: `file`, or `original` (a folder each, as PC-AVS writes them)."""
    return one_of(config, "layout", LAYOUTS, "file")


def result_name(identity: Path, pose: Path | None, audio: Path) -> str:
    """As the original names its result folder."""
    return f"id_{identity.name}_pose_{(pose or Path('None')).name}_audio_{audio.stem}"


def results_folder(config: Mapping[str, Any]) -> Path:
    """The folder `output`; `results` where it is null. InputError: it has the ending of a file."""
    output = config.get("output")
    if output in (None, ""):
        return Path(_RESULTS)
    if Path(str(output)).suffix.lower() in FORMATS:
        raise InputError("the output is a folder here", output, "give output=FOLDER")
    return Path(str(output))


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
        paste=switch_of(config, "paste"),
        batch_size=round(number_of(config, "batch_size", 4)),
        fast=switch_of(config, "fast"),
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
    if not is_folder(folder):
        raise InputError("not a folder of PC-AVS weights", folder, _CHECKPOINTS)
    return folder


def check_request(request: PoseRequest, *, force: bool) -> None:
    """InputError: an input that is not what it should be, an output over an input or (without `force`) a file."""
    if request.layout == "file":
        format_of(request.output)
    given = (request.identity, request.pose, request.audio, request.mouth, request.mel)
    check_outputs((request.output, request.compare, request.save_pose), given, force=force)
    if request.save_pose is not None and request.save_pose.suffix != ".npy":
        raise InputError("pose codes are a .npy file", request.save_pose, "give save_pose=FILE.npy")
    for path in (request.identity, request.pose, request.mouth):
        if path is not None and path.suffix != ".npy":
            probe_pictures(path)
    check_sound(request.audio)
