"""Does the expert find a shift that was put in, and do its scores survive another encoder?

    python benchmarks/offset_sensitivity.py [--corpus FOLDER ...] [--expert FILE] [--clips 48] [--frames 75]

Table 1: the sound of each test clip is moved by -10 .. +10 frames (silence comes in at the end that is left), and the
offset is measured. Table 2: the clips are encoded anew, and LSE-D is measured on the files. Without --corpus, drawn
clips are prepared first: the expert has not learnt drawn faces, so that is a check of the script, not of the expert.
"""

import argparse
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from pathlib import Path

import numpy as np
import soxr
import torch
from loader import prepare
from machine import print_table
from torch import Tensor

from talkface.audio.mel import mel_spectrogram
from talkface.errors import InputError
from talkface.evaluation.bootstrap import Bootstrap
from talkface.evaluation.clips import Clip, ClipEntry, Scene, Sound, list_clips, read_clip, spread
from talkface.evaluation.files import crops_along, sound_of_file
from talkface.evaluation.judge import ExpertJudge
from talkface.media import Audio, VideoWriter
from talkface.metrics.functional.sync import lse, measure_offset
from talkface.models.load import default_weights, load_model

KIND, SAMPLES_A_FRAME = "wav2lip_expert", 640
CODED_RATE = 48_000  # Hz; at this rate the writer gives a mono AAC track 128 kbit/s


@dataclass(frozen=True)
class Subject:
    """A clip with its entry and the embeddings of its pictures."""

    entry: ClipEntry
    clip: Clip
    video: Tensor


