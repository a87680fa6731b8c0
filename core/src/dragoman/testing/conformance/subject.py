# checks are made of assertions
"""What is checked: a provider, how to reach it, and how its server sounds."""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, ClassVar, NoReturn

import hypothesis
import pytest

from dragoman.client.binding import Bound, bind
from dragoman.client.llm import LLM
from dragoman.client.request_builder import Conversation
from dragoman.plugins.registry import installed
from dragoman.spec.capabilities import Capabilities, Support
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import DragomanError
from dragoman.spec.events import Event
from dragoman.spec.message import Message
from dragoman.spec.provider import Prepared, Prepares, Provider
from dragoman.spec.request import ChatRequest, Settings
from dragoman.spec.response import Response
from dragoman.testing.faults import TEXTS, FaultServer, SampleReply, ServerDialect
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Answer, Received, Reply

__all__ = ["BEGUN", "BOTH", "KEY", "TEXT", "Subject", "few", "hello", "leaves", "not_shown"]

KEY = "sk-of-the-suite/4f9c+never=shown"
TEXT = "".join(TEXTS)
BEGUN = "".join(TEXTS[:2])
BOTH = (False, True)
"""Whole and streamed."""
_SECONDS = 20


few = hypothesis.settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
"""How often a property is tried: each time a server answers it."""


def hello(bound: Bound, config: LLMConfig) -> ChatRequest:
    """Return a short request, for a provider that is called directly."""
    chosen, options = bound.explanation, config.provider_options()
    return ChatRequest(
        model=chosen.model,
        messages=(Message("user", "hi"),),
        settings=Settings(max_tokens=20),
        options={chosen.provider: options} if options else {},
    )


def not_shown(member: str) -> NoReturn:
    """Skip a check for want of a member of the :class:`~dragoman.testing.faults.ServerDialect`."""
    pytest.skip(f"not shown: supply ServerDialect.{member}")


