"""Servers that show in their errors what they were sent."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest

from dragoman import DragomanError
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Received, Reply
from faults.clients import CLIENTS, Client, ask
from security.searching import KEY, leaks, pickled

DIALECTS = [CLIENTS[name] for name in ("openai", "openai-responses", "anthropic", "google")]


def key_of(request: Received) -> str:
    headers = request.headers
    sent = headers.get("authorization") or headers.get("x-api-key") or headers.get("x-goog-api-key") or ""
    assert sent.endswith(KEY)
    return sent


ECHOES: dict[str, Callable[[str], Reply]] = {
    "text": lambda key: Reply(status=401, body=f"no such key: {key}".encode()),
    "json": lambda key: Reply.json({"error": {"message": f"bad {key}", "type": key, "code": key}}, status=401),
    "header": lambda key: Reply(status=500, headers={"x-request-id": key.removeprefix("Bearer ")}),
    "redirect": lambda key: Reply(status=307, headers={"location": f"/{key.removeprefix('Bearer ')}"}),
    "broken reply": lambda key: Reply(headers={"content-type": "application/json"}, body=f"[{key}".encode()),
    "broken event": lambda key: Reply.sse(f"data: [{key}\n\n".encode()),
}


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES)
@pytest.mark.parametrize("client", DIALECTS, ids=lambda client: client.name)
async def test_are_not_repeated(client: Client, echo: Callable[[str], Reply], *, streamed: bool) -> None:
    with LoopbackServer(lambda request: echo(key_of(request))) as server:
        outcome = await ask(client.config(server.url, api_key=KEY), streamed=streamed)
    error = outcome.error
    assert isinstance(error, DragomanError)
    shown = [*traceback.format_exception(error), repr(error), repr(error.args), repr(vars(error)), pickled(error)]
    assert not leaks("".join(shown))
