"""The answer of a model, and the record of how it was obtained."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

from attrs import field

from dragoman.spec._enums import OpenEnum
from dragoman.spec._value import changed, value
from dragoman.spec.argument_names import door
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.message import Message
from dragoman.spec.part_fields import JSON
from dragoman.spec.parts import (
    Part,
    Reasoning,
    Refusal,
    Text,
    ToolCall,
)

if TYPE_CHECKING:
    from dragoman.spec.cost import Cost

T = TypeVar("T")

if TYPE_CHECKING:
    from typing import Generic as Typed

    from typing_extensions import TypeForm, TypeVar as DefaultedTypeVar

    V_co = DefaultedTypeVar("V_co", covariant=True, default=Any)
else:
    V_co = TypeVar("V_co", covariant=True)

    class Typed:
        """Let a class be subscripted: a converter refuses a generic class to which no type is given."""

        __slots__ = ()

        def __class_getitem__(cls, kind: Any) -> type[Self]:  # only type checkers need it
            return cls


class _Asked:
    """Hold the type that an answer was asked for as, and the value that was read of it.

    Args:
        kind: the type.

    """

    __slots__ = ("is_read", "kind", "value")

    def __init__(self, kind: Any) -> None:
        self.kind = kind
        self.value: Any = None
        self.is_read = False


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


def _reason(value: str) -> FinishReason:
    return FinishReason.of(value)  # a function, as type checkers take no method for a converter


@value(kw_only=True)
class Finish:
    """Say why an answer ended, with our term and the provider's."""

    reason: FinishReason = field(converter=_reason)
    raw: str | None = None


@value(kw_only=True)
class Usage:
    """Hold token counts as the provider reported them; ``None`` means that a count was not reported.

    Args:
        input_tokens: all input tokens, including those read from a cache.
        output_tokens: all output tokens, including those of the reasoning.
        cache_read_tokens: the input tokens that were read from a cache.
        cache_write_tokens: the input tokens that were written to a cache.
        reasoning_tokens: the output tokens that were used for reasoning.
        raw: the provider's report, unchanged.

    """

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_read_tokens: int | None = None
    cache_write_tokens: int | None = None
    reasoning_tokens: int | None = None
    raw: JSON = field(default=None, repr=False)

    @property
    def total_tokens(self) -> int | None:
        """Return the tokens of input and output together, ``None`` if either was not reported."""
        if self.input_tokens is None or self.output_tokens is None:
            return None
        return self.input_tokens + self.output_tokens


