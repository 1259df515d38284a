"""`convention: wav2lip` against the oracle: boxes, frame counts, pictures; and where the original would break off."""

import json
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import torch

from talkface.errors import InputError
from talkface.face.detection import Detection
from talkface.media import write_wav
from talkface.models.load import load_model
from talkface.pipelines.lip_sync import lip_sync
from talkface.pipelines.options import LipSyncOptions
from talkface.pipelines.original import padded, smoothed

SHARED = Path(__file__).parents[2].parent / "shared"
ORACLE = SHARED / "oracle" / "wav2lip"
needs_oracle = pytest.mark.skipif(not ORACLE.exists(), reason="the oracle folder is not here")


def test_pads_stay_inside():
    assert padded(np.array([3.9, 2.0, 90.2, 95.0]), (5, 10, 1, 20), 100, 100).tolist() == [2, 0, 100, 100]


def test_smoothing_by_hand():
    raw = np.array([[0, 0, 10, 10]] * 3 + [[10, 10, 20, 20]] * 4)
    assert smoothed(raw)[:3, 0].tolist() == [4, 6, 8] and smoothed(raw).dtype == raw.dtype
    assert smoothed(raw[2:5])[:, 0].tolist() == [10, 10, 10]  # three boxes: the original averages the last two only
    assert raw[0].tolist() == [0, 0, 10, 10]


class OracleDetector:
    """Answers with the oracle's boxes, one a call, in order."""

    def __init__(self, boxes):
        self.boxes = iter(boxes)

    def detect(self, images):
        return [[Detection(next(self.boxes).astype(np.float32), 1.0)] for _ in images]


def lossless(path, frames, fps):
    """A clip whose pictures decode bit for bit (PNG in MOV)."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=fps)
        stream.width, stream.height, stream.pix_fmt = frames.shape[2], frames.shape[1], "rgb24"
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="module")
def oracle(tmp_path_factory):
    """(inputs module, full-size generator with the recipe's weights, folder)."""
    sys.path.insert(0, str(ORACLE))
    try:
        import inputs
    finally:
        sys.path.remove(str(ORACLE))
    shapes = json.loads((ORACLE / "keys_generator.json").read_text())["keys"]
    overrides = json.loads((ORACLE / "overrides.json").read_text())["generator"]
    state = {key: torch.from_numpy(np.array(v)) for key, v in inputs.W.state_for(shapes, 0, overrides).items()}
    folder = tmp_path_factory.mktemp("oracle")
    torch.save({"state_dict": state}, folder / "wav2lip.pth")
    return inputs, load_model(folder / "wav2lip.pth", "wav2lip_generator"), folder


CASES = {
    "default": (25, {}),
    "nosmooth2997": (Fraction(30000, 1001), {"nosmooth": True, "pads": (0, 0, 0, 0)}),
    "box30": (30, {"box": (70, 40, 160, 140)}),
}


@needs_oracle
@pytest.mark.parametrize("case", CASES)
def test_pictures_equal_the_oracle(oracle, case):
    inputs, generator, folder = oracle
    fps, changes = CASES[case]
    expected = np.load(ORACLE / "inference.npz")
    video = inputs.video(0)
    clip = lossless(folder / f"{case}.mov", np.ascontiguousarray(video[..., ::-1]), fps)
    write_wav(folder / "wave.wav", inputs.wave(0, 1.0).astype(np.float32) / 32768, 16000)
    options = LipSyncOptions(convention="wav2lip", **changes)
    detector = None if options.box else OracleDetector(inputs.boxes(0))
    stream = lip_sync(clip, folder / "wave.wav", generator=generator, detector=detector, options=options)
    frames = list(stream.frames)
    assert len(frames) == int(expected[f"{case}_count"])
    if case == "default":
        boxes = np.stack([frame.boxes[0] for frame in frames[:20]])
        assert np.array_equal(boxes, expected["smoothed_boxes"])
    top, bottom, left, right = expected[f"{case}_region"]
    whole = np.stack([frame.image for frame in frames])[..., ::-1].astype(int)
    made, wanted = whole[: len(expected[case]), top:bottom, left:right], expected[case].astype(int)
    assert np.abs(made - wanted).max() <= 1
    assert (made == wanted).mean() >= 0.995
    outside = np.ones(whole.shape[1:3], bool)
    outside[top:bottom, left:right] = False
    source = np.stack([video[number % 20] for number in range(len(whole))])
    assert np.array_equal(whole[:, outside], source[:, outside])
    assert [frame.time for frame in frames[:3]] == [Fraction(number) / fps for number in range(3)]


class Blind:
    def detect(self, images):
        return [[] for _ in images]


def test_a_frame_without_a_face_ends_it(generator, make_clip, make_sound):
    options = LipSyncOptions(convention="wav2lip")
    stream = lip_sync(
        make_clip("a.mp4", 4), make_sound("a.wav", 0.5), generator=generator, detector=Blind(), options=options
    )
    with pytest.raises(InputError, match=r"no face in frame 0.*convention=exact"):
        list(stream.frames)


@pytest.mark.parametrize(("seconds", "count"), [(0.05, 2), (0.1, 2), (0.2, 2), (1.0, 22)])
def test_short_sounds(generator, make_clip, make_sound, seconds, count):
    options = LipSyncOptions(convention="wav2lip", box=(40, 30, 110, 120))
    stream = lip_sync(make_clip("a.mp4", 4), make_sound("a.wav", seconds), generator=generator, options=options)
    assert len(list(stream.frames)) == count
