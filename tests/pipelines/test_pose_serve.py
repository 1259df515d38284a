"""PC-AVS serving, from files to files: what goes where in time, the conventions, pose editing, comparison, paste."""

import os
import subprocess
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from pose_network import TellingNetwork, flat, flat_clip, number_of, told

from talkface.drawn import DrawnCharacter, HeadMotion, draw_frame
from talkface.errors import InputError
from talkface.face import clip_alignment
from talkface.media import Audio, VideoWriter, decode_audio, decode_video, write_wav
from talkface.pipelines.pose_controlled.clip import FaceFinder
from talkface.pipelines.pose_controlled.options import FaceOptions, PoseOptions, PoseRequest
from talkface.pipelines.pose_controlled.serve import Sources, learnt_from_mouths, load_network, serve
from talkface.pipelines.pose_controlled.sound import SpeechWindows
from talkface.pipelines.pose_controlled.steady import SteadySource, loop_index

HERE = str(Path(__file__).parent)
TORTURE = Path(__file__).resolve().parents[3] / "shared" / "data" / "torture"


def speech(seconds):
    time = np.arange(round(16000 * seconds)) / 16000
    return (0.3 * np.sin(2 * np.pi * 220 * time) * np.abs(np.sin(5 * time))).astype(np.float32)


@pytest.fixture
def request_of(tmp_path):
    """Function (**changes) -> request: a picture, seven poses, 1.6 s of sound."""
    cv2.imwrite(str(tmp_path / "me.png"), flat(30))
    write_wav(tmp_path / "a.wav", speech(1.6), 16000)
    pose = flat_clip(tmp_path / "pose.mp4", 7)

    def make(**changes):
        options = {key: changes.pop(key) for key in list(changes) if key in PoseOptions.__dataclass_fields__}
        base = PoseRequest(
            tmp_path / "me.png", pose, tmp_path / "a.wav", None, tmp_path / "out.mp4", tmp_path, PoseOptions(**options)
        )
        return replace(base, **changes)

    return make


def made(request, network=None):
    serve(request, network or TellingNetwork())
    return list(decode_video(request.output))


def poses_of(frames):
    return [round(told(frame.image)[0]) for frame in frames]


def test_exact_lasts_as_long_as_the_sound_and_repeats_nothing_of_the_work(request_of, tmp_path):
    network = TellingNetwork()
    frames = made(request_of(), network)
    assert [frame.timestamp for frame in frames] == [Fraction(k, 25) for k in range(40)]
    assert poses_of(frames) == [loop_index(k, 7) for k in range(40)]
    assert {round(told(frame.image)[2]) for frame in frames} == {30}
    sound = decode_audio(tmp_path / "out.mp4")
    assert sound.start == 0 and abs(len(sound.samples) - 25600) <= 1
    assert network.calls == {"identity": 1, "pose": 7, "mouth": 0, "content": 40, "generate": 40}


def test_the_originals_convention_leads_by_two_pictures_and_is_shorter(request_of):
    frames = made(request_of(convention="pcavs"))
    assert len(frames) == 37 and frames[0].timestamp == 0
    assert poses_of(frames) == [loop_index(f, 7) for f in range(2, 39)]


def test_sources_of_another_rate_keep_their_speed(request_of, tmp_path):
    frames = made(request_of(pose=flat_clip(tmp_path / "slow.mp4", 14, fps=10)))
    expected = [min(range(14), key=lambda n: (abs(n / 10 - k / 25), n)) for k in range(35)]
    assert poses_of(frames)[:35] == expected


def test_a_seen_mouth_without_having_learnt_any_is_warned_of(caplog):
    assert learnt_from_mouths({}) and learnt_from_mouths({"pcavs_generator": {"recipe": {"model": {}}}})
    load_network(None, PoseOptions(drive="audio"))
    assert "drive=mouth" not in caplog.text
    network = load_network(None, PoseOptions(drive="mouth"))
    assert not learnt_from_mouths(network.metadata) and "drive=mouth hardly moves" in caplog.text


