"""Wav2Lip as a stream: decode and track | mel windows, network, paste | whatever the caller does, in three threads.

Memory does not depend on the length: pictures wait in two bounded queues, the sound and its mel are read as they are
needed.
"""

import logging
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path

import numpy as np
from torch import nn

from talkface.errors import InputError
from talkface.face import (
    WAV2LIP_MARGIN,
    BoxFollower,
    FaceDetector,
    FaceTracker,
    TrackedFace,
    box_at,
    build_landmarker,
    expand_box,
)
from talkface.media import Frame
from talkface.pipelines.hold import Hold
from talkface.pipelines.mouth.networks import MouthNetworks
from talkface.pipelines.mouth.stage import MouthStage
from talkface.pipelines.options import Four, LipSyncOptions, check_sounds
from talkface.pipelines.original import wanted_as_original
from talkface.pipelines.overlap import run_ahead
from talkface.pipelines.pauses import without_pauses
from talkface.pipelines.pictures import PictureSource, with_warnings
from talkface.pipelines.playlist import Seen, continued
from talkface.pipelines.ready import ReadyGenerator, ready
from talkface.pipelines.sound import MelStream
from talkface.pipelines.speaking import FloatArray, Stage, SyncedFrame, Wanted, Wav2LipStage, build_cutter
from talkface.pipelines.tensors import FaceMaker
from talkface.pipelines.voices import Voices

logger = logging.getLogger(__name__)
_QUEUE_BYTES = 72 * 2**20  # of pictures waiting between two threads
_PIXEL_BYTES = 4.5  # of such a picture: RGB and the samples as stored
_MOST_WAITING = 32
_SMALL_FACE = 48  # pixels: below half of the network's side a face has little to show
Tracked = tuple[Frame, list[TrackedFace]]


@dataclass(frozen=True)
class LipSyncStream:
    """A clip that speaks, frame by frame. width, height: of its pictures. fps: nominal rate (times may be uneven).

    sound_start: time of the first sample on the clock of the frames' times. frames: ends with the sound; close it (or
    exhaust it) to end its threads. alpha: whether they carry the source's.
    """

    width: int
    height: int
    fps: Fraction
    sound_start: Fraction
    frames: Generator[SyncedFrame]
    alpha: bool = False


def lip_sync(
    face: Path | str,
    audio: Path | str | Sequence[Path],
    *,
    generator: nn.Module | ReadyGenerator | MouthNetworks,
    detector: FaceDetector | None = None,
    options: LipSyncOptions | None = None,
    alpha: bool = False,
) -> LipSyncStream:
    """Make the picture(s) in `face` say the sound in `audio` (any media with sound; may be the same file).

    audio: several sounds are for as many faces (see `LipSyncOptions.speakers`); they begin together. generator: the
    mouth model, or Wav2Lip: (mel (N, 1, 80, 16), face (N, 6, 96, 96) RGB in [0, 1]) -> (N, 3, 96, 96); `ready` prepares
    one for many clips.
    detector: None only with a box. alpha: the frames carry the source's. One file: its own clock, sound and picture
    stay as they lie. Two files: the first picture meets the first sample. InputError: bad input, here or while the
    frames are read (no face in the whole clip is known at its end).
    """
    options = options or LipSyncOptions()
    if detector is None and not options.by_hand:
        raise InputError("neither a detector nor a box", "detector", "give box=[left,top,right,bottom]")
    paths = [Path(audio)] if isinstance(audio, str | Path) else list(audio)
    check_sounds(paths, options)
    stage = build_stage(generator, options)
    source = PictureSource(Path(face), options, alpha=alpha)
    sounds = [MelStream(path, hearing=stage.hearing) for path in paths]
    size = source.size()
    if options.convention == "exact":
        shared = len(paths) == 1 and Path(face).resolve() == paths[0].resolve()
        wanted = _wanted(source, Voices(sounds, options), detector, options, shared=shared)
    else:
        wanted = wanted_as_original(source, sounds[0], detector, options)
    frames = finished(wanted, stage, size)
    return LipSyncStream(*size, source.fps, sounds[0].start, frames, alpha)


def build_stage(
    generator: nn.Module | ReadyGenerator | MouthNetworks, options: LipSyncOptions, *, ahead: int | None = None
) -> Stage:
    """The stage that makes faces speak by `generator`. ahead: frames that the mouth model may wait for, None: many.

    InputError: options that do not go with it.
    """
    if isinstance(generator, MouthNetworks):
        if options.convention != "exact":
            remedy = "give checkpoint=FILE of a Wav2Lip generator"
            raise InputError("the mouth model has no convention of the original", options.convention, remedy)
        if options.engine != "torch":
            raise InputError("the mouth model runs in torch", f"engine={options.engine}", "leave engine=torch")
        return MouthStage(generator, options, ahead=ahead)
    served, exact = ready(generator, options), options.convention == "exact"
    maker = FaceMaker(served.run, batch_size=options.batch_size, device=options.device, truncate=not exact)
    return Wav2LipStage(maker, build_cutter(options, painted=served.painted), batch_size=options.batch_size)


def finished(wanted: Iterator[Wanted], stage: Stage, size: tuple[int, int]) -> Generator[SyncedFrame]:
    """The finished frames: what is wanted, the stage, and the caller, in three threads.

    size: (width, height); the queues between the threads hold a bounded number of bytes.
    """
    room = max(2, min(_MOST_WAITING, int(_QUEUE_BYTES / (size[0] * size[1] * _PIXEL_BYTES))))
    ahead = run_ahead(wanted, capacity=room, name="talkface-faces")
    return run_ahead(stage.speak(ahead), capacity=room, name="talkface-network")