@value(kw_only=True)
class Adjustment:
    """Record a difference between what the caller requested and what was sent.

    Args:
        kind: ``dropped``, ``coerced``, ``emulated``, ``downgraded`` or ``deprecated``.
        feature: the setting or part that was changed.
        asked: the value that the caller requested.
        sent: the value that was sent instead; ``None`` for nothing.
        reason: why it was changed.
        by: the component that decided: ``core`` or a provider's name.

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
        model: the requested model.
        served_model: the model that answered, as the provider names it.
        endpoint: scheme and host of the server.
        response_id: the provider's id of the answer.
        request_id: the provider's id of the request, for questions to its support.
        created: when the provider made the answer, in seconds since 1970.

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
    """Record one attempt of a call.

    Args:
        number: the number of the attempt, counted from 1 for each model.
        error: the name of the class of the error that ended it, ``None`` for success.
        status: the HTTP status of the error, if it has one.
        waited: how long the call waited before it, in seconds.
        duration: how long it took, in seconds.
        model: the model that was asked, if the call fell back to another one.

    """

    number: int
    error: str | None = None
    status: int | None = None
    waited: float = 0.0
    duration: float = 0.0
    model: str | None = None


@value
class Timing:
    """Hold how long an answer took, in seconds since its provider was asked, waits and earlier tries included.

    Args:
        first_byte: until the head of the reply arrived; ``None`` if nobody measured it.
        first_output: until the first text, reasoning, media or call arrived; for an answer that was not streamed, until
            its end.
        end: until the answer was whole.

    """

    first_byte: float | None
    first_output: float
    end: float


@value
class CacheMiss:
    """Say that a cached prefix was expected, and that none was read.

    Args:
        changed_at: what changed first since the latest request like it: ``tools`` or ``messages[3]``, after which no
            prefix is the same; ``None`` if nothing did, so that the provider did not keep the prefix.
        unchanged: how many messages before it are the same.

    """

    changed_at: str | None
    unchanged: int


@value(kw_only=True)
class Response(Typed[V_co]):
    """Hold an answer.

    Args:
        message: the answer, as a message that can be input of the next turn.
        finish: why it ended.
        usage: the tokens that were used.
        adjustments: the differences between the request of the caller and what was sent.
        origin: where it came from.
        headers: a selection of the HTTP headers of the reply, with names in lower case.
        attempts: all attempts of the call.
        timing: how long it took; ``None`` for an answer that no call of a client gave.
        cache_miss: where a prefix that the setting ``cache`` marked has changed, if it was expected and not read.
        metadata: further data from the provider.
        raw: the decoded reply of the provider; ``None`` for a stream.
        rejected: the answers before this one that did not fit the type; each has its own usage and attempts.
        alternatives: the further answers to the same request, in the order of the provider, if the setting ``n`` asked
            for several. The usage of this answer counts all of them; an alternative has a usage of its own, as a part
            of it, only if it was asked for by a request of its own.

    """

    message: Message
    finish: Finish
    usage: Usage = Usage()
    adjustments: tuple[Adjustment, ...] = ()
    origin: Origin = Origin()
    headers: Mapping[str, str] = field(factory=dict[str, str], repr=False)
    attempts: tuple[Attempt, ...] = ()
    timing: Timing | None = field(default=None, repr=False, eq=False)
    cache_miss: CacheMiss | None = field(default=None, eq=False)
    metadata: Mapping[str, JSON] = field(factory=dict[str, JSON])
    raw: Any = field(default=None, repr=False, eq=False)
    rejected: tuple[Response, ...] = ()
    alternatives: tuple[Response[V_co], ...] = ()
    _asked: _Asked | None = field(init=False, default=None, repr=False, eq=False)

    @property
    def value(self) -> V_co:
        """Return the answer as a value of the type that ``output=`` named; it is read once.

        Raises:
            RefusalError: if the model declined.
            TruncatedOutputError: if the answer was cut.
            OutputValidationError: if the answer does not fit; the message names the path of each misfit.
            InvalidRequestError: if no type was asked for.

        """
        asked = self._asked
        if asked is None:
            message = "no type was asked for, so the answer has no value; give generate() output= with one, or parse()"
            raise InvalidRequestError(message, parameter="output")
        if not asked.is_read:
            asked.value = self.parse(asked.kind)
            asked.is_read = True
        return cast("V_co", asked.value)

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
        """Return the text with which the model declined, ``None`` if it did not."""
        refusals = self.message.of_type(Refusal)
        return "".join(part.text for part in refusals) if refusals else None

    @door
    def cost(self, *, prices_of: str | None = None) -> Cost | None:
        """Return what the answer cost, ``None`` if that is unknown.

        A cost that the provider reported is returned as it is. Otherwise it is computed from the tokens and the price
        list of the extra ``dragoman[prices]``, which is loaded when it is first needed; without it, such a cost is
        unknown. Prices apply to the addresses
        of their vendors alone: the cost of an answer from a gateway or a server of one's own is unknown.

        Args:
            prices_of: the provider whose prices apply all the same, by its id in the price list, such as the vendor
                behind a gateway.

        Raises:
            ConfigurationError: if *prices_of* is given, and there is no price list, or none of it.

        """
        from dragoman.spec.cost import cost_of  # noqa: PLC0415  # not paid for by calls

        return cost_of(self, prices_of=prices_of)

    def parse(self, kind: TypeForm[T]) -> T:
        """Return the answer as a value of *kind*: an attrs class, dataclass, ``TypedDict``, enum, union, ...

        Raises:
            RefusalError: if the model declined.
            TruncatedOutputError: if the answer was cut.
            OutputValidationError: if the answer does not fit; the message names the path of each misfit.

        """
        from dragoman.spec.answers import read_answer  # noqa: PLC0415  # cattrs is slow to import

        return read_answer(self, kind)


def as_answer_of(response: Response, kind: TypeForm[T], **changes: Any) -> Response[T]:
    """Return a copy of *response* whose value is of *kind*, as those of its alternatives are, with some changes."""
    if response.alternatives:
        changes["alternatives"] = tuple(as_answer_of(each, kind) for each in response.alternatives)
    copied = changed(response, **changes)
    object.__setattr__(copied, "_asked", _Asked(kind))
    return copied


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
    alternatives: tuple[Response, ...] = (),
) -> Response:
    """Make a response from its parts.

    A finish reason of ``stop`` becomes ``tool_calls`` if the parts contain calls of the caller's tools, and ``refusal``
    if the model declined; ``finish.raw`` keeps the provider's own term. Each call has an id of its own.
    """
    content = tuple(parts)
    if len(content) != 1 or type(content[0]) is not Text:
        from dragoman.spec.call_ids import settled_calls  # noqa: PLC0415  # a text has no calls

        content = settled_calls(content)
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
        alternatives=alternatives,
    )


def _refined(finish: Finish, parts: tuple[Part, ...]) -> Finish:
    if len(parts) == 1 and type(parts[0]) is Text:
        return finish
    if any(isinstance(part, ToolCall) and not part.server_side for part in parts):
        return Finish(reason=FinishReason.TOOL_CALLS, raw=finish.raw)
    if any(isinstance(part, Refusal) for part in parts):
        return Finish(reason=FinishReason.REFUSAL, raw=finish.raw)
    return finish
