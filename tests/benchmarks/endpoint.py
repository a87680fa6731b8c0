"""A server on the loopback that answers as fast as it can: the same chat answer, whole or in a thousand events.

``python endpoint.py PORT`` serves until it is ended. It speaks as OpenAI does, and as Anthropic does below a path that
ends in ``/messages``. Streams below ``/held`` fall silent after their beginning, those below ``/paced`` bring
:data:`PACE` events a second until the client leaves, and those below ``/listed`` bring a list of objects as JSON.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
from typing import Any, cast

EVENTS = 1000
PACE = 60
"""Events a second of a paced stream."""
_USAGE = {"prompt_tokens": 8, "completion_tokens": 7, "total_tokens": 15}


def _chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    body = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4", "choices": [choice]}
    return _framed(b"data: " + json.dumps(body).encode() + b"\n\n")


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _named(name: str, **more: Any) -> bytes:
    return f"event: {name}\ndata: {json.dumps({'type': name, **more})}\n\n".encode()


def _whole() -> bytes:
    message = {"role": "assistant", "content": "Hello there, how are you?"}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    body = {
        "id": "c1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-4",
        "choices": [choice],
        "usage": _USAGE,
    }
    return _reply(body)


def _message(**more: Any) -> dict[str, Any]:
    facts = {
        "id": "m1",
        "type": "message",
        "role": "assistant",
        "model": "claude",
        "content": [],
        "stop_sequence": None,
    }
    return {**facts, "stop_reason": None, "usage": {"input_tokens": 8, "output_tokens": 1}, **more}


def _reply(body: dict[str, Any]) -> bytes:
    data = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(data), data)


HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
WORDS = (" many", " a", " word", " came", " down", " the", " wire", ".")
"""What one write carries, as from a busy provider. The words differ: LiteLLM breaks off when one keeps coming."""
EVENT = _chunk({"content": " word"})
WHOLE = {
    b"/chat/completions": _whole(),
    b"/messages": _reply(
        _message(content=[{"type": "text", "text": "Hello there, how are you?"}], stop_reason="end_turn")
    ),
}
BEGIN = {
    b"/chat/completions": HEAD,
    b"/messages": HEAD
    + _framed(_named("message_start", message=_message()))
    + _framed(_named("content_block_start", index=0, content_block={"type": "text", "text": ""})),
}
BURST_OF = {
    b"/chat/completions": b"".join(_chunk({"content": word}) for word in WORDS),
    b"/messages": b"".join(
        _framed(_named("content_block_delta", index=0, delta={"type": "text_delta", "text": word})) for word in WORDS
    ),
}
END = {
    b"/chat/completions": _chunk({}, "stop") + _framed(b"data: [DONE]\n\n") + b"0\r\n\r\n",
    b"/messages": _framed(_named("content_block_stop", index=0))
    + _framed(
        _named("message_delta", delta={"stop_reason": "end_turn", "stop_sequence": None}, usage={"output_tokens": 7})
    )
    + _framed(_named("message_stop"))
    + b"0\r\n\r\n",
}
CITY = '{"name": "Oslo", "note": "By the sea, with \\"many\\" hills.", "inhabitants": 700000}'
CITIES = 40
_LIST = f"[{', '.join([CITY] * CITIES)}]".ljust(4 * EVENTS)
LISTED = [
    b"".join(_chunk({"content": _LIST[start : start + 4]}) for start in range(first, first + 4 * len(WORDS), 4))
    for first in range(0, 4 * EVENTS, 4 * len(WORDS))
]
"""What each write carries of a list, four characters in an event."""
PACED: set[asyncio.Transport] = set()


class Endpoint(asyncio.Protocol):
    """Answer every request of one connection."""

    def __init__(self) -> None:
        self._received = b""
        self._tasks: set[asyncio.Task[None]] = set()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the connection."""
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Answer the requests that are complete."""
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, rest = self._received.partition(b"\r\n\r\n")
            lines = (line.partition(b":") for line in head.lower().split(b"\r\n"))
            length = int(next(value for name, _, value in lines if name == b"content-length"))
            if len(rest) < length:
                return
            body, self._received = rest[:length], rest[length:]
            self._answer(head.split(b" ", 2)[1], streamed=b'"stream":true' in body or b'"stream": true' in body)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        PACED.discard(self._transport)

    def _answer(self, path: bytes, *, streamed: bool) -> None:
        kind = b"/messages" if path.endswith(b"/messages") else b"/chat/completions"
        if not streamed:
            self._transport.write(WHOLE[kind])
        elif path.startswith((b"/held", b"/paced")):
            self._transport.write(BEGIN[kind] + BURST_OF[kind])
            if path.startswith(b"/paced"):
                PACED.add(self._transport)
        else:
            pieces = LISTED if path.startswith(b"/listed") else [BURST_OF[kind]] * (EVENTS // len(WORDS))
            task = asyncio.create_task(self._stream(kind, pieces))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _stream(self, kind: bytes, pieces: list[bytes]) -> None:
        self._transport.write(BEGIN[kind])
        for piece in pieces:
            self._transport.write(piece)
            await asyncio.sleep(0)
        self._transport.write(END[kind])


async def pace() -> None:
    """Send every paced stream its events; one that does not take them is left out."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    while True:
        due = max(due + 1 / PACE, loop.time() - 1)
        for transport in tuple(PACED):
            if not transport.get_write_buffer_size():
                transport.write(EVENT)
        await asyncio.sleep(max(0, due - loop.time()))


async def serve(port: int) -> None:
    """Serve until the process ends."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    server = await asyncio.get_running_loop().create_server(Endpoint, "127.0.0.1", port, backlog=4096)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(pace())
        tasks.create_task(server.serve_forever())


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
