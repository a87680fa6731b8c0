"""The same work done by bare aiohttp and orjson, and by Dragoman."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import aiohttp
import orjson

from dragoman import LLMConfig, StreamingLLM

if TYPE_CHECKING:
    from collections.abc import Mapping

BODY = {"model": "gpt-4", "messages": [{"role": "user", "content": "hi"}], "temperature": 0.7, "max_tokens": 4096}
HEADERS = {"content-type": "application/json", "authorization": "Bearer key"}


class Client(Protocol):
    """Do the work."""

    async def call(self) -> object:
        """Ask once."""
        ...

    async def stream(self) -> int:
        """Stream once; return how many pieces of text came."""
        ...

    async def aclose(self) -> None:
        """Close."""
        ...


class Bare:
    """Use aiohttp and orjson as a careful person would by hand."""

    def __init__(self, base: str) -> None:
        self._url = f"{base}/chat/completions"
        self._session = aiohttp.ClientSession()

    async def call(self) -> object:
        """Ask once."""
        async with self._session.post(self._url, data=orjson.dumps(BODY), headers=HEADERS) as reply:
            return orjson.loads(await reply.read())["choices"][0]["message"]["content"]

    async def stream(self) -> int:
        """Stream once."""
        pieces = 0
        body: Mapping[str, object] = {**BODY, "stream": True}
        async with self._session.post(self._url, data=orjson.dumps(body), headers=HEADERS) as reply:
            async for line in reply.content:
                if line.startswith(b"data: ") and not line.startswith(b"data: [DONE]"):
                    pieces += bool(orjson.loads(line[6:])["choices"][0]["delta"].get("content"))
        return pieces

    async def aclose(self) -> None:
        """Close."""
        await self._session.close()


class Generate:
    """Use the typed doors: ``generate`` and the events of ``stream``."""

    def __init__(self, base: str) -> None:
        self._llm = StreamingLLM(LLMConfig(model="gpt-4", api_key="key", api_base=base))

    async def call(self) -> object:
        """Ask once."""
        return (await self._llm.generate("hi")).text

    async def stream(self) -> int:
        """Stream once."""
        events = 0
        async with self._llm.stream("hi") as stream:
            async for _ in stream:
                events += 1
        return events

    async def aclose(self) -> None:
        """Close."""
        await self._llm.aclose()


class Messages(Generate):
    """Use the typed doors with a provider whose dialect is Anthropic's."""

    def __init__(self, base: str) -> None:
        self._llm = StreamingLLM(LLMConfig(model="claude-sonnet-4-5", api_key="key", api_base=base))


class Reference(Generate):
    """Use the methods of the API reference: ``completion`` and ``streaming_completion``."""

    async def call(self) -> object:
        """Ask once."""
        return await self._llm.completion("hi")

    async def stream(self) -> int:
        """Stream once."""
        pieces = 0
        async for _ in self._llm.streaming_completion("hi"):
            pieces += 1
        return pieces


CLIENTS: dict[str, type[Bare | Generate]] = {
    "aiohttp + orjson": Bare,
    "typed doors": Generate,
    "API reference": Reference,
    "Anthropic": Messages,
}
