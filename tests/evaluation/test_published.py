"""LSE as published, against an implementation of its own: convolutions by key, reference MFCC, distances in a loop."""

import json
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import torch
from python_speech_features import mfcc as reference_mfcc
from torch import nn
from torch.nn import functional

from talkface.errors import InputError
from talkface.evaluation.clips import Clip, Scene
from talkface.evaluation.command import run
from talkface.evaluation.published import PublishedJudge, face_view, pictures_of, steady
from talkface.models.load import load_model
from talkface.models.syncnet_v2 import SyncNetV2
from talkface.models.upstream import load_content
from talkface.models.upstream.rgb import to_rgb

ORACLE = Path(__file__).parents[2].parent / "shared" / "oracle" / "wav2lip"
State = dict[str, torch.Tensor]
AUDIO = [(1, (1, 1)), None, (1, (1, 1)), (3, (1, 2), 0), (1, (1, 1)), (1, (1, 1)), (1, (1, 1)), (3, 2, 0), (1, 0)]
LIP = [
    ((1, 2, 2), 0), ((1, 3, 3), (1, 2, 2), 0), ((1, 2, 2), (0, 1, 1)), ((1, 3, 3), (1, 2, 2), (0, 1, 1)),
    (1, (0, 1, 1)), (1, (0, 1, 1)), (1, (0, 1, 1)), ((1, 3, 3), (1, 2, 2), 0), (1, 0),
]  # fmt: skip


def official_file(path: Path) -> tuple[Path, State]:
    """Weights by a seed in the released layout (BGR, 0-255), as a bare state dict without counters."""
    torch.manual_seed(5)
    network = SyncNetV2()
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Conv3d | nn.Linear):
            nn.init.kaiming_normal_(module.weight)
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d | nn.BatchNorm3d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.8, 1.4)
    state = network.state_dict()
    state["netcnnlip.0.weight"] /= 100
    torch.save({key: value for key, value in state.items() if "num_batches" not in key}, path)
    return path, state


def stack(x: torch.Tensor, state: State, name: str, plan: list) -> torch.Tensor:
    """One convolutional branch by the released numbering: three numbers a convolution, one a pool."""
    number = 0
    for step in plan:
        if step is None or len(step) == 3:
            if step is not None:
                x = (functional.max_pool2d if x.ndim == 4 else functional.max_pool3d)(x, *step)
            number += 1
            continue
        weight, bias = state[f"{name}.{number}.weight"], state[f"{name}.{number}.bias"]
        x = (functional.conv2d if x.ndim == 4 else functional.conv3d)(x, weight, bias, step[0], step[1])
        x = functional.relu(norm(x, state, f"{name}.{number + 1}"))
        number += 3
    return x.flatten(1)


def norm(x: torch.Tensor, state: State, name: str) -> torch.Tensor:
    parts = [state[f"{name}.{part}"] for part in ("running_mean", "running_var", "weight", "bias")]
    return functional.batch_norm(x, *parts, training=False)


def head(x: torch.Tensor, state: State, name: str) -> torch.Tensor:
    x = norm(functional.linear(x, state[f"{name}.0.weight"], state[f"{name}.0.bias"]), state, f"{name}.1")
    return functional.linear(functional.relu(x), state[f"{name}.3.weight"], state[f"{name}.3.bias"])


