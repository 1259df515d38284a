"""Tracks when faces cross, cover each other, go and come back: a number goes on by place only while nothing else could
be meant, and by appearance otherwise.
"""

import numpy as np
from face_scenes import KnowingDetector, Picture, face
from test_people import portraits

from talkface.face import Detection, FaceTracker
from talkface.face.linking import Linker

WIDE, HIGH, SIDE, SHOWN = 400, 140, 128, 80
Places = dict[int, float]
"""Who is where: number of a portrait -> left edge; later ones are in front."""


def scene(places: Places) -> tuple[np.ndarray, list[Detection]]:
    """An image of people and the faces that are not covered, in random order of size."""
    image = np.full((HIGH, WIDE, 3), 90, np.uint8)
    faces = portraits(3)
    for person, left in places.items():
        image[6 : 6 + SIDE, round(left) : round(left) + SIDE] = faces[person]
    seen = [person for person in places if not covered(person, places)]
    return image, [face(round(places[person]) + 24, 30, SHOWN) for person in seen]


def covered(person: int, places: Places) -> bool:
    order = list(places)
    return any(abs(places[other] - places[person]) < 90 for other in order[order.index(person) + 1 :])


def link(timeline: dict[int, Places]) -> list[list[tuple[int, float]]]:
    """(person, left edge) of each face at each look."""
    linker, rows = Linker(25), []
    for frame, places in timeline.items():
        image, faces = scene(places)
        linker.add(frame, 0, image, faces)
        now = [(t.person, float(t.sightings[-1].detection.box[0]) - 24) for t in linker.tracks]
        seen = {left for _, left in now} & {float(round(left)) for left in places.values()}
        ends = [t for t in linker.tracks if t.sightings[-1].frame == frame]
        rows.append(sorted((t.person, float(t.sightings[-1].detection.box[0]) - 24) for t in ends))
        assert seen or not faces
    return rows


def test_a_live_face_is_not_handed_to_the_track_of_a_covered_one():
    """Flat noise says nothing of who is who: the face that was seen at the last look goes on with its own track."""
    image = np.random.default_rng(0).integers(0, 255, (360, 640, 3), dtype=np.uint8)
    linker = Linker(25)

    def wide(left, side):
        return Detection(np.array([left, 115, left + side, 230], np.float32), 1.0, None)

    for frame in range(0, 60, 5):
        first = [wide(90 + 4.0 * frame, 85)] if frame <= 30 else []
        linker.add(frame, 0, image, [*first, wide(495 - 5.25 * frame, 81)])
    assert [len(track.sightings) for track in linker.tracks] == [7, 12]


def test_two_people_who_cross_keep_their_numbers():
    """The front one covers the other for a while; both go on as they came."""
    rows = link({5 * k: {0: 10 + 24.0 * k, 1: 250 - 24.0 * k} for k in range(11)})
    assert rows[0] == [(0, 10), (1, 250)] and rows[-1] == [(0, 250), (1, 10)]
    assert all(dict(row)[1] == 250 - 24 * k for k, row in enumerate(rows))
    assert rows[5] == [(1, 130)]  # the covered one is nobody


def test_who_stops_where_another_stood_is_not_taken_for_them():
    """One walks in front of the other, who stands still, and stays; then the other goes out on the far side."""
    places = [{0: 120.0, 1: left} for left in (260, 230, 190, 150, 130, 122, 120, 120)]
    rows = link({5 * k: one for k, one in enumerate(places)})
    assert [dict(row).get(1) for row in rows] == [260, 230, 190, 150, 130, 122, 120, 120]
    assert rows[-1] == [(1, 120)]


def test_a_stranger_who_takes_the_place_of_a_lost_face_is_somebody_else():
    rows = link({0: {0: 100.0}, 5: {0: 100.0}, 10: {}, 15: {1: 104.0}, 20: {1: 104.0}, 25: {}, 30: {0: 100.0}})
    assert rows == [[(0, 100)], [(0, 100)], [], [(1, 104)], [(1, 104)], [], [(0, 100)]]


def test_a_jump_to_another_known_person_in_the_same_place_is_noticed():
    rows = link({0: {0: 20.0, 1: 240.0}, 5: {0: 20.0}, 10: {1: 24.0}, 15: {1: 24.0}})
    assert rows[2:] == [[(1, 24)], [(1, 24)]]


def test_nobody_else_is_driven_while_the_chosen_person_is_covered():
    """Person 0 is chosen by a point; person 1 walks past in front, 2 stands beside them all the time."""

    def places(t: int) -> Places:
        return {0: 130.0, 2: 260.0, 1: 5.0 + 4.0 * t} if t < 45 else {0: 130.0, 2: 260.0}

    def faces(t: int) -> list[Detection]:
        return scene(places(t))[1]

    frames = []
    for number in range(60):
        image = scene(places(number))[0]
        image[0, 0] = number
        frames.append(Picture(number, image))
    tracked = [found for _, found in FaceTracker(KnowingDetector(faces), choice=(194.0, 70.0)).track(frames)]
    assert all(abs(found[0].box[0] - 154) < 3 for found in tracked if found)
    hidden = [number for number, found in enumerate(tracked) if not found]
    assert hidden == [t for t in range(60) if covered(0, places(t))] and len(hidden) > 20
