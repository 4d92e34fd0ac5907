"""The picture of the packages, floor upon floor, made from import-linter's contracts and the packages' docstrings.

python docs/tower.py        # writes docs/tower.svg
"""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass
from html import escape
from pathlib import Path
from textwrap import wrap

ROOT = Path(__file__).parents[1]
PICTURE = ROOT / "docs" / "tower.svg"

WIDTH, MARGIN, GAP = 960, 40, 5
ROW, HEAD, PADDING = 30, 28, 8
NARROW = 180
"""Width of a package without floors beside one that has some."""

NAME_WIDTH, LINE, CHARACTER = 92, 17, 6.3
"""Pixels: room for a name before what is said of it, from line to line, and the mean width of a letter."""

STYLE = """
    text { font: 13px system-ui, sans-serif; fill: #5b6672 }
    .name { font-weight: 600; fill: #1d252d }
    .frame { fill: #f6f8fa; stroke: #d0d7de }
    .room { fill: #ffffff; stroke: #d0d7de }
    path { stroke: #8b949e; fill: none }
    @media (prefers-color-scheme: dark) {
      text { fill: #9aa5b1 }
      .name { fill: #e6edf3 }
      .frame { fill: #161b22; stroke: #30363d }
      .room { fill: #21262d; stroke: #30363d }
    }
"""


@dataclass(frozen=True)
class Room:
    """A package or module, with the floors inside it where a contract orders them.

    Attributes:
        name: its last name.
        sentence: the first of its docstring.
        floors: from the top; each floor's rooms know only those of the floors below.
    """

    name: str
    sentence: str
    floors: tuple[tuple[Room, ...], ...] = ()

    @property
    def height(self) -> int:
        """In pixels."""
        if not self.floors:
            return ROW
        return HEAD + sum(_height(floor) + GAP for floor in self.floors) - GAP + PADDING


def _height(floor: tuple[Room, ...]) -> int:
    return max(room.height for room in floor)


def read_tower() -> tuple[tuple[Room, ...], ...]:
    """The floors of the whole package, as pyproject.toml orders them."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    layers = {
        container: contract["layers"]
        for contract in contracts
        if contract["type"] == "layers"
        for container in contract.get("containers", [""])
    }

    def floors_in(container: str) -> tuple[tuple[Room, ...], ...]:
        return tuple(
            tuple(room(f"{container}.{name}".lstrip(".")) for name in re.split(r"\s*[|:]\s*", layer))
            for layer in layers.get(container, [])
        )

    def room(module: str) -> Room:
        return Room(module.rpartition(".")[2], first_sentence(module), floors_in(module))

    return floors_in("")


def first_sentence(module: str) -> str:
    """What the docstring of a module or a package begins with, without the full stop."""
    path = ROOT.joinpath(*module.split("."))
    source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    text = ast.get_docstring(ast.parse(source.read_text(encoding="utf-8"))) or ""
    return " ".join(re.split(r"\.(?:\s|$)", text)[0].split())


def draw_floors(floors: tuple[tuple[Room, ...], ...], left: int, top: int, width: int) -> list[str]:
    """The elements of all rooms of some floors, the first floor on top."""
    drawn: list[str] = []
    for floor in floors:
        height = _height(floor)
        has_frame = any(room.floors for room in floor)
        share = (width - GAP * (len(floor) - 1)) // len(floor)
        x = left
        for room in floor:
            is_last = room is floor[-1]
            room_width = share
            if has_frame and len(floor) > 1:
                room_width = width - (len(floor) - 1) * (NARROW + GAP) if room.floors else NARROW
            elif is_last:
                room_width = left + width - x
            drawn += draw_room(room, x, top, room_width, height, is_crowded=len(floor) > 2)
            x += room_width + GAP
        top += height + GAP
    return drawn


def draw_room(room: Room, left: int, top: int, width: int, height: int, is_crowded: bool) -> list[str]:
    """The elements of one room: its box, its name, what is said of it, and the floors inside."""
    kind = "frame" if room.floors else "room"
    drawn = [f'<rect class="{kind}" x="{left}" y="{top}" width="{width}" height="{height}" rx="4"/>']
    drawn.append(f'<text class="name" x="{left + 10}" y="{top + 20}">{room.name}</text>')
    if room.floors:
        drawn.append(f'<text x="{left + NAME_WIDTH}" y="{top + 20}">{escape(room.sentence)}</text>')
        inside = draw_floors(room.floors, left + PADDING, top + HEAD, width - 2 * PADDING)
        return drawn + inside
    if height > ROW:
        words, x, y = wrap(room.sentence, int((width - 20) / CHARACTER)), left + 10, top + 20 + LINE
    else:
        words, x, y = [] if is_crowded else [room.sentence], left + NAME_WIDTH, top + 20
    for number, line in enumerate(words):
        drawn.append(f'<text x="{x}" y="{y + number * LINE}">{escape(line)}</text>')
    return drawn


def picture() -> str:
    """The whole picture as SVG."""
    floors = read_tower()
    height = sum(_height(floor) + GAP for floor in floors) - GAP
    bottom, middle = PADDING + height, PADDING + height // 2
    elements = [
        f'<path d="M24 {PADDING} V{bottom} m-5 -8 l5 8 l5 -8"/>',
        f'<text transform="translate(17 {middle}) rotate(-90)" text-anchor="middle">imports</text>',
        *draw_floors(floors, MARGIN, PADDING, WIDTH - MARGIN - PADDING),
    ]
    body = "\n".join(f"  {element}" for element in elements)
    size = f'viewBox="0 0 {WIDTH} {bottom + PADDING}" width="{WIDTH}" height="{bottom + PADDING}"'
    title = "  <title>The packages of VisualNet: each imports only those below it.</title>"
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n{title}\n  <style>{STYLE}  </style>\n{body}\n</svg>\n'


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
