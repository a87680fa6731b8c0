"""What befalls the libraries that are compared, and what is right in answer to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import attrs

from dragoman.testing.faults import CHAT, GEMINI, MESSAGES, TEXTS
from dragoman.testing.faults.fault import FaultContext, fault
from dragoman.testing.reply import Reply

if TYPE_CHECKING:
    from dragoman.testing.reply import Received, Script

TEXT = "".join(TEXTS)
LINE_BYTES = 64 * 1024 * 1024
LINES = "a\u2028b\u2029c\u0085d\x0be\x0c"
KEY = "sk-of-the-comparison-7d1f"


def _dated(event: bytes) -> bytes:
    return event.replace(b'"object"', b'"created": 1, "object"')


DATED = attrs.evolve(
    CHAT,
    opening=tuple(map(_dated, CHAT.opening)),
    speak=lambda text: _dated(CHAT.speak(text)),
    closing=lambda text: tuple(map(_dated, CHAT.closing(text))),
    whole=lambda text: {"created": 1, **CHAT.whole(text)},
)
"""The chat dialect with the date of each answer, which OpenAI sends and any-llm does not do without."""
SERVER_DIALECTS = (DATED, MESSAGES, GEMINI)


@fault(replies=False)
def long_line(_: FaultContext) -> Script:
    """Send 64 MiB without the end of a line, then end politely."""
    return Reply.sse(b"data: " + b"x" * LINE_BYTES)


@fault(replies=False)
def mark_before_text(context: FaultContext) -> Script:
    """Begin with a byte order mark, and with text where the dialect lets an answer begin so."""
    events = context.server_dialect.stream()
    begun = len(context.server_dialect.opening) if context.server_dialect.name == CHAT.name else 0
    return Reply.sse(b"\xef\xbb\xbf" + b"".join(events[begun:]))


@fault()
def redirect_on(context: FaultContext) -> Script:
    """Redirect to the same path of a sound server at another origin."""
    port = context.request.headers["host"].rpartition(":")[2]
    path = context.request.path.replace("/redirect_on/", "/ok/")
    return Reply(status=307, headers={"location": f"http://localhost:{port}{path}"})


@dataclass(kw_only=True)
class Seen:
    """Hold what came of one meeting.

    Args:
        reported: what the library's process said last.
        ended: whether it ended by itself.
        requests: what the server received of it.
        hung_up_at: when the server saw it hang up, on the monotonic clock.

    """

    reported: dict[str, Any]
    ended: bool
    requests: list[Received]
    hung_up_at: float | None

    @property
    def raised(self) -> str | None:
        return self.reported.get("raised")

    @property
    def error(self) -> str:
        """Return the error in a word: only the library's own are right."""
        return "ok" if self.reported["own"] else f"raw `{self.raised}`"


Judge = Callable[[Seen], str]


def _waiting(seen: Seen) -> str | None:
    return None if seen.ended else "**hang**"


def fails(seen: Seen) -> str:
    """Want an error of the library's own."""
    if waiting := _waiting(seen):
        return waiting
    if seen.raised:
        return seen.error
    reason = seen.reported["finish"]
    return f"**S**, `{reason.rpartition('.')[2].lower()}`" if reason else "**S**"


def fails_in_time(seen: Seen) -> str:
    """Want such an error, and say when it came."""
    verdict = fails(seen)
    return f"{verdict} {seen.reported['seconds']:.0f} s" if seen.raised else verdict


def fails_small(seen: Seen) -> str:
    """Want such an error, and say what it took."""
    verdict = fails(seen)
    return f"{verdict}, {seen.reported['grown'] / 1e6:.0f} MB, {seen.reported['busy']:.1f} s"


def answers(seen: Seen, *texts: str) -> str:
    """Want the text as it was sent."""
    if waiting := _waiting(seen):
        return waiting
    if seen.raised:
        return f"error `{seen.raised}`" if seen.reported["own"] else seen.error
    text = seen.reported["text"]
    if text in (texts or (TEXT,)):
        return "ok"
    wanted = (texts or (TEXT,))[0]
    return "**S**, appended" if text.startswith(wanted) else "**S**, text lost"


def answers_or_fails(seen: Seen) -> str:
    """Want the text with replacement characters, or an error of the library's own."""
    if seen.raised and seen.ended:
        return seen.error
    begun, rest = "".join(TEXTS[:2]), "".join(TEXTS[2:])
    return answers(seen, *(begun + "b" + "\ufffd" * number + "d" + rest for number in (1, 2)))


def hangs_up(seen: Seen) -> str:
    """Want the server to see it within a second."""
    if seen.reported.get("message") == "no block":
        return "no block"
    if seen.reported["broke_at"] is None:
        return seen.error if seen.raised else "**hang**"
    at = seen.hung_up_at
    return "ok" if at is not None and at - seen.reported["broke_at"] < 1 else "**stays open**"


