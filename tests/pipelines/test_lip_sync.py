"""The stream: as long as the sound at every rate, times kept, all but the mouth untouched, errors."""

import threading
from dataclasses import replace
from fractions import Fraction
from itertools import islice

import cv2
import numpy as np
import pytest

from talkface.errors import InputError
from talkface.face import box_iou, build_detector
from talkface.face.detection import Detection
from talkface.pipelines.lip_sync import lip_sync, model_box, with_pads
from talkface.pipelines.options import LipSyncOptions
from talkface.pipelines.pictures import prepared, sides
from talkface.pipelines.ready import ready

BOX = (40.0, 35.0, 115.0, 125.0)
MANUAL = LipSyncOptions(box=BOX)


class Fixed:
    """Sees one face at `BOX`, two with `more`, none in pictures that are black."""

    def __init__(self, *more):
        self.boxes = (BOX, *more)

    def detect(self, images):
        found = [Detection(np.array(box, np.float32), 0.99) for box in self.boxes]
        return [found if image.max() > 40 else [] for image in images]


def frames_of(face, sound, generator, options=MANUAL, detector=None):
    return list(lip_sync(face, sound, generator=generator, detector=detector, options=options).frames)


RATES = [24, 25, Fraction(30000, 1001), 30, 50, Fraction(60000, 1001)]


@pytest.mark.parametrize("fps", RATES)
@pytest.mark.parametrize("seconds", [0.31, 0.9])
def test_as_long_as_the_sound(generator, make_clip, make_sound, fps, seconds):
    clip, sound = make_clip("a.mp4", 18, fps), make_sound("a.wav", seconds)
    frames = frames_of(clip, sound, generator)
    assert abs(len(frames) / Fraction(fps) - Fraction(str(seconds))) <= Fraction(1, 2) / Fraction(fps)
    steps = np.diff([float(frame.time) for frame in frames])
    assert np.allclose(steps, 1 / float(fps), atol=1e-4) and frames[0].time == 0


def test_uneven_times_are_kept_and_go_on(generator, make_clip, make_sound):
    times = [Fraction(number, 30) + (Fraction(1, 60) if number % 3 == 2 else 0) for number in range(12)]
    clip, sound = make_clip("a.mp4", 12, 30, times), make_sound("a.wav", 0.8)
    frames = frames_of(clip, sound, generator)
    assert [float(frame.time) for frame in frames[:12]] == pytest.approx([float(time) for time in times], abs=1e-4)
    assert abs(float(frames[-1].time) + 1 / 30 - 0.8) <= 1 / 20 and [frame.index for frame in frames[12:15]] == [
        10,
        9,
        8,
    ]


@pytest.mark.parametrize(
    ("extend", "tail"),
    [("pingpong", [4, 3, 2, 1, 0, 1]), ("loop", [0, 1, 2, 3, 4, 5]), ("freeze", [5] * 6), ("cut", [])],
)
def test_extend(generator, make_clip, make_sound, extend, tail):
    options = LipSyncOptions(box=BOX, extend=extend)
    frames = frames_of(make_clip("a.mp4", 6), make_sound("a.wav", 0.48), generator, options)
    assert [frame.index for frame in frames] == [0, 1, 2, 3, 4, 5, *tail]


def test_only_the_mouth_changes(generator, make_clip, make_sound):
    frame = frames_of(make_clip("a.mp4", 3), make_sound("a.wav", 0.1), generator)[1]
    changed = np.argwhere((frame.image != frame.source).any(axis=2))
    left, top, right, bottom = BOX
    assert len(changed) > 200
    assert changed[:, 0].min() >= top + 0.4 * (bottom - top) and changed[:, 0].max() < bottom
    assert changed[:, 1].min() >= left and changed[:, 1].max() < right


def test_the_mouth_follows_the_sound_and_not_the_batch(generator, make_clip, make_sound):
    clip, sound = make_clip("a.mp4", 1), make_sound("a.wav", 0.6)
    one, many = (frames_of(clip, sound, generator, LipSyncOptions(box=BOX, batch_size=size)) for size in (1, 7))
    assert len(one) == len(many) == 15
    differences = [np.abs(a.image.astype(int) - b.image).max() for a, b in zip(one, many, strict=True)]
    assert max(differences) <= 1  # another order of additions may round differently
    assert any(not np.array_equal(one[0].image, frame.image) for frame in one)


