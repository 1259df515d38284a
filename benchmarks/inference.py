"""Lip-sync: engines, the whole job against the original's order of work, the first frame of a live run, memory.

    python benchmarks/inference.py [--width 1.0] [--rounds 2] [--threads 1] [--looks 2] [--long 60] [--long-width 0.125]

"whole" is decoding, detection, tracking, mel, network, pasting, encoding with sound; "network" the generator on as many
frames alone. Both are CPU time of this process, which other work on the machine hardly changes; the share of the rest
is given by wall time too, which only a quiet machine shows: stages overlap in threads, and two threads that share
caches compute longer than one. The original's detector is timed on --looks frames and counted for all
(original_inference.py says why it has random weights). The first frame of a live run is wall time from the first
picture fed, everything loaded. Memory is the largest resident set of `python infer.py` as the operating system counted
it; the long clip has a narrow network, so that its minutes are spent on the stream rather than in the network.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time, sleep

import cv2
import numpy as np
import torch
from engines import compare_engines
from machine import alternate_by, print_table
from original import Generator
from original_inference import Original
from skimage import data
from torch import nn

from talkface.checkpoint import save_weights
from talkface.face import MtcnnDetector
from talkface.media import Audio, VideoWriter
from talkface.models.optimise import channels_last
from talkface.models.wav2lip import Wav2LipGenerator
from talkface.pipelines.engine import Run
from talkface.pipelines.lip_sync import lip_sync
from talkface.pipelines.live import LIVE, LiveLipSync
from talkface.pipelines.mouth.networks import MouthNetworks, load_mouth
from talkface.pipelines.options import LipSyncOptions
from talkface.pipelines.ready import ReadyGenerator, ready
from talkface.pipelines.request import Request

ROOT = Path(__file__).resolve().parents[1]
SMALL, LARGE, FPS = (224, 224), (1280, 720), 25


def pictures(frames: int, size: tuple[int, int] = SMALL) -> Iterator[np.ndarray]:
    """A photograph of a face, moved a little from frame to frame: (height, width, 3) uint8 RGB."""
    photograph = data.astronaut()
    scale = 0.75 * size[1] / SMALL[1]
    for number in range(frames):
        left, top = 50 + 20 * np.sin(number / 15), 10 + 8 * np.sin(number / 11)
        moved = np.array([[scale, 0, -scale * left], [0, scale, -scale * top]])
        yield cv2.warpAffine(photograph, moved, size, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)


def write_clip(path: Path, frames: int, size: tuple[int, int] = SMALL) -> Path:
    """A clip with a sound of syllables."""
    time = np.arange(frames * 640) / 16000
    syllables = np.clip(np.sin(2 * np.pi * 4 * time), 0, None) * np.sign(np.sin(2 * np.pi * 130 * time))
    audio = Audio((0.2 * syllables).astype(np.float32), 16000, Fraction(0))
    with VideoWriter(path, width=size[0], height=size[1], fps=Fraction(FPS), audio=audio) as video:
        for image in pictures(frames, size):
            video.write(np.ascontiguousarray(image))
    return path


@dataclass
class Whole:
    """The complete job in this process, the network and the detector already loaded (as a server has them)."""

    clip: Path
    output: Path
    generator: ReadyGenerator
    detector: MtcnnDetector

    def __call__(self) -> int:
        stream = lip_sync(self.clip, self.clip, generator=self.generator, detector=self.detector)
        with VideoWriter(
            self.output,
            width=stream.width,
            height=stream.height,
            fps=stream.fps,
            audio_path=self.clip,
            preset=Request.preset,
        ) as video:
            for frame in stream.frames:
                video.write(frame.image, frame.time, stored=frame.stored, changed=frame.boxes)
        return video.frames


def network_alone(run: Run, frames: int) -> None:
    """The generator as served on `frames` frames in its batches."""
    batch = LipSyncOptions().batch_size
    for start in range(0, frames, batch):
        rows = min(batch, frames - start)
        with torch.inference_mode():
            run(torch.zeros(rows, 1, 80, 16), channels_last(torch.rand(rows, 6, 96, 96)))


def run_apart(clip: Path, weights: Path, output: Path) -> tuple[float, float]:
    """`python infer.py` as a process of its own. Returns (seconds, largest resident set in MiB)."""
    command = [sys.executable, "infer.py", f"face={clip}", f"audio={clip}", f"output={output}", f"checkpoint={weights}"]
    command.append("force=true")
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


def compare_time(folder: Path, width: float, rounds: int, looks: int) -> None:
    """Prints the whole job against the original's order of work, and what of it is not the generator."""
    generator, detector = Wav2LipGenerator(width).eval(), MtcnnDetector()
    served, rows = ready(generator, LipSyncOptions()), []
    for frames, size in ((98, SMALL), (48, LARGE)):
        clip = write_clip(folder / f"{size[1]}.mp4", frames, size)
        whole = Whole(clip, folder / "out.mp4", served, detector)
        box = detector.detect([next(pictures(1, size))])[0][0].box.clip(0)
        left, top, right, bottom = (int(side) for side in box)
        original = Original(Generator(width).eval(), [(left, top, right, bottom)] * frames, min(looks, frames))
        actions = [whole, partial(network_alone, served.run, frames), partial(original, clip, folder / "o.mp4")]
        measured = alternate_by(actions, (process_time, perf_counter), rounds=rounds, warm_up=1)
        (ours, waited), (network, waited_for_it), (plain, _) = measured
        plain += original.detection * (frames / original.looked_at - 1)
        title = f"{frames} frames, {size[0]} x {size[1]}"
        shares = (ours - network) / ours, (waited - waited_for_it) / waited
        rows.append((title, plain, ours, plain / ours, network, *shares))
    header = ["clip with sound", "original CPU s", "ours CPU s", "times faster", "network CPU s", "rest, CPU", "wall"]
    print_table(f"The whole job, width {width}", header, rows)


