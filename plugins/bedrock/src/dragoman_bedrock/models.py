"""What each family of models accepts on Bedrock, as data: that of ``models.toml``, and what is known of Claude."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs
from attrs import frozen

from dragoman import NO, YES, Cap, Capabilities, HistoryRules, Support
from dragoman.http import Facts, TurnRules
from dragoman_anthropic import STRICT_SCHEMA as CLAUDE_SCHEMA, family as claude_family, hosted_capabilities

FACTS = Facts(__spec__, "models.toml")
"""The traits of families, by patterns that are searched in the id of a model."""

_BESIDE_RESULTS_OF_CLAUDE = frozenset({"text", "image", "cachePoint"})
_CLAUDE_WITH_SCHEMAS = (4, 5)

STRICT_SCHEMA = attrs.evolve(CLAUDE_SCHEMA, keywords=CLAUDE_SCHEMA.keywords | {"minLength", "maxLength"})
"""https://docs.aws.amazon.com/bedrock/latest/userguide/structured-output.html."""

HISTORY = HistoryRules(
    call_id_letters="[a-zA-Z0-9_.:-]",
    call_id_length=64,
    tool_name_letters="[a-zA-Z0-9_-]",
    tool_name_length=64,
    tool_objects=True,
    boolean_schemas=False,
    called_tools=True,
    speakers=False,
    blank_text=False,
    open_end=False,
    message_options=False,
    cache_marks="bedrock",
)
"""What Converse takes of a conversation."""

_UNSUPPORTED = Cap(support=Support.NO, note="Converse has no such setting")
_SETTINGS: Mapping[str, Cap] = dict.fromkeys(
    ("seed", "presence_penalty", "frequency_penalty", "logprobs", "top_logprobs", "parallel_tool_calls", "n"),
    _UNSUPPORTED,
)
_MOST_STOPS = 2500
"""https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_InferenceConfiguration.html"""
_NO_JSON = Cap(support=Support.NO, note="Converse has no mode for JSON")
_NO_CACHE = Cap(support=Support.NO, note="the model has no marks of a cached prefix")


@frozen
class Family:
    """Identify what is known of a model.

    Args:
        id: the id of the model, without the parts of an ARN before it.
        claude: whether it is a Claude model of a known family.

    """

    id: str
    claude: bool

    @property
    def has_schemas(self) -> bool:
        """Return whether its answers can be held to a schema."""
        known = claude_family(self.id)
        return FACTS.holds("schemas", self.id) if known is None else known.version >= _CLAUDE_WITH_SCHEMAS

    @property
    def is_nova(self) -> bool:
        """Return whether it is a Nova model."""
        return FACTS.holds("nova", self.id)

    @property
    def turns(self) -> TurnRules:
        """Return the turns that it takes, since Converse hands them on to its template."""
        alone = frozenset({"cachePoint"}) if FACTS.holds("results_alone", self.id) else None
        return TurnRules(
            kind=lambda block: next(iter(block), ""),
            result="toolResult",
            mark="cachePoint",
            with_text=frozenset({"document"}),
            may_begin=FACTS.holds("first_answer", self.id),
            beside_results=_BESIDE_RESULTS_OF_CLAUDE if self.claude else alone,
        )

    @property
    def effort(self) -> tuple[str, frozenset[str]] | None:
        """Return where its effort is said, outside Claude, and the words for it, none if they are not known."""
        rows = FACTS.table("efforts").values()
        return next(((where, frozenset(words)) for model, where, *words in rows if re.search(model, self.id)), None)


def family(model: str, base_model: str | None = None) -> Family:
    """Return what is known of *model*; an ARN that does not name the model needs *base_model*."""
    name = base_model or model.rpartition("/")[2]
    return Family(name, claude_family(name) is not None)


def capabilities(model: str, base_model: str | None = None) -> Capabilities:
    """Return the capabilities of *model*; what Converse itself lacks is added to what is known of Claude."""
    known = family(model, base_model)
    found = hosted_capabilities(known.id) if known.claude else Capabilities(completion=NO, tools=_tools(known))
    strict = STRICT_SCHEMA if known.has_schemas else None
    chooses = FACTS.holds("tool_choice", known.id)
    return attrs.evolve(
        found,
        settings={
            **found.settings,
            **_SETTINGS,
            **({} if known.claude else _settings(known)),
            "cache": _cache(known),
            "stop": _stops(known),
        },
        json_schema=YES if known.has_schemas else NO,
        json_mode=_NO_JSON,
        schema_fallback=("tool", "text") if chooses and not known.has_schemas else ("text",),
        output_schema=strict,
        tool_schema=strict,
        input={},
        history=HISTORY,
        prefill=NO if FACTS.holds("last_of_user", known.id) else found.prefill,
    )


def _tools(known: Family) -> Cap:
    return NO if FACTS.holds("no_tools", known.id) else Cap()


def _stops(known: Family) -> Cap:
    """Return which stop sequences are taken; Claude takes none of white space wherever it runs."""
    note = "Converse takes 2500 stop sequences, and Claude none of white space"
    return Cap(most=_MOST_STOPS, blank=not known.claude, note=note)


def _cache(known: Family) -> Cap:
    """Return for how long a prefix can be cached.

    https://docs.aws.amazon.com/bedrock/latest/userguide/prompt-caching.html
    """
    claude = claude_family(known.id)
    if claude is not None and claude.version >= (3, 5):
        lifetimes = {"5m", "1h"} if claude.version >= (4, 5) else {"5m"}
        return Cap(values=frozenset(lifetimes), note="the model caches for 5 minutes alone")
    return Cap(values=frozenset({"5m"}), note="the model caches for 5 minutes alone") if known.is_nova else _NO_CACHE


def _settings(known: Family) -> dict[str, Cap]:
    settings = {"temperature": Cap(maximum=1, note="Converse accepts 0 to 1")}
    if not known.is_nova:
        settings["top_k"] = _UNSUPPORTED
    if known.effort is None:
        settings["effort"] = Cap(support=Support.NO, note="no effort is known for the model; see additional_fields")
    elif words := known.effort[1]:
        settings["effort"] = Cap(values=words, note=f"the model accepts the efforts {', '.join(sorted(words))}")
    return settings