def ask(
    frame: Frame,
    faces: Sequence[TrackedFace],
    time: Fraction,
    *,
    voices: Voices,
    hold: Hold,
    options: LipSyncOptions,
) -> Wanted:
    """What is to be made of one picture shown at `time` (exact convention)."""
    given = voices.give(faces, hold.time(frame, [face.box for face in faces], time))
    boxes = tuple(model_box(face.box, frame.image.shape, options) for face, _, _ in given)
    speaking, windows, weights = zip(*given, strict=True) if given else ((), (), ())
    return Wanted(frame, time, speaking, boxes, windows, weights)


def _wanted(
    source: PictureSource, voices: Voices, detector: FaceDetector | None, options: LipSyncOptions, *, shared: bool
) -> Iterator[Wanted]:
    """Pictures as long as the sound lasts, each with its faces and its mel window (exact convention)."""
    seen, step, origin = Seen(1 / source.fps), 1 / source.fps, Fraction(0)
    hold = Hold(options.hold, step)
    count = faceless = 0

    def sounds(timestamp: Fraction) -> bool:
        return voices.last(timestamp - origin, step)

    for frame, faces in _tracked(source, seen, detector, options, sounds):
        if count == 0 and not shared:
            origin = frame.timestamp - voices.start
        time = frame.timestamp - origin
        if count and not sounds(frame.timestamp):
            if not seen.complete:
                logger.warning("%s: longer than the sound, ends with it", source.path.name)
            break
        yield ask(frame, faces, time, voices=voices, hold=hold, options=options)
        count, faceless = count + 1, faceless + (not faces)
    _report(source.path, count, faceless)


def _report(path: Path, count: int, faceless: int) -> None:
    """InputError when no picture had a face; a line when some had none."""
    if faceless == count:
        raise _no_face(path)
    if faceless:
        logger.warning("%s: %d of %d pictures show no face and pass unchanged", path.name, faceless, count)


def _no_face(path: Path) -> InputError:
    remedy = "give a point of the face in the first picture, faces=[x,y] follow=true, or box=[left,top,right,bottom]"
    return InputError("no face found in the whole clip", path, remedy)


def _tracked(
    source: PictureSource,
    seen: Seen,
    detector: FaceDetector | None,
    options: LipSyncOptions,
    sounds: Callable[[Fraction], bool],
) -> Iterator[Tracked]:
    """The clip with its faces, then its continuation while something `sounds`, with the faces of the first pass.

    Frames that last long are repeated (`without_pauses`).
    """
    found: list[list[TrackedFace]] = []
    first_pass = without_pauses(with_warnings(seen.noting(source()), source.path), seen.step)
    width, height = source.size()
    held = width * height * _PIXEL_BYTES * options.detect_every  # bytes between two key frames
    batch = max(1, min(options.detector_batch_size, int(_QUEUE_BYTES / held)))
    for frame, faces in with_faces(first_pass, detector, options, batch=batch):
        if faces and not any(found):
            _check_size(faces, source.path)
        if frame.index == len(found):  # no repetition
            found.append(faces)
        yield frame, faces
    if not any(found):
        raise _no_face(source.path)
    following = without_pauses(continued(seen, source, options.extend, sounds), seen.step)
    for number, frame in enumerate(following):
        if number == 0 and len(seen.times) > 1:
            logger.warning("%s: shorter than the sound, goes on by extend=%s", source.path.name, options.extend)
        yield frame, found[frame.index]


def with_faces(
    frames: Iterator[Frame], detector: FaceDetector | None, options: LipSyncOptions, *, batch: int
) -> Iterator[Tracked]:
    """The same frames with the chosen faces, or with the given boxes in each, fixed or followed from the first one.

    batch: key frames detected together.
    """
    if options.follow:
        return _follower(options).track(frames)
    if options.boxes or detector is None:
        boxes = enumerate(np.asarray(options.boxes, np.float32))
        given = [TrackedFace(number, box, None, 1.0, person=number) for number, box in boxes]
        return ((frame, given) for frame in frames)
    smooth = 0.0 if options.nosmooth else 1.0
    every, ahead = options.detect_every, options.look_ahead
    return FaceTracker(detector, every, options.faces, smooth=smooth, ahead=ahead, batch=batch).track(frames)


def _follower(options: LipSyncOptions) -> BoxFollower:
    if options.boxes:
        return BoxFollower(options.boxes[0])
    assert isinstance(options.faces, tuple)
    landmarker = build_landmarker("small", device=options.device)
    assert landmarker is not None
    return BoxFollower(partial(box_at, point=options.faces, landmarker=landmarker))


def _check_size(faces: list[TrackedFace], path: Path) -> None:
    side = min(float(min(face.box[2] - face.box[0], face.box[3] - face.box[1])) for face in faces)
    if side < _SMALL_FACE:
        logger.warning("%s: the face is small (%d pixels), the mouth will show little", path.name, round(side))


def model_box(box: FloatArray, shape: tuple[int, ...], options: LipSyncOptions) -> FloatArray:
    """(4,) float32 what the network sees of a face: the trained margin around it, or `pads`; a given box as it is."""
    if options.boxes:
        return box
    return expand_box(box, WAV2LIP_MARGIN) if options.pads is None else with_pads(box, options.pads, shape)


def with_pads(box: FloatArray, pads: Four, shape: tuple[int, ...]) -> FloatArray:
    """(4,) float32: the box with `pads` (top, bottom, left, right) pixels around it, inside a picture of `shape`."""
    above, below, before, after = pads
    grown = box + np.array([-before, -above, after, below], np.float32)
    return np.clip(grown, 0, [shape[1], shape[0]] * 2).astype(np.float32)
