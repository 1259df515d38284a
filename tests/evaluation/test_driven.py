"""`protocol=cross_driving`: columns of made-up mouths, the whole run with stand-in serving, infer.py's request."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf

from talkface.errors import InputError
from talkface.evaluation import driven
from talkface.evaluation.aims import AIMS
from talkface.evaluation.command import run
from talkface.evaluation.mouth_columns import NO_CORRELATION, Drive, driver_values, mouth_values
from talkface.evaluation.mouth_reading import MouthReader, MouthVideo, mouth_reader
from talkface.evaluation.networks import OpenNetwork
from talkface.media import Audio, VideoWriter, decode_video
from talkface.metrics.functional.mouth_motion import alignment, mouth_opening
from talkface.pipelines.request import read_request

SIDE, FRAMES = 128, 60
PLACES = {36: (34, 40), 39: (51, 41), 42: (76, 41), 45: (96, 40), 27: (61, 36), 28: (59, 46), 33: (59, 72)}
CONFIGS = Path(__file__).parents[2] / "configs"


def speech(seed: int) -> np.ndarray:
    """(T,) an opening in pixels that moves as speech does, whole numbers from 0 to 20."""
    noise = np.random.default_rng(seed).normal(size=FRAMES + 4)
    smooth = np.convolve(noise, np.hanning(7)[1:-1], "valid")
    return np.round(20 * (smooth - smooth.min()) / np.ptp(smooth)).astype(int)


def pictures(opening: np.ndarray, skin: int) -> np.ndarray:
    """(T, 128, 128, 3) uint8: a flat face with lines, whose dark mouth is `opening` pixels high; skin tells whose."""
    images = np.full((len(opening), SIDE, SIDE, 3), skin, np.uint8)
    images[:, ::8] -= 20
    for image, height in zip(images, opening, strict=True):
        image[90 : 90 + height, 40:80] = 10
    return images


def find_mouths(path: Path) -> np.ndarray:
    """68 points of `pictures` read from a file: the mouth by its darkness, a face where there is any light."""
    rows = []
    for frame in decode_video(path):
        points = np.zeros((68, 2), np.float32)
        for index, place in PLACES.items():
            points[index] = place
        points[[*range(3, 14), *range(48, 68)]] = (60, 90)
        points[66] = (60, 90 + (frame.image[88:112, 60].mean(axis=1) < 50).sum())
        rows.append(points if frame.image.max() > 60 else np.full((68, 2), np.nan, np.float32))
    return np.stack(rows)


def write(path: Path, images: np.ndarray, seed: int = 0) -> None:
    sound = np.random.default_rng(seed).normal(0, 0.1, len(images) * 640).astype(np.float32)
    with VideoWriter(path, width=SIDE, height=SIDE, fps=25, audio=Audio(sound, 16000, start=0), crf=4) as video:
        for image in images:
            video.write(image)


def mouth_video(opening: np.ndarray, skin: int = 160) -> MouthVideo:
    points = torch.zeros(len(opening), 68, 2)
    for index, place in PLACES.items():
        points[:, index] = torch.tensor(place, dtype=torch.float32)
    points[:, [*range(3, 14), *range(48, 68)]] = torch.tensor((60.0, 90.0))
    points[:, 66, 1] += torch.from_numpy(opening)
    return MouthVideo(points, mouth_opening(points), pictures(opening, skin), alignment(points))


@pytest.fixture
def drive() -> Drive:
    return Drive(mouth_video(speech(1)), mouth_video(speech(2), 200), mouth_video(speech(1) * 0), "demo")


def test_the_drivers_mouth_in_the_sources_face_reaches_every_aim(drive: Drive) -> None:
    made = mouth_video(speech(2))
    found = mouth_values(made, drive)
    assert found["follows_driver"] == pytest.approx(1) and found["amplitude"] == pytest.approx(1)
    assert found["follows_source"] == pytest.approx(found["source_by_chance"])
    assert found["outside"] == 0 and found["driver_lag"] == 0
    assert (found["closed_in_silence"], found["movement_in_silence"]) == (1, 0)
    assert found["success"] == 1, found


def test_a_copy_of_the_source_fails_by_following_the_source(drive: Drive) -> None:
    found = mouth_values(drive.source, drive._replace(silent=drive.source))
    assert found["follows_source"] == pytest.approx(1) and found["movement_in_silence"] == pytest.approx(1)
    assert found["follows_driver"] < 0.55 and found["closed_in_silence"] < 0.5
    assert found["sharpness"] == 1 and found["colour"] == found["outside"] == 0  # which cannot tell it
    assert found["success"] == 0


def test_a_mouth_that_never_opens_fails_though_it_is_shut_in_silence(drive: Drive) -> None:
    found = mouth_values(mouth_video(speech(1) * 0), drive)
    assert found["closed_in_silence"] == 1 and found["follows_driver"] == NO_CORRELATION
    assert found["amplitude"] == 0 and found["success"] == 0


def test_a_face_that_is_lost_in_silence_leaves_columns_absent_and_fails(drive: Drive) -> None:
    found = mouth_values(mouth_video(speech(2)), drive._replace(silent="a face in only 10% of the frames"))
    assert found["closed_in_silence"] == "a face in only 10% of the frames" and found["success"] == 0


def test_the_drivers_own_video_is_the_upper_bound(drive: Drive) -> None:
    found = driver_values(drive)
    assert found["follows_driver"] == pytest.approx(1)
    assert isinstance(found["sharpness"], str) and isinstance(found["success"], str)


@pytest.fixture
def driven_settings(settings: dict, tmp_path: Path) -> dict:
    clips = tmp_path / "clips"
    clips.mkdir()
    for index in range(3):
        write(clips / f"c{index}.mp4", pictures(speech(index), 140 + 30 * index), index)
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        given = compose("evaluate", overrides=["protocol=cross_driving"])
    plain = OmegaConf.to_container(given, resolve=True)
    assert isinstance(plain, dict)
    chosen = {"protocol": plain["protocol"], "rows": plain["rows"], "clips": str(clips), "checkpoint": None}
    return {**plain, **settings, **chosen}


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict]:
    """Requests that reach the serving; each is answered by the face's own frames (the wrong result of issue 22)."""
    asked = []

    def copy(config: dict) -> Path:
        asked.append(config)
        write(Path(config["output"]), np.stack([frame.image for frame in decode_video(config["face"])]))
        return Path(config["output"])

    monkeypatch.setattr("talkface.pipelines.serve.run", copy)
    monkeypatch.setattr(
        "talkface.evaluation.mouth_reading.mouth_reader", lambda *given: MouthReader(find_mouths, "toy", given[-1])
    )
    return asked


