"""Open enumerations: strings with known values that also accept unknown ones, such as a value that a vendor adds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self


class OpenEnum(str):
    """Hold one of a set of known values, or an unknown one.

    A subclass declares its values as annotations; each becomes a constant with the name in lower case as its value.
    """

    __slots__ = ()
    known: ClassVar[frozenset[str]] = frozenset()
    _constants: ClassVar[Mapping[str, Any]] = {}

    def __init_subclass__(cls) -> None:
        cls._constants = {name.lower(): cls(name.lower()) for name in cls.__annotations__ if name.isupper()}
        for name, constant in cls._constants.items():
            setattr(cls, name.upper(), constant)
        cls.known = frozenset(cls._constants)

    @classmethod
    def of(cls, value: str) -> Self:
        """Return the constant of a known value, or hold an unknown one."""
        found: Self | None = cls._constants.get(value)
        return cls(value) if found is None else found

    @property
    def is_known(self) -> bool:
        """Tell whether this version of the library knows the value."""
        return str(self) in self.known

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str.__repr__(self)})"