def first_frame(generator: nn.Module | MouthNetworks) -> tuple[float, float]:
    """Milliseconds (wall, CPU) from the first picture fed to the first finished one.

    What it needs is fed at once and nothing more, so that no work on later pictures is counted.
    """
    detector = MtcnnDetector(min_face=SMALL[1] / 4)  # one near face, as at a desk
    images = list(islice(pictures(25), 1 + (LIVE.look_ahead or 0)))
    took = []
    for _ in range(3):
        with LiveLipSync(generator, detector) as live:
            started, computed = perf_counter(), process_time()
            live.feed_sound(np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32))
            for image in images:
                live.feed_picture(np.ascontiguousarray(image))
            while not live.ready():
                sleep(0.001)
            took.append((1000 * (perf_counter() - started), 1000 * (process_time() - computed)))
    return min(took)


def compare_first_frame(width: float) -> None:
    """Prints the delay of a live run's first picture; the best of three."""
    shipped = load_mouth()
    full = Wav2LipGenerator(width).eval()
    rows = [("shipped weights", *first_frame(shipped)), (f"width {width}", *first_frame(full))]
    print_table("Live run to its first picture, everything loaded", ["224 x 224", "wall ms", "CPU ms"], rows)


def compare_memory(folder: Path, width: float, long_width: float, seconds: int) -> None:
    """Prints time and memory of separate processes: the full network on 4 s, a narrow one on 4 s and on a long clip."""
    full, narrow = (
        save_random(folder / "full.safetensors", width),
        save_random(folder / "narrow.safetensors", long_width),
    )
    short, long = folder / "short.mp4", folder / "long.mp4"
    for clip, length in ((short, 4), (long, seconds)):
        # Apart, since what this process once held is counted as its children's largest set: 2 GiB of an hour's sound.
        with get_context("spawn").Pool(1) as writer:
            writer.apply(write_clip, (clip, length * FPS))
    rows = []
    cases = [(4, short, width, full), (4, short, long_width, narrow), (seconds, long, long_width, narrow)]
    for length, clip, size, weights in cases:
        took, memory = run_apart(clip, weights, folder / "out.mp4")
        rows.append((f"{length} s, width {size}", took, memory))
    print_table("python infer.py, start-up included", ["clip", "seconds", "largest RSS, MiB"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=float, default=1.0, help="1.0 is the official size")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1, help="of torch; more make CPU time count waiting")
    parser.add_argument("--looks", type=int, default=2, help="frames on which the original's detector is timed")
    parser.add_argument("--long", type=int, default=60, help="seconds of the long clip; 0 leaves memory out")
    parser.add_argument("--long-width", type=float, default=0.125)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    with tempfile.TemporaryDirectory() as name:
        if options.long:  # first: a child inherits its parent's largest size
            compare_memory(Path(name), options.width, options.long_width, options.long)
        compare_engines(options.width, options.rounds)
        compare_time(Path(name), options.width, options.rounds, options.looks)
        compare_first_frame(options.width)


if __name__ == "__main__":
    main()