def test_the_whole_run_shows_that_a_copy_fails(driven_settings: dict, served: list, open_tiny: OpenNetwork) -> None:
    folder = run({**driven_settings, "serving": {"silence": "keep"}}, open_tiny, [])
    report = json.loads((folder / "report.json").read_text())
    assert set(report["summary"]) == {"cross_driving", "unsynced", "driver"} and len(report["clips"]) == 6
    made = report["summary"]["cross_driving"]
    assert made["follows_source"]["value"] > 0.98 and made["success"]["value"] == 0 and made["outside"]["value"] < 1
    assert made["follows_source"]["low"] <= made["follows_source"]["value"] <= made["follows_source"]["high"]
    assert report["summary"]["driver"]["follows_driver"]["value"] == pytest.approx(1)
    assert not report["aims"]["follows_source"]["reached"] and report["aims"]["outside"]["reached"]
    assert {name.partition(" ")[0] for name in report["aims"]} == AIMS.keys()
    assert report["provenance"]["checkpoint"]["file"] == "shipped" and len(report["provenance"]["pairs"]["clips"]) == 3
    assert len(served) == 6 + 3 and all(asked["silence"] == "keep" for asked in served)  # one silence a face
    names = {path.name for path in (folder / "results").iterdir()}
    assert {"clips_c0+clips_c1.mp4", "clips_c0+silence.mp4"} <= names and len(names) == 9
    assert "Fooled by" in (folder / "report.html").read_text()


def test_a_face_that_cannot_be_served_is_a_failure(
    driven_settings: dict, served: list, open_tiny: OpenNetwork, tmp_path: Path
) -> None:
    write(tmp_path / "clips" / "dark.mp4", np.zeros((FRAMES, SIDE, SIDE, 3), np.uint8))
    report = json.loads((run(driven_settings, open_tiny, []) / "report.json").read_text())
    assert len(report["clips"]) == 6 and len(report["failures"]) == 6  # with it as face, and as driver
    assert all("dark" in failure["key"] and "0%" in failure["reason"] for failure in report["failures"])


def test_bad_settings_are_one_line(driven_settings: dict, open_tiny: OpenNetwork) -> None:
    with pytest.raises(InputError, match="no clips to drive"):
        run({**driven_settings, "clips": None}, open_tiny, [])
    with pytest.raises(InputError, match="68 points"):
        mouth_reader("mtcnn", "mtcnn", "cpu", None)  # type: ignore[arg-type]
    with pytest.raises(InputError):
        run({**driven_settings, "checkpoint": "none.safetensors"}, open_tiny, [])


def test_what_is_asked_of_serving_is_what_infer_py_asks(tmp_path: Path, served: list, driven_settings: dict) -> None:
    face = tmp_path / "clips" / "c0.mp4"
    driven.serve(face, tmp_path / "clips" / "c1.mp4", tmp_path / "out.mp4", driven_settings)
    files = [
        f"face={face}",
        f"audio={tmp_path / 'clips' / 'c1.mp4'}",
        f"output={tmp_path / 'out.mp4'}",
        "force=true",
        f"device={driven_settings['device']}",
    ]
    with initialize_config_dir(str(CONFIGS), version_base="1.3"):
        typed = OmegaConf.to_container(compose("infer", overrides=files), resolve=True)
    assert read_request(served[0]) == read_request(typed)  # type: ignore[arg-type]


def test_a_result_is_cut_as_its_source(tmp_path: Path) -> None:
    write(tmp_path / "source.mp4", pictures(speech(0), 160))
    write(tmp_path / "made.mp4", np.concatenate([pictures(speech(1), 160), pictures(speech(2), 160)]))
    from talkface.evaluation.cache import FeatureCache

    def moved(path: Path) -> np.ndarray:
        return find_mouths(path) + (0 if path.stem == "source" else np.float32(5))

    reader = MouthReader(moved, "moved", FeatureCache())
    source = reader.read(tmp_path / "source.mp4")
    made = reader.read(tmp_path / "made.mp4", source)
    torch.testing.assert_close(made.maps[:FRAMES], source.maps)
    assert not torch.allclose(made.maps[FRAMES:], source.maps)
    with pytest.raises(InputError, match="a face in only 0%"):
        MouthReader(lambda path: np.full((9, 68, 2), np.nan, np.float32), "none", FeatureCache()).read(
            tmp_path / "made.mp4"
        )
