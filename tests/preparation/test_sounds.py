"""Clips whose sound is a file of its own: VoxCeleb2 as it is released, NAME.wav beside NAME.mp4."""

import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from preparation_clips import hum, pan, write_clip

from talkface.corpus import Corpus
from talkface.errors import InputError
from talkface.media import probe, write_wav
from talkface.preparation import Launcher, Plan, PreparationSettings, prepare
from talkface.preparation.layouts import SourceClip, list_clips
from talkface.preparation.sounds import read_sound, sound_file, with_sounds

REAL = Path(__file__).resolve().parents[3] / "shared" / "data"


def take_apart(clip: Path, video: Path, sound: Path) -> None:
    """Copy the streams of `clip` into two files, as they are: the pictures alone, the sound alone."""
    for kind, target in (("video", video), ("audio", sound)):
        target.parent.mkdir(parents=True, exist_ok=True)
        with av.open(str(clip)) as source, av.open(str(target), "w") as sink:
            stream = next(each for each in source.streams if each.type == kind)
            copy = sink.add_stream_from_template(stream)
            for packet in source.demux(stream):
                if packet.dts is not None:
                    packet.stream = copy
                    sink.mux(packet)


def released(tree: Path, clips: dict[str, Path]) -> Path:
    """A tree as VoxCeleb2's archives unpack. clips: ``dev/ID/VIDEO/NNNNN`` → a clip with sound."""
    for place, clip in clips.items():
        part, _, rest = place.partition("/")
        take_apart(clip, tree / part / "mp4" / f"{rest}.mp4", tree / part / "aac" / f"{rest}.m4a")
    return tree


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory, astronaut: np.ndarray) -> Path:
    folder = tmp_path_factory.mktemp("joined")
    write_clip(folder / "clip.mp4", pan(astronaut, 20), hum(0.8))
    return folder / "clip.mp4"


def run(layout: str, source: Path, out: Path) -> Corpus:
    plan = Plan(name="toy", layout=layout, source=source, split={"seed": 0, "val": 0.0, "test": 0.0})
    return Corpus(prepare(plan, out, settings=PreparationSettings(), launcher=Launcher(workers=0)))


def test_voxceleb2_as_released(tmp_path: Path, joined: Path) -> None:
    places = ["dev/id00012/21Uxsk56VDQ/00001", "test/id00017/01dfn2spqyE/00001"]
    source = released(tmp_path / "vox", {place: joined for place in places})
    assert not probe(source / "dev/mp4/id00012/21Uxsk56VDQ/00001.mp4").has_audio
    corpus = run("voxceleb2", source, tmp_path / "corpus")
    rows = {row.speaker: row for row in corpus.rows()}
    assert [(row.split, row.frames) for row in rows.values()] == [("train", 20), ("test", 20)]
    shutil.copytree(joined.parent, tmp_path / "whole")
    whole = run("folder", tmp_path / "whole", tmp_path / "other")
    heard, wanted = (one.samples(next(iter(one.rows()))) for one in (corpus, whole))
    assert np.corrcoef(heard, wanted)[0, 1] > 0.999  # the same sound at the same time
    assert rows["id00012"].sha256 != next(iter(whole.rows())).sha256  # of both files


@pytest.mark.parametrize("inside", ["", "dev", "dev/mp4", "dev/mp4/id1"])
def test_any_folder_of_the_tree_may_be_the_source(tmp_path: Path, inside: str) -> None:
    for name in ("dev/mp4/id1/a/00001.mp4", "dev/aac/id1/a/00001.m4a"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    clips = with_sounds(list_clips("voxceleb2", tmp_path / inside))
    assert [clip.sound for clip in clips] == [tmp_path / "dev/aac/id1/a/00001.m4a"]


def test_a_wav_beside_is_taken_where_the_video_is_silent(tmp_path: Path, astronaut: np.ndarray) -> None:
    write_clip(tmp_path / "in" / "ann" / "mute.mp4", pan(astronaut, 20), None, start=Fraction(1, 5))
    write_wav(tmp_path / "in" / "ann" / "mute.WAV", hum(0.8, level=0.2), 16000)
    write_clip(tmp_path / "in" / "bob" / "own.mp4", pan(astronaut, 20), hum(0.8, level=0.3))
    write_wav(tmp_path / "in" / "bob" / "own.wav", np.zeros(12800, np.float32), 16000)
    corpus = run("folder", tmp_path / "in", tmp_path / "out")
    rows = {row.speaker: row for row in corpus.rows()}
    assert np.abs(corpus.samples(rows["bob"])).max() > 0.2  # the clip's own sound wins
    np.testing.assert_allclose(corpus.samples(rows["ann"])[:12800], hum(0.8, level=0.2), atol=1e-3)  # begin to begin


def test_a_sound_that_comes_later_is_noticed(tmp_path: Path, astronaut: np.ndarray) -> None:
    write_clip(tmp_path / "in" / "ann" / "one.mp4", pan(astronaut, 20), hum(0.8))
    write_clip(tmp_path / "in" / "bob" / "mute.mp4", pan(astronaut, 20), None)
    first = run("folder", tmp_path / "in", tmp_path / "out")
    assert [failure["reason"] for failure in first.failures()] == ["no audio stream in this file"]
    write_wav(tmp_path / "in" / "bob" / "mute.wav", hum(0.8), 16000)
    assert len(run("folder", tmp_path / "in", tmp_path / "out").rows()) == 2


def test_where_there_is_no_sound_the_line_says_where_it_is_looked_for(tmp_path: Path, astronaut: np.ndarray) -> None:
    path = tmp_path / "mp4" / "mute.mp4"
    write_clip(path, pan(astronaut, 5), None)
    with pytest.raises(InputError, match=r"no audio stream .*NAME\.wav beside NAME\.mp4"):
        sound_file(SourceClip("mute", path, "mute.mp4", "mute"))
    write_clip(tmp_path / "aac" / "mute.mp4", pan(astronaut, 5), None)  # pictures again
    (tmp_path / "aac" / "mute.mp4").rename(tmp_path / "aac" / "mute.m4a")
    (clip,) = with_sounds([SourceClip("mute", path, "mute.mp4", "mute")])
    with pytest.raises(InputError, match=r"no audio stream in this file: .*mute\.m4a"):
        sound_file(clip)


@pytest.mark.skipif(not REAL.is_dir(), reason="no shared data")
def test_real_clips_taken_apart(tmp_path: Path) -> None:
    """The sound of its own file is the same to the sample, and lands within a frame of where it was.

    By how much the two streams began apart is no longer in the files.
    """
    found = [path for path in sorted((REAL / "speech_multi").rglob("*.mp4")) if probe(path).has_audio][:4]
    assert found
    for number, path in enumerate(found):
        place = f"id{number:05d}/v/00001"
        video, sound = tmp_path / "mp4" / f"{place}.mp4", tmp_path / "aac" / f"{place}.m4a"
        take_apart(path, video, sound)
        (clip,) = with_sounds([SourceClip("b", video, "b", "b")])
        heard, wanted = read_sound(clip, sound_file(clip)), read_sound(SourceClip("a", path, "a", "a"), path)
        np.testing.assert_array_equal(heard.samples[:16000], wanted.samples[:16000])
        moved = (heard.start - probe(video).start) - (wanted.start - probe(path).start)
        assert abs(moved) < Fraction(1, 25), path
