"""PC-AVS's inference: a plain port of the original's order of work against ours, in one run; largest memory of ours.

    python benchmarks/pcavs.py [--width 1.0] [--frames 8] [--batch 4] [--rounds 3] [--threads 1]

Networks only: no decoding, no alignment, no encoding. Seconds are processor time of this process, so that other work on
the machine matters little; with more than one thread it also counts threads that wait for each other. Every row makes
all frames, the identity encoded once in ours. "pose known" is a pose source that repeats, whose codes are there
already. "fast" needs native bfloat16.
"""

import argparse
import copy
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import process_time

import torch
from machine import alternate, print_table
from pcavs_original import original_batch
from torch import Tensor, nn

from talkface.checkpoint import save_weights
from talkface.models.kinds import build_model
from talkface.models.network import Network
from talkface.models.pcavs.network import LABELS, Pcavs, load_pcavs
from talkface.models.precision import has_bfloat16


def networks(width: float) -> dict[str, Network]:
    """Untrained, their norms set by the inputs below, so that codes and maps are of the size that trained ones have."""
    torch.manual_seed(0)
    made = {kind.removeprefix("pcavs_"): build_model(kind, {"width": width}) for kind in LABELS}
    reference, poses, mels = inputs(2)
    for name, given in {"identity": torch.stack([reference, *poses]), "motion": poses, "speech": mels}.items():
        for module in made[name].modules():
            if isinstance(module, nn.modules.batchnorm._BatchNorm):
                module.momentum = None  # statistics are those of one batch
        with torch.no_grad():
            made[name](given)
    return {name: network.eval() for name, network in made.items()}


def inputs(frames: int) -> tuple[Tensor, Tensor, Tensor]:
    """(reference, poses, mels)."""
    torch.manual_seed(1)
    return torch.rand(3, 224, 224) * 2 - 1, torch.rand(frames, 3, 224, 224) * 2 - 1, torch.rand(frames, 1, 80, 20)


def ours(pcavs: Pcavs, frames: int, batch: int, poses_known: Tensor | None = None) -> list[Tensor]:
    """All frames of a clip as the pipeline makes them."""
    reference, poses, mels = inputs(frames)
    identity, pictures = pcavs.encode_identity(reference), []
    for start in range(0, frames, batch):
        part = slice(start, start + batch)
        pose = pcavs.encode_pose(poses[part]) if poses_known is None else poses_known[part]
        pictures.append(pcavs.generate(identity, pcavs.encode_content(mels[part]), pose))
    return pictures


def original(nets: dict[str, Network], frames: int, batch: int) -> list[Tensor]:
    """All frames as the original makes them."""
    reference, poses, mels = inputs(frames)
    steps = range(0, frames, batch)
    return [original_batch(nets, reference, poses[s : s + batch], mels[s : s + batch]) for s in steps]


def compare_time(width: float, frames: int, batch: int, rounds: int) -> None:
    """Prints processor seconds a frame, their ratio to the port, and how far the pictures (-1 to 1) are from its."""
    nets = networks(width)
    exact = Pcavs(**copy.deepcopy(nets))  # type: ignore[arg-type]
    codes = exact.encode_pose(inputs(frames)[1])
    actions: dict[str, Callable[[], list[Tensor]]] = {
        "plain port of the original": lambda: original(nets, frames, batch),
        "ours, exact": lambda: ours(exact, frames, batch),
        "ours, exact, pose known": lambda: ours(exact, frames, batch, codes),
    }
    if has_bfloat16():
        fast = Pcavs(**copy.deepcopy(nets), fast=True)  # type: ignore[arg-type]
        actions["ours, fast"] = lambda: ours(fast, frames, batch)
        actions["ours, fast, pose known"] = lambda: ours(fast, frames, batch, codes)
    wanted = torch.cat(original(nets, frames, batch))
    errors = [float((torch.cat(action()) - wanted).abs().max()) for action in actions.values()]
    seconds = [total / frames for total in alternate(list(actions.values()), rounds=rounds, clock=process_time)]
    rows = [
        (name, each, each / seconds[0], f"{error:.1e}")
        for name, each, error in zip(actions, seconds, errors, strict=True)
    ]
    header = [f"{frames} frames in batches of {batch}", "s/frame", "to port", "largest difference"]
    print_table(f"PC-AVS, width {width}", header, rows)


def compare_memory(width: float, frames: int, batch: int) -> None:
    """Prints the largest resident set of a process that loads the four networks from files and makes the frames."""
    with tempfile.TemporaryDirectory() as name:
        for label, network in networks(width).items():
            path, kind = Path(name) / f"pcavs_{label}.safetensors", f"pcavs_{label}"
            save_weights(path, network.state_dict(), {"kind": kind, "config": {"width": width}})
        command = [sys.executable, __file__, "--folder", name, "--frames", str(frames), "--batch", str(batch)]
        subprocess.run(command, check=True)
    unit = 2**20 if sys.platform == "darwin" else 2**10  # bytes there, KiB elsewhere
    largest = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / unit
    print_table("Memory", ["loading and making all frames", "largest RSS, MiB"], [("ours, exact", largest)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--width", type=float, default=1.0, help="1.0 is the official size")
    parser.add_argument("--frames", type=int, default=8)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="only make frames with the weights there (the memory's process)")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    if options.folder:
        ours(load_pcavs(options.folder), options.frames, options.batch)
        return
    compare_memory(options.width, options.frames, options.batch)  # first: a child inherits its parent's largest size
    compare_time(options.width, options.frames, options.batch, options.rounds)


if __name__ == "__main__":
    main()
