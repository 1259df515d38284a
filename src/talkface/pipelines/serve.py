"""One serving run, from a configuration to files: result, comparison, sidecar. Torch loads after the checks."""

import json
import logging
from collections.abc import Mapping
from contextlib import ExitStack, closing
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from talkface.device import resolve_device
from talkface.media import VideoWriter, atomic_path, decode_video, is_transparent, over, probe, with_alpha
from talkface.media.colours import Native
from talkface.media.formats import format_of
from talkface.media.source import BLACK
from talkface.pipelines.domain import MANNERS, domain_of
from talkface.pipelines.driven import DrivenPeople
from talkface.pipelines.progress import progress
from talkface.pipelines.request import Request, read_request
from talkface.pipelines.values import switch_of

if TYPE_CHECKING:
    from talkface.models.network import Network
    from talkface.pipelines.lip_sync import LipSyncStream
    from talkface.pipelines.mouth.networks import MouthNetworks
    from talkface.pipelines.speaking import SyncedFrame

logger = logging.getLogger(__name__)
_KIND = "wav2lip_generator"


def run(config: Mapping[str, Any]) -> Path:
    """Lip-sync as configs/infer.yaml describes it. Returns the output's path. InputError: bad input."""
    return serve(read_request(config), show_progress=switch_of(config, "progress", default=True))


def serve(request: Request, *, show_progress: bool = False) -> Path:
    """Make what is asked and log where it is. All files of a run appear complete, or none of them."""
    request = settled(request)
    generator = load_generator(request)
    stream = open_stream(request, generator)
    with closing(stream.frames) as frames, ExitStack() as stack:
        expected = _expected(request, stream.fps)
        advance = stack.enter_context(progress("lip-sync", expected, shown=show_progress))
        sinks = stack.enter_context(_Outputs(request, stream, generator))
        for frame in frames:
            sinks.write(frame)
            advance()
    for path in (request.output, request.compare, request.sidecar):
        if path is not None:
            logger.info("wrote %s", path)
    return request.output


def load_generator(request: Request) -> "Network | MouthNetworks":
    """The model of a settled request: the mouth model for people, Wav2Lip for drawings and where a file is given."""
    from talkface.models.load import default_weights, load_model
    from talkface.pipelines.mouth.networks import load_mouth

    given, device = request.checkpoint, request.options.device
    if given is None and request.domain == "human" and request.options.convention == "exact":
        return load_mouth(device=device)
    if given is not None and given.is_dir():
        return load_mouth(given, device=device)
    return load_model(given or default_weights(_KIND, request.domain), _KIND)


def settled(request: Request) -> Request:
    """The request with what its domain and this machine decide filled in. InputError: a device that is not here."""
    device = resolve_device(request.options.device, cpu_only=request.options.engine == "openvino")
    domain = request.domain
    if domain == "auto":
        original = request.options.convention == "wav2lip"  # which knows no drawings
        domain = "human" if original else domain_of(request.face)
    manner, options = MANNERS[domain], request.options
    if request.detector is None:
        threshold = manner.threshold if request.detector_threshold is None else request.detector_threshold
        request = replace(request, detector=manner.detector, detector_threshold=threshold)
    hold = options.hold if manner.held else 1
    return replace(request, domain=domain, options=replace(options, hold=hold, device=device))


def open_stream(request: Request, generator: "Network | MouthNetworks") -> "LipSyncStream":
    """The stream of finished frames for a settled request."""
    from talkface.face import build_detector
    from talkface.pipelines.lip_sync import lip_sync

    options = request.options
    detector = None
    if not options.by_hand:
        chosen = {} if request.detector_threshold is None else {"threshold": request.detector_threshold}
        detector = build_detector(request.detector or MANNERS["human"].detector, device=options.device, **chosen)
    alpha = (
        format_of(request.output).alpha is not None and kept_colours(request) is None and is_transparent(request.face)
    )
    return lip_sync(request.face, request.audio, generator=generator, detector=detector, options=options, alpha=alpha)


def kept_colours(request: Request) -> Native | None:
    """The HDR or wide gamut that the output is to hold, None for BT.709. (Such colours go before alpha.)"""
    return probe(request.face).native if request.options.colour == "keep" else None


