"""The clients of the matrix: every HTTP plugin, asynchronous and synchronous, whole and streamed."""

from __future__ import annotations

import asyncio
import traceback
from typing import Any

import attrs
from attrs import define, field, frozen

from conformance.bedrock_server import CONVERSE
from conformance.cohere_server import COHERE
from conformance.ollama_server import OLLAMA
from core.scripted import FakeClock
from dragoman import LLM, DragomanError, LLMConfig, Response, SyncLLM, TextDelta
from dragoman.testing.faults import SERVER_DIALECTS, ServerDialect

KEY = "sk-of-the-test/4f9c+never=shown"
_CHAT, _RESPONSES, _MESSAGES, _GEMINI = SERVER_DIALECTS


@frozen(kw_only=True)
class Client:
    """Configure one plugin for the fault server.

    Args:
        name: its name in test ids.
        model: one of its models.
        provider: the provider, if its name differs.
        server_dialect: its dialect.
        base: the path of its base URL.
        options: further keyword arguments of the configuration.
        both: whether it is also tested with ``SyncLLM``; one client for each dialect is enough.

    """

    name: str
    model: str
    provider: str = ""
    server_dialect: ServerDialect = _CHAT
    base: str = "/v1"
    options: dict[str, Any] = field(factory=dict)
    both: bool = False

    def config(self, url: str, **more: Any) -> LLMConfig:
        arguments = {"num_retries": 0, "timeout": 20, "api_key": KEY, "api_base": url + self.base} | self.options | more
        return LLMConfig(model=self.model, provider=self.provider or self.name, **arguments)

    def llm(self, url: str, **more: Any) -> LLM:
        return with_fake_clock(LLM(self.config(url, **more)), FakeClock())


CLIENTS = {
    each.name: each
    for each in (
        Client(name="openai", model="gpt-4o", options={"api": "chat"}, both=True),
        Client(
            name="openai-responses",
            model="gpt-5.1",
            provider="openai",
            server_dialect=_RESPONSES,
            options={"api": "responses"},
            both=True,
        ),
        Client(name="anthropic", model="claude-sonnet-4-5", server_dialect=_MESSAGES, both=True),
        Client(name="google", model="gemini-2.5-flash", server_dialect=_GEMINI, base="/v1beta", both=True),
        Client(name="azure", model="deployed", base="", options={"api_version": "2024-10-21"}),
        Client(
            name="azure-responses",
            model="deployed",
            provider="azure",
            server_dialect=_RESPONSES,
            base="/openai/v1",
            options={"api": "responses"},
        ),
        Client(name="groq", model="llama-3.3-70b-versatile"),
        Client(name="mistral", model="mistral-large-latest"),
        Client(name="openrouter", model="anthropic/claude-sonnet-4.5"),
        Client(name="litellm_proxy", model="claude"),
        Client(name="openai_compatible", model="local"),
        Client(name="cohere", model="command-a-03-2025", server_dialect=COHERE, base=""),
    )
}
"""The clients of servers whose streams consist of events, by name."""

OLLAMA_CLIENT = Client(name="ollama", model="llama3.2", server_dialect=OLLAMA, base="")
BEDROCK_CLIENT = Client(
    name="bedrock", model="us.amazon.nova-lite-v1:0", server_dialect=CONVERSE, base="", options={"region": "us-east-1"}
)
EVERY_CLIENT = {**CLIENTS, **{each.name: each for each in (OLLAMA_CLIENT, BEDROCK_CLIENT)}}
"""Those, and the clients of servers with other framings."""


def with_fake_clock(llm: LLM, clock: FakeClock) -> LLM:
    """Replace the clock of an LLM, so that retries do not wait."""
    now = llm._model._current(None)  # noqa: SLF001  # a configuration cannot set a clock
    now.builder = attrs.evolve(now.builder, clock=clock)
    return llm


@define(kw_only=True)
class Outcome:
    """Hold the outcome of a call.

    Args:
        text: the streamed text.
        slept: the waits between attempts, in seconds.
        response: the response; ``None`` after an error.
        error: the error; ``None`` after a response.

    """

    text: str = ""
    slept: list[float]
    response: Response | None = None
    error: DragomanError | None = None

    @property
    def shown(self) -> str:
        """Return the traceback and the repr of the error."""
        return "" if self.error is None else "".join(traceback.format_exception(self.error)) + repr(self.error)


async def check_no_task_left() -> None:
    """Fail if a background task does not end within a second."""
    async with asyncio.timeout(1):
        while unfinished := asyncio.all_tasks() - {asyncio.current_task()}:
            await asyncio.wait(unfinished)


async def ask(config: LLMConfig, *, streamed: bool) -> Outcome:
    clock = FakeClock()
    outcome = Outcome(slept=clock.slept)
    async with with_fake_clock(LLM(config), clock) as llm:
        try:
            if not streamed:
                outcome.response = await llm.generate("hi")
            else:
                async with llm.stream("hi") as stream:
                    async for event in stream:
                        outcome.text += event.text if isinstance(event, TextDelta) else ""
                outcome.response = stream.response
        except DragomanError as error:
            outcome.error = error
    await check_no_task_left()
    return outcome


def ask_without_await(config: LLMConfig, *, streamed: bool) -> Outcome:
    clock = FakeClock()
    outcome = Outcome(slept=clock.slept)
    with SyncLLM(config) as llm:
        with_fake_clock(llm._llm, clock)  # noqa: SLF001  # a configuration cannot set a clock
        try:
            if not streamed:
                outcome.response = llm.generate("hi")
            else:
                with llm.stream("hi") as stream:
                    for event in stream:
                        outcome.text += event.text if isinstance(event, TextDelta) else ""
                outcome.response = stream.response
        except DragomanError as error:
            outcome.error = error
    return outcome
