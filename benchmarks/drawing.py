"""Drawn frames a second on one core: cartoons of a corpus against portraits, and against whole clips with their H.264.

    python benchmarks/drawing.py [--takes 12]

Times are of the processor (what this process used), since a corpus is drawn by as many processes as there are cores.
"""

import argparse
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from time import process_time

import cv2
from machine import print_table

from talkface.drawn import drawn_clip
from talkface.drawn.cartoon import make_take, plan_scene
from talkface.preparation.drawing import DrawnSettings, draw_clips, list_drawn

FPS = Fraction(25)
SIDE = 256


def cartoons(takes: int) -> int:
    """Draws the cartoons of some takes; how many frames."""
    made = [make_take(number, 0, fps=FPS, side=SIDE, source="shipped") for number in chosen(takes)]
    return sum(1 for take in made for _ in take.frames())


def chosen(takes: int) -> list[int]:
    """Characters whose first take is a square picture of a cartoon: 256 by 256 pixels, as the aim says."""
    scenes = (plan_scene(number, 0, 50, fps=FPS, side=SIDE) for number in range(takes * 10))
    return [scene.character for scene in scenes if scene.height == SIDE and not scene.portrait][:takes]


def portraits(takes: int) -> int:
    """Draws portraits of the same length."""
    made = [make_take(number, 0, fps=FPS, side=SIDE, source="shipped") for number in range(max(1, takes // 4))]
    return sum(1 for take in made for _ in drawn_clip(take.scene.character, take.samples, FPS, SIDE))


def corpus(takes: int) -> int:
    """Makes whole clips of a corpus of all picture shapes: sound, truth, mel, H.264."""
    settings = DrawnSettings(seed=1, takes=1, speech="shipped", other_mouths=False)
    with tempfile.TemporaryDirectory() as folder:
        return sum(draw_clips(clip, settings, Path(folder))[0].frames for clip in list_drawn(takes, settings))


def frames_a_second(draw: Callable[[int], int], takes: int) -> float:
    """Frames for each second of the processor, the second time."""
    draw(1)
    began = process_time()
    frames = draw(takes)
    return frames / (process_time() - began)


def main() -> None:
    """Prints one table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--takes", type=int, default=12)
    takes = parser.parse_args().takes
    cv2.setNumThreads(1)
    found = {draw.__name__: frames_a_second(draw, takes) for draw in (portraits, cartoons, corpus)}
    rows = [[name, speed, speed / found["portraits"]] for name, speed in found.items()]
    print_table("Drawn frames a second of one core", ["what", "frames/s", "times portraits"], rows)


if __name__ == "__main__":
    main()