def reference_score(frames: list[np.ndarray], samples: np.ndarray, state: State) -> tuple[float, float, int]:
    """(distance, confidence, offset) of BGR frames and int16 samples, window by window."""
    small = [cv2.resize(frame, (224, 224)).astype(np.float32) for frame in frames]
    steps = reference_mfcc(samples, 16000).T.astype(np.float32)
    last = min(len(small), len(samples) // 640) - 5
    lip, sound = [], []
    for v in range(last):
        window = torch.from_numpy(np.stack(small[v : v + 5])).permute(3, 0, 1, 2)[None]
        lip.append(head(stack(window, state, "netcnnlip", LIP), state, "netfclip")[0].numpy())
        heard = torch.from_numpy(steps[:, 4 * v : 4 * v + 20])[None, None]
        sound.append(head(stack(heard, state, "netcnnaud", AUDIO), state, "netfcaud")[0].numpy())
    silence = [np.zeros(1024, np.float32)] * 15
    padded = silence + sound + silence
    means = [np.mean([np.linalg.norm(lip[v] - padded[v + k] + 1e-6) for v in range(last)]) for k in range(31)]
    return float(min(means)), float(np.median(means) - min(means)), 15 - int(np.argmin(means))


def test_the_report_equals_the_reference(settings, open_tiny, corpus, tmp_path) -> None:
    """Through evaluate.py's own way, from the official file to report.json; real rows are the clip's own frames."""
    path, state = official_file(tmp_path / "syncnet_v2.model")

    def open_network(file, kind):
        return load_model(file, kind) if file == path else open_tiny(file, kind)

    wanted = {**settings, "checkpoint": None, "expert": str(path), "limit": 1, "rows": ["real", "copy_reference"]}
    report = json.loads((run(wanted, open_network, []) / "report.json").read_text())
    found = report["clips"][0]["systems"]["real"]["values"]
    with av.open(str(corpus / "clips/clip0/video.mp4")) as container:
        frames = [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]
    samples = np.frombuffer((corpus / "clips/clip0/audio.wav").read_bytes()[44:], np.int16)
    with torch.no_grad():
        distance, confidence, offset = reference_score(frames, samples, state)
        swapped = reference_score([frame[..., ::-1] for frame in frames[:12]], samples[:7680], state)
        straight = reference_score(frames[:12], samples[:7680], state)
    assert abs(swapped[0] - straight[0]) > 1e-2 * straight[0]  # colours the wrong way round would be seen
    assert found["lse_distance_v2"] == pytest.approx(distance, rel=2e-3)  # decoders round chroma differently
    assert found["lse_confidence_v2"] == pytest.approx(confidence, rel=2e-2, abs=2e-3)
    assert found["lse_offset_v2"] == offset
    assert {"lse_distance", "sync_probability"} <= set(found)  # our own expert's columns stand beside
    assert report["provenance"]["syncnet_v2"]["sha256"] and report["provenance"]["expert"]["file"] == "shipped"
    judge, frames_of = PublishedJudge(load_model(path, "syncnet_v2"), batch=7), [frame[..., ::-1] for frame in frames]
    scene = Scene(lambda: iter(frames_of), np.tile(np.float32([16, 16, 112, 112]), (30, 1)))
    score = judge.score(judge.embed_video(scene), samples / np.float32(32768))
    assert score.distance == pytest.approx(distance, rel=1e-5)  # the same decoded pictures: equal to rounding
    assert score.confidence == pytest.approx(confidence, abs=1e-3) and score.offset == offset
    assert judge.score(judge.embed_video(scene)[:1], samples) is None


@pytest.mark.skipif(not ORACLE.exists(), reason="the oracle folder is not here")
def test_the_score_equals_the_recorded_original(monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(ORACLE))
    import inputs

    shapes, overrides = (json.loads((ORACLE / name).read_text()) for name in ("keys_syncnet_v2.json", "overrides.json"))
    state = inputs.W.state_for(shapes["keys"], 0, overrides["syncnet_v2"])
    network = load_content("syncnet_v2", {key: torch.from_numpy(np.array(value)) for key, value in state.items()}, "")
    frames, expected = inputs.video(0, 20, 224, 224)[..., ::-1], np.load(ORACLE / "syncnet_v2.npz")
    judge = PublishedJudge(to_rgb(network, "syncnet_v2"))
    video = judge.embed_video(Scene(lambda: iter(frames), np.zeros((20, 4), np.float32)))
    score = judge.score(video, inputs.wave(0, 1.0).astype(np.float32) / 32768)
    assert score.distance == pytest.approx(float(expected["min_distance"]), abs=1e-3)
    assert score.confidence == pytest.approx(float(expected["confidence"]), abs=1e-3)
    assert score.offset == int(expected["offset"])


def test_two_of_one_kind_are_refused(settings, open_tiny) -> None:
    with pytest.raises(InputError, match="two networks of the kind wav2lip_expert"):
        run({**settings, "expert": "a,b"}, open_tiny, [])


def test_crops_return_to_the_scene(clip: Clip) -> None:
    grey = np.full_like(clip.crops, 7)
    shown = list(clip.scene.showing(grey).frames())
    assert len(shown) == 30 and (shown[3][20:110, 20:110] == 7).all()
    whole = list(clip.scene.frames())[3]
    np.testing.assert_array_equal(shown[3][:16], whole[:16])
    np.testing.assert_array_equal(shown[3][:, :16], whole[:, :16])


def test_what_the_network_is_shown(clip: Clip) -> None:
    for view in ("frame", "face"):
        pictures = list(pictures_of(clip.scene, view))
        assert len(pictures) == 30 and pictures[0].shape == (224, 224, 3)
    with pytest.raises(InputError, match="syncnet_view"):
        PublishedJudge(SyncNetV2(), view="mouth")


def test_the_face_view_by_hand() -> None:
    image = np.zeros((100, 100, 3), np.uint8)
    image[40:61, 40:61] = 200
    view = face_view(image, np.float32([50, 50, 20]))
    assert view.shape == (56, 56, 3) and (view[10:30, 18:38] == 200).all()  # rows 30 .. 86, columns 22 .. 78
    assert (face_view(image, np.float32([5, 5, 20]))[0] == 110).all()
    boxes = np.tile(np.float32([10, 20, 50, 80]), (20, 1))
    boxes[10] += 30  # one jump of the detector
    np.testing.assert_allclose(steady(boxes)[7:13], np.tile([30, 50, 30], (6, 1)))
