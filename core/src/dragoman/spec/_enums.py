"""Enumerations that stay open: a new member of a vendor's is kept, never refused."""

from __future__ import annotations

from typing import ClassVar


class OpenEnum(str):
    """Hold one of a known set of words, or an unknown one.

    A subclass names its words as annotations; each becomes a constant whose value is the name in lower case.
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
        """Tell whether this version of the library knows the word."""
        return str(self) in self.known

    def __repr__(self) -> str:
        return f"{type(self).__name__}({str.__repr__(self)})"
