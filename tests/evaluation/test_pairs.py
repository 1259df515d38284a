"""Pair lists: the rules, their files, published lists, and what happens to clips that are missing."""

import json
from pathlib import Path

import pytest

from talkface.errors import InputError
from talkface.evaluation.clips import list_clips
from talkface.evaluation.command import run
from talkface.evaluation.networks import OpenNetwork
from talkface.evaluation.pairs import HEAD, Named, Pair, draw_pairs, pairs_text, parse_pairs
from talkface.evaluation.trials import ClipNames, find_trials, plan_trials
from talkface.texts import read_text

CLIPS = [Named(f"c/{speaker}{number}", speaker) for speaker in "abc" for number in range(4)]
EXPECTED = ["c/c2", "c/c0", "c/b2", "c/c2"]  # fixed once: a list made today must be the list made later
SPEAKER = {clip.key: clip.speaker for clip in CLIPS}


def drawn(sound: str, seed: int = 0, pose: str | None = None, count: int | None = None) -> list[Pair]:
    return draw_pairs(CLIPS, sound=sound, pose=pose, seed=seed, count=count)


def test_half_the_list_on_with_another_speaker() -> None:
    pairs = drawn("half_list")
    assert [pair.clip for pair in pairs] == [clip.key for clip in CLIPS]
    assert all(SPEAKER[pair.clip] != SPEAKER[pair.sound] for pair in pairs)
    assert pairs == drawn("half_list", seed=9)
    assert pairs[0].sound == "c/b2"


def test_drawn_partners_obey_the_rule_and_the_seed() -> None:
    other, alike = drawn("other_speaker", 1), drawn("same_speaker", 1)
    assert all(SPEAKER[pair.clip] != SPEAKER[pair.sound] for pair in other)
    assert all(SPEAKER[pair.clip] == SPEAKER[pair.sound] and pair.clip != pair.sound for pair in alike)
    assert drawn("other_speaker", 1) == other != drawn("other_speaker", 2)
    assert [pair.pose for pair in drawn("half_list", pose="same")] == [clip.key for clip in CLIPS]


def test_a_list_is_the_same_on_every_machine() -> None:
    assert [pair.sound for pair in drawn("other_speaker", 797)][:4] == EXPECTED


def test_every_pair_of_one_clip_a_speaker() -> None:
    pairs = drawn("every_pair", 797)
    assert len(pairs) == 3 * 2 and len({pair.clip for pair in pairs}) == 3
    some = drawn("every_pair", 797, count=4)
    assert len(some) == 4 and [pair for pair in pairs if pair in some] == some


def test_a_single_clip_has_no_partner() -> None:
    assert draw_pairs(CLIPS[:1], sound="half_list", pose=None, seed=0, count=None) == [Pair("c/a0")]
    with pytest.raises(InputError, match="no such rule"):
        drawn("whoever")


def test_files_of_both_forms() -> None:
    pairs = [Pair("c/a, b", "d/x", ""), Pair("c/b", "", "c/b")]
    assert parse_pairs(pairs_text(pairs), "x") == pairs
    assert pairs_text(pairs).splitlines()[0] == ",".join(HEAD)
    assert parse_pairs("s/1 v/2\n\nW_3 W_4\n", "x") == [Pair("v/2", "s/1"), Pair("W_4", "W_3")]
    for text, what in (("", "no pair"), ("a b c\n", "not a pair: 'a b c'"), ("clip,sound,pose\n,x,\n", "not a pair")):
        with pytest.raises(InputError, match=what):
            parse_pairs(text, "x")


