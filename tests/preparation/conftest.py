"""A small source folder with everything that can go right or wrong."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from preparation_clips import hum, pan, write_clip


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory, astronaut: np.ndarray) -> Path:
    """Good: ann/pan, ann/fast (30 fps), bob/gap (a face, none, a face), bob/silent. Bad: four clips of eve."""
    folder = tmp_path_factory.mktemp("sources")
    face = pan(astronaut, 24)
    empty = [np.full_like(face[0], 90)] * 12
    write_clip(folder / "ann" / "pan.mp4", face, hum(0.96))
    write_clip(folder / "ann" / "fast.mkv", face, hum(0.8), fps=Fraction(30))
    write_clip(folder / "bob" / "gap.mp4", [*face[:20], *empty, *face[:18]], hum(2.0))
    write_clip(folder / "bob" / "silent.mp4", face[:16], np.zeros(10240, np.float32))
    write_clip(folder / "eve" / "mute.mp4", face[:16], None)
    write_clip(folder / "eve" / "empty.mp4", empty, hum(0.48))
    write_clip(folder / "eve" / "short.mp4", face[:3], hum(0.12))
    (folder / "eve" / "broken.mp4").write_bytes(b"this is no film")
    return folder
