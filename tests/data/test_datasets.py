"""Items are exact: the right frames, the right sound, the same for the same number, whoever asks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from packs import level_of, make_pack

from talkface.audio.mel import mel_window
from talkface.batch import joined_clips
from talkface.data.augment import MelAugmentation, PictureAugmentation
from talkface.data.datasets import ExpertClips, ExpertData, GeneratorData, Sampling, consecutive_frames
from talkface.data.packed import Pack, open_packs
from talkface.data.sampler import PositionSampler
from talkface.data.windows import ClipFilter, Source, usable_clips
from talkface.errors import InputError
from talkface.timeline import Timeline


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[Source]:
    folder = make_pack(tmp_path_factory.mktemp("pack") / "p")
    return usable_clips(open_packs(folder), "train", ClipFilter())


def test_pack_gives_back_what_was_written(sources: list[Source]) -> None:
    pack, clip = sources[1].pack, sources[1].clip
    assert clip.id == "clip2" and clip.frames == 24
    assert abs(int(pack.picture(clip, 7).mean()) - level_of(7, 2)) <= 2
    assert pack.mel(clip).shape == (80, 24 * 640 // 200 + 1)
    assert pack.samples(clip).shape == (24 * 640,)


def test_missing_pack_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no packed corpus: .*preprocess\.py"):
        Pack(tmp_path)


def test_packs_of_different_sizes_do_not_mix(tmp_path: Path) -> None:
    one, two = make_pack(tmp_path / "a"), make_pack(tmp_path / "b")
    (two / "pack.json").write_text('{"size": 128, "context": 1.25}')
    with pytest.raises(InputError, match="different crop sizes"):
        open_packs([one, two])


def test_expert_windows_hold_their_frames_and_sounds(sources: list[Source]) -> None:
    item = ExpertClips(sources)[1]
    assert item.mouth.shape == (20, 15, 48, 96) and item.mel.shape == (20, 1, 80, 16)
    for start in (0, 6, 19):
        levels = item.mouth[start].float().reshape(5, -1).mean(1)
        expected = [level_of(start + k, 2) for k in range(5)]
        np.testing.assert_allclose(levels, expected, atol=2)
        mel = sources[1].pack.mel(sources[1].clip)
        np.testing.assert_array_equal(item.mel[start, 0], mel_window(mel, Timeline().expert_window_start(start)))


def test_offset_moves_the_sound_towards_the_picture(sources: list[Source]) -> None:
    """The sound leads by 2 frames: what belongs to frame 10 is heard at frame 8."""
    moved = replace(sources[0], offset=2)
    plain, corrected = ExpertClips(sources)[0], ExpertClips([moved])[0]
    np.testing.assert_array_equal(corrected.mel[10], plain.mel[8])
    np.testing.assert_array_equal(corrected.mouth, plain.mouth)


def test_reach_keeps_the_windows_of_an_item_together(sources: list[Source]) -> None:
    def starts(sampling: Sampling, number: int) -> list[int]:
        mouth = ExpertData(sources[1:2], sampling=sampling)[number].mouth[:, 0].float().reshape(4, -1).mean(1)
        known = np.array([level_of(frame, 2) for frame in range(24)])
        return [int(np.abs(known - float(level)).argmin()) for level in mouth]

    near = [starts(Sampling(windows=4, spacing=1, reach=10), number) for number in range(40)]
    assert all(max(item) - min(item) <= 10 - 5 for item in near)
    assert min(map(min, near)) <= 1 and max(map(max, near)) >= 18  # anywhere in the clip
    far = [starts(Sampling(windows=4, spacing=1), number) for number in range(40)]
    assert max(max(item) - min(item) for item in far) > 10


def test_items_depend_on_seed_and_number_only(sources: list[Source]) -> None:
    picture = PictureAugmentation(shift=0.1, scale=0.1, flip=0.5, brightness=0.2)
    first = ExpertData(sources, seed=3, picture=picture, mel=MelAugmentation(gain=0.5))
    again = ExpertData(sources, seed=3, picture=picture, mel=MelAugmentation(gain=0.5))
    _ = again[4]
    assert torch.equal(first[17].mouth, again[17].mouth) and torch.equal(first[17].mel, again[17].mel)
    assert not torch.equal(first[17].mel, first[18].mel)
    assert not torch.equal(first[17].mel, ExpertData(sources, seed=4, picture=picture)[17].mel)


def test_generator_item(sources: list[Source]) -> None:
    data = GeneratorData(sources, seed=0)
    for number in range(20):
        item = data[number]
        assert item.target.shape == item.reference.shape == (1, 5, 3, 96, 96)
        assert item.mels.shape == (1, 5, 1, 80, 16) and item.expert_mel.shape == (1, 1, 80, 16)
        assert not torch.equal(item.target, item.reference)


def test_windows_of_one_frame(sources: list[Source]) -> None:
    item = GeneratorData(sources, seed=4, sampling=Sampling(frames=1))[3]
    assert item.target.shape == item.reference.shape == (1, 1, 3, 96, 96)
    assert item.mels.shape == (1, 1, 1, 80, 16) and item.expert_mel.shape == (1, 1, 80, 16)
    assert item.shape is not None and item.shape.shape == (1, 1, 6) and item.shape.isnan().all()


def test_the_reference_is_the_most_similar_of_those_drawn(sources: list[Source]) -> None:
    """Every frame of the pack has one level: the nearest in level is the most similar."""

    def distances(references: int) -> list[float]:
        data = GeneratorData(sources[:1], seed=4, sampling=Sampling(frames=1, references=references))
        items = [data[number] for number in range(30)]
        assert all(not torch.equal(item.target, item.reference) for item in items)
        return [float((item.target.float() - item.reference.float()).abs().mean()) for item in items]

    assert np.mean(distances(6)) < 0.4 * np.mean(distances(1))


def test_aligned_references_move_and_nothing_else_does(tmp_path: Path) -> None:
    """The same examples with and without; a share of them is moved. (That moves are right: test_alignment.)"""
    sources = usable_clips(open_packs(make_pack(tmp_path / "p")), "train", ClipFilter())
    calls: list[int] = []

    def shifted(picture: np.ndarray, target: np.ndarray) -> np.ndarray:
        calls.append(1)
        return np.array([[1.0, 0, 500], [0, 1, 500]])  # beyond the border: its corner pixel everywhere

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("talkface.data.datasets.laid_on", shifted)
        plain, all_moved, some = (GeneratorData(sources, seed=2, sampling=Sampling(aligned=x)) for x in (0.0, 1.0, 0.5))
        assert torch.equal(plain[3].target, all_moved[3].target)
        assert len(calls) == 5 and all(frame.float().std() < 1 for frame in all_moved[3].reference[0])
        calls.clear()
        for number in range(20):
            some[number]
        assert 5 * 4 <= len(calls) <= 5 * 16


def test_the_reference_of_a_clip_drawn_twice_is_the_same_frame_with_the_other_mouth(tmp_path: Path) -> None:
    (source, *_) = usable_clips(open_packs(make_pack(tmp_path / "p", redrawn=True)), "train", ClipFilter())
    data = GeneratorData([source], seed=4, sampling=Sampling(other_mouths=True))
    levels = {level_of(frame, 0): level_of(frame, 5) for frame in range(24)}
    for number in range(5):
        item = data[number]
        for target, reference in zip(item.target[0], item.reference[0], strict=True):
            nearest = min(levels, key=lambda level: abs(level - float(target.float().mean())))
            assert abs(float(reference.float().mean()) - levels[nearest]) <= 3
    unlike = GeneratorData([source], seed=4, sampling=Sampling())[0]
    assert torch.equal(unlike.target, data[0].target) and not torch.equal(unlike.reference, data[0].reference)


def test_generator_sounds_lead_by_one_frame(sources: list[Source]) -> None:
    rows = consecutive_frames(sources[0], range(24), timeline=Timeline())
    np.testing.assert_array_equal(rows.mels[5, 0], rows.expert_mel[4])


def test_joined_rows_know_their_clip(sources: list[Source]) -> None:
    data = ExpertData(sources, sampling=Sampling(windows=3))
    assert joined_clips([data[0], data[1]]).clip.tolist() == [0, 0, 0, 1, 1, 1]


def test_resumed_sampler_continues_where_it_stood() -> None:
    whole = list(PositionSampler(6, 2))
    assert list(PositionSampler(6, 2, first=4)) == whole[4:] and len(PositionSampler(6, 2, first=4)) == 6


def test_ranks_share_the_batches_of_one_process() -> None:
    whole = [item for batch in PositionSampler(4, 6) for item in batch]
    ranks = [list(PositionSampler(4, 3, rank=rank, ranks=2)) for rank in (0, 1)]
    shared = [item for pair in zip(*ranks, strict=True) for batch in pair for item in batch]
    assert shared == whole
