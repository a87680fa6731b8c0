"""Our requests as bodies of the Messages API, with the beta features that they need.

https://docs.anthropic.com/en/api/messages and https://docs.anthropic.com/en/api/beta-headers
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import attrs
from attrs import frozen

from dragoman import Adjustment, ChatRequest, ServerTool, Settings, Tool, UnsupportedError
from dragoman.http import Latest, add_options, fields
from dragoman_anthropic.models import has
from dragoman_anthropic.options import ISSUER, MessagesOptions
from dragoman_anthropic.request_messages import LaterSystem, MessagesEncoder
from dragoman_anthropic.request_parts import shorten
from dragoman_anthropic.request_settings import SettingsEncoder, what_excludes_thinking
from dragoman_anthropic.request_tools import encode_choice, encode_tools, tool_betas

FILES_BETA = "files-api-2025-04-14"
"""What older versions of the API need for files: https://docs.anthropic.com/en/docs/build-with-claude/files."""

FEATURE_BETAS: Mapping[str, str] = {
    "files": FILES_BETA,
    "later system": "mid-conversation-system-2026-04-07",
    "mcp_servers": "mcp-client-2025-04-04",
    "context_management": "context-management-2025-06-27",
    "compaction": "compact-2026-01-12",
    "effort": "effort-2025-11-24",
}
"""The beta that a feature needs: https://docs.anthropic.com/en/api/beta-headers."""

