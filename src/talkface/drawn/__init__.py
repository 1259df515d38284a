"""Drawn talking faces with exactly known mouth, pose and landmarks; synthetic speech; pictures that carry a number."""

from talkface.drawn.acoustics import track_from_sound
from talkface.drawn.character import DrawnCharacter
from talkface.drawn.clip import draw_frame, draw_frame_with_truth, draw_track, drawn_clip
from talkface.drawn.drawings import FIVE_MOUTHS
from talkface.drawn.numbered import click_samples, flash_frames, number_frame, numbered_clip, read_number
from talkface.drawn.pose import Expression, HeadMotion, Pose
from talkface.drawn.track import MouthTrack, hold, track_from_phonemes
from talkface.drawn.truth import FrameTruth
from talkface.drawn.visemes import VISEMES, MouthShape
from talkface.drawn.voice import SPEECH, Phoneme, phonemes, speech

__all__ = [
    "FIVE_MOUTHS",
    "SPEECH",
    "VISEMES",
    "DrawnCharacter",
    "Expression",
    "FrameTruth",
    "HeadMotion",
    "MouthShape",
    "MouthTrack",
    "Phoneme",
    "Pose",
    "click_samples",
    "draw_frame",
    "draw_frame_with_truth",
    "draw_track",
    "drawn_clip",
    "flash_frames",
    "hold",
    "number_frame",
    "numbered_clip",
    "phonemes",
    "read_number",
    "speech",
    "track_from_phonemes",
    "track_from_sound",
]
