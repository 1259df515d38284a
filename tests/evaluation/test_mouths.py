"""Columns of drawn mouths: read against the truth, absent with a reason where there is none."""

from dataclasses import replace

import numpy as np
import pytest

from talkface.drawn import FIVE_MOUTHS
from talkface.evaluation.clips import Clip
from talkface.evaluation.mouths import ALL_MOVES, DRAWN_ONCE, UNDRAWN, UNSEEN
from talkface.evaluation.pictures import Row, measure_pictures
from talkface.evaluation.tools import Tools

REST, OPEN = (np.float32(FIVE_MOUTHS[name]) for name in ("shut", "wide"))


def found_in(clip: Clip, read: np.ndarray, absent: str | None = None) -> dict:
    tools = Tools(frozenset({"drawn"}), read_mouths=lambda lower: np.broadcast_to(read, (len(lower), 6)))
    made = (clip.crops * 0.5).astype(np.uint8)
    return measure_pictures(Row(made, clip.scene, clip.sound, absent), clip, tools, None)


def test_mouths_are_read_against_the_truth_where_they_are_seen(clip: Clip) -> None:
    truth = np.tile(REST, (len(clip.crops), 1))
    truth[::2] = OPEN
    truth[5] = np.nan
    spoken = np.tile(OPEN, (len(clip.crops), 1))
    spoken[:7] = REST
    found = found_in(replace(clip, mouths=truth, spoken=spoken), OPEN)
    seen = truth[~np.isnan(truth).any(axis=1)]
    assert found["mouth_error"] == pytest.approx(float(np.abs(seen - OPEN).mean()), abs=1e-6)
    assert found["viseme_accuracy"] == pytest.approx(float((seen == OPEN).all(axis=1).mean()))
    heard = spoken[~np.isnan(truth).any(axis=1)]
    assert found["spoken_error"] == pytest.approx(float(np.abs(heard - OPEN).mean()), abs=1e-6)
    assert found["spoken_visemes"] == pytest.approx(float((heard == OPEN).all(axis=1).mean()))
    assert found["line_strength"] == pytest.approx(0.5, abs=0.02)


def test_pictures_are_compared_where_another_mouth_changes_nothing(clip: Clip) -> None:
    truth = np.tile(REST, (len(clip.crops), 1))
    other = clip.crops.copy()
    other[:, 70:80, 40:60] = 255 - other[:, 70:80, 40:60]
    redrawn = replace(clip, mouths=truth, spoken=truth, reference=lambda: other)
    tools = Tools(frozenset({"drawn"}), read_mouths=lambda lower: np.zeros((len(lower), 6), np.float32))
    made = clip.crops.copy()
    made[:, 70:80, 40:60] = 7
    assert measure_pictures(Row(made, clip.scene, clip.sound, None), redrawn, tools, None)["outside_error"] == 0
    made[:, 48:] = np.where(made[:, 48:] > 127, made[:, 48:] - 3, made[:, 48:] + 3)
    found = measure_pictures(Row(made, clip.scene, clip.sound, None), redrawn, tools, None)
    assert found["outside_error"] == pytest.approx(3)
    inverse = replace(redrawn, reference=lambda: 255 - clip.crops)
    assert measure_pictures(Row(made, clip.scene, clip.sound, None), inverse, tools, None)["outside_error"] == ALL_MOVES
    once = replace(redrawn, reference=None)
    assert measure_pictures(Row(made, clip.scene, clip.sound, None), once, tools, None)["outside_error"] == DRAWN_ONCE


def test_what_cannot_be_read_is_absent_with_its_reason(clip: Clip) -> None:
    assert found_in(clip, OPEN)["mouth_error"] == UNDRAWN
    nowhere = np.full((len(clip.crops), 6), np.nan, np.float32)
    hidden = replace(clip, mouths=nowhere, spoken=nowhere)
    assert found_in(hidden, OPEN)["viseme_accuracy"] == UNSEEN
    assert set(found_in(hidden, OPEN, "made of another sound").values()) == {"made of another sound"}
