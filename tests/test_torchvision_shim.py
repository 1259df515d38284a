"""The shim: torchvision loads beside this torch, nothing is faked, calling it twice is harmless."""

import subprocess
import sys

import pytest
import torch

from talkface import torchvision_shim


def run(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_torchvision_imports_after_the_shim_in_a_fresh_process():
    code = (
        "from talkface.torchvision_shim import prepare_torchvision as p; p(); p()\n"
        "import torchvision; p(); print(torchvision.__version__)"
    )
    assert run(code)[0].isdigit()


def test_importing_the_shim_imports_no_torch():
    assert run("import sys, talkface.torchvision_shim; print('torch' in sys.modules)") == "False"


def test_nothing_is_faked():
    """Either torchvision's own operator runs, or calling it fails: never a made-up result."""
    torchvision_shim.prepare_torchvision()
    from torchvision.ops import nms

    boxes, scores = torch.tensor([[0.0, 0, 2, 2], [0, 0, 2, 2]]), torch.tensor([0.5, 0.9])
    if torchvision_shim.operators_declared():
        with pytest.raises((RuntimeError, NotImplementedError)):
            nms(boxes, scores, 0.5)
    else:
        assert nms(boxes, scores, 0.5).tolist() == [1]


def test_without_torchvision_it_does_nothing():
    code = (
        "import importlib.util, sys\n"
        "importlib.util.find_spec = lambda name: None\n"
        "from talkface import torchvision_shim as shim; shim.prepare_torchvision()\n"
        "print(shim.operators_declared(), 'torch' in sys.modules)"
    )
    assert run(code) == "False False"
