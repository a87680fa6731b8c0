from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from core.scripted import PROVIDER, Scripted, Site
from dragoman import (
    LLM,
    AuthenticationError,
    Capabilities,
    LLMConfig,
    PluginConflictError,
    PluginError,
    PluginLoadError,
    ProviderConfig,
    ProviderInfo,
    SpecVersionError,
    UnknownProviderError,
    hookimpl,
)
from dragoman.hookspecs import Binding
from dragoman.plugins import EXTENSIONS, HOSTS, MODELS, PROVIDERS, Claim, Plugins, installed


def plugins(*claims: Claim, **environ: str) -> Plugins:
    return Plugins(claims, environ)


def claim(name: str, module: str, distribution: str = "acme-one", group: str = PROVIDERS) -> Claim:
    return Claim(group=group, name=name, module=module, distribution=distribution)


def binding(provider: str) -> Binding:
    return Binding(
        provider=provider, model="m", distribution="d", implementation=Scripted(), capabilities=Capabilities()
    )


def test_metadata_is_read_without_importing(site: Site) -> None:
    site.add("Acme_One", providers=("acme",), hosts=("acme.test",), models=("acme-",), version="4.5")
    site.add("acme-two", extensions=("budget",))
    found = Plugins(environ={})
    mine = [each for each in found.claims if each.distribution.startswith("acme-")]
    assert mine == [
        claim("acme", "stub_Acme_One"),
        claim("acme.test", "stub_Acme_One", group=HOSTS),
        claim("acme-", "stub_Acme_One", group=MODELS),
        claim("budget", "stub_acme_two", "acme-two", EXTENSIONS),
    ]
    record = next(record for record in found.records() if record.name == "acme")
    assert (record.distribution, record.version, record.state, record.error) == ("acme-one", "4.5", "installed", None)
    assert found.version(found.provider_claim("acme")) == "4.5"
    assert found.hosts_of(found.provider_claim("acme")) == ("acme.test",)
    assert site.imported() == set()


def test_a_provider_is_imported_when_it_is_made_and_only_once(site: Site) -> None:
    site.add("acme-one", providers=("acme", "acme_eu"))
    site.add("acme-two", providers=("other",))
    made = installed().provider(ProviderConfig(name="acme"))
    assert made.info.name == "acme"
    assert installed().provider(ProviderConfig(name="acme_eu")).info.name == "acme_eu"
    assert site.imported() == {"stub_acme_one"}
    states = {record.name: record.state for record in installed().records()}
    assert (states["acme"], states["acme_eu"], states["other"]) == ("loaded", "loaded", "installed")


def test_an_entry_point_may_name_an_attribute(site: Site) -> None:
    source = """
        from core.scripted import Scripted
        plugin = Scripted()
    """
    site.add(
        "acme-one", "stub_attribute", source, providers={"acme": "stub_attribute:plugin", "lost": "stub_attribute:no"}
    )
    assert installed().provider(ProviderConfig(name="acme")).info.name == "scripted"
    with pytest.raises(PluginLoadError, match="the plugin 'lost' of acme-one failed: AttributeError"):
        installed().provider(ProviderConfig(name="lost"))


@pytest.mark.parametrize(
    ("source", "cause", "words"),
    [
        ("import no_such_module_anywhere", ModuleNotFoundError, "no_such_module_anywhere"),
        ("raise SystemExit(3)", SystemExit, "SystemExit: 3"),
        ("1 / 0", ZeroDivisionError, "division by zero"),
        ("def broken(:", SyntaxError, "SyntaxError"),
    ],
)
def test_a_broken_plugin_is_a_record_and_its_error_is_raised_when_it_is_asked_for(
    site: Site, source: str, cause: type[BaseException], words: str
) -> None:
    site.add("acme-one", "stub_broken", source, providers=("broken",))
    site.add("acme-two", providers=("sound",))
    assert installed().provider(ProviderConfig(name="sound"))
    for _ in range(2):
        with pytest.raises(PluginLoadError, match=f"the plugin 'broken' of acme-one failed: .*{words}") as caught:
            installed().provider(ProviderConfig(name="broken"))
        assert isinstance(caught.value.__cause__, cause)
    record = next(record for record in installed().records() if record.name == "broken")
    assert (record.state, record.error) == ("failed", caught.value)
    assert installed().provider(ProviderConfig(name="sound"))


