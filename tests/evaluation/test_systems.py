"""One clip measured: what each row is made of, and that the rows can be told apart."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from talkface.audio.mel import mel_window
from talkface.errors import InputError
from talkface.evaluation.beside import face_values
from talkface.evaluation.clips import ByteArray, Clip, FloatArray, Made, Scene, Sound, far_frames, list_clips, read_clip
from talkface.evaluation.generation import generate, generator_input, to_bytes, to_tensor
from talkface.evaluation.judge import ExpertJudge
from talkface.evaluation.systems import Instruments, build_rows, measure_clip, windows_with_sound
from talkface.evaluation.tools import Tools
from talkface.timeline import Timeline


class Recorder(nn.Module):
    """A generator that returns its reference picture and remembers what it was given."""

    def __init__(self) -> None:
        super().__init__()
        self.mel: list[Tensor] = []
        self.face: list[Tensor] = []

    def forward(self, mel: Tensor, face: Tensor) -> Tensor:
        self.mel.append(mel)
        self.face.append(face)
        return face[:, 3:]


class MouthJudge:
    """Embeds pictures as samples of their lower half and sound as the first mel value of each window."""

    def embed_video(self, crops: ByteArray) -> Tensor:
        level = torch.from_numpy(crops[: len(crops) - 4, 48:].astype(np.float32)).flatten(1)[:, ::97]
        return level + 1

    def embed_audio(self, mel: FloatArray, windows: int) -> Tensor:
        starts = [Timeline().expert_window_start(frame) for frame in range(windows)]
        values = torch.tensor([float(mel[0, start]) for start in starts])
        return values.view(-1, 1).repeat(1, 143)


@pytest.mark.parametrize("frames", [2, 10, 75, 76])
def test_reference_is_far_and_never_the_frame_itself(frames: int) -> None:
    distance = np.abs(far_frames(frames) - np.arange(frames))
    assert distance.min() >= frames // 2
    assert set(far_frames(frames)) == {0, frames - 1}


def test_generator_sees_masked_frame_reference_and_its_own_mel_window(clip: Clip) -> None:
    network = Recorder()
    made = generate(network, clip.crops, clip.references, clip.sound.mel, batch=8)
    assert made.shape == clip.crops.shape
    np.testing.assert_array_equal(made, clip.crops[far_frames(len(clip.crops))])
    face, mel = torch.cat(network.face), torch.cat(network.mel)
    assert float(face[:, :3, 48:].abs().max()) == 0
    torch.testing.assert_close(face[:, :3, :48], to_tensor(clip.crops)[:, :, :48])
    start = Timeline().generator_window_start(11)
    np.testing.assert_array_equal(mel[11, 0].numpy(), mel_window(clip.sound.mel, start))
    torch.testing.assert_close(generator_input(clip.crops[9:12], clip.references[9:12]), face[9:12])


def test_bytes_survive_the_way_to_tensors_and_back() -> None:
    pictures = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    np.testing.assert_array_equal(to_bytes(to_tensor(pictures)), pictures)


def test_judge_windows_are_frame_major_lower_halves(clip: Clip) -> None:
    seen: list[Tensor] = []

    class Expert:
        def embed_video(self, face: Tensor) -> Tensor:
            seen.append(face)
            return face.flatten(1)[:, :4]

        def embed_audio(self, mel: Tensor) -> Tensor:
            return mel.flatten(1)[:, :4]

    judge = ExpertJudge(Expert(), batch=7)
    assert judge.embed_video(clip.crops).shape == (len(clip.crops) - 4, 4)
    windows = torch.cat(seen)
    expected = to_tensor(clip.crops[9:14, 48:]).flatten(0, 1)
    torch.testing.assert_close(windows[9], expected)
    audio = judge.embed_audio(clip.sound.mel, 10)
    np.testing.assert_array_equal(
        audio[3].numpy(), mel_window(clip.sound.mel, Timeline().expert_window_start(3)).ravel()[:4]
    )
    with pytest.raises(ValueError, match="5 frames"):
        judge.embed_video(clip.crops[:4])


def test_rows_hold_what_they_say(clip: Clip) -> None:
    other = Sound(np.full_like(clip.sound.mel, 1.0), clip.sound.samples)
    names = ("generated", "real", "copy_reference", "unsynced", "generated_unsynced", "cross_audio")
    rows = build_rows(clip, other, Instruments(MouthJudge(), partial(generate, Recorder(), batch=8), rows=names))
    assert list(rows) == list(names)
    assert rows["unsynced"].pictures is clip.crops
    assert rows["unsynced"].sound is other
    assert rows["generated_unsynced"].pictures is rows["generated"].pictures
    np.testing.assert_array_equal(rows["copy_reference"].pictures, clip.crops[far_frames(len(clip.crops))])
    np.testing.assert_array_equal(rows["cross_audio"].pictures, clip.crops)  # shown the frame itself
    assert set(build_rows(clip, None, Instruments(MouthJudge()))) == {"real", "copy_reference"}


def test_made_pictures_replace_the_generator(clip: Clip) -> None:
    made = Made(clip.crops[::-1], clip.sound, clip.scene)
    rows = build_rows(replace(clip, made=made), None, Instruments(MouthJudge()))
    assert rows["generated"].pictures is made.crops
    assert rows["generated"].scene is made.scene
    posed = replace(made, row="cross_pose", absent="no true picture")
    wanted = Instruments(MouthJudge(), rows=("cross_pose", "real"))
    assert build_rows(replace(clip, made=posed), None, wanted)["cross_pose"].absent == "no true picture"


def test_record_is_complete_and_says_why_columns_are_absent(clip: Clip) -> None:
    record = measure_clip(clip, ("c/y", clip.sound), Instruments(MouthJudge(), partial(generate, Recorder(), batch=8)))
    assert record.strip.startswith(b"\xff\xd8")
    generated = record.systems["generated"]
    assert generated.absent["lmd"] == "no landmark detector was chosen"
    assert generated.absent["mouth_leak"] == "too little silence or speech"
    assert {"ssim_mouth", "psnr_face", "lse_distance"} <= set(generated.values)
    assert record.systems["real"].absent["ssim_face"] == "is the reference itself"
    assert record.systems["generated"].values["ssim_face"] == record.systems["copy_reference"].values["ssim_face"]


def test_landmarks_are_compared_on_chosen_frames(clip: Clip) -> None:
    asked: list[tuple[int, int]] = []

    def find(scene: Scene, frames: int, every: int) -> FloatArray:
        asked.append((frames, every))
        points = np.zeros((3, 5, 2), np.float32)
        points[:, 3:, 0] = float(scene is not clip.scene)
        return points

    record = measure_clip(
        clip, None, Instruments(MouthJudge(), tools=Tools(find_points=find, every=10), rows=("copy_reference",))
    )
    assert record.systems["copy_reference"].values["lmd"] == 1.0
    assert asked == [(30, 10), (30, 10)]


def test_equal_pictures_have_no_psnr(clip: Clip) -> None:
    values = face_values(clip.crops, clip.crops)
    assert values["psnr_face"] == values["psnr_mouth"] == "all pictures are equal"
    assert all(
        values[f"{name}_{region}"] == pytest.approx(1.0) for name in ("ssim", "ms_ssim") for region in ("face", "mouth")
    )


@pytest.mark.parametrize(("columns", "windows"), [(241, 71), (16, 1), (15, 0), (97, 26)])
def test_windows_end_with_the_sound(columns: int, windows: int) -> None:
    assert windows_with_sound(np.zeros((80, columns), np.float32)) == windows


def test_a_sound_too_short_to_judge_is_refused(clip: Clip) -> None:
    with pytest.raises(InputError, match="windows have sound"):
        measure_clip(
            clip,
            ("c/y", Sound(clip.sound.mel[:, :20], clip.sound.samples)),
            Instruments(MouthJudge(), rows=("unsynced",)),
        )


def test_clips_are_listed_read_and_paired(corpus) -> None:
    entries = list_clips([corpus], "test")
    assert [entry.key for entry in entries] == [f"drawn/clip{index}" for index in range(4)]
    assert [entry.key for entry in list_clips([corpus], "test", limit=2)] == ["drawn/clip0", "drawn/clip2"]
    clip = read_clip(entries[0])
    assert clip.crops.shape == (30, 96, 96, 3)
    with pytest.raises(InputError, match="same name"):
        list_clips([corpus, corpus], "test")
