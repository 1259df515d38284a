"""Packed pictures show exactly what serving would cut out, with its surroundings; the shards are plain tar files."""

import io
import json
import tarfile
from pathlib import Path

import numpy as np
import pytest

from talkface.corpus import Corpus
from talkface.data.augment import PLAIN_PICTURES
from talkface.data.packed import Pack
from talkface.errors import InputError
from talkface.face import WAV2LIP_MARGIN, crop_face, expand_box
from talkface.media import decode_video
from talkface.preparation.launch import Launcher
from talkface.preparation.pack import PackForm, pack
from talkface.preparation.runner import Plan, prepare
from talkface.preparation.settings import PreparationSettings


@pytest.fixture(scope="module")
def corpus(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("packing") / "corpus"
    plan = Plan(name="toy", layout="folder", source=sources / "ann")
    prepare(plan, folder, settings=PreparationSettings(), launcher=Launcher(workers=0))
    pack(folder)
    return folder


def test_the_centre_of_a_packed_picture_is_the_models_crop(corpus: Path) -> None:
    read, packed = Corpus(corpus), Pack(corpus)
    plain = PLAIN_PICTURES.draw(np.random.default_rng(0), size=96, context=1.25)
    for row, clip in zip(read.rows(), packed.clips, strict=True):
        assert (row.id, row.frames) == (clip.id, clip.frames)
        frames = list(decode_video(read.clip_folder(row) / "video.mp4"))
        for number in (0, row.frames // 2, row.frames - 1):
            box = expand_box(read.boxes(row)[number], WAV2LIP_MARGIN)
            served = crop_face(frames[number].image, box, (96, 96)).astype(float)
            trained = plain(packed.picture(clip, number), 96).astype(float)
            assert np.abs(served - trained).mean() < 3.0  # JPEG and one more resampling, not another place


def test_sound_and_mel_are_the_corpus_own(corpus: Path) -> None:
    read, packed = Corpus(corpus), Pack(corpus)
    for row, clip in zip(read.rows(), packed.clips, strict=True):
        np.testing.assert_array_equal(packed.mel(clip), read.mel(row))
        np.testing.assert_allclose(packed.samples(clip), read.samples(row), atol=1e-6)


def test_shards_are_webdataset_tars(corpus: Path) -> None:
    with tarfile.open(corpus / "packed" / "000000.tar") as shard:
        names = shard.getnames()
    clip = Corpus(corpus).rows()[0]
    key = clip.id.replace(".", "_")
    assert names[:3] == [f"{key}.mel.npy", f"{key}.wav", f"{key}.000000.jpg"]


def test_workers_do_not_change_a_byte(corpus: Path, tmp_path: Path) -> None:
    again = pack(corpus, tmp_path / "again", workers=2)
    for file in ("000000.tar", "index.jsonl", "pack.json"):
        assert (again / file).read_bytes() == (corpus / "packed" / file).read_bytes()
    assert json.loads((again / "pack.json").read_text())["clips"] == len(Corpus(corpus).rows())


def test_raw_pictures_are_what_the_jpegs_show(corpus: Path, tmp_path: Path) -> None:
    coded, raw = Pack(corpus), Pack(pack(corpus, tmp_path / "raw", form=PackForm(pictures="raw")))
    read = Corpus(corpus)
    for row, clip, other in zip(read.rows(), coded.clips, raw.clips, strict=True):
        np.testing.assert_array_equal(raw.mel(other), read.mel(row))
        for number in (0, row.frames - 1):
            exact = raw.picture(other, number).astype(float)
            assert exact.shape == (120, 120, 3)
            assert 0 < np.abs(exact - coded.picture(clip, number)).mean() < 3.0
    with tarfile.open(tmp_path / "raw" / "000000.tar") as shard:
        stored = np.load(io.BytesIO(shard.extractfile(shard.getnames()[2]).read()))  # type: ignore[union-attr]
    assert np.array_equal(stored[5], raw.picture(raw.clips[0], 5))


def test_another_form_of_pictures_is_refused() -> None:
    with pytest.raises(InputError, match="no such form of pictures"):
        PackForm(pictures="png")
