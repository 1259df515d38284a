"""What is known of one face in one shot: where it is, how its mouth rests, and the references for each pose."""

from dataclasses import dataclass, field

import numpy as np

from talkface.face.crop import Image
from talkface.face.detection import Points
from talkface.face.mouth_geometry import FloatArray
from talkface.face.mouth_shape import Camera, find_camera, resting_offset
from talkface.pipelines.mouth.landmarks import MouthLandmarker
from talkface.pipelines.mouth.networks import MouthNetworks
from talkface.pipelines.mouth.references import References, Sighting, build_references

_STEP = 20.0  # degrees of yaw of one pose
_STAYS = 3.0  # degrees beyond a pose's edge within which the references stay
_ENOUGH = 8  # sightings of a pose that are preferred to fewer of a nearer one
_PER_POSE = 40  # sightings of a pose that are kept


@dataclass
class _Pose:
    """Sightings of one range of yaw. built: sightings that the references were chosen from."""

    sightings: list[Sighting] = field(default_factory=list)
    built: int = 0
    references: References | None = None


class Shot:
    """State: the face's last place, its sightings by pose and what was made of them."""

    def __init__(self, networks: MouthNetworks, landmarker: MouthLandmarker, most: int) -> None:
        """most: sightings that are kept, each with its frame."""
        self._networks, self._landmarker, self._most = networks, landmarker, most
        self._poses: dict[int, _Pose] = {}
        self._count, self._rested, self._pose = 0, 0, 0
        self._rest: FloatArray | None = None
        self.before: Points | None = None

    def see(self, image: Image, box: FloatArray) -> Points | None:
        """(68, 2) landmarks of the face at `box` (4,) of the next frame, None: not found. The sighting is kept."""
        points = self._landmarker.find(image, box)
        if points is not None:
            self._keep(Sighting(image, points))
        return points

    def rest(self) -> FloatArray:
        """(68, 3) the resting offset by all sightings; found anew when there are twice as many."""
        if self._rest is None or self._count >= 2 * self._rested:
            known = [one.landmarks for pose in self._poses.values() for one in pose.sightings]
            self._rest, self._rested = resting_offset(known, self._networks.basis), self._count
        return self._rest

    def references(self, camera: Camera) -> References:
        """Those of the pose nearest to that of `camera`, chosen anew when twice as many sightings are known."""
        yaw = yaw_of(camera)
        if abs(yaw - self._pose * _STEP) > _STEP / 2 + _STAYS or self._pose not in self._poses:
            self._pose = self._nearest(yaw)
        pose = self._poses[self._pose]
        if pose.references is None or len(pose.sightings) >= 2 * pose.built:
            pose.references, pose.built = build_references(pose.sightings, self._networks.renderer), len(pose.sightings)
        return pose.references

    def _nearest(self, yaw: float) -> int:
        enough = [number for number, pose in self._poses.items() if len(pose.sightings) >= _ENOUGH]
        return min(enough or self._poses, key=lambda number: abs(number * _STEP - yaw))

    def _keep(self, sighting: Sighting) -> None:
        number = round(yaw_of(find_camera(sighting.landmarks, self._networks.basis)) / _STEP)
        pose = self._poses.setdefault(number, _Pose())
        if len(pose.sightings) < _PER_POSE and self._count < self._most:
            pose.sightings.append(sighting)
            self._count += 1
        elif not pose.sightings:
            pose.sightings.append(sighting)


def yaw_of(camera: Camera) -> float:
    """Degrees that the head is turned about its upright axis."""
    return float(np.degrees(np.arcsin(np.clip(camera.rotation[2, 0], -1, 1))))
