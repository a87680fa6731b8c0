"""What came back: the answer, and the truth about how it came about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeVar

from attrs import field

from dragoman.spec._enums import OpenEnum
from dragoman.spec._value import value
from dragoman.spec.message import Message
from dragoman.spec.parts import JSON, Part, Reasoning, Refusal, Text, ToolCall

T = TypeVar("T")


class FinishReason(OpenEnum):
    """Say why an answer ended."""

    __slots__ = ()
    STOP: ClassVar[FinishReason]
    LENGTH: ClassVar[FinishReason]
    TOOL_CALLS: ClassVar[FinishReason]
    CONTENT_FILTER: ClassVar[FinishReason]
    REFUSAL: ClassVar[FinishReason]
    PAUSED: ClassVar[FinishReason]
    ERROR: ClassVar[FinishReason]
    INTERRUPTED: ClassVar[FinishReason]
    OTHER: ClassVar[FinishReason]


@value(kw_only=True)
class Finish:
    """Say why the answer ended, in our word and in the provider's."""

    reason: FinishReason = field(converter=FinishReason)
    raw: str | None = None


@value(kw_only=True)
class Usage:
    """Count tokens as the provider reported them; ``None`` is not reported, never 0.

    Args:
        input_tokens: all tokens read, those from the cache included.
        output_tokens: all tokens written, reasoning included.
        cache_read_tokens: of the input, those read from a cache.
        cache_write_tokens: of the input, those written to a cache.
        reasoning_tokens: of the output, those spent on reasoning.
        raw: the report itself.

    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    raw: JSON = field(default=None, repr=False)


@value(kw_only=True)
class Adjustment:
    """Record a difference between what was asked and what was sent.

    Args:
        kind: ``dropped``, ``coerced``, ``emulated``, ``downgraded`` or ``deprecated``.
        feature: the setting or part concerned.
        asked: what the caller wanted.
        sent: what was sent in its place, ``None`` for nothing.
        reason: why.
        by: who decided: ``core`` or a provider's name.

    """

    kind: str
    feature: str
    asked: JSON = None
    sent: JSON = None
    reason: str = ""
    by: str = "core"


@value(kw_only=True)
class Origin:
    """Say where an answer came from.

    Args:
        provider: the provider's name.
        distribution: the distribution that provides it.
        version: that distribution's version.
        model: the model asked for.
        served_model: the model that answered, as the provider names it.
        endpoint: scheme and host asked.
        response_id: the provider's id of the answer.
        request_id: the provider's id of the request, for its support desk.
        created: seconds since 1970 when the provider made the answer.

    """

    provider: str = ""
    distribution: str = ""
    version: str = ""
    model: str = ""
    served_model: str | None = None
    endpoint: str | None = None
    response_id: str | None = None
    request_id: str | None = None
    created: float | None = None


@value(kw_only=True)
class Attempt:
    """Record one try of a call.

    Args:
        number: counted from 1.
        error: the class of the error that ended it, ``None`` for success.
        status: the HTTP status, where there was one.
        waited: seconds slept before it.
        duration: seconds it took.

    """

    number: int
    error: str | None = None
    status: int | None = None
    waited: float = 0.0
    duration: float = 0.0


@value(kw_only=True)
class Response:
    """Hold an answer.

    Args:
        message: the answer as the next turn's input.
        finish: why it ended.
        usage: the tokens it took.
        adjustments: what was sent otherwise than asked.
        origin: where it came from.
        headers: the reply's headers worth keeping, names in lower case.
        attempts: every try that it took.
        metadata: what else the provider said.
        raw: the provider's own reply, decoded; ``None`` for a stream.

    """

    message: Message
    finish: Finish
    usage: Usage = Usage()
    adjustments: tuple[Adjustment, ...] = ()
    origin: Origin = Origin()
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    attempts: tuple[Attempt, ...] = ()
    metadata: Mapping[str, JSON] = field(factory=dict[str, JSON])
    raw: Any = field(default=None, repr=False, eq=False)

    @property
    def text(self) -> str:
        """Return the joined text, without reasoning or refusal."""
        return self.message.content

    @property
    def reasoning(self) -> str:
        """Return the joined reasoning."""
        return "".join(part.text for part in self.message.of_type(Reasoning))

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """Return the tool calls that the caller is asked to run."""
        return tuple(call for call in self.message.of_type(ToolCall) if not call.server_side)

    @property
    def refusal(self) -> str | None:
        """Return the words with which the model declined, if it did."""
        refusals = self.message.of_type(Refusal)
        return "".join(part.text for part in refusals) if refusals else None

    def parse(self, kind: type[T]) -> T:
        """Return the answer as a value of *kind*: an attrs class, dataclass, ``TypedDict``, enum, union, ...

        Raises:
            RefusalError: if the model declined.
            TruncatedOutputError: if the answer was cut.
            OutputValidationError: with the path of each misfit.

        """
        from dragoman.spec.answers import read_answer  # noqa: PLC0415  # cattrs is not paid for at import

        return read_answer(self, kind)


def build_response(
    parts: Iterable[Part],
    finish: Finish,
    *,
    usage: Usage = Usage(),
    origin: Origin = Origin(),
    adjustments: tuple[Adjustment, ...] = (),
    headers: Mapping[str, str] | None = None,
    attempts: tuple[Attempt, ...] = (),
    metadata: Mapping[str, JSON] | None = None,
    raw: Any = None,
) -> Response:
    """Make a response of its parts.

    An end that the provider calls a plain stop is ``tool_calls`` where tools are called and ``refusal`` where the model
    declined; the provider's own word is kept in ``finish.raw``.
    """
    content = tuple(parts)
    if finish.reason == FinishReason.STOP:
        finish = _refined(finish, content)
    return Response(
        message=Message("assistant", content),
        finish=finish,
        usage=usage,
        origin=origin,
        adjustments=adjustments,
        headers=headers or {},
        attempts=attempts,
        metadata=metadata or {},
        raw=raw,
    )


def _refined(finish: Finish, parts: tuple[Part, ...]) -> Finish:
    if len(parts) == 1 and type(parts[0]) is Text:
        return finish
    if any(isinstance(part, ToolCall) and not part.server_side for part in parts):
        return Finish(reason=FinishReason.TOOL_CALLS, raw=finish.raw)
    if any(isinstance(part, Refusal) for part in parts):
        return Finish(reason=FinishReason.REFUSAL, raw=finish.raw)
    return finish
