"""Labelled clips for the mouth model: faces tracked and marked in every frame, laid straight, with their sound."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from talkface.audio.mel import WAV2LIP, mel_spectrogram
from talkface.corpus import FAILURES_FILE, failures_text
from talkface.errors import InputError
from talkface.face import FaceTracker, Landmarker, MeshLandmarker, TrackedFace, build_landmarker
from talkface.face.landmarks import DeepLandmarker
from talkface.face.mouth_geometry import cut, framed, lay, zoomed
from talkface.media import (
    Audio,
    Frame,
    align_audio,
    atomic_write_text,
    decode_audio,
    decode_video,
    probe,
    resample_frames,
)
from talkface.mouth_clips import BANDS, HEIGHT, MEL_LEAD, POINTS, WIDTH, ZOOM, MouthClip, MouthLabels, write_mouth_clips
from talkface.preparation.clip import process_detector
from talkface.preparation.faces import is_of_box
from talkface.preparation.layouts import SourceClip
from talkface.preparation.progress import show_progress
from talkface.preparation.runner import Plan, check_apart, plan_clips
from talkface.preparation.settings import FPS, SAMPLE_RATE, PreparationSettings
from talkface.timeline import Timeline

logger = logging.getLogger(__name__)
Floats = NDArray[np.float32]
Sighting = tuple[Floats, Floats, NDArray[np.uint8]] | None
"""Of one frame: landmarks (68, 3), frame → crop (2, 3), the crop (180, 160, 3); None: no face known."""

_LEAST = 12  # frames of a clip in which the face must be known
_SILENT = 1e-3  # of full scale: there is nothing to hear
_VALIDATION_EVERY = 10  # parts, where no clip of a source folder is for validation


def label_folder(
    plan: Plan, out: Path, settings: PreparationSettings, *, landmarks: str = "mesh", longest: int = 250
) -> Path:
    """The clips of `plan` as labelled mouth clips in `out`, and what failed in ``failures.jsonl``. Returns `out`.

    settings: of finding faces. InputError: a bad plan; `out` inside the source; no clip could be labelled; a missing
    extra.
    """
    clips = plan_clips(plan)
    if plan.source is not None:
        check_apart(plan.source, out)
    detector = process_detector(settings.detector, settings.detector_options)
    tracker = FaceTracker(detector, every=settings.every, choice="largest")
    failures: list[dict[str, str]] = []
    about = {"layout": plan.layout, "landmarks": landmarks, "longest": longest, "mel": WAV2LIP.hash, "fps": str(FPS)}
    found = label_mouths(clips, tracker, landmarks=landmarks, longest=longest, failures=failures)
    try:
        write_mouth_clips(out, found, {"made": about})
    finally:
        if out.is_dir():
            atomic_write_text(out / FAILURES_FILE, failures_text(failures))
        for reason, count in Counter(failure["reason"] for failure in failures).most_common(5):
            logger.info("  %d failed: %s", count, reason)
    return out


def label_mouths(
    clips: Sequence[SourceClip],
    tracker: FaceTracker,
    *,
    landmarks: str,
    longest: int,
    failures: list[dict[str, str]],
) -> Iterator[MouthClip]:
    """The clips with labels; what fails goes into `failures` with its reason and stops nothing.

    landmarks: name of the landmarker; only "mesh" gives depth. longest: frames of a part; longer clips become several,
    of which every tenth is for validation where no clip is. InputError: a missing extra, fewer than 12 frames, and at
    the end if no clip could be labelled.
    """
    if longest < _LEAST:
        raise InputError(f"label.longest={longest}", "configuration", f"give {_LEAST} frames or more")
    landmarker = MeshLandmarker(refined=True) if landmarks == "mesh" else build_landmarker(landmarks)
    if landmarker is None:
        raise InputError(f"label.landmarks={landmarks}", "configuration", "68 landmarks are needed: mesh or small")
    try:
        found = _labelled(clips, tracker, landmarker, longest, failures)
        count = 0
        for clip in found if any(clip.split == "val" for clip in clips) else _with_validation(found):
            yield clip
            count += 1
        if not count:
            raise InputError("no clip could be labelled", FAILURES_FILE, "it says why for each source")
    finally:
        landmarker.close()


def _labelled(
    clips: Sequence[SourceClip],
    tracker: FaceTracker,
    landmarker: Landmarker,
    longest: int,
    failures: list[dict[str, str]],
) -> Iterator[MouthClip]:
    for clip in show_progress(clips, total=len(clips), what="labelling"):
        try:
            yield from label_clip(clip, tracker, landmarker, longest=longest)
        except InputError as error:
            failures.append({"id": clip.id, "source": clip.name, "reason": error.what, "remedy": error.remedy})


def label_clip(clip: SourceClip, tracker: FaceTracker, landmarker: Landmarker, *, longest: int) -> Iterator[MouthClip]:
    """One source as one clip, or several of at most `longest` frames. InputError: no picture, or no face to be seen."""
    audio = decode_audio(clip.path, SAMPLE_RATE) if probe(clip.path).has_audio else None
    frames = tracker.track(resample_frames(decode_video(clip.path), FPS))
    number = most = 0
    for start, sightings in _parts(frames, landmarker, longest):
        seen = sum(one is not None for one in sightings)
        most = max(most, seen)
        if seen >= _LEAST:
            labels, crops = _assembled(sightings, _mel(audio, start, len(sightings)))
            yield MouthClip(f"{clip.id}_{number:03d}", clip.speaker, clip.split or "train", crops, labels)
            number += 1
    if not number:
        raise InputError(
            f"a face with landmarks in {most} frames at most", clip.path, f"clips need {_LEAST}: leave this one out"
        )


def sight(image: NDArray[np.uint8], faces: Sequence[TrackedFace], landmarker: Landmarker) -> Sighting:
    """The first of `faces` in (H, W, 3) uint8 `image`, marked and laid straight."""
    if not faces:
        return None
    box = faces[0].box
    if isinstance(landmarker, DeepLandmarker):
        points = landmarker.find_deep(image, box)
    else:
        flat = landmarker.find(image, box)
        points = None if flat is None else np.pad(flat, ((0, 0), (0, 1)), constant_values=np.nan)
    if points is None or not is_of_box(points[:, :2], box):
        return None
    matrix = zoomed(framed(lay(points[:, :2])), ZOOM)
    return np.asarray(points, np.float32), matrix, cut(image, matrix, (HEIGHT, WIDTH))


def _parts(
    tracked: Iterable[tuple[Frame, list[TrackedFace]]], landmarker: Landmarker, longest: int
) -> Iterator[tuple[Fraction, list[Sighting]]]:
    """Times of first frames, seconds, and what is seen in up to `longest` frames from there on."""
    start, held = Fraction(0), list[Sighting]()
    for frame, faces in tracked:
        if not held:
            start = frame.timestamp
        held.append(sight(frame.image, faces, landmarker))
        if len(held) == longest:
            yield start, held
            held = []
    if held:
        yield start, held


def _assembled(sightings: Sequence[Sighting], mel: Floats) -> tuple[MouthLabels, NDArray[np.uint8]]:
    count = len(sightings)
    known = np.array([one is not None for one in sightings])
    landmarks, matrices = np.full((count, POINTS, 3), np.nan, np.float32), np.full((count, 2, 3), np.nan, np.float32)
    crops = np.zeros((count, HEIGHT, WIDTH, 3), np.uint8)
    for number, one in enumerate(sightings):
        if one is not None:
            landmarks[number], matrices[number], crops[number] = one
    return MouthLabels(known, landmarks, matrices, mel), crops


def _mel(audio: Audio | None, start: Fraction, frames: int) -> Floats:
    """(80, S) mel of the sound about a part; S = 0 where there is none."""
    timeline = Timeline(FPS)
    lead = MEL_LEAD / timeline.mel_rate
    if audio is not None:
        samples = align_audio(audio, start - lead, timeline.frame_time(frames) + 2 * lead)
        if np.abs(samples).max() > _SILENT:
            return mel_spectrogram(samples, WAV2LIP)
    return np.zeros((BANDS, 0), np.float32)


def _with_validation(clips: Iterable[MouthClip]) -> Iterator[MouthClip]:
    """Every tenth clip, beginning with the second, for validation."""
    for number, clip in enumerate(clips):
        kept = number % _VALIDATION_EVERY != 1 or clip.split != "train"
        yield clip if kept else MouthClip(clip.name, clip.speaker, "val", clip.crops, clip.labels)
