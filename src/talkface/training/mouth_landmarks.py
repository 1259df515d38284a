"""Training of the mouth model's landmark network: as that of all faces, on straight crops."""

from talkface.training.landmarks import LandmarkModule


class MouthLandmarkModule(LandmarkModule):
    """Wing loss of all points (``points``) and, again, of the mouth's (``mouth``)."""

    kind = "mouth_landmarks"
