"""What the optional operations give, checked: a plugin may give anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dragoman.spec.capabilities import Capabilities
from dragoman.spec.files import FileInfo
from dragoman.spec.media import FileRef
from dragoman.spec.operations import Embeddings, ModelInfo
from dragoman.spec.response import Usage

_ONE: Mapping[str, type[Any]] = {
    "embed": Embeddings,
    "count_tokens": Usage,
    "capabilities": Capabilities,
    "upload": FileRef,
}
_SEVERAL: Mapping[str, type[Any]] = {"models": ModelInfo, "files": FileInfo}


def misfit(kind: str, found: object) -> str | None:
    """Return in words how the result of an operation is none, ``None`` if it is one or nothing is known of the kind."""
    wanted = _ONE.get(kind)
    if wanted is not None and not isinstance(found, wanted):
        return f"{type(found).__name__}, not {wanted.__name__}"
    wanted = _SEVERAL.get(kind)
    if wanted is None:
        return None
    if isinstance(found, str) or not isinstance(found, Sequence):
        return f"{type(found).__name__}, not a sequence of {wanted.__name__}"
    members: Sequence[Any] = found  # pyright: ignore[reportUnknownVariableType]  # of any members
    wrong = (type(each).__name__ for each in members if not isinstance(each, wanted))
    return next((f"a sequence with {name}, not of {wanted.__name__}" for name in wrong), None)


__all__ = ["misfit"]
