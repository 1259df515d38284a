"""What the mouth does while nobody speaks, and how a picture passes from speech to silence."""

from fractions import Fraction

import numpy as np

from talkface.audio.activity import OPENS, SpeechActivity
from talkface.audio.mel import SILENCE, FloatArray
from talkface.pipelines.sound import MelStream
from talkface.timeline import Timeline


class Mouth:
    """The mel window of a picture and how much of the made mouth it shows. State: place in the sound."""

    def __init__(self, sound: MelStream, silence: str, ahead: Fraction) -> None:
        """silence: close (the mouth is shut), keep (the mouth of the source shows) or model (neither).

        ahead: seconds of sound beyond a frame that count for the speech level.
        """
        self._sound, self._silence = sound, silence
        self._ahead = Timeline().mel_step_at(ahead)
        self._activity, self._heard = SpeechActivity(self._ahead), 0

    def at(self, time: Fraction) -> tuple[FloatArray, float]:
        """(80, S) window and weight in [0, 1] of the frame `time` seconds after the first sample (exact convention).

        Between speech and silence one of the two passes smoothly from one to the other: with `keep` the weight; with
        `close` the window, into digital silence, which shuts Wav2Lip's mouths, or, where the sound's `hearing` is not
        blended, the weight, by which shapes of the mouth are multiplied.
        """
        if self._silence == "model":
            return self._sound.window_at(time), 1.0
        share = self._share(Timeline().mel_step_at(time))
        window = self._sound.window_at(time)
        if self._silence == "keep" or not self._sound.hearing.blended:
            return window, share
        return window if share == 1 else np.asarray(SILENCE + share * (window - SILENCE), np.float32), 1.0

    def _share(self, step: int) -> float:
        self._sound.read_to(step + OPENS[1] + 1 + self._ahead)
        self._activity.hear(self._sound.steps(self._heard, self._sound.known), last=self._sound.ended)
        self._heard = self._sound.known
        return self._activity.share(step)
