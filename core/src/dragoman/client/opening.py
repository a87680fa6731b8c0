"""Open the stream of an answer, of the first model that begins to answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

from dragoman.client.configured_model import ConfiguredModel
from dragoman.client.conversation import Conversation
from dragoman.client.fallback import Fallbacks
from dragoman.client.lifetime import HeldStream
from dragoman.client.request_builder import NO_TYPE, RequestBuilder, type_in
from dragoman.plugins.resolution import explain
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.request import ChatRequest, CompletionRequest
from dragoman.spec.response import Response, as_answer_of

if TYPE_CHECKING:
    from typing_extensions import TypeForm

    from dragoman.client.binding import Bound
    from dragoman.client.stream import EventStream
    from dragoman.client.value_stream import ValueStream

T = TypeVar("T")


async def open_stream(
    model: ConfiguredModel,
    question: Conversation | CompletionRequest,
    overrides: Mapping[str, Any],
    *,
    is_prompt: bool = False,
) -> tuple[EventStream, EventStream]:
    """Return a stream of events, with what closes it.

    Args:
        model: the model that is asked first.
        question: what it is asked.
        overrides: the arguments of the call.
        is_prompt: whether a text is a prompt, to be continued without a conversation if the model can.

    """
    if isinstance(question, CompletionRequest):
        _check_model(question, model)

    def request(bound: Bound, builder: RequestBuilder) -> ChatRequest | CompletionRequest:
        if isinstance(question, CompletionRequest) or (is_prompt and isinstance(question, str)):
            return builder.streamed_prompt(question, overrides, natively=bound.streams_prompts)
        return builder.chat(question, overrides)

    stream = await _opened(model, request, overrides, type_in(overrides))
    return stream, stream


async def open_value(
    model: ConfiguredModel, kind: TypeForm[T], messages: Conversation, overrides: Mapping[str, Any]
) -> tuple[ValueStream[T], EventStream]:
    """Return the stream of a value, with what closes it."""
    from dragoman.client.value_stream import ValueStream  # noqa: PLC0415  # not paid for by other streams

    stream = await _opened(model, lambda _, builder: builder.value(kind, messages, overrides), overrides, kind)
    return ValueStream(stream, kind), stream


async def _opened(
    model: ConfiguredModel,
    make_request: Callable[[Bound, RequestBuilder], ChatRequest | CompletionRequest],
    overrides: Mapping[str, Any],
    kind: Any,
) -> EventStream:
    from dragoman.client.stream import EventStream  # noqa: PLC0415  # not paid for by whole answers

    finish: Callable[[Response], Response] | None = None
    if kind is not NO_TYPE:
        finish = partial(as_answer_of, kind=kind)
    fallbacks = Fallbacks(model)
    while True:
        async with fallbacks as (bound, builder):
            request = make_request(bound, builder)
            held = HeldStream(fallbacks.uses, bound, bound.stream(request, builder.context(overrides)))
            stream = await EventStream(held, request.settings, finish).__aenter__()
            if fallbacks.failures:
                stream.note(fallbacks.noted_start, fallbacks.noted)
            if fallbacks.is_choosy and fallbacks.has_others:
                await _check_beginning(stream, fallbacks)
            return stream


async def _check_beginning(stream: EventStream, fallbacks: Fallbacks) -> None:
    """Check the answer of a stream that ends without output; let what was read of any other be read again.

    Raises:
        UnwantedError: if another model is to be asked in place of the answer.

    """
    try:
        if await stream.ends_without_output():
            response = stream.response
            fallbacks.check(fallbacks.without_notes(response) if fallbacks.failures else response)
    except BaseException as error:
        await stream.__aexit__(type(error), error, error.__traceback__)
        raise


def _check_model(request: CompletionRequest, model: ConfiguredModel) -> None:
    """Refuse a request that names another model: an ``LLM`` asks its own one."""
    known = (model.config.model, explain(model.config).model)
    if request.model not in known:
        message = f"the request is for {request.model!r}, but this LLM asks {known[0]!r}; use one for that model"
        raise InvalidRequestError(message, parameter="model")


__all__ = ["open_stream", "open_value"]
