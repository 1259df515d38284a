"""Wav2Lip as a stream: decode and track | mel windows, network, paste | whatever the caller does, in three threads.

Memory does not depend on the length: pictures wait in two bounded queues, the sound and its mel are read as they are
needed.
"""

import logging
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from torch import nn

from talkface.errors import InputError
from talkface.face import WAV2LIP_MARGIN, FaceDetector, FaceTracker, TrackedFace, expand_box
from talkface.media import Frame
from talkface.pipelines.optimise import optimise
from talkface.pipelines.options import Four, LipSyncOptions
from talkface.pipelines.original import wanted_as_original
from talkface.pipelines.overlap import run_ahead
from talkface.pipelines.pictures import PictureSource, with_warnings
from talkface.pipelines.playlist import Seen, continued
from talkface.pipelines.silence import Mouth
from talkface.pipelines.sound import MelStream
from talkface.pipelines.speaking import FloatArray, MouthCutter, SyncedFrame, Wanted, WholeBoxCutter, speak
from talkface.pipelines.tensors import FaceMaker

logger = logging.getLogger(__name__)
_QUEUE_BYTES = 48 * 2**20  # of pictures waiting between two threads
_MOST_WAITING = 32
_LEVEL_AHEAD = Fraction(4)  # seconds of sound from which the level of the first word is known
_SMALL_FACE = 48  # pixels: below half of the network's side a face has little to show
Tracked = tuple[Frame, list[TrackedFace]]


@dataclass(frozen=True)
class LipSyncStream:
    """A clip that speaks, frame by frame. width, height: of its pictures. fps: nominal rate (times may be uneven).

    sound_start: time of the first sample on the clock of the frames' times. frames: ends with the sound; close it (or
    exhaust it) to end its threads.
    """

    width: int
    height: int
    fps: Fraction
    sound_start: Fraction
    frames: Generator[SyncedFrame]


