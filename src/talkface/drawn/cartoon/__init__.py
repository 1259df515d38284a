"""Cartoon characters of many kinds in scenes with exact truth: the ground of the drawn corpus."""

from talkface.drawn.cartoon.casting import design_character
from talkface.drawn.cartoon.design import Design
from talkface.drawn.cartoon.figure import figure_landmarks, paint_figure, pose_figure
from talkface.drawn.cartoon.ledger import VISEME_NAMES, Ledger, speaker_arrays
from talkface.drawn.cartoon.moment import SEEN, draw_moment
from talkface.drawn.cartoon.parts import Painter, blank_canvas
from talkface.drawn.cartoon.play import DrawnFrame, empty_picture, play_scene
from talkface.drawn.cartoon.stage import Scene, plan_scene
from talkface.drawn.cartoon.take import Take, make_take, take_of_sound

__all__ = [
    "SEEN",
    "VISEME_NAMES",
    "Design",
    "DrawnFrame",
    "Ledger",
    "Painter",
    "Scene",
    "Take",
    "blank_canvas",
    "design_character",
    "draw_moment",
    "empty_picture",
    "figure_landmarks",
    "make_take",
    "paint_figure",
    "plan_scene",
    "play_scene",
    "pose_figure",
    "speaker_arrays",
    "take_of_sound",
]
