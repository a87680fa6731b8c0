"""The matrix: what befalls a call, and what it must come to."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias

from attrs import field, frozen

from dragoman import (
    AuthenticationError,
    BadRequestError,
    ContextWindowExceededError,
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
from faults.clients import CLIENTS, Client
from faults.expected import BEGUN, TEXT, Answers, Fails, calls
from faults.walks import WALKS, Walk

Door: TypeAlias = Literal["async", "sync"]


@frozen(kw_only=True)
class Case:
    """Let a call meet faults, one for each request.

    Args:
        faults: their names, joined with ``+``.
        expect: what the call must come to.
        options: how the client is configured for it.
        modes: whether it is asked for a stream, where the faults do not say.
        only: the dialects and clients concerned; by default, all.
        hangup: whether the server must see the client hang up.

    """

    faults: str
    expect: Answers | Fails
    options: dict[str, Any] = field(factory=dict)
    modes: tuple[bool, ...] = (True, False)
    only: frozenset[str] = field(converter=frozenset, default=frozenset())
    hangup: bool = False

    def concerns(self, client: Client) -> bool:
        names = {name for name in self.faults.split("+") if _is_of_a_dialect(name)}
        spoken = names <= client.server_dialect.coded.keys() | client.server_dialect.unusual_replies.keys()
        return spoken and (not self.only or bool(self.only & {client.name, client.server_dialect.name}))

    def streamed(self) -> list[bool]:
        each = [FAULTS[name] for name in self.faults.split("+")]
        streams, replies = all(fault.streams for fault in each), all(fault.replies for fault in each)
        return [mode for mode in self.modes if (streams if mode else replies)]


@frozen(kw_only=True)
class Row:
    """Hold one row.

    Args:
        number: its number.
        injected: what befalls the call.
        required: what it must come to.
        cases: the calls that prove it.
        absent: why there are none, or where they are.
        partly: why it does not concern every plugin.
        open: why it does not hold yet.

    """

    number: int
    injected: str
    required: str
    cases: tuple[Case, ...] = ()
    absent: str = ""
    partly: str = ""
    open: str = ""

    @property
    def walks(self) -> tuple[Walk, ...]:
        return tuple(walk for walk in WALKS if walk.row == self.number)


@frozen(kw_only=True)
class Cell:
    """Hold one call: a row, a client, a door and, of a case, whether it is a stream."""

    row: Row
    client: Client
    door: Door
    what: Case | Walk
    streamed: bool = True

    def __str__(self) -> str:
        name = f"{self.what.faults}-{'stream' if self.streamed else 'whole'}" if isinstance(self.what, Case) else ""
        return f"{self.row.number}-{name or self.what.name}-{self.client.name}-{self.door}"


def cells(row: Row) -> Iterator[Cell]:
    for client in CLIENTS.values():
        doors: tuple[Door, ...] = ("async", "sync") if client.both else ("async",)
        for door in doors:
            for case in row.cases:
                for streamed in case.streamed() if case.concerns(client) else ():
                    yield Cell(row=row, client=client, door=door, what=case, streamed=streamed)
        for walk in row.walks:
            if walk.concerns(client):
                yield Cell(row=row, client=client, door=walk.door, what=walk)


def _is_of_a_dialect(name: str) -> bool:
    return any(
        name in client.server_dialect.coded or name in client.server_dialect.unusual_replies
        for client in CLIENTS.values()
    )


def _case(faults: str, expect: Answers | Fails, **fields: Any) -> Case:
    options = {name: fields.pop(name) for name in tuple(fields) if name not in {"modes", "only", "hangup"}}
    return Case(faults=faults, expect=expect, options=options, **fields)


def _sound(*names: str, **fields: Any) -> tuple[Case, ...]:
    return tuple(_case(name, Answers(), **fields) for name in names)


SOON = 0.08
CUT = Fails(kind=StreamInterruptedError, phase="mid_stream", partial=BEGUN)
BUSY = Fails(kind=OverloadedError, requests=1)
MID_ERROR = {
    "openai-chat": OverloadedError,
    "openai-responses": ServerError,
    "anthropic": OverloadedError,
    "google": OverloadedError,
}
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
FINE = Answers(text="fine")
NO_MARK = "only the chat dialect ends with a mark that is mere convention"


def _too_late(cause: type[ProviderError]) -> Fails:
    return Fails(
        kind=RequestTimeoutError,
        phase="total",
        retryable=False,
        slept=_waits(),
        holds=lambda error: type(error.__cause__) is cause and error.status == error.__cause__.status,
    )


def _backed_off(slept: list[float]) -> bool:
    return len(slept) == 1 and 0.3 < slept[0] <= 0.5


def _waits(*wanted: float) -> Any:
    return lambda slept: slept == list(wanted)


def _has_status(status: int) -> Any:
    return lambda error: error.status == status


def _counted(response: Any) -> bool:
    return (response.usage.input_tokens, response.usage.output_tokens) == (3, 2)


def _uncounted(response: Any) -> bool:
    return response.usage.input_tokens is None and response.usage.output_tokens is None


def _is_cut_call(response: Any) -> bool:
    """Tell whether a call that was cut is kept as text, and refused as arguments."""
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
    Row(number=1, injected="nothing listens", required="ConnectionFailedError, retryable"),
    Row(
        number=2,
        injected="no connection is accepted",
        required="RequestTimeoutError of the phase connect after connect_timeout",
    ),
    Row(number=3, injected="the name does not resolve", required="ConnectionFailedError that names the host"),
    Row(
        number=4,
        injected="closed before the head",
        required="one retry, then the answer",
        cases=(
            _case("close_before_head+ok", Answers(requests=2), num_retries=2),
            _case("reset_before_head+ok", Answers(requests=2), num_retries=2),
            _case("close_before_head", Fails(kind=ConnectionFailedError, requests=3, retryable=True), num_retries=2),
        ),
    ),
    Row(
        number=5,
        injected="no head ever comes",
        required="RequestTimeoutError of the phase first_byte for each try",
        cases=(
            _case(
                "hang_head",
                Fails(kind=RequestTimeoutError, phase="first_byte", requests=2, retryable=True),
                num_retries=1,
                first_byte_timeout=SOON,
                hangup=True,
            ),
        ),
    ),
    Row(
        number=6,
        injected="the head drips, faster than first_byte_timeout",
        required="RequestTimeoutError of the phase total",
        cases=(
            _case(
                "drip_head",
                Fails(kind=RequestTimeoutError, phase="total", retryable=False),
                timeout=2 * SOON,
                num_retries=2,
                hangup=True,
            ),
        ),
    ),
    Row(number=7, injected="a kept connection was closed while idle", required="a new one, and the answer"),
    Row(
        number=8,
        injected="a good head, then nothing",
        required="RequestTimeoutError of the phase idle; nothing was delivered, so it may be tried again",
        cases=(
            _case(
                "silent_body",
                Fails(kind=RequestTimeoutError, phase="idle", requests=2),
                num_retries=1,
                idle_timeout=SOON,
                hangup=True,
            ),
        ),
    ),
    Row(
        number=9,
        injected="silence after some events",
        required="RequestTimeoutError of the phase idle, with what arrived; not tried again",
        cases=(
            _case(
                "stall",
                Fails(kind=RequestTimeoutError, phase="idle", partial=BEGUN),
                num_retries=2,
                idle_timeout=SOON,
                hangup=True,
            ),
        ),
    ),
    Row(
        number=10,
        injected="comments without end",
        required="RequestTimeoutError of the phase total, with what arrived",
        cases=(
            _case(
                "ping_forever",
                Fails(kind=RequestTimeoutError, phase="total", partial=BEGUN),
                num_retries=2,
                timeout=2 * SOON,
                hangup=True,
            ),
        ),
    ),
    Row(
        number=11,
        injected="the connection is lost in the middle of a stream",
        required="StreamInterruptedError with what arrived; the connection serves no more",
        cases=(
            _case("trunc_reset", CUT, num_retries=2, modes=(True,)),
            _case("trunc_close", CUT, num_retries=2, modes=(True,)),
        ),
    ),
    Row(
        number=12,
        injected="a polite end without the terminal signal",
        required="StreamInterruptedError with what arrived, never an answer",
        cases=(_case("trunc_clean", CUT, num_retries=2),),
    ),
    Row(
        number=13,
        injected="a polite end within an event",
        required="StreamInterruptedError; half an event is not delivered",
        cases=(_case("trunc_mid_event", CUT, num_retries=2),),
    ),
    Row(
        number=14,
        injected="the last blank line, or the last line end, is missing",
        required="the answer",
        cases=_sound("no_last_blank", "no_last_line_end"),
    ),
    Row(
        number=15,
        injected="a reason to end, but no mark after it",
        required="the answer",
        cases=_sound("no_done", only={"openai-chat"}),
        partly=NO_MARK,
    ),
    Row(
        number=16,
        injected="an end without a reason for it",
        required="StreamInterruptedError with what arrived",
        cases=(
            _case(
                "no_finish_reason", Fails(kind=StreamInterruptedError, phase="mid_stream", partial=TEXT), num_retries=2
            ),
        ),
    ),
    Row(
        number=17,
        injected="200 and an empty stream",
        required="StreamInterruptedError, tried again",
        cases=(
            _case("empty_stream", Fails(kind=StreamInterruptedError, phase="first_byte", retryable=True)),
            _case("empty_stream+ok", Answers(requests=2), num_retries=2, modes=(True,)),
        ),
    ),
    Row(
        number=18,
        injected="200 and a page of HTML in place of a stream",
        required="ProtocolError with at most 500 characters of the page",
        cases=(_case("html_200", Fails(kind=ProtocolError, says="text/html"), modes=(True,)),),
    ),
    Row(
        number=19,
        injected="200 and the body of an error in place of a stream",
        required="the error that it reports",
        cases=(_case("json_error_200", BUSY, modes=(True,)),),
    ),
    Row(
        number=20,
        injected="a whole reply in place of a stream",
        required="the answer",
        cases=(
            *_sound("json_200", modes=(True,)),
            _case("terminal_alone", FINE, modes=(True,)),
        ),
    ),
    Row(
        number=21,
        injected="an error event after some events",
        required="the error that it reports, with what arrived; not tried again",
        cases=(_case("mid_error", Fails(kind=MID_ERROR, partial=BEGUN), num_retries=2),),
    ),
    Row(
        number=22,
        injected="an error as the first event",
        required="the error that it reports, tried again",
        cases=(_case("mid_error_first", Fails(kind=MID_ERROR, requests=3), num_retries=2),),
    ),
    Row(
        number=23,
        injected="an error event whose data is no JSON",
        required="ProviderError with the text",
        cases=(_case("mid_error_named_only", Fails(kind=ProviderError, partial=BEGUN, says="the engine is on fire")),),
    ),
    Row(
        number=24,
        injected="response.failed and response.incomplete",
        required="the error that it reports; the reason for the end",
        cases=(
            _case("failed", Fails(kind=ServerError, partial="fine", says="on fire")),
            _case("too_long", Answers(text="fine", finish="length"), only={"openai-responses"}),
        ),
        partly="events of the Responses API",
    ),
    Row(
        number=25,
        injected="broken JSON in an event",
        required="ProtocolError with what arrived; no event is skipped",
        cases=(_case("bad_json", Fails(kind=ProtocolError, partial=BEGUN, says="JSON"), num_retries=2),),
    ),
    Row(
        number=26,
        injected="JSON of another shape in an event",
        required="ProtocolError with what arrived",
        cases=tuple(
            _case(f"shape_{shape}", Fails(kind=ProtocolError, partial=BEGUN)) for shape in ("list", "null", "number")
        ),
    ),
    Row(
        number=27,
        injected="events and members that nobody knows",
        required="the answer",
        cases=_sound("unknown_event"),
    ),
    Row(
        number=28,
        injected="text after the terminal signal",
        required="the answer as it was before",
        cases=_sound("after_done"),
    ),
    Row(number=29, injected="one byte at a time", required="the answer", cases=_sound("bytewise")),
    Row(
        number=30, injected="CRLF, CR and LF apart, CR", required="the answer", cases=_sound("crlf", "crlf_split", "cr")
    ),
    Row(number=31, injected="a byte order mark", required="the answer", cases=_sound("bom")),
    Row(number=32, injected="comments, ids and retry times", required="the answer", cases=_sound("comments")),
    Row(
        number=33,
        injected="no space after the colon, several data lines",
        required="the answer",
        cases=_sound("no_space", "multiline_data"),
    ),
    Row(
        number=34,
        injected="U+2028, U+2029, U+0085, U+000B in texts",
        required="the very text",
        cases=(_case("line_seps", Answers(text="a\u2028b\u2029c\u0085d\x0be\x0c")),),
    ),
    Row(number=35, injected="another encoding in the header", required="UTF-8", cases=_sound("latin1_header")),
    Row(
        number=36,
        injected="a character cut in two",
        required="the very text",
        cases=_sound("split_characters"),
    ),
    Row(
        number=37,
        injected="bytes that are no UTF-8",
        required="ProtocolError with what arrived",
        cases=(_case("bad_utf8", Fails(kind=ProtocolError, partial=BEGUN)),),
    ),
    Row(
        number=38,
        injected="half a surrogate pair",
        required="U+FFFD in its place",
        cases=(_case("lone_surrogate", Answers(text="half\ufffd")),),
    ),
    Row(
        number=39,
        injected="an event of 5 MiB",
        required="the answer",
        cases=(_case("big_event", Answers(text="y" * 5 * 1024 * 1024)),),
    ),
    Row(
        number=40,
        injected="a line without end",
        required="ResponseTooLargeError at 16 MiB",
        cases=(_case("endless_line", Fails(kind=ResponseTooLargeError), hangup=True),),
    ),
    Row(
        number=41,
        injected="a compressed reply of 80 MiB",
        required="ResponseTooLargeError before it is unpacked whole",
        cases=(_case("gzip_bomb", Fails(kind=ResponseTooLargeError)),),
    ),
    Row(
        number=42,
        injected="a length longer or shorter than the body",
        required="ProtocolError",
        cases=(
            _case("length_long", Fails(kind=ProtocolError)),
            _case("length_short", Fails(kind=ProtocolError)),
            _case("trunc_reset", Fails(kind=ProtocolError), modes=(False,)),
            _case("trunc_close", Fails(kind=ProtocolError), modes=(False,)),
        ),
    ),
    Row(
        number=43,
        injected="200 and HTML, nothing, half a JSON text, an error, brackets without end",
        required="ProtocolError, or the error that it reports",
        cases=(
            *(
                _case(name, Fails(kind=ProtocolError), modes=(False,))
                for name in ("html_200", "empty_200", "half_json_200")
            ),
            _case("deep_200", Fails(kind=ProtocolError)),
            _case("json_error_200", BUSY, modes=(False,)),
        ),
    ),
    Row(
        number=44,
        injected="200 and a reply without an answer",
        required="ProtocolError",
        cases=tuple(_case(name, Fails(kind=ProtocolError)) for name in ("null_200", "list_200", "hollow_200")),
    ),
    Row(
        number=45,
        injected="a blocked prompt, a refusal, a filtered answer",
        required="the reason for the end; not tried again",
        cases=(_case("blocked", Answers(text="", finish=frozenset({"content_filter", "refusal"})), num_retries=2),),
    ),
    Row(
        number=46,
        injected="400, 404, 413, 422",
        required="BadRequestError, NotFoundError; one request",
        cases=tuple(
            _case(f"status_{status}", Fails(kind=kind, holds=_has_status(status)), num_retries=2)
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
        cases=(_case("context_overflow", Fails(kind=ContextWindowExceededError), num_retries=2),),
    ),
    Row(
        number=48,
        injected="401, 403, a proxy without its database",
        required="AuthenticationError, PermissionDeniedError; one request",
        cases=(
            _case("status_401", Fails(kind=AuthenticationError), num_retries=2),
            _case("status_403", Fails(kind=PermissionDeniedError), num_retries=2),
            _case("no_db_connection", Fails(kind=AuthenticationError), num_retries=2, only={"litellm_proxy"}),
        ),
    ),
    Row(
        number=49,
        injected="408, 409, 429, 500, 502, 503, 504, 529",
        required="tried again as often as allowed, then the error with every attempt",
        cases=(
            *(
                _case(f"status_{status}", Fails(kind=kind, requests=3, retryable=True), num_retries=2)
                for status, kind in STATUS_ERRORS.items()
            ),
            _case("status_500+status_500+ok", Answers(requests=3), num_retries=2),
        ),
    ),
    Row(
        number=50,
        injected="a spent budget",
        required="QuotaExceededError; one request",
        cases=(_case("insufficient_quota", Fails(kind=QuotaExceededError), num_retries=2),),
    ),
    Row(
        number=51,
        injected="retry-after of 1, 0.2, a date; retry-after-ms; RetryInfo",
        required="exactly that wait",
        cases=(
            _case("retry_after_1+ok", Answers(requests=2, slept=_waits(1.0)), num_retries=2),
            _case("retry_after_fraction+ok", Answers(requests=2, slept=_waits(0.2)), num_retries=2),
            _case("retry_after_ms+ok", Answers(requests=2, slept=_waits(0.03)), num_retries=2),
            _case(
                "retry_after_date+ok",
                Answers(requests=2, slept=lambda slept: 20 < slept[0] <= 30),
                num_retries=2,
                timeout=60,
            ),
            _case("retry_info+ok", Answers(requests=2, slept=_waits(7.0)), num_retries=2),
        ),
    ),
    Row(
        number=52,
        injected="retry-after of 3600, inf, -5, nan, junk, a date that is past",
        required="the error at once with the wait it names; for nonsense, the usual backoff",
        cases=(
            _case(
                "retry_after_3600",
                Fails(kind=RateLimitError, slept=_waits(), holds=lambda error: error.retry_after == 3600),
                num_retries=2,
            ),
            *(
                _case(f"retry_after_{name}+ok", Answers(requests=2, slept=_backed_off), num_retries=2)
                for name in ("inf", "negative", "nan", "junk", "past")
            ),
        ),
    ),
    Row(
        number=53,
        injected="x-should-retry",
        required="obeyed",
        cases=(
            _case("should_retry_true+ok", Answers(requests=2), num_retries=2),
            _case("should_retry_false", Fails(kind=OverloadedError), num_retries=2),
        ),
    ),
    Row(
        number=54,
        injected="503 to every request of many calls",
        required="a budget, shared by all calls to an endpoint, that holds back retries",
    ),
    Row(
        number=55,
        injected="retries of one call",
        required="the same bytes and idempotency key each time; the number of the retry",
    ),
    Row(
        number=56,
        injected="a failure after the first text",
        required="no second request",
        cases=(
            _case("trunc_reset+ok", CUT, num_retries=2, modes=(True,)),
            _case("mid_error+ok", Fails(kind=MID_ERROR, partial=BEGUN), num_retries=2),
        ),
    ),
    Row(
        number=57,
        injected="a failure before the first text",
        required="tried again; one answer",
        cases=(_case("mid_error_first+ok", Answers(requests=2), num_retries=2),),
    ),
    Row(
        number=58,
        injected="a deadline shorter than the next wait",
        required="RequestTimeoutError at once, from the error before it, without a sleep past the deadline",
        cases=(
            _case("retry_after_30", _too_late(RateLimitError), num_retries=2, timeout=10),
            _case("status_503", _too_late(OverloadedError), num_retries=2, timeout=0.3),
        ),
    ),
    Row(number=59, injected="the consumer breaks out", required="a hang-up within a second; the next call works"),
    Row(
        number=60,
        injected="a generator is dropped",
        required="closed; the next call works after 150",
        partly="a thousand of each kind, also of streams that nobody leaves, in "
        "tests/core/http/transport/test_abandoned.py",
    ),
    Row(
        number=61,
        injected="a task is cancelled: connecting, awaiting the head, in the stream, between tries",
        required="CancelledError, a hang-up, and the next call works",
        partly="two hundred waves in each state in tests/core/http/transport/test_cancelled.py",
    ),
    Row(
        number=62,
        injected="asyncio.timeout",
        required="TimeoutError, a hang-up",
        partly="scopes and task groups of anyio in tests/core/http/transport/test_cancelled.py; under "
        "Trio, an error that says "
        "what to do, in tests/core/http/transport/test_other_loops.py",
    ),
    Row(number=63, injected="the consumer raises", required="that very error, a hang-up"),
    Row(number=64, injected="an interrupt of a stream without await", required="KeyboardInterrupt, a hang-up"),
    Row(
        number=65,
        injected="one object in several event loops and threads",
        required="an answer each",
        partly="at the same time, in forked processes and with streams in "
        "tests/core/http/transport/test_other_loops.py",
    ),
    Row(number=66, injected="closed while a stream is open", required="the stream ends with a typed error"),
    Row(
        number=67,
        injected="calls of tools in fragments that interleave",
        required="whole calls in order",
        cases=(_case("tools_interleaved", Answers(text="", finish="tool_calls", holds=BOTH_CITIES)),),
    ),
    Row(
        number=68,
        injected="fragments of calls without places, or all of one place",
        required="calls kept apart by their ids",
        cases=tuple(
            _case(name, Answers(text="", finish="tool_calls", holds=BOTH_CITIES))
            for name in ("tools_unnumbered", "tools_all_first")
        ),
        partly="only fragments of the chat dialect have places that servers leave out",
    ),
    Row(
        number=69,
        injected="a call without arguments",
        required="an empty object",
        cases=(_case("tool_without_arguments", Answers(text="", finish="tool_calls", holds=calls(("clock", {})))),),
    ),
    Row(
        number=70,
        injected="a call cut by the limit of tokens",
        required="not to be run: the reason for the end is length, and its arguments do not parse",
        cases=(_case("tool_cut", Answers(text="", finish="length", holds=_is_cut_call)),),
        partly="Gemini sends a call whole or not at all",
    ),
    Row(
        number=71,
        injected="a block opened before another is closed",
        required="told apart by their places",
        absent="is row 67 of Anthropic",
    ),
    Row(
        number=72,
        injected="a delta for what never began; a second stop",
        required="ProtocolError; nothing",
        cases=(
            _case("delta_unopened", Fails(kind=ProtocolError, partial="fine"), modes=(True,)),
            _case("stop_twice", FINE, modes=(True,)),
        ),
        partly="only the blocks of Anthropic are opened and closed",
    ),
    Row(
        number=73,
        injected="several choices, interleaved",
        required="the first is the answer, the others are kept as metadata",
        absent="recorded streams with n=2 are judged in tests/replay",
    ),
    Row(
        number=74,
        injected="usage absent, last, growing",
        required="the totals, never summed twice; None if not reported",
        cases=(
            _case("usage_absent", Answers(text="fine", holds=_uncounted)),
            _case("usage_last", Answers(text="fine", holds=_counted)),
            _case("usage_growing", Answers(text="fine", holds=_counted)),
        ),
    ),
    Row(number=75, injected="null where a value belongs", required="the answer", cases=(_case("nulls", FINE),)),
    Row(
        number=76,
        injected="an error whose code is a number or null, which is a text, or a detail",
        required="NotFoundError with its words",
        cases=tuple(
            _case(name, Fails(kind=NotFoundError, says="no such model"))
            for name in ("error_code_number", "error_text", "error_detail")
        ),
    ),
    Row(
        number=77,
        injected="an error in the shape of another vendor",
        required="OverloadedError with its words",
        cases=(_case("error_foreign", Fails(kind=OverloadedError, says="busy")),),
    ),
    Row(
        number=78,
        injected="a redirect: 301, 302, 303, 307, 308; to another origin, the same, itself",
        required="RedirectError with the target, which is not asked",
        cases=tuple(
            _case(f"redirect_{each}", Fails(kind=RedirectError, says="http://"), num_retries=2)
            for each in (301, 302, 303, 307, 308, "same", "loop")
        ),
    ),
    Row(
        number=79,
        injected="a proxy that refuses, wants a password, cuts the tunnel",
        required="ConnectionFailedError; no key in it",
    ),
    Row(
        number=80,
        injected="a certificate that nobody signed",
        required="ConnectionFailedError, not retryable, that points to the trust store",
    ),
    Row(
        number=81,
        injected="the clock of the machine jumps",
        required="no effect",
        absent="every wait goes by a monotonic clock, which tests/core/client/test_retry.py replaces",
    ),
    Row(
        number=82,
        injected="300 streams at once over 100 connections",
        required="an answer each",
        partly="a thousand, and what waiting for a connection counts as, in "
        "tests/core/http/transport/test_many_streams.py",
    ),
    Row(
        number=83,
        injected="a plugin raises, returns another type, claims a taken name",
        required="PluginError that names the distribution",
        absent="has no wire; see tests/core/client/test_binding.py and tests/core/plugins/test_registry.py",
    ),
    Row(
        number=84,
        injected="a hook yields after it was closed",
        required="PluginError",
        absent="a hook that is a generator is refused when it is registered: see tests/core/plugins/test_registry.py",
    ),
    Row(
        number=85,
        injected="something that nobody asked for, behind a reply or while the connection is idle: a whole reply, part "
        "of one, an interim one, bytes that are no HTTP",
        required="the next caller gets the answer to the own question, on another connection",
        absent="takes two calls of every plugin, each followed by every kind: "
        "tests/core/http/transport/test_connection.py",
    ),
    Row(
        number=86,
        injected="a server that closes each connection after its reply, unannounced",
        required="an answer each, without a retry and without a wait",
        absent="takes many calls in a row: tests/core/http/transport/test_connection.py",
        partly="below TLS, one that is closed in the moment of the next request counts as a retry, without a wait",
    ),
    Row(
        number=87,
        injected="a reply cut at any of its bytes, politely and by a reset",
        required="an error that holds no more than arrived; the next call is right",
        absent="takes some thousand calls: tests/core/http/transport/test_every_moment.py",
    ),
    Row(
        number=88,
        injected="a call cancelled after any number of steps, on a fresh and on a kept connection",
        required="nothing is left behind; the next call is right",
        absent="takes some thousand calls: tests/core/http/transport/test_every_moment.py",
    ),
    Row(
        number=89,
        injected="objects of one request each that nobody closes, in many tasks, loops and threads",
        required="an answer each; those who tidy up do it once, and fail nobody",
        absent="takes many calls at once: tests/core/http/transport/test_every_moment.py",
    ),
    Row(
        number=90,
        injected="a small compressed reply that unpacks to less than the limit",
        required="ResponseTooLargeError once it has grown to more than 1 MiB and 128 times its size",
        absent="is a matter of the transport: tests/core/http/transport/test_transport.py",
    ),
    Row(
        number=91,
        injected="a reply that repeats anything it may repeat many times: calls, annotations, choices, items, usage",
        required="work that is linear in bytes",
        absent="counts operations for every dialect: tests/properties/test_growth.py",
    ),
    Row(
        number=92,
        injected="a small piece of a reply that holds thousands of events",
        required="the loop turns every 64 KiB, so that the deadline, a cancellation and other tasks get through",
        absent="needs a clock of its own: tests/core/http/test_reading.py",
    ),
    Row(
        number=93,
        injected="a reply below the limit of bytes that would take gigabytes as objects: empty objects, lists of parts",
        required="ResponseTooLargeError before they are made",
        absent="needs no wire: tests/core/http/test_wire.py",
    ),
    Row(
        number=94,
        injected="a limit in seconds, a setting or a policy of retries that is not finite, no number, or out of range",
        required="ConfigurationError or InvalidRequestError before anything is sent",
        absent="befalls no reply; see tests/core/test_wrong_input.py",
    ),
    Row(
        number=95,
        injected="a number that is not finite anywhere in a body",
        required="InvalidRequestError with the path of the number",
        absent="befalls no reply; see tests/core/http/test_wire.py",
    ),
    Row(
        number=96,
        injected="the configuration changes with every call",
        required="one binding stays open; what was replaced is closed after its last call or stream",
        absent="befalls no reply; see tests/core/client/test_lifetime.py",
    ),
    Row(
        number=97,
        injected="a value given before is changed in place between two calls",
        required="the second request says what it is now",
        absent="befalls no reply; see tests/plugins/test_changed_values.py",
    ),
    Row(
        number=98,
        injected="anything else where a text, a mapping, a message or a tool belongs; a value that holds itself",
        required="InvalidRequestError or ConfigurationError, never a foreign error",
        absent="befalls no reply; see tests/core/test_wrong_input.py",
    ),
    Row(
        number=99,
        injected="an LLM is closed under its calls, or while one waits for the next try",
        required="ConnectionFailedError at once; later calls open new connections",
        absent="befalls no reply; see tests/core/client/test_lifetime.py",
    ),
    Row(
        number=100,
        injected="two tasks read one stream",
        required="ConfigurationError for the second, the first goes on",
        absent="befalls no reply; see tests/core/client/test_stream.py",
    ),
    Row(
        number=101,
        injected="an LLM is copied or pickled",
        required="another LLM with the same configuration; one with a key is not pickled",
        absent="befalls no reply; see tests/core/client/test_lifetime.py",
    ),
    Row(
        number=102,
        injected="a process has no file descriptors left when something is imported",
        required="ConnectionFailedError that says so; the next call is answered once some are free",
        absent="befalls no reply; see tests/core/plugins/test_descriptors.py",
    ),
    Row(
        number=103,
        injected="calls without await while the process ends",
        required="ConnectionFailedError or ConfigurationError that says so",
        absent="befalls no reply; see tests/core/client/test_sync.py",
    ),
    Row(
        number=104,
        injected="retry-after, a reset or a date that no clock shows: another zone, year or month, 400 digits, 1e400",
        required="no hint, or a wait of at most a month; RateLimitError",
        absent="read by one function for all plugins: see tests/core/http/test_odd_replies.py",
    ),
    Row(
        number=105,
        injected="a status of 000, 099, 101, 600, 999; 204 or 304 without a body",
        required="ServerError for what is no status of HTTP; never an answer",
        absent="has no dialect; see tests/core/http/test_odd_replies.py",
    ),
    Row(
        number=106,
        injected="bytes in headers that are no text; errors of megabytes or full of escapes",
        required="U+FFFD; at most 2,000 characters of plain text",
        absent="has no dialect; see tests/core/http/test_odd_replies.py and tests/core/spec/test_errors.py",
    ),
)
