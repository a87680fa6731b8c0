# ruff: noqa: S101  # checks are made of assertions
"""Level 0: the provider is found, imported, created and closed, and implements the protocol."""

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
from dragoman.http.options import TAKEN_NAMES
from dragoman.plugins.registry import PROVIDERS, Claim, Plugins, read_claims
from dragoman.plugins.resolution import explain
from dragoman.spec.capabilities import Capabilities, Support
from dragoman.spec.config import LLMConfig
from dragoman.spec.errors import ConfigurationError
from dragoman.spec.operations import CountsTokens, Embeds, LearnsCapabilities, ListsModels
from dragoman.spec.provider import SPEC, CallContext, Provider, ProviderInfo
from dragoman.spec.request import Tool
from dragoman.spec.serialization import to_dict
from dragoman.testing.conformance.import_report import ImportReport, import_report
from dragoman.testing.conformance.provider_case import ProviderCase, hello

__all__ = ["Lifecycle"]

MODULES = 200
"""Modules that a provider may import, in addition to those that every provider needs."""


class Lifecycle(ProviderCase):
    """Check resolution, import, creation and closing of the provider."""

    def imported(self) -> ImportReport:
        """Return the side effects of importing its module; skip the check for a plugin registered by the tests."""
        if not isinstance(self.provider, str):
            pytest.skip("does not apply: the plugin is registered for the tests")
        return import_report(Plugins().provider_claim(self.provider).module)

    def test_it_is_found_by_its_name(self) -> None:
        """Protects against a provider that is installed under another name."""
        explanation = explain(self.config())
        assert explanation.provider == self.known_as()
        assert explanation.distribution

    def test_it_is_found_by_a_prefix(self) -> None:
        """Protects against a model that cannot be selected as provider/model."""
        found = explain(f"{self.registered()}/{self.model or 'any'}")
        assert found.provider == self.known_as()

    def test_its_import_works_without_a_warning(self) -> None:
        """Protects against warnings and errors at import."""
        assert not self.imported().error

    def test_its_import_connects_to_nothing(self) -> None:
        """Protects against programs that hang at import because a firewall drops connections."""
        assert not self.imported().connected

    def test_its_import_is_light(self) -> None:
        """Protects against slow imports, such as the SDK of a vendor."""
        assert self.imported().modules <= MODULES

    def test_its_import_prints_nothing(self) -> None:
        """Protects against output at import, which corrupts the output of programs."""
        assert not self.imported().output.strip()

    def test_its_import_starts_no_thread(self) -> None:
        """Protects against processes that do not end, and forks that deadlock."""
        assert self.imported().threads == 0

    def test_its_import_leaves_the_environment_alone(self) -> None:
        """Protects against environment variables that are changed for the whole process."""
        assert not self.imported().environment

    def test_it_has_all_members_of_a_provider(self) -> None:
        """Protects against a missing method that is noticed only when it is called."""
        made = self.made()
        assert isinstance(made, Provider)
        calls: tuple[Callable[..., object], ...] = (made.complete, made.chat, made.aclose)
        assert not any(inspect.isasyncgenfunction(each) or inspect.isgeneratorfunction(each) for each in calls)

    def test_it_introduces_itself(self) -> None:
        """Protects against answers and errors that name another provider."""
        info = self.made().info
        assert isinstance(info, ProviderInfo)
        assert info.name == self.known_as()

    def test_its_issuer_can_stand_before_a_dot(self) -> None:
        """Protects against kinds of seals and extensions from which the issuer cannot be parsed."""
        issuer = self.made().info.issuer
        assert issuer
        assert "." not in issuer

    def test_its_specification_is_one_we_speak(self) -> None:
        """Protects against a plugin that was written for a newer core than the installed one."""
        spec = self.made().info.spec
        assert re.fullmatch(r"\d+\.\d+", spec)
        assert tuple(map(int, spec.split("."))) <= tuple(map(int, SPEC.split(".")))

    def _options(self) -> type[Any]:
        """Return the class of the options of the provider; skip the check if there is none."""
        options = self.made().info.options
        if options is None:
            pytest.skip("does not apply: the provider has no options")
        return options

    def test_its_options_are_typed(self) -> None:
        """Protects against options that are not validated, or that can change during a call."""
        options = self._options()
        assert attrs.has(options)
        assert options.__setattr__ is not object.__setattr__

    def test_its_options_are_documented(self) -> None:
        """Protects against options without documentation."""
        options = self._options()
        documentation = "\n".join(each.__doc__ or "" for each in options.__mro__)
        assert [each.name for each in attrs.fields(options) if not re.search(rf"\b{each.name}\b", documentation)] == []

    def test_its_options_can_be_given(self) -> None:
        """Protects against options that nobody can give, since a setting or an argument has the same name."""
        options = self._options()
        assert [each.alias for each in attrs.fields(options) if each.alias in TAKEN_NAMES] == []

    def test_its_optional_methods_are_no_stubs(self) -> None:
        """Protects against optional methods that only raise NotImplementedError."""
        made: Any = self.made()
        kinds = (
            (ListsModels, "models"),
            (CountsTokens, "count_tokens"),
            (Embeds, "embed"),
            (LearnsCapabilities, "learn_capabilities"),
        )
        found = [getattr(made, name) for kind, name in kinds if isinstance(made, kind)]
        assert all(inspect.iscoroutinefunction(each) for each in found)
        assert [each for each in found if "NotImplementedError" in (each.__code__.co_names)] == []

    def test_capabilities_are_the_same_each_time(self) -> None:
        """Protects against a model that accepts a setting in one call and refuses it in the next."""
        made, model = self.made(), self.model_name()
        assert isinstance(made.capabilities(model), Capabilities)
        assert made.capabilities(model) == made.capabilities(model) == self.made().capabilities(model)

    @pytest.mark.parametrize("model", ["", "unknown-model-9000", "ns/model:tag@sha256", "模型"])
    def test_capabilities_of_an_unknown_model_are_told(self, model: str) -> None:
        """Protects against models that fail because their name is not in a list."""
        assert isinstance(self.made().capabilities(model), Capabilities)

    def test_making_it_connects_to_nothing(self) -> None:
        """Protects against I/O in a constructor."""
        self.spoken()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)  # noqa: FBT003  # signature of socket
            bind(self.config(f"http://127.0.0.1:{listener.getsockname()[1]}"))
            with contextlib.suppress(BlockingIOError):
                listener.accept()[0].close()
                pytest.fail("a connection was made")

    def test_a_broken_neighbor_does_not_matter(self) -> None:
        """Protects against a broken plugin that disables other plugins."""
        broken = Claim(group=PROVIDERS, name="broken", module="no_such_module", distribution="dragoman-broken")
        plugins = Plugins([*read_claims(), broken])
        name = self.known_as()
        if not isinstance(self.provider, str):
            plugins.register(self.provider, provider=name)
        config = self.config(None if self.server_dialect is None else "http://127.0.0.1:9")
        assert bind(config, plugins).provider.info.name == name

    def test_closing_it_twice_is_fine(self) -> None:
        """Protects against an error during cleanup that hides the original error."""

        async def twice(made: Provider) -> None:
            await made.aclose()
            await made.aclose()

        self._close(twice)

    def test_closing_it_ends(self) -> None:
        """Protects against a program that hangs when it closes the provider."""
        self._close(lambda made: made.aclose())

    def test_closing_it_does_not_wait_for_open_streams(self) -> None:
        """Protects against a shutdown that waits for the slowest answer."""

        async def close(url: str) -> None:
            async with self.llm(url) as llm, llm.stream("hi") as stream:
                await anext(stream)
                await asyncio.wait_for(llm.aclose(), self.patience)

        with self.faults() as server:
            asyncio.run(close(server.url_of("stall")))

    def test_it_can_be_used_after_it_was_closed(self) -> None:
        """Protects against an object that cannot be used again after its first context."""

        async def use(url: str | None) -> tuple[str, str]:
            async with self.llm(url) as llm:
                first = await llm.generate("hi")
                await llm.aclose()
                return first.text, (await llm.generate("hi")).text

        with self.sound() as url:
            first, second = asyncio.run(use(url))
        assert self.server_dialect is None or first == second

    def test_requests_are_not_changed(self) -> None:
        """Protects against changes to the messages and schemas of the caller."""
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
        """Protects against changes to the configuration of the caller."""
        with self.sound() as url:
            config = self.config(url)
            before = config.to_dict()
            asyncio.run(_generate(config))
            assert config.to_dict() == before

    def test_what_is_missing_is_told_before_anything_is_sent(self) -> None:
        """Protects against an unclear error if a key or a base URL is missing."""
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
