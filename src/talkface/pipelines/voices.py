"""Who says what: one sound for all faces, or one each, given out from left to right as the people appear."""

from collections.abc import Sequence
from fractions import Fraction

import numpy as np

from talkface.audio.mel import FloatArray
from talkface.face import TrackedFace
from talkface.pipelines.options import LipSyncOptions
from talkface.pipelines.silence import Mouth
from talkface.pipelines.sound import MelStream


class Voices:
    """The sounds of a run and who speaks them. State: places in the sounds, and who was given which.

    The first samples of all sounds meet; times are on the clock of the first sound.
    """

    def __init__(self, sounds: Sequence[MelStream], options: LipSyncOptions) -> None:
        self._sounds = sounds
        self._mouths = [Mouth(sound, options.silence, options.listen_ahead) for sound in sounds]
        speakers = range(len(options.boxes)) if options.speakers is None else options.speakers
        self._number_of = {person: number for number, person in enumerate(speakers)}
        self._fixed = options.speakers is not None

    @property
    def start(self) -> Fraction:
        """Time of the first sample, seconds."""
        return self._sounds[0].start

    def last(self, time: Fraction, step: Fraction) -> bool:
        """Whether a picture that begins at `time` and lasts `step` has at least half of it within any of the sounds."""
        return any([sound.shows(time - self.start, step) for sound in self._sounds])

    def give(self, faces: Sequence[TrackedFace], time: Fraction) -> list[tuple[TrackedFace, FloatArray, float]]:
        """The faces that speak at `time`, each with its mel window (80, 16) and the weight of its mouth."""
        spoken = [mouth.at(time - self.start) for mouth in self._mouths]
        if len(spoken) == 1:
            return [(face, *spoken[0]) for face in faces]
        self._meet(faces)
        numbers = [self._number_of.get(face.person, len(spoken)) for face in faces]
        return [(face, *spoken[number]) for face, number in zip(faces, numbers, strict=True) if number < len(spoken)]

    def _meet(self, faces: Sequence[TrackedFace]) -> None:
        """People seen for the first time get the next sounds, from left to right; those beyond the last stay mute."""
        fresh = [face for face in faces if face.person not in self._number_of and not self._fixed]
        for face in sorted(fresh, key=lambda face: float(np.add(face.box[0], face.box[2]))):
            self._number_of[face.person] = len(self._number_of)
