"""Small charts as inline SVG: lines, and per-clip values as dots. Pure text, the same input gives the same bytes."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

COLOURS = ("#1f5fa8", "#2f8f4e", "#c4741a", "#a33a3a", "#7a55a5", "#5b6770")
WIDTH, HEIGHT = 560, 260
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 14, 40

Points = Sequence[tuple[float, float]]


class Axis(NamedTuple):
    """Maps values [low, high] to pixels [start, stop]."""

    low: float
    high: float
    start: float
    stop: float

    def at(self, value: float) -> float:
        """Pixel of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.stop - self.start)

    def ticks(self) -> list[float]:
        """About five round values inside the range."""
        step = _round_step((self.high - self.low) / 5)
        first = math.ceil(self.low / step - 1e-9)
        return [index * step for index in range(first, math.floor(self.high / step + 1e-9) + 1)]


def line_chart(series: Mapping[str, Points], x_title: str, y_title: str) -> str:
    """One line a series with its name in a legend. series: name -> points, x ascending; empty series are left out."""
    shown = {name: points for name, points in series.items() if points}
    if not shown:
        return ""
    x_axis = axis([x for points in shown.values() for x, _ in points], LEFT, WIDTH - RIGHT, spare=0)
    y_axis = axis([y for points in shown.values() for _, y in points], HEIGHT - BOTTOM, TOP)
    parts = [*_frame(x_axis, y_axis, x_title, y_title)]
    for index, (_, points) in enumerate(shown.items()):
        path = " ".join(f"{x_axis.at(x):.1f},{y_axis.at(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{_colour(index)}" stroke-width="2"/>')
    return legend(list(shown)) + _picture(parts, HEIGHT)


def dot_chart(values: Mapping[str, Sequence[float]], x_title: str) -> str:
    """One line of dots a name (a dot is a clip), with the mean as a bar: the whole distribution, nothing smoothed."""
    shown = {name: each for name, each in values.items() if each}
    if not shown:
        return ""
    height = TOP + BOTTOM + 34 * len(shown)
    x_axis = axis([value for each in shown.values() for value in each], 150, WIDTH - RIGHT)
    parts = [_tick(x_axis.at(value), TOP, height - BOTTOM, _number(value)) for value in x_axis.ticks()]
    parts.append(_text(x_title, (150 + WIDTH - RIGHT) / 2, height - 6))
    for index, (name, each) in enumerate(shown.items()):
        middle = TOP + 34 * index + 17
        parts.append(_text(name, 142, middle + 4, "end"))
        dots = [(x_axis.at(value), middle + _spread(position)) for position, value in enumerate(each)]
        colour = _colour(index)
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colour}" opacity=".45"/>' for x, y in dots]
        mean = x_axis.at(sum(each) / len(each))
        parts.append(f'<rect x="{mean - 1:.1f}" y="{middle - 13}" width="2.5" height="26" fill="{colour}"/>')
    return _picture(parts, height)


def axis(values: Sequence[float], start: float, stop: float, spare: float = 0.06) -> Axis:
    """Axis over all values, with `spare` of their range on both sides; a range of one value gets a width of 1."""
    low, high = min(values), max(values)
    if high - low < 1e-12:
        return Axis(low - 0.5, high + 0.5, start, stop)
    edge = (high - low) * spare
    return Axis(low - edge, high + edge, start, stop)


def legend(names: Sequence[str]) -> str:
    """The names with their colours, in the order of the series."""
    items = [f'<span><i style="background:{_colour(i)}"></i>{escape(name)}</span>' for i, name in enumerate(names)]
    return f'<p class="legend">{"".join(items)}</p>'


def _frame(x_axis: Axis, y_axis: Axis, x_title: str, y_title: str) -> list[str]:
    parts = [_tick(x_axis.at(value), TOP, HEIGHT - BOTTOM, _number(value)) for value in x_axis.ticks()]
    for value in y_axis.ticks():
        y = y_axis.at(value)
        parts.append(f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="#e2e5e8"/>')
        parts.append(_text(_number(value), LEFT - 6, y + 4, "end"))
    parts.append(_text(x_title, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6))
    middle = (TOP + HEIGHT - BOTTOM) / 2
    return [*parts, _text(y_title, 12, middle, turn=f' transform="rotate(-90 12 {middle})"')]


def _tick(x: float, top: float, bottom: float, text: str) -> str:
    line = f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{bottom}" stroke="#e2e5e8"/>'
    return line + _text(text, x, bottom + 15)


def _text(text: str, x: float, y: float, anchor: str = "middle", turn: str = "") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{turn}>{escape(text)}</text>'


def _picture(parts: Sequence[str], height: float) -> str:
    return f'<svg viewBox="0 0 {WIDTH} {height}" role="img">{"".join(parts)}</svg>'


def _spread(position: int) -> float:
    """Vertical place of a dot: a fixed pattern, so that equal values stay visible."""
    return (position * 7 % 17) - 8.0


def _colour(index: int) -> str:
    return COLOURS[index % len(COLOURS)]


def _round_step(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step)


def _number(value: float) -> str:
    return f"{value:.6g}" if abs(value) > 1e-9 else "0"
