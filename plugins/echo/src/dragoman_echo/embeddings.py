"""The vectors of the echo: texts with the same words have similar ones."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from attrs import field, frozen, validators

from dragoman import Embeddings, Usage, structure_options

_DIMENSIONS = 16


@frozen(kw_only=True)
class EchoEmbeddingOptions:
    """Set the size of the vectors.

    Args:
        dimensions: the number of dimensions, from 1 to 512.

    """

    __provider__: ClassVar[str] = "echo"
    dimensions: int = field(default=_DIMENSIONS, validator=[validators.ge(1), validators.le(512)])


def embeddings(model: str, texts: Sequence[str], options: Mapping[str, Any]) -> Embeddings:
    """Return a vector of length 1 for each text, the sum of one for each of its words; of zeros without any."""
    size = structure_options(EchoEmbeddingOptions, options, provider="echo").dimensions
    vectors = tuple(_vector(text.split(), size) for text in texts)
    return Embeddings(vectors=vectors, model=model, usage=Usage(input_tokens=sum(len(text.split()) for text in texts)))


def _vector(words: Sequence[str], size: int) -> tuple[float, ...]:
    bits = [int.from_bytes(hashlib.shake_128(word.lower().encode()).digest(64)) for word in words]
    sums = [sum(1 if number >> at & 1 else -1 for number in bits) for at in range(size)]
    length = math.hypot(*sums) or 1.0
    return tuple(each / length for each in sums)


__all__ = ["EchoEmbeddingOptions", "embeddings"]
