"""One source becomes clips: probe, track, cut, encode. Every step is a function;

memory does not grow with the picture's length.
"""

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import islice
from pathlib import Path

import numpy as np

from talkface.audio.mel import WAV2LIP, mel_spectrogram
from talkface.corpus import (
    BOXES_FILE,
    MEL_FILE,
    POINTS_FILE,
    SOUND_FILE,
    VIDEO_FILE,
    ClipRow,
    read_wav,
)
from talkface.errors import InputError
from talkface.face import FaceDetector, FaceTracker, build_detector, crop_face
from talkface.media import Audio, Frame, VideoWriter, align_audio, decode_video, resample_frames
from talkface.media import write_wav as write_sound
from talkface.preparation.layouts import SourceClip
from talkface.preparation.segments import CropWindow, Segment, SegmentCollector, crop_window, lanes, long_enough
from talkface.preparation.settings import FPS, SAMPLE_RATE, PreparationSettings
from talkface.preparation.sounds import read_sound, sound_file
from talkface.timeline import Timeline

_SILENT = 1e-4  # of full scale, as media's own warning
_MISSING_SOUND = Fraction(1, 10)  # seconds of a clip that may lie outside its sound without a flag
_SMALL_FACE = 48  # pixels of video.mp4; below that the model's 96-pixel crop holds few real pixels


@dataclass(frozen=True, eq=False)
class TrackedSource:
    """What the first pass finds. start: time of frame 0, seconds. frames: at 25 a second. width, height: pixels."""

    start: Fraction
    frames: int
    width: int
    height: int
    segments: tuple[Segment, ...]


@lru_cache(maxsize=1)
def process_detector(name: str, options: tuple[tuple[str, object], ...]) -> FaceDetector:
    """The detector of this process, built once. One thread, so that its rounding is the same on every machine."""
    import torch

    torch.set_num_threads(1)
    return build_detector(name, **dict(options))


def prepare_clips(clip: SourceClip, settings: PreparationSettings, folder: Path) -> list[ClipRow]:
    """Write the clips of one source as ``folder/<clip id>`` and return their rows, which are not written yet.

    The split of a row is the source's (train where it has none). InputError: whatever makes the source unusable.
    """
    sound = sound_file(clip)
    tracked = track_source(clip.path, settings)
    segments = usable_segments(tracked, clip.path, settings)
    audio = read_sound(clip, sound)
    digest = files_sha256(clip.path, *([] if sound == clip.path else [sound]))
    ids = [clip.id] if len(segments) == 1 else [f"{clip.id}_{number:02d}" for number in range(len(segments))]
    windows = [_window(segment, tracked, settings) for segment in segments]
    targets = [folder / clip_id for clip_id in ids]
    write_videos(clip.path, list(zip(segments, windows, targets, strict=True)), settings)
    rows = []
    for target, segment, window in zip(targets, segments, windows, strict=True):
        flags = write_arrays(target, segment, window, audio, tracked.start)
        gaps = ["face_gaps"] if segment.frames < tracked.frames else []
        row = ClipRow(
            id=target.name,
            split=clip.split or "train",
            speaker=clip.speaker,
            source=clip.name,
            sha256=digest,
            frames=segment.frames,
            seconds=float(segment.frames / FPS),
            width=window.width,
            height=window.height,
            scale=round(window.scale, 6),
            flags=tuple(sorted([*flags, *gaps])),
        )
        rows.append(row)
    return rows


def track_source(path: Path, settings: PreparationSettings) -> TrackedSource:
    """First pass: all faces of a source at 25 frames a second. Keeps boxes and points only, no pictures.

    InputError: no picture, fewer than `minimum_frames` frames.
    """
    detector = process_detector(settings.detector, settings.detector_options)
    tracker = FaceTracker(detector, every=settings.every, choice=settings.faces)
    collector = SegmentCollector()
    start, count, height, width = Fraction(0), 0, 0, 0
    for frame, faces in tracker.track(resample_frames(decode_video(path), FPS)):
        if count == 0:
            start, (height, width) = frame.timestamp, frame.image.shape[:2]
        collector.add(count, faces)
        count += 1
    if count < settings.minimum_frames:
        remedy = f"give clips of at least {settings.minimum_frames} frames at 25 a second"
        raise InputError(f"too few frames ({count})", path, remedy)
    return TrackedSource(start, count, width, height, tuple(collector.finish()))


