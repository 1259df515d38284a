"""The clock: round trips, monotone, additive, and the original's index tables."""

import json
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from talkface.timeline import MEL_WINDOW, Timeline

ORACLE = Path(__file__).parents[2] / "shared" / "oracle" / "wav2lip" / "windows.json"
RATES = [
    Fraction(r) for r in ("25", "24", "30", "50", "24000/1001", "30000/1001", "60000/1001", "10", "12150000/550067")
]
rates = st.sampled_from(RATES)
frames = st.integers(0, 2_000_000)


@given(rates, frames)
def test_frame_time_and_back(fps: Fraction, frame: int) -> None:
    clock = Timeline(fps)
    assert clock.frame_at(clock.frame_time(frame)) == frame
    assert clock.nearest_frame(clock.frame_time(frame)) == frame


@given(rates, frames, st.integers(1, 1000))
def test_windows_never_go_back_and_never_drift(fps: Fraction, frame: int, later: int) -> None:
    clock = Timeline(fps)
    first, second = clock.expert_window_start(frame), clock.expert_window_start(frame + later)
    assert second >= first
    assert abs((second - first) - clock.mel_rate * later / fps) <= 1


@given(rates, frames)
def test_exact_windows_are_within_half_a_step(fps: Fraction, frame: int) -> None:
    clock = Timeline(fps)
    time = clock.frame_time(frame)
    assert abs(Fraction(clock.expert_window_start(frame)) / clock.mel_rate - time) <= Fraction(1, 160)
    lead = Fraction(clock.generator_window_start(frame)) / clock.mel_rate - time
    assert abs(lead + Fraction(1, 25)) <= Fraction(1, 160)


@given(rates, frames, frames)
def test_samples_add_up(fps: Fraction, a: int, b: int) -> None:
    clock = Timeline(fps)
    assert abs(clock.sample_of_frame(a) + clock.sample_of_frame(b) - clock.sample_of_frame(a + b)) <= 1


def test_one_hour_of_ntsc_frames_does_not_drift() -> None:
    clock = Timeline(Fraction(30000, 1001))
    assert clock.frame_count(Fraction(3600)) == 107892
    assert clock.sample_of_frame(107892) == 57599942  # 107892 * 1001 / 30000 * 16000 = 57599942.4


def test_known_positions_at_25_fps() -> None:
    exact, original = Timeline(), Timeline(convention="wav2lip")
    assert [exact.expert_window_start(i) for i in range(6)] == [0, 3, 6, 10, 13, 16]
    assert [original.expert_window_start(i) for i in range(6)] == [0, 3, 6, 9, 12, 16]
    assert [original.generator_window_start(i) for i in range(1, 6)] == [0, 3, 6, 9, 12]


@pytest.mark.parametrize("steps", [0, 15])
def test_sound_shorter_than_a_window_is_refused(steps: int) -> None:
    with pytest.raises(ValueError, match="fewer than one window"):
        Timeline().generator_window_starts(steps)


@pytest.mark.parametrize("field", ["fps", "sample_rate", "hop_length"])
def test_rates_must_be_positive(field: str) -> None:
    with pytest.raises(ValueError, match="positive"):
        Timeline(**{field: 0})


def test_unknown_convention() -> None:
    with pytest.raises(ValueError, match="sideways"):
        Timeline(convention="sideways")


@pytest.mark.skipif(not ORACLE.exists(), reason="needs ../shared/oracle")
def test_original_index_tables() -> None:
    table = json.loads(ORACLE.read_text())
    for entry in table["inference"].values():
        clock = Timeline(Fraction(entry["fps"]).limit_denominator(1001), convention="wav2lip")
        for steps, starts in entry["cases"].items():
            assert clock.generator_window_starts(int(steps)) == starts
    clock = Timeline(convention="wav2lip")
    for row in table["training"]["25"]:
        assert clock.expert_window_start(row["frame"]) == row["sync_window_start"]
        if row["segment_starts"] is not None:
            assert [clock.generator_window_start(row["frame"] + k) for k in range(5)] == row["segment_starts"]


def test_speech_windows_of_both_conventions() -> None:
    exact, original = Timeline(hop_length=160), Timeline(hop_length=160, convention="pcavs")
    assert [exact.speech_window_start(i) for i in range(4)] == [-8, -4, 0, 4]
    assert [original.speech_window_start(i) for i in range(4)] == [0, 4, 8, 12]  # the picture of frame i + 2
    assert original.speech_window_starts(167) == [4 * i for i in range(37)]
    assert Timeline(Fraction(30), hop_length=160).speech_window_start(30) == 92


@given(rates, frames)
def test_exact_speech_windows_are_within_half_a_step(fps: Fraction, frame: int) -> None:
    clock = Timeline(fps, hop_length=160)
    lead = clock.frame_time(frame) - Fraction(clock.speech_window_start(frame), 100)
    assert abs(lead - Fraction(2, 25)) <= Fraction(1, 200)


def test_the_pcavs_convention_knows_one_rate_and_needs_one_window() -> None:
    with pytest.raises(ValueError, match="25 fps only"):
        Timeline(Fraction(30), hop_length=160, convention="pcavs")
    with pytest.raises(ValueError, match="fewer than one window"):
        Timeline(hop_length=160, convention="pcavs").speech_window_starts(19)


@given(st.integers(MEL_WINDOW, 5000), rates)
def test_inference_windows_fit_and_end_at_the_end(steps: int, fps: Fraction) -> None:
    starts = Timeline(fps, convention="wav2lip").generator_window_starts(steps)
    assert all(0 <= start <= steps - MEL_WINDOW for start in starts)
    assert starts[-1] == steps - MEL_WINDOW
