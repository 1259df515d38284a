"""Tracking in made-up scenes: gaps and cuts to the frame, identity, choice, smoothing, a stream equal to the whole."""

import numpy as np
import pytest
from face_scenes import KnowingDetector, Picture, face, pictures
from hypothesis import example, given, settings
from hypothesis import strategies as st

from talkface.errors import InputError
from talkface.face import Detection, FaceTracker, ManualBox, track_faces


def run(scene, count, *, cuts=(), **options):
    detector = KnowingDetector(scene)
    tracked = list(FaceTracker(detector, **options).track(iter(pictures(count, cuts))))
    assert [frame.index for frame, _ in tracked] == list(range(count))
    return [faces for _, faces in tracked], detector


def lefts(seen):
    return np.array([faces[0].box[0] if faces else np.nan for faces in seen])


@pytest.mark.parametrize("smooth", [0.0, 1.0])
def test_steady_motion_is_followed_exactly_also_at_both_ends(smooth):
    seen, detector = run(lambda t: [face(5 + 0.5 * t)], 43, smooth=smooth)
    np.testing.assert_allclose(lefts(seen), 5 + 0.5 * np.arange(43), atol=1e-3)
    expected = face(5 + 0.5 * 21)
    np.testing.assert_allclose(seen[21][0].points, expected.points, atol=1e-3)
    assert sorted(detector.looked_at) == [*range(0, 43, 5), 42]
    assert [t for t, faces in enumerate(seen) if faces[0].detected] == sorted(detector.looked_at)


@given(st.integers(1, 12), st.integers(5, 20))
@settings(deadline=None, max_examples=25)
def test_a_face_that_goes_and_comes_back_is_located_to_the_frame(gone, length):
    absent = set(range(gone, gone + length))
    seen, _ = run(lambda t: [] if t in absent else [face(20)], 45)
    assert {t for t, faces in enumerate(seen) if not faces} == absent
    assert {found.track for faces in seen for found in faces} == {0}


def test_a_blink_of_the_detector_is_bridged():
    seen, _ = run(lambda t: [] if t in (15, 16) else [face(20 + 0.1 * t)], 40)
    np.testing.assert_allclose(lefts(seen), 20 + 0.1 * np.arange(40), atol=1e-3)
    assert not seen[15][0].detected


def test_the_same_number_only_after_a_short_absence():
    back = run(lambda t: [face(20)] if t < 10 or t >= 34 else [], 60, choice="all")[0]
    late = run(lambda t: [face(20)] if t < 10 or t >= 44 else [], 60, choice="all")[0]
    assert back[50][0].track == 0 and late[50][0].track == 1


@pytest.mark.parametrize("cut", [10, 12, 13, 14])
def test_no_box_slides_across_a_cut(cut):
    seen, _ = run(lambda t: [face(5 if t < cut else 40)], 30, cuts=(cut,))
    np.testing.assert_allclose(lefts(seen), np.where(np.arange(30) < cut, 5, 40), atol=1e-3)
    assert seen[cut - 1][0].track == 0 and seen[cut][0].track == 1


def test_a_cut_restarts_tracks_even_when_the_box_stays():
    seen, _ = run(lambda t: [face(20)], 30, cuts=(7, 8, 21))
    assert [faces[0].track for faces in seen] == [0] * 7 + [1] + [2] * 13 + [3] * 9


def test_a_jump_without_a_cut_is_located_to_the_frame():
    seen, _ = run(lambda t: [face(5 if t < 12 else 40)], 30)
    np.testing.assert_allclose(lefts(seen), np.where(np.arange(30) < 12, 5, 40), atol=1e-3)


def test_smoothing_takes_jitter_away():
    jitter = np.random.default_rng(0).normal(0, 0.5, 200)
    raw = lefts(run(lambda t: [face(20 + jitter[t])], 200, smooth=0.0)[0])
    smooth = lefts(run(lambda t: [face(20 + jitter[t])], 200)[0])
    assert np.diff(smooth, 2).std() < 0.4 * np.diff(raw, 2).std()
    assert abs(smooth.mean() - 20) < 0.1 and smooth.std() < raw.std()


def crowd(t: int):
    """A: small, always there. B: large, frames 8..29. C: tiny, frame 0 only."""
    found = [face(2, side=14)]
    if 8 <= t < 30:
        found.append(face(30, side=28))
    if t == 0:
        found.append(face(55, 0, side=6))
    return found


def test_the_largest_by_summed_area_is_chosen_and_nobody_takes_their_place_within_the_shot():
    seen, _ = run(crowd, 60)
    whose = ["B" if faces and faces[0].box[0] > 20 else "A" if faces else "" for faces in seen]
    assert whose == [""] * 8 + ["B"] * 22 + [""] * 30
    seen, _ = run(crowd, 60, cuts=(40,))
    assert ["A" if faces and faces[0].box[0] < 20 else "" for faces in seen[30:]] == [""] * 10 + ["A"] * 20
    assert all(len(faces) <= 1 for faces in seen)


def test_all_keeps_identities():
    seen, _ = run(crowd, 60, choice="all")
    assert len({found.track for faces in seen for found in faces if found.box[0] < 20}) == 1
    assert [len(faces) for faces in seen] == [2] + [1] * 7 + [2] * 22 + [1] * 30


