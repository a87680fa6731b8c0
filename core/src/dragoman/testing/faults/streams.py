"""Faults of what a stream says, and sound streams in unusual dress."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from dragoman.testing.faults.fault import Asked, Maker, fault
from dragoman.testing.faults.server_dialect import TEXTS, Events, event
from dragoman.testing.reply import EVENT_STREAM, Reply, Script

__all__: list[str] = []


def _streamed(make: Callable[[Asked], Events | bytes], /, **attributes: object) -> Maker:
    """Return what makes a stream of the bytes that *make* returns."""

    def script(asked: Asked) -> Script:
        made = make(asked)
        body = made if isinstance(made, bytes) else b"".join(made)
        return Reply.sse(body, **attributes)

    return script


def _stream(summary: str, name: str, make: Callable[[Asked], Events | bytes], **attributes: object) -> None:
    """Enter a fault of streams."""
    maker = _streamed(make, **attributes)
    maker.__doc__ = summary
    fault(name=name, replies=False)(maker)


def _whole(asked: Asked) -> bytes:
    return b"".join(asked.server_dialect.stream())


def _after_two(asked: Asked, *events: bytes) -> Events:
    """Return two texts, *events*, and the rest of a sound answer."""
    server_dialect = asked.server_dialect
    rest = (*map(server_dialect.speak, TEXTS[2:]), *server_dialect.closing("".join(TEXTS)))
    return (*server_dialect.begun(*TEXTS[:2]), *events, *rest, *((server_dialect.mark,) if server_dialect.mark else ()))


def _in_lines(data: bytes) -> bytes:
    """Return the events with their JSON spread over several ``data`` lines."""
    lines: list[bytes] = []
    for line in data.split(b"\n"):
        text = line.removeprefix(b"data: ")
        if text is line or not text.startswith(b"{"):
            lines.append(line)
        else:
            spread = json.dumps(json.loads(text), indent=1, ensure_ascii=False)
            lines += [b"data: " + each.encode() for each in spread.split("\n")]
    return b"\n".join(lines)


def _commented(events: Iterable[bytes]) -> Events:
    return tuple(each for one in events for each in (b": alive\n\n", b"retry: 3000\n\n", b"id: 7\n\n", one))


_stream("End without the last blank line.", "no_last_blank", lambda asked: _whole(asked)[:-1])
_stream(
    "End right after the terminal signal, without any line end.",
    "no_last_line_end",
    lambda asked: b"".join(asked.server_dialect.ended())[:-2],
)
_stream("Leave out the mark after the terminal signal.", "no_done", lambda asked: asked.server_dialect.ended())
_stream(
    "End an answer without saying why it ended.",
    "no_finish_reason",
    lambda asked: (*asked.server_dialect.begun(), *asked.server_dialect.unfinished),
)
_stream("Send a stream without any event.", "empty_stream", lambda _: b"")
_stream(
    "Report an error after some events.",
    "mid_error",
    lambda asked: (
        *asked.server_dialect.begun(*TEXTS[:2]),
        asked.server_dialect.failing,
        *asked.server_dialect.closing("".join(TEXTS)),
    ),
)
_stream("Report an error as the first event.", "mid_error_first", lambda asked: asked.server_dialect.failing)
_stream(
    "Report an error whose data is no JSON.",
    "mid_error_named_only",
    lambda asked: (*asked.server_dialect.begun(*TEXTS[:2]), event("the engine is on fire", "error")),
)
_stream("Break the JSON of one event.", "bad_json", lambda asked: _after_two(asked, b'data: {"choices": [{\n\n'))
_stream("Send a list where an object belongs.", "shape_list", lambda asked: _after_two(asked, event([1])))
_stream("Send null where an object belongs.", "shape_null", lambda asked: _after_two(asked, event(None)))
_stream("Send a number where an object belongs.", "shape_number", lambda asked: _after_two(asked, event(7)))
_stream(
    "Send events and members that nobody knows.",
    "unknown_event",
    lambda asked: _after_two(asked, *asked.server_dialect.unknown),
)
_stream(
    "Send more text after the terminal signal.",
    "after_done",
    lambda asked: (
        *asked.server_dialect.stream(),
        asked.server_dialect.speak("MORE"),
        *asked.server_dialect.stream("MORE"),
    ),
)
_stream("Send one byte at a time.", "bytewise", _whole, framing="bytewise")
_stream("End lines with CRLF.", "crlf", lambda asked: _whole(asked).replace(b"\n", b"\r\n"))
_stream("End lines with a lone CR.", "cr", lambda asked: _whole(asked).replace(b"\n", b"\r"))
_stream("Begin with a byte order mark.", "bom", lambda asked: b"\xef\xbb\xbf" + _whole(asked))
_stream("Mix in comments, ids and retry times.", "comments", lambda asked: _commented(asked.server_dialect.stream()))
_stream("Leave out the space after the colon.", "no_space", lambda asked: _whole(asked).replace(b"data: ", b"data:"))
_stream("Spread JSON over several data lines.", "multiline_data", lambda asked: _in_lines(_whole(asked)))
_stream(
    "Say what some take for line ends within a text.",
    "line_seps",
    lambda asked: asked.server_dialect.stream("a\u2028b", "\u2029c\u0085", "d\x0be\x0c"),
)
_stream(
    "Claim another encoding than UTF-8.",
    "latin1_header",
    _whole,
    headers={"content-type": f"{EVENT_STREAM}; charset=iso-8859-1"},
)
_stream(
    "Send bytes that are no UTF-8.",
    "bad_utf8",
    lambda asked: _after_two(asked, asked.server_dialect.speak("bad").replace(b"bad", b"b\xff\xfed")),
)
_stream(
    "Send half a surrogate pair as an escape.",
    "lone_surrogate",
    lambda asked: b"".join(asked.server_dialect.stream("half", "HALF")).replace(b"HALF", b"\\ud83d"),
)


@fault(replies=False)
def crlf_split(asked: Asked) -> Script:
    """Cut between the CR and the LF of every line end."""
    pieces = _whole(asked).replace(b"\n", b"\r\0\n").split(b"\0")
    return Reply.sse(*pieces)


@fault(replies=False)
def split_characters(asked: Asked) -> Script:
    """Cut within every character of several bytes."""
    pieces = [bytes([each]) if each > 127 else None for each in _whole(asked)]  # noqa: PLR2004  # beyond ASCII
    lengths: list[int] = []
    for piece in pieces:
        if piece is None and lengths and lengths[-1] > 0:
            lengths[-1] += 1
        else:
            lengths.append(1)
    return Reply.sse(_whole(asked), framing=tuple(lengths))
