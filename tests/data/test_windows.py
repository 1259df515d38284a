"""Which windows are drawn, from which clips, how often."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from packs import make_pack

from talkface.data.packed import Pack, PackedClip
from talkface.data.windows import ClipFilter, Source, clip_odds, reference_start, spaced_starts, usable_clips


def clip(speaker: str = "a", **changes: object) -> PackedClip:
    known = {"id": "x", "split": "train", "speaker": speaker, "shard": Path("s"), "mel": (0, 1), "sound": (0, 1)}
    known |= {"pictures": ((0, 1),) * 30, "others": (), "av_offset": None, "av_confidence": None, "flags": frozenset()}
    return PackedClip(**{**known, **changes})  # type: ignore[arg-type]


@given(st.integers(5, 200), st.integers(1, 12), st.integers(1, 10), st.integers(0, 2**32))
def test_starts_fit_and_keep_their_distance(frames: int, count: int, spacing: int, seed: int) -> None:
    starts = spaced_starts(frames, count, spacing, np.random.default_rng(seed))
    possible = frames - 4
    assert len(starts) == count and starts.min() >= 0 and starts.max() < possible
    if possible >= count:
        assert len(set(starts.tolist())) == count
    if possible > (count - 1) * spacing:
        assert (np.diff(starts) >= spacing).all()


def test_every_start_can_be_drawn() -> None:
    rng = np.random.default_rng(0)
    seen = {int(start) for _ in range(400) for start in spaced_starts(12, 2, 3, rng)}
    assert seen == set(range(8))


@given(st.integers(6, 100), st.integers(0, 2**32))
def test_reference_is_another_window_inside_the_clip(frames: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    start = int(rng.integers(0, frames - 4))
    other = reference_start(frames, start, rng)
    assert other != start and 0 <= other <= frames - 5


def test_offset_is_used_only_when_known_and_sure() -> None:
    chosen = ClipFilter(least_confidence=0.1, largest_offset=4, corrected_from=30)
    assert chosen.offset(clip()) == 0
    assert chosen.offset(clip(av_offset=3, av_confidence=0.2)) == 3
    assert chosen.offset(clip(av_offset=3, av_confidence=0.05)) == 0
    assert ClipFilter(corrected=False).offset(clip(av_offset=3, av_confidence=9.0)) == 0
    assert not chosen.keeps(clip(av_offset=-5, av_confidence=0.2))
    short = clip(av_offset=3, av_confidence=0.2, pictures=((0, 1),) * 29)
    assert chosen.offset(short) == 0 and chosen.keeps(short)
    assert chosen.offset(replace(short, av_confidence=100.0)) == 3  # drawn so


@pytest.mark.parametrize("bad", [{"flags": frozenset({"silent_audio"})}, {"pictures": ((0, 1),) * 14}])
def test_unusable_clips_are_left_out(bad: dict[str, object]) -> None:
    assert ClipFilter().keeps(clip()) and not ClipFilter().keeps(clip(**bad))


def test_balance_between_clips_and_speakers() -> None:
    sources = [Source(None, clip("a"), 0)] * 9 + [Source(None, clip("b"), 0)]  # type: ignore[arg-type]
    np.testing.assert_allclose(clip_odds(sources, balance=0.0), 0.1)
    even = clip_odds(sources, balance=1.0)
    assert even[:9].sum() == pytest.approx(0.5) and even[9] == pytest.approx(0.5)


def test_long_clips_are_drawn_more_often_if_wanted() -> None:
    short, long = clip(), clip(pictures=((0, 1),) * 90)
    sources = [Source(None, one, 0) for one in (short, long)]  # type: ignore[arg-type]
    np.testing.assert_allclose(clip_odds(sources, balance=0.0, lengths=1.0), [0.25, 0.75])


def test_splits_are_respected(tmp_path: Path) -> None:
    pack = Pack(make_pack(tmp_path / "p"))
    assert [s.clip.id for s in usable_clips([pack], "val", ClipFilter())] == ["clip1", "clip3", "clip5"]