def test_faceless_pictures_pass(generator, make_clip, make_sound, portrait, tmp_path, caplog):
    import cv2

    folder = tmp_path / "frames"
    folder.mkdir()
    for number in range(20):
        image = np.zeros_like(portrait) if 8 <= number < 14 else portrait
        cv2.imwrite(str(folder / f"{number:03}.png"), image[:, :, ::-1])
    options = LipSyncOptions(detect_every=1, nosmooth=True)
    frames = frames_of(folder, make_sound("a.wav", 0.8), generator, options, Fixed())
    assert [bool(frame.faces) for frame in frames] == [not 8 <= number < 14 for number in range(20)]
    assert all(np.array_equal(frame.image, frame.source) for frame in frames[8:14])
    assert "6 of 20 pictures show no face" in caplog.text


def test_no_face_at_all(generator, make_clip, make_sound, portrait):
    clip = make_clip("a.mp4", 6, image=np.zeros_like(portrait))
    with pytest.raises(InputError, match=r"no face found.*box="):
        frames_of(clip, make_sound("a.wav", 0.5), generator, LipSyncOptions(), Fixed())
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("talkface-")]


@pytest.mark.parametrize(("faces", "count"), [("largest", 1), ("all", 2), (1, 1), ((20.0, 140.0), 1)])
def test_choice_of_faces(generator, make_clip, make_sound, faces, count):
    detector = Fixed((4.0, 120.0, 36.0, 156.0))
    frames = frames_of(
        make_clip("a.mp4", 6), make_sound("a.wav", 0.2), generator, LipSyncOptions(faces=faces), detector
    )
    assert {len(frame.faces) for frame in frames} == {count}
    if isinstance(faces, tuple):
        assert frames[0].faces[0].box[0] < 10


def test_one_file_keeps_its_own_clock(generator, make_sound, portrait, tmp_path):
    from talkface.media import Audio, VideoWriter

    samples = np.sin(np.arange(8000) * 0.1).astype(np.float32) * 0.3
    path = tmp_path / "late.mp4"
    audio = Audio(samples, 16000, Fraction(2, 5))
    with VideoWriter(path, width=160, height=160, fps=Fraction(25), audio=audio) as writer:
        for _ in range(30):
            writer.write(portrait)
    stream = lip_sync(path, path, generator=generator, options=MANUAL)
    frames = list(stream.frames)
    assert frames[0].time == 0 and abs(float(frames[-1].time) + 0.04 - 0.9) <= 0.041


def test_a_generator_is_made_ready_once_for_many_clips(generator, make_clip, make_sound):
    clip, sound = make_clip("a.mp4", 5), make_sound("a.wav", 0.2)
    prepared = ready(generator, MANUAL)
    plain, *again = (frames_of(clip, sound, one, MANUAL) for one in (generator, prepared, prepared))
    for frames in again:
        assert all(np.array_equal(a.image, b.image) for a, b in zip(plain, frames, strict=True))
    with pytest.raises(InputError, match="made ready for other options"):
        frames_of(clip, sound, prepared, replace(MANUAL, precision="bf16"))


def test_leaving_early_ends_the_threads(generator, make_clip, make_sound):
    stream = lip_sync(make_clip("a.mp4", 6), make_sound("a.wav", 30), generator=generator, options=MANUAL)
    assert len(list(islice(stream.frames, 3))) == 3
    stream.frames.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("talkface-")]


def test_static_and_still(generator, make_clip, make_sound, portrait, tmp_path):
    import cv2

    cv2.imwrite(str(tmp_path / "a.png"), portrait[:, :, ::-1])
    sound = make_sound("a.wav", 0.4)
    still = lip_sync(tmp_path / "a.png", sound, generator=generator, options=LipSyncOptions(box=BOX, fps=Fraction(30)))
    assert still.fps == 30 and len(list(still.frames)) == 12
    static = frames_of(make_clip("a.mp4", 6), sound, generator, LipSyncOptions(box=BOX, static=True))
    assert {frame.index for frame in static} == {0} and len(static) == 10


