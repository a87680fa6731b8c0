"""Faults in the content of a stream, and valid streams with unusual framing."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable

from dragoman.testing.faults.fault import FaultContext, Maker, fault
from dragoman.testing.faults.server_dialect import TEXTS, Events, event
from dragoman.testing.reply import EVENT_STREAM, Reply, Script

__all__: list[str] = []


def _streamed(make: Callable[[FaultContext], Events | bytes], /, **attributes: object) -> Maker:
    """Return a maker of streams from the bytes or events that *make* returns."""

    def script(context: FaultContext) -> Script:
        made = make(context)
        body = made if isinstance(made, bytes) else b"".join(made)
        return Reply.sse(body, **attributes)

    return script


def _stream(summary: str, name: str, make: Callable[[FaultContext], Events | bytes], **attributes: object) -> None:
    """Register a fault of streams."""
    maker = _streamed(make, **attributes)
    maker.__doc__ = summary
    fault(name=name, replies=False)(maker)


def _whole(context: FaultContext) -> bytes:
    return b"".join(context.server_dialect.stream())


def _after_two(context: FaultContext, *events: bytes) -> Events:
    """Return two text deltas, *events*, and the rest of a valid answer."""
    server_dialect = context.server_dialect
    rest = (*map(server_dialect.speak, TEXTS[2:]), *server_dialect.closing("".join(TEXTS)))
    return (*server_dialect.begun(*TEXTS[:2]), *events, *rest, *((server_dialect.mark,) if server_dialect.mark else ()))


def _multiline(data: bytes) -> bytes:
    """Return the events with their JSON split into several ``data`` lines."""
    lines: list[bytes] = []
    for line in data.split(b"\n"):
        text = line.removeprefix(b"data: ")
        if text is line or not text.startswith(b"{"):
            lines.append(line)
        else:
            indented = json.dumps(json.loads(text), indent=1, ensure_ascii=False)
            lines += [b"data: " + each.encode() for each in indented.split("\n")]
    return b"\n".join(lines)


def _with_comments(events: Iterable[bytes]) -> Events:
    return tuple(each for one in events for each in (b": alive\n\n", b"retry: 3000\n\n", b"id: 7\n\n", one))


_stream("Omit the last blank line.", "no_last_blank", lambda context: _whole(context)[:-1])
_stream(
    "End right after the terminal event, without a line break.",
    "no_last_line_end",
    lambda context: b"".join(context.server_dialect.ended())[:-2],
)
_stream("Omit the marker after the terminal event.", "no_done", lambda context: context.server_dialect.ended())
_stream(
    "End an answer without a finish reason.",
    "no_finish_reason",
    lambda context: (*context.server_dialect.begun(), *context.server_dialect.unfinished),
)
_stream("Send a stream without events.", "empty_stream", lambda _: b"")
_stream(
    "Report an error after some events.",
    "mid_error",
    lambda context: (
        *context.server_dialect.begun(*TEXTS[:2]),
        context.server_dialect.failing,
        *context.server_dialect.closing("".join(TEXTS)),
    ),
)
_stream("Report an error as the first event.", "mid_error_first", lambda context: context.server_dialect.failing)
_stream(
    "Report an error whose data is not JSON.",
    "mid_error_named_only",
    lambda context: (*context.server_dialect.begun(*TEXTS[:2]), event("the engine is on fire", "error")),
)
_stream(
    "Send malformed JSON in one event.", "bad_json", lambda context: _after_two(context, b'data: {"choices": [{\n\n')
)
_stream("Send a list where an object is expected.", "shape_list", lambda context: _after_two(context, event([1])))
_stream("Send null where an object is expected.", "shape_null", lambda context: _after_two(context, event(None)))
_stream("Send a number where an object is expected.", "shape_number", lambda context: _after_two(context, event(7)))
_stream(
    "Send unknown events and members.",
    "unknown_event",
    lambda context: _after_two(context, *context.server_dialect.unknown),
)
_stream(
    "Send more text after the terminal event.",
    "after_done",
    lambda context: (
        *context.server_dialect.stream(),
        context.server_dialect.speak("MORE"),
        *context.server_dialect.stream("MORE"),
    ),
)
_stream("Send one byte at a time.", "bytewise", _whole, framing="bytewise")
_stream("End lines with CRLF.", "crlf", lambda context: _whole(context).replace(b"\n", b"\r\n"))
_stream("End lines with a lone CR.", "cr", lambda context: _whole(context).replace(b"\n", b"\r"))
_stream("Begin with a byte order mark.", "bom", lambda context: b"\xef\xbb\xbf" + _whole(context))
_stream(
    "Mix in comments, ids and retry times.", "comments", lambda context: _with_comments(context.server_dialect.stream())
)
_stream("Omit the space after the colon.", "no_space", lambda context: _whole(context).replace(b"data: ", b"data:"))
_stream("Split JSON into several data lines.", "multiline_data", lambda context: _multiline(_whole(context)))
_stream(
    "Send Unicode line separators within a text.",
    "line_seps",
    lambda context: context.server_dialect.stream("a\u2028b", "\u2029c\u0085", "d\x0be\x0c"),
)
_stream(
    "Declare an encoding other than UTF-8.",
    "latin1_header",
    _whole,
    headers={"content-type": f"{EVENT_STREAM}; charset=iso-8859-1"},
)
_stream(
    "Send bytes that are not valid UTF-8.",
    "bad_utf8",
    lambda context: _after_two(context, context.server_dialect.speak("bad").replace(b"bad", b"b\xff\xfed")),
)
_stream(
    "Send half a surrogate pair as an escape.",
    "lone_surrogate",
    lambda context: b"".join(context.server_dialect.stream("half", "HALF")).replace(b"HALF", b"\\ud83d"),
)


@fault(replies=False)
def crlf_split(context: FaultContext) -> Script:
    """Split between the CR and the LF of every line end."""
    pieces = _whole(context).replace(b"\n", b"\r\0\n").split(b"\0")
    return Reply.sse(*pieces)


@fault(replies=False)
def split_characters(context: FaultContext) -> Script:
    """Split within every multi-byte character."""
    pieces = [bytes([each]) if each > 127 else None for each in _whole(context)]  # noqa: PLR2004  # not ASCII
    lengths: list[int] = []
    for piece in pieces:
        if piece is None and lengths and lengths[-1] > 0:
            lengths[-1] += 1
        else:
            lengths.append(1)
    return Reply.sse(_whole(context), framing=tuple(lengths))