@pytest.mark.parametrize(("scale", "expected"), [(None, 1.0), (0.5, 0.5)])
def test_a_seen_mouth_drives_picture_by_picture(request_of, tmp_path, scale, expected):
    mouth = flat_clip(tmp_path / "mouth.mp4", 38)  # two pictures short: within a codec's padding
    network = TellingNetwork()
    frames = made(request_of(mouth=mouth, drive="mouth", content_scale=scale), network)
    unit = [(flat(min(k, 37))[0, 0, 0] / 127.5 - 1) * expected for k in range(40)]
    found = [told(frame.image)[1] for frame in frames]
    np.testing.assert_allclose(found, [number_of((value + 1) * 127.5) for value in unit], atol=0.4)
    assert network.calls["content"] == 0 and network.calls["mouth"] == 40


def test_a_mouth_in_the_sounds_own_file_is_met_by_its_time(request_of, tmp_path):
    """The pictures begin 0.2 s after the sound: the first one is held for five."""
    path = tmp_path / "both.mp4"
    with VideoWriter(path, width=224, height=224, fps=Fraction(25), crf=1, audio=Audio(speech(1.2), 16000)) as writer:
        for number in range(25):
            writer.write(flat(number), Fraction(number + 5, 25))
    frames = made(request_of(mouth=path, audio=path, drive="mouth"))
    found = [round(told(frame.image)[1]) for frame in frames]
    assert found == [max(0, k - 5) for k in range(len(frames))]


def test_a_short_mouth_source_is_refused(request_of, tmp_path):
    mouth = flat_clip(tmp_path / "mouth.mp4", 30)
    for drive in ("audio", "mouth"):
        with pytest.raises(InputError, match="30 pictures, the sound needs 40"):
            made(request_of(mouth=mouth, drive=drive))


def test_without_a_pose_source_the_identity_keeps_its_own(request_of, tmp_path):
    assert set(poses_of(made(request_of(pose=None)))) == {30}
    video = flat_clip(tmp_path / "me.mp4", 9)
    assert poses_of(made(request_of(pose=None, identity=video)))[:12] == [loop_index(k, 9) for k in range(12)]


def test_pose_codes_are_saved_loaded_and_edited(request_of, tmp_path):
    kept = tmp_path / "pose.npy"
    plain = made(request_of(save_pose=kept))
    codes = np.load(kept)
    assert codes.shape == (7, 12) and codes.dtype == np.float32
    again = made(request_of(pose=kept))
    assert all(np.array_equal(a.image, b.image) for a, b in zip(plain, again, strict=True))
    assert set(poses_of(made(request_of(pose=kept, pose_freeze=5)))) == {5}
    assert set(poses_of(made(request_of(pose_scale=0.0)))) == {3}
    doubled = poses_of(made(request_of(pose=kept, pose_scale=2.0)))
    assert doubled[:7] == [2 * k - 3 for k in range(7)]
    with pytest.raises(InputError, match="no such picture to freeze"):
        made(request_of(pose=kept, pose_freeze=7))
    np.save(kept, codes[:, :5])
    with pytest.raises(InputError, match="no pose codes"):
        made(request_of(pose=kept))


def test_the_comparison_shows_each_source_at_its_time(request_of, tmp_path):
    mouth = flat_clip(tmp_path / "mouth.mp4", 39)
    request = request_of(mouth=mouth, compare=tmp_path / "out.compare.mp4", convention="pcavs")
    results = made(request)
    frames = list(decode_video(request.compare))
    assert frames[0].image.shape == (252, 4 * 224 + 3 * 4 + 0, 3)
    assert [f.timestamp for f in frames] == [f.timestamp for f in results]
    for number, frame in enumerate(frames):
        panels = [frame.image[28:, 228 * place : 228 * place + 224] for place in range(4)]
        shown = [round(number_of(float(panel[50:170, 30:190].mean()))) for panel in panels[:3]]
        assert shown == [30, loop_index(number + 2, 7), min(number + 2, 38)]
        assert round(told(panels[3])[0]) == shown[1]
    sound = decode_audio(request.compare)
    assert sound.start == 0 and abs(len(sound.samples) - 25600) <= 1
    assert not list(tmp_path.glob(".partial-*"))


