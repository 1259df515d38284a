"""`infer.py pipeline=pcavs` as a user runs it: the original's flags and CSV, comparison, and bad input as one line."""

import json
import shutil
from fractions import Fraction
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from talkface.checkpoint import save_weights
from talkface.drawn import drawn_clip
from talkface.media import Audio, VideoWriter, decode_audio, decode_video, probe, write_wav
from talkface.models.kinds import build_model
from talkface.models.pcavs.network import LABELS

ROOT = Path(__file__).resolve().parents[1]
WIDTH = {"width": 1 / 32}


@pytest.fixture
def infer(infer):
    """The script without its progress bar."""
    return partial(infer, "progress=false")


def speech(seconds: float) -> np.ndarray:
    time = np.arange(round(16000 * seconds)) / 16000
    return (0.3 * np.sin(2 * np.pi * 220 * time) * np.abs(np.sin(9 * time))).astype(np.float32)


def save_networks(folder: Path, **config) -> None:
    """Small networks, random by a fixed seed: their pictures mean nothing."""
    torch.manual_seed(5)
    for kind in LABELS:
        network = build_model(kind, config)
        save_weights(folder / f"{kind}.safetensors", network.state_dict(), {"kind": kind, "config": config})


@pytest.fixture(scope="module")
def folder(tmp_path_factory, astronaut) -> Path:
    """A person, a drawn head that talks (30 pictures a second, with sound), a sound, networks, things that fail."""
    place = tmp_path_factory.mktemp("pcavs")
    cv2.imwrite(str(place / "me.png"), cv2.resize(astronaut[0:300, 110:410], (160, 160))[:, :, ::-1])
    sound = speech(0.6)
    write_wav(place / "a.wav", sound, 16000)
    write_wav(place / "short.wav", speech(0.1), 16000)
    with VideoWriter(place / "head.mp4", width=192, height=160, fps=Fraction(30), audio=Audio(sound, 16000)) as writer:
        for image, _ in drawn_clip(3, sound, Fraction(30), (160, 192)):
            writer.write(image)
    with VideoWriter(place / "grey.mp4", width=160, height=160, fps=Fraction(25)) as writer:
        for _ in range(6):
            writer.write(np.full((160, 160, 3), 120, np.uint8))
    (place / "few").mkdir()
    for number in range(3):
        cv2.imwrite(str(place / "few" / f"{number:06d}.jpg"), np.full((224, 224, 3), 90, np.uint8))
    for name in ("weights", "empty", "other"):
        (place / name).mkdir()
    save_networks(place / "weights", **WIDTH)
    shutil.copytree(place / "weights", place / "other", dirs_exist_ok=True)
    shutil.copy(place / "weights" / "pcavs_speech.safetensors", place / "other" / "pcavs_motion.safetensors")
    return place


PCAVS = ["pipeline=pcavs", "checkpoint=weights", "detector_threshold=0.7"]
RUN = [*PCAVS, "identity=me.png", "pose=head.mp4", "audio=a.wav"]


def test_one_command_from_three_raw_files(infer, folder):
    done = infer(*RUN, "mouth=head.mp4", "compare=true", "output=one/out.mp4")
    assert done.returncode == 0, done.stderr
    for name, width in (("out.mp4", 224), ("out.compare.mp4", 4 * 224 + 12)):
        frames = list(decode_video(folder / "one" / name))
        assert frames[0].image.shape[1] == width
        assert [frame.timestamp for frame in frames] == [Fraction(k, 25) for k in range(15)]
        sound = decode_audio(folder / "one" / name)
        assert sound.start == 0 and abs(len(sound.samples) - 9600) <= 1
        assert np.corrcoef(sound.samples[:9000], speech(0.6)[:9000])[0, 1] > 0.95  # not shifted by a sample's share
    assert "aligned by 68 landmarks (small)" in done.stdout and "wrote one/out.compare.mp4" in done.stdout


def test_without_a_checkpoint_the_networks_that_ship_serve(infer, folder):
    done = infer("pipeline=pcavs", *RUN[2:], "output=default.mp4")
    assert done.returncode == 0, done.stderr
    assert "by the small networks that ship (pictures of 64, enlarged" in done.stdout
    assert [frame.image.shape for frame in decode_video(folder / "default.mp4")] == [(224, 224, 3)] * 15


def test_the_originals_flags_and_csv(infer, folder):
    sources = ["--src_pose_path", "head.mp4", "--src_audio_path", "head.mp4", "--src_input_path", "me.png"]
    words = [*sources, "--csv_path", "m/demo.csv", "--dir_path", "m"]
    done = infer(*words, "--convert_spectrogram")
    assert done.returncode == 0, done.stderr
    fields = (folder / "m" / "demo.csv").read_text().split(" ")
    expected = ["m/Input/me", "1", "m/Pose_Source/head", "15", "m/Audio_Source/head.wav", "m/Mouth_Source/head", "15"]
    assert fields == [*expected, "m/Audio_Source/head.npy\n"]
    assert sorted(path.name for path in (folder / "m/Pose_Source/head").iterdir())[-1] == "000014.jpg"
    assert np.load(folder / "m/Audio_Source/head.npy").shape == (67, 80)
    assert infer(*words).returncode == 0  # again: its own folders are replaced
    done = infer(*PCAVS, "csv=m/demo.csv", "output=results", "compare=true")
    assert done.returncode == 0, done.stderr
    made = folder / "results" / "id_me_pose_head_audio_head.mp4"
    assert len(list(decode_video(made))) == 15 and "1 jobs: 1 made, 0 finished before, 0 failed" in done.stdout
    assert next(iter(decode_video(made.with_name(f"{made.stem}.compare.mp4")))).image.shape == (252, 908, 3)


