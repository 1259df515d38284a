"""People are told apart by their looks and keep their numbers through cuts."""

from pathlib import Path

import numpy as np
import pytest
from face_scenes import KnowingDetector, Picture, face

from talkface.drawn import drawn_clip, speech
from talkface.face import FaceTracker, build_detector
from talkface.face.detection import Detection
from talkface.face.people import People, appearance
from talkface.media import decode_video

TORTURE = Path(__file__).parents[2].parent / "shared" / "data" / "torture"


def portraits(count: int) -> list[np.ndarray]:
    """Drawn characters, (128, 128, 3) uint8."""
    samples, _ = speech()
    return [next(iter(drawn_clip(seed, samples, 25, 128)))[0] for seed in range(count)]


def looks(image: np.ndarray, *faces: Detection) -> list[np.ndarray]:
    return [appearance(image, one) for one in faces]


def cut(image: np.ndarray, left: int, top: int) -> Detection:
    side = 80
    return face(left, top, side)


def test_the_same_face_elsewhere_and_darker_is_the_same_person():
    people, whole = People(), portraits(3)
    ids = [people.recognise(looks(image, cut(image, 24, 24)), set())[0] for image in whole]
    assert ids == [0, 1, 2]
    darker = (whole[1] * 0.8).astype(np.uint8)
    moved = np.roll(darker, (6, 9), axis=(0, 1))
    assert people.recognise(looks(moved, cut(moved, 33, 30)), set()) == [1]
    assert people.recognise(looks(moved, cut(moved, 33, 30)), {1}) != [1]


def test_no_number_twice_in_one_picture():
    image = np.concatenate(portraits(2)[:1] * 2, axis=1)
    assert sorted(People().recognise(looks(image, cut(image, 24, 24), cut(image, 152, 24)), set())) == [0, 1]


def test_an_appearance_does_not_depend_on_size_much():
    import cv2

    one, other, *_ = portraits(2)
    small = cv2.resize(one, (96, 96), interpolation=cv2.INTER_AREA)
    near = np.linalg.norm(appearance(one, cut(one, 24, 24)) - appearance(small, face(18, 18, 60)))
    far = np.linalg.norm(appearance(one, cut(one, 24, 24)) - appearance(other, cut(other, 24, 24)))
    assert near < 0.5 * far


@pytest.mark.parametrize("choice", ["largest", 0, (64.0, 64.0)])
def test_the_chosen_person_is_kept_when_two_change_places(choice):
    """Two people beside each other; at frame 20 a cut exchanges them, and the second is now the larger one."""
    left, right = portraits(2)

    def scene(t):
        sizes = (80, 78) if t < 20 else (78, 80)
        return [face(24, 24, sizes[0]), face(152, 24, sizes[1])]

    frames = []
    for number in range(40):
        pair = (left, right) if number < 20 else (right, left)
        image = np.concatenate(pair, axis=1)
        image[0, 0] = number
        frames.append(Picture(number, image))
    tracked = [faces for _, faces in FaceTracker(KnowingDetector(scene), choice=choice).track(frames)]
    assert all(len(faces) == 1 and faces[0].person == 0 for faces in tracked)
    assert all(faces[0].box[0] < 100 for faces in tracked[:20]) and all(faces[0].box[0] > 100 for faces in tracked[20:])
    assert tracked[19][0].track != tracked[20][0].track


@pytest.mark.slow
@pytest.mark.skipif(not TORTURE.exists(), reason="the torture inputs are not here")
def test_two_real_people_change_places():
    detector = build_detector("mtcnn")
    frames = list(FaceTracker(detector, choice="all").track(decode_video(TORTURE / "two_faces_swap.mp4")))
    width = frames[0][0].image.shape[1]
    sides = [{f.person: bool(f.box[0] + f.box[2] > width) for f in faces} for _, faces in frames]
    assert {len(each) for each in sides} == {2} and {person for each in sides for person in each} == {0, 1}
    assert all(each == sides[0] for each in sides[:30]) and all(each != sides[0] for each in sides[30:])