@pytest.fixture(scope="module")
def talking_head(tmp_path_factory):
    """A drawn head that moves, 320x240."""
    path = tmp_path_factory.mktemp("head") / "head.mp4"
    character, moves = DrawnCharacter(3), HeadMotion(3)
    with VideoWriter(path, width=320, height=240, fps=Fraction(25), crf=1) as writer:
        for number in range(10):
            writer.write(draw_frame(character, pose=moves.pose(Fraction(number, 25)), size=(240, 320)))
    return path


def test_the_result_returns_into_the_identitys_pictures(request_of, talking_head):
    face = FaceOptions(threshold=0.7)
    network = TellingNetwork()
    frames = made(request_of(identity=talking_head, paste=True, face=face), network)
    source = list(decode_video(talking_head))
    assert frames[0].image.shape == (240, 320, 3) and len(frames) == 40
    for number in (0, 4, 13, 39):
        before = source[loop_index(number, 10)].image.astype(int)
        change = np.abs(frames[number].image.astype(int) - before).mean(axis=2)
        assert change[:, :20].mean() < 4 and change[:, -20:].mean() < 4  # far from the head: only the codec's noise
        assert change.max() > 40


class EchoNetwork(TellingNetwork):
    """A perfect network: the picture it makes is the one whose pose it was given."""

    def encode_pose(self, images):
        self.seen = [*getattr(self, "seen", []), *images]
        numbers = torch.arange(len(self.seen) - len(images), len(self.seen), dtype=torch.float32)
        return numbers[:, None].expand(-1, 12)

    def generate(self, identity, content_code, pose_code, content_scale=1.2):
        return torch.stack([self.seen[int(code[0])] for code in pose_code])


def test_what_a_perfect_network_makes_returns_to_its_place(request_of, talking_head):
    """The identity's own motion, pasted: the source comes out again, in the order of the loop."""
    frames = made(
        request_of(identity=talking_head, pose=None, paste=True, face=FaceOptions(threshold=0.7)), EchoNetwork()
    )
    source = [frame.image.astype(int) for frame in decode_video(talking_head)]
    for number in (0, 3, 9, 10, 17, 39):
        distances = [np.abs(frames[number].image - image).mean() for image in source]
        assert int(np.argmin(distances)) == loop_index(number, 10) and min(distances) < 3


def test_an_interrupted_run_leaves_nothing(request_of, tmp_path):
    class Broken(TellingNetwork):
        def generate(self, *arguments, **more):
            if self.calls["generate"] > 8:
                raise RuntimeError("broken")
            return super().generate(*arguments, **more)

    with pytest.raises(RuntimeError, match="broken"):
        made(request_of(compare=tmp_path / "c.mp4"), Broken())
    assert not (tmp_path / "out.mp4").exists() and not (tmp_path / "c.mp4").exists()
    assert not list(tmp_path.glob(".partial-*"))


def test_alignment_is_said_in_one_line(request_of, talking_head, caplog):
    caplog.set_level("INFO")
    words = {"small": "68 landmarks (small)", "five": "the detector's five points"}
    for landmarks, by in words.items():
        made(request_of(pose=talking_head, face=FaceOptions(threshold=0.7, landmarks=landmarks)))
        lines = [record.message for record in caplog.records]
        assert "me.png: taken as aligned (align=auto, 224x224)" in lines
        assert f"head.mp4: aligned by {by}, 10 pictures" in lines


