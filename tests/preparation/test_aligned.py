"""An aligned pack shows exactly what serving shows its networks, with PC-AVS's own mel; made by an action."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from talkface.audio.pcavs_mel import pcavs_mel_spectrogram
from talkface.corpus import Corpus
from talkface.data.packed import Pack
from talkface.face import align_face, clip_alignment, picture_crop, three_points
from talkface.media import decode_video
from talkface.preparation.actions import is_packed, run_action
from talkface.preparation.launch import Launcher
from talkface.preparation.runner import Plan, prepare
from talkface.preparation.settings import PreparationSettings


@pytest.fixture(scope="module")
def corpus(sources: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("aligned") / "corpus"
    shutil.copytree(sources / "ann", folder.parent / "ann")
    plan = Plan(name="toy", layout="folder", source=folder.parent / "ann")
    prepare(plan, folder, settings=PreparationSettings(), launcher=Launcher(workers=0))
    return folder


def test_the_action_makes_what_serving_shows(corpus: Path, caplog: pytest.LogCaptureFixture) -> None:
    blind = Corpus(corpus).rows()[0]
    points = corpus / "clips" / blind.id / "points.npy"
    np.save(points, np.full_like(np.load(points), np.nan))
    form = {"enabled": False, "size": 224, "context": 1.0, "quality": 95}
    options = {
        "action": "pack_aligned",
        "corpus": str(corpus),
        "workers": 1,
        "pack_aligned": {**form, "pictures": "jpeg"},
    }
    run_action(options, lambda path: pytest.fail("nothing is measured"))
    assert is_packed(corpus, "aligned") and not is_packed(corpus)
    read, packed = Corpus(corpus), Pack(corpus, "aligned")
    assert f"{blind.id}: no face points, left out" in caplog.text
    assert [clip.id for clip in packed.clips] == [row.id for row in read.rows()[1:]]
    row, clip = read.rows()[1], packed.clips[0]
    np.testing.assert_array_equal(packed.mel(clip), pcavs_mel_spectrogram(read.samples(row)))
    matrices = clip_alignment(np.stack([three_points(each) for each in read.points(row)]))
    for number, frame in enumerate(decode_video(read.video(row))):
        served = picture_crop(align_face(frame.image, matrices[number])).astype(float)
        assert np.abs(served - packed.picture(clip, number)).mean() < 2  # JPEG
