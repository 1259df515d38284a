"""Lip-sync of a 4 s clip of 224 x 224 at full width against its generator alone; memory of short and long clips.

    python benchmarks/inference.py [--width 1.0] [--rounds 3] [--long 60] [--long-width 0.125]

"whole" is decoding, detection, tracking, mel, network, pasting, encoding with sound. "alone" is the network on as many
frames: as served (folded, channels-last, same batches), and as a plain eager port runs it. They take turns. Memory is
the largest resident set of `python infer.py` as the operating system counted it; the long clip has a narrow network,
so that its minutes are spent on the stream rather than in the network.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from time import perf_counter

import cv2
import numpy as np
import torch
from machine import alternate, print_table
from original import Generator
from skimage import data

from talkface.checkpoint import save_weights
from talkface.face import MtcnnDetector
from talkface.media import Audio, VideoWriter
from talkface.models.wav2lip import Wav2LipGenerator
from talkface.pipelines.lip_sync import lip_sync
from talkface.pipelines.optimise import channels_last, optimise

ROOT = Path(__file__).resolve().parents[1]
SIZE, FPS, BATCH = 224, 25, 8


def pictures(frames: int) -> Iterator[np.ndarray]:
    """A photograph of a face, moved a little from frame to frame: (224, 224, 3) uint8 RGB."""
    photograph = data.astronaut()
    for number in range(frames):
        left, top = 50 + 20 * np.sin(number / 15), 10 + 8 * np.sin(number / 11)
        moved = np.array([[0.75, 0, -0.75 * left], [0, 0.75, -0.75 * top]])
        yield cv2.warpAffine(photograph, moved, (SIZE, SIZE), flags=cv2.INTER_AREA)


def write_clip(path: Path, seconds: int) -> Path:
    """A clip with a sound of syllables."""
    time = np.arange(16000) / 16000
    syllables = np.clip(np.sin(2 * np.pi * 4 * time), 0, None) * np.sign(np.sin(2 * np.pi * 130 * time))
    audio = Audio(np.tile(0.2 * syllables, seconds).astype(np.float32), 16000, Fraction(0))
    with VideoWriter(path, width=SIZE, height=SIZE, fps=Fraction(FPS), audio=audio) as video:
        for image in pictures(seconds * FPS):
            video.write(np.ascontiguousarray(image))
    return path


@dataclass
class Whole:
    """The complete job in this process, the network and the detector already loaded (as a server has them)."""

    clip: Path
    output: Path
    generator: Wav2LipGenerator
    detector: MtcnnDetector

    def __call__(self) -> int:
        stream = lip_sync(self.clip, self.clip, generator=self.generator, detector=self.detector)
        with VideoWriter(
            self.output, width=stream.width, height=stream.height, fps=stream.fps, audio_path=self.clip
        ) as video:
            for frame in stream.frames:
                video.write(frame.image, frame.time)
        return video.frames


def served_alone(generator: Wav2LipGenerator, frames: int) -> None:
    """The network as served on `frames` frames in batches of 8."""
    for start in range(0, frames, BATCH):
        rows = min(BATCH, frames - start)
        with torch.inference_mode():
            generator(torch.zeros(rows, 1, 80, 16), channels_last(torch.rand(rows, 6, 96, 96)))


def port_alone(generator: Generator, frames: int) -> None:
    """The plain port on `frames` frames in the original's batches of 128."""
    for start in range(0, frames, 128):
        rows = min(128, frames - start)
        with torch.no_grad():
            generator(torch.zeros(rows, 1, 1, 80, 16), torch.rand(rows, 6, 1, 96, 96))


def run_apart(clip: Path, weights: Path, output: Path) -> tuple[float, float]:
    """`python infer.py` as a process of its own. Returns (seconds, largest resident set in MiB)."""
    command = [sys.executable, "infer.py", f"face={clip}", f"audio={clip}", f"output={output}", f"checkpoint={weights}"]
    started = perf_counter()
    process = subprocess.Popen(command, cwd=ROOT)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(process.returncode)
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, KiB elsewhere
    return perf_counter() - started, usage.ru_maxrss / unit


def save_random(path: Path, width: float) -> Path:
    """An untrained generator: time and memory do not depend on what it learnt."""
    torch.manual_seed(0)
    save_weights(path, Wav2LipGenerator(width).state_dict(), {"kind": "wav2lip_generator", "config": {"width": width}})
    return path


def compare_time(folder: Path, width: float, rounds: int) -> None:
    """Prints the whole job against its network alone."""
    generator, port = Wav2LipGenerator(width).eval(), Generator(width).eval()
    whole = Whole(write_clip(folder / "short.mp4", 4), folder / "out.mp4", generator, MtcnnDetector())
    served, frames = optimise(generator), 4 * FPS
    actions = [whole, lambda: served_alone(served, frames), lambda: port_alone(port, frames)]
    all_of_it, alone, plain = alternate(actions, rounds=rounds)
    rows = [
        ("its network alone, as served", alone, 1.0, alone / plain),
        ("whole clip", all_of_it, all_of_it / alone, all_of_it / plain),
        ("its network alone, plain port", plain, plain / alone, 1.0),
    ]
    header = ["4 s, 224 x 224, 25 fps", "seconds", "to served network", "to plain network"]
    print_table(f"Lip-sync, width {width}", header, rows)


def compare_memory(folder: Path, width: float, long_width: float, seconds: int) -> None:
    """Prints time and memory of separate processes: the full network on 4 s, a narrow one on 4 s and on a long clip."""
    full, narrow = (
        save_random(folder / "full.safetensors", width),
        save_random(folder / "narrow.safetensors", long_width),
    )
    short, long = folder / "short.mp4", write_clip(folder / "long.mp4", seconds)
    rows = []
    cases = [(4, short, width, full), (4, short, long_width, narrow), (seconds, long, long_width, narrow)]
    for length, clip, size, weights in cases:
        took, memory = run_apart(clip, weights, folder / "out.mp4")
        rows.append((f"{length} s, width {size}", took, memory))
    print_table("python infer.py, start-up included", ["clip", "seconds", "largest RSS, MiB"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=float, default=1.0, help="1.0 is the official size")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--long", type=int, default=60, help="seconds of the long clip; 0 leaves memory out")
    parser.add_argument("--long-width", type=float, default=0.125)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        compare_time(Path(name), options.width, options.rounds)
        if options.long:
            compare_memory(Path(name), options.width, options.long_width, options.long)


if __name__ == "__main__":
    main()
