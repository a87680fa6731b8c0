"""The hosts of the catalogue, and a sample server that behaves as the manifest of a host says."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from attrs import frozen

from dragoman import LLMConfig
from dragoman.testing.reply import Reply
from dragoman_openai_compatible.manifest import Manifest, read_manifest

FOLDER = Path(__file__).parents[2] / "plugins" / "hosts"
FILES = {path.stem: path for path in sorted((FOLDER / "src" / "dragoman_hosts").glob("*.toml"))}
MODEL = {"deepseek": "deepseek-v4-pro", "moonshot": "kimi-k3", "xai": "grok-4.3", "minimax": "minimax-m3"}
"""A model of some hosts with more to say of it than of others."""


@cache
def manifest(name: str) -> Manifest:
    return read_manifest(FILES[name].read_text("utf-8"), name)


@cache
def raw(name: str) -> dict[str, Any]:
    return tomllib.loads(FILES[name].read_text("utf-8"))


def entry_points() -> dict[str, dict[str, str]]:
    points: dict[str, dict[str, str]] = tomllib.loads((FOLDER / "pyproject.toml").read_text("utf-8"))["project"][
        "entry-points"
    ]
    return points


def config(name: str, url: str | None = None, **more: Any) -> LLMConfig:
    """Return a configuration of a host, at *url* or at home."""
    base = None if url is None else url + manifest(name).base_path
    if url is None and not manifest(name).base_url:
        base = f"https://eu.{manifest(name).claims.hosts[0]}"
    places = dict.fromkeys(manifest(name).places, "made-up") if url is None else {}
    arguments: dict[str, Any] = {"model": MODEL.get(name, "any"), "provider": name, "api_key": "made-up"}
    arguments |= {"api_base": base, **places}
    given: dict[str, Any] = {key: value for key, value in {**arguments, **more}.items() if value is not None}
    return LLMConfig(**given)


@frozen(kw_only=True)
class SampleHost:
    """Answer as a host does, and refuse what it refuses.

    Args:
        name: the host.

    """

    name: str

    def reply(self, body: Mapping[str, Any]) -> Reply:
        """Return the reply to a request."""
        if faults := list(self.faults(body)):
            message = f"unsupported: {', '.join(faults)}"
            return Reply.json({"error": {"message": message, "type": "invalid_request_error"}}, status=400)
        return self.stream() if body.get("stream") else Reply.json(self.answer())

    def faults(self, body: Mapping[str, Any]) -> Iterator[str]:
        """Yield the members of a body that the host does not accept."""
        wire, known = manifest(self.name).wire, manifest(self.name).accepted_by(str(body["model"]))
        names = {"effort": "reasoning_effort", **wire.setting_names, "max_tokens": wire.max_tokens_name}
        yield from {"max_tokens", "max_completion_tokens"} & body.keys() - {wire.max_tokens_name}
        for setting, cap in known.settings.items():
            value = body.get(names.get(setting, setting))
            is_listed = cap.values is None or value in cap.values
            if value is not None and (cap.support.value == "no" or not is_listed):
                yield setting
        yield from {*wire.refuses} & body.keys()
        if not wire.include_usage and "stream_options" in body:
            yield "stream_options"
        if "json_schema" in str(body.get("response_format")) and known.json_schema.support.value == "no":
            yield "response_format"

    def message(self) -> dict[str, Any]:
        return {manifest(self.name).wire.reasoning_names[0]: "hm", "content": "Hello"}

    def answer(self) -> dict[str, Any]:
        choice = {"index": 0, "message": {"role": "assistant", **self.message()}, "finish_reason": "stop"}
        usage = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
        return {"id": "c1", "model": "served", "choices": [choice], "usage": usage, **self.metadata()}

    def metadata(self) -> dict[str, Any]:
        return {each: f"its {each}" for each in manifest(self.name).wire.metadata_names}

    def stream(self) -> Reply:
        """Return the answer in pieces: the usage comes last, or with each piece where it is not asked for."""
        answer = self.answer()
        usage = {"usage": answer.pop("usage")}
        each = {} if manifest(self.name).wire.include_usage else usage
        deltas: list[dict[str, Any]] = [{member: text} for member, text in self.message().items()]
        chunks = [{**answer, **each, "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
        last: dict[str, Any] = {**answer, **each, "choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
        asked: list[dict[str, Any]] = [] if each else [{**answer, "choices": [], **usage}]
        events = [json.dumps(chunk).encode() for chunk in (*chunks, last, *asked)]
        return Reply.sse(*(b"data: " + event + b"\n\n" for event in (*events, b"[DONE]")))
