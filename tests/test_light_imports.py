"""`--help`, config composition and bad-input errors must not wait for torch: the light rooms import without it."""

import subprocess
import sys

import pytest

LIGHT = ["errors", "device", "timeline", "media", "corpus", "cli", "face.box", "face.crop", "evaluation.compare_page"]
HEAVY = (
    "torch",
    "torchvision",
    "lightning",
    "pytorch_lightning",
    "torchmetrics",
    "librosa",
    "matplotlib",
    "facenet_pytorch",
)


def loaded_after(statement: str) -> set[str]:
    """Names of top-level modules a fresh interpreter holds after `statement`."""
    code = f"import sys\n{statement}\nprint(*sorted({{name.partition('.')[0] for name in sys.modules}}))"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


@pytest.mark.parametrize("module", LIGHT)
def test_light_room_loads_nothing_heavy(module: str) -> None:
    loaded = loaded_after(f"import talkface.{module}")
    assert "talkface" in loaded
    assert loaded.isdisjoint(HEAVY), f"talkface.{module} loads {sorted(loaded.intersection(HEAVY))}"


def test_a_loader_worker_loads_no_trainer() -> None:
    heavy = set(HEAVY) - {"torch"}
    assert loaded_after("import talkface.data.datasets").isdisjoint(heavy)


def test_the_probe_sees_heavy_modules() -> None:
    assert "matplotlib" in loaded_after("import matplotlib")
