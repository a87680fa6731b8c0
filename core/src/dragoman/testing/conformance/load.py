# ruff: noqa: S101  # checks are made of assertions
"""Level 0: the provider is found, made and closed, and keeps the protocol."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import re
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import attrs
import pytest

from dragoman.client.binding import bind
from dragoman.client.llm import LLM
from dragoman.plugins.registry import PROVIDERS, Claim, Plugins, read_claims
from dragoman.plugins.resolution import explain
from dragoman.spec.capabilities import Capabilities, Support
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.operations import CountsTokens, Embeds, ListsModels
from dragoman.spec.provider import SPEC, CallContext, Provider, ProviderInfo
from dragoman.spec.request import Tool
from dragoman.spec.serialization import to_dict
from dragoman.testing.conformance.probe import Imported, imported
from dragoman.testing.conformance.subject import Subject, hello

__all__ = ["Load"]

MODULES = 200
"""How many modules a provider may bring at import, beside those that all stand on."""


class Load(Subject):
    """Check how the provider comes into being, and how it goes."""

    def imported(self) -> Imported:
        """Return what importing its module does; skip the check where it was registered for the tests."""
        if not isinstance(self.provider, str):
            pytest.skip("does not apply: the plugin is registered for the tests")
        return imported(Plugins().provider_claim(self.provider).module)

    def test_it_is_found_by_its_name(self) -> None:
        """Protects from a provider that is installed but answers to another name."""
        explanation = explain(self.config())
        assert explanation.provider == self.known_as()
        assert explanation.distribution

    def test_it_is_found_by_a_prefix(self) -> None:
        """Protects from a model that cannot be named as provider/model."""
        found = explain(f"{self.registered()}/{self.model or 'any'}")
        assert found.provider == self.known_as()

    def test_its_import_works_without_a_warning(self) -> None:
        """Protects from users who must filter the warnings of a plugin."""
        assert not self.imported().error

    def test_its_import_connects_to_nothing(self) -> None:
        """Protects from programs that hang behind a firewall before their first line."""
        assert not self.imported().connected

    def test_its_import_is_light(self) -> None:
        """Protects from a vendor's SDK that is paid for before anything is asked."""
        assert self.imported().modules <= MODULES

    def test_its_import_prints_nothing(self) -> None:
        """Protects from noise in the output of other people's programs."""
        assert not self.imported().output.strip()

    def test_its_import_starts_no_thread(self) -> None:
        """Protects from processes that do not end, and from forks that deadlock."""
        assert self.imported().threads == 0

    def test_its_import_leaves_the_environment_alone(self) -> None:
        """Protects from two configurations in one process that overwrite each other."""
        assert not self.imported().environment

    def test_it_has_all_members_of_a_provider(self) -> None:
        """Protects from a method that is missing where it is first needed."""
        made = self.made()
        assert isinstance(made, Provider)
        calls: tuple[Callable[..., object], ...] = (made.complete, made.chat, made.aclose)
        assert not any(inspect.isasyncgenfunction(each) or inspect.isgeneratorfunction(each) for each in calls)

    def test_it_introduces_itself(self) -> None:
        """Protects from answers and errors that name another provider than the one asked."""
        info = self.made().info
        assert isinstance(info, ProviderInfo)
        assert info.name == self.known_as()

    def test_its_issuer_can_stand_before_a_dot(self) -> None:
        """Protects from seals and extensions whose owner cannot be told from their kind."""
        issuer = self.made().info.issuer
        assert issuer
        assert "." not in issuer

    def test_its_specification_is_one_we_speak(self) -> None:
        """Protects from a plugin that was written for a newer core than the one installed."""
        spec = self.made().info.spec
        assert re.fullmatch(r"\d+\.\d+", spec)
        assert tuple(map(int, spec.split("."))) <= tuple(map(int, SPEC.split(".")))

    def test_its_options_are_typed(self) -> None:
        """Protects from options that nothing checks, and that change under a running call."""
        options = self.made().info.options
        if options is None:
            pytest.skip("does not apply: the provider has no options of its own")
        assert attrs.has(options)
        assert options.__setattr__ is not object.__setattr__

    def test_its_options_are_documented(self) -> None:
        """Protects from options that nobody knows how to use."""
        options = self.made().info.options
        if options is None:
            pytest.skip("does not apply: the provider has no options of its own")
        told = inspect.getdoc(options) or ""
        assert [each.name for each in attrs.fields(options) if not re.search(rf"\b{each.name}\b", told)] == []

    def test_its_optional_methods_are_no_stubs(self) -> None:
        """Protects from a method that is there only to raise."""
        made: Any = self.made()
        kinds = ((ListsModels, "models"), (CountsTokens, "count_tokens"), (Embeds, "embed"))
        found = [getattr(made, name) for kind, name in kinds if isinstance(made, kind)]
        assert all(inspect.iscoroutinefunction(each) for each in found)
        assert [each for each in found if "NotImplementedError" in (each.__code__.co_names)] == []

    def test_capabilities_are_the_same_each_time(self) -> None:
        """Protects from a model that accepts a setting in one call and refuses it in the next."""
        made, model = self.made(), self.model_name()
        assert isinstance(made.capabilities(model), Capabilities)
        assert made.capabilities(model) == made.capabilities(model) == self.made().capabilities(model)

    @pytest.mark.parametrize("model", ["", "a-model-of-tomorrow-9000", "ns/model:tag@sha256", "模型"])
    def test_capabilities_of_an_unknown_model_are_told(self, model: str) -> None:
        """Protects from models that stop working because their name is not in a list."""
        assert isinstance(self.made().capabilities(model), Capabilities)

    def test_making_it_connects_to_nothing(self) -> None:
        """Protects from a constructor that does I/O."""
        self.spoken()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)  # noqa: FBT003  # the method's own way
            bind(self.config(f"http://127.0.0.1:{listener.getsockname()[1]}"))
            with contextlib.suppress(BlockingIOError):
                listener.accept()[0].close()
                pytest.fail("a connection was made")

    def test_a_broken_neighbor_does_not_matter(self) -> None:
        """Protects from one plugin that takes all others down with it."""
        broken = Claim(group=PROVIDERS, name="broken", module="no_such_module", distribution="dragoman-broken")
        plugins = Plugins([*read_claims(), broken])
        name = self.known_as()
        if not isinstance(self.provider, str):
            plugins.register(self.provider, provider=name)
        config = self.config(None if self.server_dialect is None else "http://127.0.0.1:9")
        assert bind(config, plugins).provider.info.name == name

    def test_closing_it_twice_is_fine(self) -> None:
        """Protects from an error in the clean-up that hides the error before it."""

        async def twice(made: Provider) -> None:
            await made.aclose()
            await made.aclose()

        self._close(twice)

    def test_closing_it_ends(self) -> None:
        """Protects from a program that hangs at its end."""
        self._close(lambda made: made.aclose())

    def test_closing_it_does_not_wait_for_open_streams(self) -> None:
        """Protects from a shutdown that lasts as long as the slowest answer."""

        async def close(url: str) -> None:
            async with self.llm(url) as llm, llm.stream("hi") as stream:
                await anext(stream)
                await asyncio.wait_for(llm.aclose(), self.patience)

        with self.faults() as server:
            asyncio.run(close(server.url_of("stall")))

    def test_it_can_be_used_after_it_was_closed(self) -> None:
        """Protects from an object that is dead after the first block that used it."""

        async def use(url: str | None) -> tuple[str, str]:
            async with self.llm(url) as llm:
                first = await llm.generate("hi")
                await llm.aclose()
                return first.text, (await llm.generate("hi")).text

        with self.sound() as url:
            first, second = asyncio.run(use(url))
        assert self.server_dialect is None or first == second

    def test_requests_are_not_changed(self) -> None:
        """Protects from messages and schemas of the caller that grow with every turn."""
        tool = Tool(name="weather", schema={"type": "object", "properties": {"city": {"type": "string"}}})
        tools = () if self.can().tools.support is Support.NO else (tool,)

        async def call(url: str | None) -> None:
            config = self.config(url)
            bound = bind(config)
            request = attrs.evolve(hello(bound, config), tools=tools)
            before = to_dict(request)
            await bound.chat(request, CallContext())
            assert to_dict(request) == before
            await bound.provider.aclose()

        with self.sound() as url:
            asyncio.run(call(url))

    def test_the_configuration_is_not_changed(self) -> None:
        """Protects from a configuration that cannot be used twice."""
        with self.sound() as url:
            config = self.config(url)
            before = config.to_dict()
            asyncio.run(_generate(config))
            assert config.to_dict() == before

    def test_what_is_missing_is_told_before_anything_is_sent(self) -> None:
        """Protects from a KeyError, or a call to nowhere, where a key or an address is missing."""
        self.shown()
        with pytest.MonkeyPatch.context() as environment:
            environment.delenv(self.key_env or f"{self.known_as().upper()}_API_KEY", raising=False)
            config = LLMConfig(model=self.model, provider=self.registered(), **{**self.options, "api_key": None})
            with contextlib.suppress(ConfigurationError):
                LLM(config).build_request("hi")

    def _close(self, close: Callable[[Provider], Awaitable[None]]) -> None:
        async def use(url: str | None) -> None:
            config = self.config(url)
            bound = bind(config)
            await bound.chat(hello(bound, config), CallContext())
            await asyncio.wait_for(close(bound.provider), self.patience)

        with self.sound() as url:
            asyncio.run(use(url))


async def _generate(config: LLMConfig) -> None:
    async with LLM(config) as llm:
        await llm.generate("hi")
