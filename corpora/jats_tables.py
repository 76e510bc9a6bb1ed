"""JATS tables as lines of text, cell by cell: nothing is fused, and every value stays under its heading.

A row is one line and its cells are separated by `` | ``. A cell that spans columns or rows is repeated in each place
that it covers, so that the n-th cell of every line belongs to the n-th column; long cells are not repeated, and a cell
that is alone in its row (a subheading inside the table) is written once.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from corpora.formulas import local_name
from corpora.markup import LINE, NOT_TEXT, PARAGRAPH, inline_text
from corpora.text import collapse
from corpora.xml import Element

SEPARATOR = " | "
MAX_COLUMNS = 256
"""Columns beyond this are not made up from spans; a table that asks for more is damaged or hostile."""
MAX_REPEATED = 200
"""A spanning cell longer than this, in characters, is written once instead of in each place that it covers."""
MAX_MADE_UP = 1_000_000
"""How many characters one table may gain by repeating its spanning cells."""

_ROWS = frozenset({"tr", "row"})
_CELLS = frozenset({"td", "th", "entry"})
_BROKEN_NUMBERS = re.compile(rf"(?<=\d)\s*[{LINE}{PARAGRAPH}]\s*(?=[\d+\-−–(<>=])")


def table_lines(table: Element) -> list[str]:
    """One line for each row of a ``table`` that has any text, headings first as they stand, cells apart."""
    grid = _Grid()
    rows = (_line(grid.row(child for child in row if local_name(child) in _CELLS)) for row in _rows(table))
    return [row for row in rows if row]


def cell_text(cell: Element) -> str:
    """The text of a cell on one line. Numbers on lines of their own stay apart by ``;``; a bar becomes ``¦``."""
    text = _BROKEN_NUMBERS.sub("; ", inline_text(cell, NOT_TEXT))
    return collapse(text).replace("|", "¦")


def _rows(table: Element) -> Iterator[Element]:
    """The rows of this table, not those of a table inside one of its cells."""
    for child in table:
        name = local_name(child)
        if name in _ROWS:
            yield child
        elif name not in _CELLS and name:
            yield from _rows(child)


class _Place(NamedTuple):
    """One place of the grid: its text, which cell of the table it shows, and in how many rows below it shows again."""

    text: str
    cell: int
    rows_below: int


class _Grid:
    """The places that the cells of a table cover, row by row."""

    def __init__(self) -> None:
        self._hanging: dict[int, _Place] = {}  # by column: what reaches down into the next row
        self._cells = 0
        self._to_spend = MAX_MADE_UP

    def row(self, cells: Iterable[Element]) -> list[_Place]:
        """The places of the next row of the table; none where the row says nothing of its own."""
        hanging, self._hanging = self._hanging, {}
        above = self._cells
        line: list[_Place] = []
        for cell in cells:
            while len(line) in hanging:
                self._repeat(line, hanging[len(line)])
            self._put(line, cell)
        for column in range(len(line), max(hanging, default=-1) + 1):
            self._repeat(line, hanging.get(column, _NOTHING))
        return line if any(place.text and place.cell > above for place in line) else []

    def _put(self, line: list[_Place], cell: Element) -> None:
        self._cells += 1
        text = cell_text(cell)
        rows = max(_number(cell.get("rowspan", "1")), _number(cell.get("morerows", "0")) + 1)
        first = _Place(text, self._cells, rows - 1)
        self._add(line, first)
        for _ in range(min(_number(cell.get("colspan", "1")), MAX_COLUMNS) - 1):
            self._repeat(line, first._replace(rows_below=rows))

    def _repeat(self, line: list[_Place], place: _Place) -> None:
        """Show a cell once more, in the next column or the next row; without its text where there is too much of it."""
        self._to_spend -= len(place.text) + 1
        text = place.text if len(place.text) <= MAX_REPEATED and self._to_spend > 0 else ""
        self._add(line, place._replace(text=text, rows_below=place.rows_below - 1))

    def _add(self, line: list[_Place], place: _Place) -> None:
        if place.rows_below > 0 and self._to_spend > 0 and len(line) < MAX_COLUMNS:
            self._hanging[len(line)] = place
        line.append(place)


_NOTHING = _Place("", 0, 0)


def _number(value: str) -> int:
    return int(value) if value.strip().isdecimal() and len(value) < 6 else 0


def _line(places: list[_Place]) -> str:
    if places and len({place.cell for place in places if place.text}) == 1 and places[0].text:
        return places[0].text
    while places and not places[-1].text:
        places.pop()
    return SEPARATOR.join(place.text for place in places)
