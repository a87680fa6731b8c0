"""The suite for a provider whose streams are lines of JSON, while the fault server sends server-sent events alone."""

from __future__ import annotations

from collections.abc import Callable

import attrs
import pytest

from dragoman.testing.conformance import ProviderConformance
from dragoman.testing.faults import FaultServer
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import EVENT_STREAM, Answer, Received, Reply, Script

MEDIA_TYPE = "application/x-ndjson"
INAPPLICABLE = {
    **dict.fromkeys(("comments", "ping_forever"), "lines of JSON have no comments"),
    **dict.fromkeys(("no_space", "multiline_data", "mid_error_named_only"), "lines of JSON have no fields"),
    **dict.fromkeys(("cr", "no_last_line_end"), "a line of JSON ends in LF, which is one character"),
    "endless_line": "the server writes its head for server-sent events",
}
"""Faults without a meaning in lines of JSON, each with the reason."""


def in_lines(script: Script) -> Script:
    """Return a reply whose media type is that of lines of JSON if it was that of events."""
    if not isinstance(script, Reply):
        return script
    headers = tuple((name, value.replace(EVENT_STREAM, MEDIA_TYPE)) for name, value in script.headers)
    chunked = any(MEDIA_TYPE in value for _, value in headers) or script.chunked
    return attrs.evolve(script, headers=headers, chunked=chunked)


class LineServer(FaultServer):
    """Serve the faults that have a meaning in lines of JSON."""

    def url_of(self, *names: str) -> str:
        """Return the base URL whose requests get these faults; skip the test of one that does not apply."""
        for name in names:
            if name in INAPPLICABLE:
                pytest.skip(f"does not apply: {INAPPLICABLE[name]}")
        return super().url_of(*names)

    def _answer_request(self, request: Received) -> Script:
        return in_lines(super()._answer_request(request))


class LineConformance(ProviderConformance):
    """Run the suite with streams of lines of JSON."""

    def faults(self) -> FaultServer:
        """Return a fault server."""
        return LineServer(server_dialects=(self.spoken(),))

    def replying(self, *answers: Answer) -> LoopbackServer:
        """Return a server that sends these answers, streams as lines of JSON."""
        return super().replying(*map(answering_in_lines, answers))


def answering_in_lines(answer: Answer) -> Answer:
    """Return an answer whose streams are lines of JSON."""
    if not callable(answer):
        return in_lines(answer)
    make: Callable[[Received], Script] = answer
    return lambda request: in_lines(make(request))
