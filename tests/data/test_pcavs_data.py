"""PC-AVS's items: the right frames and sounds, hidden identity, balanced speakers, the same for the same number."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from packs import level_of, make_aligned_pack

from talkface.audio.mel import mel_window
from talkface.data.datasets import Sampling
from talkface.data.pcavs import View
from talkface.data.pcavs_module import PoseDataModule, SpeakerDataModule, SpeechDataModule
from talkface.data.sampler import PositionSampler
from talkface.errors import InputError

PLAIN = View(112, hide_identity=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_aligned_pack(tmp_path_factory.mktemp("pcavs") / "corpus" / "aligned", clips=8).parent


def module(kind, folder, **changes):
    options = {"batch": 2, "workers": 0, "validation_items": 3, "view": PLAIN, "sampling": Sampling(3, 2, balance=1.0)}
    made = kind(folder, **{**options, **changes})
    made.setup()
    return made


def frame_of(levels: torch.Tensor, clip: int) -> list[int]:
    """Numbers of frames from their gray levels."""
    table = np.array([level_of(frame, clip) for frame in range(24)])
    return [int(np.abs(table - float(level)).argmin()) for level in levels.flatten()]


def clip_of(data, item: int) -> tuple[int, object]:
    source, _ = data.draw(item)
    return int(source.clip.id.removeprefix("clip")), source


def test_speech_windows_are_consecutive_frames_with_their_own_sound(folder):
    own = module(SpeechDataModule, folder, frames=5)
    data = own.train_set()
    for item in range(4):
        clip, source = clip_of(data, item)
        batch = data[item]
        assert batch.mouth.shape == (3, 5, 3, 112, 112) and batch.mel.shape == (3, 5, 1, 80, 20)
        mel = source.pack.mel(source.clip)
        for window in range(3):
            frames = frame_of(batch.mouth[window].float().mean((1, 2, 3)), clip)
            assert frames == list(range(frames[0], frames[0] + 5))
            for place, frame in enumerate(frames):
                start = own.timeline.speech_window_start(frame)
                np.testing.assert_array_equal(batch.mel[window, place, 0], mel_window(mel, start, 20, 0.0))


def test_pose_items_show_a_frame_and_the_same_frame_hidden(folder):
    data = module(PoseDataModule, folder).train_set()
    clip, _ = clip_of(data, 1)
    batch = data[1]
    frames = frame_of(batch.target[0].float().mean((1, 2, 3)), clip)
    assert frames == sorted(set(frames)) and torch.equal(batch.target, batch.augmented)
    assert batch.identity.shape == (1, 3, 112, 112) and batch.mel.shape == (1, 3, 1, 80, 20)
    hidden = module(PoseDataModule, folder, view=View(112)).train_set()[1]
    assert torch.equal(hidden.target, batch.target) and not torch.equal(hidden.augmented, hidden.target)
    assert torch.equal(hidden.mel, batch.mel)


def test_poses_come_from_neighbours(folder):
    plain = module(PoseDataModule, folder).train_set()
    data = module(PoseDataModule, folder, view=View(112, hide_identity=False, pose_distance=(3, 5))).train_set()
    away = set()
    for item in range(12):
        clip, _ = clip_of(data, item)
        batch = data[item]
        assert torch.equal(batch.target, plain[item].target) and torch.equal(batch.augmented, batch.target)
        frames, poses = (frame_of(shown[0].float().mean((1, 2, 3)), clip) for shown in (batch.target, batch.pose))
        away |= {pose - frame for pose, frame in zip(poses, frames, strict=True)}
    assert {abs(frames) for frames in away} == {3, 4, 5} and min(away) < 0 < max(away)


@given(st.integers(1, 40), st.integers(0, 9), st.integers(0, 9), st.integers(0, 2**31))
def test_poses_never_come_from_beyond_the_clip(count, near, more, seed):
    frames = np.arange(count)
    found = View(112, pose_distance=(near, near + more)).pose_frames(frames, count, np.random.default_rng(seed))
    assert found.min() >= 0 and found.max() < count and np.abs(found - frames).max() <= near + more


def test_items_follow_from_seed_and_number_alone(folder):
    for kind in (SpeakerDataModule, SpeechDataModule, PoseDataModule):
        one, again, other = (module(kind, folder, seed=seed, view=View(112)).train_set()[5] for seed in (1, 1, 2))
        assert same(one, again) and not same(one, other)


def same(one, other):
    """Whether two batches agree in every value, NaN (an unknown shape) with NaN."""
    pairs = [(value, getattr(other, name)) for name, value in vars(one).items() if value is not None]
    return all(torch.allclose(*pair, rtol=0, atol=0, equal_nan=True) for pair in pairs)


def test_ranks_share_the_items_of_one_process():
    """Two ranks with half the batch see, together and in order, what one process sees."""
    whole = list(PositionSampler(3, 4))
    halves = [list(PositionSampler(3, 2, rank=rank, ranks=2)) for rank in (0, 1)]
    assert whole == [one + other for one, other in zip(*halves, strict=True)]


def test_people_are_drawn_alike_whatever_their_clips(folder):
    """speaker0 … speaker3 of the training split have one clip each here but one, whose rows are doubled."""
    own = module(SpeakerDataModule, folder)
    own.train_sources = [*own.train_sources, *own.train_sources[:1] * 5]
    data = own.train_set()
    drawn = Counter(clip_of(data, item)[1].clip.speaker for item in range(600))
    assert own.speakers == len(drawn) == 4 and min(drawn.values()) > 110
    batch = own.join([data[item] for item in range(4)])
    assert batch.picture.shape == (12, 3, 112, 112) and batch.speaker.max() < 4


def test_a_corpus_without_aligned_faces_says_how_to_make_them(tmp_path):
    with pytest.raises(InputError, match=r"no aligned corpus: .*action=pack_aligned"):
        module(PoseDataModule, tmp_path)
