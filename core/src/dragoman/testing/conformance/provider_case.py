"""The base class of all checks: the provider under test, its configuration, and its server."""

from __future__ import annotations

import asyncio
import types
from collections.abc import AsyncGenerator, Generator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Any, ClassVar, NoReturn

import attrs
import hypothesis
import pytest

from dragoman.client.binding import Bound, bind
from dragoman.client.conversation import Conversation
from dragoman.client.llm import LLM
from dragoman.plugins.registry import installed
from dragoman.spec.capabilities import Capabilities, Support
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import DragomanError
from dragoman.spec.events import Event
from dragoman.spec.message import Message
from dragoman.spec.prepared import Prepared, Prepares
from dragoman.spec.provider import Provider
from dragoman.spec.request import ChatRequest, Settings
from dragoman.spec.response import Response
from dragoman.testing.faults import TEXTS, FaultServer, SampleReply, ServerDialect
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Answer, Received, Reply

__all__ = ["BEGUN", "BOTH", "KEY", "TEXT", "ProviderCase", "few", "hello", "leaves", "not_shown"]

KEY = "sk-of-the-suite/4f9c+never=shown"
TEXT = "".join(TEXTS)
BEGUN = "".join(TEXTS[:2])
BOTH = (False, True)
"""Whether to stream: a whole answer, then a streamed one."""
_TIMEOUT_SECONDS = 20


few = hypothesis.settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
)
"""Settings for properties: few examples, since each needs a request to a server."""


def hello(bound: Bound, config: LLMConfig) -> ChatRequest:
    """Return a minimal request, for calling a provider directly."""
    chosen, options = bound.explanation, config.provider_options()
    return ChatRequest(
        model=chosen.model,
        messages=(Message("user", "hi"),),
        settings=Settings(max_tokens=20),
        options={chosen.provider: options} if options else {},
    )


def not_shown(member: str) -> NoReturn:
    """Skip a check because the :class:`~dragoman.testing.faults.ServerDialect` lacks *member*."""
    pytest.skip(f"not shown: supply ServerDialect.{member}")


def _never(_: Received) -> bool:
    """Take no request for one that asks for a stream."""
    return False


class _ApplicableFaults(FaultServer):
    """Serve faults; skip the check of one that has no meaning in the framing of the dialect."""

    def url_of(self, *names: str) -> str:
        """Return the base URL whose requests get these faults."""
        if reason := self.inapplicable(*names):
            pytest.skip(f"does not apply: {reason}")
        return super().url_of(*names)


