"""The versions of the API, and what each of them does not accept.

https://docs.anthropic.com/en/api/versioning, read on 2026-11-28. The first version accepts all that the second does,
and is the one that is used where the caller names none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from dragoman import Adjustment, UnsupportedError
from dragoman.http import fields, objects
from dragoman_anthropic.models import family
from dragoman_anthropic.options import ISSUER, MessagesOptions

HEADER = "anthropic-version"
FIRST = "2023-06-01"
FIRST_VERSION: Mapping[str, str] = {HEADER: FIRST}
"""The header of every request that says nothing else."""
WITHOUT_SAMPLING = "2026-10-21"
"""The first version that refuses sampling settings, even with their default values."""

VERSIONS: tuple[tuple[tuple[int, int], str], ...] = (((0, 0), FIRST),)
"""The version by the first models that are called with it, the latest models first."""

_SAMPLING = ("temperature", "top_p", "top_k")


def version_of(model: str, options: MessagesOptions, headers: Mapping[str, str], configured: str | None) -> str:
    """Return the version of the API for one request.

    Args:
        model: the model.
        options: the options of the request.
        headers: the headers of the request.
        configured: the version in the headers of the configuration, if there is one.

    """
    if chosen := version_in(headers) or options.api_version or configured:
        return chosen
    known = family(model)
    return FIRST if known is None else next(version for since, version in VERSIONS if known.version >= since)


def version_in(headers: Mapping[str, str]) -> str | None:
    """Return the version that headers name, ``None`` if they name none."""
    return next((value for name, value in headers.items() if name.lower() == HEADER), None)


def fit_to_version(body: dict[str, Any], version: str, model: str) -> list[Adjustment]:
    """Remove from a body what *version* refuses, and return the adjustments.

    Raises:
        UnsupportedError: for a document of the assistant, without which the conversation would mean something else.

    """
    if not version[:1].isdigit() or version < WITHOUT_SAMPLING:  # versions are dates, but for the first ones of clouds
        return []
    reason = f"version {version} of the API accepts no sampling settings"
    notes = [_dropped(name, body.pop(name), reason) for name in _SAMPLING if name in body]
    messages: list[dict[str, Any]] = []
    reason = f"version {version} of the API accepts no citations in a message of the user"
    for message in objects(body.get("messages")):
        content = objects(message.get("content"))
        if message.get("role") == "assistant" and any(block.get("type") == "document" for block in content):
            text = f"version {version} of the API accepts no document of the assistant; send it as the user"
            raise UnsupportedError(text, model=model, parameter="messages")
        cited: list[Any] = []
        if message.get("role") == "user" and content:
            content, cited = _without_citations(content)
        notes += [_dropped("citations", each, reason) for each in cited]
        messages.append({**message, "content": content} if cited else message)
    body["messages"] = messages
    return notes


def _without_citations(blocks: Iterable[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[Any]]:
    """Return blocks without the citations of texts, in search results and results of tools too, and the citations."""
    kept: list[dict[str, Any]] = []
    found: list[Any] = []
    for block in blocks:
        if block.get("type") == "text" and isinstance(block.get("citations"), list):
            found += [block["citations"]] if block["citations"] else []
            kept.append({name: value for name, value in block.items() if name != "citations"})
        elif isinstance(block.get("content"), list) and block.get("type") in {"search_result", "tool_result"}:
            inner, more = _without_citations([fields(each) for each in cast("list[Any]", block["content"])])
            found += more
            kept.append({**block, "content": inner})
        else:
            kept.append(block)
    return kept, found


def _dropped(feature: str, asked: Any, reason: str) -> Adjustment:
    return Adjustment(kind="dropped", feature=feature, asked=asked, reason=reason, by=ISSUER)
