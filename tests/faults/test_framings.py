"""The fault server speaks every framing, and a fault without a meaning in one says so."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from core.http.test_framing import BINARY, BINARY_TYPE, streamed_from
from dragoman.http import NDJSON, SSE, Framing
from dragoman.spec.errors import (
    DragomanError,
    ProtocolError,
    ResponseTooLargeError,
    ServerError,
    StreamInterruptedError,
)
from dragoman.testing.conformance.streams import BROKEN, CUTS, SOUND
from dragoman.testing.faults import (
    EVENTS,
    FAULTS,
    LINES,
    TEXTS,
    FaultServer,
    ServerDialect,
    ServerFraming,
    binary_framing,
)
from dragoman.testing.reply import Reply

BINARY_FRAMING = binary_framing(BINARY_TYPE, {":kind": "text"})
FRAMINGS: list[tuple[Framing, ServerFraming]] = [(SSE, EVENTS), (NDJSON, LINES), (BINARY, BINARY_FRAMING)]
OUTCOMES: dict[str, type[DragomanError]] = {
    **dict.fromkeys(CUTS, StreamInterruptedError),
    **dict.fromkeys(BROKEN, ProtocolError),
    "empty_stream": StreamInterruptedError,
    "no_finish_reason": StreamInterruptedError,
    "endless_line": ResponseTooLargeError,
    "gzip_bomb": ResponseTooLargeError,
    "mid_error": ServerError,
    "mid_error_first": ServerError,
    "html_200": ProtocolError,
    "half_json_200": ProtocolError,
    "status_503": ServerError,
    "bad_utf8": ProtocolError,
}
NEVER = {
    "a stream of server-sent events": {"bad_checksum", "bad_prelude"},
    "newline-delimited JSON": {
        *("bad_checksum", "bad_prelude", "cr", "no_last_blank", "no_space", "multiline_data", "mid_error_named_only"),
    },
    "a binary event stream": {
        *("cr", "crlf", "crlf_split", "bom", "comments", "no_space", "multiline_data", "no_last_blank"),
        *("no_last_line_end", "latin1_header", "ping_forever", "mid_error_named_only", "bad_utf8", "lone_surrogate"),
    },
}


def server_dialect(framing: ServerFraming) -> ServerDialect:
    def frame(value: Any) -> bytes:
        return framing.frame(json.dumps(value, ensure_ascii=False).encode())

    return ServerDialect(
        name="texts",
        framing=framing,
        opening=(),
        speak=lambda text: frame({"text": text}),
        closing=lambda _: (frame({"done": True}),),
        unfinished=(),
        unknown=(frame({"other": 1}),),
        whole=lambda text: {"text": text, "done": True},
        hollow={},
        error=lambda status: {"error": f"status {status}"},
        failing=frame({"error": "boom"}),
        coded={},
        unusual_replies={},
    )


@pytest.mark.parametrize(("framing", "server_framing"), FRAMINGS)
@pytest.mark.parametrize("name", ["ok", "big_event", *SOUND, *OUTCOMES])
async def test_faults_have_their_outcome_in_every_framing(
    framing: Framing, server_framing: ServerFraming, name: str
) -> None:
    with FaultServer(server_dialects=(server_dialect(server_framing),)) as server:
        if name in NEVER[server_framing.name]:
            with pytest.raises(LookupError, match=f"the fault {name} has no meaning, because {server_framing.name}"):
                server.url_of(name)
            return
        url = server.url_of(name)
        if name in OUTCOMES:
            with pytest.raises(OUTCOMES[name]):
                await streamed_from(url, framing)
        else:
            text, _ = await streamed_from(url, framing)
            assert text == "".join(TEXTS) or name == "big_event"


@pytest.mark.parametrize(("framing", "server_framing"), FRAMINGS)
def test_what_has_no_meaning_is_known(framing: Framing, server_framing: ServerFraming) -> None:
    assert framing.media_types >= {server_framing.media_type}
    found = {name for name, fault in FAULTS.items() if fault.inapplicable(server_framing)}
    assert found == NEVER[server_framing.name]


async def error_of_server(name: str, *dialects: ServerDialect) -> Exception:
    """Return the error of a fault server that is asked for a stream of lines with a fault."""
    with pytest.raises(ExceptionGroup) as caught, FaultServer(server_dialects=dialects) as server:
        await failure_of(server.url_of(name))
    [error] = caught.value.exceptions
    return error


async def failure_of(url: str) -> None:
    with pytest.raises(ServerError):
        await streamed_from(url, NDJSON)


async def test_a_fault_that_changes_nothing_is_an_error() -> None:
    error = await error_of_server("no_done", server_dialect(LINES))
    assert "the fault no_done changes nothing on the wire of texts" in str(error)


async def test_a_fault_without_a_meaning_is_an_error_if_it_is_asked_for() -> None:
    elsewhere = attrs.evolve(server_dialect(EVENTS), endings=("/elsewhere",))
    error = await error_of_server("cr", server_dialect(LINES), elsewhere)
    assert "newline-delimited JSON has no line ends of a lone CR" in str(error)


def test_a_stream_of_any_type_is_chunked() -> None:
    reply = Reply.stream("application/x-binary", b"a", b"b", headers={"x": "y"})
    assert (reply.headers, reply.framing, reply.chunked) == (
        (("content-type", "application/x-binary"), ("x", "y")),
        (1, 1),
        True,
    )