def test_two_distributions_with_one_name_are_a_conflict_at_use(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.add("acme-one", providers=("acme",))
    site.add("acme-two", providers=("acme",))
    words = "acme-one and acme-two both provide 'acme'; name the one you do not want in DRAGOMAN_DISABLE_PLUGINS"
    with pytest.raises(PluginConflictError, match=words):
        installed().provider(ProviderConfig(name="acme"))
    monkeypatch.setenv("DRAGOMAN_DISABLE_PLUGINS", "Acme_Two")
    installed.cache_clear()
    assert installed().provider_claim("acme").distribution == "acme-one"
    assert site.imported() == set()


def test_plugins_are_blocked_by_distribution_before_import() -> None:
    claims = [claim("a", "no_a", "acme-a"), claim("b", "no_b", "acme-b"), claim("c", "no_c", "acme-c")]
    only = plugins(*claims, DRAGOMAN_PLUGINS="acme.A, ACME_b,", DRAGOMAN_DISABLE_PLUGINS="acme-b")
    assert only.provider_names() == ("a",)
    assert [(record.name, record.state) for record in only.records()] == [
        ("a", "installed"),
        ("b", "blocked"),
        ("c", "blocked"),
    ]
    with pytest.raises(UnknownProviderError, match="no installed distribution provides 'b'; installed are a"):
        only.provider(ProviderConfig(name="b"))


class Nothing:
    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> None:
        return None


class Wrong:
    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> Any:
        return "a provider"


class Raises:
    error: Exception = ValueError("no such region")

    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> Any:
        raise self.error


class Declines(Raises):
    error = AuthenticationError("no key")


@pytest.mark.parametrize(
    ("plugin", "error", "words"),
    [
        (Nothing(), PluginError, "made nothing where a provider is wanted"),
        (Wrong(), PluginError, "made a str where a provider is wanted"),
        (Raises(), PluginLoadError, "failed: ValueError: no such region"),
        (Declines(), AuthenticationError, "no key"),
    ],
)
def test_a_plugin_that_makes_no_provider_is_named(plugin: object, error: type[Exception], words: str) -> None:
    found = plugins()
    found.register(plugin, provider="acme")
    with pytest.raises(error, match=words):
        found.provider(ProviderConfig(name="acme"))


@pytest.mark.parametrize("spec", ["1.1", "2.0", "2"])
def test_a_plugin_newer_than_the_core_is_refused_with_both_versions(spec: str) -> None:
    provider = Scripted()
    provider.info = ProviderInfo(name="acme", issuer="acme", spec=spec)
    found = plugins()
    found.register(provider, provider="acme")
    words = f"registered was written for specification {spec}, this dragoman speaks 1.0; run: pip install --upgrade"
    with pytest.raises(SpecVersionError, match=words) as caught:
        found.provider(ProviderConfig(name="acme"))
    assert caught.value.provider == "acme"


@pytest.mark.parametrize("spec", ["0.9", "1.0", "1", "1.0.7"])
def test_a_plugin_as_old_as_the_core_or_older_is_taken(spec: str) -> None:
    provider = Scripted()
    provider.info = ProviderInfo(name="acme", issuer="acme", spec=spec)
    found = plugins()
    found.register(provider, provider="acme")
    assert found.provider(ProviderConfig(name="acme")) is provider


class Unknown:
    @hookimpl
    def dragoman_chatt(self, binding: Binding) -> None: ...


class Renamed:
    @hookimpl(specname="Binding")
    def dragoman_chat(self, binding: Binding) -> None: ...


class Coroutine:
    @hookimpl
    async def dragoman_secret(self, provider: str, field: str) -> str:
        return ""


class Generator:
    @hookimpl
    def dragoman_commands(self) -> Iterator[Any]:
        yield


class AsyncGenerator:
    @hookimpl
    async def dragoman_stream(self, binding: Binding) -> AsyncIterator[Any]:
        yield


class WrongArguments:
    @hookimpl
    def dragoman_chat(self, bindign: Binding) -> None: ...


class WrapperWithoutYield:
    @hookimpl(wrapper=True)
    def dragoman_chat(self, binding: Binding) -> None: ...


@dataclass
class Unhashable:
    limit: int = 5

    @hookimpl(wrapper=True)
    def dragoman_chat(self, binding: Binding) -> Any:
        return (yield)


@pytest.mark.parametrize(
    ("plugin", "words"),
    [
        (Unhashable(), "Unhashable is not hashable"),
        (Unknown(), "implements 'dragoman_chatt', which is no hook; the hooks are dragoman_chat, dragoman_commands"),
        (Renamed(), "implements 'Binding', which is no hook"),
        (Coroutine(), "implements 'dragoman_secret' as a coroutine or generator"),
        (Generator(), "implements 'dragoman_commands' as a coroutine or generator"),
        (AsyncGenerator(), "implements 'dragoman_stream' as a coroutine or generator"),
        (WrongArguments(), "failed: PluginValidationError: .*bindign"),
        (WrapperWithoutYield(), "failed: PluginValidationError"),
    ],
)
def test_what_pluggy_would_take_in_silence_is_refused(plugin: object, words: str) -> None:
    found = plugins()
    with pytest.raises(PluginError, match=rf"(?s){words}"):
        found.register(plugin)
    found.register(Scripted(), provider="acme")
    assert callable(found.chat(binding("acme")))


def test_a_plugin_is_not_registered_twice() -> None:
    found, plugin = plugins(), Nothing()
    found.register(plugin)
    with pytest.raises(PluginError, match="already registered"):
        found.register(plugin)


def test_an_installed_plugin_with_an_unknown_hook_is_refused_by_name(site: Site) -> None:
    source = """
        from dragoman import hookimpl

        @hookimpl
        def dragoman_provide(config): ...
    """
    site.add("acme-one", "stub_unknown_hook", source, providers=("acme",))
    with pytest.raises(PluginError, match="acme-one implements 'dragoman_provide', which is no hook"):
        installed().provider(ProviderConfig(name="acme"))


class Tracer:
    """Wrap every call hook and remember what it saw."""

    def __init__(self, name: str, log: list[str]) -> None:
        self.name = name
        self.log = log

    def _note(self, binding: Binding, call: Any) -> Any:
        self.log.append(f"{self.name} sees {binding.provider}")
        return call

    @hookimpl(wrapper=True)
    def dragoman_chat(self, binding: Binding) -> Any:
        return self._note(binding, (yield))

    @hookimpl(wrapper=True)
    def dragoman_completion(self, binding: Binding) -> Any:
        return self._note(binding, (yield))

    @hookimpl(wrapper=True)
    def dragoman_stream(self, binding: Binding) -> Any:
        return self._note(binding, (yield))


@pytest.mark.parametrize("hook", ["completion", "chat", "stream"])
def test_the_call_hooks_of_a_provider_see_only_its_own_bindings(hook: str) -> None:
    log: list[str] = []
    found = plugins()
    found.register(Tracer("extension", log))
    found.register(Tracer("acme", log), provider="acme")
    found.register(Tracer("other", log), provider="other")
    ask: Callable[[Binding], object] = getattr(found, hook)
    ask(binding("acme"))
    assert sorted(log) == ["acme sees acme", "extension sees acme"]
    log.clear()
    ask(binding("other"))
    assert sorted(log) == ["extension sees other", "other sees other"]


@pytest.mark.parametrize("hook", ["completion", "chat", "stream"])
def test_the_core_answers_with_the_providers_own_methods(hook: str) -> None:
    own = binding("acme")
    assert getattr(plugins(), hook)(own) == getattr(own.implementation, {"completion": "complete"}.get(hook, hook))


@pytest.mark.parametrize(("answer", "kind"), [(None, "nothing"), (5, "a int")])
@pytest.mark.parametrize("hook", ["completion", "chat", "stream"])
def test_a_wrapper_that_gives_no_callable_is_refused(hook: str, answer: object, kind: str) -> None:
    def wrapper(binding: Binding) -> Any:
        yield
        return answer

    class Wrapper:
        pass

    plugin = Wrapper()
    setattr(plugin, f"dragoman_{hook}", hookimpl(wrapper, wrapper=True))
    found = plugins()
    found.register(plugin)
    with pytest.raises(PluginError, match=f"the hook dragoman_{hook} gave {kind} where a callable is wanted"):
        getattr(found, hook)(binding("acme"))


EXTENSION = """
    from dragoman import Command, Resolution, hookimpl

    @hookimpl
    def dragoman_secret(provider, field):
        return f"{provider}-{field}" if provider == "acme" else None

    @hookimpl
    def dragoman_resolve(query):
        if query.model == "house":
            return Resolution(provider="acme", model="m-1")

    @hookimpl
    def dragoman_commands():
        return [Command(name="spend", target="acme.cli:spend")]
"""


def test_extensions_are_imported_when_first_needed(site: Site) -> None:
    site.add("acme-two", "stub_extension", EXTENSION, extensions=("house",))
    found = Plugins(environ={"DRAGOMAN_PLUGINS": "acme-two"})
    assert site.imported() == set()
    assert found.secret("acme", "api_key") == "acme-api_key"
    assert found.secret("other", "api_key") is None
    assert site.imported() == {"stub_extension"}
    assert found.resolve(SimpleNamespace(model="house")).model == "m-1"
    assert found.resolve(SimpleNamespace(model="x")) is None
    assert [command.name for command in found.commands()] == ["spend"]
    assert found.extensions() == ()


async def test_a_broken_extension_is_a_diagnosis_not_silence(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "dragoman-echo,acme-one,acme-two")
    site.add("acme-one", "stub_broken_extension", "1 / 0", extensions=("budget",))
    site.add("acme-two", "stub_extension", EXTENSION, extensions=("house",))
    (error,) = installed().extensions()
    assert installed().extensions() == (error,)
    assert isinstance(error, PluginLoadError)
    assert "the plugin 'budget' of acme-one failed: ZeroDivisionError" in str(error)
    states = {record.name: record.state for record in installed().records() if record.group == EXTENSIONS}
    assert (states["budget"], states["house"]) == ("failed", "loaded")


def test_the_same_module_may_provide_and_extend(site: Site) -> None:
    site.add("acme-one", "stub_both", PROVIDER + EXTENSION, providers=("acme",), extensions=("acme",))
    assert installed().extensions() == ()
    assert installed().provider(ProviderConfig(name="acme")).info.name == "acme"
    assert "stub_both" in sys.modules


async def test_a_claim_without_a_distribution_of_its_own_has_no_version() -> None:
    found = plugins(claim("acme", "stub_nowhere", "never-installed"))
    assert found.version(found.provider_claim("acme")) == ""


async def test_a_registered_plugin_answers_at_once(scripted: Scripted) -> None:
    llm = LLM(LLMConfig(model="scripted/m", region="eu"))
    assert llm.explain().distribution == "registered"
    with pytest.raises(PluginError, match="IndexError"):
        await llm.completion("Hi")
    assert scripted.configs[0].options == {"region": "eu"}


async def test_a_module_that_is_provider_and_extension_sees_every_binding(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "dragoman-echo,acme-both")
    body = """
    from dragoman import hookimpl
    from dragoman_echo import EchoProvider
    seen = []

    @hookimpl
    def dragoman_provider(config):
        return EchoProvider(config)

    @hookimpl(wrapper=True)
    def dragoman_chat(binding):
        seen.append(binding.provider)
        return (yield)
    """
    site.add("acme-both", "stub_both", body, providers=("both",), extensions=("both",))
    for model in ("both/m", "echo"):
        await LLM(LLMConfig(model=model)).generate("Hi")
    assert sys.modules["stub_both"].seen == ["both", "echo"]