@pytest.mark.parametrize(
    "content",
    [
        "clip,sound,pose\r\nv/2,s/1,\r\n".encode("utf-16"),
        b"\xef\xbb\xbfclip;sound;pose\r\nv/2;s/1;\r\n",
        b'"clip"\t"sound"\t"pose"\nv/2\ts/1\t\n',
        b"\xef\xbb\xbfs/1\tv/2\r\n\r\n",
    ],
)
def test_lists_of_other_programs(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(content)
    assert parse_pairs(read_text(tmp_path / "list", ""), "x") == [Pair("v/2", "s/1")]


def test_the_order_of_a_published_list_can_be_told() -> None:
    assert parse_pairs("v/2 s/1", "x", clip_first=True) == [Pair("v/2", "s/1")]


def test_clips_answer_to_other_forms_of_their_path(corpus: Path) -> None:
    entries = list_clips([corpus], None)
    path = entries[0].row.source
    forms = [path, f"/{path}", path.replace("/", "\\"), f"D:\\x\\{path}"]
    assert all(ClipNames(entries).find(name) == entries[:1] for name in forms)


def test_clips_answer_to_key_id_and_ends_of_their_path(corpus: Path) -> None:
    entries = list_clips([corpus], None)
    names = ClipNames(entries)
    assert names.find("drawn/clip1") == names.find("clip1") == entries[1:2]
    pairs = [Pair("clip0", "clip1"), Pair("clip0", "gone"), Pair("clip2", "clip1")]
    trials, failures = find_trials(pairs, entries)
    assert [trial.key for trial in trials] == ["drawn/clip0 + drawn/clip1", "drawn/clip2 + drawn/clip1"]
    assert [(failure.key, failure.reason) for failure in failures] == [("clip0 + gone", "no clips are named gone")]


def test_a_list_is_made_used_and_named_in_the_report(settings: dict, open_tiny: OpenNetwork, tmp_path: Path) -> None:
    path = tmp_path / "pairs.csv"
    assert run({**settings, "action": "pairs", "seed": 3, "out": str(path)}, open_tiny, []) == path
    by_hand = plan_trials({**settings, "pairs": str(path)}, [settings["data"]["corpus"]])
    by_rule = plan_trials({**settings, "seed": 3}, [settings["data"]["corpus"]])
    named = [[(trial.clip.key, trial.other.key) for trial in plan.trials] for plan in (by_hand, by_rule)]
    assert named[0] == named[1]
    assert by_hand.described["sha256"] == by_rule.described["sha256"]
    assert by_hand.described["splits"] == {"test": 4}
    limited = {**settings, "pairs": str(path), "limit": 1, "rows": ["real", "unsynced"]}
    report = json.loads((run(limited, open_tiny, []) / "report.json").read_text())
    assert report["provenance"]["pairs"]["file"] == "pairs.csv"
    assert report["clips"][0]["sound_of"] == by_hand.trials[0].other.key


def test_missing_clips_are_refused_or_counted(settings: dict, tmp_path: Path) -> None:
    path, folders = tmp_path / "list.txt", [settings["data"]["corpus"]]
    path.write_text("clip0 clip1\nclip0 clip9\n")
    listed = {**settings, "pairs": str(path)}
    with pytest.raises(InputError, match=r"1 of 2 pairs have no clip, the first: clip9 \(no clips are named clip9\)"):
        plan_trials(listed, folders)
    counted = plan_trials({**listed, "protocol": {**settings["protocol"], "missing": "count"}}, folders)
    assert [failure.key for failure in counted.failures] == ["clip9"]
    path.write_text("no1 no2\n")
    with pytest.raises(InputError, match="no pair of the list"):
        plan_trials({**listed, "protocol": {**settings["protocol"], "missing": "count"}}, folders)


def test_a_published_list_must_be_given(settings: dict) -> None:
    published = {
        **settings["protocol"],
        "name": "lrs2",
        "sound": None,
        "published": {"file": "lrs2.txt", "pairs": 14239},
    }
    with pytest.raises(InputError, match=r"the protocol lrs2 is a published list: pairs= - give pairs=FILE: lrs2\.txt"):
        plan_trials({**settings, "protocol": published}, [settings["data"]["corpus"]])
    with pytest.raises(InputError, match="no such file"):
        plan_trials({**settings, "pairs": "none.csv"}, [settings["data"]["corpus"]])
