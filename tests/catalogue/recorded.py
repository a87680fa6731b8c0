"""What recorded lists of models say: limits and kinds of input, by provider and model."""

from __future__ import annotations

import json
from typing import Any

from attrs import evolve, frozen

from recordings import absence, recordings

KINDS = ("text", "image", "audio", "video", "file")
"""The kinds of input, in the order in which they are written."""
APIS = {
    "anthropic.models": "anthropic",
    "groq.models": "groq",
    "mistral.models": "mistral",
    "openrouter.models": "openrouter",
}


@frozen(kw_only=True)
class Facts:
    """Hold what is known of a model.

    Args:
        context: the most tokens of a conversation.
        output: the most tokens of an answer.
        kinds: the kinds of input.

    """

    context: int | None = None
    output: int | None = None
    kinds: tuple[str, ...] = ()


def recorded_facts() -> dict[str, dict[str, Facts]]:
    """Return what the recordings say, by provider and model; nothing if there are none."""
    found: dict[str, dict[str, Facts]] = {}
    for api, provider in APIS.items() if absence() is None else ():
        for recording in recordings(api):
            body: Any = json.loads(recording.reply_bytes()) if recording.status == 200 else {}
            for entry in body.get("data", ()):
                facts = _facts(entry)
                before = found.setdefault(provider, {}).get(entry["id"], Facts())
                known = {name: each for name in ("context", "output", "kinds") if (each := getattr(facts, name))}
                found[provider][entry["id"]] = evolve(before, **known)
    return found


def _facts(entry: dict[str, Any]) -> Facts:
    top: dict[str, Any] = entry.get("top_provider") or {}
    names = ("max_input_tokens", "context_window", "context_length", "max_context_length")
    context = top.get("context_length") or next((entry[name] for name in names if entry.get(name)), None)
    output = top.get("max_completion_tokens") or entry.get("max_tokens") or entry.get("max_completion_tokens")
    return Facts(context=context, output=output, kinds=_kinds(entry))


def _kinds(entry: dict[str, Any]) -> tuple[str, ...]:
    architecture: dict[str, Any] = entry.get("architecture") or {}
    listed: list[str] = entry.get("input_modalities") or architecture.get("input_modalities") or []
    able: dict[str, Any] = entry.get("capabilities") or {}
    kinds = {*listed}
    if "image_input" in able:
        kinds |= {"text"} | ({"image"} if able["image_input"]["supported"] else set())
        kinds |= {"file"} if (able.get("pdf_input") or {}).get("supported") else set()
    if able.get("completion_chat") and "vision" in able:
        kinds |= {"text"} | ({"image"} if able["vision"] else set()) | ({"audio"} if able.get("audio") else set())
    return tuple(kind for kind in KINDS if kind in kinds)
