"""The mouth model as it is served, with the shipped weights: silence shuts, sound moves, no old mouth stays."""

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from talkface.errors import InputError
from talkface.face import build_landmarker
from talkface.face.mouth_geometry import erased_mask, zoomed
from talkface.face.mouth_shape import opening
from talkface.media import decode_audio, write_wav
from talkface.pipelines.lip_sync import build_stage, lip_sync
from talkface.pipelines.live import LIVE, LiveLipSync
from talkface.pipelines.mouth.landmarks import MouthLandmarker
from talkface.pipelines.mouth.networks import load_mouth
from talkface.pipelines.mouth.references import build_references, extremes, sight, zoom_of
from talkface.pipelines.mouth.rendering import FaceJob, make_faces, paste
from talkface.pipelines.options import LipSyncOptions

BOX = (69.0, 61.0, 158.0, 175.0)
MANUAL = LipSyncOptions(box=BOX)


@pytest.fixture(scope="session")
def portrait() -> np.ndarray:
    """(300, 300, 3) uint8 RGB: a real face that smiles (scikit-image's astronaut, public domain)."""
    data = pytest.importorskip("skimage.data")
    return np.ascontiguousarray(data.astronaut()[0:300, 110:410])


@pytest.fixture(scope="module")
def networks():
    return load_mouth()


@pytest.fixture(scope="module")
def landmarks(networks, portrait):
    return MouthLandmarker(networks.landmarks, build_landmarker("small")).find(portrait, np.array(BOX, np.float32))


def spoken(networks, clip, sound, options=MANUAL):
    return list(lip_sync(clip, sound, generator=networks, options=options).frames)


def opened(networks, frames):
    landmarker = MouthLandmarker(networks.landmarks, build_landmarker("small"))
    return np.array([float(opening(landmarker.find(one.image, np.array(BOX, np.float32)))) for one in frames])


@pytest.fixture
def photograph(portrait, tmp_path):
    cv2.imwrite(str(tmp_path / "face.png"), portrait[:, :, ::-1])
    return tmp_path / "face.png"


def test_silence_closes_a_photographed_smile_and_nothing_moves(networks, landmarks, photograph, tmp_path):
    write_wav(tmp_path / "silence.wav", np.zeros(6400, np.float32), 16000)
    frames = spoken(networks, photograph, tmp_path / "silence.wav")
    assert opened(networks, frames).max() < 0.75 * float(opening(landmarks))
    assert all((frame.image == frames[0].image).all() for frame in frames)


def test_sound_moves_the_mouth_and_amplitude_moves_it_further(networks, photograph, make_sound):
    sound = make_sound("tone.wav", 0.8)
    usual, less = (
        spoken(networks, photograph, sound, replace(MANUAL, amplitude=amplitude)) for amplitude in (1.0, 0.3)
    )
    change = [np.std([frame.image for frame in frames], axis=0).sum() for frames in (usual, less)]
    assert change[0] > 1.3 * change[1] > 0


def test_beside_the_box_of_change_every_bit_stays(networks, make_clip, make_sound):
    for frame in spoken(networks, make_clip("a.mp4", 10), make_sound("tone.wav", 0.4)):
        left, top, right, bottom = (round(float(side)) for side in frame.boxes[0])
        beside = np.ones(frame.image.shape[:2], bool)
        beside[top:bottom, left:right] = False
        assert (frame.image[beside] == frame.source[beside]).all() and (frame.image != frame.source).any()


def test_keeping_the_source_in_silence_changes_nothing(networks, make_clip, tmp_path):
    write_wav(tmp_path / "silence.wav", np.zeros(6400, np.float32), 16000)
    frames = spoken(networks, make_clip("a.mp4", 10), tmp_path / "silence.wav", replace(MANUAL, silence="keep"))
    assert all((frame.image == frame.source).all() for frame in frames)


def test_what_is_erased_cannot_be_seen_in_the_result(networks, portrait, landmarks):
    zoom = zoom_of(landmarks)
    references = build_references(extremes([sight(portrait, landmarks, zoom)]), networks.renderer)
    plain = FaceJob.of(portrait, landmarks, landmarks, zoom)
    erased = cv2.resize(erased_mask(), plain.native.shape[1::-1], interpolation=cv2.INTER_NEAREST) == 1
    inner = cv2.erode(erased.astype(np.uint8), np.ones((9, 9))) > 0
    noise = np.random.default_rng(0).integers(0, 256, plain.native.shape, np.uint8)
    other = replace(plain, native=np.where(inner[..., None], noise, plain.native))
    made = make_faces([plain, other], references, networks.renderer)
    assert np.abs(made[0].astype(int) - made[1]).max() <= 1


def test_bfloat16_gives_nearly_the_same_face(networks, portrait, landmarks):
    zoom = zoom_of(landmarks)
    references = build_references(extremes([sight(portrait, landmarks, zoom)]), networks.renderer)
    jobs = [FaceJob.of(portrait, landmarks, landmarks, zoom)]
    exact, half = (make_faces(jobs, references, networks.renderer, half=half)[0].astype(int) for half in (False, True))
    assert 0 < np.abs(exact - half).mean() < 2


def test_pasting_the_frame_itself_gives_the_frame(portrait, landmarks):
    job = FaceJob.of(portrait, landmarks, landmarks, zoom_of(landmarks))
    result, _, share = paste(portrait, job.native, zoomed(job.matrix, job.zoom), job.shown())
    assert share.max() > 0.99
    assert np.abs(result.astype(int) - portrait).mean() < 1


def test_live_gives_a_frame_for_each_one_fed(networks, portrait, make_sound):
    options = replace(LIVE, box=BOX)
    with LiveLipSync(networks, fps=Fraction(25), options=options) as live:
        live.feed_sound(decode_audio(make_sound("tone.wav", 0.48)).samples)
        for _ in range(12):
            live.feed_picture(portrait)
        frames = list(live.rest())
    assert [frame.index for frame in frames] == list(range(12))


def test_the_originals_convention_needs_the_originals_network(networks):
    with pytest.raises(InputError, match="convention"):
        build_stage(networks, LipSyncOptions(convention="wav2lip"))


def test_a_folder_without_weights_is_refused(tmp_path):
    with pytest.raises(InputError, match="no weights of a mouth model"):
        load_mouth(tmp_path)
