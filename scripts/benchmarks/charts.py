"""Line charts as SVG, written by hand: a few lines of text that stay the same where the figures do.

Both axes are logarithmic where asked, with a tick at each power of ten inside; values are then above 0.
"""

import math
from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

import msgspec

WIDTH, HEIGHT = 720, 420
LEFT, RIGHT, TOP, BOTTOM = 80, 180, 44, 56
COLOURS = ("#0b5fa5", "#c1440e", "#2e7d32", "#6a3d9a", "#8a6d00", "#444444")
Points = Sequence[tuple[float, float]]


class Axis(msgspec.Struct, frozen=True):
    """What an axis shows and whether it is logarithmic."""

    label: str
    log: bool = False


class _Scale:
    """Values to places between two pixels."""

    def __init__(self, axis: Axis, values: Sequence[float], first: float, last: float) -> None:
        self._log, self._first, self._last = axis.log, first, last
        if axis.log:
            self.ticks = [10.0**power for power in _powers(values)]
        else:
            step = _step(max(values))
            self.ticks = [step * number for number in range(math.ceil(max(values) / step) + 1)]

    def place(self, value: float) -> float:
        low, high, at = (self._measure(number) for number in (self.ticks[0], self.ticks[-1], value))
        return round(self._first + (self._last - self._first) * (at - low) / ((high - low) or 1.0), 1)

    def _measure(self, value: float) -> float:
        return math.log10(value) if self._log else value


def _powers(values: Sequence[float]) -> range:
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    return range(low, max(high, low + 1) + 1)


def _step(highest: float) -> float:
    """A round step that makes about five ticks."""
    rough = max(highest, 1e-9) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    return float(next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough))


def line_chart(title: str, x: Axis, y: Axis, lines: Mapping[str, Points]) -> str:
    """A chart of named lines, each through its (x, y) points, as an SVG document."""
    across = _Scale(x, [point[0] for points in lines.values() for point in points], LEFT, WIDTH - RIGHT)
    up = _Scale(y, [point[1] for points in lines.values() for point in points], HEIGHT - BOTTOM, TOP)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif"'
        f' font-size="12" role="img" aria-label={quoteattr(title)}>',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#ffffff"/>',
        _text(LEFT, 24, title, size=15),
        *(_grid(across.place(tick), up.place(up.ticks[0]), across.place(tick), TOP) for tick in across.ticks),
        *(_grid(LEFT, up.place(tick), WIDTH - RIGHT, up.place(tick)) for tick in up.ticks),
        *(_text(across.place(tick), HEIGHT - BOTTOM + 18, short(tick), anchor="middle") for tick in across.ticks),
        *(_text(LEFT - 8, up.place(tick) + 4, short(tick), anchor="end") for tick in up.ticks),
        _text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, x.label, anchor="middle"),
        f'<text x="20" y="{(TOP + HEIGHT - BOTTOM) / 2}" text-anchor="middle"'
        f' transform="rotate(-90 20 {(TOP + HEIGHT - BOTTOM) / 2})">{escape(y.label)}</text>',
    ]
    for number, (name, points) in enumerate(lines.items()):
        colour = COLOURS[number % len(COLOURS)]
        places = [(across.place(one), up.place(other)) for one, other in points]
        path = " ".join(f"{one},{other}" for one, other in places)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts += [f'<circle cx="{one}" cy="{other}" r="3.5" fill="{colour}"/>' for one, other in places]
        legend = TOP + 10 + 20 * number
        parts.append(f'<rect x="{WIDTH - RIGHT + 16}" y="{legend - 9}" width="12" height="12" fill="{colour}"/>')
        parts.append(_text(WIDTH - RIGHT + 34, legend + 2, name))
    return "\n".join([*parts, "</svg>", ""])


def short(value: float) -> str:
    """A tick's number as people read it: 1,000 as 1k, a million as 1M."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if value >= size:
            return f"{value / size:g}{letter}"
    return f"{value:g}"


def _text(x: float, y: float, text: str, *, size: int = 12, anchor: str = "start") -> str:
    return f'<text x="{x}" y="{y}" font-size="{size}" text-anchor="{anchor}">{escape(text)}</text>'


def _grid(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="#dddddd"/>'
