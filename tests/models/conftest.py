"""The oracles of the originals, where present: seeded weights and inputs, stored outputs."""

import importlib.util
import json
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch

ORACLE = Path(__file__).parents[2].parent / "shared" / "oracle"
NAMES = {
    "wav2lip_generator": "generator",
    "wav2lip_expert": "syncnet",
    "wav2lip_discriminator": "discriminator",
    "syncnet_v2": "syncnet_v2",
}


PCAVS_NAMES = {
    "pcavs_identity": "V",
    "pcavs_motion": "E",
    "pcavs_speech": "A_sync",
    "pcavs_generator": "G",
    "pcavs_discriminator": "D",
}


class Oracle:
    """Weights, inputs and expected values of `oracle/wav2lip`."""

    def __init__(self, recipe: ModuleType) -> None:
        self.recipe, self.folder = recipe, ORACLE / "wav2lip"

    def keys(self, kind: str) -> dict[str, list[int]]:
        return json.loads((self.folder / f"keys_{NAMES[kind]}.json").read_text())["keys"]

    def state(self, kind: str, seed: int = 0) -> dict[str, torch.Tensor]:
        overrides = json.loads((self.folder / "overrides.json").read_text())[NAMES[kind]]
        state = self.recipe.state_for(self.keys(kind), seed, overrides)
        return {key: torch.from_numpy(value) for key, value in state.items()}

    def array(self, name: str, shape: tuple[int, ...], low: float = 0.0, high: float = 1.0) -> torch.Tensor:
        return torch.from_numpy(self.recipe.array_for(name, shape, 0, low, high))

    def expected(self, file: str) -> dict[str, np.ndarray]:
        return dict(np.load(self.folder / file))

    def json(self, file: str) -> dict:
        return json.loads((self.folder / file).read_text())


class PcavsOracle(Oracle):
    """Weights, inputs and expected values of `oracle/pcavs`; seed 0."""

    def __init__(self, recipe: ModuleType) -> None:
        self.recipe, self.folder = recipe, ORACLE / "pcavs"
        self.inputs = load_script(self.folder / "inputs.py")

    def keys(self, kind: str) -> dict[str, list[int]]:
        """Without the FIR buffers, which are not drawn."""
        keys = json.loads((self.folder / f"keys_{PCAVS_NAMES[kind]}.json").read_text())
        return {key: shape for key, shape in keys.items() if not key.endswith("kernel")}

    def state(self, kind: str, seed: int = 0) -> dict[str, torch.Tensor]:
        return self.drawn(self.keys(kind), PCAVS_NAMES[kind], seed)

    def drawn(self, shapes: dict, name: str, seed: int = 0) -> dict[str, torch.Tensor]:
        """Weights of these shapes by the rules for the network `name`."""
        overrides = json.loads((self.folder / "overrides.json").read_text())[name]
        return {key: torch.from_numpy(value) for key, value in self.recipe.state_for(shapes, seed, overrides).items()}

    def faces(self, kind: str, *numbers: int) -> torch.Tensor:
        """(N, 3, 224, 224) drawn faces in [-1, 1]."""
        return torch.from_numpy(self.inputs.to_float(np.stack([self.inputs.face(kind, i) for i in numbers])))


def load_script(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"oracle_{path.stem}", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def recipe() -> ModuleType:
    if not (ORACLE / "weights.py").exists():
        pytest.skip("the oracles of ../shared are not here")
    return load_script(ORACLE / "weights.py")


@pytest.fixture(scope="session")
def oracle() -> Oracle:
    return Oracle(recipe())


@pytest.fixture(scope="session")
def pcavs_oracle() -> PcavsOracle:
    return PcavsOracle(recipe())


@pytest.fixture(autouse=True)
def _no_gradients():
    """Most tests here only run networks; those that train switch gradients on."""
    with torch.no_grad():
        yield
