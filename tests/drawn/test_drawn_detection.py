"""Drawn faces are found by the default detector of real faces, where the truth says."""

import numpy as np
import pytest

from talkface.drawn import VISEMES, DrawnCharacter, HeadMotion, draw_frame_with_truth

SEEDS = range(20)


@pytest.fixture(scope="module")
def found():
    """(truth, best detection) of one frame per character, poses and mouths mixed."""
    from talkface.face.mtcnn import MtcnnDetector

    shapes = list(VISEMES.values())
    frames = []
    for seed in SEEDS:
        moves = HeadMotion(seed)
        frames.append(
            draw_frame_with_truth(
                DrawnCharacter(seed),
                shapes[seed * 5 % len(shapes)],
                moves.pose(seed * 0.7),
                expression=moves.expression(seed * 0.7),
                size=192,
            )
        )
    detections = MtcnnDetector(threshold=0.7, min_face=60).detect([image for image, _ in frames])
    return [(truth, faces[0] if faces else None) for (_, truth), faces in zip(frames, detections, strict=True)]


def overlap(first, second):
    size = np.clip(np.minimum(first[2:], second[2:]) - np.maximum(first[:2], second[:2]), 0, None)
    both = float(size.prod())
    return both / (float((first[2:] - first[:2]).prod()) + float((second[2:] - second[:2]).prod()) - both)


def test_every_drawn_face_is_found_with_high_confidence(found):
    assert sum(face is not None for _, face in found) == len(SEEDS)
    assert sum(face.confidence >= 0.9 for _, face in found) >= len(SEEDS) - 1


def test_truth_agrees_with_the_detector(found):
    assert np.mean([overlap(truth.face_box, face.box) for truth, face in found]) > 0.75
    error = [np.abs(face.points - truth.five_points).mean() / np.ptp(truth.face_box[::2]) for truth, face in found]
    assert np.mean(error) < 0.03
