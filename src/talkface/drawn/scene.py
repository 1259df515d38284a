"""What all painting shares: one frame's canvas, projection, character and curves."""

from dataclasses import dataclass

import numpy as np

from talkface.drawn.character import DrawnCharacter
from talkface.drawn.head import CHIN_DROP, Outline, head_outline, rim_depth, surface
from talkface.drawn.mouth import MouthCurves, mouth_curves, mouth_gap
from talkface.drawn.pose import Expression, Pose, Projection
from talkface.drawn.shapes import Canvas, Colour, Image, Points, darker
from talkface.drawn.visemes import MouthShape

SUPERSAMPLING = 2
"""Each pixel of the result is the mean of this many by this many painted ones."""


@dataclass(frozen=True)
class Scene:
    """One frame while it is painted. canvas: SUPERSAMPLING times the size of the picture."""

    canvas: Canvas
    projection: Projection
    character: DrawnCharacter
    pose: Pose
    expression: Expression
    mouth: MouthShape
    curves: MouthCurves
    outline: Outline

    @property
    def line_colour(self) -> Colour:
        """Of the drawn lines."""
        return darker(self.character.palette.skin, 0.72)

    def pixels(self, length: float) -> float:
        """Head units → painted pixels."""
        return length * self.projection.unit

    def on_face(self, points: Points, lift: float = 0.0) -> Points:
        """(N, 2) head units on the front of the head → painted pixels."""
        return self.projection(surface(points, lift))

    def on_rim(self, points: Points, shift: float = 0.0) -> Points:
        """(N, 2) head units on the head's outline → painted pixels. shift: depth before the outline."""
        return self.projection.rim(rim_depth(points) + np.array([0, 0, shift]))

    def fill(self, points: Points, colour: Colour, lift: float = 0.0) -> None:
        """Fills a shape that lies on the face."""
        self.canvas.fill(self.on_face(points, lift), colour)

    def line(self, points: Points, colour: Colour, width: float, *, lift: float = 0.0) -> None:
        """Draws an open line on the face, `width` in head units."""
        self.canvas.line(self.on_face(points, lift), colour, self.pixels(width))

    def contour(self, pixels: Points, *, closed: bool = True, colour: Colour | None = None) -> None:
        """The character's dark line around a shape given in painted pixels; nothing where its style has no lines."""
        if self.character.outline > 0:
            width = self.pixels(0.026) * self.character.outline
            self.canvas.line(pixels, colour or self.line_colour, width, closed=closed)


def build_scene(
    character: DrawnCharacter,
    mouth: MouthShape,
    pose: Pose,
    *,
    expression: Expression,
    height: int,
    width: int,
) -> Scene:
    """An empty scene of (height, width) pixels before supersampling."""
    rows, columns = height * SUPERSAMPLING, width * SUPERSAMPLING
    image: Image = np.empty((rows, columns, 3), np.uint8)
    shape = character.proportions
    return Scene(
        canvas=Canvas(image),
        projection=Projection(pose, rows, columns),
        character=character,
        pose=pose,
        expression=expression,
        mouth=mouth,
        curves=mouth_curves(shape, mouth, expression.smile),
        outline=head_outline(shape, CHIN_DROP * mouth_gap(shape, mouth)),
    )
