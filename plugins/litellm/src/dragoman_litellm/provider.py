"""LiteLLM as a provider: what it is asked, and what of its answers is believed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import attrs
from attrs import frozen

from dragoman import (
    Adjustment,
    CallContext,
    Cap,
    Capabilities,
    ChatRequest,
    CompletionRequest,
    DragomanError,
    Event,
    Origin,
    ProviderConfig,
    ProviderInfo,
    RequestTimeoutError,
    Response,
    Secret,
    StreamStart,
    Support,
    UnsupportedError,
    fit,
)
from dragoman.http import HttpReply, ServerSentEvent, checked_headers, dumps, fields, header_text, loads, objects
from dragoman_litellm.chat import LiteLLMChat
from dragoman_litellm.failures import failure, refused_default
from dragoman_litellm.loading import litellm
from dragoman_litellm.options import LiteLLMOptions
from dragoman_litellm.routes import Place, Route, place, refuse_detour, route
from dragoman_litellm.truth import Witness
from dragoman_openai_compatible.chat import SETTING_NAMES

INFO = ProviderInfo(
    name="litellm", issuer="litellm", options=LiteLLMOptions, docs="https://docs.litellm.ai/docs/completion/input"
)

_END: Any = object()
_SPELLING = {"http-referer": "HTTP-Referer", "x-title": "X-Title"}  # LiteLLM's own, so that ours replace them
_DEFAULTED = ("temperature", "max_tokens")
_KEPT = ("x-request-id", "request-id", "x-ratelimit-", "retry-after")


@frozen(kw_only=True)
class Asked:
    """Hold one call as LiteLLM gets it."""

    arguments: dict[str, Any]
    adjustments: tuple[Adjustment, ...]
    module: Any
    witness: Witness
    request: ChatRequest
    key: Secret | None
    endpoint: str | None


class LiteLLMProvider:
    """Ask any model that LiteLLM reaches.

    Args:
        config: the key, the endpoint and the options that the caller gave.

    """

    info = INFO

    def __init__(self, config: ProviderConfig) -> None:
        refuse_detour(config)
        self._config = config
        self._dialect = LiteLLMChat()
        self._dialect.options_reader.structure(config.options)
        self._headers = checked_headers(config.headers)

    def capabilities(self, model: str) -> Capabilities:  # noqa: ARG002
        """Return nothing: what a model takes is known once LiteLLM is imported, at the first call."""
        return Capabilities()

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        """Answer a prompt, by chat."""
        return await self.chat(request.as_chat(), context)

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Answer a conversation."""
        asked = await self._asked(request, context, stream=False)
        answer = await self._ask(asked, context, context.timeouts.total)
        body = _truthful(_dumped(answer), asked.witness)
        response = self._dialect.decode(HttpReply(status=200, body=dumps(body)))
        headers = _kept(fields(getattr(answer, "_hidden_params", None)).get("additional_headers"))
        return attrs.evolve(
            response,
            origin=_origin(asked, headers, response.origin),
            headers=headers,
            adjustments=asked.adjustments + response.adjustments,
        )

    @asynccontextmanager
    async def stream(self, request: ChatRequest, context: CallContext) -> AsyncGenerator[AsyncIterator[Event], None]:
        """Stream the answer to a conversation."""
        asked = await self._asked(request, context, stream=True)
        wrapper = await self._ask(asked, context, context.timeouts.first_byte)
        source = wrapper
        try:
            source = await _within(asked, wrapper.fetch_stream, context, context.timeouts.first_byte, "first_byte")
            asked.witness.watch(source)
            yield self._events(asked, wrapper, source, context)
        finally:
            await _close(source)

    async def aclose(self) -> None:
        """Do nothing: the connections belong to LiteLLM, which shares them with whoever else uses it."""

    async def _asked(self, request: ChatRequest, context: CallContext, *, stream: bool) -> Asked:
        module = await litellm()
        options = self._dialect.options_reader.read(request)
        way = self._route(request.model, options, module)
        where = place(self._config, way.provider)
        supported = _supported(module, way)
        request, adjustments = fit(request, _capabilities(supported), context.on_unsupported, by="litellm")
        arguments, more = self._dialect.arguments(request, stream=stream)
        if supported is not None and "stream_options" not in supported:
            arguments.pop("stream_options", None)
        witness = Witness()
        arguments.update(self._fixed(way, where, context, request.headers), logger_fn=witness)
        return Asked(
            arguments=arguments,
            adjustments=adjustments + more,
            module=module,
            witness=witness,
            request=request,
            key=where.api_key,
            endpoint=where.api_base,
        )

    def _route(self, model: str, options: LiteLLMOptions, module: Any) -> Route:
        known = {str(getattr(name, "value", name)) for name in module.provider_list}
        return route(model, api_base=self._config.api_base, named=options.custom_llm_provider, known=known)

    def _fixed(self, way: Route, where: Place, context: CallContext, headers: Mapping[str, str]) -> dict[str, Any]:
        """Return the arguments that leave LiteLLM nothing to guess and nothing to try again."""
        more = {**self._headers, **checked_headers(headers, per_call=True)}
        named = {_SPELLING.get(name, name): value for name, value in more.items()}
        return {
            "model": way.model,
            "custom_llm_provider": way.provider,
            "api_key": where.api_key,
            "api_base": where.api_base,
            "timeout": context.remaining() or context.timeouts.total,
            "max_retries": 0,
            "num_retries": 0,
            **({"extra_headers": named} if named else {}),
        }

    async def _ask(self, asked: Asked, context: CallContext, limit: float | None) -> Any:
        async def call() -> Any:
            return await asked.module.acompletion(**_revealed(asked.arguments))

        try:
            return await _within(asked, call, context, limit, "first_byte")
        except UnsupportedError as error:
            settings = asked.request.settings
            for name in _DEFAULTED:
                if getattr(settings, name) is not None and name not in settings.explicit:
                    raise refused_default(name, error) from None
            raise

    async def _events(self, asked: Asked, wrapper: Any, source: Any, context: CallContext) -> AsyncIterator[Event]:
        headers = _kept(getattr(wrapper, "_response_headers", None))
        yield StreamStart(asked.adjustments, _origin(asked, headers, Origin()), headers)
        decoder = self._dialect.decoder()
        chunks = aiter(source) if hasattr(source, "__aiter__") else _threaded(source)
        while True:
            chunk = await _within(asked, lambda: anext(chunks, _END), context, context.timeouts.idle, "mid_stream")
            if chunk is _END:
                break
            if chunk is None or chunk == "None":  # a line that meant nothing
                continue
            body = _truthful(_readable(chunk, wrapper), asked.witness)
            for event in decoder.feed(ServerSentEvent(data=dumps(body))):
                yield event
        for event in decoder.close():
            yield event