def test_the_result_folders_of_the_original(infer, folder):
    """By the flags of its own script; a second run makes nothing, other files in the folder are not touched."""
    (folder / "demo.csv").write_bytes(b"\xef\xbb\xbfme.png 1 head.mp4 15 a.wav head.mp4 15 None\r\n")
    words = "--meta_path_vox demo.csv --results_dir theirs --driving_pose --gen_video --netG modulate --batchSize 8"
    weights = ["checkpoint=weights", "detector_threshold=0.7"]
    done = infer(*words.split(), *weights)
    assert done.returncode == 0, done.stderr
    result = folder / "theirs" / "id_me.png_pose_head.mp4_audio_a"
    names = ["Input_", "G_Pose_Driven_", "Pose_Source_", "Mouth_Source_"]
    files = {*names, *(f"{name}.mp4" for name in names), "ref_id_0.jpg", "concat.mp4", "avconcat.mp4", "a.wav"}
    assert {path.name for path in result.iterdir()} == files
    count = len(list((result / "Input_").iterdir()))
    for name in names:
        assert {path.name for path in (result / name).iterdir()} == {f"{name}{number}.jpg" for number in range(count)}
        assert len(list(decode_video(result / f"{name}.mp4"))) == count
    assert cv2.imread(str(result / "G_Pose_Driven_" / "G_Pose_Driven_0.jpg")).shape == (224, 224, 3)
    assert next(iter(decode_video(result / "avconcat.mp4"))).image.shape == (224, 4 * 224, 3)
    assert len(decode_audio(result / "avconcat.mp4").samples) > 9000 and not probe(result / "concat.mp4").has_audio
    assert "1 jobs: 0 made, 1 finished before" in infer(*words.split(), *weights).stdout
    (result / "mine.txt").touch()
    done = infer(*RUN, "mouth=head.mp4", "layout=original", "output=theirs", "force=true")
    assert done.returncode == 2 and "other files (mine.txt)" in done.stderr


def test_align_68(infer, folder):
    infer(
        "--src_pose_path", "head.mp4", "--src_audio_path", "a.wav", "--src_input_path", "me.png", "folder=n", "csv=n/c"
    )
    done = infer("--folder_path", "n/Pose_Source/head/", "detector_threshold=0.7")
    assert done.returncode == 0, done.stderr
    crops = sorted((folder / "n/Pose_Source/head_cropped").iterdir())
    assert [path.name for path in crops] == [f"{k:06d}.jpg" for k in range(15)]
    assert cv2.imread(str(crops[0])).shape == (224, 224, 3)
    (folder / "n/Pose_Source/head_cropped/mine.txt").write_text("kept")
    done = infer("--folder_path", "n/Pose_Source/head", "detector_threshold=0.7")
    assert done.returncode == 2 and "other files (mine.txt)" in done.stderr and done.stderr.count("\n") == 1


def test_a_failing_job_does_not_stop_the_others(infer, folder):
    """Seven lines: two good ones of the same name, five that fail in five ways. The second run makes nothing anew."""
    good = "me.png 1 few 3 a.wav None 0 dummy"
    lines = [
        good,
        "me.png 1 few 3 a.wav None 0",
        "gone.png 1 few 3 a.wav None 0 None",
        "me.png 1 grey.mp4 6 a.wav None 0 None",
        good,
        "me.png 1 few three a.wav None 0 None",
        "me.png 1 few 3 a.wav few 3 None",
    ]
    (folder / "many.csv").write_text("\n".join(lines) + "\n")
    done = infer(*PCAVS, "csv=many.csv", "output=many")
    assert done.returncode == 2 and done.stderr == (
        "5 of 7 jobs failed (lines 2, 3, 4, 6, 7): many.csv - "
        "mend what their lines above say and run again: finished jobs are kept\n"
    )
    failures = [line for line in done.stdout.splitlines() if line.startswith("ERROR")]
    words = ("7 columns instead of 8", "no such file", "no face found", "not a number of frames", "3 pictures")
    assert len(failures) == 5 and all(word in line for word, line in zip(words, failures, strict=True))
    names = {path.name: path.stat().st_mtime_ns for path in (folder / "many").iterdir()}
    # The second good one is the third of its name: numbers follow the lines, so mending one renames no other.
    stem = "id_me.png_pose_few_audio_a"
    assert set(names) == {f"{stem}{n}{suffix}" for n in ("", "_3") for suffix in (".mp4", ".json")}
    again = infer(*PCAVS, "csv=many.csv", "output=many")
    assert again.returncode == 2 and "7 jobs: 0 made, 2 finished before, 5 failed" in again.stdout
    assert {path.name: path.stat().st_mtime_ns for path in (folder / "many").iterdir()} == names
    record = json.loads((folder / "many" / f"{stem}.json").read_text())
    assert record["identity"] == "me.png" and record["options"]["convention"] == "exact"
    other = infer(*PCAVS, "csv=many.csv", "output=many", "convention=pcavs", "force=true")
    assert "7 jobs: 2 made" in other.stdout  # asked for something else: made anew


