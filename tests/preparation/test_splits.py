import logging
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkface.preparation.layouts import SourceClip
from talkface.preparation.splits import assign_splits, split_names


def clips(*rows: tuple[str, str | None]) -> list[SourceClip]:
    return [SourceClip(f"c{i}", Path(f"c{i}.mp4"), f"c{i}.mp4", who, split) for i, (who, split) in enumerate(rows)]


def by_speaker(assigned: list[SourceClip]) -> dict[str, set[str | None]]:
    found: dict[str, set[str | None]] = {}
    for clip in assigned:
        found.setdefault(clip.speaker, set()).add(clip.split)
    return found


NAMES = st.sets(st.text(min_size=1, max_size=8), min_size=3, max_size=60)


@given(NAMES, st.integers(0, 5))
def test_shares_and_no_empty_split(names: set[str], seed: int) -> None:
    counts = Counter(split_names(names, seed=seed, val=0.1, test=0.2).values())
    assert counts["test"] == max(1, round(0.2 * len(names)))
    assert counts["val"] == max(1, round(0.1 * len(names)))
    assert counts["train"] >= 1


def test_order_of_names_does_not_matter_and_the_seed_does() -> None:
    names = [f"id{i:05d}" for i in range(200)]
    first = split_names(names, seed=1, val=0.1, test=0.1)
    assert first == split_names(reversed(names), seed=1, val=0.1, test=0.1)
    assert first != split_names(names, seed=2, val=0.1, test=0.1)


def test_adding_a_name_moves_only_the_borders() -> None:
    names = [f"id{i:05d}" for i in range(200)]
    before = split_names(names, seed=1, val=0.1, test=0.1)
    after = split_names([*names, "new"], seed=1, val=0.1, test=0.1)
    assert sum(before[name] != after[name] for name in names) <= 2


def test_no_speaker_in_two_splits() -> None:
    assigned = assign_splits(clips(*[(f"s{i % 7}", None) for i in range(40)]), seed=0, val=0.2, test=0.2)
    found = by_speaker(assigned)
    assert all(len(splits) == 1 for splits in found.values())
    assert set.union(*found.values()) == {"train", "val", "test"}


@pytest.mark.parametrize("count", [1, 2])
def test_too_few_speakers_are_split_by_clip_and_the_log_says_so(count: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        assigned = assign_splits(clips(*[(f"s{i % count}", None) for i in range(20)]), seed=0, val=0.1, test=0.1)
    assert Counter(clip.split for clip in assigned) == {"train": 16, "val": 2, "test": 2}
    assert "splits are by clip" in caplog.text


def test_given_splits_stay_and_their_speakers_follow() -> None:
    rows = [("a", "test"), ("a", None), ("b", "train"), ("b", "val"), ("b", None), *[(f"n{i}", None) for i in range(5)]]
    assigned = assign_splits(clips(*rows), seed=0, val=0.2, test=0.2)
    assert [clip.split for clip in assigned[:5]] == ["test", "test", "train", "val", "train"]
    assert {clip.split for clip in assigned[5:]} == {"train"}  # val and test are published: they take nobody else


def test_published_test_leaves_val_to_the_hash() -> None:
    rows = [("t", "test"), *[(f"n{i}", None) for i in range(50)]]
    assigned = assign_splits(clips(*rows), seed=0, val=0.1, test=0.1)
    assert Counter(clip.split for clip in assigned) == {"train": 45, "val": 5, "test": 1}


def test_fractions_must_leave_something() -> None:
    with pytest.raises(ValueError, match="leave something for train"):
        split_names(["a"], seed=0, val=0.5, test=0.5)
