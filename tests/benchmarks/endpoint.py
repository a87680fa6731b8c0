"""A server on the loopback that answers as fast as it can: the same chat answer, whole or in a thousand events.

``python endpoint.py PORT`` serves until it is ended.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any, cast

EVENTS = 1000
BURST = 8
"""How many events one write carries, as a busy provider sends them."""

_USAGE = {"prompt_tokens": 8, "completion_tokens": 7, "total_tokens": 15}


def _chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish}
    body = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4", "choices": [choice]}
    return _framed(b"data: " + json.dumps(body).encode() + b"\n\n")


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


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
    data = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s" % (len(data), data)


WHOLE = _whole()
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
BURSTS = [_chunk({"content": " word"}) * BURST for _ in range(EVENTS // BURST)]
END = _chunk({}, "stop") + _framed(b"data: [DONE]\n\n") + b"0\r\n\r\n"


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
            if b'"stream":true' in body:
                task = asyncio.create_task(self._stream())
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            else:
                self._transport.write(WHOLE)

    async def _stream(self) -> None:
        self._transport.write(HEAD)
        for burst in BURSTS:
            self._transport.write(burst)
            await asyncio.sleep(0)
        self._transport.write(END)


async def serve(port: int) -> None:
    """Serve until the process ends."""
    server = await asyncio.get_running_loop().create_server(Endpoint, "127.0.0.1", port)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
