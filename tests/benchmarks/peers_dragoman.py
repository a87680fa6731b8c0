# ruff: noqa: PLC0415 - each environment holds one of these libraries, and the time of its import is measured.
"""Dragoman, through its typed doors and through the methods of the API reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.peer import MAX_TOKENS, TEMPERATURE, Peer, Wish

if TYPE_CHECKING:
    from benchmarks.peer import Seen


class Dragoman(Peer):
    distribution = "dragoman"
    errors = ("dragoman",)
    block = True
    most_at_once = 100  # of its connections

    def __init__(self, wish: Wish) -> None:
        super().__init__(wish)
        from dragoman import LLMConfig, StreamingLLM

        provider = {"gemini": "google"}.get(wish.vendor, wish.vendor)
        base = f"{wish.root}/v1beta" if wish.vendor == "gemini" else wish.base
        given = wish.given(timeout="timeout", retries="num_retries")
        config = LLMConfig(
            model=wish.model,
            provider=provider,
            api_key=wish.key,
            api_base=base,
            temperature=TEMPERATURE,
            max_tokens=MAX_TOKENS,
            **given,
        )
        self.llm = StreamingLLM(config)

    async def call(self) -> tuple[str | None, str | None]:
        response = await self.llm.generate("hi")
        return response.text, response.finish.reason

    async def stream(self, seen: Seen) -> None:
        async with self.llm.stream("hi") as stream:
            async for event in stream:
                seen(getattr(event, "text", ""), None)
        seen("", stream.response.finish.reason)

    async def stream_in_loop(self, seen: Seen) -> None:
        self.kept = self.llm.streaming_completion("hi")
        async for piece in self.kept:
            if seen(piece, None):
                break

    async def stream_in_block(self, seen: Seen) -> None:
        async with self.llm.stream("hi") as stream:
            self.kept = stream
            async for event in stream:
                if seen(getattr(event, "text", ""), None):
                    break

    def default_timeout(self) -> str:
        from dragoman.spec.provider import Timeouts

        return repr(Timeouts())

    async def aclose(self) -> None:
        await self.llm.aclose()


class DragomanItems(Dragoman):
    """Read the items of a list while they arrive."""

    seen_at_least = 40

    async def stream(self, seen: Seen) -> None:
        from benchmarks.city import City

        async with self.llm.stream_extract(list[City], "hi") as stream:
            async for city in stream.items():
                seen(city.name, None)


class DragomanText(Dragoman):
    """Use the methods of the API reference, which give text."""

    async def call(self) -> tuple[str | None, str | None]:
        return await self.llm.completion("hi"), None

    async def stream(self, seen: Seen) -> None:
        await self.stream_in_loop(seen)