def test_any_clips_side_by_side(infer, folder):
    done = infer(
        "pipeline=compare", "videos=[me.png,head.mp4,few]", "labels=[a,b,c]", "audio=a.wav", "output=c.mp4", "fps=25"
    )
    assert done.returncode == 0, done.stderr
    frames = list(decode_video(folder / "c.mp4"))
    assert len(frames) == 15 and frames[0].image.shape == (252, 224 + 4 + 269 + 1 + 4 + 224, 3)
    assert abs(len(decode_audio(folder / "c.mp4").samples) - 9600) <= 1


BAD = [
    ([*RUN, "checkpoint=gone"], ["not a folder of PC-AVS weights", "gone"]),
    ([*RUN, "checkpoint=empty"], ["missing latest_net_G.pth", "empty"]),
    ([*RUN, "checkpoint=other"], ["another kind (pcavs_speech)", "pcavs_motion"]),
    ([*RUN, "identity=gone.png"], ["no such file", "gone.png"]),
    ([*RUN, "pose=gone.mp4"], ["no such file", "gone.mp4"]),
    ([*RUN, "pose=gone.npy"], ["no such file of pose codes"]),
    ([*RUN, "pose=grey.mp4"], ["no face found", "grey.mp4", "detector=small:0.6+mtcnn:0.8"]),
    ([*RUN, "identity=grey.mp4"], ["no face found", "grey.mp4"]),
    ([*RUN, "pose=a.wav"], ["only sound", "a.wav"]),
    ([*RUN, "audio=short.wav"], ["less than one window of 0.2 s", "short.wav"]),
    ([*RUN, "audio=me.png"], ["no audio stream", "me.png"]),
    ([*RUN, "mouth=few"], ["has 3 pictures, the sound needs 15", "few"]),
    ([*RUN, "drive=mouth"], ["nothing drives the mouth"]),
    ([*RUN, "drive=nose"], ["unknown drive", "audio, mouth"]),
    ([*RUN, "convention=wav2lip"], ["unknown convention", "exact, pcavs"]),
    ([*RUN, "align=maybe"], ["unknown align"]),
    ([*RUN, "align=false"], ["not square", "head.mp4"]),
    ([*RUN, "landmarks=face-alignment", "landmark_weights=gone.pth"], ["gone.pth", "2DFAN4", "landmarks=five"]),
    ([*RUN, "detector=face-alignment", "detector_weights=me.png"], ["not the weights of S3FD", "me.png"]),
    ([*RUN, "landmarks=dlib"], ["unknown source of landmarks"]),
    ([*RUN, "save_pose=codes.txt"], ["save_pose=FILE.npy"]),
    ([*RUN, "output=head.mp4"], ["the output is one of the inputs"]),
    ([*PCAVS, "pose=head.mp4", "audio=a.wav"], ["no identity given"]),
    ([*PCAVS, "csv=gone.csv"], ["no such file", "gone.csv"]),
    ([*PCAVS, "csv=me.png"], ["not a text", "eight columns"]),
    ([*PCAVS, "csv=many.csv", "output=x.mp4"], ["the output is a folder here"]),
    (["--src_pose_pat", "x"], ["unknown flag", "--src_pose_path"]),
    (["--folder_path", "me.png"], ["not a folder of pictures"]),
    (["--src_input_path", "me.png", "--src_pose_path", "a.wav", "--src_audio_path", "a.wav"], ["only sound"]),
    (["pipeline=compare"], ["nothing to compare"]),
    (["pipeline=compare", "videos=[me.png]", "labels=[a,b]"], ["2 labels for 1 clips"]),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=[" ".join(words[0].split()[:4]) for _, words in BAD])
def test_bad_input_is_one_line(infer, folder, arguments, words):
    before = sorted(path.name for path in folder.iterdir())
    last = {word.partition("=")[0]: word for word in arguments if "=" in word}
    given = [word for word in arguments if "=" not in word] + list(last.values())
    done = infer(*given)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert sorted(path.name for path in folder.iterdir()) == before


@pytest.mark.parametrize("pipeline", ["pcavs", "compare", "pcavs_files", "pcavs_align"])
def test_help_fits_a_screen(infer, pipeline):
    done = infer(f"pipeline={pipeline}", "--help")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) <= 24 and max(map(len, lines)) <= 120
    assert ("head motion" in done.stdout) == (pipeline == "pcavs")