def _revealed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with keys instead of secrets, for the moment they are handed over."""
    return {
        name: value.reveal()
        if isinstance(value, Secret)
        else _revealed(cast("dict[str, Any]", value))
        if name == "extra_headers"
        else value
        for name, value in arguments.items()
    }


async def _within(
    asked: Asked, call: Callable[[], Awaitable[Any]], context: CallContext, limit: float | None, phase: str
) -> Any:
    """Await LiteLLM, no longer than the caller's patience: it does not keep every limit itself.

    Raises:
        DragomanError: for whatever LiteLLM raises; its own exception is left behind, whose frames hold the key.

    """
    limits = [seconds for seconds in (limit, context.remaining()) if seconds is not None]
    try:
        async with asyncio.timeout(min(limits, default=None)):
            return await call()
    except DragomanError:
        raise
    except TimeoutError:
        failed: DragomanError = RequestTimeoutError(
            f"LiteLLM gave no answer within {min(limits, default=0):g} s", phase=phase
        )
    except Exception as error:  # noqa: BLE001  # LiteLLM lets exceptions of a dozen libraries through
        failed = failure(error, key=asked.key, phase=phase)
    raise failed


async def _threaded(source: Any) -> AsyncIterator[Any]:
    """Iterate over a stream that only knows how to block."""
    chunks = iter(source)
    while (chunk := await asyncio.to_thread(next, chunks, _END)) is not _END:
        yield chunk


def _readable(chunk: Any, wrapper: Any) -> dict[str, Any]:
    """Return a chunk in OpenAI's shape.

    LiteLLM's own iteration is not used: at the end of every stream it invents an end, a usage and callbacks.
    """
    if "is_finished" in (generic := fields(chunk)):
        return _generic(generic)
    if hasattr(chunk, "choices") and hasattr(chunk, "model_dump_json"):
        return _dumped(chunk)
    known = wrapper.chunk_creator(chunk=chunk)
    body = {} if known is None else _dumped(known)
    if reason := getattr(wrapper, "received_finish_reason", None):
        body.setdefault("choices", [{"index": 0, "delta": {}}])[0]["finish_reason"] = reason
    return body


def _dumped(model: Any) -> dict[str, Any]:
    """Return an object of pydantic's as plain data."""
    return fields(loads(model.model_dump_json(warnings=False).encode()))


