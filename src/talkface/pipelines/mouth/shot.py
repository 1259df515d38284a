"""What is known of one face in one shot: where it is, how its mouth rests, and the references for each of its looks."""

import numpy as np

from talkface.face.crop import Image
from talkface.face.detection import Points
from talkface.face.mouth_geometry import FloatArray
from talkface.face.mouth_shape import resting_offset
from talkface.pipelines.mouth.landmarks import MouthLandmarker
from talkface.pipelines.mouth.networks import MouthNetworks
from talkface.pipelines.mouth.references import References, Sighting, build_references, extremes, sight, zoom_of

_MOST = 100  # sightings that are kept
_NEW = 0.03  # mean difference of looks from which one is unlike all that are kept
_ALIKE, _PART = 8, 0.3  # sightings nearest in look among which references are chosen: number and part, the larger
_WORSE, _SLACK = 1.4, 0.006  # factor and difference by which references may be less alike before others are taken


class Shot:
    """State: the face's last place, its sightings, the references in use."""

    def __init__(self, networks: MouthNetworks, landmarker: MouthLandmarker) -> None:
        self._networks, self._landmarker = networks, landmarker
        self._zoom = 0.0
        self._sightings: list[Sighting] = []
        self._looks = np.zeros((0, 0), np.float32)
        self._faces: list[Points] = []
        self._oldest, self._rested, self._chosen_from = 0, 0, 0
        self._rest: FloatArray | None = None
        self._chosen: tuple[Sighting, ...] = ()
        self._references: References | None = None
        self.before: Points | None = None

    @property
    def zoom(self) -> float:
        """Pixels of native crops per pixel of the network's."""
        return self._zoom

    def see(self, image: Image, box: FloatArray) -> Points | None:
        """(68, 2) landmarks of the face at `box` (4,) of the next frame, None: not found. The sighting is kept."""
        points = self._landmarker.find(image, box)
        if points is not None:
            self._zoom = self._zoom or zoom_of(points)
            self._keep(sight(image, points, self._zoom), points)
        return points

    def rest(self) -> FloatArray:
        """(68, 3) the resting offset by all faces kept; found anew when there are twice as many."""
        if self._rest is None or len(self._faces) >= 2 * self._rested:
            self._rest, self._rested = resting_offset(self._faces, self._networks.basis), len(self._faces)
        return self._rest

    def references(self, look: FloatArray) -> References:
        """Those for a frame with this look: kept while they are about as alike to it as any others would be."""
        distances = np.abs(self._looks - look).mean(1)
        nearest = np.argsort(distances)[: max(_ALIKE, round(_PART * len(distances)))]
        fresh = len(self._sightings) >= 2 * self._chosen_from
        now = max((float(np.abs(one.look - look).mean()) for one in self._chosen), default=np.inf)
        if self._references is None or fresh or now > _WORSE * distances[nearest].mean() + _SLACK:
            chosen = extremes([self._sightings[number] for number in nearest])
            if {id(one) for one in chosen} != {id(one) for one in self._chosen}:
                self._chosen, self._references = chosen, build_references(chosen, self._networks.renderer)
            self._chosen_from = len(self._sightings)
        assert self._references is not None
        return self._references

    def _keep(self, sighting: Sighting, points: Points) -> None:
        if len(self._sightings) < _MOST:
            self._sightings.append(sighting)
            self._faces.append(points)
            self._looks = np.concatenate([self._looks.reshape(-1, len(sighting.look)), sighting.look[None]])
        elif np.abs(self._looks - sighting.look).mean(1).min() > _NEW:
            self._sightings[self._oldest], self._looks[self._oldest] = sighting, sighting.look
            self._oldest = (self._oldest + 1) % _MOST
