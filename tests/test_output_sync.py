"""What infer.py writes, decoded again: length, frame count, A/V offset, by markers in the frames and in the sound."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch

from talkface.checkpoint import save_weights
from talkface.drawn.numbered import number_frame, read_number
from talkface.media import Audio, VideoWriter, decode_audio, decode_video
from talkface.models.wav2lip import Wav2LipGenerator
from talkface.pipelines.serve import run

RATE = 48000
FPS = [Fraction(24), Fraction(25), Fraction(30000, 1001), Fraction(30), Fraction(50), Fraction(60000, 1001)]
UNEVEN = [Fraction(1, 30), Fraction(1, 30), Fraction(1, 15), Fraction(1, 20), Fraction(1, 24)]  # as phones write them


@pytest.fixture(scope="module")
def weights(tmp_path_factory) -> Path:
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("weights") / "g.safetensors"
    metadata = {"kind": "wav2lip_generator", "config": {"width": 0.0625}}
    save_weights(path, Wav2LipGenerator(0.0625).state_dict(), metadata)
    return path


def clicks(times: list[Fraction], seconds: Fraction) -> np.ndarray:
    """(N,) float32: 4 ms of 2 kHz from each time on."""
    samples = np.zeros(round(seconds * RATE), np.float32)
    burst = 0.8 * np.sin(2 * np.pi * 2000 * np.arange(RATE // 250) / RATE)
    for time in times:
        start = round(time * RATE)
        part = samples[start : start + len(burst)]
        part[:] = burst[: len(part)]
    return samples


def click_times(path: Path) -> list[float]:
    """Where clicks begin in a file's sound, seconds on the clock of its pictures."""
    audio = decode_audio(path, RATE)
    loud = np.flatnonzero(np.abs(audio.samples) > 0.25)
    firsts = loud[np.diff(loud, prepend=-RATE) > RATE // 50]
    return [float(audio.start) + int(first) / RATE for first in firsts]


def marked_clip(path: Path, times: list[Fraction], marks: list[int], *, fps: Fraction, seconds: Fraction) -> Path:
    """Numbered frames at `times`; a click begins with each of the frames `marks`; the sound lasts `seconds`."""
    audio = Audio(clicks([times[mark] for mark in marks], seconds), RATE, times[0])
    with VideoWriter(path, width=256, height=160, fps=fps, audio=audio, crf=12) as writer:
        for number, time in enumerate(times):
            picture = np.full((160, 256, 3), (90, 120, 150), np.uint8)
            writer.write(number_frame(picture, number), time)
    return path


def served(clip: Path, weights: Path, **changes) -> Path:
    config = {"face": str(clip), "audio": str(clip), "output": str(clip.with_name("out.mp4")), "progress": False}
    return run({**config, "checkpoint": str(weights), "box": [90, 40, 170, 150], "crf": 12, **changes})


def check(output: Path, times: list[Fraction], marks: list[int], seconds: Fraction, step: Fraction) -> None:
    frames = list(decode_video(output))
    numbers = [read_number(frame.image) for frame in frames]
    assert numbers[: len(times)] == list(range(min(len(times), len(frames))))
    end = float(frames[-1].timestamp - frames[0].timestamp + step)
    assert abs(end - float(seconds)) <= float(step) + 1e-3  # as long as the sound, within one frame
    audio = decode_audio(output, RATE)
    assert abs(float(audio.seconds - seconds)) <= 0.002
    heard, shown = click_times(output), [float(frames[mark].timestamp) for mark in marks]
    assert len(heard) == len(shown)
    assert np.abs(np.subtract(heard, shown)).max() <= float(step) / 2  # A/V offset 0 within half a frame
    assert abs(float(np.mean(np.subtract(heard, shown)))) <= 0.004  # and no bias beyond the sound codec's


@pytest.mark.parametrize("fps", FPS, ids=str)
def test_constant_rates(weights, tmp_path, fps):
    count = round(2 * fps)
    times, marks = [number / fps for number in range(count)], [count // 5, count // 2, count - count // 5]
    clip = marked_clip(tmp_path / "in.mp4", times, marks, fps=fps, seconds=count / fps)
    output = served(clip, weights)
    check(output, times, marks, count / fps, 1 / fps)
    assert len(list(decode_video(output))) == count


def test_uneven_times(weights, tmp_path):
    steps = (UNEVEN * 10)[:45]
    times = [sum(steps[:number], Fraction(0)) for number in range(len(steps))]
    seconds = sum(steps, Fraction(0))
    clip = marked_clip(tmp_path / "in.mp4", times, [9, 22, 40], fps=Fraction(25), seconds=seconds)
    output = served(clip, weights)
    check(output, times, [9, 22, 40], seconds, max(UNEVEN))
    made = [frame.timestamp for frame in decode_video(output)]
    assert np.allclose([float(time - made[0]) for time in made], [float(time) for time in times], atol=1e-3)


@pytest.mark.parametrize("extend", ["pingpong", "loop", "freeze"])
def test_a_longer_sound(weights, tmp_path, extend):
    fps = Fraction(30000, 1001)
    times = [number / fps for number in range(20)]
    clip = marked_clip(tmp_path / "in.mp4", times, [5, 12], fps=fps, seconds=Fraction(2))
    check(served(clip, weights, extend=extend), times, [5, 12], Fraction(2), 1 / fps)


def test_a_longer_sound_is_cut_with_the_clip(weights, tmp_path):
    fps = Fraction(25)
    times = [number / fps for number in range(20)]
    clip = marked_clip(tmp_path / "in.mp4", times, [5, 12], fps=fps, seconds=Fraction(2))
    check(served(clip, weights, extend="cut"), times, [5, 12], 20 / fps, 1 / fps)
