"""Several faces, one sound each: who says what, through cuts, and the mixed sound."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from talkface.errors import InputError
from talkface.face import TrackedFace
from talkface.face.detection import Detection
from talkface.media import VideoWriter, decode_audio, stream_mix, write_wav
from talkface.pipelines.lip_sync import lip_sync
from talkface.pipelines.options import LipSyncOptions
from talkface.pipelines.request import read_options
from talkface.pipelines.sound import MelStream
from talkface.pipelines.voices import Voices

LEFT, RIGHT = (20.0, 20.0, 80.0, 90.0), (180.0, 20.0, 240.0, 90.0)


class Both:
    """Sees two faces, the right one larger in the list's order."""

    def detect(self, images):
        return [[Detection(np.array(box, np.float32), 0.99) for box in (RIGHT, LEFT)] for _ in images]


@pytest.fixture
def sounds(tmp_path):
    """Two voices of 1.6 s: the first speaks in [0, 0.5), the second in [1, 1.6); nearly silent else."""
    time = np.arange(25600) / 16000
    paths = []
    for name, begin, end in (("a", 0.0, 0.5), ("b", 1.0, 1.6)):
        voice = sum(np.sin(2 * np.pi * 160 * k * time) / k for k in range(1, 12)) * ((time >= begin) & (time < end))
        write_wav(tmp_path / f"{name}.wav", (0.15 * voice).astype(np.float32), 16000)
        paths.append(tmp_path / f"{name}.wav")
    return paths


