"""Probes on made codes: what a code carries is found, what it lacks is not, nobody is judged by a map that knew him."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from talkface.errors import InputError
from talkface.evaluation.bootstrap import Bootstrap
from talkface.evaluation.clips import list_clips
from talkface.evaluation.command import run
from talkface.evaluation.probes.crossed import ProbeClip, explained, folds_by, folds_within, recognised
from talkface.evaluation.probes.reading import CODES, known_of, same_kind
from talkface.evaluation.probes.report import build_probe_report, probe_table, write_probes

DRAW = Bootstrap(resamples=200)
FRAMES = 30


def made_clips(speakers: int = 10, takes: int = 3) -> list[ProbeClip]:
    """`pose` carries yaw alone, `identity` the speaker alone, `content` neither; `picture` mixes both with noise."""
    rng, clips = np.random.default_rng(0), []
    people = rng.normal(size=(speakers, 6))
    for speaker in range(speakers):
        for take in range(takes):
            yaw = rng.normal(size=FRAMES) * 10
            shown = np.stack([yaw, yaw**2, rng.normal(size=FRAMES)], 1)
            who = people[speaker] + 0.05 * rng.normal(size=(FRAMES, 6))
            codes = {"pose": shown, "identity": who, "content": rng.normal(size=(FRAMES, 3))}
            codes |= {"content_heard": codes["content"], "picture": np.concatenate([shown, who], 1)}
            known = {"yaw": yaw, "opening": np.full(FRAMES, np.nan)}
            clips.append(ProbeClip(f"c/{speaker}-{take}", f"c/s{speaker}", codes, known))
    return clips


def test_folds_keep_people_together_or_spread_their_clips():
    names = ["b", "a", "b", "c", "a", "d"]
    assert folds_by(names, 3).tolist() == [1, 0, 1, 2, 0, 0]
    assert folds_within(names, 2).tolist() == [0, 0, 1, -1, 1, -1]


def test_what_a_code_carries_is_found_and_no_more():
    table = probe_table(made_clips(), DRAW)
    assert set(table) == {*CODES, "chance"} and "opening" not in table["pose"]
    assert table["pose"]["yaw"].value > 0.999 and table["pose"]["yaw"].n == 30
    assert abs(table["identity"]["yaw"].value) < 0.02 and abs(table["content"]["yaw"].value) < 0.02
    assert table["identity"]["speaker"].value > 0.99 and table["picture"]["speaker"].value > 0.99
    chance = table["chance"]["speaker"]
    assert chance.value == pytest.approx(0.1) and table["chance"]["yaw"].value == 0
    for code in ("pose", "content"):
        found = table[code]["speaker"]
        assert abs(found.value - chance.value) < 0.05 and found.low <= found.value <= found.high


def test_people_with_one_clip_count_for_angles_only():
    clips = made_clips(4, 2)[:-1]
    hits, _ = recognised(clips, "identity")
    assert hits.below.tolist() == [FRAMES] * 6 + [0]
    assert (explained(clips, "pose", "yaw").below > 0).all()


def test_report_is_plain_and_its_table_is_a_file(tmp_path: Path):
    clips = made_clips(3, 2)
    report = build_probe_report(clips, [{"key": "c/x", "reason": "no points"}], {"name": "t", "drawn": True}, DRAW)
    write_probes(tmp_path, report)
    assert json.loads((tmp_path / "probes.json").read_text())["table"]["pose"]["yaw"]["n"] == 6
    rows = list(csv.DictReader((tmp_path / "probes.csv").open()))
    assert {(row["code"], row["target"]) for row in rows} == {
        (c, t) for c in (*CODES, "chance") for t in ("yaw", "speaker")
    }
    page = (tmp_path / "probes.html").read_text()
    assert "no points" in page and "drawn truth" in page and "pose code of the picture" in page


class Levels(nn.Module):
    """Stands for PC-AVS: codes of brightness and of loudness."""

    weights_sha256 = "d" * 64

    def __init__(self) -> None:
        super().__init__()
        self.metadata: dict[str, object] = {}

    def encode_codes(self, images: torch.Tensor) -> dict[str, torch.Tensor]:
        small = nn.functional.adaptive_avg_pool2d(images, 2).flatten(1)
        return {"identity": small, "content": small[:, :2], "pose": small[:, :1]}

    def encode_content(self, mels: torch.Tensor) -> torch.Tensor:
        return mels.mean((1, 3))


def test_the_command_probes_a_split(settings: dict, tmp_path: Path):
    wanted = {**settings, "probe": True, "checkpoint": "FOLDER", "out": str(tmp_path / "probes")}
    found = json.loads((run(wanted, lambda path, kind: Levels(), ["probe=true"]) / "probes.json").read_text())
    assert found["provenance"]["checkpoint"]["sha256"] == "d" * 64 and found["provenance"]["drawn"] is False
    assert [clip["frames"] for clip in found["clips"]] == [6] * 4 and not found["failures"]
    assert set(found["table"]["chance"]) == {"yaw", "pitch", "roll", "width", "speaker"}
    with pytest.raises(InputError, match="nothing to probe"):
        run({**wanted, "checkpoint": None}, lambda path, kind: Levels(), [])
    both = {**wanted, "checkpoint": {"one": "A", "other": "B"}, "out": str(tmp_path / "both")}
    out = run(both, lambda path, kind: Levels(), [])
    one, other = (json.loads((out / name / "probes.json").read_text()) for name in ("one", "other"))
    assert one["table"] == other["table"] and one["provenance"]["name"] == "one"


def test_drawn_truth_is_read_as_the_aligned_picture_shows_it(corpus: Path, tmp_path: Path):
    entry, picked = list_clips([corpus], "test")[0], np.array([0, 7])
    assert known_of(entry, picked)["roll"] == pytest.approx([0, 0], abs=3)  # eyes of the discs are level
    pose, mouth = np.zeros((30, 1, 6), np.float32), np.zeros((30, 1, 6), np.float32)
    pose[7, 0, :3], mouth[7, 0, :2] = (20, -5, 9), (0.5, 0.8)
    there = np.ones((30, 1), bool)
    there[0] = False
    truth = entry.corpus.clip_folder(entry.row) / "truth.npz"
    try:
        np.savez(truth, pose=pose, mouth=mouth, present=there, visible=np.ones((30, 1, 68), bool))
        found = known_of(entry, picked)
        assert {name: float(values[1]) for name, values in found.items()} == pytest.approx(
            {"yaw": 20, "pitch": -5, "roll": 9, "opening": 0.5, "width": 0.8}, abs=1e-3
        )
        assert all(np.isnan(values[0]) for values in found.values())
        with pytest.raises(InputError, match="probe them in two runs"):
            same_kind(list_clips([corpus], "test"))
    finally:
        truth.unlink()
