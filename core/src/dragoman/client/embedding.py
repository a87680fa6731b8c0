"""Embeddings: the options of a call, checked, and more texts than one request takes, sent in several."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import attrs

from dragoman.client.binding import Bound
from dragoman.client.conversation import read_texts
from dragoman.client.request_builder import RequestBuilder
from dragoman.client.shared_options import operation_options
from dragoman.spec.argument_checks import plain_number, shown
from dragoman.spec.errors import InvalidRequestError, ProtocolError, UnsupportedError
from dragoman.spec.operations import EmbeddingRequest, EmbeddingRules, Embeddings
from dragoman.spec.provider import Provider
from dragoman.spec.usage_totals import total_usage

_OWN = frozenset({"dimensions", "timeout", "options"})
"""Keywords of the core; all others are options of the provider."""
_UNKNOWN = EmbeddingRules()


def rules_of(provider: Provider) -> EmbeddingRules:
    """Return what a provider says of its embeddings."""
    rules: EmbeddingRules = getattr(provider, "embedding_rules", _UNKNOWN)
    return rules


def embedding_request(
    bound: Bound, builder: RequestBuilder, texts: Any, keywords: Mapping[str, Any]
) -> EmbeddingRequest:
    """Return the request for the vectors of *texts*.

    Raises:
        InvalidRequestError: if *texts* are not strings or there are none, for an empty one where the provider takes
            none, or for an unknown option, or one of the wrong type.
        UnsupportedError: if the provider has no choice of dimensions.

    """
    rules = rules_of(bound.provider)
    options = operation_options("embed", keywords, _OWN, rules.options, builder)
    dimensions = keywords.get("dimensions")
    if dimensions is not None:
        options |= _dimensions(dimensions, rules, options, builder.named)
    read = tuple(read_texts(texts))
    _check_texts(read, rules, builder.named)
    return EmbeddingRequest(model=builder.model, texts=read, options=options)


def _check_texts(texts: tuple[str, ...], rules: EmbeddingRules, provider: str) -> None:
    """Refuse what has no vector: no texts, and an empty one where the provider takes none."""
    problem = ""
    if not texts:
        problem = "embed() needs at least one text; give texts=[...], or do not call it"
    elif not rules.empty_texts and "" in texts:
        problem = f"texts[{texts.index('')}] is empty, which the provider {provider!r} does not accept; leave it out"
    if problem:
        raise InvalidRequestError(problem, parameter="texts")


def _dimensions(dimensions: Any, rules: EmbeddingRules, options: Mapping[str, Any], provider: str) -> dict[str, int]:
    number = plain_number(dimensions)
    if not isinstance(number, int) or number < 1:
        message = f"dimensions must be a whole number of at least 1, not {shown(dimensions)}"
        raise InvalidRequestError(message, parameter="dimensions")
    if rules.dimensions is None:
        message = f"the embeddings of the provider {provider!r} have no choice of dimensions; leave dimensions= out"
        raise UnsupportedError(message, provider=provider, parameter="dimensions")
    if rules.dimensions != "dimensions" and rules.dimensions in options:
        message = f"the dimensions are given twice: as dimensions= and as the option {rules.dimensions!r}"
        raise InvalidRequestError(message, parameter="dimensions")
    return {rules.dimensions: number}


async def in_batches(
    send: Callable[[EmbeddingRequest], Awaitable[Embeddings]], request: EmbeddingRequest, rules: EmbeddingRules
) -> Embeddings:
    """Return the vectors of all texts, in their order, by as few requests as the provider takes them in.

    Raises:
        ProtocolError: if the number of vectors differs from the number of texts, or they are not all of one length, or
            are longer than was asked for.

    """
    most = rules.most(request.model) or len(request.texts)
    found = list[Embeddings]()
    for start in range(0, len(request.texts) or 1, most or 1):
        batch = request.texts[start : start + most]
        found.append(await send(request if len(batch) == len(request.texts) else attrs.evolve(request, texts=batch)))
        if len(found[-1].vectors) != len(batch):
            raise _wrong(f"{len(batch)} texts were sent, but {len(found[-1].vectors)} vectors came back")
    _check_lengths(found, request.options.get(rules.dimensions or ""))
    if len(found) == 1:
        return found[0]
    vectors = tuple(vector for each in found for vector in each.vectors)
    reports = [each.usage for each in found]
    return attrs.evolve(
        found[0], vectors=vectors, usage=attrs.evolve(total_usage(reports), raw=[each.raw for each in reports])
    )


def _check_lengths(found: list[Embeddings], asked: Any) -> None:
    """Refuse vectors that cannot be compared; packed ones, as of bits, are shorter than *asked*."""
    lengths = {len(vector) for each in found for vector in each.vectors}
    if len(lengths) > 1 or 0 in lengths:
        numbers = " and ".join(map(str, sorted(lengths)))
        raise _wrong(f"all vectors of a model have the same number of dimensions, but some came back with {numbers}")
    if isinstance(asked, int) and any(length > asked for length in lengths):
        [length] = lengths
        message = (
            f"vectors of {asked} dimensions were asked for, but some of {length} came back: the model has no choice of "
            "them; leave dimensions= out"
        )
        raise _wrong(message)


def _wrong(message: str) -> ProtocolError:
    return ProtocolError(message, phase="decode")


__all__ = ["embedding_request", "in_batches", "rules_of"]
