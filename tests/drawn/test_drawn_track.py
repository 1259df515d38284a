"""Mouth tracks from phonemes and from sound."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from talkface.drawn import (
    SPEECH,
    VISEMES,
    MouthShape,
    Phoneme,
    hold,
    phonemes,
    speech,
    track_from_phonemes,
    track_from_sound,
)
from talkface.drawn.track import frame_middles, segments_of
from talkface.drawn.visemes import visemes_of

FPS = Fraction(25)
OPENING = MouthShape._fields.index("opening")
WIDTH, ROUNDNESS, TEETH = (MouthShape._fields.index(name) for name in ("width", "roundness", "teeth"))


@pytest.mark.parametrize(
    ("phoneme", "expected"),
    [
        ("", ["rest"]),
        ("p", ["PP"]),
        ("m", ["PP"]),
        ("ɑː", ["AA"]),
        ("uː", ["UU"]),
        ("aɪ", ["AA", "II"]),
        ("oʊ", ["OO", "UU"]),
        ("tʃ", ["CH"]),
        ("ɔːɹ", ["OO", "RR"]),
        ("əl", ["ER", "LL"]),
        ("ii", ["II"]),
        ("\N{SNOWMAN}", ["ER"]),
    ],
)
def test_phonemes_pass_through_visemes(phoneme, expected):
    assert visemes_of(phoneme) == expected


@pytest.mark.parametrize("name", SPEECH)
def test_every_shipped_phoneme_is_known(name):
    unknown = {p.name for p in phonemes(name) if p.name.strip("?") and visemes_of(p.name) == ["ER"]}
    assert unknown <= {"ə", "ʌ"}


def test_all_shapes_are_in_range_and_only_lip_closures_and_rest_are_shut():
    for name, shape in VISEMES.items():
        assert all(0 <= value <= 1 for value in shape), name
        assert (shape.opening == 0) == (name in ("rest", "PP"))


@pytest.mark.parametrize("fps", [Fraction(12), Fraction(24000, 1001), FPS, Fraction(60)])
@pytest.mark.parametrize("name", SPEECH)
def test_every_bilabial_shuts_the_mouth_on_some_frame(name, fps):
    times = phonemes(name)
    frames = int(times[-1].end * fps)
    track = track_from_phonemes(times, frames, fps)
    middles = frame_middles(frames, fps)
    for phoneme in times:
        if phoneme.name in ("p", "b", "m"):
            middle = (phoneme.start + phoneme.end) / 2
            nearest = int(np.argmin(np.abs(middles - middle)))
            assert track.shapes[nearest, OPENING] < 1e-6, phoneme


def test_long_silence_is_shut_and_open_vowels_are_open():
    times = [Phoneme(0, 0.6, ""), Phoneme(0.6, 1.0, "ɑː"), Phoneme(1.0, 2.0, "")]
    track = track_from_phonemes(times, 50, FPS)
    opening = track.shapes[:, OPENING]
    assert opening[:13].max() == 0
    assert opening[30:].max() == 0
    assert opening[18:22].min() > 0.75
    assert track.visemes[5] == "rest"
    assert track.visemes[20] == "AA"


def test_a_short_pause_between_words_does_not_shut_the_mouth():
    words = [Phoneme(0, 0.3, "a"), Phoneme(0.3, 0.36, ""), Phoneme(0.36, 0.7, "a")]
    assert track_from_phonemes(words, 17, FPS).shapes[3:14, OPENING].min() > 0.5
    assert [s.viseme for s in segments_of(words)] == ["AA", "AA"]
    long = [words[0], Phoneme(0.3, 0.6, ""), Phoneme(0.6, 0.9, "a")]
    assert track_from_phonemes(long, 22, FPS).shapes[11, OPENING] == 0


def test_neighbours_colour_a_consonant():
    def middle_width(vowel):
        times = [Phoneme(0, 0.3, vowel), Phoneme(0.3, 0.36, "t"), Phoneme(0.36, 0.7, vowel)]
        return track_from_phonemes(times, 70, Fraction(100)).shapes[33, WIDTH]

    assert middle_width("iː") > middle_width("uː") + 0.15


@given(
    st.lists(st.tuples(st.sampled_from(["p", "ɑː", "uː", "s", "", "aɪ", "l"]), st.floats(0.02, 0.4)), max_size=12),
    st.sampled_from([Fraction(10), Fraction(30000, 1001), Fraction(50)]),
)
@settings(max_examples=60, deadline=None)
def test_tracks_stay_in_range(spoken, fps):
    ends = np.cumsum([length for _, length in spoken]).tolist()
    times = [Phoneme(end - length, end, name) for (name, length), end in zip(spoken, ends, strict=True)]
    track = track_from_phonemes(times, 40, fps)
    assert len(track) == 40 == len(track.shapes)
    assert np.isfinite(track.shapes).all()
    assert (track.shapes >= 0).all()
    assert (track.shapes <= 1).all()
    assert set(track.visemes) <= set(VISEMES)


@pytest.mark.parametrize("name", SPEECH)
def test_sound_and_phonemes_agree_in_time(name):
    """The acoustic rule knows no phonemes: it must fit the track best at no offset (within 20 ms)."""
    fps = Fraction(100)
    samples, rate = speech(name)
    frames = int(len(samples) / rate * fps)
    spoken = track_from_phonemes(phonemes(name), frames, fps).shapes[:, OPENING]
    heard = track_from_sound(samples, frames, fps).shapes[:, OPENING]
    fit = {shift: np.corrcoef(np.roll(spoken, shift), heard)[0, 1] for shift in range(-12, 13)}
    assert abs(max(fit, key=fit.get)) <= 2
    assert fit[0] > 0.4


def vowel(first, second, seconds=0.6):
    """A buzz with two resonances."""
    time = np.arange(int(16000 * seconds)) / 16000
    harmonics = 120 * np.arange(1, 40)
    gain = sum(strength / (1 + ((harmonics - f) / 80) ** 2) for f, strength in ((first, 1.0), (second, 0.6)))
    voice = sum(g * np.sin(2 * np.pi * h * time) for g, h in zip(gain, harmonics, strict=True))
    return (0.3 * voice / np.abs(voice).max()).astype(np.float32)


def test_sound_rule_hears_open_round_spread_and_hiss():
    noise = np.random.default_rng(0).normal(size=9600)
    hiss = 0.05 * np.diff(np.diff(noise, prepend=0), prepend=0).astype(np.float32)
    samples = np.concatenate([vowel(750, 1200), vowel(300, 700), vowel(300, 2300), hiss, np.zeros(9600, np.float32)])
    shapes = track_from_sound(samples, 75, FPS).shapes
    ah, oo, ee, ess, silence = (shapes[15 * i + 4 : 15 * i + 11].mean(axis=0) for i in range(5))
    assert ah[OPENING] > 0.7 > 0.55 > max(oo[OPENING], ee[OPENING], ess[OPENING])
    assert oo[ROUNDNESS] > 0.5 > ee[ROUNDNESS] + 0.3
    assert ee[WIDTH] > 0.7 > oo[WIDTH] + 0.2
    assert ess[TEETH] > 0.8
    assert silence[OPENING] < 0.01


def test_silence_alone_moves_nothing_and_sound_may_be_shorter_than_the_picture():
    assert track_from_sound(np.zeros(8000, np.float32), 25, FPS).shapes[:, OPENING].max() == 0
    track = track_from_sound(vowel(750, 1200, 0.4), 25, FPS)
    assert track.shapes[12:, OPENING].max() == 0
    assert track.visemes[-1] == "rest"


def test_hold_repeats_drawings():
    track = track_from_phonemes(phonemes(), 30, FPS)
    twos = hold(track, 2)
    assert (twos.shapes[0::2] == twos.shapes[1::2]).all()
    assert (twos.shapes[0::2] == track.shapes[0::2]).all()
    assert twos.visemes[1] == track.visemes[0]
    assert (hold(track, 1).shapes == track.shapes).all()
    with pytest.raises(ValueError, match="at least one frame"):
        hold(track, 0)
