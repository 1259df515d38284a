"""PC-AVS's protocols on tiny seeded networks: what the rows are made of, whose head motion they have, the report."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from tiny_networks import TinyExpert
from torch import Tensor, nn

from talkface.checkpoint import save_weights
from talkface.corpus import Corpus
from talkface.errors import InputError
from talkface.evaluation.cache import FeatureCache
from talkface.evaluation.clips import ClipEntry, list_clips
from talkface.evaluation.command import run
from talkface.evaluation.posed import aligned_boxes, aligned_pictures, posed_clip, true_yaw
from talkface.evaluation.trials import Trial
from talkface.models.kinds import build_model
from talkface.models.pcavs.network import LABELS, load_pcavs


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the four networks at a sixteenth of the width, seeded."""
    folder = tmp_path_factory.mktemp("pcavs")
    for number, kind in enumerate(LABELS):
        torch.manual_seed(number)
        state = build_model(kind, {"width": 1 / 16}).state_dict()
        save_weights(folder / f"{kind}.safetensors", state, {"kind": kind, "config": {"width": 1 / 16}})
    return folder


@pytest.fixture(scope="module")
def entries(corpus: Path) -> list[ClipEntry]:
    return list_clips([corpus], "test")


def open_both(path: Path | None, kind: str) -> nn.Module:
    return (Level() if kind == "pcavs" else TinyExpert()).eval()


def test_the_crop_holds_the_face_and_its_box_goes_with_it(entries: list[ClipEntry]) -> None:
    pictures, boxes = list(aligned_pictures(entries[0])), aligned_boxes(entries[0])
    assert pictures[0].shape == (224, 224, 3) and len(pictures) == len(boxes) == 30
    row, column = np.nonzero(pictures[0].max(axis=2) > 120)  # the disc of the toy clips, as wide as its box
    found = [column.min(), row.min(), column.max() + 1, row.max() + 1]
    np.testing.assert_allclose(found, np.clip(boxes[0], 0, 224), atol=3)


def test_self_driven_is_compared_with_the_clip_in_the_same_crop(entries: list[ClipEntry], networks: Path) -> None:
    trial, network = Trial("k", entries[0], entries[1], entries[0]), load_pcavs(networks)
    assert len(network.weights_sha256) == 64 and set(network.metadata) == set(LABELS)
    clip = posed_clip(trial, network, network.weights_sha256, FeatureCache(), batch=8)
    assert clip.made is not None
    assert (clip.key, clip.made.row, clip.made.absent) == ("k", "generated", None)
    assert clip.crops.shape == clip.made.crops.shape == (30, 96, 96, 3)
    np.testing.assert_array_equal(clip.scene.boxes, clip.made.scene.boxes)
    assert clip.reference is not None and (clip.references == clip.crops[:1]).all()


class Level(nn.Module):
    """Stands for PC-AVS: its pictures are as bright as those of the pose clip."""

    def __init__(self) -> None:
        super().__init__()
        self.metadata: dict[str, object] = {}
        self.weights_sha256 = "c" * 64

    def encode_identity(self, image: Tensor) -> Tensor:
        return image.mean()

    def encode_pose(self, images: Tensor) -> Tensor:
        return images.mean(dim=(1, 2, 3))[:, None].expand(-1, 12)

    def encode_mouth(self, images: Tensor) -> Tensor:
        raise AssertionError("the sound drives the mouth")

    def encode_content(self, mels: Tensor) -> Tensor:
        return torch.zeros(len(mels), 512)

    def generate(self, identity: Tensor, content_code: Tensor, pose_code: Tensor, content_scale: float = 1.0) -> Tensor:
        return pose_code[:, :1, None, None].expand(-1, 3, 224, 224)


def test_anothers_head_motion_is_shown_and_has_no_truth(entries: list[ClipEntry]) -> None:
    for pose, row in ((entries[0], "generated"), (entries[1], "cross_pose")):
        clip = posed_clip(Trial("k", entries[0], None, pose), Level(), "w", FeatureCache(), batch=8)
        assert clip.made is not None and clip.made.row == row
        assert (clip.made.absent is None) == (row == "generated")
        levels = [np.asarray(picture, float).mean() for picture in aligned_pictures(pose)]
        np.testing.assert_allclose(clip.made.crops.mean(axis=(1, 2, 3)), levels, atol=1)
        steady = np.tile(np.median(aligned_boxes(pose), axis=0), (len(clip.made.crops), 1))
        expected = aligned_boxes(pose) if row == "generated" else steady  # boxes would tell of the pose source's mouth
        np.testing.assert_array_equal(clip.made.scene.boxes, expected)
    with pytest.raises(InputError, match="nobody's head motion"):
        posed_clip(Trial("k", entries[0]), Level(), "w", FeatureCache(), batch=8)


def test_a_drawn_pose_clip_brings_its_true_yaw(corpus: Path, entries: list[ClipEntry], monkeypatch) -> None:
    truth = {"present": np.ones((30, 1), bool), "pose": np.zeros((30, 1, 6), np.float32)}
    truth["present"][2], truth["pose"][:, 0, 0] = False, np.arange(30)
    assert true_yaw(entries[0]) is None
    monkeypatch.setattr(Corpus, "has_truth", lambda corpus, row: True)
    monkeypatch.setattr(Corpus, "truth", lambda corpus, row: truth)
    for pose in entries[:2]:
        clip = posed_clip(Trial("k", entries[0], None, pose), Level(), "w", FeatureCache(), batch=8)
        assert clip.made is not None
        scene = clip.made.pose or clip.scene
        assert scene.yaw is not None and np.isnan(scene.yaw[2])
        np.testing.assert_array_equal(scene.yaw[3:], np.arange(3, 30))


def test_report_of_both_protocols(settings: dict, tmp_path: Path) -> None:
    for name, rows, sound, pose, limit in (
        ("pcavs_self", ["generated", "real", "copy_reference"], "half_list", "same", 1),
        ("pcavs_cross", ["cross_pose", "real"], "other_speaker", "other_speaker", 2),
    ):
        protocol = {**settings["protocol"], "name": name, "generator": "pcavs", "sound": sound, "pose": pose}
        wanted = {**settings, "protocol": protocol, "rows": rows, "limit": limit, "checkpoint": "FOLDER"}
        report = json.loads((run({**wanted, "out": str(tmp_path / name)}, open_both, []) / "report.json").read_text())
        assert set(report["systems"]) == set(rows) and report["differences"]["of"] == rows[0]
        assert report["provenance"]["checkpoint"]["sha256"] == "c" * 64
        assert ("ssim_mouth" in report["summary"][rows[0]]) == (name == "pcavs_self")
    with pytest.raises(InputError, match="the protocol pcavs_cross needs PC-AVS: checkpoint= - give checkpoint=FOLDER"):
        run({**wanted, "checkpoint": None}, open_both, [])
