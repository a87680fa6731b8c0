# ruff: noqa: PLC0415 - each environment holds one of these libraries, and the time of its import is measured.
"""The vendors' own libraries."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peer import MAX_TOKENS, MESSAGES, Peer, Wish, read_chunks

if TYPE_CHECKING:
    from benchmarks.peer import Seen


class OpenAI(Peer):
    distribution = "openai"
    errors = ("openai",)
    block = True

    def __init__(self, wish: Wish) -> None:
        super().__init__(wish)
        import openai

        given = wish.given(timeout="timeout", retries="max_retries")
        self.client = openai.AsyncOpenAI(api_key=wish.key, base_url=wish.base, **given)

    async def call(self) -> tuple[str | None, str | None]:
        choice = (await self.client.chat.completions.create(**self.wish.body)).choices[0]
        return choice.message.content, choice.finish_reason

    async def stream(self, seen: Seen) -> None:
        self.kept = await self.client.chat.completions.create(**self.wish.body, stream=True)
        await read_chunks(self.kept, seen)

    async def stream_in_block(self, seen: Seen) -> None:
        async with await self.client.chat.completions.create(**self.wish.body, stream=True) as stream:
            self.kept = stream
            await read_chunks(stream, seen)

    async def aclose(self) -> None:
        await self.client.close()


class Anthropic(Peer):
    distribution = "anthropic"
    errors = ("anthropic",)
    block = True

    def __init__(self, wish: Wish) -> None:
        super().__init__(wish)
        import anthropic

        given = wish.given(timeout="timeout", retries="max_retries")
        self.client = anthropic.AsyncAnthropic(api_key=wish.key, base_url=wish.root, **given)
        # The newest release takes no temperature for the newest models, so none is asked for.
        self.body: dict[str, Any] = {"model": wish.model, "messages": MESSAGES, "max_tokens": MAX_TOKENS}

    async def call(self) -> tuple[str | None, str | None]:
        message = await self.client.messages.create(**self.body)
        return message.content[0].text, message.stop_reason

    async def _events(self, stream: Any, seen: Seen) -> None:
        async for event in stream:
            if event.type == "content_block_delta":
                if seen(event.delta.text, None):
                    break
            elif event.type == "message_delta":
                seen("", event.delta.stop_reason)

    async def stream(self, seen: Seen) -> None:
        self.kept = await self.client.messages.create(**self.body, stream=True)
        await self._events(self.kept, seen)

    async def stream_in_block(self, seen: Seen) -> None:
        async with self.client.messages.stream(**self.body) as stream:
            self.kept = stream
            await self._events(stream, seen)

    async def aclose(self) -> None:
        await self.client.close()


class GoogleGenAI(Peer):
    distribution = "google-genai"
    errors = ("google.genai",)

    def __init__(self, wish: Wish) -> None:
        super().__init__(wish)
        from google import genai
        from google.genai import types

        options: dict[str, Any] = {"base_url": wish.root}
        if wish.timeout is not None:
            options["timeout"] = int(wish.timeout * 1000)  # in milliseconds
        self.client = genai.Client(api_key=wish.key, http_options=types.HttpOptions(**options))

    async def call(self) -> tuple[str | None, str | None]:
        reply = await self.client.aio.models.generate_content(model=self.wish.model, contents="hi")
        return reply.text, reply.candidates and reply.candidates[0].finish_reason

    async def stream(self, seen: Seen) -> None:
        models = self.client.aio.models
        self.kept = await models.generate_content_stream(model=self.wish.model, contents="hi")
        async for chunk in self.kept:
            if seen(chunk.text or "", chunk.candidates and chunk.candidates[0].finish_reason):
                break
