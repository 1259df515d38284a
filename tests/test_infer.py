"""infer.py as a user runs it: files that come out, the original's flags, bad input as one line and exit 2, Ctrl-C."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from fractions import Fraction
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from talkface.checkpoint import save_weights
from talkface.media import VideoWriter, decode_audio, decode_video, write_wav
from talkface.models.wav2lip import Wav2LipGenerator

ROOT = Path(__file__).resolve().parents[1]
TORTURE = ROOT.parent / "shared" / "data" / "torture"


@pytest.fixture(scope="module")
def folder(tmp_path_factory, astronaut) -> Path:
    """A picture, a sound and weights (random by a fixed seed: their mouths mean nothing) in one folder."""
    place = tmp_path_factory.mktemp("infer")
    picture = cv2.resize(astronaut[0:300, 110:410], (160, 160), interpolation=cv2.INTER_AREA)
    cv2.imwrite(str(place / "face.png"), picture[:, :, ::-1])
    sound = np.sin(np.arange(9600) * 0.15).astype(np.float32) * 0.3
    write_wav(place / "speech.wav", sound, 16000)
    torch.manual_seed(2)
    config = {"width": 0.0625}
    save_weights(
        place / "small.safetensors",
        Wav2LipGenerator(**config).state_dict(),
        {"kind": "wav2lip_generator", "config": config},
    )
    return place


def test_result_comparison_and_sidecar(folder, infer):
    files = ["face=face.png", "audio=speech.wav", "checkpoint=small.safetensors", "output=out/a b.mp4"]
    done = infer(*files, "compare=true", "sidecar=true")
    assert done.returncode == 0, done.stderr
    assert "wrote out/a b.mp4" in done.stdout
    frames = list(decode_video(folder / "out" / "a b.mp4"))
    assert len(frames) == 15 and frames[0].image.shape == (160, 160, 3)
    assert abs(len(decode_audio(folder / "out" / "a b.mp4").samples) - 9600) <= 1
    assert next(iter(decode_video(folder / "out" / "a b.compare.mp4"))).image.shape == (188, 324, 3)
    sidecar = json.loads((folder / "out" / "a b.json").read_text())
    left, top, right, bottom = sidecar["frames"][0]["faces"][0]["box"]
    assert len(sidecar["frames"]) == 15 and left < 80 < right and top < 75 < bottom
    assert not list(folder.glob("**/.partial-*")) and not (folder / "infer.log").exists()


def test_the_flags_of_the_original(folder, infer):
    words = (
        "--checkpoint_path small.safetensors --face face.png --audio speech.wav --outfile flags.mp4 --fps 30 "
        "--pads 0 5 0 0 --nosmooth"
    )
    done = infer(*words.split(), "convention=wav2lip")
    assert done.returncode == 0, done.stderr
    frames = list(decode_video(folder / "flags.mp4"))
    assert len(frames) == 14 and frames[1].timestamp == Fraction(1, 30)  # 49 mel steps give 14 windows at 30 fps


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["face=gone.mp4", "audio=speech.wav"], ["no such file", "gone.mp4"]),
        (["face=face.png"], ["no audio given"]),
        (["audio=speech.wav"], ["no face given"]),
        (["face=face.png", "audio=face.png"], ["audio", "face.png"]),
        (["face=speech.wav", "audio=speech.wav"], ["no picture"]),
        (["face=face.png", "audio=speech.wav", "output=x.xyz"], ["unknown output ending", ".mp4"]),
        (["face=face.png", "audio=speech.wav", "output=face.png"], ["ending"]),
        (["face=face.png", "audio=speech.wav", "checkpoint=none.pth"], ["checkpoint not found"]),
        (["face=face.png", "audio=speech.wav", "checkpoint=face.png"], ["face.png"]),
        (["face=face.png", "audio=speech.wav", "box=[1,2,3]"], ["not four numbers"]),
        (["face=face.png", "audio=speech.wav", "extend=bounce"], ["unknown extend", "pingpong"]),
        (["face=face.png", "audio=speech.wav", "faces=[1]"], ["not a point"]),
        (["face=face.png", "audio=speech.wav", "fps=fast"], ["not a number"]),
        (["fase=face.png"], ["fase", "did you mean face?"]),
        (["--fase", "face.png"], ["--fase", "--face"]),
    ],
)
def test_bad_input_is_one_line(infer, arguments, words):
    done = infer(*arguments)
    assert done.returncode == 2 and done.stderr.count("\n") == 1, done.stderr
    assert all(word in done.stderr for word in words), done.stderr


def test_the_output_is_not_an_input(folder, infer):
    shutil.copy(folder / "speech.wav", folder / "clip.mp4")
    done = infer("face=face.png", "audio=clip.mp4", "output=./clip.mp4")
    assert done.returncode == 2 and "the output is one of the inputs" in done.stderr


def test_an_output_that_exists_stays_unless_force_is_said(folder, infer):
    (folder / "mine.mp4").write_text("mine")
    (folder / "other.compare.mp4").write_text("mine")
    words = ["face=face.png", "audio=gone.wav"]
    for given in (["output=mine.mp4"], ["output=other.mp4", "compare=true"]):
        done = infer(*words, *given)
        assert done.returncode == 2 and "the output exists" in done.stderr and "force=true" in done.stderr
    for given in (["output=mine.mp4", "force=true"], ["--outfile", "mine.mp4"], []):
        assert "no such file: gone.wav" in infer(*words, *given).stderr
    assert (folder / "mine.mp4").read_text() == "mine"


def test_any_bytes_of_names_a_link_and_the_longest_name(folder, infer):
    """The default output, beside it a comparison whose name is cut, written through a link to another folder."""
    face, long = os.fsdecode(b"f\xff (1)=,.png"), "语" * 81 + "x.mp4"
    shutil.copy(folder / "face.png", folder / face)
    (folder / "store").mkdir()
    (folder / long).symlink_to(folder / "store" / "made.mp4")
    short = ["checkpoint=small.safetensors", "domain=human", "progress=false", "box=[40,30,120,130]"]
    done = infer(f"face={face}", "audio=[speech.wav]", *short)
    assert done.returncode == 0 and (folder / os.fsdecode(b"f\xff (1)=,.speech.mp4")).is_file(), done.stderr
    done = infer("face=face.png", "audio=speech.wav", *short, f"output={long}", "compare=true")
    assert done.returncode == 0 and f"wrote {long}" in done.stdout, done.stderr
    assert (folder / long).is_symlink() and (folder / "store" / "made.mp4").stat().st_size > 1000
    assert len(list(folder.glob("语*.compare.mp4"))) == 1


def test_no_face_leaves_no_file(folder, infer):
    cv2.imwrite(str(folder / "grey.png"), np.full((80, 80, 3), 128, np.uint8))
    done = infer("face=grey.png", "audio=speech.wav", "checkpoint=small.safetensors", "output=never.mp4")
    assert done.returncode == 2 and "no face found" in done.stderr and "box=" in done.stderr
    assert not (folder / "never.mp4").exists() and not list(folder.glob(".partial-*"))


def test_bad_input_does_not_wait_for_torch(folder):
    code = (
        "import sys; sys.argv=['infer.py','face=gone.mp4','audio=speech.wav']; import runpy\n"
        f"try: runpy.run_path({str(ROOT / 'infer.py')!r}, run_name='__main__')\n"
        "except SystemExit: sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True).returncode == 0


def test_help_fits_a_screen(infer):
    done = infer("--help")
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) <= 24 and max(map(len, lines)) <= 120 and "audio=" in done.stdout


def test_interrupted(folder):
    write_wav(folder / "long.wav", np.zeros(16000 * 600, np.float32) + 0.01, 16000)
    words = ["face=face.png", "audio=long.wav", "checkpoint=small.safetensors", "output=cut.mp4", "box=[40,30,120,130]"]
    command = [sys.executable, str(ROOT / "infer.py"), *words]
    # A shell starts background jobs with Ctrl-C ignored, and children inherit that: the test must not depend on it.
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    process = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True, preexec_fn=heard)
    deadline = time.monotonic() + 120
    while not list(folder.glob(".partial-*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130 and "interrupted" in errors and "Traceback" not in errors
    assert not (folder / "cut.mp4").exists() and not list(folder.glob(".partial-*"))


NAMES = [
    "with spaces and (brackets).png",
    "ünïcödé_面_рот.png",
    "-dash.png",
    "new\nline.png",
    "quote'\"$HOME`.png",
    "a=b,c.png",
]


def test_odd_names_survive(folder, infer):
    """The sound is missing and named in the message, hence every face was accepted; no torch is needed for that."""
    for name in NAMES:
        shutil.copy(folder / "face.png", folder / name)
        for arguments in ([f"face={name}"], ["--face", name]):
            done = infer(*arguments, "audio=gone.wav")
            assert done.returncode == 2 and "gone.wav" in done.stderr and "no such file" in done.stderr, done.stderr


TABLE = TORTURE / "torture.tsv"
ROWS = [line.split("\t") for line in TABLE.read_text().splitlines()[1:]] if TABLE.exists() else []
ONE_ROLE = {
    "no_audio.mp4",
    "four_frames.mp4",
    "audio_only.mp4",
    "upside_down.mp4",
}  # good here; an error in another role


@pytest.mark.slow
@pytest.mark.skipif(not ROWS, reason="the torture inputs are not here")
@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1][:24]}")
def test_torture_input(folder, infer, row):
    """Works, or one line and exit 2, as the table beside the files says; what comes out lasts as long as the sound."""
    name, _, expected, _ = row
    source = TORTURE / name
    sound = source.suffix == ".wav" or name == "audio_only.mp4"
    files = ["face=face.png", f"audio={source}"] if sound else [f"face={source}", "audio=speech.wav"]
    words = [*files, "checkpoint=small.safetensors", "output=t.mp4", "force=true", "progress=false"]
    done = infer(*words)
    allowed = {0, 2} if name in ONE_ROLE else {0} if expected.startswith("works") else {2}
    assert done.returncode in allowed and "Traceback" not in done.stderr, done.stderr
    if done.returncode:
        assert done.stderr.count("\n") == 1, done.stderr
        return
    seconds = float(decode_audio(source).seconds) if sound else 0.6
    times = [float(frame.timestamp) for frame in decode_video(folder / "t.mp4")]
    step = times[-1] - times[-2] if len(times) > 1 else 0.04
    assert abs(times[-1] - times[0] + step - seconds) <= 1.01 * max(step, 0.04)
    assert len(times) == len(set(times)) and times == sorted(times)
    audio = decode_audio(folder / "t.mp4")
    assert abs(float(audio.seconds) - seconds) <= 0.01
    assert abs(float(audio.start) - times[0]) <= step / 2  # sound and picture begin together
    if not sound:  # the tone begins with the first sample
        onset = float(audio.start) + int(np.argmax(np.abs(audio.samples) > 0.1)) / audio.sample_rate
        assert abs(onset - times[0]) <= step / 2


MEASURE = """
import resource, runpy, sys
sys.argv = sys.argv[1:]
try:
    runpy.run_path(sys.argv[0], run_name="__main__")
except SystemExit as left:
    assert not left.code, left.code
print("peak", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


@pytest.mark.slow
def test_memory_does_not_grow_with_length(folder):
    """4 s against 40 s from a clip of 3 s that is played forwards and backwards."""
    picture = cv2.imread(str(folder / "face.png"))[:, :, ::-1]
    with VideoWriter(folder / "loop.mp4", width=160, height=160, fps=Fraction(25)) as writer:
        for number in range(75):
            writer.write(np.ascontiguousarray(np.roll(picture, number % 7, axis=1)))
    peaks = {}
    for seconds in (4, 40):
        write_wav(folder / f"{seconds}.wav", np.sin(np.arange(16000 * seconds) * 0.15).astype(np.float32) * 0.3, 16000)
        words = ["face=loop.mp4", f"audio={seconds}.wav", "checkpoint=small.safetensors", f"output={seconds}.mp4"]
        command = [sys.executable, "-c", MEASURE, str(ROOT / "infer.py"), *words]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        peaks[seconds] = int(done.stdout.split("peak")[1])
    assert peaks[40] - peaks[4] < 60, peaks
