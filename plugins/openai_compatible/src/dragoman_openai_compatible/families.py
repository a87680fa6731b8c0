"""What the model families of OpenAI accept, as data, whichever host serves them under these names.

Each family has its source and the date on which it was read. The guide to reasoning names the words for the effort and
their defaults, the reference of chat completions the settings, and the guide to structured outputs the models with
schemas. *Recorded* are requests that were answered.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from attrs import frozen

from dragoman import NO, YES, Cap, Support
from dragoman_openai_compatible.name_patterns import NamePattern

_REASONING = "https://platform.openai.com/docs/guides/reasoning"
_CREATE = "https://platform.openai.com/docs/api-reference/chat/create"
_SCHEMAS = "https://platform.openai.com/docs/guides/structured-outputs"
_READ = "2026-11-28"
_CHAT_ONLY = Cap(support=Support.NO, note="only chat completions support it")
_CHAT_SETTINGS = ("stop", "seed", "presence_penalty", "frequency_penalty", "n")


@frozen(kw_only=True, eq=False, repr=False)
class ModelFamily:
    """Say what the models of one family accept.

    Args:
        names: a pattern of the beginning of their names, which ends there or at a hyphen.
        source: where this is written, or ``recorded``.
        read: when it was read, as an ISO date.
        reasons: whether they can reason before they answer.
        efforts: the words for the effort; ``None`` if they are not known.
        default: the effort without one from the caller; ``None`` if it is not known.
        stops: whether they take stop words while they reason.
        parallel: whether they take ``parallel_tool_calls``.
        sampling: whether they take sampling settings while they do not reason.
        schemas: whether they can be held to a schema.
        json: whether they can be held to JSON.

    """

    names: str
    source: str
    read: str = _READ
    reasons: bool = False
    efforts: frozenset[str] | None = None
    default: str | None = None
    stops: bool = False
    parallel: bool = True
    sampling: bool = True
    schemas: bool = True
    json: bool = True


def _reasoning(
    names: str, efforts: str | None, default: str | None = None, source: str = _REASONING, **facts: Any
) -> ModelFamily:
    words = None if efforts is None else frozenset(efforts.split())
    return ModelFamily(names=names, source=source, reasons=True, efforts=words, default=default, **facts)


FAMILIES: tuple[ModelFamily, ...] = (
    ModelFamily(names=r"gpt-[\w.-]+-search-(?:preview|api)", source=_CREATE, sampling=False),
    _reasoning(r"gpt-6-astra|gpt-6\.1-sol", "low medium high xhigh max"),
    _reasoning(r"gpt-6\.1-terra|gpt-6-(?:sol|luna)|gpt-5\.6", "none low medium high xhigh max", "medium"),
    _reasoning(r"gpt-5\.[245]-pro", "medium high xhigh"),
    _reasoning(r"gpt-5\.5", "none low medium high xhigh", "medium"),
    _reasoning(r"gpt-5\.[1-3]-chat", "medium", "medium"),
    _reasoning(r"gpt-5(?:\.1)?-codex", None),
    _reasoning(r"gpt-5\.[2-4]", "none low medium high xhigh", "none"),
    _reasoning(r"gpt-5\.1", "none low medium high", "none"),
    _reasoning(r"gpt-5-pro", "high", "high"),
    ModelFamily(names=r"gpt-5-chat|gpt-4o(?!-2024-05-13)|gpt-4\.[15]|chatgpt-4o", source=_REASONING),
    _reasoning(r"gpt-5", "minimal low medium high", "medium"),
    _reasoning(r"o1-(?:mini|preview)", "", parallel=False, schemas=False, json=False),
    _reasoning(r"o1|o3-mini", "low medium high", "medium", source="recorded", stops=True, parallel=False),
    _reasoning(r"o\d+", "low medium high", "medium", parallel=False),
    _reasoning(r"codex", "low medium high"),
    _reasoning(r"gpt-(?:[6-9]|(?!35)\d\d)(?:\.\d+)?|computer-use", None),
    ModelFamily(names=r"gpt-4-(?:turbo|1106|0125|vision)|gpt-4o-2024-05-13", source=_SCHEMAS, schemas=False),
    ModelFamily(names=r"gpt-4", source=_SCHEMAS, schemas=False, json=False),
    ModelFamily(names=r"gpt-3\.?5-turbo-(?:0301|0613|16k)", source=_SCHEMAS, schemas=False, json=False),
    ModelFamily(names=r"gpt-3\.?5-turbo", source=_SCHEMAS, schemas=False),
)
"""The families; the first that matches a name decides."""


_PATTERNS = tuple((NamePattern(family.names, "(?=$|-)"), family) for family in FAMILIES)
_FIXED = "the model accepts no other value while it reasons"
_WHILE_REASONING: Mapping[str, Cap] = {
    "temperature": Cap(only=1, note=_FIXED),
    "top_p": Cap(only=1, note=_FIXED),
    "presence_penalty": Cap(only=0, note=_FIXED),
    "frequency_penalty": Cap(only=0, note=_FIXED),
    **dict.fromkeys(("logprobs", "top_logprobs"), Cap(support=Support.NO, note="the model has none while it reasons")),
}
_SEARCHING = Cap(support=Support.NO, note="search models do not accept sampling settings")
_NO_STOP = Cap(support=Support.NO, note="the model does not accept stop words while it reasons")
_NO_PARALLEL = Cap(support=Support.NO, note="models of the o-series do not accept parallel_tool_calls")
_NO_EFFORT = Cap(support=Support.NO, note="the model does not accept an effort")


@lru_cache(maxsize=256)
def family_of(model: str) -> ModelFamily | None:
    """Return the family of *model*, ``None`` for a name of no known family."""
    return next((family for pattern, family in _PATTERNS if pattern.matches(model)), None)


def family_settings(family: ModelFamily | None, *, api: str) -> dict[str, Cap]:
    """Return what a family accepts as settings, whether it reasons or not.

    Args:
        family: the family.
        api: ``chat``, which refuses the effort ``max`` for every model, or ``responses``.

    """
    if family is None:
        return {}
    settings: dict[str, Cap] = {}
    if family.efforts is not None:
        words = family.efforts - ({"max"} if api == "chat" else set())
        settings["effort"] = Cap(values=frozenset(words), note=_words(words)) if words else _NO_EFFORT
    elif not family.reasons:
        settings["effort"] = _NO_EFFORT
    if not family.parallel:
        settings["parallel_tool_calls"] = _NO_PARALLEL
    if not family.sampling:
        settings |= dict.fromkeys((*_WHILE_REASONING, "stop"), _SEARCHING)
    return settings


def openai_settings(service: str, known: Mapping[str, Cap], *, api: str) -> dict[str, Cap]:
    """Return what the API of OpenAI takes of each setting at a service of which it is the own one.

    The limits are those of https://platform.openai.com/docs/api-reference/chat/create, which Azure states too:
    https://learn.microsoft.com/azure/ai-services/openai/reference#chat-completions.

    Args:
        service: its name, for notes.
        known: what is known of the settings of the model, which counts for more.
        api: ``chat``, or ``responses``, which lacks some settings.

    """
    limits = {
        "top_k": Cap(support=Support.NO, note=f"{service} has no top_k"),
        "n": Cap(support=Support.YES, minimum=1, maximum=128, note=f"{service} gives 1 to 128 answers"),
        "stop": Cap(most=4, note=f"{service} takes 4 stop sequences"),
        "temperature": Cap(maximum=2, note=f"{service} accepts 0 to 2"),
        "top_logprobs": Cap(maximum=20, note=f"{service} gives 20 at most"),
    }
    return {**limits, **known, **(dict.fromkeys(_CHAT_SETTINGS, _CHAT_ONLY) if api == "responses" else {})}


def _words(words: frozenset[str]) -> str:
    return f"the model accepts the efforts {', '.join(sorted(words))}"


def family_capabilities(family: ModelFamily | None) -> dict[str, Any]:
    """Return the fields of capabilities in which a family differs from a model of which nothing is known.

    They say what it accepts while it reasons, and whether it can be held to a schema or to JSON.
    """
    if family is None:
        return {}
    fields: dict[str, Any] = {}
    if family.reasons:
        settings = _WHILE_REASONING if family.stops else {**_WHILE_REASONING, "stop": _NO_STOP}
        fields |= {"reasoning": YES, "default_effort": family.default, "while_reasoning": settings}
    if not family.schemas:
        fields["json_schema"] = NO
    if not family.json:
        fields["json_mode"] = NO
    return fields
