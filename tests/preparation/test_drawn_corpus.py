"""A drawn corpus: truth in the corpus format, the same bytes whatever happened on the way."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from preparation_clips import digests

from talkface.corpus import Corpus
from talkface.drawn.cartoon import make_take
from talkface.errors import InputError
from talkface.media import decode_video, write_wav
from talkface.preparation import Launcher, Plan, prepare
from talkface.preparation.drawing import DrawnSettings, draw_clips, list_drawn
from talkface.preparation.settings import FPS

ROOT = Path(__file__).resolve().parents[2]
SETTINGS = DrawnSettings(seed=3, side=64, takes=1, speech="shipped", other_mouths=False)


def make(out: Path, count: int, settings: DrawnSettings = SETTINGS, workers: int = 0) -> Corpus:
    plan = Plan("drawn", "drawn", None, clips=list_drawn(count, settings))
    return Corpus(prepare(plan, out, settings=settings, launcher=Launcher(workers=workers)))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make(tmp_path_factory.mktemp("drawn") / "corpus", 3)


def test_truth_has_the_form_that_is_promised(corpus: Corpus) -> None:
    assert len(corpus.rows()) == 3 and corpus.failures() == ()
    for row in corpus.rows():
        truth, frames = corpus.truth(row), row.frames
        count = truth["present"].shape[1]
        assert truth["landmarks"].shape == (frames, count, 68, 2)
        assert truth["visible"].shape == (frames, count, 68)
        assert truth["mouth"].shape == (frames, count, 6)
        assert truth["pose"].shape == (frames, count, 6) and truth["expression"].shape == (frames, count, 5)
        assert truth["present"][:, 0].all() and np.isfinite(truth["landmarks"][:, 0]).all()
        assert (truth["identity"][:, 0] == int(row.speaker.removeprefix("drawn-"))).all()
        assert truth["spoken"].shape == (frames, 6) and 0 <= truth["spoken"].min() <= truth["spoken"].max() <= 1
        assert set(truth["viseme"].tolist()) <= set(range(len(truth["viseme_names"])))
        assert (row.av_offset, int(truth["av_offset"])) == (0, 0)


def test_boxes_do_not_open_with_the_mouth(corpus: Corpus) -> None:
    """A crop whose size tells how far the mouth is open teaches a generator to look at that."""
    for row in corpus.rows():
        truth = corpus.truth(row)
        chin, resting = truth["boxes"][:, 0, 3], corpus.boxes(row)[:, 3]
        opening, goes_on = truth["mouth"][:, 0, 0], np.diff(truth["shot"]) == 0
        by_opening = [np.polyfit(np.diff(opening)[goes_on], np.diff(side)[goes_on], 1)[0] for side in (chin, resting)]
        assert by_opening[0] > 1 and abs(by_opening[1]) < by_opening[0] / 20
        np.testing.assert_allclose(resting[opening == 0], chin[opening == 0])


def test_pictures_drawn_again_differ_in_the_mouth_alone(corpus: Corpus, tmp_path: Path) -> None:
    again = make(tmp_path / "again", 2, replace(SETTINGS, other_mouths=True))
    for row in again.rows():
        other = again.other_video(row)
        assert other is not None and corpus.other_video(row) is None
        first, second = (
            [frame.image.astype(int) for frame in decode_video(path)] for path in (again.video(row), other)
        )
        differs = np.stack([abs(a - b).max(axis=2) > 40 for a, b in zip(first, second, strict=True)])
        assert differs.any(axis=(1, 2)).mean() > 0.3
        eyes = again.points(row)[:, :2, 1].max(axis=1).astype(int)
        assert not any(frame[: max(0, line)].any() for frame, line in zip(differs, eyes, strict=True))
        assert (again.folder / "clips" / row.id / "truth.npz").read_bytes() == (
            corpus.folder / "clips" / row.id / "truth.npz"
        ).read_bytes()


def test_pictures_and_sound_are_as_long_as_the_row_says(corpus: Corpus) -> None:
    for row in corpus.rows():
        frames = [frame.image for frame in decode_video(corpus.video(row))]
        assert len(frames) == row.frames and frames[0].shape == (row.height, row.width, 3)
        assert len(corpus.samples(row)) == row.frames * 640
        assert corpus.mel(row).shape[0] == 80
        opening = corpus.truth(row)["mouth"][:, 0, 0]
        assert opening[0] == 0 and opening.max() > 0.3


def test_the_first_clips_are_the_same_however_many_and_by_however_many(corpus: Corpus, tmp_path: Path) -> None:
    make(tmp_path / "out", 1)
    more = make(tmp_path / "out", 3, workers=2)
    found = digests(more.folder)
    assert {name for name, digest in digests(corpus.folder).items() if found[name] != digest} == set()


@pytest.mark.slow
def test_killed_and_started_again(tmp_path: Path) -> None:
    options = ["data=drawn", "clips=3", "seed=3", "data.drawn.side=64", "data.drawn.takes=1"]
    command = [sys.executable, str(ROOT / "preprocess.py"), *options, "data.drawn.speech=shipped", "pack.enabled=false"]
    process = subprocess.Popen([*command, f"out={tmp_path / 'out'}"], stdout=subprocess.DEVNULL)
    records = tmp_path / "out" / "progress" / "sources"
    try:
        while process.poll() is None and not (records.is_dir() and list(records.glob("*.json"))):
            pass_time(process)
        assert process.poll() is None, "the run ended before it could be killed"
    finally:
        process.kill()
        process.wait()
    assert not (tmp_path / "out" / "corpus.json").exists()
    for out in ("out", "whole"):
        subprocess.run([*command, f"out={tmp_path / out}"], check=True, stdout=subprocess.DEVNULL)
    assert digests(tmp_path / "out") == digests(tmp_path / "whole")


def pass_time(process: subprocess.Popen[bytes]) -> None:
    """A moment, or less if the process ends."""
    try:
        process.wait(0.02)
    except subprocess.TimeoutExpired:
        return


def test_offsets_move_the_picture_against_the_sound() -> None:
    for character in range(6):
        straight, late = (
            make_take(character, 0, fps=FPS, side=64, source="shipped", longest_offset=longest) for longest in (0, 4)
        )
        shift = late.av_offset
        assert -4 <= shift <= 4 and straight.av_offset == 0
        assert (late.samples == straight.samples).all()
        inner = slice(5, len(straight.track) - 5)
        assert (np.roll(straight.track.shapes, shift, axis=0)[inner] == late.track.shapes[inner]).all()


def test_given_sound_is_spoken_by_rule(tmp_path: Path) -> None:
    time = np.arange(16000 * 3) / 16000
    hum = (0.3 * np.sin(2 * np.pi * 700 * time) * (np.sin(2 * np.pi * 1.0 * time) > 0)).astype(np.float32)
    (tmp_path / "sounds").mkdir()
    write_wav(tmp_path / "sounds" / "hum.wav", hum, 16000)
    settings = DrawnSettings(side=64, sounds=str(tmp_path / "sounds"))
    (row,) = draw_clips(list_drawn(1, settings)[0], settings, tmp_path)
    opening = np.load(tmp_path / row.id / "truth.npz")["mouth"][:, 0, 0]
    assert row.frames > 50 and opening.max() > 0.3 and opening.min() < 0.1
    with pytest.raises(InputError) as caught:
        empty = DrawnSettings(sounds=str(tmp_path / "none"))
        draw_clips(list_drawn(1, empty)[0], empty, tmp_path)
    assert caught.value.what == "no sound file in this folder"


def test_bad_settings_and_counts() -> None:
    with pytest.raises(InputError) as caught:
        list_drawn(0, SETTINGS)
    assert caught.value.what == "clips=0"
    with pytest.raises(InputError) as caught:
        DrawnSettings(seed=-1)
    assert caught.value.what == "seed=-1"
    with pytest.raises(InputError) as caught:
        DrawnSettings(side=10)
    assert caught.value.what.startswith("a size, number or offset")


def test_a_filmed_corpus_has_no_truth(corpus: Corpus) -> None:
    row = corpus.rows()[0]
    (corpus.clip_folder(row) / "truth.npz").rename(corpus.clip_folder(row) / "hidden.npz")
    try:
        with pytest.raises(InputError) as caught:
            corpus.truth(row)
    finally:
        (corpus.clip_folder(row) / "hidden.npz").rename(corpus.clip_folder(row) / "truth.npz")
    assert caught.value.what == "no truth is known of this clip"
