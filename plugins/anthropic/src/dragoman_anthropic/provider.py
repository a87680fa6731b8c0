"""The provider, with what stands beside the conversation: listing models, counting tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from dragoman import CallContext, ChatRequest, ModelInfo, ProviderInfo, Usage
from dragoman.http import Endpoint, HttpProvider, HttpRequest
from dragoman_anthropic import response as read
from dragoman_anthropic.dialect import AnthropicMessages


class AnthropicProvider(HttpProvider):
    """Add the listing of models and the counting of tokens."""

    models_path = "/models"
    page_length = 1000
    """How many models one page holds: the most that Anthropic gives at once."""

    def __init__(
        self,
        info: ProviderInfo,
        dialect: AnthropicMessages,
        endpoint: Endpoint,
        **attributes: Any,
    ) -> None:
        super().__init__(info, dialect, endpoint, **attributes)
        self._messages = dialect

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        """Return the models that this key can use; see https://docs.anthropic.com/en/api/models-list."""
        found: list[ModelInfo] = []
        after = ""
        while True:
            url = f"{self.models_path}?limit={self.page_length}{after}"
            reply = await self.call(HttpRequest(method="GET", url=url), context)
            with self.reading(reply):
                page = read.as_object(reply.json(), "the listing")
                found += [_model(entry) for entry in read.objects(page.get("data")) if entry.get("id")]
            last = page.get("last_id")
            if not page.get("has_more") or not last:
                return tuple(found)
            after = f"&after_id={quote(str(last), safe='')}"

    async def count_tokens(self, request: ChatRequest, context: CallContext) -> Usage:
        """Return the count; see https://docs.anthropic.com/en/api/messages-count-tokens."""
        wire = self._messages.encode_count(request)
        reply = await self.call(wire, context, request.headers)
        with self.reading(reply):
            body = read.as_object(reply.json(), "the count")
            return Usage(input_tokens=read.count(body, "input_tokens"), raw=body)


def _model(entry: Mapping[str, Any]) -> ModelInfo:
    return ModelInfo(
        id=str(entry["id"]),
        created=_seconds(entry.get("created_at")),
        owner=read.ISSUER,
        context_tokens=read.count(entry, "max_input_tokens"),
        output_tokens=read.count(entry, "max_tokens"),
        metadata=entry,
    )


def _seconds(text: Any) -> float | None:
    try:
        return datetime.fromisoformat(text).timestamp()
    except (TypeError, ValueError):
        return None