def keeps_key(seen: Seen) -> str:
    """Want no key to be sent to where a redirect leads."""
    away = [each for each in seen.requests if each.headers.get("host", "").startswith("localhost")]
    if any(KEY in value for each in away for _, value in each.raw_headers) or any(KEY in each.path for each in away):
        return "**key sent on**"
    return "key stripped" if away else ("ok, not followed" if seen.reported.get("own") else seen.error)


def hides_key(seen: Seen) -> str:
    """Want no key in a traceback."""
    if seen.reported.get("leaked"):
        return "**key shown**"
    return answers(seen) if not seen.raised else seen.error


def gives_up(seen: Seen) -> str:
    """Want the error at once."""
    return f"{'**waits**' if not seen.ended else seen.error} ({len(seen.requests)})"


def counts(seen: Seen) -> str:
    """Say how often it asked again, and whether the server could tell."""
    named = any("idempotency" in name.lower() for each in seen.requests for name, _ in each.raw_headers)
    return f"{len(seen.requests) - 1}{', idempotency key' if named else ''}"


def states(seen: Seen) -> str:
    """Say what the library states."""
    if seen.raised:
        return seen.error
    words = str(seen.reported["timeout"]).replace("Timeouts(", "").replace("Timeout(", "").strip("()")
    pairs = [word.strip().partition("=") for word in words.split(",")]
    return ", ".join(f"{name} {value.replace('None', '-')}" for name, _, value in pairs)


@dataclass(kw_only=True)
class Row:
    """Name one thing that befalls a library.

    Args:
        what: what happens.
        fault: the fault's name.
        how: how the library is called.
        judge: says what to think of what came of it.
        wish: what else it is reported.
        limit: when it is given up, in seconds after its process began to ask.

    """

    what: str
    fault: str
    judge: Judge = fails
    how: Literal["stream", "call", "loop", "block", "timeout"] = "stream"
    wish: dict[str, Any] = field(default_factory=lambda: {"retries": 0})
    limit: float = 15


ROWS = [
    Row(what="a sound stream", fault="ok", judge=answers),
    Row(what="a sound reply", fault="ok", judge=answers, how="call"),
    Row(what="stream ends politely before any finish reason", fault="trunc_clean"),
    Row(what="200, an empty stream", fault="empty_stream"),
    Row(what="200 with `text/html` to a stream", fault="html_200"),
    Row(what="200 with a JSON error to a stream", fault="json_error_200"),
    Row(what="connection lost in the stream", fault="trunc_reset"),
    Row(
        what="silence in the stream, timeout 1 s", fault="stall", judge=fails_in_time, wish={"timeout": 1, "retries": 0}
    ),
    Row(
        what="comments and no content for 5 s, timeout 1 s",
        fault="ping_forever",
        judge=fails_in_time,
        wish={"timeout": 1, "retries": 0},
        limit=5,
    ),
    Row(what="error event in the stream", fault="mid_error"),
    Row(what="`event: error` whose data is not JSON", fault="mid_error_named_only"),
    Row(what="broken JSON in one event", fault="bad_json"),
    Row(what="invalid UTF-8", fault="bad_utf8", judge=answers_or_fails),
    Row(what="U+2028, U+2029, U+0085 within the text", fault="line_seps", judge=lambda seen: answers(seen, LINES)),
    Row(what="byte order mark", fault="mark_before_text", judge=answers),
    Row(what="comments, `retry:` and `id:` between events", fault="comments", judge=answers),
    Row(what="events after the final one", fault="after_done", judge=answers),
    Row(what="whole reply: 200 with HTML", fault="html_200", how="call"),
    Row(what="whole reply: 200 with a JSON error", fault="json_error_200", how="call"),
    Row(what="64 MiB without the end of a line", fault="long_line", judge=fails_small, limit=90),
    Row(what="consumer breaks out of a plain loop, stream kept", fault="stall", how="loop", judge=hangs_up),
    Row(what="consumer breaks out within `async with`", fault="stall", how="block", judge=hangs_up),
    Row(what="307 to another origin", fault="redirect_on", how="call", judge=keeps_key),
    Row(
        what="key that ends in a newline",
        fault="ok",
        how="call",
        judge=hides_key,
        wish={"key": f"{KEY}\n", "retries": 0},
    ),
    Row(what="429 with `Retry-After: 3600` (requests)", fault="retry_after_3600", how="call", judge=gives_up, wish={}),
    Row(what="tries again after a 500, by default", fault="status_500", how="call", judge=counts, wish={}, limit=60),
    Row(what="timeout by default, s", fault="ok", how="timeout", judge=states, wish={}),
]
