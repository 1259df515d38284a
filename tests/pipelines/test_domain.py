"""Filmed or drawn: told apart, and what follows from it."""

import csv
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data

from talkface.drawn.cartoon import make_take
from talkface.media import VideoWriter
from talkface.pipelines.domain import colour_share, domain_of, drawn_odds, face_score, face_texture
from talkface.pipelines.options import LipSyncOptions
from talkface.pipelines.request import Request
from talkface.pipelines.serve import settled

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    take = make_take(11, 0, fps=25, side=128, source="shipped")
    path = tmp_path_factory.mktemp("domain") / "drawn.mp4"
    frames = [frame.image for _, frame in zip(range(15), take.frames(), strict=False)]
    with VideoWriter(path, width=frames[0].shape[1], height=frames[0].shape[0], fps=25) as writer:
        for frame in frames:
            writer.write(frame)
    return path


def test_a_cartoon_is_drawn_and_a_photograph_is_not(drawn: Path, tmp_path: Path) -> None:
    photograph = tmp_path / "astronaut.png"
    cv2.imwrite(str(photograph), cv2.cvtColor(skimage.data.astronaut(), cv2.COLOR_RGB2BGR))
    assert domain_of(drawn) == "animation"
    assert domain_of(photograph) == "human"


def test_soft_shades_and_a_sure_face_speak_for_a_person() -> None:
    random, box = np.random.default_rng(0), np.array([10, 10, 90, 90], np.float32)
    paint = np.full((100, 100, 3), 200, np.uint8)
    paint[50:, 50:] = 40
    skin = np.clip(random.normal(150, 6, (100, 100, 1)), 0, 255).astype(np.uint8).repeat(3, axis=2)
    assert face_texture(paint, box) == 0 and face_texture(skin, box) > 0.5
    assert face_score(0.5, 0.99) > 0 > face_score(0.2, 0.9999)  # a few common colours do not matter where a face is
    assert face_score(0.36, 1.0) > 0 > face_score(0.36, 0.9)  # in doubt, confidence counts
    assert 0 <= face_texture(skin, np.array([-300, -300, -200, -200], np.float32)) <= 1


def test_few_colours_speak_for_a_drawing_where_there_is_no_face() -> None:
    assert drawn_odds(0.9) > 0.5 > drawn_odds(0.4)
    assert colour_share(np.zeros((4, 300, 3), np.uint8)) == 1.0
    assert colour_share(random_image()) < 0.1


def random_image() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (90, 80, 3), np.uint8)


def test_the_domain_fills_in_what_the_user_left_open(drawn: Path) -> None:
    asked = Request(drawn, (drawn,), Path("out.mp4"), None, LipSyncOptions(hold="source"))
    found = settled(asked)
    assert (found.domain, found.options.hold) == ("animation", "source")
    assert found.detector is not None
    filmed = settled(replace(asked, domain="human"))
    assert (filmed.domain, filmed.options.hold, filmed.detector) == ("human", 1, "mtcnn")
    original = LipSyncOptions(convention="wav2lip")
    assert settled(replace(asked, options=original)).domain == "human"


def test_the_users_choice_stays(drawn: Path) -> None:
    asked = Request(drawn, (drawn,), Path("out.mp4"), None, LipSyncOptions(hold=2), detector="mtcnn")
    found = settled(replace(asked, detector_threshold=0.9))
    assert (found.detector, found.detector_threshold, found.options.hold) == ("mtcnn", 0.9, 2)


@pytest.mark.slow
@pytest.mark.skipif(not DATA.is_dir(), reason="no shared data")
def test_real_clips_are_told_apart() -> None:
    rows = list(csv.DictReader((DATA / "manifest.tsv").open(), delimiter="\t"))
    kinds = {"human": "human", "animation": "animation"}
    clips = [row for row in rows if row["kind"] in kinds and row["path"].endswith(".mp4")]
    for kind, least in (("human", 1.0), ("animation", 0.9)):
        chosen = [DATA / row["path"] for row in clips if row["kind"] == kind]
        chosen = chosen[:: max(1, len(chosen) // 60)]
        right = np.mean([domain_of(path) == kind for path in chosen])
        assert right >= least, (kind, right)
