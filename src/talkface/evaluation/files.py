"""Measuring files made by anybody's model: results paired with originals by name, faces tracked in both."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from functools import cache
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from talkface.audio.mel import mel_spectrogram
from talkface.errors import InputError
from talkface.evaluation.cache import FeatureCache, content_of, digest_of, digest_of_files
from talkface.evaluation.clips import CROP_SIZE, ByteArray, Clip, FloatArray, Made, Scene, Sound
from talkface.evaluation.records import Failure
from talkface.evaluation.timing import timed
from talkface.face import FaceDetector, box_iou, crop_face, expand_box, track_faces
from talkface.face.box import WAV2LIP_MARGIN
from talkface.media import Frame, align_audio, decode_audio, decode_video, probe, resample_frames
from talkface.paths import is_file, is_folder, walk_files
from talkface.timeline import SYNC_WINDOW, TRAINING_FPS

FILES_PROTOCOL = (
    "videos are brought to 25 frames a second (nearest in time) and both files cut to the shorter picture, "
    "a result below half of the original's length being a failure; the "
    "largest face is tracked in both; where both pictures have one size and the two tracks overlap (mean IoU >= 0.7) "
    "the result is cut by the original's boxes, else by its own; gaps of a track are filled linearly, a face must be "
    "seen in half of the frames; a result without sound is judged with the original's"
)
LEAST_OVERLAP, LEAST_SEEN, LEAST_COVERED = 0.7, 0.5, 0.5
_SUFFIXES = {f".{name}" for name in "mp4 mkv webm mov avi mpg mpeg m4v gif ts mts wmv flv 3gp ogv".split()}  # noqa: SIM905


class FilePair(NamedTuple):
    """A result and its original. key: the original's path below its folder, without the ending. speaker: the first

    folder of that path, or the key where there is none. corpus: name of the originals' folder.
    """

    key: str
    video: Path
    reference: Path
    speaker: str = ""
    corpus: str = ""

    @property
    def content(self) -> tuple[str, str]:
        """SHA-256 of the two files."""
        return file_digest(self.video), file_digest(self.reference)


def file_digest(path: Path) -> str:
    """SHA-256 of a file, read once a process as long as it does not change."""
    state = path.stat()
    return _digest(path, state.st_size, state.st_mtime_ns)


@cache
def _digest(path: Path, size: int, changed: int) -> str:
    return digest_of_files([path])


def pair_files(videos: Path, reference: Path) -> tuple[list[FilePair], list[Failure]]:
    """Pairs by path without ending, sorted; what is left, by its plain stem where that is unique on both sides.

    Also returns what has no partner, either way. InputError when there is no pair at all.
    """
    made, originals = media_files(videos), media_files(reference)
    partners = {key: key for key in made.keys() & originals.keys()}
    left, wanted = (_by_stem(files, partners) for files in (made, originals))
    partners |= {originals_key: left[stem] for stem, originals_key in wanted.items() if stem in left}
    pairs = [
        FilePair(key, made[partners[key]], originals[key], key.partition("/")[0], reference.resolve().name)
        for key in sorted(partners)
    ]
    if not pairs:
        raise InputError(
            "no file of both folders has the same name", f"{videos}, {reference}", "name results as originals"
        )
    lonely = [Failure(key, f"no result named {key}") for key in sorted(originals.keys() - partners.keys())]
    unused = made.keys() - set(partners.values())
    return pairs, lonely + [Failure(key, f"no original named {key}") for key in sorted(unused)]


def _by_stem(files: Mapping[str, Path], taken: Mapping[str, str]) -> dict[str, str]:
    """{plain stem: key} of the files that are not `taken`, where the stem is theirs alone."""
    keys = [key for key in files if key not in taken]
    stems = [files[key].stem for key in keys]
    return {stem: key for stem, key in zip(stems, keys, strict=True) if stems.count(stem) == 1}


def media_files(folder: Path) -> dict[str, Path]:
    """{path below the folder without ending: path} of the videos in it, links followed, hidden ones left out.

    A single file counts as a folder of it. InputError: no folder, or two files whose paths differ in the ending only.
    """
    if is_file(folder) and folder.suffix.lower() in _SUFFIXES:
        return {folder.stem: folder}
    if not is_folder(folder):
        raise InputError("not a folder", folder, "give a folder of video files")
    found: dict[str, Path] = {}
    for path in (each for each in walk_files(folder) if each.suffix.lower() in _SUFFIXES):
        name = path.relative_to(folder).with_suffix("").as_posix()
        if any(part.startswith(".") for part in name.split("/")):
            continue
        if name in found:
            raise InputError("two files with one stem", path, f"remove it or {found[name].name}")
        found[name] = path
    return found


@timed("reading")
def read_pair(pair: FilePair, detector: FaceDetector, kept: FeatureCache | None = None) -> Clip:
    """The original as a clip, with the result's pictures and sound in `made`. See FILES_PROTOCOL.

    InputError: unreadable, too short, no face in half of the frames, no sound in the original, or a result that ends
    long before it.
    """
    kept = kept or FeatureCache()
    boxes, own = (_boxes(path, detector, kept) for path in (pair.reference, pair.video))
    frames = min(len(boxes), len(own))
    if frames < 2 * SYNC_WINDOW:
        raise InputError(f"only {frames} frames", pair.video, f"a clip needs at least {2 * SYNC_WINDOW} frames")
    if frames < LEAST_COVERED * len(boxes):
        raise InputError(f"{frames} of the original's {len(boxes)} frames", pair.video, "make it as long as that")
    boxes, own = boxes[:frames], own[:frames]
    if _same_place(pair, boxes, own):
        own = boxes
    sound = sound_of_file(pair.reference, frames)
    made_sound = sound_of_file(pair.video, frames) if probe(pair.video).has_audio else sound
    made = Made(_crops(pair.video, own, kept), made_sound, scene_of(pair.video, own))
    crops, scene = _crops(pair.reference, boxes, kept), scene_of(pair.reference, boxes)
    return Clip(pair.key, pair.corpus, pair.speaker, crops, sound, scene, made)


def _boxes(path: Path, detector: FaceDetector, kept: FeatureCache) -> FloatArray:
    of = (file_digest(path), type(detector).__name__)
    with timed("face detection"):
        return kept.array("boxes", of, lambda: tracked_boxes(path, detector))


def _crops(path: Path, boxes: FloatArray, kept: FeatureCache) -> ByteArray:
    return kept.array("crops", (file_digest(path), content_of(boxes)), lambda: crops_along(path, boxes))


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
    content = digest_of([file_digest(path), content_of(boxes)])
    return Scene(lambda: (frame.image for frame in islice(_frames(path), len(boxes))), boxes, content, path)


def sound_of_file(path: Path, frames: int) -> Sound:
    """The file's sound from the time of its first frame on, as long as `frames` frames."""
    samples = align_audio(decode_audio(path), probe(path).start, frames / TRAINING_FPS)
    return Sound(mel_spectrogram(samples), samples)


def other_pair(pairs: Sequence[FilePair], index: int) -> FilePair | None:
    """The pair half the list further on, whose original gives the unsynced rows their sound; None for a single one."""
    return pairs[(index + len(pairs) // 2) % len(pairs)] if len(pairs) > 1 else None


def _frames(path: Path) -> Iterator[Frame]:
    return resample_frames(decode_video(path), Fraction(TRAINING_FPS))


def _same_place(pair: FilePair, boxes: FloatArray, own: FloatArray) -> bool:
    first, second = probe(pair.video), probe(pair.reference)
    same_size = (first.width, first.height) == (second.width, second.height)
    overlap = [box_iou(one[None], two[None])[0, 0] for one, two in zip(boxes, own, strict=True)]
    return same_size and float(np.mean(overlap)) >= LEAST_OVERLAP
