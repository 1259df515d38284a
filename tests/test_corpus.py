import json
import wave
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from talkface.corpus import (
    ClipRow,
    Corpus,
    corpus_text,
    failures_text,
    manifest_text,
    read_wav,
    row_from_text,
    row_to_text,
)
from talkface.errors import InputError

ROW = ClipRow("b", "train", "Ünï", "s1/b.mp4", "0" * 64, 3, 0.12, 8, 6, 0.5, ("face_gaps", "silent_audio"))


def write_corpus(folder: Path) -> Path:
    clip = folder / "clips" / "b"
    clip.mkdir(parents=True)
    (folder / "corpus.json").write_text(corpus_text({"name": "toy"}), encoding="utf-8")
    rows = [ROW, replace(ROW, id="a", split="test", av_offset=-2, av_confidence=1.5)]
    (folder / "manifest.jsonl").write_text(manifest_text(rows), encoding="utf-8")
    failures = [{"id": "z", "source": "z.mp4", "reason": "no face found", "remedy": "none"}]
    (folder / "failures.jsonl").write_text(failures_text(failures), encoding="utf-8")
    np.save(clip / "boxes.npy", np.arange(12, dtype=np.float32).reshape(3, 4))
    np.save(clip / "points.npy", np.zeros((2, 5, 2), np.float32))
    np.save(clip / "mel.npy", np.zeros((80, 10), np.float32))
    with wave.open(str(clip / "audio.wav"), "wb") as sound:
        sound.setparams((1, 2, 16000, 0, "NONE", ""))
        sound.writeframes(np.array([0, 16384, -32768, 32767], "<i2").tobytes())
    return folder


def test_rows_round_trip() -> None:
    for row in (ROW, replace(ROW, flags=(), av_offset=3, av_confidence=0.25)):
        assert row_from_text(row_to_text(row), Path("x")) == row
    assert "Ünï" in row_to_text(ROW)


def test_names_of_any_bytes_round_trip(tmp_path: Path) -> None:
    folder = write_corpus(tmp_path / "toy")
    rows = tuple(replace(ROW, id=name, source=f"{name}.mp4") for name in ("a\u2028b", "é\udcff", "语\x85"))
    (folder / "manifest.jsonl").write_text(manifest_text(rows), encoding="utf-8")
    assert Corpus(folder).rows() == rows


def test_reader(tmp_path: Path) -> None:
    corpus = Corpus(write_corpus(tmp_path / "toy"))
    assert corpus.info == {"name": "toy", "format_version": 1}
    assert [row.id for row in corpus.rows()] == ["a", "b"]
    assert [row.id for row in corpus.rows("train")] == ["b"]
    assert corpus.rows("val") == ()
    assert corpus.failures()[0]["reason"] == "no face found"
    assert corpus.boxes(ROW)[2].tolist() == [8, 9, 10, 11]
    assert corpus.mel(ROW).shape == (80, 10)
    assert corpus.samples(ROW).tolist() == [0.0, 0.5, -1.0, 32767 / 32768]
    assert corpus.video(ROW) == tmp_path / "toy" / "clips" / "b" / "video.mp4"


def test_no_such_split(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such split: dev - choose one of train, val, test"):
        Corpus(write_corpus(tmp_path / "toy")).rows("dev")


def test_not_a_corpus(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        Corpus(tmp_path)
    assert (caught.value.what, caught.value.where) == ("not a prepared corpus", str(tmp_path))
    assert "preprocess.py" in caught.value.remedy


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        (json.dumps({"format_version": 99}), "corpus of format version 99, not 1"),
        ("{}", "corpus of format version None, not 1"),
    ],
)
def test_damaged_corpus_file(tmp_path: Path, text: str, what: str) -> None:
    write_corpus(tmp_path)
    (tmp_path / "corpus.json").write_text(text)
    with pytest.raises(InputError) as caught:
        Corpus(tmp_path)
    assert caught.value.what == what


def test_damaged_manifest(tmp_path: Path) -> None:
    write_corpus(tmp_path)
    (tmp_path / "manifest.jsonl").write_text('{"id": "a"}\n')
    with pytest.raises(InputError, match="not a row of this format"):
        Corpus(tmp_path).rows()
    (tmp_path / "manifest.jsonl").unlink()
    with pytest.raises(InputError, match="damaged or missing file of a corpus"):
        Corpus(tmp_path).rows()


def test_damaged_clip(tmp_path: Path) -> None:
    corpus = Corpus(write_corpus(tmp_path))
    with pytest.raises(InputError, match=r"shape \(2, 5, 2\), expected \(3, 5, 2\)"):
        corpus.points(ROW)
    (corpus.clip_folder(ROW) / "mel.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(InputError, match="damaged or missing file of a clip"):
        corpus.mel(ROW)
    (corpus.clip_folder(ROW) / "audio.wav").write_bytes(b"RIFF")
    with pytest.raises(InputError, match="damaged or missing sound of a clip"):
        corpus.samples(ROW)


def test_stereo_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "stereo.wav"
    with wave.open(str(path), "wb") as sound:
        sound.setparams((2, 2, 16000, 0, "NONE", ""))
        sound.writeframes(bytes(8))
    with pytest.raises(InputError, match="not mono 16-bit sound"):
        read_wav(path)