def _generic(chunk: dict[str, Any]) -> dict[str, Any]:
    call = chunk.get("tool_use")
    delta = {"content": chunk.get("text") or None, **({"tool_calls": [call]} if call else {})}
    reason = chunk.get("finish_reason") if chunk.get("is_finished") else None
    usage = chunk.get("usage")
    return {"choices": [{"index": 0, "delta": delta, "finish_reason": reason or None}], "usage": usage}


def _truthful(body: dict[str, Any], witness: Witness) -> dict[str, Any]:
    """Put the provider's own word in the place of LiteLLM's; the time that LiteLLM made up is left out."""
    body.pop("created", None)
    for choice in objects(body.get("choices")):
        stated = fields(choice.get("provider_specific_fields")).get("native_finish_reason")
        choice["finish_reason"] = witness.finish(choice.get("finish_reason"), stated)
    return body


def _supported(module: Any, way: Route) -> frozenset[str] | None:
    """Return the arguments that a provider takes, ``None`` if LiteLLM does not know."""
    try:
        names = module.get_supported_openai_params(model=way.model, custom_llm_provider=way.provider)
    except Exception:  # noqa: BLE001  # a table that fails must not stop a call that may succeed
        return None
    return frozenset(names) if names else None


def _capabilities(supported: frozenset[str] | None) -> Capabilities:
    if supported is None:
        return Capabilities()
    names = {setting: wire for setting, wire in SETTING_NAMES.items() if setting not in {"max_tokens", "service_tier"}}
    missing = Cap(support=Support.NO, note="LiteLLM knows no such argument for this provider")
    settings = {setting: missing for setting, wire in names.items() if wire not in supported}
    if not supported & {"max_tokens", "max_completion_tokens"}:
        settings["max_tokens"] = missing
    return Capabilities(settings=settings)


def _kept(headers: Any) -> dict[str, str]:
    items: Any = headers.items() if hasattr(headers, "items") else ()
    plain = {str(name).lower().removeprefix("llm_provider-"): str(value) for name, value in items}
    return {name: header_text(value) for name, value in plain.items() if name.startswith(_KEPT)}


def _origin(asked: Asked, headers: Mapping[str, str], origin: Origin) -> Origin:
    request_id = headers.get("x-request-id") or headers.get("request-id")
    return attrs.evolve(origin, model=asked.request.model, endpoint=asked.endpoint, request_id=request_id)


async def _close(source: Any) -> None:
    """Hang up, wherever in LiteLLM's stream the connection is held."""
    for each in (source, getattr(source, "streaming_response", None), getattr(source, "http_response", None)):
        close = getattr(each, "aclose", None) or getattr(each, "close", None)
        if close is not None:
            closing = close()
            if asyncio.iscoroutine(closing):
                await closing
