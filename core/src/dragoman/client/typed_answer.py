"""An answer as a value of a type: asked for, read, and asked for again with the error where it does not fit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import attrs

from dragoman.client.binding import Bound
from dragoman.client.conversation import Conversation
from dragoman.client.fallback import Fallbacks
from dragoman.client.request_builder import NO_TYPE, RequestBuilder, refuse_output, refuse_several, type_in
from dragoman.spec.argument_checks import plain_number, shown
from dragoman.spec.errors import DragomanError, InvalidRequestError, OutputError, OutputValidationError
from dragoman.spec.message import Message
from dragoman.spec.provider import CallContext, new_call_id
from dragoman.spec.request import ChatRequest
from dragoman.spec.response import Response, as_answer_of
from dragoman.spec.sent_names import OTHER_ANSWERS

if TYPE_CHECKING:
    from typing_extensions import TypeForm

T = TypeVar("T")

MOST_REPAIRS = 100
_SEVERAL = "the answer was given several times, and the answers differ"


def check_repairs(repairs: object, kind: object) -> int:
    """Return how often a model may be asked again.

    Raises:
        InvalidRequestError: if it is not a whole number from 0 to 100, or there is no type to repair an answer for.

    """
    number = plain_number(repairs)
    if not isinstance(number, int) or not 0 <= number <= MOST_REPAIRS:
        message = f"repairs must be a whole number from 0 to {MOST_REPAIRS}, not {shown(repairs)}"
        raise InvalidRequestError(message, parameter="repairs")
    if number and kind is NO_TYPE:
        message = "repairs= needs output= with a type, against which the answer is checked"
        raise InvalidRequestError(message, parameter="repairs")
    return number


async def generate_typed(
    fallbacks: Fallbacks, messages: Conversation, repairs: object, overrides: Mapping[str, Any]
) -> Response[Any]:
    """Return the answer to a request with ``output=`` or ``repairs=``; see :meth:`LLM.generate`."""
    kind = type_in(overrides)
    most = check_repairs(repairs, kind)
    if kind is not NO_TYPE:
        return await typed_answer(fallbacks, kind, messages, most, overrides)
    while True:
        async with fallbacks as (bound, builder):
            return fallbacks.record(await bound.chat(builder.chat(messages, overrides), builder.context(overrides)))


async def extracted(
    fallbacks: Fallbacks, kind: TypeForm[T], messages: Conversation, repairs: object, overrides: Mapping[str, Any]
) -> T:
    """Return the value of one answer; see :meth:`LLM.extract`."""
    refuse_output(overrides)
    most = check_repairs(repairs, kind)
    instead = "call generate(output=...), whose response holds the others in its alternatives, or leave n out"
    return (await typed_answer(fallbacks, kind, messages, most, overrides, alone=("extract()", instead))).value


async def typed_answer(
    fallbacks: Fallbacks,
    kind: TypeForm[T],
    messages: Conversation,
    repairs: int,
    overrides: Mapping[str, Any],
    *,
    alone: tuple[str, str] | None = None,
) -> Response[T]:
    """Return the answer that is to be read as a value of *kind*.

    Args:
        fallbacks: gives the models to ask.
        kind: the type.
        messages: a prompt, a message or a conversation.
        repairs: how often the model is shown the error of an answer that does not fit, all models together.
        overrides: the arguments of the call.
        alone: what gives one answer, and what to do instead, if it is not to give several.

    """
    alone = ("repairs=", "leave n or repairs out") if alone is None and repairs else alone
    rejected: list[Response] = []
    output = {name: overrides[name] for name in overrides if name != "output"}
    try:
        while True:
            async with fallbacks as (bound, builder):
                request = builder.value(kind, messages, output)
                if alone is not None and request.settings.n is not None:
                    refuse_several(request.settings, *alone)
                asked = _Asked(bound, builder, request, builder.context(overrides))
                response = as_answer_of(await asked.repaired(kind, repairs, rejected), kind)
                return as_answer_of(fallbacks.record(response), kind, rejected=tuple(rejected))
    except DragomanError as error:
        if error.partial is None and rejected:
            error.partial = as_answer_of(rejected[-1], kind, rejected=tuple(rejected[:-1]))
        raise


@attrs.frozen
class _Asked:
    """Hold one model with the request that it is asked.

    Args:
        bound: the model.
        builder: makes its requests.
        request: the request.
        context: the call, whose deadline holds for all requests together.

    """

    bound: Bound
    builder: RequestBuilder
    request: ChatRequest
    context: CallContext

    async def repaired(self, kind: Any, repairs: int, rejected: list[Response]) -> Response:
        """Return the first answer that fits, or the last one; those before it are added to *rejected*."""
        request, context = self.request, self.context
        while True:
            response = await self.bound.chat(request, context)
            if len(rejected) >= repairs or (problem := _problem_of(response, kind)) is None:
                return response
            rejected.append(response)
            request = attrs.evolve(request, messages=(*request.messages, *_shown_problem(response, problem)))
            context = attrs.evolve(context, call_id=new_call_id())


def _problem_of(response: Response, kind: Any) -> str | None:
    """Return why an answer does not fit in words for the model; ``None`` if it fits, or asking again is no use."""
    try:
        response.parse(kind)
    except OutputValidationError as error:
        return _SEVERAL if OTHER_ANSWERS in response.metadata else error.message
    except OutputError:
        return None
    return None


def _shown_problem(response: Response, problem: str) -> list[Message]:
    """Return how a conversation goes on in which an answer is shown its error."""
    told = Message("user", f"That answer cannot be used: {problem}. Give the whole answer again, corrected.")
    return [response.message, told] if response.text.strip() else [told]


__all__ = ["check_repairs", "extracted", "generate_typed", "typed_answer"]