def test_a_box_is_followed_where_the_face_moves(generator, make_sound, portrait, tmp_path):
    folder = tmp_path / "moving"
    folder.mkdir()
    wide = np.pad(portrait, ((0, 0), (0, 60), (0, 0)), mode="edge")
    for number in range(10):
        cv2.imwrite(str(folder / f"{number:03}.png"), np.roll(wide, number, axis=1)[:, :, ::-1])
    options = LipSyncOptions(box=BOX, follow=True)
    frames = frames_of(folder, make_sound("a.wav", 0.4), generator, options)
    lefts = [float(frame.faces[0].box[0]) for frame in frames]
    np.testing.assert_allclose(lefts, BOX[0] + np.arange(10), atol=1.0)


def test_a_click_will_do_instead_of_a_box(generator, make_clip, make_sound, portrait):
    clip, sound = make_clip("a.mp4", 6), make_sound("a.wav", 0.2)
    true = build_detector("mtcnn").detect([portrait])[0][0].box
    at = tuple((true[:2] + true[2:]) / 2)
    frames = frames_of(clip, sound, generator, LipSyncOptions(faces=at, follow=True))
    boxes = np.stack([frame.faces[0].box for frame in frames])
    assert box_iou(boxes, true[None]).min() > 0.5
    with pytest.raises(InputError, match=r"not in the picture: faces=\[2000.0, 5.0\]"):
        frames_of(clip, sound, generator, LipSyncOptions(faces=(2000.0, 5.0), follow=True))


def test_neither_detector_nor_box(generator, make_clip, make_sound):
    with pytest.raises(InputError, match="neither a detector nor a box"):
        lip_sync(make_clip("a.mp4", 2), make_sound("a.wav", 0.1), generator=generator, options=LipSyncOptions())


def test_warnings(generator, make_clip, make_sound, portrait, caplog):
    sound = make_sound("a.wav", 0.2)
    for name, image, word in (("dark", portrait // 16, "dark"), ("light", np.full_like(portrait, 252), "overexposed")):
        frames_of(make_clip(f"{name}.mp4", 6, image=image), sound, generator)
        assert f"{name}.mp4" in caplog.text and word in caplog.text
    frames_of(make_clip("small.mp4", 3), sound, generator, LipSyncOptions(box=(50, 50, 70, 80)))
    assert "face is small (20 pixels)" in caplog.text
    assert "goes on by extend=pingpong" in caplog.text and "longer than the sound" in caplog.text


def test_what_the_network_sees():
    box = np.array([10, 10, 50, 60], np.float32)
    assert model_box(box, (100, 100, 3), LipSyncOptions()).tolist() == [10, 10, 50, 65]
    assert model_box(box, (100, 100, 3), MANUAL).tolist() == box.tolist()
    assert with_pads(box, (1, 100, 2, 3), (100, 90, 3)).tolist() == [8, 9, 53, 100]


def test_preparing_pictures():
    image = np.arange(6 * 8 * 3, dtype=np.uint8).reshape(6, 8, 3)
    turned = prepared(image, LipSyncOptions(rotate=True))
    assert turned.shape == (8, 6, 3) and np.array_equal(turned[0], image[::-1, 0])
    assert np.array_equal(prepared(image, LipSyncOptions(crop=(1, 4, 2, -1))), image[1:4, 2:])
    assert prepared(image, LipSyncOptions(resize_factor=2)).shape == (3, 4, 3)
    assert sides((0, -1, 0, -1), 5, 7) == (0, 5, 0, 7)


@pytest.mark.parametrize(
    "wrong",
    [
        {"extend": "x"},
        {"convention": "x"},
        {"faces": "x"},
        {"box": (3, 0, 2, 9)},
        {"follow": True},
        {"follow": True, "faces": 1},
        {"follow": True, "box": BOX, "convention": "wav2lip"},
        {"fps": Fraction(0)},
        {"batch_size": 0},
    ],
)
def test_wrong_options(wrong):
    with pytest.raises(InputError):
        LipSyncOptions(**wrong)