class _Outputs:
    """The files of one run, as a context: video, comparison, sidecar."""

    def __init__(self, request: Request, stream: "LipSyncStream", generator: "Network | MouthNetworks") -> None:
        self._request, self._stream, self._generator = request, stream, generator
        options = request.options
        self._driven = DrivenPeople(request.face.name, several=options.faces == "all" or len(options.boxes) > 1)
        self._stack = ExitStack()

    def __enter__(self) -> "_Outputs":
        from talkface.pipelines.comparison import joined_size
        from talkface.pipelines.sidecar import Sidecar

        request, stream = self._request, self._stream
        size = (stream.width, stream.height)
        with self._stack as stack:
            seconds = _sound_seconds(request, stream.fps)
            native = kept_colours(request)
            video = _writer(request.output, size, stream.fps, seconds, request, alpha=stream.alpha, native=native)
            self._video = stack.enter_context(video)
            self._comparison = None
            if request.compare is not None:
                joined = joined_size([size, size], stream.height)
                self._comparison = stack.enter_context(_writer(request.compare, joined, stream.fps, seconds, request))
            self._sidecar = None
            if request.sidecar is not None:
                path = stack.enter_context(atomic_path(request.sidecar))
                file = stack.enter_context(path.open("w", encoding="utf-8"))
                self._sidecar = Sidecar(file, _head(request, stream, self._generator))
                stack.push(
                    lambda kind, *_: (
                        self._sidecar.close(self._driven.events) if kind is None and self._sidecar else None
                    )
                )
            self._stack = stack.pop_all()
        return self

    def write(self, frame: "SyncedFrame") -> None:
        """One finished frame into every file."""
        from talkface.pipelines.comparison import side_by_side

        shown = with_alpha(frame.image, frame.alpha) if self._stream.alpha else frame.image
        self._video.write(shown, frame.time, stored=frame.stored, changed=frame.boxes)
        if self._comparison is not None:
            flat = [over(image, frame.alpha, BLACK) for image in (frame.source, frame.image)]
            pair = side_by_side(flat, ["input", "result"], self._stream.height)
            self._comparison.write(pair, frame.time)
        self._driven.see(frame.index, frame.time, [face.person for face in frame.faces])
        if self._sidecar is not None:
            self._sidecar.write(frame)

    def __exit__(self, *error: Any) -> None:
        self._stack.__exit__(*error)


def _writer(
    path: Path,
    size: tuple[int, int],
    fps: Fraction,
    seconds: Fraction | None,
    request: Request,
    *,
    alpha: bool = False,
    native: Native | None = None,
) -> VideoWriter:
    return VideoWriter(
        path,
        width=size[0],
        height=size[1],
        fps=fps,
        audio_path=request.audio,
        audio_seconds=seconds,
        crf=request.crf,
        preset=request.preset,
        alpha=alpha,
        native=native,
    )


def _sound_seconds(request: Request, fps: Fraction) -> Fraction | None:
    """How much of the sound the output has: all (None), or for extend=cut as much as the clip lasts."""
    if request.options.extend != "cut" or request.options.convention != "exact":
        return None
    return _picture_seconds(request.face, 1 / fps)


def _picture_seconds(path: Path, step: Fraction) -> Fraction:
    """How long a clip lasts, by decoding it: headers lie."""
    first = last = None
    for frame in decode_video(path):
        first, last = first or frame, frame
    if first is None or last is None:
        return step
    return last.timestamp - first.timestamp + (last.duration or step)


def _head(request: Request, stream: "LipSyncStream", generator: "Network | MouthNetworks") -> dict[str, object]:
    options = {
        key: str(value) if isinstance(value, Fraction) else value for key, value in vars(request.options).items()
    }
    return {
        "output": str(request.output),
        "face": str(request.face),
        "audio": [str(path) for path in request.audio],
        "checkpoint_sha256": generator.weights_sha256,
        "domain": request.domain,
        "detector": "by hand" if request.options.by_hand else request.detector,
        "fps": str(stream.fps),
        "width": stream.width,
        "height": stream.height,
        "options": json.loads(json.dumps(options)),
    }


def _expected(request: Request, fps: Fraction) -> int | None:
    """Frames to come, for the progress bar only: by the sound's header, None if it does not say."""
    seconds = [probe(path).seconds for path in request.audio]
    return None if None in seconds else round(max(each for each in seconds if each is not None) * fps)