@pytest.fixture
def pair(tmp_path, portrait):
    """A clip of two people beside each other, 40 frames; at frame 20 a cut, and they change places."""
    other = np.ascontiguousarray(portrait[:, ::-1] // 2 + np.array([60, 0, 30], np.uint8))
    with VideoWriter(tmp_path / "pair.mp4", width=320, height=160, fps=Fraction(25), crf=10) as writer:
        for number in range(40):
            people = (portrait, other) if number < 20 else (other, portrait)
            writer.write(np.concatenate(people, axis=1))
    return tmp_path / "pair.mp4"


def moving(frames):
    """For each frame whether the mouth in the left and in the right half was changed."""
    changes = [np.abs(frame.image.astype(int) - frame.source).max(axis=(0, 2)) for frame in frames]
    return [(bool(change[:160].any()), bool(change[160:].any())) for change in changes]


def run(generator, clip, sounds, **changes):
    options = LipSyncOptions(faces="all", silence="keep", detect_every=5, **changes)
    return list(lip_sync(clip, sounds, generator=generator, detector=Both(), options=options).frames)


def test_each_face_says_its_own_sound_also_after_a_cut(generator, pair, sounds):
    seen = moving(run(generator, pair, sounds))
    assert seen[2:10] == [(True, False)] * 8  # the left person speaks first
    assert seen[27:38] == [(True, False)] * 11  # the right one has come to the left, and speaks now
    assert len(seen) == 40


def test_sounds_given_out_by_hand(generator, pair, sounds):
    seen = moving(run(generator, pair, sounds, speakers=(0, 1)))  # 0: the first of the detector's list, on the right
    assert seen[2:10] == [(False, True)] * 8 and seen[27:38] == [(False, True)] * 11


def test_one_sound_moves_all_faces(generator, pair, sounds):
    assert moving(run(generator, pair, sounds[:1]))[2:10] == [(True, True)] * 8


def test_people_are_met_from_left_to_right(sounds):
    def person(number, left):
        return TrackedFace(7, np.array([left, 0, left + 10, 10], np.float32), None, 1.0, person=number)

    voices = Voices([MelStream(path) for path in sounds], LipSyncOptions(faces="all", silence="model"))
    assert [face.person for face, _, _ in voices.give([person(4, 90)], Fraction(0))] == [4]
    given = voices.give([person(1, 5), person(4, 90), person(2, 0)], Fraction(1, 25))
    assert [face.person for face, _, _ in given] == [4, 2]  # two sounds: the third person stays mute
    mel = MelStream(sounds[1]).window_at(Fraction(1, 25))
    np.testing.assert_allclose(given[1][1], mel, atol=1e-5)


def test_the_output_lasts_as_the_longest(generator, pair, sounds, tmp_path):
    write_wav(tmp_path / "long.wav", np.full(40000, 0.01, np.float32), 16000)
    assert len(run(generator, pair, [sounds[0], tmp_path / "long.wav"])) == round(2.5 * 25)


def test_the_mix_is_the_sum(tmp_path):
    random = np.random.default_rng(2)
    parts = [random.uniform(-0.4, 0.4, count).astype(np.float32) for count in (5000, 30000, 12345)]
    for number, part in enumerate(parts):
        write_wav(tmp_path / f"{number}.wav", part, 16000)
    chunks = list(stream_mix([tmp_path / f"{number}.wav" for number in range(3)]))
    whole = np.concatenate([chunk.samples for chunk in chunks])
    expected = sum(
        np.pad(decode_audio(tmp_path / f"{n}.wav").samples, (0, 30000 - len(p))) for n, p in enumerate(parts)
    )
    np.testing.assert_allclose(whole, expected.clip(-1, 1), atol=1e-6)
    assert [chunk.start for chunk in chunks[:1]] == [0] and chunks[-1].start == Fraction(
        30000 - len(chunks[-1].samples), 16000
    )
    with VideoWriter(tmp_path / "m.mkv", width=16, height=16, fps=25, audio_path=[tmp_path / "0.wav"] * 2) as video:
        video.write(np.zeros((16, 16, 3), np.uint8))
    assert decode_audio(tmp_path / "m.mkv").samples.std() > 1.6 * parts[0].std()


def test_each_box_says_its_own_sound_in_the_order_of_the_boxes(generator, pair, sounds):
    for boxes, first in (((LEFT, RIGHT), (True, False)), ((RIGHT, LEFT), (False, True))):
        options = LipSyncOptions(box=boxes, silence="keep")
        frames = list(lip_sync(pair, sounds, generator=generator, options=options).frames)
        seen = moving(frames)
        assert seen[2:10] == [first] * 8
        assert seen[27:38] == [first[::-1]] * 11  # boxes stay where they are, whoever comes there
        assert [face.person for face in frames[30].faces] == [0, 1]
    swapped = LipSyncOptions(box=(LEFT, RIGHT), silence="keep", speakers=(1, 0))
    assert moving(lip_sync(pair, sounds, generator=generator, options=swapped).frames)[2:10] == [(False, True)] * 8
    alone = LipSyncOptions(box=(LEFT, RIGHT), silence="keep")
    assert moving(lip_sync(pair, sounds[0], generator=generator, options=alone).frames)[2:10] == [(True, True)] * 8


def test_boxes_out_of_a_configuration():
    assert read_options({"box": [[1, 2, 3, 4], [5, 6, 7.5, 8]]}).boxes == ((1, 2, 3, 4), (5, 6, 7.5, 8))
    assert read_options({"box": [1, 2, 3, 4]}).boxes == ((1, 2, 3, 4),) and read_options({}).boxes == ()
    for wrong, what in (
        ([[1, 2, 3, 4], 5], "not four"),
        ([[1, 2, 3]], "not four"),
        ([[1, 2, 3, 4], [9, 9, 9, 9]], "empty"),
    ):
        with pytest.raises(InputError, match=what):
            read_options({"box": wrong})
    with pytest.raises(InputError, match="the original knows one box"):
        read_options({"box": [[1, 2, 3, 4], [5, 6, 7, 8]], "convention": "wav2lip"})


@pytest.mark.parametrize(
    "changes",
    [
        {"faces": "largest"},
        {"convention": "wav2lip", "faces": "all"},
        {"box": LEFT, "faces": "all"},
        {"box": (LEFT,) * 3},
    ],
)
def test_several_sounds_need_several_faces(generator, pair, sounds, changes):
    with pytest.raises(InputError, match="2 sounds are for as many faces"):
        lip_sync(pair, sounds, generator=generator, detector=Both(), options=LipSyncOptions(**changes))
    with pytest.raises(InputError, match="no sound"):
        lip_sync(pair, [], generator=generator, detector=Both())


REAL = Path(__file__).parents[2].parent / "shared" / "data" / "torture" / "two_faces_swap.mp4"


@pytest.mark.slow
@pytest.mark.skipif(not REAL.exists(), reason="the torture inputs are not here")
def test_real_people_keep_their_sounds_when_they_change_places(generator, sounds):
    from talkface.face import build_detector

    options = LipSyncOptions(faces="all", silence="keep")
    detector = build_detector("mtcnn")
    frames = list(lip_sync(REAL, sounds, generator=generator, detector=detector, options=options).frames)
    width = frames[0].image.shape[1]
    for frame in frames[:10] + frames[31:36]:
        changed = np.abs(frame.image.astype(int) - frame.source).max(axis=(0, 2))
        halves = bool(changed[: width // 2].any()), bool(changed[width // 2 :].any())
        assert halves == (True, False)
