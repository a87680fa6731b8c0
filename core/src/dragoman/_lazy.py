"""Public names that are imported when they are first used, for a package whose modules not every program needs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping


def attach(package: str, homes: Mapping[str, tuple[str, ...]]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of *package*.

    Args:
        package: its name.
        homes: the public names by the module that defines them.

    """
    home_of = {name: home for home, names in homes.items() for name in names}

    def get(name: str) -> object:
        from importlib import import_module  # noqa: PLC0415  # Python itself has it already

        home = home_of.get(name)
        if home is not None:
            value: object = getattr(import_module(home), name)
            setattr(sys.modules[package], name, value)
            return value
        message = f"module {package!r} has no attribute {name!r}"
        raise AttributeError(message)

    return get
