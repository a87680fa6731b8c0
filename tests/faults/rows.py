"""The matrix: faults, and the required behavior of calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from attrs import field, frozen

from dragoman import (
    AuthenticationError,
    BadRequestError,
    ContextWindowExceededError,
    NoAnswerError,
    NotFoundError,
    OutputError,
    OverloadedError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    QuotaExceededError,
    RateLimitError,
    RedirectError,
    RequestTimeoutError,
    ResponseTooLargeError,
    ServerError,
    StreamInterruptedError,
    ToolCall,
)
from dragoman.spec.errors import ConnectionFailedError
from dragoman.testing.faults import FAULTS
from faults.clients import EVERY_CLIENT, Client
from faults.expected import BEGUN, TEXT, ExpectedAnswer, ExpectedError, calls
from faults.scenarios import SCENARIOS, Scenario

Interface: TypeAlias = Literal["async", "sync"]


@frozen(kw_only=True)
class Case:
    """Describe a call to the fault server.

    Args:
        faults: the faults of successive requests, joined with ``+``.
        expect: the expected outcome.
        options: the configuration of the client.
        modes: whether to stream, if the faults apply to both.
        only: the dialects and clients to test; by default, all.
        hangup: whether the server must detect a hang-up.

    """

    faults: str
    expect: ExpectedAnswer | ExpectedError
    options: dict[str, Any] = field(factory=dict)
    modes: tuple[bool, ...] = (True, False)
    only: frozenset[str] = field(converter=frozenset, default=frozenset())
    hangup: bool = False

    def applies_to(self, client: Client) -> bool:
        names = {name for name in self.faults.split("+") if _is_dialect_specific(name)}
        supported = names <= client.server_dialect.coded.keys() | client.server_dialect.unusual_replies.keys()
        return supported and (not self.only or bool(self.only & {client.name, client.server_dialect.name}))

    def streamed(self, client: Client) -> list[bool]:
        each = [FAULTS[name] for name in self.faults.split("+")]
        framing = client.server_dialect.framing
        streams = all(fault.streams and not fault.inapplicable(framing) for fault in each)
        replies = all(fault.replies for fault in each)
        return [mode for mode in self.modes if (streams if mode else replies)]


@frozen(kw_only=True)
class Row:
    """Describe one row.

    Args:
        number: its number.
        injected: the fault.
        required: the required behavior.
        cases: the calls that test it.
        absent: why there are no calls here, and where the tests are.
        partly: why it does not apply to every plugin, or where further tests are.
        open: why it does not pass yet.

    """

    number: int
    injected: str
    required: str
    cases: tuple[Case, ...] = ()
    absent: str = ""
    partly: str = ""
    open: str = ""

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        return tuple(scenario for scenario in SCENARIOS if scenario.row == self.number)


@frozen(kw_only=True)
class Cell:
    """Describe one test: a row, a client, an interface, and for a case, whether to stream."""

    row: Row
    client: Client
    interface: Interface
    test: Case | Scenario
    streamed: bool = True

    def __str__(self) -> str:
        name = f"{self.test.faults}-{'stream' if self.streamed else 'whole'}" if isinstance(self.test, Case) else ""
        return f"{self.row.number}-{name or self.test.name}-{self.client.name}-{self.interface}"


def cells(row: Row) -> Iterator[Cell]:
    for client in EVERY_CLIENT.values():
        interfaces: tuple[Interface, ...] = ("async", "sync") if client.both else ("async",)
        for interface in interfaces:
            for case in row.cases:
                for streamed in case.streamed(client) if case.applies_to(client) else ():
                    yield Cell(row=row, client=client, interface=interface, test=case, streamed=streamed)
        for scenario in row.scenarios:
            if scenario.applies_to(client):
                yield Cell(row=row, client=client, interface=scenario.interface, test=scenario)


def _is_dialect_specific(name: str) -> bool:
    return any(
        name in client.server_dialect.coded or name in client.server_dialect.unusual_replies
        for client in EVERY_CLIENT.values()
    )


def _case(faults: str, expect: ExpectedAnswer | ExpectedError, **fields: Any) -> Case:
    options = {name: fields.pop(name) for name in tuple(fields) if name not in {"modes", "only", "hangup"}}
    return Case(faults=faults, expect=expect, options=options, **fields)


def _answered(*names: str, **fields: Any) -> tuple[Case, ...]:
    return tuple(_case(name, ExpectedAnswer(), **fields) for name in names)


SHORT = 0.08
CUT = ExpectedError(kind=StreamInterruptedError, phase="mid_stream", partial=BEGUN)
_HOLLOW = {
    "openai-chat": NoAnswerError,
    "openai-responses": ProtocolError,
    "anthropic": ProtocolError,
    "google": NoAnswerError,
    "cohere": ProtocolError,
    "ollama": ProtocolError,
    "converse": ProtocolError,
}
MID_ERROR = {
    "openai-chat": OverloadedError,
    "openai-responses": ServerError,
    "anthropic": OverloadedError,
    "google": OverloadedError,
    "cohere": ServerError,
    "ollama": ServerError,
    "converse": OverloadedError,
}
REPORTED = {**MID_ERROR, "openai-responses": OverloadedError}
"""The class of an error that comes with a good status; those of Cohere and Ollama are a message alone."""
BUSY = ExpectedError(kind=REPORTED, requests=1)
STATUS_ERRORS = {
    408: BadRequestError,
    409: BadRequestError,
    429: RateLimitError,
    500: ServerError,
    502: ServerError,
    503: OverloadedError,
    504: ServerError,
    529: OverloadedError,
}
FINE = ExpectedAnswer(text="fine")
NO_MARK = "only the chat dialect has an optional end marker"


def _too_late(cause: type[ProviderError]) -> ExpectedError:
    return ExpectedError(
        kind=RequestTimeoutError,
        phase="total",
        retryable=False,
        slept=_waits(),
        holds=lambda error: type(error.__cause__) is cause and error.status == error.__cause__.status,
    )


def _backed_off(slept: list[float]) -> bool:
    return len(slept) == 1 and 0.3 < slept[0] <= 0.5


def _waits(*expected: float) -> Any:
    return lambda slept: slept == list(expected)


def _has_status(status: int) -> Any:
    return lambda error: error.status == status


def _counted(response: Any) -> bool:
    return (response.usage.input_tokens, response.usage.output_tokens) == (3, 2)


def _uncounted(response: Any) -> bool:
    return response.usage.input_tokens is None and response.usage.output_tokens is None


def _is_truncated_call(response: Any) -> bool:
    """Return whether the truncated arguments of a call are kept as text, but not parsed."""
    (call,) = response.message.of_type(ToolCall)
    if call.arguments in {"", "{}"}:
        return True
    try:
        call.parse()
    except OutputError:
        return str(call.arguments).startswith('{"city":"Os')
    return False


BOTH_CITIES = calls(("weather", {"city": "Oslo"}), ("weather", {"city": "Rome"}))

ROWS = (
    Row(number=1, injected="no server listens", required="ConnectionFailedError, retryable"),
    Row(
        number=2,
        injected="no connection is accepted",
        required="RequestTimeoutError in the phase connect after connect_timeout",
    ),
    Row(number=3, injected="the host name does not resolve", required="ConnectionFailedError that names the host"),
    Row(
        number=4,
        injected="the connection is closed before the response head",
        required="one retry, then the response",
        cases=(
            _case("close_before_head+ok", ExpectedAnswer(requests=2), num_retries=2),
            _case("reset_before_head+ok", ExpectedAnswer(requests=2), num_retries=2),
            _case(
                "close_before_head",
                ExpectedError(kind=ConnectionFailedError, requests=3, retryable=True),
                num_retries=2,
            ),
        ),
    ),
    Row(
        number=5,
        injected="no response head is sent",
        required="RequestTimeoutError in the phase first_byte for each attempt",
        cases=(
            _case(
                "hang_head",
                ExpectedError(kind=RequestTimeoutError, phase="first_byte", requests=2, retryable=True),
                num_retries=1,
                first_byte_timeout=SHORT,
                hangup=True,
            ),
        ),
    ),
    Row(
        number=6,
        injected="an endless head arrives byte by byte, faster than first_byte_timeout",
        required="RequestTimeoutError in the phase total",
        cases=(
            _case(
                "drip_head",
                ExpectedError(kind=RequestTimeoutError, phase="total", retryable=False),
                timeout=2 * SHORT,
                num_retries=2,
                hangup=True,
            ),
        ),
    ),
    Row(number=7, injected="an idle persistent connection was closed", required="a new connection, and the response"),
    Row(
        number=8,
        injected="a valid head, then nothing",
        required="RequestTimeoutError in the phase idle; retried, since no text was delivered",
        cases=(
            _case(
                "silent_body",
                ExpectedError(kind=RequestTimeoutError, phase="idle", requests=2),
                num_retries=1,
                idle_timeout=SHORT,
                hangup=True,
            ),
        ),
    ),
    Row(
        number=9,
        injected="no data after some events",
        required="RequestTimeoutError in the phase idle with the partial answer; not retried",
        cases=(
            _case(
                "stall",
                ExpectedError(kind=RequestTimeoutError, phase="idle", partial=BEGUN),
                num_retries=2,
                idle_timeout=SHORT,
                hangup=True,
            ),
        ),
    ),
    Row(
        number=10,
        injected="endless comments",
        required="RequestTimeoutError in the phase total with the partial answer",
        cases=(
            _case(
                "ping_forever",
                ExpectedError(kind=RequestTimeoutError, phase="total", partial=BEGUN),
                num_retries=2,
                timeout=2 * SHORT,
                hangup=True,
            ),
        ),
    ),
    Row(
        number=11,
        injected="the connection is lost in the middle of a stream",
        required="StreamInterruptedError with the partial answer; the connection is not reused",
        cases=(
            _case("trunc_reset", CUT, num_retries=2, modes=(True,)),
            _case("trunc_close", CUT, num_retries=2, modes=(True,)),
        ),
    ),
    Row(
        number=12,
        injected="the body ends correctly without the terminal event",
        required="StreamInterruptedError with the partial answer",
        cases=(_case("trunc_clean", CUT, num_retries=2),),
    ),
    Row(
        number=13,
        injected="the body ends correctly within an event",
        required="StreamInterruptedError; the incomplete event is not delivered",
        cases=(_case("trunc_mid_event", CUT, num_retries=2),),
    ),
    Row(
        number=14,
        injected="the last blank line or the last line break is missing",
        required="the response",
        cases=_answered("no_last_blank", "no_last_line_end"),
    ),
    Row(
        number=15,
        injected="a finish reason, but no end marker",
        required="the response",
        cases=_answered("no_done", only={"openai-chat"}),
        partly=NO_MARK,
    ),
    Row(
        number=16,
        injected="an end without a finish reason",
        required="StreamInterruptedError with the partial answer",
        cases=(
            _case(
                "no_finish_reason",
                ExpectedError(kind=StreamInterruptedError, phase="mid_stream", partial=TEXT),
                num_retries=2,
            ),
        ),
    ),
    Row(
        number=17,
        injected="status 200 and an empty stream",
        required="StreamInterruptedError, retried",
        cases=(
            _case("empty_stream", ExpectedError(kind=StreamInterruptedError, phase="first_byte", retryable=True)),
            _case("empty_stream+ok", ExpectedAnswer(requests=2), num_retries=2, modes=(True,)),
        ),
    ),
    Row(
        number=18,
        injected="status 200 and an HTML page instead of a stream",
        required="ProtocolError with at most 500 characters of the page",
        cases=(_case("html_200", ExpectedError(kind=ProtocolError, says="text/html"), modes=(True,)),),
    ),
    Row(
        number=19,
        injected="status 200 and an error body instead of a stream",
        required="the reported error",
        cases=(_case("json_error_200", BUSY, modes=(True,)),),
    ),
    Row(
        number=20,
        injected="a whole reply instead of a stream",
        required="the response",
        cases=(
            *_answered("json_200", modes=(True,)),
            _case("terminal_alone", FINE, modes=(True,)),
        ),
    ),
    Row(
        number=21,
        injected="an error event after some events",
        required="the reported error with the partial answer; not retried",
        cases=(_case("mid_error", ExpectedError(kind=MID_ERROR, partial=BEGUN), num_retries=2),),
    ),
    Row(
        number=22,
        injected="an error as the first event",
        required="the reported error, retried",
        cases=(_case("mid_error_first", ExpectedError(kind=MID_ERROR, requests=3), num_retries=2),),
    ),
    Row(
        number=23,
        injected="an error event whose data is not JSON",
        required="ProviderError with the text",
        cases=(
            _case(
                "mid_error_named_only", ExpectedError(kind=ProviderError, partial=BEGUN, says="the engine is on fire")
            ),
        ),
    ),
    Row(
        number=24,
        injected="response.failed and response.incomplete",
        required="the reported error; the finish reason",
        cases=(
            _case("failed", ExpectedError(kind=ServerError, partial="fine", says="on fire")),
            _case("too_long", ExpectedAnswer(text="fine", finish="length"), only={"openai-responses"}),
        ),
        partly="these events exist only in the Responses API",
    ),
    Row(
        number=25,
        injected="malformed JSON in an event",
        required="ProtocolError with the partial answer; no event is skipped",
        cases=(_case("bad_json", ExpectedError(kind=ProtocolError, partial=BEGUN, says="JSON"), num_retries=2),),
    ),
    Row(
        number=26,
        injected="JSON of an unexpected type in an event",
        required="ProtocolError with the partial answer",
        cases=tuple(
            _case(f"shape_{shape}", ExpectedError(kind=ProtocolError, partial=BEGUN))
            for shape in ("list", "null", "number")
        ),
    ),
    Row(
        number=27,
        injected="unknown events and members",
        required="the response",
        cases=_answered("unknown_event"),
    ),
    Row(
        number=28,
        injected="text after the terminal event",
        required="the response without that text",
        cases=_answered("after_done"),
    ),
    Row(number=29, injected="one byte at a time", required="the response", cases=_answered("bytewise")),
    Row(
        number=30,
        injected="lines that end in CRLF, in CR and LF in separate writes, in CR",
        required="the response",
        cases=_answered("crlf", "crlf_split", "cr"),
    ),
    Row(number=31, injected="a byte order mark", required="the response", cases=_answered("bom")),
    Row(number=32, injected="comments, ids and retry times", required="the response", cases=_answered("comments")),
    Row(
        number=33,
        injected="no space after the colon, several data lines",
        required="the response",
        cases=_answered("no_space", "multiline_data"),
    ),
    Row(
        number=34,
        injected="U+2028, U+2029, U+0085, U+000B in texts",
        required="the exact text",
        cases=(_case("line_seps", ExpectedAnswer(text="a\u2028b\u2029c\u0085d\x0be\x0c")),),
    ),
    Row(
        number=35,
        injected="a header that declares another encoding",
        required="decoded as UTF-8",
        cases=_answered("latin1_header"),
    ),
    Row(
        number=36,
        injected="a character split between two writes",
        required="the exact text",
        cases=_answered("split_characters"),
    ),
    Row(
        number=37,
        injected="bytes that are not valid UTF-8",
        required="ProtocolError with the partial answer",
        cases=(_case("bad_utf8", ExpectedError(kind=ProtocolError, partial=BEGUN)),),
    ),
    Row(
        number=38,
        injected="half a surrogate pair",
        required="U+FFFD instead",
        cases=(_case("lone_surrogate", ExpectedAnswer(text="half\ufffd")),),
    ),
    Row(
        number=39,
        injected="an event of 5 MiB",
        required="the response",
        cases=(_case("big_event", ExpectedAnswer(text="y" * 5 * 1024 * 1024)),),
    ),
    Row(
        number=40,
        injected="an endless line",
        required="ResponseTooLargeError at 16 MiB",
        cases=(_case("endless_line", ExpectedError(kind=ResponseTooLargeError), hangup=True),),
    ),
    Row(
        number=41,
        injected="a compressed reply of 80 MiB",
        required="ResponseTooLargeError before it is decompressed completely",
        cases=(_case("gzip_bomb", ExpectedError(kind=ResponseTooLargeError)),),
    ),
    Row(
        number=42,
        injected="a length longer or shorter than the body",
        required="ProtocolError",
        cases=(
            _case("length_long", ExpectedError(kind=ProtocolError)),
            _case("length_short", ExpectedError(kind=ProtocolError)),
            _case("trunc_reset", ExpectedError(kind=ProtocolError), modes=(False,)),
            _case("trunc_close", ExpectedError(kind=ProtocolError), modes=(False,)),
        ),
    ),
    Row(
        number=43,
        injected="status 200 and HTML, an empty body, truncated JSON, an error, deeply nested lists",
        required="ProtocolError, or the reported error",
        cases=(
            *(
                _case(name, ExpectedError(kind=ProtocolError), modes=(False,))
                for name in ("html_200", "empty_200", "half_json_200")
            ),
            _case("deep_200", ExpectedError(kind=ProtocolError)),
            _case("json_error_200", BUSY, modes=(False,)),
        ),
    ),
    Row(
        number=44,
        injected="status 200 and a reply without an answer",
        required="ProtocolError, or NoAnswerError for an empty list of answers",
        cases=(
            *(_case(name, ExpectedError(kind=ProtocolError)) for name in ("null_200", "list_200")),
            _case("hollow_200", ExpectedError(kind=_HOLLOW)),
        ),
    ),
    Row(
        number=45,
        injected="a blocked prompt, a refusal, a filtered answer",
        required="the finish reason; not retried",
        cases=(
            _case("blocked", ExpectedAnswer(text="", finish=frozenset({"content_filter", "refusal"})), num_retries=2),
        ),
    ),
    Row(
        number=46,
        injected="400, 404, 413, 422",
        required="BadRequestError, NotFoundError; one request",
        cases=tuple(
            _case(f"status_{status}", ExpectedError(kind=kind, holds=_has_status(status)), num_retries=2)
            for status, kind in (
                (400, BadRequestError),
                (404, NotFoundError),
                (413, BadRequestError),
                (422, BadRequestError),
            )
        ),
    ),
    Row(
        number=47,
        injected="a conversation that is too long",
        required="ContextWindowExceededError; one request",
        cases=(_case("context_overflow", ExpectedError(kind=ContextWindowExceededError), num_retries=2),),
    ),
    Row(
        number=48,
        injected="401, 403, a LiteLLM proxy without its database",
        required="AuthenticationError, PermissionDeniedError; one request",
        cases=(
            _case("status_401", ExpectedError(kind=AuthenticationError), num_retries=2),
            _case("status_403", ExpectedError(kind=PermissionDeniedError), num_retries=2),
            _case("no_db_connection", ExpectedError(kind=AuthenticationError), num_retries=2, only={"litellm_proxy"}),
        ),
    ),
    Row(
        number=49,
        injected="408, 409, 429, 500, 502, 503, 504, 529",
        required="retried as often as allowed, then the error with every attempt",
        cases=(
            *(
                _case(f"status_{status}", ExpectedError(kind=kind, requests=3, retryable=True), num_retries=2)
                for status, kind in STATUS_ERRORS.items()
            ),
            _case("status_500+status_500+ok", ExpectedAnswer(requests=3), num_retries=2),
        ),
    ),
    Row(
        number=50,
        injected="an exhausted quota",
        required="QuotaExceededError; one request",
        cases=(_case("insufficient_quota", ExpectedError(kind=QuotaExceededError), num_retries=2),),
    ),
    Row(
        number=51,
        injected="retry-after of 1, 0.2, a date; retry-after-ms; RetryInfo",
        required="exactly this wait",
        cases=(
            _case("retry_after_1+ok", ExpectedAnswer(requests=2, slept=_waits(1.0)), num_retries=2),
            _case("retry_after_fraction+ok", ExpectedAnswer(requests=2, slept=_waits(0.2)), num_retries=2),
            _case("retry_after_ms+ok", ExpectedAnswer(requests=2, slept=_waits(0.03)), num_retries=2),
            _case(
                "retry_after_date+ok",
                ExpectedAnswer(requests=2, slept=lambda slept: 20 < slept[0] <= 30),
                num_retries=2,
                timeout=60,
            ),
            _case("retry_info+ok", ExpectedAnswer(requests=2, slept=_waits(7.0)), num_retries=2),
        ),
    ),
    Row(
        number=52,
        injected="retry-after of 3600, inf, -5, nan, an invalid value, a past date",
        required="for 3600, the error at once with that wait; for invalid values, the default backoff",
        cases=(
            _case(
                "retry_after_3600",
                ExpectedError(kind=RateLimitError, slept=_waits(), holds=lambda error: error.retry_after == 3600),
                num_retries=2,
            ),
            *(
                _case(f"retry_after_{name}+ok", ExpectedAnswer(requests=2, slept=_backed_off), num_retries=2)
                for name in ("inf", "negative", "nan", "junk", "past")
            ),
        ),
    ),
    Row(
        number=53,
        injected="x-should-retry",
        required="respected",
        cases=(
            _case("should_retry_true+ok", ExpectedAnswer(requests=2), num_retries=2),
            _case("should_retry_false", ExpectedError(kind=OverloadedError), num_retries=2),
        ),
    ),
    Row(
        number=54,
        injected="status 503 for every request of many calls",
        required="a retry budget, shared by all calls to an endpoint, limits retries",
    ),
    Row(
        number=55,
        injected="retries of one call",
        required="the same body and idempotency key each time; the number of the retry",
    ),
    Row(
        number=56,
        injected="a failure after the first text",
        required="no second request",
        cases=(
            _case("trunc_reset+ok", CUT, num_retries=2, modes=(True,)),
            _case("mid_error+ok", ExpectedError(kind=MID_ERROR, partial=BEGUN), num_retries=2),
        ),
    ),
    Row(
        number=57,
        injected="a failure before the first text",
        required="retried; one response",
        cases=(_case("mid_error_first+ok", ExpectedAnswer(requests=2), num_retries=2),),
    ),
    Row(
        number=58,
        injected="a deadline shorter than the next wait",
        required="RequestTimeoutError at once, caused by the previous error, without waiting past the deadline",
        cases=(
            _case("retry_after_30", _too_late(RateLimitError), num_retries=2, timeout=10),
            _case("status_503", _too_late(OverloadedError), num_retries=2, timeout=0.3),
        ),
    ),
    Row(
        number=59, injected="the consumer leaves the stream", required="a hang-up within a second; the next call works"
    ),
    Row(
        number=60,
        injected="a generator is discarded",
        required="the connection is closed; the next call works after 150 generators",
        partly="a thousand of each kind, also streams that are never closed, in "
        "tests/core/http/transport/test_abandoned.py",
    ),
    Row(
        number=61,
        injected="a task is cancelled while connecting, before the head, in the stream, between attempts",
        required="CancelledError, a hang-up, and the next call works",
        partly="two hundred rounds in each state in tests/core/http/transport/test_cancelled.py",
    ),
    Row(
        number=62,
        injected="asyncio.timeout",
        required="TimeoutError, a hang-up",
        partly="cancel scopes and task groups of anyio in tests/core/http/transport/test_cancelled.py; the error under "
        "Trio in tests/core/http/transport/test_other_loops.py",
    ),
    Row(number=63, injected="the consumer raises", required="the same exception, a hang-up"),
    Row(number=64, injected="an interrupt of a synchronous stream", required="KeyboardInterrupt, a hang-up"),
    Row(
        number=65,
        injected="one LLM in several event loops and threads",
        required="a response for each",
        partly="in parallel, in forked processes and with streams in tests/core/http/transport/test_other_loops.py",
    ),
    Row(
        number=66,
        injected="the LLM is closed while a stream is open",
        required="the stream ends with a StreamInterruptedError",
    ),
    Row(
        number=67,
        injected="interleaved fragments of tool calls",
        required="complete calls in order",
        cases=(_case("tools_interleaved", ExpectedAnswer(text="", finish="tool_calls", holds=BOTH_CITIES)),),
    ),
    Row(
        number=68,
        injected="fragments of tool calls without an index, or all with the same index",
        required="calls distinguished by their ids",
        cases=tuple(
            _case(name, ExpectedAnswer(text="", finish="tool_calls", holds=BOTH_CITIES))
            for name in ("tools_unnumbered", "tools_all_first")
        ),
        partly="only servers of the chat dialect omit the index",
    ),
    Row(
        number=69,
        injected="a tool call without arguments",
        required="an empty object",
        cases=(
            _case("tool_without_arguments", ExpectedAnswer(text="", finish="tool_calls", holds=calls(("clock", {})))),
        ),
    ),
    Row(
        number=70,
        injected="a tool call truncated by the token limit",
        required="the finish reason is length, and parsing the arguments fails, so that the tool is not run",
        cases=(_case("tool_cut", ExpectedAnswer(text="", finish="length", holds=_is_truncated_call)),),
        partly="Gemini never sends a partial call",
    ),
    Row(
        number=71,
        injected="a block that starts before another has ended",
        required="distinguished by their indexes",
        absent="covered by row 67 with Anthropic",
    ),
    Row(
        number=72,
        injected="a delta of a block that has not started; a second stop",
        required="ProtocolError; ignored",
        cases=(
            _case("delta_unopened", ExpectedError(kind=ProtocolError, partial="fine"), modes=(True,)),
            _case("stop_twice", FINE, modes=(True,)),
        ),
        partly="only Anthropic has events for the start and end of blocks",
    ),
    Row(
        number=73,
        injected="several interleaved choices",
        required="the first one is the response, the others are kept as metadata",
        absent="recorded streams with n=2 in tests/replay",
    ),
    Row(
        number=74,
        injected="usage that is absent, at the end, cumulative",
        required="the totals, never added up; None if not reported",
        cases=(
            _case("usage_absent", ExpectedAnswer(text="fine", holds=_uncounted)),
            _case("usage_last", ExpectedAnswer(text="fine", holds=_counted)),
            _case("usage_growing", ExpectedAnswer(text="fine", holds=_counted)),
        ),
    ),
    Row(number=75, injected="null instead of a value", required="the response", cases=(_case("nulls", FINE),)),
    Row(
        number=76,
        injected="an error with a number or null as its code, as a plain text, or as a detail",
        required="NotFoundError with the message",
        cases=tuple(
            _case(name, ExpectedError(kind=NotFoundError, says="no such model"))
            for name in ("error_code_number", "error_text", "error_detail")
        ),
    ),
    Row(
        number=77,
        injected="an error in the format of another vendor",
        required="OverloadedError with the message",
        cases=(_case("error_foreign", ExpectedError(kind=OverloadedError, says="busy")),),
    ),
    Row(
        number=78,
        injected="a redirect with 301, 302, 303, 307, 308; to another origin, the same origin, itself",
        required="RedirectError with the target, which receives no request",
        cases=tuple(
            _case(f"redirect_{each}", ExpectedError(kind=RedirectError, says="http://"), num_retries=2)
            for each in (301, 302, 303, 307, 308, "same", "loop")
        ),
    ),
    Row(
        number=79,
        injected="a proxy that refuses the connection, requires a password, closes the tunnel",
        required="ConnectionFailedError; no key in it",
    ),
    Row(
        number=80,
        injected="an untrusted certificate",
        required="ConnectionFailedError, not retryable, that points to the trust store",
    ),
    Row(
        number=81,
        injected="the system clock jumps",
        required="no effect",
        absent="all waits use the monotonic clock; see tests/core/client/test_retry.py",
    ),
    Row(
        number=82,
        injected="300 parallel streams over 100 connections",
        required="a response for each",
        partly="a thousand streams, and the timeout of waiting for a connection, in "
        "tests/core/http/transport/test_many_streams.py",
    ),
    Row(
        number=83,
        injected="a plugin raises an exception, returns a wrong type, claims an existing name",
        required="PluginError that names the distribution",
        absent="tests/core/client/test_binding.py and tests/core/plugins/test_registry.py",
    ),
    Row(
        number=84,
        injected="a hook yields after it has been closed",
        required="PluginError",
        absent="a generator is refused as a hook at registration: tests/core/plugins/test_registry.py",
    ),
    Row(
        number=85,
        injected="unsolicited data after a reply or on an idle connection: a whole reply, a partial one, an interim "
        "response, bytes that are not HTTP",
        required="the next call gets its own answer, on another connection",
        absent="needs two calls for each plugin and kind of data: tests/core/http/transport/test_connection.py",
    ),
    Row(
        number=86,
        injected="a server that closes each connection after its reply without notice",
        required="a response for each, without a retry and without a wait",
        absent="needs many successive calls: tests/core/http/transport/test_connection.py",
        partly="with TLS, a connection closed at the moment of the next request counts as a retry without a wait",
    ),
    Row(
        number=87,
        injected="a reply truncated after any byte, by a normal close and by a reset",
        required="an error whose partial answer contains only what has arrived; the next call succeeds",
        absent="needs thousands of calls: tests/core/http/transport/test_every_moment.py",
    ),
    Row(
        number=88,
        injected="a call cancelled after any number of steps, on a new and on a reused connection",
        required="no task or connection is left open; the next call succeeds",
        absent="needs thousands of calls: tests/core/http/transport/test_every_moment.py",
    ),
    Row(
        number=89,
        injected="LLMs that make one request each and are never closed, in many tasks, loops and threads",
        required="a response for each; cleanup runs once and never raises an exception",
        absent="needs many parallel calls: tests/core/http/transport/test_every_moment.py",
    ),
    Row(
        number=90,
        injected="a small compressed reply that expands to less than the limit",
        required="ResponseTooLargeError once it exceeds 1 MiB and 128 times its compressed size",
        absent="tests/core/http/transport/test_transport.py",
    ),
    Row(
        number=91,
        injected="a reply with very many repeated elements: calls, annotations, choices, items, usage",
        required="work that is linear in the number of bytes",
        absent="operations are counted for every dialect in tests/properties/test_growth.py",
    ),
    Row(
        number=92,
        injected="a small piece of a reply with thousands of events",
        required="the event loop runs every 64 KiB, so that the deadline, a cancellation and other tasks take effect",
        absent="needs a fake clock: tests/core/http/test_reading.py",
    ),
    Row(
        number=93,
        injected="a reply within the size limit that would need gigabytes of objects: empty objects, lists of parts",
        required="ResponseTooLargeError before they are created",
        absent="tests/core/http/test_wire.py",
    ),
    Row(
        number=94,
        injected="a timeout, a setting or a retry policy that is not finite, not a number, or out of range",
        required="ConfigurationError or InvalidRequestError before a request is sent",
        absent="tests/core/test_wrong_input.py",
    ),
    Row(
        number=95,
        injected="a number that is not finite anywhere in a request body",
        required="InvalidRequestError with the path of the number",
        absent="tests/core/http/test_wire.py",
    ),
    Row(
        number=96,
        injected="the configuration changes with every call",
        required="one binding stays open; replaced bindings are closed after their last call or stream",
        absent="tests/core/client/test_lifetime.py",
    ),
    Row(
        number=97,
        injected="an argument is changed in place between two calls",
        required="the second request contains the new value",
        absent="tests/plugins/test_changed_values.py",
    ),
    Row(
        number=98,
        injected="a wrong type instead of a text, a mapping, a message or a tool; a value that contains itself",
        required="InvalidRequestError or ConfigurationError, never another exception",
        absent="tests/core/test_wrong_input.py",
    ),
    Row(
        number=99,
        injected="an LLM is closed during calls, or while a call waits for the next attempt",
        required="ConnectionFailedError at once; later calls open new connections",
        absent="tests/core/client/test_lifetime.py",
    ),
    Row(
        number=100,
        injected="two tasks read the same stream",
        required="ConfigurationError for the second task; the first continues",
        absent="tests/core/client/test_stream.py",
    ),
    Row(
        number=101,
        injected="an LLM is copied or pickled",
        required="another LLM with the same configuration; pickling one with a key is refused",
        absent="tests/core/client/test_lifetime.py",
    ),
    Row(
        number=102,
        injected="a process has no file descriptors left during an import",
        required="ConnectionFailedError that says so; the next call succeeds once some are free",
        absent="tests/core/plugins/test_descriptors.py",
    ),
    Row(
        number=103,
        injected="synchronous calls while the process ends",
        required="ConnectionFailedError or ConfigurationError that says so",
        absent="tests/core/client/test_sync.py",
    ),
    Row(
        number=104,
        injected="an invalid retry-after, reset or date: an unknown zone, year or month, 400 digits, 1e400",
        required="no hint, or a wait of at most a month; RateLimitError",
        absent="all plugins share one function: tests/core/http/test_odd_replies.py",
    ),
    Row(
        number=105,
        injected="a status of 000, 099, 101, 600, 999; 204 or 304 without a body",
        required="ServerError for invalid statuses; never a response",
        absent="independent of the dialect: tests/core/http/test_odd_replies.py",
    ),
    Row(
        number=106,
        injected="header bytes that are not text; errors with megabytes of text or with escape sequences",
        required="U+FFFD; at most 2,000 characters of plain text",
        absent="independent of the dialect: tests/core/http/test_odd_replies.py and tests/core/spec/test_errors.py",
    ),
)
