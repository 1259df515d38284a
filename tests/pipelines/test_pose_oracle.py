"""The first two pictures of the original's inference, from its folders and its sound, with seeded official networks."""

import importlib.util
import json
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from talkface.media import write_wav
from talkface.models.pcavs.network import LABELS, load_pcavs
from talkface.pipelines.pose_controlled.clip import AlignedClip, FaceFinder
from talkface.pipelines.pose_controlled.codes import to_tensor
from talkface.pipelines.pose_controlled.options import FaceOptions, PoseOptions
from talkface.pipelines.pose_controlled.sound import SpeechWindows
from talkface.pipelines.pose_controlled.steady import SteadySource
from talkface.pipelines.pose_controlled.stream import pose_codes, pose_controlled

ORACLE = Path(__file__).resolve().parents[3] / "shared" / "oracle"
pytestmark = pytest.mark.skipif(not ORACLE.is_dir(), reason="the oracle's files are not here")
TOLERANCE = 5e-5  # of the largest value, behind the motion encoder (the oracle's README)


def imported(name, path):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def inputs():
    imported("weights", ORACLE / "weights.py")
    return imported("pcavs_inputs", ORACLE / "pcavs" / "inputs.py")


@pytest.fixture(scope="module")
def sources(inputs, tmp_path_factory):
    """The oracle's folders: one identity picture, seven poses, the sound."""
    place = tmp_path_factory.mktemp("oracle")
    for kind, count in (("id", 1), ("pose", 7)):
        (place / kind).mkdir()
        for number in range(count):
            cv2.imwrite(str(place / kind / f"{number:06d}.png"), inputs.face(kind, number)[:, :, ::-1])
    write_wav(place / "a.wav", inputs.wave() / np.float32(32768), 16000)
    return place


@pytest.fixture(scope="module")
def network(inputs, tmp_path_factory):
    """The files of an official checkpoint, weights by the oracle's recipe, no noise."""
    recipe, folder = sys.modules["weights"], tmp_path_factory.mktemp("official")
    overrides = json.loads((ORACLE / "pcavs" / "overrides.json").read_text())
    for label in LABELS.values():
        shapes = json.loads((ORACLE / "pcavs" / f"keys_{label}.json").read_text())
        shapes = shapes.get("keys", shapes)
        drawn = {key: shape for key, shape in shapes.items() if not key.endswith("kernel")}
        state = recipe.state_for(drawn, 0, overrides[label])
        tensors = {key: torch.from_numpy(np.asarray(value)) for key, value in state.items()}
        for key in tensors:
            if label == "G" and key.endswith("noise.weight"):
                tensors[key].zero_()
        torch.save(tensors, folder / f"latest_net_{label}.pth")
    return load_pcavs(folder)


def assert_close(found, expected):
    assert np.abs(found - expected).max() <= TOLERANCE * np.abs(expected).max()


@pytest.mark.slow  # four networks of official size
@pytest.mark.parametrize(("scale", "name"), [(None, "driven_pose"), (1.0, "driven_pose_weight1")])
def test_two_pictures_equal_the_originals(inputs, sources, network, monkeypatch, scale, name):
    expected = np.load(ORACLE / "pcavs" / "inference.npz")
    options = PoseOptions(convention="pcavs", content_scale=scale, batch_size=2)
    finder = FaceFinder(FaceOptions())
    identity, pose = (AlignedClip(SteadySource(sources / kind), finder) for kind in ("id", "pose"))
    assert options.gain == (scale or 1.2)
    seen = []
    generate = network.generate
    monkeypatch.setattr(network, "generate", lambda *a: seen.append(generate(*a)) or seen[-1])
    made = pose_controlled(
        network,
        reference=identity.best_crops(1),
        poses=pose_codes(network, pose, options),
        windows=SpeechWindows(sources / "a.wav", "pcavs"),
        options=options,
    )
    pictures = [next(made), next(made)]
    made.close()
    image = seen[0].numpy()
    assert_close(inputs.probe(image), expected[f"probe/{name}/image"])
    assert [picture.frame for picture in pictures] == [2, 3]
    if scale is None:
        assert_close(image[:, :, 80:144, 80:144], expected["driven_pose/image_crop"])
        crops = np.stack([picture.image[80:144, 80:144] for picture in pictures]).astype(int)
        assert np.abs(crops - expected["driven_pose/uint8_crop"]).max() <= 1


def test_the_data_equal_the_originals(inputs, sources):
    """Tensors that enter the networks: identity, and the poses of the first and the last picture."""
    expected = np.load(ORACLE / "pcavs" / "data.npz")
    finder = FaceFinder(FaceOptions())
    identity, pose = (AlignedClip(SteadySource(sources / kind), finder) for kind in ("id", "pose"))
    step = 2 / 255 + 1e-6  # OpenCV's versions may differ by one grey level
    found = inputs.probe(to_tensor(identity.best_crops(1)).numpy())
    assert np.abs(found - expected["probe/first/input"]).max() <= step
    crops = list(pose.crops())
    for end, index in (("first", expected["loop_index_7"][2]), ("last", expected["loop_index_7"][38])):
        found = inputs.probe(to_tensor([crops[index]])[0].numpy())
        assert np.abs(found - expected[f"probe/{end}/driving_pose_frames"]).max() <= step
