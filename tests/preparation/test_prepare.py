"""All of preparation on small clips: what is in a corpus, what failed, and that nothing else decides its bytes."""

import json
import shutil
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from preparation_clips import FRAME, digests, hum, pan, write_clip

from talkface.audio.mel import mel_spectrogram
from talkface.corpus import ClipRow, Corpus
from talkface.errors import InputError
from talkface.media import decode_video, probe
from talkface.preparation import Launcher, Plan, PreparationSettings, prepare
from talkface.preparation.clip import write_videos
from talkface.preparation.runner import exclusive
from talkface.preparation.segments import Segment, crop_window

SPLIT = {"seed": 0, "val": 0.3, "test": 0.3}
HERE = Launcher(workers=0)


def plan_of(source: Path, **changes: object) -> Plan:
    return Plan(name="toy", layout="folder", source=source, split=SPLIT, **changes)  # type: ignore[arg-type]


def run(source: Path, out: Path, *, launcher: Launcher = HERE, **settings: object) -> Corpus:
    return Corpus(prepare(plan_of(source), out, settings=PreparationSettings(**settings), launcher=launcher))  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def corpus(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return run(sources, tmp_path_factory.mktemp("corpora") / "toy")


def row_of(corpus: Corpus, clip_id: str) -> ClipRow:
    return next(row for row in corpus.rows() if row.id == clip_id)


def test_every_source_is_a_clip_or_a_failure(corpus: Corpus) -> None:
    assert [row.id for row in corpus.rows()] == ["ann_fast", "ann_pan", "bob_gap_00", "bob_gap_01", "bob_silent"]
    reasons = {failure["source"]: failure["reason"] for failure in corpus.failures()}
    assert reasons.keys() == {"eve/broken.mp4", "eve/empty.mp4", "eve/mute.mp4", "eve/short.mp4"}
    assert reasons["eve/mute.mp4"] == "no audio stream in this file"
    assert reasons["eve/empty.mp4"] == "no face found"
    assert reasons["eve/short.mp4"] == "too few frames (3)"
    assert all(failure["remedy"] and failure["id"].startswith("eve_") for failure in corpus.failures())
    assert corpus.info["clips"] == 5 and corpus.info["failures"] == 4


def test_lengths_agree_exactly(corpus: Corpus) -> None:
    for row in corpus.rows():
        info = probe(corpus.video(row))
        frames = list(decode_video(corpus.video(row)))
        assert (info.fps, info.width, info.height) == (Fraction(25), row.width, row.height)
        assert [frame.timestamp for frame in frames] == [Fraction(index, 25) for index in range(row.frames)]
        assert corpus.boxes(row).shape == (row.frames, 4) and corpus.points(row).shape == (row.frames, 5, 2)
        samples = corpus.samples(row)
        assert len(samples) == row.frames * 640 and row.seconds == row.frames / 25
        np.testing.assert_array_equal(corpus.mel(row), mel_spectrogram(samples))


def test_other_rates_become_25(corpus: Corpus) -> None:
    assert row_of(corpus, "ann_pan").frames == 24
    assert row_of(corpus, "ann_fast").frames == 20  # 24 frames at 30 a second last 0.8 s


def test_the_face_is_in_its_box(corpus: Corpus) -> None:
    row = row_of(corpus, "ann_pan")
    boxes, points = corpus.boxes(row), corpus.points(row)
    assert (boxes[:, :2] > 0).all() and (boxes[:, 2] < row.width).all() and (boxes[:, 3] < row.height).all()
    assert (points > boxes[:, None, :2]).all() and (points < boxes[:, None, 2:]).all()
    assert boxes[-1, 0] - boxes[0, 0] == pytest.approx(-23, abs=4)  # the camera pans 23 pixels to the right


def test_gap_makes_two_flagged_clips(corpus: Corpus) -> None:
    first, second = row_of(corpus, "bob_gap_00"), row_of(corpus, "bob_gap_01")
    assert first.flags == second.flags == ("face_gaps",)
    assert abs(first.frames - 20) <= 2 and abs(second.frames - 18) <= 2
    assert row_of(corpus, "ann_pan").flags == ()


def test_silence_is_a_flag_and_warnings_are_kept(corpus: Corpus) -> None:
    assert row_of(corpus, "bob_silent").flags == ("silent_audio", "warnings")
    record = json.loads((corpus.folder / "progress" / "sources" / "bob_silent.json").read_text())
    assert len(record["warnings"]) == 1 and "silent" in record["warnings"][0]


def test_speakers_are_apart_and_rows_are_in_their_folders(corpus: Corpus) -> None:
    splits = {
        row.speaker: {other.split for other in corpus.rows() if other.speaker == row.speaker} for row in corpus.rows()
    }
    assert all(len(found) == 1 for found in splits.values())
    for row in corpus.rows():
        stored = json.loads((corpus.clip_folder(row) / "row.json").read_text(encoding="utf-8"))
        assert stored == json.loads(json.dumps(vars(row)))


def test_encoding_is_exact(sources: Path, tmp_path: Path) -> None:
    """x264 with its macroblock tree gives several different files here."""
    source, settings = sources / "ann" / "fast.mkv", PreparationSettings()
    boxes = np.tile(np.array([0, 0, FRAME, FRAME], np.float32), (20, 1))
    window = crop_window(boxes, width=FRAME, height=FRAME, margin=0.0, longest=256)
    segment = Segment(0, boxes, np.zeros((20, 5, 2), np.float32))
    for number in range(6):
        write_videos(source, [(segment, window, tmp_path / str(number))], settings)
    assert len(set(digests(tmp_path).values())) == 1


def test_two_workers_give_the_same_bytes(sources: Path, corpus: Corpus, tmp_path: Path) -> None:
    other = run(sources, tmp_path / "toy", launcher=Launcher(workers=2))
    assert digests(other.folder) == digests(corpus.folder)


def test_what_is_done_is_not_done_again(sources: Path, corpus: Corpus, tmp_path: Path) -> None:
    out = tmp_path / "toy"
    shutil.copytree(corpus.folder, out)
    before = digests(out)
    times = {path: path.stat().st_mtime_ns for path in (out / "clips").rglob("*.*")}
    shutil.rmtree(out / "clips" / "bob_gap_01")  # one of two clips of a source
    (out / "progress" / "sources" / "eve_mute.json").unlink()
    (out / "partial" / "ann_pan-1").mkdir(parents=True)
    for folder in (out, out / "progress", out / "progress" / "sources", out / "clips" / "ann_pan"):
        (folder / ".partial-x.json").write_text("half")
    run(sources, out)
    assert digests(out) == before
    untouched = [path for path in times if "bob_gap" not in str(path)]
    assert untouched and all(path.stat().st_mtime_ns == times[path] for path in untouched)


def test_changed_source_is_prepared_again(astronaut: np.ndarray, tmp_path: Path) -> None:
    write_clip(tmp_path / "in" / "a.mp4", pan(astronaut, 6), hum(0.24))
    assert run(tmp_path / "in", tmp_path / "out").rows()[0].frames == 6
    write_clip(tmp_path / "in" / "a.mp4", pan(astronaut, 9), hum(0.36))
    write_clip(tmp_path / "in" / "b.mp4", pan(astronaut, 6), hum(0.24))
    assert [row.frames for row in run(tmp_path / "in", tmp_path / "out").rows()] == [9, 6]


def test_sound_and_picture_stay_together(astronaut: np.ndarray, tmp_path: Path) -> None:
    """The picture starts 0.48 s after the sound; both change 0.4 s after the first frame."""
    frames = [
        frame if index < 10 else (frame * 0.94).astype(np.uint8)
        for index, frame in enumerate(pan(astronaut, 20, step=0))
    ]
    sound = np.zeros(32000, np.float32)
    sound[round(0.88 * 16000) :] = 0.5
    write_clip(tmp_path / "in" / "late.mkv", frames, sound, start=Fraction(48, 100))
    corpus = run(tmp_path / "in", tmp_path / "out")
    (row,) = corpus.rows()
    light = np.array([frame.image.mean() for frame in decode_video(corpus.video(row))])
    samples = corpus.samples(row)
    assert row.frames == 20 and row.flags == ()
    assert int(np.argmax(light < light[[0, -1]].mean())) == 10
    assert int(np.argmax(np.abs(samples) > 0.25)) == pytest.approx(10 * 640, abs=16)  # 1 ms


def test_missing_sound_is_a_flag(astronaut: np.ndarray, tmp_path: Path) -> None:
    write_clip(tmp_path / "in" / "a.mp4", pan(astronaut, 20), hum(0.5))
    assert run(tmp_path / "in", tmp_path / "out").rows()[0].flags == ("short_audio",)


def test_all_faces(astronaut: np.ndarray, tmp_path: Path) -> None:
    twins = [np.ascontiguousarray(np.hstack([frame, frame[:, ::-1]])) for frame in pan(astronaut, 16, step=0)]
    write_clip(tmp_path / "in" / "twins.mp4", twins, hum(0.64))
    rows = run(tmp_path / "in", tmp_path / "out", faces="all").rows()
    assert [(row.id, row.frames) for row in rows] == [("twins_00", 16), ("twins_01", 16)]
    assert len(run(tmp_path / "in", tmp_path / "one").rows()) == 1


def test_other_settings_are_refused(sources: Path, corpus: Corpus) -> None:
    with pytest.raises(InputError) as caught:
        run(sources, corpus.folder, crf=20, longest_side=128)
    assert caught.value.what == "prepared with other settings (crf: 16, now 20; longest_side: 256, now 128)"


def test_one_run_at_a_time(sources: Path, corpus: Corpus) -> None:
    with exclusive(corpus.folder), pytest.raises(InputError, match="another run is writing here"):
        run(sources, corpus.folder)


def test_bad_places(sources: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "letter.txt").write_text("dear")
    (tmp_path / "file").write_text("")
    for out, what in [
        (sources / "out", "out lies inside source"),
        (sources, "out lies inside source"),
        (tmp_path / "full", "out holds other files"),
        (tmp_path / "file", "out is a file"),
    ]:
        with pytest.raises(InputError) as caught:
            run(sources, out)
        assert caught.value.what == what
    assert not (sources / "out").exists()


def test_nothing_usable_is_an_error_that_points_to_the_reasons(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.mp4").write_bytes(b"nothing")
    with pytest.raises(InputError) as caught:
        run(tmp_path / "in", tmp_path / "out")
    assert caught.value.what == "no clip could be prepared"
    assert json.loads((tmp_path / "out" / "failures.jsonl").read_text())["source"] == "a.mp4"


def test_a_detector_that_cannot_be_built_stops_the_run_and_blames_no_clip(sources: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unknown face detector: haar"):
        run(sources, tmp_path / "out", detector="haar")
    assert list((tmp_path / "out" / "progress").glob("sources/*")) == []


def test_a_full_disk_stops_the_run_and_blames_no_clip(
    sources: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=0))
    with pytest.raises(InputError, match="the disk is full"):
        run(sources / "eve", tmp_path / "out")
    assert list((tmp_path / "out" / "progress").glob("sources/*")) == []


@pytest.mark.parametrize("change", [{"faces": "two"}, {"every": 0}, {"longest_side": 8}, {"crop_margin": -0.1}])
def test_bad_settings(change: dict[str, object]) -> None:
    with pytest.raises(InputError):
        PreparationSettings(**change)  # type: ignore[arg-type]
