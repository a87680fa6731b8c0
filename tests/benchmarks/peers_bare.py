# ruff: noqa: PLC0415 - each environment holds one of these libraries, and the time of its import is measured.
"""HTTP clients and a JSON parser, used as a careful person would by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peer import Peer, Wish

if TYPE_CHECKING:
    from benchmarks.peer import Seen


def _headers(wish: Wish) -> dict[str, str]:
    return {"content-type": "application/json", "authorization": f"Bearer {wish.key}"}


class AioHttp(Peer):
    distribution = "aiohttp"
    errors = ("aiohttp",)

    def __init__(self, wish: Wish) -> None:
        super().__init__(wish)
        import aiohttp
        import orjson

        self.dumps, self.loads = orjson.dumps, orjson.loads
        self.session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0))
        self.options: Any = {"url": f"{wish.base}/chat/completions", "headers": _headers(wish)}

    async def call(self) -> tuple[str | None, str | None]:
        async with self.session.post(data=self.dumps(self.wish.body), **self.options) as reply:
            choice = self.loads(await reply.read())["choices"][0]
        return choice["message"]["content"], choice["finish_reason"]

    async def stream(self, seen: Seen) -> None:
        loads = self.loads
        async with self.session.post(data=self.dumps({**self.wish.body, "stream": True}), **self.options) as reply:
            async for line in reply.content:
                if line.startswith(b"data: ") and not line.startswith(b"data: [DONE]"):
                    choice = loads(line[6:])["choices"][0]
                    seen(choice["delta"].get("content") or "", choice["finish_reason"])

    async def aclose(self) -> None:
        await self.session.close()


class Httpx(Peer):
    distribution = "httpx"
    errors = ("httpx",)

    def __init__(self, wish: Wish) -> None:
        super().__init__(wish)
        import orjson

        library = __import__(self.distribution)
        self.dumps, self.loads = orjson.dumps, orjson.loads
        self.client = library.AsyncClient()
        self.options: Any = {"url": f"{wish.base}/chat/completions", "headers": _headers(wish)}

    async def call(self) -> tuple[str | None, str | None]:
        reply = await self.client.post(content=self.dumps(self.wish.body), **self.options)
        choice = self.loads(reply.content)["choices"][0]
        return choice["message"]["content"], choice["finish_reason"]

    async def stream(self, seen: Seen) -> None:
        loads, body = self.loads, self.dumps({**self.wish.body, "stream": True})
        async with self.client.stream("POST", content=body, **self.options) as reply:
            async for line in reply.aiter_lines():
                if line.startswith("data: ") and not line.startswith("data: [DONE]"):
                    choice = loads(line[6:])["choices"][0]
                    seen(choice["delta"].get("content") or "", choice["finish_reason"])

    async def aclose(self) -> None:
        await self.client.aclose()


class Httpx2(Httpx):
    distribution = "httpx2"
    errors = ("httpx2",)
