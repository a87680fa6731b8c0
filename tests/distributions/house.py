"""Draw the house: the folders of the core, the floors that the import contract puts them on, and the imports between.

``python -m distributions.house`` prints them. Unlike the linter's contract, it counts imports for type checkers too.
"""

from __future__ import annotations

import ast
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "core/src"
PACKAGE = SOURCE / "dragoman"
TEMPLATES = PACKAGE / "scaffold/templates"  # distributions of their own


def modules() -> Iterator[Path]:
    """Yield the modules of the core that stand in a folder of it."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.parent != PACKAGE and not path.is_relative_to(TEMPLATES):
            yield path


def room_of(path: Path) -> str:
    """Return the folder in which a module stands, with dots."""
    return ".".join(path.parent.relative_to(PACKAGE).parts)


def imported(path: Path) -> Iterator[Path]:
    """Yield the modules of the core's folders that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            parts = name.split(".")
            for end in (len(parts), len(parts) - 1):
                place = SOURCE.joinpath(*parts[:end])
                found = next(
                    (each for each in (place.with_suffix(".py"), place / "__init__.py") if each.is_file()), None
                )
                if found is not None:
                    if found.is_relative_to(PACKAGE) and found.parent != PACKAGE:
                        yield found
                    break


MODULES = {"__main__", "_lazy", "_public_names"}
"""What stands in no folder, and is a layer of its own."""


def floors() -> list[list[str]]:
    """Return the folders of each floor, the upper ones first, as the contract that lint runs has them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]["contracts"]
    house = next(each for each in contracts if each.get("containers") == ["dragoman"])
    return [[name.strip() for name in floor.split("|")] for floor in house["layers"] if floor not in MODULES]


@frozen
class House:
    """Say what stands where.

    Args:
        rooms: the folders with modules in them, with the number of their modules.
        floors: the folders of each floor, the upper ones first.
        arrows: how many imports lead from one folder to another.

    """

    rooms: Counter[str]
    floors: list[list[str]]
    arrows: Counter[tuple[str, str]]

    def height(self, room: str) -> int:
        """Return how many floors are above a folder."""
        top = room.split(".", maxsplit=1)[0]
        return next(index for index, floor in enumerate(self.floors) if top in floor)

    def wrong(self) -> dict[tuple[str, str], int]:
        """Return the imports that lead upward, or to a neighbour on the same floor."""
        return {
            (here, there): number
            for (here, there), number in self.arrows.items()
            if here.split(".")[0] != there.split(".")[0] and self.height(there) <= self.height(here)
        }


def house() -> House:
    """Read the imports of the core."""
    rooms = Counter(room_of(path) for path in modules())
    pairs = ((room_of(path), room_of(other)) for path in modules() for other in imported(path))
    arrows = Counter((here, there) for here, there in pairs if here != there)
    return House(rooms, floors(), arrows)


def main() -> None:
    """Print the house."""
    seen = house()
    for floor in seen.floors:
        rooms = [room for room in sorted(seen.rooms) if room.split(".")[0] in floor]
        print("   ".join(f"{room} ({seen.rooms[room]} modules)" for room in rooms))
    wrong = seen.wrong()
    between = sum(seen.arrows.values())
    print(f"{len(seen.rooms)} rooms, {len(seen.floors)} floors, {between} imports between rooms, ", end="")
    print(f"{sum(wrong.values()) or 'none'} upward" + "".join(f"\n  {here} -> {there}" for here, there in wrong))


if __name__ == "__main__":
    main()
