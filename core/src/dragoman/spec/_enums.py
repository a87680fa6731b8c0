"""Open enumerations: strings with known values that also accept unknown ones, such as a value that a vendor adds."""

from __future__ import annotations

from typing import ClassVar


class OpenEnum(str):
    """Hold one of a set of known values, or an unknown one.

    A subclass declares its values as annotations; each becomes a constant with the name in lower case as its value.
    """

    __slots__ = ()
    known: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls) -> None:
        names = [name for name in cls.__annotations__ if name.isupper()]
        for name in names:
            setattr(cls, name, cls(name.lower()))
        cls.known = frozenset(name.lower() for name in names)

    @property
    def is_known(self) -> bool:
        """Tell whether this version of the library knows the value."""
        return str(self) in self.known

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str.__repr__(self)})"
