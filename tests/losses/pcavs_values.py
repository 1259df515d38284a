"""The recorded loss values of PC-AVS's original, where present; otherwise the test that asks is skipped."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch

ORACLE = Path(__file__).parents[2].parent / "shared" / "oracle"


def array(name: str, shape: tuple[int, ...], low: float, high: float) -> torch.Tensor:
    spec = importlib.util.spec_from_file_location("oracle_weights", ORACLE / "weights.py")
    recipe = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(recipe)
    return torch.from_numpy(recipe.array_for(name, shape, 0, low, high))


def expected() -> dict[str, np.ndarray]:
    if not ORACLE.exists():
        pytest.skip("needs ../shared/oracle")
    return dict(np.load(ORACLE / "pcavs" / "losses.npz"))
