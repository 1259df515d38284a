"""What tests share: the torchvision shim first, one torch thread a worker, small inputs, infer.py as users run it."""

import logging
import os
import runpy
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import settings

from talkface.torchvision_shim import prepare_torchvision

# Lightning and torchmetrics import torchvision, whose CUDA wheel does not load beside a CPU torch.
prepare_torchvision()
settings.register_profile("talkface", deadline=None)  # busy machines: no test may fail by the clock
settings.load_profile("talkface")
if "PYTEST_XDIST_WORKER" in os.environ:
    torch.set_num_threads(1)  # workers times threads would be more than the cores

os.environ.setdefault("WANDB_MODE", "offline")
os.environ.setdefault("MPLBACKEND", "Agg")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def astronaut() -> np.ndarray:
    """A real photograph with one face: (512, 512, 3) uint8 RGB, public domain, part of scikit-image's package."""
    from skimage import data

    image = data.astronaut()
    image.flags.writeable = False
    return image


@pytest.fixture(scope="session")
def tiny_speech() -> np.ndarray:
    """One second of sound with syllables: (16000,) float32 mono in [-1, 1] at 16 kHz; the same on every machine."""
    time = np.arange(16000) / 16000
    voice = sum(np.sin(2 * np.pi * 120 * harmonic * time) / harmonic for harmonic in range(1, 20))
    samples = (0.1 * voice * np.clip(np.sin(2 * np.pi * 4 * time), 0, None)).astype(np.float32)
    samples.flags.writeable = False
    return samples


@dataclass(frozen=True)
class Done:
    """How a run ended: exit code and what it wrote."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def infer(folder, capfd, monkeypatch):
    """Function (*arguments) -> Done: `python infer.py` inside this process, in the module's `folder`."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("HYDRA_FULL_ERROR", "0")
    root, handlers, level = logging.getLogger(), logging.getLogger().handlers[:], logging.getLogger().level

    def run(*arguments: str) -> Done:
        monkeypatch.setattr(sys, "argv", ["infer.py", *arguments])
        capfd.readouterr()
        with pytest.raises(SystemExit) as left:
            runpy.run_path(str(ROOT / "infer.py"), run_name="__main__")
        return Done(int(left.value.code or 0), *capfd.readouterr())

    yield run
    root.handlers, root.level = handlers, level
