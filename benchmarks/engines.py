"""The generator alone: CPU time a frame of a plain eager port, of ours in every engine and precision, and the errors.

    python benchmarks/engines.py [--width 1.0] [--rounds 3] [--threads 1]

Time is what the process computes (one thread: with several, waiting threads would count), each at its own best batch.
"mouth": only the rows that are pasted are drawn, as infer.py does unless convention=wav2lip; "still": so, and all
frames of a batch show one picture. Errors are against the same network in plain float32, with the shipped weights, on
crops of a real photograph, over the rows that are drawn.
"""

import argparse
from importlib.util import find_spec
from time import process_time

import cv2
import numpy as np
import torch
from machine import alternate, print_table
from original import Generator
from skimage import data
from torch import Tensor

from talkface.models.load import default_weights, load_model
from talkface.models.precision import has_bfloat16
from talkface.models.wav2lip import Wav2LipGenerator
from talkface.models.wav2lip_serving import FIRST_ROW
from talkface.pipelines.engine import CALIBRATION, Run, build_engine
from talkface.pipelines.tensors import pack

BATCHES = (1, 4, 8, 12)
FORMS = [("torch", "f32"), ("torch", "bf16"), ("openvino", "f32"), ("openvino", "bf16"), ("openvino", "int8")]
STILL = "torch f32 mouth, still"
Form = tuple[str, str, str]
"""Engine, precision, and what is drawn: whole, mouth."""


def real_inputs(count: int) -> tuple[Tensor, Tensor]:
    """Crops of a photographed face, moved and scaled a little, with mel windows of noise shaped like speech."""
    random = np.random.default_rng(0)
    face, crops = data.astronaut()[20:250, 130:340], []
    for _ in range(count):
        top, left, side = *random.integers(0, 30, 2), int(random.integers(170, 200))
        crops.append(cv2.resize(face[top : top + side, left : left + side], (96, 96), interpolation=cv2.INTER_AREA))
    tilt = np.linspace(1.5, -2.5, 80)[:, None] + random.normal(0, 1, (count, 80, 16))
    return torch.from_numpy(tilt.clip(-4, 4).astype(np.float32))[:, None], pack(crops)


def installed() -> list[Form]:
    """The forms whose packages are here and that the CPU does not merely emulate."""
    needed = {"torch": (), "openvino": ("openvino",)}
    packages = {form: (*needed[form[0]], *(("nncf",) if form[1] == "int8" else ())) for form in FORMS}
    present = [form for form in FORMS if all(find_spec(package) for package in packages[form])]
    native = [form for form in present if "bf16" not in form or has_bfloat16()]
    return [(*form, drawn) for form in native for drawn in ("whole", "mouth")]


def built(network: Wav2LipGenerator, form: Form) -> Run:
    """The network in a form, after its calibration where it has one."""
    run = build_engine(network, engine=form[0], precision=form[1], mouth_only=form[2] == "mouth")
    mel, face = real_inputs(CALIBRATION + 1)
    run(mel, face)
    return run


def milliseconds(runs: dict[str, Run], rounds: int) -> dict[str, tuple[float, int]]:
    """{name: (ms of CPU a frame, batch)} at the best batch of each; all of them take turns."""
    cases = [(name, batch, real_inputs(batch)) for name in runs for batch in BATCHES]
    actions = [lambda name=name, given=given: runs[name](*given) for name, _, given in cases]
    seconds = alternate(actions, rounds=rounds, clock=process_time)
    timed = [(1000 * took / batch, batch, name) for (name, batch, _), took in zip(cases, seconds, strict=True)]
    return {name: min((ms, batch) for ms, batch, found in timed if found == name) for name in runs}


def errors(form: Form) -> tuple[float, float]:
    """(largest absolute error, PSNR in dB) on 32 crops with the shipped weights, pictures in [0, 1]."""
    network = load_model(default_weights("wav2lip_generator", "animation"), "wav2lip_generator")
    run, (mel, face) = built(network, form), real_inputs(32)
    first = FIRST_ROW if form[2] == "mouth" else 0
    difference = (run(mel, face) - network(mel, face))[:, :, first:].double()
    return float(difference.abs().max()), float(-10 * difference.square().mean().clamp_min(1e-20).log10())


@torch.inference_mode()
def compare_engines(width: float, rounds: int) -> None:
    """Prints the table."""
    torch.manual_seed(0)
    network, port = Wav2LipGenerator(width).eval(), Generator(width).eval()
    runs: dict[str, Run] = {"plain eager port": lambda mel, face: port(mel[:, None], face[:, :, None])}
    forms = installed()
    for form in forms:
        runs[" ".join(form)] = built(network, form)
    runs[STILL] = lambda mel, face: runs["torch f32 mouth"](mel, face[:1])
    timed = milliseconds(runs, rounds)
    plain = timed["plain eager port"][0]
    rows: list[tuple[object, ...]] = [("plain eager port", *timed["plain eager port"], 1.0, 0.0, "-")]
    for form in forms:
        took, batch = timed[" ".join(form)]
        rows.append((" ".join(form), took, batch, took / plain, *(f"{value:.2g}" for value in errors(form))))
    rows.append((STILL, *timed[STILL], timed[STILL][0] / plain, "-", "-"))
    header = ["generator alone", "CPU ms/frame", "batch", "to port", "largest error", "PSNR, dB"]
    print_table(f"Engines, width {width}; infer.py engine= precision=", header, rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=float, default=1.0, help="1.0 is the official size")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    compare_engines(options.width, options.rounds)


if __name__ == "__main__":
    main()