COUNTED_MEMBERS = frozenset(
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
"""Members of a body that token counting accepts: https://docs.anthropic.com/en/api/messages-count-tokens."""

BETA_HEADER = "anthropic-beta"
_DATE_LENGTH = len("-2025-01-01")


@frozen(kw_only=True)
class EncodedRequest:
    """Hold an encoded request.

    Args:
        body: the request body.
        betas: the values of the header ``anthropic-beta``.
        adjustments: how the body differs from the request.

    """

    body: dict[str, Any]
    betas: list[str]
    adjustments: list[Adjustment]


class BodyEncoder:
    """Encode requests; the settings of the previous request are encoded once.

    Args:
        feature_betas: the beta that a feature needs, where it needs one.

    """

    def __init__(self, feature_betas: Mapping[str, str] = FEATURE_BETAS) -> None:
        self._feature_betas = feature_betas
        self._settings = Latest(_encode_settings)

    def encode(
        self, request: ChatRequest, options: MessagesOptions, *, betas: Iterable[str], stream: bool
    ) -> EncodedRequest:
        """Return the body, the betas and the adjustments of a request.

        Args:
            request: the conversation.
            options: the caller's options.
            betas: the betas that the configuration asks for.
            stream: whether the answer is to be streamed.

        Raises:
            UnsupportedError: for content or settings that the API does not accept.
            InvalidRequestError: if no message with content is left to send.

        """
        body, adjustments, features = self._conversation(request, options)
        if stream:
            body["stream"] = True
        add_options(body, options)
        body.update(options.extra_body or {})
        more = [self._feature_betas[name] for name in sorted(features) if name in self._feature_betas]
        needed = _betas(request, [*betas, *(options.betas or ())], more)
        _move_format(body, needed)
        return EncodedRequest(body=body, betas=needed, adjustments=adjustments)

    def _conversation(
        self, request: ChatRequest, options: MessagesOptions
    ) -> tuple[dict[str, Any], list[Adjustment], set[str]]:
        """Return the body, the adjustments, and the features that need a beta."""
        encoder = MessagesEncoder(later_system=options.later_system or _later_system(request.model))
        system, messages = encoder.encode(request.messages)
        adjustments: list[Adjustment] = []
        settings, settings_adjustments, features = self._settings.of(
            request.settings, request.model, options, what_excludes_thinking(request)
        )
        body: dict[str, Any] = {"model": request.model, "messages": messages, **settings}
        if system:
            body["system"] = shorten(system)
        body.update(_tools(request, adjustments))
        if request.output.kind != "text":
            body["output_config"] = {**body.get("output_config", {}), "format": _format(request)}
        return body, encoder.adjustments + adjustments + settings_adjustments, encoder.features | features


def betas_in(headers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the betas that headers name, whose names are in lower case."""
    return tuple(name for beta in headers.get(BETA_HEADER, "").split(",") if (name := beta.strip()))


def beta_header(betas: Sequence[str]) -> dict[str, str]:
    """Return the header ``anthropic-beta``, if there are any betas."""
    return {BETA_HEADER: ",".join(betas)} if betas else {}


def _betas(request: ChatRequest, given: Iterable[str], features: Sequence[str]) -> list[str]:
    """Return all betas; a version that the caller gives replaces the version that a feature would add."""
    betas = list(dict.fromkeys(given))
    if not features and not request.tools:
        return betas
    for beta in [*features, *tool_betas(request.tools)]:
        name = beta[:-_DATE_LENGTH]
        if not any(known[:-_DATE_LENGTH] == name for known in betas):
            betas.append(beta)
    return betas


def _encode_settings(
    settings: Settings,
    model: str,
    options: MessagesOptions,
    excludes: str,
) -> tuple[dict[str, Any], list[Adjustment], set[str]]:
    """Return the members of the body for the settings, the adjustments, and the features that need a beta."""
    encoder = SettingsEncoder(settings=settings, model=model, options=options, excludes=excludes)
    body = encoder.encode()
    return body, encoder.adjustments, _features(model, options, body)


def _features(model: str, options: MessagesOptions, body: Mapping[str, Any]) -> set[str]:
    features = {name for name in ("mcp_servers", "context_management") if getattr(options, name)}
    edits = (options.context_management or {}).get("edits")
    if isinstance(edits, list | tuple):
        types = [str(fields(edit).get("type")) for edit in cast("Sequence[Any]", edits)]
        features |= {"compaction"} if any(name.startswith("compact_") for name in types) else set()
    is_beta = has(model, "effort") and not has(model, "adaptive thinking")
    if is_beta and "effort" in body.get("output_config", {}):
        features.add("effort")
    return features


def _later_system(model: str) -> LaterSystem:
    return "send" if has(model, "later system") else "fold"


def _format(request: ChatRequest) -> dict[str, Any]:
    """Return the format of structured outputs.

    https://docs.anthropic.com/en/docs/build-with-claude/structured-outputs
    """
    if request.output.schema is None:
        message = "Anthropic holds a model to a schema only; give the schema of the answer"
        raise UnsupportedError(message, model=request.model, parameter="output")
    return {"type": "json_schema", "schema": dict(request.output.schema)}


def _tools_of(request: ChatRequest, adjustments: list[Adjustment]) -> Sequence[Tool | ServerTool]:
    """Return the tools, none of them strict for a model that cannot hold its calls to a schema."""
    if has(request.model, "structured outputs", unknown=True):
        return request.tools
    reason = "the model cannot be held to the schema of a tool"
    names = [tool.name for tool in request.tools if isinstance(tool, Tool) and tool.strict]
    adjustments += [
        Adjustment(kind="downgraded", feature=f"schema of the tool {name}", reason=reason, by=ISSUER) for name in names
    ]
    return [attrs.evolve(tool, strict=None) if isinstance(tool, Tool) else tool for tool in request.tools]


def _tools(request: ChatRequest, adjustments: list[Adjustment]) -> dict[str, Any]:
    """Return the tools and the choice among them.

    Args:
        request: the request that offers the tools.
        adjustments: how the tools differ from those of the request, filled here.

    """
    tools = encode_tools(_tools_of(request, adjustments))
    if not tools:
        return {}
    choice = encode_choice(request.tool_choice, parallel=request.settings.parallel_tool_calls)
    return {"tools": tools} if choice is None else {"tools": tools, "tool_choice": choice}


def _move_format(body: dict[str, Any], betas: Sequence[str]) -> None:
    """Move the output format to ``output_format``, which the beta version of structured outputs reads."""
    config = body.get("output_config", {})
    if "format" in config and any(beta.startswith("structured-outputs-") for beta in betas):
        body["output_format"] = config["format"]
        body["output_config"] = {name: value for name, value in config.items() if name != "format"}
        if not body["output_config"]:
            del body["output_config"]