class ProviderCase:
    """Describe the provider under test; a test class sets these attributes.

    Attributes:
        provider: the name of an installed provider, or a plugin (a module, an object with hooks) to register.
        name: the name to register a plugin under; by default, the name of its module.
        model: one of its models, if possible one that supports tools and schemas.
        sent_model: the name by which the server knows the model, if it is another one.
        prompt_model: a model with an endpoint for prompts; by default the same model.
        server_dialect: the dialect of its server; ``None`` for a provider without a server.
        base: the path of its base URL.
        options: further keyword arguments of :class:`~dragoman.LLMConfig`.
        credentials: secret options that take the place of ``api_key``, such as an access key and a session token.
        key_env: the environment variable of its key; by default its name in upper case with ``_API_KEY`` appended.
        ambient: further environment variables with credentials, such as those of a cloud, each with a sample value.
        patience: seconds to wait for an expected event; only failing checks take that long.
        known_failures: reasons by the names of checks that are expected to fail, such as ``test_x`` or ``test_x[404]``.

    """

    provider: ClassVar[object] = ""
    name: ClassVar[str] = ""
    model: ClassVar[str] = ""
    sent_model: ClassVar[str] = ""
    prompt_model: ClassVar[str] = ""
    server_dialect: ClassVar[ServerDialect | None] = None
    base: ClassVar[str] = "/v1"
    options: ClassVar[Mapping[str, Any]] = {}
    credentials: ClassVar[Mapping[str, str]] = {}
    key_env: ClassVar[str] = ""
    ambient: ClassVar[Mapping[str, str]] = {}
    patience: ClassVar[float] = 5.0
    known_failures: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def known_as(cls) -> str:
        """Return the name of the provider."""
        if isinstance(cls.provider, str):
            return cls.provider
        if cls.name:
            return cls.name
        named = cls.provider.__name__ if isinstance(cls.provider, types.ModuleType) else type(cls.provider).__name__
        return named.rpartition(".")[2].removeprefix("dragoman_").lower()

    @classmethod
    def registered(cls) -> str:
        """Return the name of the provider, and register it if it is not installed."""
        name, plugins = cls.known_as(), installed()
        if not isinstance(cls.provider, str) and name not in plugins.provider_names():
            plugins.register(cls.provider, provider=name)
        return name

    def config(self, url: str | None = None, **more: Any) -> LLMConfig:
        """Return a configuration; *url* is the URL of the server without the path of the base URL."""
        arguments: dict[str, Any] = {"num_retries": 0, "timeout": _TIMEOUT_SECONDS}
        if url is not None:
            arguments |= {**self.given_credentials(), "api_base": url + self.base}
        arguments |= {"model": self.model, "provider": self.registered(), **self.options, **more}
        return LLMConfig(**arguments)

    def given_credentials(self) -> Mapping[str, str]:
        """Return the credentials that the caller gives: the key of the suite, or what takes its place."""
        return self.credentials or {"api_key": KEY}

    def secrets(self) -> tuple[str, ...]:
        """Return the texts that must not be shown anywhere."""
        return tuple(self.given_credentials().values())

    def bound(self, **more: Any) -> Bound:
        """Return the provider, bound to a URL where no server needs to listen."""
        return bind(self.config(None if self.server_dialect is None else "http://127.0.0.1:9", **more))

    def made(self) -> Provider:
        """Return the provider itself."""
        return self.bound().provider

    def can(self) -> Capabilities:
        """Return the capabilities of the model."""
        return self.made().capabilities(self.model_name())

    def model_name(self) -> str:
        """Return the name of the model without the prefix of the provider."""
        return self.bound().explanation.model

    def model_on_the_wire(self) -> str:
        """Return the name of the model in a request."""
        return self.sent_model or self.model_name()

    def offered(self) -> None:
        """Skip the check for a model that does not support tools."""
        if self.can().tools.support is Support.NO:
            pytest.skip("does not apply: the model does not support tools")

    def spoken(self) -> ServerDialect:
        """Return the dialect of the server; skip the check for a provider without a server."""
        if self.server_dialect is None:
            pytest.skip("does not apply: the provider has no server, `server_dialect` is None")
        return self.server_dialect

    def faults(self, *others: str) -> FaultServer:
        """Return a fault server in the dialect of the provider; a context manager.

        Args:
            others: the endings of further paths, whose requests get whole replies.

        """
        spoken = self.spoken()
        further = (attrs.evolve(spoken, endings=others, is_streamed=_never),) if others else ()
        return _ApplicableFaults(server_dialects=(*further, spoken))

    @contextmanager
    def sound(self) -> Generator[str | None]:
        """Run a server without faults and yield its URL; yield ``None`` if the provider has no server."""
        if self.server_dialect is None:
            yield None
            return
        with self.faults() as server:
            yield server.url_of("ok")

    @contextmanager
    def saying(self, reply: SampleReply) -> Generator[str]:
        """Run a server that always sends *reply*, streamed or whole as requested, and yield its URL."""
        server_dialect = self.spoken()

        def answer(request: Received) -> Reply:
            if server_dialect.is_streamed(request):
                return server_dialect.reply(b"".join(reply.events))
            return Reply.json(reply.whole)

        with self.replying(answer) as server:
            yield server.url

    def replying(self, *answers: Answer) -> LoopbackServer:
        """Return a server that sends these answers in order and then repeats the last one; a context manager."""
        self.spoken()
        *first, last = answers
        server = LoopbackServer(last)
        server.reply(*first)
        return server

    def unusual_reply(self, name: str) -> SampleReply:
        """Return the unusual reply of the server dialect with this name; skip the check if there is none."""
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
        """Return the response to a question.

        Args:
            url: the URL of the server.
            question: the prompt or conversation.
            streamed: whether to request a stream and collect it.
            config: further keyword arguments of the configuration.
            overrides: settings and options of the call.

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
        """Return the events of a stream as a consumer receives them."""

        async def read() -> list[Event]:
            async with LLM(self.config(url)) as llm, llm.stream(question, **overrides) as stream:
                return [event async for event in stream]

        return asyncio.run(read())

    def failure(self, url: str | None, question: Conversation = "hi", **arguments: Any) -> DragomanError:
        """Return the error of a call that must fail; *arguments* are those of :meth:`ask`."""
        try:
            response = self.ask(url, question, **arguments)
        except DragomanError as error:
            return error
        raise AssertionError(f"expected an error, got an answer: {response!r}")

    def prepared(
        self,
        question: Conversation = "hi",
        *,
        stream: bool = False,
        config: Mapping[str, Any] | None = None,
        **overrides: Any,
    ) -> Prepared:
        """Return the request that would be sent; send it if the provider has no preview.

        Raises:
            UnsupportedError: if the provider cannot express it.

        """
        self.spoken()
        if isinstance(self.made(), Prepares):
            llm = LLM(self.config("http://127.0.0.1:9", **(config or {})))
            return llm.build_request(question, stream=stream, **overrides)
        with self.faults() as server:
            self.ask(server.url_of("ok"), question, streamed=stream, config=config, **overrides)
            sent = server.requests[-1]
        return Prepared(method=sent.method, url=sent.path, headers={}, body=sent.json)

    def shown(self) -> None:
        """Skip the check for a provider without a preview of its requests."""
        self.spoken()
        if not isinstance(self.made(), Prepares):
            pytest.skip("does not apply: the provider has no preview of its requests")

    def body(self, question: Conversation = "hi", **overrides: Any) -> str:
        """Return the names and values of the request body in order, one on each line."""
        return "\n".join(leaves(self.prepared(question, **overrides).body))

    @asynccontextmanager
    async def llm(self, url: str | None, **more: Any) -> AsyncGenerator[LLM]:
        """Open an LLM for the duration of the context."""
        async with LLM(self.config(url, **more)) as llm:
            yield llm


def leaves(value: Any) -> Iterator[str]:
    """Yield the names and scalar values of JSON data as text, in order."""
    if isinstance(value, dict):
        for name, each in value.items():  # pyright: ignore[reportUnknownVariableType]
            yield str(name)  # pyright: ignore[reportUnknownArgumentType]
            yield from leaves(each)
    elif isinstance(value, list):
        for each in value:  # pyright: ignore[reportUnknownVariableType]
            yield from leaves(each)
    else:
        yield str(value)
