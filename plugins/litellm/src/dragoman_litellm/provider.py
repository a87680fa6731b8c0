"""The provider whose calls LiteLLM makes, in this process."""

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
    UnsupportedError,
    fit,
)
from dragoman.http import HttpReply, ServerSentEvent, checked_headers, dumps, fields
from dragoman_litellm.endpoint import ResolvedEndpoint, refuse_proxy_variable, resolve_endpoint
from dragoman_litellm.errors import refused_default, typed_error
from dragoman_litellm.finish_reasons import FinishReasonObserver
from dragoman_litellm.loading import import_litellm
from dragoman_litellm.models import Route, capabilities, find_route, supported_arguments
from dragoman_litellm.options import NAME, LiteLLMOptions
from dragoman_litellm.request import LiteLLMChat
from dragoman_litellm.response import correct, kept_headers, plain_data
from dragoman_litellm.stream import END, chunk_data, close_stream, iterate_in_thread
from dragoman_openai_compatible import facts_of_model

INFO = ProviderInfo(
    name=NAME, issuer=NAME, options=LiteLLMOptions, docs="https://docs.litellm.ai/docs/completion/input"
)

_SPELLING = {"http-referer": "HTTP-Referer", "x-title": "X-Title"}  # as in LiteLLM, whose own values these replace
_WITH_DEFAULTS = ("temperature", "max_tokens")


@frozen(kw_only=True)
class PreparedCall:
    """Hold one call of ``litellm.acompletion`` and what is needed to read its result."""

    arguments: dict[str, Any]
    adjustments: tuple[Adjustment, ...]
    module: Any
    observer: FinishReasonObserver
    request: ChatRequest
    key: Secret | None
    endpoint: str | None


