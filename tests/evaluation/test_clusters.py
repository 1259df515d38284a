"""What intervals are drawn by: clips, the sound's too where several pairs hear it, or speakers."""

import pytest

from talkface.errors import InputError
from talkface.evaluation.bootstrap import Bootstrap
from talkface.evaluation.clusters import Clusters
from talkface.evaluation.records import ClipRecord, SystemRecord
from talkface.evaluation.summary import paired_differences, summarise

CLIPS = {f"c/{name}": f"s{index // 2}" for index, name in enumerate("abcdef")}


def pair(clip: str, sound: str, **rows: float) -> ClipRecord:
    systems = {row: SystemRecord({"lse_distance": value}) for row, value in rows.items()}
    return ClipRecord(f"{clip} + {sound}", "c", CLIPS[clip], 30, sound, systems)


def crossed() -> list[ClipRecord]:
    """All ordered pairs of six clips: a real clip has one value however often it stands there."""
    value = {clip: float(index) for index, clip in enumerate(CLIPS)}
    return [
        pair(a, b, real=value[a], cross_audio=value[a] + 10 * value[b], unsynced=value[b])
        for a in CLIPS
        for b in CLIPS
        if a != b
    ]


def test_a_real_row_hangs_on_its_clip_and_a_crossed_one_on_both() -> None:
    records = crossed()
    by_clip = Clusters(records, "clip")
    assert records[0].clip == "c/a"
    assert by_clip.of(records[0], ["real"]) == {"c/a"}
    assert by_clip.of(records[0], ["cross_audio", "real"]) == {"c/a", "c/b"}
    by_speaker = Clusters(records, "speaker")
    assert by_speaker.of(records[0], ["cross_audio"]) == {"c/s0"}  # a and b are of one speaker
    assert by_speaker.of(records[1], ["unsynced"]) == {"c/s0", "c/s1"}
    with pytest.raises(InputError, match="nothing to draw by: pair"):
        Clusters(records, "pair")


def test_a_sound_that_one_pair_hears_is_no_unit_of_its_own() -> None:
    records = [ClipRecord(f"c/{n}", "c", n, 30, f"c/{other}", {}) for n, other in zip("abcd", "bada", strict=True)]
    clusters = Clusters(records, "clip")
    assert clusters.of(records[0], ["unsynced"]) == {"c/a"}
    assert clusters.of(records[1], ["unsynced"]) == {"c/b", "c/a"}  # two hear a


def test_a_table_of_pairs_is_as_wide_as_its_clips_allow() -> None:
    draw, records = Bootstrap(1000), crossed()
    table = summarise(records, draw)
    alone = draw.mean([float(index) for index in range(6)])  # each real clip once
    found = table["real"]["lse_distance"]
    assert found[:3] == pytest.approx(alone[:3], abs=1e-9) and found.n == 30
    by_pair = draw.mean([record.values("cross_audio")["lse_distance"] for record in records])
    crossed_row = table["cross_audio"]["lse_distance"]
    assert crossed_row.high - crossed_row.low > 1.5 * (by_pair.high - by_pair.low)
    difference = paired_differences(records, "cross_audio", draw)["unsynced"]["lse_distance"]
    assert difference.value == pytest.approx(2.5 + 9 * 2.5)
    by_speaker = summarise(records, Bootstrap(1000, by="speaker"))["real"]["lse_distance"]
    assert by_speaker.high - by_speaker.low > found.high - found.low
