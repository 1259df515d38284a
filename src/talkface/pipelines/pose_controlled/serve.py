"""One PC-AVS run, from a configuration to files. Torch loads after the checks."""

import logging
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from talkface.pipelines.pose_controlled.options import PoseOptions, PoseRequest
from talkface.pipelines.pose_controlled.request import read_request
from talkface.pipelines.progress import progress
from talkface.pipelines.values import switch_of

if TYPE_CHECKING:
    from torch import Tensor

    from talkface.pipelines.pose_controlled.clip import AlignedClip, FaceFinder
    from talkface.pipelines.pose_controlled.original_layout import OriginalOutputs
    from talkface.pipelines.pose_controlled.outputs import Outputs
    from talkface.pipelines.pose_controlled.sound import SpeechWindows
    from talkface.pipelines.pose_controlled.stream import PoseNetwork

logger = logging.getLogger(__name__)


def run(config: Mapping[str, Any]) -> None:
    """What configs/pipeline/pcavs.yaml describes: one run, or the jobs of a CSV. InputError: bad input."""
    show_progress = switch_of(config, "progress", default=True)
    if config.get("csv") is not None:
        from talkface.pipelines.pose_controlled.jobs import run_jobs

        run_jobs(config, show_progress=show_progress)
        return
    request = read_request(config)
    request = replace(request, options=request.options.placed())
    serve(request, load_network(request.checkpoint, request.options), show_progress=show_progress)


def networks_folder(checkpoint: Path | None) -> Path:
    """Where the networks lie: `checkpoint`, or without one the folder of those that ship."""
    from talkface.models.load import WEIGHTS_FOLDER

    return checkpoint or WEIGHTS_FOLDER


def load_network(checkpoint: Path | None, options: PoseOptions) -> "PoseNetwork":
    """The four networks in a folder (None: those that ship). InputError: files missing, or of another network."""
    from talkface.models.pcavs.network import load_pcavs

    network = load_pcavs(networks_folder(checkpoint), fast=options.fast).to(options.device)
    if checkpoint is None:
        said = "by the small networks that ship (pictures of %d, enlarged; weights/pcavs.md); others: checkpoint=FOLDER"
        logger.info(said, network.size)
    if options.drive == "mouth" and not learnt_from_mouths(network.metadata):
        logger.warning("these networks have learnt what is said from sound alone: drive=mouth hardly moves the mouth")
    return network


def learnt_from_mouths(metadata: Mapping[str, Any]) -> bool:
    """Whether networks with this metadata were trained with seen mouths too; so were those that do not say it."""
    recipe = metadata.get("pcavs_generator", {}).get("recipe", {})
    return "visual" in recipe.get("model", {}).get("branches", ["visual"])


def serve(
    request: PoseRequest, network: "PoseNetwork", finder: "FaceFinder | None" = None, *, show_progress: bool = False
) -> Path:
    """Make what is asked and log where it is. finder: shared by several runs, or None."""
    from talkface.pipelines.pose_controlled.clip import FaceFinder
    from talkface.pipelines.pose_controlled.sound import SpeechWindows

    finder = finder or FaceFinder(request.options.face)
    windows = SpeechWindows(request.audio, request.options.convention, request.mel)
    sources = Sources(request, finder, windows)
    poses = _poses(request, network, sources, windows, show_progress=show_progress)
    _write(request, network, sources, windows, poses, show_progress=show_progress)
    for path in (request.output, request.compare, request.save_pose):
        if path is not None:
            logger.info("wrote %s", path)
    return request.output


class Sources:
    """The clips of a run, aligned. pose: None where there is no clip of it. reference: crops that say who it is."""

    def __init__(self, request: PoseRequest, finder: "FaceFinder", windows: "SpeechWindows") -> None:
        """InputError: a clip that cannot be read, shows no face, or (mouth) is shorter than the sound."""
        from talkface.pipelines.pose_controlled.stream import check_mouth

        even = request.options.convention == "exact"
        self.identity = _clip(request.identity, finder, even=even)
        self.reference = self.identity.best_crops(request.options.identity_frames)
        self.pose: AlignedClip | None = None
        if request.pose is None and self.identity.source.is_video:
            self.pose = self.identity
        elif request.pose is not None and request.pose.suffix != ".npy":
            self.pose = _clip(request.pose, finder, request.pose_frames, even=even)
        self.mouth = None if request.mouth is None else _clip(request.mouth, finder, even=even)
        if self.mouth is not None:
            check_mouth(self.mouth, windows)


def _clip(path: Path, finder: "FaceFinder", limit: int | None = None, *, even: bool) -> "AlignedClip":
    from talkface.pipelines.pose_controlled.clip import AlignedClip
    from talkface.pipelines.pose_controlled.steady import SteadySource

    return AlignedClip(SteadySource(path, limit=limit), finder, even=even)


def _poses(
    request: PoseRequest, network: "PoseNetwork", sources: Sources, windows: "SpeechWindows", *, show_progress: bool
) -> "Tensor":
    """Pose codes (T, 12): of the pose source, of a file, or of the reference picture; edited as asked."""
    from talkface.pipelines.pose_controlled.codes import edited, load_codes, save_codes, to_tensor
    from talkface.pipelines.pose_controlled.stream import pose_codes

    options = request.options
    if sources.pose is not None:
        plain = request.save_pose is None and options.pose_scale == 1 and options.pose_freeze is None
        count = min(len(sources.pose), windows.lead + windows.count) if plain else len(sources.pose)
        with progress("pose codes", count, shown=show_progress) as advance:
            codes = pose_codes(network, sources.pose, options, count, advance)
    elif request.pose is not None:
        codes = load_codes(request.pose)
    else:
        codes = network.encode_pose(to_tensor(sources.reference[:1])).float().cpu()
    if request.save_pose is not None:
        save_codes(request.save_pose, codes)
    return edited(codes, scale=options.pose_scale, freeze=options.pose_freeze)


def _write(
    request: PoseRequest,
    network: "PoseNetwork",
    sources: Sources,
    windows: "SpeechWindows",
    poses: "Tensor",
    *,
    show_progress: bool,
) -> None:
    """The pictures into the files."""
    from talkface.pipelines.pose_controlled.stream import pose_controlled

    outputs = _outputs(request, sources, windows)
    made = pose_controlled(
        network, reference=sources.reference, poses=poses, windows=windows, options=request.options, mouth=sources.mouth
    )
    with ExitStack() as stack:
        advance = stack.enter_context(progress("PC-AVS", windows.count, shown=show_progress))
        frames = stack.enter_context(closing(made))
        stack.enter_context(outputs)
        for picture in frames:
            outputs.write(picture)
            advance()


def _outputs(request: PoseRequest, sources: Sources, windows: "SpeechWindows") -> "Outputs | OriginalOutputs":
    """What takes the pictures: a file with its comparison, or the original's folder."""
    from talkface.pipelines.pose_controlled.original_layout import OriginalOutputs
    from talkface.pipelines.pose_controlled.outputs import Outputs, Paster, shown_beside

    beside = shown_beside(sources.reference[0], sources.pose, sources.mouth, windows)
    if request.layout == "original":
        return OriginalOutputs(request, beside)
    paster = Paster(sources.identity, windows.lead) if request.options.paste else None
    return Outputs(
        request.output,
        audio=request.audio,
        crf=request.crf,
        paster=paster,
        comparison=request.compare,
        beside=beside,
        **({"size": sources.identity.source.size} if paster else {}),
    )