def usable_segments(tracked: TrackedSource, path: Path, settings: PreparationSettings) -> list[Segment]:
    """Segments long enough to be clips. InputError: no face at all, or never long enough."""
    segments = long_enough(tracked.segments, minimum=settings.minimum_segment, total=tracked.frames)
    if not tracked.segments:
        raise InputError("no face found", path, "leave the clip out, or choose another detector or a lower threshold")
    if not segments:
        longest = max(segment.frames for segment in tracked.segments)
        what = f"a face is seen for at most {longest} frames together"
        raise InputError(what, path, f"clips need {settings.minimum_segment} (minimum_segment)")
    return segments


def write_videos(path: Path, clips: Sequence[tuple[Segment, CropWindow, Path]], settings: PreparationSettings) -> None:
    """Second pass: cut each segment with its window into ``<target>/video.mp4``."""
    parts = {id(segment): (window, target) for segment, window, target in clips}
    for lane in lanes([segment for segment, _, _ in clips]):
        frames = resample_frames(decode_video(path), FPS)
        for segment in lane:
            _write_video(frames, segment, *parts[id(segment)], settings)


def write_arrays(target: Path, segment: Segment, window: CropWindow, audio: Audio, start: Fraction) -> list[str]:
    """Sound, mel, boxes and points of one clip. Returns flags about its sound and its face."""
    timeline = Timeline(FPS)
    begin, seconds = start + timeline.frame_time(segment.start), timeline.frame_time(segment.frames)
    samples = align_audio(audio, begin, seconds)
    write_sound(target / SOUND_FILE, np.clip(samples, -1.0, 1.0), SAMPLE_RATE)
    # The mel is of the samples as stored, so that whoever computes it again from audio.wav gets the same.
    np.save(target / MEL_FILE, mel_spectrogram(read_wav(target / SOUND_FILE), WAV2LIP))
    boxes = window.map_boxes(segment.boxes)
    np.save(target / BOXES_FILE, boxes)
    np.save(target / POINTS_FILE, window.map(segment.points))
    end = audio.start + Timeline(FPS).sample_time(len(audio.samples))
    flags = {
        "silent_audio": float(np.abs(samples).max(initial=0.0)) < _SILENT,
        "short_audio": audio.start - begin > _MISSING_SOUND or begin + seconds - end > _MISSING_SOUND,
        "small_face": float(np.median(boxes[:, 3] - boxes[:, 1])) < _SMALL_FACE,
    }
    return [flag for flag, raised in flags.items() if raised]


def files_sha256(*paths: Path) -> str:
    """SHA-256 of one file, or of several one after another, hexadecimal. InputError: one cannot be read."""
    digest = hashlib.sha256()
    for path in paths:
        try:
            with path.open("rb") as stream:
                hashlib.file_digest(stream, lambda: digest)
        except OSError as error:
            raise InputError("cannot read this file", path, "check that it exists and may be read") from error
    return digest.hexdigest()


def remove_folder(folder: Path) -> None:
    """Delete a folder if it is there."""
    with suppress(FileNotFoundError):
        shutil.rmtree(folder)


def _window(segment: Segment, tracked: TrackedSource, settings: PreparationSettings) -> CropWindow:
    return crop_window(
        segment.boxes,
        width=tracked.width,
        height=tracked.height,
        margin=settings.crop_margin,
        longest=settings.longest_side,
    )


def _write_video(
    frames: Iterator[Frame], segment: Segment, window: CropWindow, target: Path, settings: PreparationSettings
) -> None:
    target.mkdir(parents=True)
    wanted = (frame for frame in frames if frame.index >= segment.start)
    with VideoWriter(
        target / VIDEO_FILE,
        width=window.width,
        height=window.height,
        fps=FPS,
        crf=settings.crf,
        gop=settings.gop,
        preset=settings.preset,
    ) as writer:
        for frame in islice(wanted, segment.frames):
            writer.write(crop_face(frame.image, window.box, (window.height, window.width)))
