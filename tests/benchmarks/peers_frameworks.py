# ruff: noqa: PLC0415 - each environment holds one of these libraries, and the time of its import is measured.
"""Libraries that speak with many vendors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from benchmarks.peer import MAX_TOKENS, MESSAGES, TEMPERATURE, Peer, Wish, read_chunks

if TYPE_CHECKING:
    from benchmarks.peer import Seen


class LiteLLM(Peer):
    distribution = "litellm"
    errors = ("litellm",)

    def __init__(self, wish: Wish) -> None:
        super().__init__(wish)
        import litellm

        litellm.suppress_debug_info = True
        self.ask = litellm.acompletion
        body = {**wish.body, "model": f"{wish.vendor}/{wish.model}"}
        # For Gemini, what follows the base is all that LiteLLM leaves out.
        base = f"{wish.root}/v1beta/models/{wish.model}" if wish.vendor == "gemini" else wish.base
        base = wish.root if wish.vendor == "anthropic" else base
        given = wish.given(timeout="timeout", retries="max_retries")
        self.body = {**body, "api_key": wish.key, "api_base": base, **given}

    async def call(self) -> tuple[str | None, str | None]:
        choice = (await self.ask(**self.body)).choices[0]
        return choice.message.content, choice.finish_reason

    async def stream(self, seen: Seen) -> None:
        self.kept = await self.ask(**self.body, stream=True)
        await read_chunks(self.kept, seen)


class AnyLLM(Peer):
    distribution = "any-llm-sdk"
    errors = ("any_llm", "openai", "anthropic", "google.genai")

    def __init__(self, wish: Wish) -> None:
        super().__init__(wish)
        from any_llm import AnyLLM as Library

        given: dict[str, Any] = wish.given(timeout="timeout") if wish.vendor != "gemini" else {}
        base = wish.root if wish.vendor == "anthropic" else wish.base
        self.client = Library.create(
            wish.vendor, api_key=wish.key, api_base=base, **wish.given(retries="max_retries"), **given
        )
        self.body = {"model": wish.model, "messages": MESSAGES, "max_tokens": MAX_TOKENS}
        if wish.vendor == "openai":
            self.body["temperature"] = TEMPERATURE
        if wish.timeout is not None and wish.vendor == "gemini":
            self.body["timeout"] = wish.timeout

    async def call(self) -> tuple[str | None, str | None]:
        choice = (await self.client.acompletion(**self.body)).choices[0]
        return choice.message.content, choice.finish_reason

    async def stream(self, seen: Seen) -> None:
        self.kept = await self.client.acompletion(**self.body, stream=True)
        await read_chunks(self.kept, seen)


class PydanticAI(Peer):
    distribution = "pydantic-ai-slim"
    errors = ("pydantic_ai",)
    block = True

    def __init__(self, wish: Wish) -> None:
        super().__init__(wish)
        from pydantic_ai import direct, messages
        from pydantic_ai.models.openai import OpenAIChatModel
        from pydantic_ai.providers.openai import OpenAIProvider

        self.direct = direct
        self.model = OpenAIChatModel(wish.model, provider=OpenAIProvider(base_url=wish.base, api_key=wish.key))
        self.question = [messages.ModelRequest.user_text_prompt("hi")]
        self.settings: Any = {"temperature": TEMPERATURE, "max_tokens": MAX_TOKENS}

    async def call(self) -> tuple[str | None, str | None]:
        reply = await self.direct.model_request(self.model, self.question, model_settings=self.settings)
        return reply.parts[0].content, reply.finish_reason

    async def stream(self, seen: Seen) -> None:
        ask = self.direct.model_request_stream
        async with ask(self.model, self.question, model_settings=self.settings) as stream:
            async for _ in stream:
                seen("", None)


class LangChain(Peer):
    distribution = "langchain-openai"
    errors = ("langchain_openai", "langchain_core")

    def __init__(self, wish: Wish) -> None:
        super().__init__(wish)
        from langchain_openai import ChatOpenAI

        options: Any = {"base_url": wish.base, "api_key": wish.key, **wish.given(retries="max_retries")}
        self.model = ChatOpenAI(model=wish.model, temperature=TEMPERATURE, max_tokens=MAX_TOKENS, **options)

    async def call(self) -> tuple[str | None, str | None]:
        message = await self.model.ainvoke("hi")
        return message.content, None

    async def stream(self, seen: Seen) -> None:
        async for chunk in self.model.astream("hi"):
            seen(chunk.content, None)
