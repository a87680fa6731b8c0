"""How our values are written: without what has its default value, which is most of most of them."""

from __future__ import annotations

from typing import Any

import attrs


def brief(self: Any) -> str:
    """Return an attrs object as the expression that makes it, fields with their default value left out.

    Written into a class as ``__repr__ = brief``. The one that attrs writes shows every field, and has to be compiled
    for each class, which took a tenth of the time that it takes to import them.
    """
    kind: Any = self.__class__
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    shown = (
        f"{field.alias}={value!r}" if field.repr is True else f"{field.alias}={field.repr(value)}"
        for field in fields
        if field.repr and not _is_default(field, value := getattr(self, field.name))
    )
    return f"{kind.__name__}({', '.join(shown)})"


def _is_default(field: attrs.Attribute[Any], value: object) -> bool:
    default: Any = field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # a class, whatever its stub says
        default = default.factory()
    return type(value) is type(default) and value == default