def lip_sync(
    face: Path | str,
    audio: Path | str,
    *,
    generator: nn.Module,
    detector: FaceDetector | None = None,
    options: LipSyncOptions | None = None,
) -> LipSyncStream:
    """Make the picture(s) in `face` say the sound in `audio` (any media with sound; may be the same file).

    generator: (mel (N, 1, 80, 16), face (N, 6, 96, 96) RGB in [0, 1]) -> (N, 3, 96, 96). detector: None only with a
    box. One file: its own clock, sound and picture stay as they lie. Two files: the first picture meets the first
    sample. InputError: bad input, here or while the frames are read (no face in the whole clip is known at its end).
    """
    options = options or LipSyncOptions()
    if detector is None and options.box is None:
        raise InputError("neither a detector nor a box", "detector", "give box=[left,top,right,bottom]")
    source, sound = PictureSource(Path(face), options), MelStream(Path(audio))
    width, height = source.size()
    exact = options.convention == "exact"
    if exact:
        shared = Path(face).resolve() == Path(audio).resolve()
        wanted = _wanted(source, sound, detector, options, shared=shared)
    else:
        wanted = wanted_as_original(source, sound, detector, options)
    room = max(2, min(_MOST_WAITING, _QUEUE_BYTES // (width * height * 3)))
    maker = FaceMaker(
        optimise(generator, device=options.device),
        batch_size=options.batch_size,
        device=options.device,
        truncate=not exact,
    )
    ahead = run_ahead(wanted, capacity=room, name="talkface-faces")
    made = speak(ahead, maker, MouthCutter() if exact else WholeBoxCutter(), batch_size=options.batch_size)
    frames = run_ahead(made, capacity=room, name="talkface-network")
    return LipSyncStream(width, height, source.fps, sound.start, frames)


def _wanted(
    source: PictureSource, sound: MelStream, detector: FaceDetector | None, options: LipSyncOptions, *, shared: bool
) -> Iterator[Wanted]:
    """Pictures as long as the sound lasts, each with its faces and its mel window (exact convention)."""
    seen, step, origin = Seen(1 / source.fps), 1 / source.fps, Fraction(0)
    mouth = Mouth(sound, options.silence, _LEVEL_AHEAD)
    count = faceless = 0
    for frame, faces in _tracked(source, seen, detector, options):
        if count == 0 and not shared:
            origin = frame.timestamp - sound.start
        time = frame.timestamp - origin
        if count and not sound.shows(time - sound.start, step):
            if not seen.complete:
                logger.warning("%s: longer than the sound, ends with it", ascii(source.path.name))
            break
        boxes = tuple(model_box(face.box, frame.image.shape, options) for face in faces)
        window, weight = mouth.at(time - sound.start)
        yield Wanted(frame, time, tuple(faces), boxes, window, weight)
        count, faceless = count + 1, faceless + (not faces)
    _report(source.path, count, faceless)


def _report(path: Path, count: int, faceless: int) -> None:
    """InputError when no picture had a face; a line when some had none."""
    if faceless == count:
        raise _no_face(path)
    if faceless:
        logger.warning("%s: %d of %d pictures show no face and pass unchanged", ascii(path.name), faceless, count)


def _no_face(path: Path) -> InputError:
    return InputError("no face found in the whole clip", path, "give box=[left,top,right,bottom] in pixels")


def _tracked(
    source: PictureSource, seen: Seen, detector: FaceDetector | None, options: LipSyncOptions
) -> Iterator[Tracked]:
    """The clip with its faces, then its continuation without end, with the faces found in the first pass."""
    found: list[list[TrackedFace]] = []
    first_pass = with_warnings(seen.noting(source()), source.path)
    width, height = source.size()
    held = width * height * 3 * options.detect_every  # bytes between two key frames
    batch = max(1, min(options.detector_batch_size, _QUEUE_BYTES // held))
    for frame, faces in _with_faces(first_pass, detector, options, batch=batch):
        if faces and not any(found):
            _check_size(faces, source.path)
        found.append(faces)
        yield frame, faces
    if not any(found):
        raise _no_face(source.path)
    for number, frame in enumerate(continued(seen, source, options.extend)):
        if number == 1 and len(seen.times) > 1:  # somebody took the first one: the sound is longer
            logger.warning("%s: shorter than the sound, goes on by extend=%s", ascii(source.path.name), options.extend)
        yield frame, found[frame.index]


def _with_faces(
    frames: Iterator[Frame], detector: FaceDetector | None, options: LipSyncOptions, *, batch: int
) -> Iterator[Tracked]:
    if options.box is not None or detector is None:
        box = np.asarray(options.box, np.float32)
        return ((frame, [TrackedFace(0, box, None, 1.0)]) for frame in frames)
    smooth = 0.0 if options.nosmooth else 1.0
    tracker = FaceTracker(detector, options.detect_every, options.faces, smooth=smooth, batch=batch)
    return tracker.track(frames)


def _check_size(faces: list[TrackedFace], path: Path) -> None:
    side = min(float(min(face.box[2] - face.box[0], face.box[3] - face.box[1])) for face in faces)
    if side < _SMALL_FACE:
        logger.warning("%s: the face is small (%d pixels), the mouth will show little", ascii(path.name), round(side))


def model_box(box: FloatArray, shape: tuple[int, ...], options: LipSyncOptions) -> FloatArray:
    """(4,) float32 what the network sees of a face: the trained margin around it, or `pads`; a given box as it is."""
    if options.box is not None:
        return box
    if options.pads is None:
        return expand_box(box, WAV2LIP_MARGIN)
    return with_pads(box, options.pads, shape)


def with_pads(box: FloatArray, pads: Four, shape: tuple[int, ...]) -> FloatArray:
    """(4,) float32: the box with `pads` (top, bottom, left, right) pixels around it, inside a picture of `shape`."""
    above, below, before, after = pads
    grown = box + np.array([-before, -above, after, below], np.float32)
    height, width = shape[:2]
    return np.clip(grown, 0, [width, height, width, height]).astype(np.float32)
