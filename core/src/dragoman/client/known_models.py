"""What a provider says of its models, completed by what is publicly known of them.

It is only shown: the requests of calls are fitted to what the provider itself says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from dragoman.spec.capabilities import YES, Cap, Capabilities
from dragoman.spec.catalogue import ModelFacts, facts_of
from dragoman.spec.operations import ModelInfo

_MEDIA = {"image": ("image/*",), "audio": ("audio/*",), "video": ("video/*",), "file": ("application/pdf",)}
"""The media types that a kind of input stands for."""


def known_capabilities(provider: str, model: str, said: Capabilities) -> Capabilities:
    """Return *said* with the limits and the kinds of input that it leaves open and the catalogue knows."""
    facts = facts_of(provider, model)
    if facts is None:
        return said
    accepted = {media: YES for kind in facts.input for media in _MEDIA.get(kind, ())}
    known: Mapping[str, Cap] = {media: cap for media, cap in accepted.items() if not _is_said(media, said)}
    return attrs.evolve(
        said,
        context_tokens=said.context_tokens or facts.context_tokens,
        output_tokens=said.output_tokens or facts.output_tokens,
        input={**said.input, **known} if known else said.input,
    )


def _is_said(media: str, said: Capabilities) -> bool:
    family = media.partition("/")[0]
    return any(each.partition("/")[0] == family for each in said.input)


def known_models(provider: str, said: Sequence[ModelInfo]) -> Sequence[ModelInfo]:
    """Return *said* with what it leaves open and the catalogue knows."""
    return [_completed(info, facts_of(provider, info.id)) for info in said]


def _completed(info: ModelInfo, facts: ModelFacts | None) -> ModelInfo:
    if facts is None:
        return info
    names = ("context_tokens", "output_tokens", "input", "prices")
    known: dict[str, Any] = {name: getattr(info, name) or getattr(facts, name) for name in names}
    changes = {name: each for name, each in known.items() if each != getattr(info, name)}
    return attrs.evolve(info, **changes, as_of=facts.as_of) if changes else info
