"""Public names that are imported when they are first used, for a package whose modules not every program needs."""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # type checkers know better, and neither typing nor collections is paid for

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


def lazy_names(package: str, homes: Mapping[str, tuple[str, ...]]) -> Callable[[str], object]:
    """Return the ``__getattr__`` of *package*, which imports a module when one of its names is first used.

    Args:
        package: its name.
        homes: the public names by the module that defines them; a module of that name is such a name too.

    """
    home_of = {name: home for home, names in homes.items() for name in names}

    def get(name: str) -> object:
        from importlib import import_module  # noqa: PLC0415  # Python itself has it already

        home = home_of.get(name)
        if home is not None:
            module = import_module(home)
            value: object = module if home == f"{package}.{name}" else getattr(module, name)
            setattr(sys.modules[package], name, value)
            return value
        message = f"module {package!r} has no attribute {name!r}"
        raise AttributeError(message)

    return get