def subjects(corpora: Sequence[str], judge: ExpertJudge, clips: int, frames: int) -> Iterator[Subject]:
    """About `clips` test clips, equally many of each corpus, spread over its list; unreadable ones are named."""
    for corpus in corpora:
        for entry in spread(list_clips([corpus], "test"), clips // len(corpora)):
            try:
                clip = shortened(read_clip(entry), frames)
            except InputError as error:
                print(f"left out: {error}")
                continue
            yield Subject(entry, clip, judge.embed_video(clip.crops))


def shortened(clip: Clip, frames: int) -> Clip:
    """The first `frames` frames of a clip, with their sound: all clips count alike, and long ones cost no more."""
    crops, samples = clip.crops[:frames], clip.sound.samples[: frames * SAMPLES_A_FRAME]
    whole = clip.scene
    scene = Scene(lambda: islice(whole.frames(), len(crops)), whole.boxes[: len(crops)])
    return replace(clip, crops=crops, sound=Sound(mel_spectrogram(samples), samples), scene=scene)


def moved(samples: np.ndarray, frames: int) -> np.ndarray:
    """The sound `frames` frames earlier (later where negative), as long as before: (N,) float32."""
    count = min(abs(frames) * SAMPLES_A_FRAME, len(samples))
    silence = np.zeros(count, np.float32)
    if frames >= 0:
        return np.concatenate([samples[count:], silence])
    return np.concatenate([silence, samples[: len(samples) - count]])


def offsets(subject: Subject, judge: ExpertJudge, reach: int) -> dict[int, int]:
    """{true shift: measured offset}, both positive where the sound leads."""
    found = {}
    for shift in range(-reach, reach + 1):
        mel = mel_spectrogram(moved(subject.clip.sound.samples, shift))
        found[shift] = measure_offset(subject.video, judge.embed_audio(mel, len(subject.video))).offset
    return found


def encoded(subject: Subject, folder: Path, fps: int) -> Path:
    """The clip's pictures as H.264, crf 18, each shown again until the next one is nearer, with AAC at 128 kbit/s."""
    frames = list(subject.clip.scene.frames())
    sound = soxr.resample(subject.clip.sound.samples, 16_000, CODED_RATE)
    height, width = frames[0].shape[:2]
    path = folder / f"{subject.entry.row.id}-{fps}.mp4"
    audio = Audio(sound.astype(np.float32), CODED_RATE, Fraction(0))
    with VideoWriter(path, width=width, height=height, fps=fps, crf=18, audio=audio) as writer:
        for number in range(len(frames) * fps // 25):
            writer.write(frames[min(len(frames) - 1, round(Fraction(number * 25, fps)))])
    return path


def distances(subject: Subject, judge: ExpertJudge, folder: Path) -> dict[str, float]:
    """LSE-D of the clip as it is, and of what its encoded files hold."""
    files = {fps: encoded(subject, folder, fps) for fps in (25, 30)}
    boxes, count = subject.clip.scene.boxes, len(subject.video)
    crops = {fps: crops_along(path, boxes) for fps, path in files.items()}
    video = {0: subject.video, **{fps: judge.embed_video(pictures) for fps, pictures in crops.items()}}
    coded = sound_of_file(files[25], len(subject.clip.crops)).mel
    audio = {0: judge.embed_audio(subject.clip.sound.mel, count), 1: judge.embed_audio(coded, count)}
    forms = {
        "as prepared": (0, 0),
        "H.264 crf 18": (25, 0),
        "AAC 128 kbit/s": (0, 1),
        "30 fps container": (30, 0),
        "all three": (30, 1),
    }
    shorter = min(map(len, video.values()))
    return {form: lse(video[seen][:shorter], audio[heard][:shorter]).distance for form, (seen, heard) in forms.items()}


def print_offsets(title: str, found: Sequence[dict[int, int]]) -> None:
    """Shares of clips by shift: measured as the shift, within one frame of it, and so from the clip's own."""

    def row(label: str, shifts: Sequence[int]) -> list[object]:
        pairs = [(one[shift], shift, one[0]) for one in found for shift in shifts]
        exact = float(np.mean([value == shift for value, shift, _ in pairs]))
        near = float(np.mean([abs(value - shift) <= 1 for value, shift, _ in pairs]))
        own = float(np.mean([abs(value - zero - shift) <= 1 for value, shift, zero in pairs]))
        return [label, exact, near, own, len(found)]

    shifts = sorted(found[0])
    rows = [row(f"{shift:+d}", [shift]) for shift in shifts] + [row("all", shifts)]
    print_table(title, ["sound leads by", "exact", "within 1", "within 1 of own + shift", "clips"], rows)


def print_distances(title: str, found: Sequence[dict[str, float]]) -> None:
    """Mean LSE-D of each form, with the mean absolute change and the mean change with its interval."""
    rows: list[list[object]] = []
    for form in found[0]:
        change = [one[form] - one["as prepared"] for one in found]
        mean = Bootstrap().mean(change)
        cells = f"{mean.value:+.4f} [{mean.low:+.4f}, {mean.high:+.4f}]"
        rows.append([form, float(np.mean([one[form] for one in found])), float(np.mean(np.abs(change))), cells])
    print_table(title, ["form", "LSE-D", "mean |change|", "mean change [95 %]"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", nargs="+", help="prepared corpora (default: drawn clips, prepared now)")
    parser.add_argument("--expert", type=Path, help="weights of the expert (default: those that ship)")
    parser.add_argument("--clips", type=int, default=48)
    parser.add_argument("--frames", type=int, default=75, help="of each clip, from its start")
    parser.add_argument("--reach", type=int, default=10, help="largest shift, frames")
    options = parser.parse_args()
    torch.set_num_threads(1)
    judge = ExpertJudge(load_model(options.expert or default_weights(KIND), KIND))
    with tempfile.TemporaryDirectory() as name:
        corpora = options.corpus or [str(prepare(Path(name)))]
        by_corpus: dict[str, list[dict[int, int]]] = {}
        changes = []
        for subject in subjects(corpora, judge, options.clips, options.frames):
            by_corpus.setdefault(subject.entry.name, []).append(offsets(subject, judge, options.reach))
            changes.append(distances(subject, judge, Path(name)))
    for corpus, found in by_corpus.items():
        print_offsets(f"Offsets, {corpus}", found)
    print_offsets("Offsets, all", [one for found in by_corpus.values() for one in found])
    print_distances("LSE-D of files encoded anew", changes)


if __name__ == "__main__":
    main()
