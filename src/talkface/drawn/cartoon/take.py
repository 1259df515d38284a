"""One take: what a character says, the mouth that goes with it, the scene around it; all from two numbers."""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from talkface.drawn.acoustics import track_from_sound
from talkface.drawn.cartoon.play import DrawnFrame, play_scene
from talkface.drawn.cartoon.stage import Scene, plan_scene
from talkface.drawn.draw import Draw
from talkface.drawn.track import MouthTrack, track_from_phonemes
from talkface.drawn.utterances import SAMPLE_RATE, make_utterance
from talkface.drawn.visemes import VISEMES
from talkface.timeline import Timeline

_SECONDS = (2.4, 4.6)
_SHORTEST = 15  # frames


@dataclass(frozen=True)
class Take:
    """A clip that can be played.

    samples: (N,) float32 mono at 16 kHz, exactly as long as the pictures. track: the mouth at each frame. av_offset:
    frames by which the sound leads the picture.
    """

    scene: Scene
    samples: NDArray[np.float32]
    track: MouthTrack
    av_offset: int

    def frames(self) -> Iterator[DrawnFrame]:
        """The pictures with their truth."""
        return play_scene(self.scene, self.track)

    def other_frames(self) -> Iterator[DrawnFrame]:
        """The same pictures with another mouth: what it does half a clip away."""
        half = len(self.track) // 2
        visemes = self.track.visemes[half:] + self.track.visemes[:half]
        return play_scene(self.scene, MouthTrack(np.roll(self.track.shapes, -half, axis=0), visemes))


def make_take(
    character: int,
    number: int,
    *,
    fps: Fraction,
    side: int,
    source: str,
    longest_offset: int = 0,
    turning: float = 0.0,
) -> Take:
    """Take `number` of a character. source: of its speech, as `speech_source` returns it. longest_offset: frames;

    above 0 the picture is early or late by as many as chance says. turning: as in `plan_scene`.
    """
    draw, voice = Draw(character, f"sound of take {number}"), Draw(character, "voice")
    samples, phonemes = make_utterance(draw, voice, source, draw.between(*_SECONDS))
    offset = round(draw.between(-longest_offset - 0.5, longest_offset + 0.5)) if longest_offset else 0
    clock = Timeline(fps, sample_rate=SAMPLE_RATE)
    frames = max(_SHORTEST, clock.frame_count(clock.sample_time(len(samples))))
    track = delayed(track_from_phonemes(phonemes, frames, clock.fps), offset)
    scene = plan_scene(character, number, frames, fps=clock.fps, side=side, turning=turning)
    return Take(scene, fitted(samples, clock.sample_of_frame(frames)), track, offset)


def take_of_sound(
    character: int, number: int, samples: NDArray[np.float32], *, fps: Fraction, side: int, turning: float = 0.0
) -> Take:
    """A take to given sound, (N,) float32 mono at 16 kHz; its mouth follows the acoustic rule.

    turning: as in `plan_scene`.
    """
    clock = Timeline(fps, sample_rate=SAMPLE_RATE)
    frames = max(_SHORTEST, clock.frame_count(clock.sample_time(len(samples))))
    track = track_from_sound(samples, frames, clock.fps, SAMPLE_RATE)
    scene = plan_scene(character, number, frames, fps=clock.fps, side=side, turning=turning)
    return Take(scene, fitted(samples, clock.sample_of_frame(frames)), track, 0)


def delayed(track: MouthTrack, frames: int) -> MouthTrack:
    """The track some frames later (earlier when negative); what comes in from outside rests."""
    rest = np.array(VISEMES["rest"])
    index = np.arange(len(track)) - frames
    known = (index >= 0) & (index < len(track))
    safe = np.clip(index, 0, len(track) - 1)
    shapes = np.where(known[:, None], track.shapes[safe], rest)
    visemes = np.where(known, np.array(track.visemes)[safe], "rest")
    return MouthTrack(shapes, tuple(visemes.tolist()))


def fitted(samples: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """(count,) samples: cut off, or silence behind them."""
    return np.pad(samples[:count], (0, max(0, count - len(samples))))