def test_a_number_and_a_point_choose():
    def two(t):
        return [face(2 + 0.05 * t, side=14), face(30, side=28)]

    assert all(faces[0].box[0] < 20 for faces in run(two, 30, choice=1)[0])
    assert all(faces[0].box[0] < 20 for faces in run(two, 30, choice=(9, 17))[0])
    assert all(faces[0].box[0] > 20 for faces in run(two, 30, choice=[40, 20])[0])
    assert not any(run(two, 30, choice=(9, 47))[0])
    assert not any(run(two, 30, choice=5)[0])


@given(st.integers(0, 10_000), st.sampled_from(["largest", "all", (30.0, 15.0)]), st.sampled_from([1, 3, 5]))
@settings(deadline=None, max_examples=30)
@example(754, "largest", 1)
def test_a_stream_equals_the_whole_clip(seed, choice, every):
    """Reading one key frame at a time or the whole clip at once gives the same faces, bit for bit."""
    random = np.random.default_rng(seed)
    count = int(random.integers(1, 90))
    cuts = sorted(set(random.integers(1, 90, random.integers(0, 4)).tolist()))
    gone = [sorted(random.integers(0, 90, 2)) for _ in range(2)]
    path = 20 + np.cumsum(random.normal(0, 0.7, (90, 2)), axis=0)

    def scene(t):
        there = [not low <= t < high for low, high in gone]
        return [face(path[t, k] + 25 * k, side=18 + k) for k in range(2) if there[k]]

    results = []
    for batch in (1, 2, 40):
        seen, _ = run(scene, count, cuts=cuts, choice=choice, every=every, batch=batch)
        results.append([[(f.track, *f.box.tolist(), *f.points.ravel().tolist(), f.detected) for f in x] for x in seen])
    assert results[0] == results[1] == results[2]


def test_the_stream_holds_few_frames_and_few_tracks():
    """A long clip: how far reading runs ahead of what is given stays bounded."""
    read = 0

    def endless():
        nonlocal read
        for picture in pictures(1):
            for index in range(600):
                read = index
                image = picture.image.copy()
                image[0, 0] = index % 2
                yield Picture(index, image)

    ahead = []
    for frame, faces in FaceTracker(KnowingDetector(lambda t: [face(20 + t)])).track(endless()):
        ahead.append(read - frame.index)
        assert len(faces) == 1
    assert max(ahead) <= 20 + 5 + 15


@pytest.mark.parametrize(("ahead", "same"), [(None, 24), (4, 26), (2, 28)])
def test_a_face_hangs_on_its_look_ahead_and_on_nothing_after_it(ahead, same):
    places = np.random.default_rng(5).normal(20, 1, (2, 60))
    places[1, :30] = places[0, :30]  # another scene from frame 30 on
    seen = [run(lambda t, one=one: [face(one[t])], 60, every=2, ahead=ahead)[0] for one in places]
    first, second = map(lefts, seen)
    np.testing.assert_array_equal(first[:same], second[:same])
    assert (first[same:30] != second[same:30]).all()


def test_whole_clip_arrays_mark_absence():
    detector = KnowingDetector(lambda t: [face(20)] if t < 12 else [])
    (track,) = track_faces(pictures(20), detector)
    assert track.boxes.shape == (20, 4) and track.points.shape == (20, 5, 2)
    assert np.isnan(track.boxes[12:]).all() and np.isfinite(track.boxes[:12]).all()
    assert (track.confidence[12:] == 0).all() and track.confidence[3] == pytest.approx(0.95)
    assert np.flatnonzero(track.detected).tolist() == [0, 5, 10, 11]
    assert track_faces([], detector) == [] and track_faces(pictures(3), KnowingDetector(lambda t: [])) == []


def test_a_manual_box_is_everywhere_without_points():
    seen = list(FaceTracker(ManualBox((3, 4, 30, 40))).track(pictures(12)))
    assert all(faces[0].box.tolist() == [3, 4, 30, 40] and faces[0].points is None for _, faces in seen)
    with pytest.raises(InputError, match="not a box"):
        ManualBox((3, 4, 3, 40))


@pytest.mark.parametrize(
    "options", [{"every": 0}, {"batch": 0}, {"smooth": -1}, {"ahead": 4}, {"choice": "left"}, {"choice": -1}]
)
def test_settings_out_of_range_are_refused(options):
    with pytest.raises(InputError) as caught:
        FaceTracker(ManualBox((0, 0, 9, 9)), **options)
    assert caught.value.remedy


def test_a_shaking_box_is_carried_by_steady_points():
    """Noise in the box alone, as a detector that follows the jaw gives it, hardly reaches the result."""
    jitter = np.random.default_rng(1).normal(0, 1, (200, 4)).astype(np.float32)

    def scene(t):
        steady = face(20 + 0.05 * t)
        return [Detection(steady.box + jitter[t], 0.95, steady.points)]

    boxes = np.stack([faces[0].box for faces in run(scene, 200)[0]])
    steady = np.stack([face(20 + 0.05 * t).box for t in range(200)])
    assert (boxes - steady).std() < 0.65 and np.diff(boxes, 2, axis=0).std() < 0.06


def test_one_sighting_and_two_are_enough():
    for count in (1, 2, 6):
        seen, _ = run(lambda t: [face(20 + t)], count)
        np.testing.assert_allclose(lefts(seen), 20 + np.arange(count), atol=1e-3)
