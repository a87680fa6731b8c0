"""What a model accepts."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Literal, TypeAlias

from attrs import field

from dragoman.spec._value import value
from dragoman.spec.history_rules import HistoryRules
from dragoman.spec.schema_rules import SchemaRules

SchemaFallback: TypeAlias = Literal["tool", "json", "text"]
"""How a model is asked for an answer with a schema that it cannot be held to."""

SCHEMA_FALLBACK: tuple[SchemaFallback, ...] = ("tool", "json", "text")
"""All ways, the best first."""

IS_ANSWER = ""
"""In place of the name of a tool: the arguments of a call of it are the text of the answer."""

Policy: TypeAlias = Literal["adjust", "warn", "raise"]
"""What to do with a setting that is not supported."""


class Support(enum.Enum):
    """Say whether a model supports something."""

    YES = "yes"
    NO = "no"
    CONDITIONAL = "conditional"
    UNKNOWN = "unknown"


@value(kw_only=True)
class Cap:
    """Describe the support of one feature.

    Args:
        support: whether the feature is supported.
        note: why it is not supported, or under which condition it is.
        minimum: the least accepted value.
        maximum: the greatest accepted value.
        values: the accepted values, if there is a fixed set. An effort becomes the nearest of them.
        only: the only accepted value of a number, if there is one.
        most: the greatest number of items, such as stop sequences.
        longest: the greatest length of each item, in bytes of UTF-8.
        blank: whether an item may be white space alone.

    """

    support: Support = Support.UNKNOWN
    note: str = ""
    minimum: float | None = None
    maximum: float | None = None
    values: frozenset[str] | None = None
    only: float | None = None
    most: int | None = None
    longest: int | None = None
    blank: bool = True


YES = Cap(support=Support.YES)
NO = Cap(support=Support.NO)
UNKNOWN = Cap()


_ANY_HISTORY = HistoryRules()


def _no_caps() -> Mapping[str, Cap]:
    return {}


@value(kw_only=True)
class Capabilities:
    """Describe what a model accepts; the support of everything else is unknown.

    Args:
        settings: the support of settings, keyed by name.
        while_reasoning: the support of settings that differs while the model reasons before it answers.
        default_effort: the effort without one from the caller, ``none`` for a model that reasons only if asked to;
            ``None`` if it is not known.
        input: the support of media, keyed by media type or family, such as ``image/*``.
        completion: whether there is a separate endpoint for prompts.
        completion_stream: whether that endpoint streams, so that ``Provider.stream`` takes prompts. Otherwise a prompt
            is streamed as a conversation.
        tools: whether the model accepts tools.
        tool_choice: whether a tool call can be required.
        json_schema: whether answers can be restricted to a schema.
        json_mode: whether answers can be restricted to JSON without a schema.
        json_beside_tools: whether they can be restricted to either if the model is offered tools of the caller.
        schema_fallback: how a model is asked that cannot be restricted to what the caller wants, the best way first:
            ``tool`` by a tool that it must call, ``json`` in words and its mode for JSON, ``text`` in words alone; a
            way that it does not have is left out. Without any, such a request is refused.
        prefill: what becomes of the beginning of an answer at the end of a conversation: it is continued (``YES``), the
            answer begins anew (``CONDITIONAL``), or the request is refused (``NO``).
        reasoning: whether the model reasons before it answers: always or unless told otherwise (``YES``), only if asked
            to (``CONDITIONAL``), or never (``NO``).
        context_tokens: the most tokens a conversation may have.
        output_tokens: the most tokens an answer may have.
        history: what its wire takes of a conversation.
        output_schema: what its vendor takes of a JSON Schema that an answer is held to; ``None`` for all of it.
        tool_schema: what its vendor takes of the schema of a tool whose arguments are held to it; ``None`` for all.

    """

    settings: Mapping[str, Cap] = field(factory=_no_caps)
    while_reasoning: Mapping[str, Cap] = field(factory=_no_caps)
    default_effort: str | None = None
    input: Mapping[str, Cap] = field(factory=_no_caps)
    completion: Cap = UNKNOWN
    completion_stream: Cap = UNKNOWN
    tools: Cap = UNKNOWN
    tool_choice: Cap = UNKNOWN
    json_schema: Cap = UNKNOWN
    json_mode: Cap = UNKNOWN
    json_beside_tools: Cap = UNKNOWN
    schema_fallback: tuple[SchemaFallback, ...] = SCHEMA_FALLBACK
    prefill: Cap = UNKNOWN
    reasoning: Cap = UNKNOWN
    context_tokens: int | None = None
    output_tokens: int | None = None
    history: HistoryRules = _ANY_HISTORY
    output_schema: SchemaRules | None = None
    tool_schema: SchemaRules | None = None

    @property
    def streams_prompts(self) -> bool:
        """Return whether a prompt is streamed as such, rather than as a conversation."""
        return self.completion_stream.support is Support.YES
