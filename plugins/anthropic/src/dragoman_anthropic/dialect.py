"""The Messages API as a dialect, with the legacy completions of the models that know only prompts.

https://docs.anthropic.com/en/api/messages and https://docs.anthropic.com/en/api/complete
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import attrs

from dragoman import (
    Adjustment,
    ChatRequest,
    CompletionRequest,
    Finish,
    Origin,
    OutputFormat,
    ProtocolError,
    ProviderError,
    Response,
    Settings,
    ToolCall,
    Usage,
    build_response,
)
from dragoman.http import HttpReply, HttpRequest, Latest, OptionsReader, StreamDecoder, body_of, dumps
from dragoman_anthropic import completions, request_tools as tools, response as read
from dragoman_anthropic.errors import error_of
from dragoman_anthropic.models import has, is_prompt_model
from dragoman_anthropic.options import AnthropicOptions
from dragoman_anthropic.request_messages import LaterSystem, MessageWriter
from dragoman_anthropic.request_schema import answer_tool, native
from dragoman_anthropic.request_settings import Tuning, is_forced

FEATURE_BETAS: Mapping[str, str] = {
    "files": "files-api-2025-04-14",
    "later system": "mid-conversation-system-2026-04-07",
    "mcp_servers": "mcp-client-2025-04-04",
    "context_management": "context-management-2025-06-27",
    "compaction": "compact-2026-01-12",
    "effort": "effort-2025-11-24",
}
"""What a feature needs in the header ``anthropic-beta``: https://docs.anthropic.com/en/api/beta-headers."""

COUNTED = frozenset(
    {
        "model",
        "messages",
        "system",
        "tools",
        "tool_choice",
        "thinking",
        "output_config",
        "cache_control",
        "mcp_servers",
        "context_management",
    }
)
"""Members of a body that a count of tokens takes: https://docs.anthropic.com/en/api/messages-count-tokens."""

_DATE_LENGTH = len("-2025-01-01")


