"""What a cartoon is made of: shapes that lie on, around or behind a head; and how they are painted."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from talkface.drawn.pose import HEAD_UNIT, Pose, Projection
from talkface.drawn.shapes import Canvas, Colour, Image, Points, fixed

SUPERSAMPLING = 2
"""Each pixel of the result is the mean of this many by this many painted ones."""

BODY_FOLLOWS = 0.75
"""Part of a head's shift that the body makes too."""


@dataclass(frozen=True, eq=False)
class Part:
    """One shape. points: (N, 3) head units (x right, y down, z forward; z unused on a body).

    fill, ink: colours, or None for none. weight: width of the ink, head units. closed: an outline; else a stroke that
    grows thin towards its ends by `taper` (0 not, 1 to nothing). rim: (N,) 1 where a point lies on the outline of the
    head, which does not grow narrower when it turns, 0 where it lies on the face. body: moves with the body.
    """

    points: Points
    fill: Colour | None = None
    ink: Colour | None = None
    weight: float = 0.0
    closed: bool = True
    taper: float = 0.0
    rim: Points | None = None
    body: bool = False


class Painter:
    """Puts parts on a canvas for one pose of one head."""

    def __init__(self, canvas: Canvas, pose: Pose, anchor: tuple[float, float] = (0.0, 0.0)) -> None:
        """anchor: where the body stands, parts of the shorter side from the middle; the pose is relative to it."""
        rows, columns = canvas.image.shape[:2]
        side = min(rows, columns)
        self.canvas = canvas
        at = Pose(pose.yaw, pose.pitch, pose.roll, pose.x + anchor[0], pose.y + anchor[1], pose.zoom)
        self.projection = Projection(at, rows, columns)
        self.unit = HEAD_UNIT * side * pose.zoom
        stand = np.array([anchor[0] + BODY_FOLLOWS * pose.x, anchor[1] + BODY_FOLLOWS * pose.y])
        self._body = np.array([columns / 2, rows * 0.47]) + stand * side

    def paint(self, parts: Sequence[Part]) -> None:
        """Back to front. All points are projected and offset together, which is what makes painting fast."""
        if not parts:
            return
        spans = Spans([len(part.points) for part in parts], [part.closed for part in parts])
        pixels = self._project(parts, spans)
        widths = np.array([part.weight * self.unit if part.ink is not None else 0.0 for part in parts])
        offset = pixels + spans.normals(pixels) * spans.widths(widths, [part.taper for part in parts])[:, None]
        plain, moved, other = fixed(pixels), fixed(offset), fixed(2 * pixels - offset)
        for part, first, last in zip(parts, spans.starts.tolist(), spans.ends.tolist(), strict=True):
            if not part.closed:
                if part.ink is not None:
                    edge = np.concatenate([moved[first:last], other[first:last][::-1]])
                    self.canvas.fill_fixed([edge], part.ink)
                continue
            if part.ink is not None and part.weight > 0:
                hole = [plain[first:last]] if part.fill is None else []
                self.canvas.fill_fixed([moved[first:last], *hole], part.ink)
            if part.fill is not None:
                self.canvas.fill_fixed([plain[first:last]], part.fill)

    def _project(self, parts: Sequence[Part], spans: "Spans") -> Points:
        """(N, 2) pixels of all points of all parts."""
        points = np.concatenate([part.points for part in parts])
        share, body = np.zeros(len(points)), np.zeros(len(points), bool)
        for part, first, last in zip(parts, spans.starts.tolist(), spans.ends.tolist(), strict=True):
            if part.rim is not None:
                share[first:last] = part.rim
            elif part.body:
                body[first:last] = True
        pixels = self.projection.rim(points, share)
        return np.where(body[:, None], self._body + points[:, :2] * self.unit, pixels)


class Spans:
    """Outlines and strokes one behind the other in one array of points. counts: points of each; closed: which kind."""

    def __init__(self, counts: Sequence[int], closed: Sequence[bool]) -> None:
        self.ends = np.cumsum(np.array(counts, np.int64))
        self.starts: NDArray[np.int64] = self.ends - np.array(counts, np.int64)
        self._closed, self._counts = np.array(closed), np.array(counts)
        index = np.arange(self.ends[-1])
        self._next, self._previous = index + 1, index - 1
        last, first = self.ends - 1, self.starts
        self._next[last] = np.where(self._closed, first, last)
        self._previous[first] = np.where(self._closed, last, first)
        self._place = index - np.repeat(self.starts, counts)

    def normals(self, points: Points) -> Points:
        """(N, 2) unit normals; they point outwards on outlines."""
        tangent = points[self._next] - points[self._previous]
        length = np.sqrt((tangent * tangent).sum(axis=1)) + 1e-9
        following = points[self._next]
        cross = points[:, 0] * following[:, 1] - points[:, 1] * following[:, 0]
        turn = np.where(np.add.reduceat(cross, self.starts) > 0, -1.0, 1.0)
        scale = np.repeat(turn, self._counts) / length
        normals: Points = np.stack([-tangent[:, 1] * scale, tangent[:, 0] * scale], axis=1)
        return normals

    def widths(self, widths: Points, tapers: Sequence[float]) -> Points:
        """(N,) how far the ink reaches from each point: its width outside an outline, half of it beside a stroke."""
        along = 2 * self._place / np.maximum(np.repeat(self._counts, self._counts) - 1, 1) - 1
        thin = 1 - np.repeat(np.where(self._closed, 0.0, tapers), self._counts) * along**4
        reach = np.where(self._closed, widths, np.maximum(widths, 1.0) / 2)
        result: Points = np.repeat(reach, self._counts) * thin
        return result


def blank_canvas(height: int, width: int) -> Canvas:
    """A canvas for a picture of (height, width), SUPERSAMPLING times as large; its content is not set."""
    image: Image = np.empty((height * SUPERSAMPLING, width * SUPERSAMPLING, 3), np.uint8)
    return Canvas(image)
