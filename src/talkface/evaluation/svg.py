"""Small charts as inline SVG: lines, and per-clip values as dots. Pure text, the same input gives the same bytes."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

PALETTE = ("#1f5fa8", "#2f8f4e", "#c4741a", "#a33a3a", "#7a55a5", "#5b6770", "#0f8a8a", "#b0518f")
WIDTH, HEIGHT = 560, 260
LEFT, RIGHT, TOP, BOTTOM = 58, 14, 14, 40
NAMES, LANE = 150, 34  # room for names on the left; height of a line of dots

Points = Sequence[tuple[float, float]]
Colours = Mapping[str, str]


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


def line_chart(
    series: Mapping[str, Points], x_title: str, y_title: str, colours: Colours | None = None, at: float | None = None
) -> str:
    """One line a series with its name in a legend. series: name -> points, x ascending; empty series are left out.

    at: where a vertical line marks a value of x.
    """
    shown = {name: points for name, points in series.items() if points}
    if not shown:
        return ""
    chosen = colours or colours_of(list(shown))
    x_axis = axis([x for points in shown.values() for x, _ in points], LEFT, WIDTH - RIGHT, spare=0)
    y_axis = axis([y for points in shown.values() for _, y in points], HEIGHT - BOTTOM, TOP)
    parts = [*_frame(x_axis, y_axis, x_title, y_title)]
    if at is not None:
        x = x_axis.at(at)
        parts.append(f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{HEIGHT - BOTTOM}" class="zero"/>')
    for name, points in shown.items():
        path = " ".join(f"{x_axis.at(x):.1f},{y_axis.at(y):.1f}" for x, y in points)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{chosen[name]}" stroke-width="2"/>')
    return legend(list(shown), chosen) + _picture(parts, HEIGHT)


def dot_chart(values: Mapping[str, Sequence[float]], x_title: str, colours: Colours | None = None) -> str:
    """One line of dots a name (a dot is a clip), the middle half as a band, the mean as a bar; nothing smoothed."""
    shown = {name: each for name, each in values.items() if each}
    if not shown:
        return ""
    chosen = colours or colours_of(list(shown))
    height = TOP + BOTTOM + LANE * len(shown)
    x_axis = axis([value for each in shown.values() for value in each], NAMES, WIDTH - RIGHT)
    parts = [_tick(x_axis.at(value), TOP, height - BOTTOM, _number(value)) for value in x_axis.ticks()]
    parts.append(_text(x_title, (NAMES + WIDTH - RIGHT) / 2, height - 6))
    for index, (name, each) in enumerate(shown.items()):
        middle = TOP + LANE * index + LANE / 2
        parts.append(_text(name, NAMES - 8, middle + 4, "end"))
        parts += _distribution(each, x_axis, middle, chosen[name])
    return _picture(parts, height)


def interval_chart(intervals: Mapping[str, Mapping[str, Any]], colours: Colours) -> str:
    """One line a name: the value as a dot, its interval as a bar. intervals: {name: {value, low, high, n}}."""
    shown = {name: each for name, each in intervals.items() if each["value"] is not None}
    if not shown:
        return ""
    lane = 22
    height = TOP + BOTTOM + lane * len(shown)
    ends = [each[part] for each in shown.values() for part in ("value", "low", "high") if each[part] is not None]
    x_axis = axis(ends, NAMES, WIDTH - RIGHT)
    parts = [_tick(x_axis.at(value), TOP, height - BOTTOM, _number(value)) for value in x_axis.ticks()]
    for index, (name, each) in enumerate(shown.items()):
        y, colour = TOP + lane * (index + 0.5), colours[name]
        parts.append(_text(name, NAMES - 8, y + 4, "end"))
        if each["low"] is not None:
            low, high = x_axis.at(each["low"]), x_axis.at(each["high"])
            bar = f'<rect x="{low:.1f}" y="{y - 1.5}" width="{max(0.5, high - low):.1f}" height="3" fill="{colour}"/>'
            parts.append(bar)
        parts.append(f'<circle cx="{x_axis.at(each["value"]):.1f}" cy="{y}" r="4.5" fill="{colour}"/>')
    return _picture(parts, height)


def rank_chart(
    ranks: Mapping[str, Mapping[str, float]], titles: Mapping[str, str], colours: Colours, x_title: str
) -> str:
    """One line a column, a dot for each row at its mean rank (1: best). ranks: {column: {row: rank}}."""
    shown = {column: row for column, row in ranks.items() if row}
    if not shown:
        return ""
    lane = 22
    height = TOP + BOTTOM + lane * len(shown)
    x_axis = Axis(0.8, max(rank for row in shown.values() for rank in row.values()) + 0.2, NAMES, WIDTH - RIGHT)
    parts = [_tick(x_axis.at(value), TOP, height - BOTTOM, _number(value)) for value in range(1, int(x_axis.high) + 1)]
    parts.append(_text(x_title, (NAMES + WIDTH - RIGHT) / 2, height - 6))
    for index, (column, row) in enumerate(shown.items()):
        middle = TOP + lane * index + lane / 2
        parts.append(_text(titles.get(column, column), NAMES - 8, middle + 4, "end"))
        places = [x_axis.at(rank) for rank in row.values()]
        parts.append(f'<line x1="{min(places):.1f}" x2="{max(places):.1f}" y1="{middle}" y2="{middle}" class="span"/>')
        for number, (place, name) in enumerate(zip(places, row, strict=True)):
            y = middle + 2.5 * (number - (len(row) - 1) / 2)  # equal ranks stay visible
            parts.append(f'<circle cx="{place:.1f}" cy="{y:.1f}" r="4.5" fill="{colours[name]}"/>')
    names = [name for name in colours if any(name in row for row in shown.values())]
    return legend(names, colours) + _picture(parts, height)


def colours_of(names: Sequence[str]) -> dict[str, str]:
    """A colour for each name, in their order: give it to every chart of a page, and a name keeps its colour."""
    return {name: PALETTE[index % len(PALETTE)] for index, name in enumerate(names)}


def _distribution(values: Sequence[float], x_axis: Axis, middle: float, colour: str) -> list[str]:
    low, high = (x_axis.at(value) for value in _quartiles(values))
    band = f'<rect x="{low:.1f}" y="{middle - 11}" width="{high - low:.1f}" height="22" fill="{colour}" opacity=".14"/>'
    dots = [(x_axis.at(value), middle + _spread(position)) for position, value in enumerate(values)]
    marks = [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.2" fill="{colour}" opacity=".5"/>' for x, y in dots]
    mean = x_axis.at(sum(values) / len(values))
    return [band, *marks, f'<rect x="{mean - 1:.1f}" y="{middle - 13}" width="2.5" height="26" fill="{colour}"/>']


def _quartiles(values: Sequence[float]) -> tuple[float, float]:
    """First and third quartile, between neighbours where they fall there."""
    ordered = sorted(values)

    def at(share: float) -> float:
        place = share * (len(ordered) - 1)
        below = int(place)
        above = min(below + 1, len(ordered) - 1)
        return ordered[below] + (place - below) * (ordered[above] - ordered[below])

    return at(0.25), at(0.75)


def axis(values: Sequence[float], start: float, stop: float, spare: float = 0.06) -> Axis:
    """Axis over all values, with `spare` of their range on both sides; a range of one value gets a width of 1."""
    low, high = min(values), max(values)
    if high - low < 1e-12:
        return Axis(low - 0.5, high + 0.5, start, stop)
    edge = (high - low) * spare
    return Axis(low - edge, high + edge, start, stop)


def legend(names: Sequence[str], colours: Colours) -> str:
    """The names with their colours, in their order."""
    items = [f'<span><i style="background:{colours[name]}"></i>{escape(name)}</span>' for name in names]
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


def _round_step(step: float) -> float:
    power = 10.0 ** math.floor(math.log10(step))
    return next(factor * power for factor in (1, 2, 5, 10) if factor * power >= step)


def _number(value: float) -> str:
    return f"{value:.6g}" if abs(value) > 1e-9 else "0"
