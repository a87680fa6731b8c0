"""The fixture ``aimock``: a mock of many vendors by another project, which checks requests as the vendors do.

https://github.com/CopilotKit/aimock
"""

from __future__ import annotations

import json
from contextlib import closing
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any

import pytest
from attrs import frozen

from servers.node import installed, running
from servers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE, VERSION = "@copilotkit/aimock", "1.43.0"
KEY = "sk-of-the-mock"
TEXT = "Hello from the mock: naïve ☃ 日本語 👋"
CUT_TEXT = "This answer is never completed."
RETRY_AFTER = 7
SOON = 0.01
CALLS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("weather", {"city": "Zürich", "days": 2, "why": 'he said "go"\n'}),
    ("clock", {}),
)


def _limited(retry_after: float) -> dict[str, Any]:
    error = {"message": "Slow down, please.", "type": "rate_limit_error"}
    return {"error": error, "status": 429, "retryAfter": retry_after}


FIXTURES: list[dict[str, Any]] = [
    {
        "match": {"userMessage": "weather", "hasToolResult": True},
        "response": {"content": "Take an umbrella."},
    },
    {
        "match": {"userMessage": "weather"},
        "response": {"toolCalls": [{"name": name, "arguments": arguments} for name, arguments in CALLS]},
    },
    {"match": {"userMessage": "city"}, "response": {"content": '{"name": "Oslo"}'}, "chunkSize": 3},
    {"match": {"inputText": "one"}, "response": {"embedding": [0.6, 0.8]}},
    {"match": {"userMessage": "greet"}, "response": {"content": TEXT}, "chunkSize": 3},
    {"match": {"userMessage": "busy"}, "response": _limited(RETRY_AFTER)},
    {"match": {"userMessage": "patience", "sequenceIndex": 0}, "response": _limited(SOON)},
    {"match": {"userMessage": "patience", "sequenceIndex": 1}, "response": {"content": TEXT}},
    {
        "match": {"userMessage": "cut"},
        "response": {"content": CUT_TEXT},
        "chunkSize": 5,
        "latency": 2,  # without it, the connection is lost before the first byte
        "truncateAfterChunks": 6,
    },
]


@frozen(kw_only=True)
class Aimock:
    """Hold the running mock, which accepts a single key."""

    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def journal(self) -> list[dict[str, Any]]:
        """Return the requests since the last reset, with keys redacted."""
        entries: list[dict[str, Any]] = self._ask("GET", "journal")
        return entries

    def reset(self) -> None:
        self._ask("POST", "reset/journal")

    def _ask(self, method: str, path: str) -> Any:
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=10)) as connection:
            connection.request(method, f"/__aimock/{path}", headers={"authorization": f"Bearer {KEY}"})
            reply = connection.getresponse()
            assert reply.status == 200
            return json.load(reply)


@pytest.fixture(scope="module")
def aimock(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aimock]:
    """Run the mock for the tests of a module."""
    script = installed(PACKAGE, VERSION) / "dist" / "cli.js"
    folder = tmp_path_factory.mktemp("aimock")
    fixtures = folder / "fixtures.json"
    fixtures.write_text(json.dumps({"fixtures": FIXTURES}))
    port = free_port()
    arguments = ["-h", "127.0.0.1", "-p", str(port), "-f", str(fixtures), "--strict", "--validate-on-load"]
    environ = {"AIMOCK_API_KEYS": KEY}
    with running(script, arguments, log=folder / "log", ready="listening on", environ=environ):
        yield Aimock(port=port)
