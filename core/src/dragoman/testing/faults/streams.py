"""Faults in the content of a stream, and valid streams with unusual framing."""

from __future__ import annotations

import json
from collections.abc import Callable

from dragoman.testing.faults.fault import FaultContext, Maker, fault
from dragoman.testing.faults.server_dialect import TEXTS, Events, event
from dragoman.testing.faults.server_framing import Trait
from dragoman.testing.reply import Reply, Script

__all__: list[str] = []


def _streamed(make: Callable[[FaultContext], Events | bytes], /, **attributes: object) -> Maker:
    """Return a maker of streams from the bytes or events that *make* returns."""

    def script(context: FaultContext) -> Script:
        made = make(context)
        body = made if isinstance(made, bytes) else b"".join(made)
        return context.server_dialect.reply(body, **attributes)

    return script


def _stream(
    summary: str,
    name: str,
    make: Callable[[FaultContext], Events | bytes],
    *,
    needs: Trait | None = None,
    **attributes: object,
) -> None:
    """Register a fault of streams, which has a meaning in framings that have what it *needs*."""
    maker = _streamed(make, **attributes)
    maker.__doc__ = summary
    fault(name=name, replies=False, needs=needs)(maker)


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


def _with_signs(context: FaultContext) -> Events:
    signs = context.server_dialect.framing.signs
    return tuple(each for one in context.server_dialect.stream() for each in (*signs, one))


def _with_wrong_byte(context: FaultContext, place: int) -> Events:
    """Return an answer with one message more, of which the byte at *place* is wrong."""
    message = bytearray(context.server_dialect.speak(TEXTS[2]))
    message[place] ^= 1
    return _after_two(context, bytes(message))


_stream(
    "Omit the last blank line.", "no_last_blank", lambda context: _whole(context)[:-1], needs="blank lines after events"
)
_stream(
    "End right after the terminal event, without a line break.",
    "no_last_line_end",
    lambda context: b"".join(context.server_dialect.ended()).removesuffix(context.server_dialect.framing.end),
    needs="optional end of the last frame",
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
    needs="errors without JSON",
)
_stream(
    "Send malformed JSON in one event.",
    "bad_json",
    lambda context: _after_two(context, context.server_dialect.framing.frame(b'{"choices": [{')),
)
_stream(
    "Send a list where an object is expected.",
    "shape_list",
    lambda context: _after_two(context, context.server_dialect.framing.frame(b"[1]")),
)
_stream(
    "Send null where an object is expected.",
    "shape_null",
    lambda context: _after_two(context, context.server_dialect.framing.frame(b"null")),
)
_stream(
    "Send a number where an object is expected.",
    "shape_number",
    lambda context: _after_two(context, context.server_dialect.framing.frame(b"7")),
)
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
_stream(
    "End lines with CRLF.", "crlf", lambda context: _whole(context).replace(b"\n", b"\r\n"), needs="line ends of CRLF"
)
_stream(
    "End lines with a lone CR.",
    "cr",
    lambda context: _whole(context).replace(b"\n", b"\r"),
    needs="line ends of a lone CR",
)
_stream(
    "Begin with a byte order mark.", "bom", lambda context: b"\xef\xbb\xbf" + _whole(context), needs="byte order marks"
)
_stream("Mix in comments, ids and retry times.", "comments", _with_signs, needs="signs of life")
_stream(
    "Omit the space after the colon.",
    "no_space",
    lambda context: _whole(context).replace(b"data: ", b"data:"),
    needs="named fields",
)
_stream(
    "Split JSON into several data lines.",
    "multiline_data",
    lambda context: _multiline(_whole(context)),
    needs="named fields",
)
_stream(
    "Send Unicode line separators within a text.",
    "line_seps",
    lambda context: context.server_dialect.stream("a\u2028b", "\u2029c\u0085", "d\x0be\x0c"),
)
_stream(
    "Send bytes that are not valid UTF-8.",
    "bad_utf8",
    lambda context: _after_two(context, context.server_dialect.speak("bad").replace(b"bad", b"b\xff\xfed")),
    needs="content without checksums",
)
_stream(
    "Send half a surrogate pair as an escape.",
    "lone_surrogate",
    lambda context: b"".join(context.server_dialect.stream("half", "HALF")).replace(b"HALF", b"\\ud83d"),
    needs="content without checksums",
)


_stream(
    "Send a message whose checksum is wrong.",
    "bad_checksum",
    lambda context: _with_wrong_byte(context, -1),
    needs="checksums",
)
_stream(
    "Send a message whose lengths have a wrong checksum.",
    "bad_prelude",
    lambda context: _with_wrong_byte(context, 8),
    needs="checksums",
)


@fault(replies=False, needs="declared encodings")
def latin1_header(context: FaultContext) -> Script:
    """Declare an encoding other than UTF-8."""
    declared = f"{context.server_dialect.framing.media_type}; charset=iso-8859-1"
    return Reply.stream(declared, _whole(context))


@fault(replies=False, needs="line ends of CRLF")
def crlf_split(context: FaultContext) -> Script:
    """Split between the CR and the LF of every line end."""
    pieces = _whole(context).replace(b"\n", b"\r\0\n").split(b"\0")
    return context.server_dialect.reply(*pieces)


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
    return context.server_dialect.reply(_whole(context), framing=tuple(lengths))
