"""Items of the mouth model: functions of their number, right where they are plain, changed alike where they are not."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from mouth_folders import make_clip, make_mouth_folder

from talkface.data.mouth_frames import Look, MouthFrames, choose_frames, laid
from talkface.data.mouth_module import MouthFramesDataModule, MouthPointsDataModule, MouthSpeechDataModule
from talkface.data.mouth_points import MouthPoints
from talkface.data.mouth_set import MouthOdds, MouthSet
from talkface.data.mouth_sound import degraded, other_voice, resampled, reverberant, together
from talkface.data.mouth_speech import STEPS, MouthSpeech, manner, told
from talkface.errors import InputError
from talkface.face.mouth_basis import find_coefficients
from talkface.face.mouth_shape import MouthBasis
from talkface.models.mouth.audio import WINDOW
from talkface.mouth_clips import MEL_LEAD, MouthClips, write_mouth_clips


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_mouth_folder(tmp_path_factory.mktemp("mouths") / "folder", 6)


@pytest.fixture(scope="module")
def clips(folder):
    return MouthSet([folder], "train", MouthOdds())


@pytest.fixture(scope="module")
def basis(folder):
    data = MouthSpeechDataModule(folder, batch=2, workers=0)
    data.setup()
    return data.find_basis()


def equal(one, other):
    return all(torch.equal(getattr(one, name), getattr(other, name)) for name in one.__dataclass_fields__)


@pytest.mark.parametrize("plain", [False, True])
def test_items_follow_from_seed_and_number(clips, basis, plain):
    for build in (
        lambda seed: MouthSpeech(clips, basis, seed=seed, plain=plain),
        lambda seed: MouthFrames(clips, seed=seed, plain=plain),
        lambda seed: MouthPoints(clips, seed=seed, plain=plain),
    ):
        assert equal(build(1)[7], build(1)[7])
        assert not equal(build(1)[7], build(1)[8]) and not equal(build(1)[7], build(2)[7])


def test_speech_and_coefficients_belong_together(clips, basis):
    """A plain item's sound, where the network's answer for a frame looks, is that of the frame."""
    data = MouthSpeech(clips, basis, seed=3, plain=True)
    for number in range(3):
        item = data[number]
        assert item.mel.shape == (1, 80, STEPS) and item.coefficients.shape == (1, 25, 12)
        middle = item.place[0].numpy() + WINDOW // 2
        loud = np.interp(middle, np.arange(STEPS), item.mel[0, 0].numpy())
        known = item.known[0].numpy()
        assert not known.all() or known.sum() >= 24
        first = item.coefficients[0, :, 0].numpy()
        heard = known & (loud < 3.9)  # the level of the sound follows the mouth until it is as loud as can be
        assert np.corrcoef(loud[heard], first[heard])[0, 1] > 0.9


def test_faster_speech_moves_the_frames_places(clips, basis):
    items = [MouthSpeech(clips, basis, seed=5)[number] for number in range(12)]
    steps = {round(float(item.place[0, 1] - item.place[0, 0]), 3) for item in items}
    assert 3.2 in steps and len(steps) > 3 and all(3.2 / 1.14 - 0.01 <= step <= 3.2 / 0.88 + 0.01 for step in steps)
    assert all(float(item.place.max()) <= STEPS - WINDOW for item in items)


def test_a_persons_manner_is_taken_out(basis, clips):
    reader, number = clips.clips[0]
    labels = reader.labels(number)
    found = find_coefficients(labels.landmarks[labels.known], basis)
    coefficients, known = told(reader, number, basis)
    np.testing.assert_allclose(coefficients[known] * manner(found, basis), found, rtol=1e-5)
    assert (coefficients[~known] == 0).all()
    wide, narrow = manner(np.tile(3 * found, (9, 1)), basis), manner(np.tile(0.3 * found, (9, 1)), basis)
    assert 2 >= wide > 1 > narrow >= 0.5
    assert abs(np.log(manner(3 * found[:12], basis))) < abs(np.log(wide)) or wide == 2


def test_sounds_columns_are_found_between(clips):
    mel = np.tile(np.arange(-4, 4, 0.1, dtype=np.float32)[None, :40], (80, 1))
    found = resampled(mel, 2.5, 1.0, 5)
    np.testing.assert_allclose(found[0], mel[0, 2:7] + 0.05, atol=1e-5)
    assert (resampled(mel, -3, 1.0, 3)[:, :2] == -4).all() and (resampled(mel, 41, 1.0, 3) == -4).all()


def test_what_happens_to_sound_keeps_its_range_and_its_time():
    rng = np.random.default_rng(0)
    mel = np.full((80, 100), -4, np.float32)
    mel[20:40, 30:60] = 2
    for _ in range(20):
        worn = degraded(mel, rng, mel[:, ::-1])
        assert worn.shape == mel.shape and worn.dtype == np.float32 and worn.min() >= -4 and worn.max() <= 4
    np.testing.assert_allclose(other_voice(mel, 1.0), mel, atol=1e-5)
    np.testing.assert_allclose(together(mel, np.full_like(mel, -20)), mel, atol=1e-4)
    rung = reverberant(mel, 0.4)
    np.testing.assert_allclose(rung[25, :30], mel[25, :30], atol=0.3)
    assert rung[25, 61] > mel[25, 61] + 1 and (np.diff(rung[25, 60:64]) < 0).all()


def test_references_are_other_frames_wider_or_shut():
    rng = np.random.default_rng(2)
    openings = np.abs(np.sin(np.arange(60) / 3)).astype(np.float32)
    chosen = np.array([choose_frames(openings, rng) for _ in range(300)])
    apart = np.abs(chosen[:, 1:] - chosen[:, :1])
    assert chosen.shape == (300, 4) and (apart[:, 0] > 2).all()
    assert openings[chosen[:, 2]].mean() > openings.mean() > openings[chosen[:, 3]].mean()
    assert len(choose_frames(openings[:1], rng)) == 4


def test_plain_frames_are_the_stored_ones(clips):
    item = MouthFrames(clips, seed=1, plain=True)[0]
    assert item.image.shape == item.geometry.shape == (1, 4, 3, 88, 96)
    lips, inner = item.geometry[0, :, 0].float() / 255, item.geometry[0, :, 1].float() / 255
    red = item.image[0, :, 0].float() - item.image[0, :, 1].float()
    ring = (lips > 0.9) & (inner < 0.1)
    assert all(float(red[k][ring[k]].mean()) > float(red[k][lips[k] < 0.1].mean()) + 40 for k in range(4))


def test_maps_follow_the_mirrored_and_turned_image(clips):
    reader, number = clips.clips[0]
    crop, places = reader.crop(number, 8), reader.labels(number).places[8]
    for look in (Look(mirrored=True), Look(growth=1.07, turn=0.12), Look(gamma=1.2, gain=0.8, tint=(0.95, 1, 1.05))):
        image, maps = laid(crop, places, look, None)
        ring = (maps[..., 0] > 230) & (maps[..., 1] < 20)
        red = image[..., 0].astype(float) - image[..., 1]
        assert red[ring].mean() > red[maps[..., 0] < 20].mean() + 25
    mirrored, plain = laid(crop, places, Look(mirrored=True), None)[0], laid(crop, places, Look(), None)[0]
    np.testing.assert_array_equal(mirrored, plain[:, ::-1])


def test_points_stay_on_what_they_mark(clips):
    for data in (MouthPoints(clips, seed=1), MouthPoints(clips, seed=1, plain=True)):
        for number in range(4):
            item = data[number]
            assert item.crop.shape == (1, 3, 128, 112)
            places = (item.points[0].numpy() * [112, 128]).round().astype(int)
            nose = places[30]
            assert 20 < nose[0] < 92 and 40 < nose[1] < 90
            mouth, eyes = places[48:60].mean(0), places[36:48].mean(0)
            assert mouth[1] > eyes[1] + 20 and places[48, 0] < places[54, 0]  # upright, and left stays left


def test_odds_balance_speakers_lengths_and_sharpness(folder):
    rows = MouthClips(folder).rows
    alike = MouthOdds(balance=0, lengths=0).of(rows)
    np.testing.assert_allclose(alike, 1 / len(rows))
    many = [replace(rows[0], speaker="a")] * 9 + [replace(rows[0], speaker="b")]
    odds = MouthOdds(balance=1, lengths=0).of(many)
    assert odds[-1] == pytest.approx(0.5)
    long = MouthOdds(balance=0, lengths=1, most=100).of([replace(rows[0], seen=50), replace(rows[0], seen=900)])
    np.testing.assert_allclose(long, [1 / 3, 2 / 3])
    small = MouthOdds(balance=0, lengths=0, sharp=1.5).of([replace(rows[0], scale=1.0), replace(rows[0], scale=4.8)])
    np.testing.assert_allclose(small, [8 / 9, 1 / 9])


def test_what_cannot_be_trained_on_is_said(tmp_path, folder):
    with pytest.raises(InputError, match="no labelled mouth clips given"):
        MouthFramesDataModule(None, batch=2).setup()
    only = write_mouth_clips(tmp_path / "train", [make_clip(0), make_clip(1)], {})
    with pytest.raises(InputError, match="split 'val'"):
        MouthPointsDataModule(only, batch=2).setup()
    both = [make_clip(0), make_clip(1, split="val")]
    flat = write_mouth_clips(
        tmp_path / "flat", [make_clip(n, split=c.split, deep=False) for n, c in enumerate(both)], {}
    )
    MouthFramesDataModule(flat, batch=2).setup()
    with pytest.raises(InputError, match=r"label\.landmarks=mesh"):
        MouthSpeechDataModule(flat, batch=2).setup()
    mute = write_mouth_clips(
        tmp_path / "mute", [make_clip(n, split=c.split, sound=False) for n, c in enumerate(both)], {}
    )
    with pytest.raises(InputError, match="sound"):
        MouthSpeechDataModule(mute, batch=2).setup()


def test_several_folders_are_one_set(tmp_path, folder):
    more = make_mouth_folder(tmp_path / "more", 3)
    data = MouthFramesDataModule([folder, more], batch=2, workers=0)
    data.setup()
    assert len(data.clips_of["train"].clips) == 6 and set(data.fingerprints()) == {"folder", "more"}
    assert isinstance(find(data), MouthBasis) and MEL_LEAD == 40


def find(data):
    speech = MouthSpeechDataModule(data.corpora, batch=2, workers=0)
    speech.setup()
    return speech.find_basis()
