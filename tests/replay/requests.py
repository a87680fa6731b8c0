"""Print how much of recorded requests is sent as it was recorded: ``python -m replay.requests``.

Every request with a good answer is read as the plain data that it is, sent again, and compared leaf by leaf with what
was recorded. Rules of :mod:`replay.spellings` say what is the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from attrs import define, field, frozen

from dragoman import DragomanError
from recordings import Recording, absence, recordings
from replay import asked, cohere_bodies, gemini_bodies, ollama_bodies, oracle_bedrock_invoke, spellings
from replay.asked import Reader
from replay.spellings import Spelling

WIRES: Mapping[str, tuple[Reader, tuple[Spelling, ...]]] = {
    "chat": (asked.chat, spellings.CHAT),
    "responses": (asked.responses, spellings.RESPONSES),
    "messages": (asked.blocks, spellings.BLOCKS),
    "generate": (asked.contents, spellings.CONTENTS),
    "cohere.chat": (cohere_bodies.conversation, cohere_bodies.SPELLINGS),
    "ollama.chat": (ollama_bodies.conversation, ollama_bodies.SPELLINGS),
    "ollama.generate": (ollama_bodies.prompt, ollama_bodies.SPELLINGS),
    "vertex.anthropic": (asked.blocks, spellings.BLOCKS),
    "invoke": (asked.invoked, spellings.BLOCKS),
    "invoke_stream": (asked.invoked, spellings.BLOCKS),
    "converse": (asked.converse, spellings.CONVERSE),
    "converse_stream": (asked.converse, spellings.CONVERSE),
}
"""How the requests of an API, or of all with the same last name, are read, and what is the same in them."""

APIS = (
    "anthropic.messages",
    "azure.chat",
    "azure.responses",
    "bedrock.converse",
    "bedrock.converse_stream",
    "bedrock.invoke",
    "bedrock.invoke_stream",
    "cohere.chat",
    "compatible.chat",
    "compatible.responses",
    "google.generate",
    "groq.chat",
    "litellm_proxy.chat",
    "mistral.chat",
    "ollama.chat",
    "ollama.generate",
    "openai.chat",
    "openai.responses",
    "openrouter.chat",
    "openrouter.responses",
    "vertex.anthropic",
)
"""The APIs whose requests are sent again. No provider speaks the first version of Cohere's (``cohere.chat_v1``)."""


@frozen(kw_only=True)
class Comparison:
    """Compare a request that was recorded with the one that is sent.

    Args:
        total: how many leaves were recorded.
        missing: the leaves that are not sent as recorded, by their paths, with what is sent instead.
        added: the leaves that are sent though none was recorded, by their paths.
        foreign: the members for which there is neither a setting nor an option, so that ``extra_body`` holds them.
        refusal: why nothing is sent.

    """

    total: int
    missing: Mapping[str, tuple[Any, Any]] = field(factory=dict[str, tuple[Any, Any]])
    added: Mapping[str, Any] = field(factory=dict[str, Any])
    foreign: tuple[str, ...] = ()
    refusal: str = ""


@define(kw_only=True)
class Count:
    """Count what is sent.

    Args:
        sent: the leaves that are sent as recorded.
        total: the leaves that were recorded.
        requests: the requests.
        loops: the requests with results of tools that are sent whole.
        all_loops: the requests with results of tools.
        differing: the comparisons of requests that differ, by the ids of recordings.

    """

    sent: int = 0
    total: int = 0
    requests: int = 0
    loops: int = 0
    all_loops: int = 0
    differing: dict[str, Comparison] = field(factory=dict[str, Comparison])


def is_asked(recording: Recording) -> bool:
    """Tell whether a request was recorded and had a good answer; InvokeModel has a dialect for Claude alone."""
    if "invoke" in recording.api and not oracle_bedrock_invoke.is_conversation(recording):
        return False
    return recording.request.recorded and isinstance(recording.request.body, dict) and recording.status < 400


def compare(recording: Recording) -> Comparison:
    """Send the request of a recording again, as far as a body, and compare."""
    reader, same = WIRES.get(recording.api) or WIRES[recording.api.partition(".")[2]]
    body = asked.body_of(recording)
    if same is spellings.CONTENTS and (reason := gemini_bodies.reason_not_representable(body)):
        return Comparison(total=len(spellings.leaves(body)), refusal=reason)
    recorded = spellings.leaves(spellings.plain(body, same))
    try:
        told = reader(recording, body)
        ours = spellings.leaves(spellings.plain(told.sent(), same))
    except DragomanError as error:
        return Comparison(total=len(recorded), refusal=f"{type(error).__name__}: {error}")
    if "model" not in recorded:
        ours.pop("model", None)
    nothing = object()
    missing = {path: (value, ours.get(path)) for path, value in recorded.items() if ours.get(path, nothing) != value}
    added = {path: value for path, value in ours.items() if path not in recorded}
    return Comparison(total=len(recorded), missing=missing, added=added, foreign=told.foreign)


def count(api: str) -> Count:
    """Compare the requests of an API."""
    result = Count()
    for recording in filter(is_asked, recordings(api)):
        comparison = compare(recording)
        result.requests += 1
        is_loop = "tool_result_turn" in recording.situation
        result.all_loops += is_loop
        result.loops += is_loop and not comparison.missing and not comparison.refusal
        result.total += comparison.total
        result.sent += 0 if comparison.refusal else comparison.total - len(comparison.missing)
        if comparison.refusal or comparison.missing or comparison.added or comparison.foreign:
            result.differing[recording.id] = comparison
    return result


def table() -> None:
    """Print what is sent of each API, then each difference."""
    counts = {api: count(api) for api in APIS}
    print(f"{'api':22}{'sent/total':>16}{'tool loops':>14}{'without a note':>18}")
    for api, each in counts.items():
        whole = each.requests - len(each.differing)
        print(
            f"{api:22}{f'{each.sent}/{each.total}':>16}{f'{each.loops}/{each.all_loops}':>14}{f'{whole}/{each.requests}':>18}"
        )
    for each in counts.values():
        for name, comparison in sorted(each.differing.items()):
            for line in described(comparison):
                print(f"  {name}: {line}")


def described(comparison: Comparison) -> list[str]:
    """Return each difference in words."""
    lines = [f"refused: {comparison.refusal}"] if comparison.refusal else []
    lines += [f"{path} is {ours!r}, not {theirs!r}" for path, (theirs, ours) in comparison.missing.items()]
    lines += [f"{path} is added: {ours!r}" for path, ours in comparison.added.items()]
    lines += [f"{name} needs extra_body" for name in comparison.foreign]
    return [re.sub(r"\s+", " ", line)[:300] for line in lines]


if __name__ == "__main__":
    print(absence() or "", end="")
    if absence() is None:
        table()
