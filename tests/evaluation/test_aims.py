"""The table of aims: what a perfect result and wrong ones reach, and medians over records."""

import math

import pytest

from talkface.evaluation.aims import AIMS, EASED, FOLLOWS_BY_GROUP, Aim, aim_of, aims_reached, success
from talkface.evaluation.measures import columns_in
from talkface.evaluation.records import ClipRecord, SystemRecord

PERFECT = {
    "follows_driver": 1.0, "follows_source": 0.0, "amplitude": 1.0, "closed_in_silence": 1.0,
    "movement_in_silence": 0.0, "sharpness": 1.0, "colour": 1.0, "outside": 1.0, "shake": 1.0,
}  # fmt: skip


def record(values: dict[str, float], sound: str = "grid/b", key: str = "grid/a") -> ClipRecord:
    return ClipRecord(f"{key} + {sound}", "grid", "a", 50, sound, {"cross_driving": SystemRecord(values)})


def test_every_aim_is_a_column_of_the_family() -> None:
    assert AIMS.keys() == PERFECT.keys() <= set(columns_in("mouth"))


def test_a_perfect_clip_succeeds_and_each_fault_alone_fails() -> None:
    assert success(PERFECT, "grid")
    faults = {
        "follows_driver": 0.79, "follows_source": 0.16, "amplitude": 0.79, "closed_in_silence": 0.96,
        "movement_in_silence": 0.11, "sharpness": 0.79, "colour": 99, "outside": 2.1, "shake": 1.3,
    }  # fmt: skip
    assert faults.keys() == AIMS.keys()
    for column, value in faults.items():
        assert not success({**PERFECT, column: value}, "grid"), column
        assert not success({**PERFECT, column: math.nan}, "grid"), column
        assert not success({name: each for name, each in PERFECT.items() if name != column}, "grid"), column


def test_a_perfect_result_may_agree_with_the_source_as_its_driver_does() -> None:
    assert success({**PERFECT, "follows_source": 0.5, EASED: 0.4}, "grid")
    assert not success({**PERFECT, "follows_source": 0.6, EASED: 0.4}, "grid")
    assert not success({**PERFECT, "follows_source": 0.2, EASED: -0.4}, "grid")


@pytest.mark.parametrize(("group", "low"), [*FOLLOWS_BY_GROUP.items(), ("anything", 0.55)])
def test_the_aim_for_following_is_the_groups(group: str, low: float) -> None:
    assert aim_of("follows_driver", group) == Aim(low=low)


def test_medians_by_group_are_held_to_the_aims() -> None:
    values = [{**PERFECT, "success": 0.0, "follows_driver": 0.7}] * 3
    sounds = ["grid/b", "demo/c", "demo/d"]
    records = [record(each, sound) for each, sound in zip(values, sounds, strict=True)]
    found = aims_reached(records, "cross_driving")
    assert found["follows_driver (demo)"] == {"aim": "≥ 0.55", "median": 0.7, "n": 2, "of": 2, "reached": True}
    assert not found["follows_driver (grid)"]["reached"] and found["amplitude"]["reached"]
    assert found["amplitude"]["aim"] == "0.80 to 1.20" and found["shake"]["aim"] == "≤ 1.20"


def test_what_most_clips_lack_is_not_reached() -> None:
    without = {name: value for name, value in PERFECT.items() if name != "shake"}
    records = [record({**each, "success": 0.0}) for each in (PERFECT, without, without)]
    found = aims_reached(records, "cross_driving")["shake"]
    assert (found["n"], found["of"], found["reached"]) == (1, 3, False)
    assert aims_reached(records, "generated") == {}