class Subject:
    """Name what is checked; a test class sets these attributes.

    Attributes:
        provider: the name of an installed provider, or a plugin (a module, an object with hooks) to register.
        name: what to register a plugin as; by default, the name of its module.
        model: one of its models, and one that takes tools and schemas if any of them does.
        server_dialect: how its server sounds on the wire; ``None`` for a provider that has no server.
        base: the path of its base URL.
        options: further keyword arguments of :class:`~dragoman.LLMConfig`.
        key_env: the environment variable that holds its key; by default its name in capitals and ``_API_KEY``.
        patience: how long to wait for what must happen soon, in seconds; only a failure takes that long.
        known_failures: reasons by the names of checks that are known to fail, such as ``test_x`` or ``test_x[404]``.

    """

    provider: ClassVar[object] = ""
    name: ClassVar[str] = ""
    model: ClassVar[str] = ""
    server_dialect: ClassVar[ServerDialect | None] = None
    base: ClassVar[str] = "/v1"
    options: ClassVar[Mapping[str, Any]] = {}
    key_env: ClassVar[str] = ""
    patience: ClassVar[float] = 5.0
    known_failures: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def known_as(cls) -> str:
        """Return the name that the provider is asked for by."""
        if isinstance(cls.provider, str):
            return cls.provider
        if cls.name:
            return cls.name
        named = cls.provider.__name__ if isinstance(cls.provider, types.ModuleType) else type(cls.provider).__name__
        return named.rpartition(".")[2].removeprefix("dragoman_").lower()

    @classmethod
    def registered(cls) -> str:
        """Return the name of the provider, which is registered now if it is not installed."""
        name, plugins = cls.known_as(), installed()
        if not isinstance(cls.provider, str) and name not in plugins.provider_names():
            plugins.register(cls.provider, provider=name)
        return name

    def config(self, url: str | None = None, **more: Any) -> LLMConfig:
        """Return a configuration; *url* is where the server is, without the path of the base URL."""
        given: dict[str, Any] = {"num_retries": 0, "timeout": _SECONDS}
        if url is not None:
            given |= {"api_key": KEY, "api_base": url + self.base}
        given |= {**self.options, **more}
        return LLMConfig(model=self.model, provider=self.registered(), **given)

    def bound(self, **more: Any) -> Bound:
        """Return the provider, bound to an address where nobody needs to listen."""
        return bind(self.config(None if self.server_dialect is None else "http://127.0.0.1:9", **more))

    def made(self) -> Provider:
        """Return the provider itself."""
        return self.bound().provider

    def can(self) -> Capabilities:
        """Return what the model accepts."""
        return self.made().capabilities(self.model_name())

    def model_name(self) -> str:
        """Return the model as the provider names it."""
        return self.bound().explanation.model

    def offered(self) -> None:
        """Skip the check for a model that takes no tools."""
        if self.can().tools.support is Support.NO:
            pytest.skip("does not apply: the model takes no tools")

    def spoken(self) -> ServerDialect:
        """Return the dialect of the server; skip the check for a provider that has none."""
        if self.server_dialect is None:
            pytest.skip("does not apply: there is no server, `server_dialect` is None")
        return self.server_dialect

    def faults(self) -> FaultServer:
        """Return a server that fails as its paths say, in the provider's own dialect; a context manager."""
        return FaultServer(server_dialects=(self.spoken(),))

    @contextmanager
    def sound(self) -> Generator[str | None]:
        """Run a server that answers soundly and give its address; ``None`` where no server is needed."""
        if self.server_dialect is None:
            yield None
            return
        with self.faults() as server:
            yield server.url_of("ok")

    @contextmanager
    def saying(self, oddity: SampleReply) -> Generator[str]:
        """Run a server that gives one answer, streamed or whole as it is asked, and give its address."""
        server_dialect = self.spoken()

        def answer(request: Received) -> Reply:
            return (
                Reply.sse(b"".join(oddity.events)) if server_dialect.is_streamed(request) else Reply.json(oddity.whole)
            )

        with self.replying(answer) as server:
            yield server.url

    def replying(self, *answers: Answer) -> LoopbackServer:
        """Return a server that gives these answers, the last one again and again; a context manager."""
        self.spoken()
        *first, last = answers
        server = LoopbackServer(last)
        server.reply(*first)
        return server

    def oddity(self, name: str) -> SampleReply:
        """Return an unusual answer of the server; skip the check if it holds none of this name."""
        unusual_replies = self.spoken().unusual_replies
        if name not in unusual_replies:
            not_shown(f'unusual_replies["{name}"]')
        return unusual_replies[name]

    def ask(
        self,
        url: str | None,
        question: Conversation = "hi",
        *,
        streamed: bool = False,
        config: Mapping[str, Any] | None = None,
        **overrides: Any,
    ) -> Response:
        """Return the answer to a question.

        Args:
            url: where the server is.
            question: what to ask.
            streamed: whether to ask for a stream, and collect it.
            config: how to configure the call.
            overrides: what to ask for beside it.

        """
        return asyncio.run(self._ask(self.config(url, **(config or {})), question, overrides, streamed=streamed))

    async def _ask(
        self, config: LLMConfig, question: Conversation, overrides: Mapping[str, Any], *, streamed: bool
    ) -> Response:
        async with LLM(config) as llm:
            if not streamed:
                return await llm.generate(question, **overrides)
            async with llm.stream(question, **overrides) as stream:
                return await stream.collect()

    def events(self, url: str | None, question: Conversation = "hi", **overrides: Any) -> list[Event]:
        """Return the events of a stream as a consumer sees them."""

        async def read() -> list[Event]:
            async with LLM(self.config(url)) as llm, llm.stream(question, **overrides) as stream:
                return [event async for event in stream]

        return asyncio.run(read())

    def failure(self, url: str | None, question: Conversation = "hi", **how: Any) -> DragomanError:
        """Return the error of a call that must fail; *how* is as for :meth:`ask`."""
        try:
            response = self.ask(url, question, **how)
        except DragomanError as error:
            return error
        raise AssertionError(f"an answer came where an error was due: {response!r}")

    def prepared(
        self,
        question: Conversation = "hi",
        *,
        stream: bool = False,
        config: Mapping[str, Any] | None = None,
        **overrides: Any,
    ) -> Prepared:
        """Return what would be sent, or what is sent if it cannot be shown; what the provider cannot say raises."""
        self.spoken()
        if isinstance(self.made(), Prepares):
            llm = LLM(self.config("http://127.0.0.1:9", **(config or {})))
            return llm.build_request(question, stream=stream, **overrides)
        with self.faults() as server:
            self.ask(server.url_of("ok"), question, streamed=stream, config=config, **overrides)
            sent = server.requests[-1]
        return Prepared(method=sent.method, url=sent.path, headers={}, body=sent.json)

    def shown(self) -> None:
        """Skip the check for a provider that shows no request before it is sent."""
        self.spoken()
        if not isinstance(self.made(), Prepares):
            pytest.skip("does not apply: the provider shows no request before it is sent")

    def body(self, question: Conversation = "hi", **overrides: Any) -> str:
        """Return the texts and numbers of the body that would be sent, one below the other, in their order."""
        return "\n".join(leaves(self.prepared(question, **overrides).body))

    @asynccontextmanager
    async def llm(self, url: str | None, **more: Any) -> AsyncGenerator[LLM]:
        """Open an LLM and close it again."""
        async with LLM(self.config(url, **more)) as llm:
            yield llm


def leaves(value: Any) -> Iterator[str]:
    """Yield the names, texts, numbers and other values of JSON data as texts, in their order."""
    if isinstance(value, dict):
        for name, each in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield str(name)  # pyright: ignore[reportUnknownArgumentType]
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:  # pyright: ignore[reportUnknownVariableType]
            yield from leaves(each)
    else:
        yield str(value)