class AnthropicMessages:
    """Speak the Messages API.

    Attributes:
        betas: what every request has in the header ``anthropic-beta``.

    """

    speaks = "messages"
    messages_path = "/messages"
    count_path = "/messages/count_tokens"

    def __init__(self) -> None:
        self.options_reader = OptionsReader(AnthropicOptions, read.ISSUER)
        self._tuning = Latest(_tuned)
        self.betas: tuple[str, ...] = ()

    def encode(self, request: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        """Return the request with its path below the base URL."""
        options = self.options_reader.read(request)
        if isinstance(request, CompletionRequest):
            if is_prompt_model(request.model):
                return completions.encode(request, options, stream=stream)
            request = request.as_chat()
        body, notes, features = self._conversation(request, options)
        if stream:
            body["stream"] = True
        body.update(body_of(options))
        body.update(options.extra_body or {})
        betas = self._betas(request, options, features)
        _name_format(body, betas)
        headers = {"anthropic-beta": ",".join(betas)} if betas else {}
        return HttpRequest(url=self.messages_path, body=dumps(body), headers=headers, adjustments=tuple(notes))

    def encode_count(self, request: ChatRequest) -> HttpRequest:
        """Return the request that counts the tokens of a conversation."""
        wire = self.encode(request, stream=False)
        body = read.as_object(HttpReply(status=200, body=wire.body or b"").json(), "the body")
        return attrs.evolve(
            wire, url=self.count_path, body=dumps({name: value for name, value in body.items() if name in COUNTED})
        )

    def decode(self, reply: HttpReply) -> Response:
        """Return the answer of a whole reply."""
        body = read.as_object(reply.json(), "the reply")
        if body.get("type") == "error" or body.get("error"):
            raise self.error(reply)
        if body.get("type") == "completion":
            return completions.decode(body)
        if not isinstance(body.get("content"), list):
            message = f"the reply holds no answer: {reply.excerpt!r}"
            raise ProtocolError(message, status=reply.status, body=reply.excerpt, phase="decode")
        return _answer(body)

    def decoder(self) -> StreamDecoder:
        """Return the decoder of one stream."""
        from dragoman_anthropic.stream import MessagesDecoder  # noqa: PLC0415  # not paid for by whole answers

        return MessagesDecoder(self.error)

    def error(self, reply: HttpReply) -> ProviderError:
        """Return the error that a reply reports."""
        return error_of(reply)

    def _betas(self, request: ChatRequest, options: AnthropicOptions, features: Iterable[str]) -> list[str]:
        """Return what stands in the header ``anthropic-beta``: of one feature, the caller's own version goes first."""
        betas = list(dict.fromkeys([*self.betas, *(options.betas or ())]))
        if not features and not request.tools:
            return betas
        needed = [FEATURE_BETAS[feature] for feature in sorted(features)] + tools.betas(request.tools)
        for beta in needed:
            stem = beta[:-_DATE_LENGTH]
            if not any(given[:-_DATE_LENGTH] == stem for given in betas):
                betas.append(beta)
        return betas

    def _conversation(
        self, request: ChatRequest, options: AnthropicOptions
    ) -> tuple[dict[str, Any], list[Adjustment], set[str]]:
        """Return the body of a conversation, what differs from what was asked, and the features that need a header."""
        writer = MessageWriter(later_system=options.later_system or _later_system(request.model))
        system, messages = writer.write(request.messages)
        schema, notes = _output(request)
        by_tool = request.output.kind != "text" and schema is None
        tuned, tuning_notes, features = self._tuning.of(
            request.settings, request.model, options, by_tool or is_forced(request)
        )
        body: dict[str, Any] = {"model": request.model, "messages": messages, **tuned}
        if system:
            plain = len(system) == 1 and system[0].keys() == {"type", "text"}
            body["system"] = system[0]["text"] if plain else system
        body.update(_tools(request, request.output if by_tool else None))
        if "tools" not in body and (known := tools.remembered(messages)):
            body |= {"tools": known, "tool_choice": {"type": "none"}}
            reason = "Anthropic wants to know the tools that a conversation speaks of; none may be called"
            names = ", ".join(tool["name"] for tool in known)
            notes.append(_note("emulated", "tools", "none", names, reason))
        if schema is not None:
            output = {"type": "json_schema", "schema": schema}
            body["output_config"] = {**body.get("output_config", {}), "format": output}
        return body, writer.notes + notes + tuning_notes, writer.features | features


def _tuned(
    settings: Settings,
    model: str,
    options: AnthropicOptions,
    forced: bool,  # noqa: FBT001  # as Latest passes it
) -> tuple[dict[str, Any], list[Adjustment], set[str]]:
    """Return the members of a body that tune an answer, what differs from what was asked, and what needs a header."""
    tuning = Tuning(settings=settings, model=model, options=options, forced=forced)
    body = tuning.body()
    return body, tuning.notes, _features(model, options, body)


def _later_system(model: str) -> LaterSystem:
    return "send" if has(model, "later system") else "fold"


def _output(request: ChatRequest) -> tuple[dict[str, Any] | None, list[Adjustment]]:
    """Return the schema that the model itself is held to, if it can be, and what that differs from what was asked."""
    if request.output.kind == "text":
        return None, []
    schema = request.output.schema
    kept = native(schema) if schema and has(request.model, "native output") else None
    if kept is None:
        reason = "the answer is the input of a tool, as this model is held to this shape in no other way"
        return None, [_note("emulated", "output", request.output.kind, "a forced tool", reason)]
    closed, dropped = kept
    if not dropped:
        return closed, []
    reason = f"Anthropic holds no answer to {', '.join(dropped)}"
    return closed, [_note("dropped", "output schema", ", ".join(dropped), None, reason)]


def _note(kind: str, feature: str, asked: str, sent: str | None, reason: str) -> Adjustment:
    return Adjustment(kind=kind, feature=feature, asked=asked, sent=sent, reason=reason, by=read.ISSUER)


def _tools(request: ChatRequest, output: OutputFormat | None) -> dict[str, Any]:
    """Return the tools and the choice among them; *output* is the shape that a tool is to give."""
    offered = tools.tools(request.tools)
    chosen = tools.choice(request.tool_choice, parallel=request.settings.parallel_tool_calls) if offered else None
    if output is not None:
        chosen = {"type": "any"} if offered else {"type": "tool", "name": read.ANSWER_TOOL}
        offered.append(answer_tool(output))
    body: dict[str, Any] = {"tools": offered} if offered else {}
    return body if chosen is None else {**body, "tool_choice": chosen}


def _features(model: str, options: AnthropicOptions, body: Mapping[str, Any]) -> set[str]:
    features = {name for name in ("mcp_servers", "context_management") if getattr(options, name)}
    edits = read.objects((options.context_management or {}).get("edits"))
    if any(str(edit.get("type")).startswith("compact_") for edit in edits):
        features.add("compaction")
    older = has(model, "effort") and not has(model, "adaptive thinking")
    if older and "effort" in body.get("output_config", {}):
        features.add("effort")
    return features


def _name_format(body: dict[str, Any], betas: Sequence[str]) -> None:
    """Give the schema the place it had in the beta version, for those who ask for that."""
    config = body.get("output_config", {})
    if "format" in config and any(beta.startswith("structured-outputs-") for beta in betas):
        body["output_format"] = config["format"]
        body["output_config"] = {name: value for name, value in config.items() if name != "format"}
        if not body["output_config"]:
            del body["output_config"]


def _answer(body: dict[str, Any]) -> Response:
    parts = read.parts(body["content"])
    reason = body.get("stop_reason")
    refusal = read.refusal(reason, body.get("stop_details"))
    answered = reason == "tool_use" and any(map(read.is_answer, read.objects(body["content"])))
    called = answered and any(isinstance(part, ToolCall) and not part.server_side for part in parts)
    finish: Finish = read.finish(reason, answered=answered, called=called)
    return build_response(
        parts if refusal is None else [*parts, refusal],
        finish,
        usage=read.usage(body.get("usage")) or Usage(),
        origin=Origin(response_id=read.word(body.get("id")), served_model=read.word(body.get("model"))),
        metadata=read.metadata(body),
        raw=body,
    )
