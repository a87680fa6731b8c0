"""The vectors of a reply to a request for embeddings, as numbers or as 32-bit floats in base64."""

from __future__ import annotations

from array import array
from collections.abc import Collection
from typing import Any, cast

from dragoman.http.json import MAX_OBJECTS, decoded, items_of
from dragoman.spec.errors import ProtocolError

_FLOAT_BYTES = 4
_NUMBERS = frozenset({float, int})


def vectors_of(values: Collection[Any], texts: int) -> tuple[tuple[float, ...], ...]:
    """Return a vector for each text.

    Args:
        values: the values that hold the vectors, in the order of the texts.
        texts: how many texts were sent.

    Raises:
        ProtocolError: if there is not one for each text, or if one is not a list of numbers.

    """
    if len(values) != texts:
        message = f"{texts} texts were sent, but {len(values)} vectors came back"
        raise ProtocolError(message, phase="decode")
    return tuple([_vector(each) for each in values])


def _vector(value: Any) -> tuple[float, ...]:
    numbers = _floats(value) if isinstance(value, str) else items_of(value, MAX_OBJECTS)
    if not numbers or not _NUMBERS.issuperset(map(type, numbers)):
        message = "the reply does not hold a vector, which is a list of numbers, or 32-bit floats in base64"
        raise ProtocolError(message, phase="decode")
    try:
        return tuple(map(float, numbers))
    except OverflowError:
        message = "the reply holds a vector with a number that is too large"
        raise ProtocolError(message, phase="decode") from None


def _floats(text: str) -> list[Any]:
    data = decoded(text)
    return cast("list[Any]", array("f", data).tolist()) if len(data) % _FLOAT_BYTES == 0 else []