def test_only_the_originals_convention_pins_the_mouth_to_the_template(request_of, talking_head):
    """Both conventions find the same points; they put them at different places."""
    finder = FaceFinder(FaceOptions(threshold=0.7))
    points = finder.locate(SteadySource(talking_head).first_pass(), talking_head).points
    for convention in ("exact", "pcavs"):
        request = request_of(pose=talking_head, convention=convention)
        found = Sources(request, finder, SpeechWindows(request.audio, convention)).pose.matrices
        np.testing.assert_array_equal(found, clip_alignment(points, even=convention == "exact"))


@pytest.mark.parametrize(
    ("align", "size", "words"), [("false", (100, 120), "not square"), ("true", (224, 224), "face")]
)
def test_alignment_that_cannot_be(request_of, tmp_path, align, size, words):
    cv2.imwrite(str(tmp_path / "p.png"), flat(3, size))
    with pytest.raises(InputError, match=words):
        made(request_of(pose=tmp_path / "p.png", face=FaceOptions(align=align)))


def test_larger_square_crops_pass_when_alignment_is_off(request_of, tmp_path):
    cv2.imwrite(str(tmp_path / "p.png"), flat(3, (448, 448)))
    assert set(poses_of(made(request_of(pose=tmp_path / "p.png", face=FaceOptions(align="false"))))) == {3}


TABLE = TORTURE / "torture.tsv"
ROWS = [line.split("\t") for line in TABLE.read_text().splitlines()[1:]] if TABLE.exists() else []
FINE_HERE = {"no_audio.mp4", "four_frames.mp4", "upside_down.mp4"}  # errors in another role
UNSEEN = {"face_partly_out.mp4", "tiny_face_1280.mp4", "audio_0_1s.mp4"}  # beyond the embedded detector


@pytest.mark.slow
@pytest.mark.skipif(not ROWS, reason="the torture inputs are not here")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1][:24]}")
def test_torture_input(request_of, row):
    """As sound or as pose source: works, or one line, as the table beside the files says; as long as the sound."""
    name, _, expected, _ = row
    source = TORTURE / name
    sound = source.suffix == ".wav" or name == "audio_only.mp4"
    request = request_of(**({"audio": source} if sound else {"pose": source}))
    try:
        frames = made(request)
    except InputError as error:
        assert not expected.startswith("works") or name in UNSEEN, str(error)
        assert "\n" not in str(error) and not request.output.exists()
        return
    assert expected.startswith("works") or name in FINE_HERE | {"audio_only.mp4"}
    seconds = float(decode_audio(source).seconds) if sound else 1.6
    assert abs(len(frames) / 25 - seconds) <= 0.021


@pytest.mark.slow
def test_memory_does_not_grow_with_length(tmp_path):
    """10 s against 100 s from 1.2 s of pose and identity pictures that go round and round, pasted and compared."""
    me, pose = flat_clip(tmp_path / "me.mp4", 30), flat_clip(tmp_path / "pose.mp4", 30)
    peaks = {}
    for seconds in (10, 100):
        write_wav(tmp_path / f"{seconds}.wav", speech(seconds), 16000)
        script = MEASURE.format(
            me=str(me), pose=str(pose), audio=str(tmp_path / f"{seconds}.wav"), out=str(tmp_path / "o.mp4")
        )
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": HERE}
        )
        assert done.returncode == 0, done.stderr
        peaks[seconds] = int(done.stdout.split("peak")[1])
    assert peaks[100] - peaks[10] < 60, peaks


MEASURE = """
import resource
from pathlib import Path
from pose_network import TellingNetwork
from talkface.pipelines.pose_controlled.options import PoseOptions, PoseRequest
from talkface.pipelines.pose_controlled.serve import serve
out = Path({out!r})
serve(PoseRequest(Path({me!r}), Path({pose!r}), Path({audio!r}), None, out, out.parent, PoseOptions(paste=True),
                  compare=out.with_name("c.mp4")), TellingNetwork())
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
