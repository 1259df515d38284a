"""Features kept by content: computed once, found again, computed anew where anything differs or a file is damaged."""

from pathlib import Path

import numpy as np
import pytest

from talkface.errors import InputError
from talkface.evaluation.cache import FeatureCache, content_of, digest_of_files
from talkface.evaluation.timing import Stopwatch


class Counter:
    """Gives an array and counts how often it was asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> np.ndarray:
        self.calls += 1
        return np.arange(6, dtype=np.float32).reshape(2, 3)


def test_once_in_memory_and_once_on_disk(tmp_path: Path) -> None:
    compute = Counter()
    for _ in range(2):
        kept = FeatureCache(tmp_path)
        for _ in range(2):
            np.testing.assert_array_equal(kept.array("a", ["x"], compute), np.arange(6).reshape(2, 3))
    assert compute.calls == 1
    FeatureCache().array("a", ["x"], compute)
    assert compute.calls == 2


@pytest.mark.parametrize(
    ("name", "of", "settings"), [("b", ["x"], {}), ("a", ["y"], {}), ("a", ["x", "x"], {}), ("a", ["x"], {"batch": 2})]
)
def test_whatever_differs_is_computed_anew(tmp_path: Path, name: str, of: list[str], settings: dict) -> None:
    compute = Counter()
    FeatureCache(tmp_path).array("a", ["x"], compute)
    FeatureCache(tmp_path, settings).array(name, of, compute)
    assert compute.calls == 2


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"nothing"])
def test_a_damaged_file_is_replaced(tmp_path: Path, content: bytes) -> None:
    compute = Counter()
    FeatureCache(tmp_path).array("a", ["x"], compute)
    (path,) = tmp_path.rglob("*.npz")
    path.write_bytes(content)
    for _ in range(2):
        assert FeatureCache(tmp_path).array("a", ["x"], compute).sum() == 15
    assert compute.calls == 2


def test_memory_is_bounded() -> None:
    kept = FeatureCache()
    for number in range(100):
        kept.array("a", [number], Counter())
    assert len(kept._held) <= 32


def test_content_is_type_shape_and_bytes(tmp_path: Path) -> None:
    array = np.zeros((2, 3), np.float32)
    digests = {
        content_of(array),
        content_of(array.reshape(3, 2)),
        content_of(array.view(np.int32)),
        content_of(array + 1),
    }
    assert len(digests) == 4
    assert content_of(np.asfortranarray(array)) == content_of(array)
    with pytest.raises(InputError, match="cannot read this file"):
        digest_of_files([tmp_path / "none"])


def test_parts_do_not_count_what_is_inside_them(monkeypatch: pytest.MonkeyPatch) -> None:
    times = iter([0.0, 1.0, 4.0, 6.0])
    monkeypatch.setattr("talkface.evaluation.timing.perf_counter", lambda: next(times))
    watch = Stopwatch()
    with watch.part("outer"), watch.part("inner"):
        pass
    assert watch.take() == {"outer": 3.0, "inner": 3.0}
    assert watch.take() == {}
