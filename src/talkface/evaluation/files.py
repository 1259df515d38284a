"""Measuring files made by anybody's model: results paired with originals by file stem, faces tracked in both."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from talkface.audio.mel import mel_spectrogram
from talkface.errors import InputError
from talkface.evaluation.clips import CROP_SIZE, ByteArray, Clip, FloatArray, Made, Scene, Sound
from talkface.evaluation.records import Failure
from talkface.face import FaceDetector, box_iou, crop_face, expand_box, track_faces
from talkface.face.box import WAV2LIP_MARGIN
from talkface.media import Frame, align_audio, decode_audio, decode_video, probe, resample_frames
from talkface.timeline import SYNC_WINDOW, TRAINING_FPS

FILES_PROTOCOL = (
    "videos are brought to 25 frames a second (nearest in time) and both files cut to the shorter picture; the "
    "largest face is tracked in both; where both pictures have one size and the two tracks overlap (mean IoU >= 0.7) "
    "the result is cut by the original's boxes, else by its own; gaps of a track are filled linearly, a face must be "
    "seen in half of the frames; a result without sound is judged with the original's"
)
LEAST_OVERLAP, LEAST_SEEN = 0.7, 0.5
_SUFFIXES = {".mp4", ".mkv", ".webm", ".mov", ".avi", ".mpg", ".m4v", ".gif"}


class FilePair(NamedTuple):
    """A result and its original; key: their common stem."""

    key: str
    video: Path
    reference: Path


def pair_files(videos: Path, reference: Path) -> tuple[list[FilePair], list[Failure]]:
    """Pairs by stem, sorted, and what has no partner (either way). InputError when there is no pair at all."""
    made, originals = media_files(videos), media_files(reference)
    pairs = [FilePair(key, made[key], originals[key]) for key in sorted(made.keys() & originals.keys())]
    if not pairs:
        raise InputError(
            "no file of both folders has the same stem", f"{videos}, {reference}", "name results as originals"
        )
    lonely = [Failure(key, f"no result named {key}") for key in sorted(originals.keys() - made.keys())]
    lonely += [Failure(key, f"no original named {key}") for key in sorted(made.keys() - originals.keys())]
    return pairs, lonely


def media_files(folder: Path) -> dict[str, Path]:
    """{stem: path} of the videos in a folder (not below it). InputError: no folder, or one stem twice."""
    if not folder.is_dir():
        raise InputError("not a folder", folder, "give a folder of video files")
    found: dict[str, Path] = {}
    for path in sorted(each for each in folder.iterdir() if each.suffix.lower() in _SUFFIXES):
        if path.stem in found:
            raise InputError("two files with one stem", path, f"remove it or {found[path.stem].name}")
        found[path.stem] = path
    return found


def read_pair(pair: FilePair, detector: FaceDetector) -> Clip:
    """The original as a clip, with the result's pictures and sound in `made`. See FILES_PROTOCOL.

    InputError: unreadable, too short, no face in half of the frames, or no sound in the original.
    """
    boxes, own = tracked_boxes(pair.reference, detector), tracked_boxes(pair.video, detector)
    frames = min(len(boxes), len(own))
    if frames < 2 * SYNC_WINDOW:
        raise InputError(f"only {frames} frames", pair.video, f"a clip needs at least {2 * SYNC_WINDOW} frames")
    boxes, own = boxes[:frames], own[:frames]
    if _same_place(pair, boxes, own):
        own = boxes
    sound = sound_of_file(pair.reference, frames)
    made_sound = sound_of_file(pair.video, frames) if probe(pair.video).has_audio else sound
    made = Made(crops_along(pair.video, own), made_sound, scene_of(pair.video, own))
    crops, scene = crops_along(pair.reference, boxes), scene_of(pair.reference, boxes)
    return Clip(pair.key, pair.reference.parent.name, pair.key, crops, sound, scene, made)


def tracked_boxes(path: Path, detector: FaceDetector) -> FloatArray:
    """(T, 4) boxes of the largest face at 25 frames a second, gaps filled linearly, ends held."""
    tracks = track_faces(_frames(path), detector)
    if not tracks:
        raise InputError("no face found", path, "leave this file out")
    boxes = max(tracks, key=lambda track: int(np.isfinite(track.boxes[:, 0]).sum())).boxes
    seen = np.isfinite(boxes[:, 0])
    if seen.mean() < LEAST_SEEN:
        raise InputError(f"a face in only {seen.mean():.0%} of the frames", path, "leave this file out")
    index = np.arange(len(boxes))
    sides = [np.interp(index, index[seen], boxes[seen, side]) for side in range(4)]
    return np.stack(sides, axis=1).astype(np.float32)


def crops_along(path: Path, boxes: FloatArray) -> ByteArray:
    """(T, 96, 96, 3) uint8 crops of the first T frames at 25 a second."""
    size = (CROP_SIZE, CROP_SIZE)
    pairs = zip(_frames(path), boxes, strict=False)
    return np.stack([crop_face(frame.image, expand_box(box, WAV2LIP_MARGIN), size) for frame, box in pairs])


def scene_of(path: Path, boxes: FloatArray) -> Scene:
    """The first T pictures at 25 a second, with their boxes (T, 4)."""
    return Scene(lambda: (frame.image for frame in islice(_frames(path), len(boxes))), boxes)


def sound_of_file(path: Path, frames: int) -> Sound:
    """The file's sound from the time of its first frame on, as long as `frames` frames."""
    samples = align_audio(decode_audio(path), probe(path).start, frames / TRAINING_FPS)
    return Sound(mel_spectrogram(samples), samples)


def other_sound(pairs: Sequence[FilePair], index: int, frames: int) -> tuple[str, Sound] | None:
    """Key and sound of the original half the list further on, for the unsynced rows; None for a single pair."""
    if len(pairs) < 2:
        return None
    other = pairs[(index + len(pairs) // 2) % len(pairs)]
    return other.key, sound_of_file(other.reference, frames)


def _frames(path: Path) -> Iterator[Frame]:
    return resample_frames(decode_video(path), Fraction(TRAINING_FPS))


def _same_place(pair: FilePair, boxes: FloatArray, own: FloatArray) -> bool:
    first, second = probe(pair.video), probe(pair.reference)
    same_size = (first.width, first.height) == (second.width, second.height)
    overlap = [box_iou(one[None], two[None])[0, 0] for one, two in zip(boxes, own, strict=True)]
    return same_size and float(np.mean(overlap)) >= LEAST_OVERLAP