class LiteLLMProvider:
    """Call any model that LiteLLM supports.

    Args:
        config: the key, the endpoint and the options that the caller gave.

    """

    info = INFO

    def __init__(self, config: ProviderConfig) -> None:
        refuse_proxy_variable(config)
        self._config = config
        self._dialect = LiteLLMChat()
        self._dialect.options_reader.structure(config.options)
        self._headers = checked_headers(config.headers)

    def capabilities(self, model: str) -> Capabilities:
        """Return what follows from the name of *model*; the rest is known once LiteLLM is imported."""
        return Capabilities(**facts_of_model(model))

    async def complete(self, request: CompletionRequest, context: CallContext) -> Response:
        """Answer a prompt, as a conversation with one message."""
        return await self.chat(request.as_chat(), context)

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        """Answer a conversation."""
        call = await self._prepare_call(request, context, stream=False)
        reply = await self._call(call, context, context.timeouts.total)
        body = correct(plain_data(reply), call.observer)
        response = self._dialect.decode(HttpReply(status=200, body=dumps(body)))
        headers = kept_headers(fields(getattr(reply, "_hidden_params", None)).get("additional_headers"))
        return attrs.evolve(
            response,
            origin=_origin(call, headers, response.origin),
            headers=headers,
            adjustments=call.adjustments + response.adjustments,
        )

    @asynccontextmanager
    async def stream(
        self, request: ChatRequest | CompletionRequest, context: CallContext
    ) -> AsyncGenerator[AsyncIterator[Event], None]:
        """Stream the answer to a conversation."""
        call = await self._prepare_call(request.as_chat(), context, stream=True)
        wrapper = await self._call(call, context, context.timeouts.first_byte)
        source = wrapper
        try:
            source = await _await(call, wrapper.fetch_stream, context, context.timeouts.first_byte, "first_byte")
            call.observer.observe(source)
            yield self._events(call, wrapper, source, context)
        finally:
            await close_stream(source)

    async def aclose(self) -> None:
        """Do nothing: the connections belong to LiteLLM, which shares them between all its users in the process."""

    async def _prepare_call(self, request: ChatRequest, context: CallContext, *, stream: bool) -> PreparedCall:
        module = await import_litellm()
        options = self._dialect.options_reader.read(request)
        route = self._route(request.model, options, module)
        endpoint = resolve_endpoint(self._config, route.provider)
        supported = supported_arguments(module, route)
        request, adjustments = fit(request, capabilities(supported), context.on_unsupported, by=NAME)
        arguments, more = self._dialect.arguments(request, stream=stream)
        if supported is not None and "stream_options" not in supported:
            arguments.pop("stream_options", None)
        observer = FinishReasonObserver()
        arguments.update(self._fixed_arguments(route, endpoint, context, request.headers), logger_fn=observer)
        return PreparedCall(
            arguments=arguments,
            adjustments=adjustments + more,
            module=module,
            observer=observer,
            request=request,
            key=endpoint.api_key,
            endpoint=endpoint.api_base,
        )

    def _route(self, model: str, options: LiteLLMOptions, module: Any) -> Route:
        known = {str(getattr(name, "value", name)) for name in module.provider_list}
        return find_route(model, api_base=self._config.api_base, provider=options.custom_llm_provider, known=known)

    def _fixed_arguments(
        self, route: Route, endpoint: ResolvedEndpoint, context: CallContext, headers: Mapping[str, str]
    ) -> dict[str, Any]:
        """Return the arguments that keep LiteLLM from choosing a provider and from trying again."""
        more = {**self._headers, **checked_headers(headers, per_call=True)}
        extra_headers = {_SPELLING.get(name, name): value for name, value in more.items()}
        return {
            "model": route.model,
            "custom_llm_provider": route.provider,
            "api_key": endpoint.api_key,
            "api_base": endpoint.api_base,
            "timeout": context.remaining() or context.timeouts.total,
            "max_retries": 0,
            "num_retries": 0,
            **({"extra_headers": extra_headers} if extra_headers else {}),
        }

    async def _call(self, call: PreparedCall, context: CallContext, limit: float | None) -> Any:
        async def acompletion() -> Any:
            return await call.module.acompletion(**_revealed(call.arguments))

        try:
            return await _await(call, acompletion, context, limit, "first_byte")
        except UnsupportedError as error:
            settings = call.request.settings
            for name in _WITH_DEFAULTS:
                if settings.is_default(name):
                    raise refused_default(name, error) from None
            raise

    async def _events(
        self, call: PreparedCall, wrapper: Any, source: Any, context: CallContext
    ) -> AsyncIterator[Event]:
        headers = kept_headers(getattr(wrapper, "_response_headers", None))
        yield StreamStart(call.adjustments, _origin(call, headers, Origin()), headers)
        decoder = self._dialect.decoder()
        chunks = aiter(source) if hasattr(source, "__aiter__") else iterate_in_thread(source)
        while True:
            chunk = await _await(call, lambda: anext(chunks, END), context, context.timeouts.idle, "mid_stream")
            if chunk is END:
                break
            if chunk is None or chunk == "None":  # a line without data
                continue
            body = correct(chunk_data(chunk, wrapper), call.observer)
            for event in decoder.feed(ServerSentEvent(data=dumps(body))):
                yield event
        for event in decoder.close():
            yield event


def _revealed(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments with the values of secrets; the result is passed to LiteLLM and not kept."""
    return {
        name: value.reveal()
        if isinstance(value, Secret)
        else _revealed(cast("dict[str, Any]", value))
        if name == "extra_headers"
        else value
        for name, value in arguments.items()
    }


async def _await(
    call: PreparedCall, wait: Callable[[], Awaitable[Any]], context: CallContext, limit: float | None, phase: str
) -> Any:
    """Await LiteLLM within the limits of the call, not all of which it observes itself.

    Raises:
        DragomanError: for any exception of LiteLLM, without it as a cause: its frames hold the key.

    """
    limits = [seconds for seconds in (limit, context.remaining()) if seconds is not None]
    try:
        async with asyncio.timeout(min(limits, default=None)):
            return await wait()
    except DragomanError:
        raise
    except TimeoutError:
        message = f"LiteLLM gave no answer within {min(limits, default=0):g} s"
        typed: DragomanError = RequestTimeoutError(message, phase=phase)
    except Exception as error:  # noqa: BLE001  # LiteLLM raises exceptions of many libraries
        typed = typed_error(error, key=call.key, phase=phase)
    raise typed


def _origin(call: PreparedCall, headers: Mapping[str, str], origin: Origin) -> Origin:
    request_id = headers.get("x-request-id") or headers.get("request-id")
    return attrs.evolve(origin, model=call.request.model, endpoint=call.endpoint, request_id=request_id)
