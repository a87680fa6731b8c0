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
    ConfigurationError,
    DragomanError,
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
from dragoman.plugins.compat import DowngradingProvider
from dragoman.plugins.registry import EXTENSIONS, HOSTS, MODELS, PROVIDERS, Claim, Plugins, installed
from dragoman.spec.hookspecs import Binding


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
        class Kept:
            plugin = Scripted()
    """
    targets = {"acme": "stub_attribute:plugin", "kept": "stub_attribute:Kept.plugin", "lost": "stub_attribute:no"}
    site.add("acme-one", "stub_attribute", source, providers=targets)
    for name in ("acme", "kept"):
        assert installed().provider(ProviderConfig(name=name)).info.name == "scripted"
    with pytest.raises(PluginLoadError, match="the plugin 'lost' of acme-one failed: AttributeError"):
        installed().provider(ProviderConfig(name="lost"))


@pytest.mark.parametrize(
    ("source", "cause", "words"),
    [
        ("import no_such_module_anywhere", ModuleNotFoundError, "no_such_module_anywhere"),
        ("raise SystemExit(3)", SystemExit, "SystemExit: 3"),
        ("1 / 0", ZeroDivisionError, "division by zero"),
        ("def broken(:", SyntaxError, "SyntaxError"),
        ("raise type('Odd', (BaseException,), {'__str__': None})", BaseException, "Odd: its message cannot be shown"),
        ("from dragoman import LLMConfig as C; C(temperature='x')", ConfigurationError, "temperature must be a number"),
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
    with pytest.raises(UnknownProviderError, match=r"no installed distribution provides 'b' \(installed: a\)"):
        only.provider(ProviderConfig(name="b"))
    with pytest.raises(UnknownProviderError, match=r"'acme_bb'; did you mean 'acme_b'\? \(installed: acme_b\)"):
        plugins(claim("acme_b", "no_b", "acme-b")).provider_claim("acme_bb")


@pytest.mark.parametrize(
    ("environ", "names"),
    [
        ({"DRAGOMAN_DISABLE_PLUGIN_AUTOLOAD": "1"}, ()),
        ({"DRAGOMAN_DISABLE_PLUGIN_AUTOLOAD": "1", "DRAGOMAN_PLUGINS": "acme-a"}, ("a",)),
        ({"DRAGOMAN_DISABLE_PLUGIN_AUTOLOAD": " No "}, ("a", "b")),
        ({"DRAGOMAN_DISABLE_PLUGIN_AUTOLOAD": "", "DRAGOMAN_PLUGINS": " , "}, ("a", "b")),
        ({"DRAGOMAN_DISABLE_PLUGINS": "acme_a,acme.b"}, ()),
    ],
)
def test_nothing_loads_of_itself_if_the_operator_says_so(environ: dict[str, str], names: tuple[str, ...]) -> None:
    found = Plugins([claim("a", "no_a", "acme-a"), claim("b", "no_b", "acme-b")], environ)
    assert found.provider_names() == names


@pytest.mark.parametrize(
    ("setting", "value", "problem"),
    [
        (
            "DRAGOMAN_PLUGINS",
            "dragoman-opnai",
            r"names 'dragoman-opnai', which is not installed; did you mean dragoman-openai\?",
        ),
        (
            "DRAGOMAN_DISABLE_PLUGINS",
            "openai",
            r"names 'openai', which is not installed; did you mean dragoman-openai\?",
        ),
        ("DRAGOMAN_DISABLE_PLUGINS", "zzz", "names 'zzz', which is not installed$"),
    ],
)
def test_a_variable_that_names_nothing_installed_is_a_warning(setting: str, value: str, problem: str) -> None:
    with pytest.warns(UserWarning, match=f"^{setting} {problem}"):
        Plugins(environ={setting: value})


def test_a_published_distribution_need_not_be_installed() -> None:
    assert "openai" in Plugins(environ={"DRAGOMAN_DISABLE_PLUGINS": "dragoman-litellm"}).provider_names()


def test_a_misspelled_variable_is_refused() -> None:
    with pytest.raises(ConfigurationError, match=r"DRAGOMAN_PLUGIN is not read; did you mean DRAGOMAN_PLUGINS\?"):
        Plugins([], {"DRAGOMAN_PLUGIN": "acme-a"})
    assert Plugins([], {"DRAGOMAN_MODEL": "echo", "DRAGOMAN_RECORDER": "x"}).provider_names() == ()


class Nothing:
    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> None:
        return None


class Wrong:
    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> Any:
        return "a provider"


class Lazy:
    @hookimpl
    def dragoman_provider(self, config: ProviderConfig) -> Any:
        async def provider() -> None: ...

        return provider()


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
        (Nothing(), PluginError, "returned nothing instead of a provider"),
        (Lazy(), PluginError, "returned a coroutine instead of a provider"),
        (Wrong(), PluginError, "returned a str instead of a provider"),
        (Raises(), PluginLoadError, "failed: ValueError: no such region"),
        (Declines(), AuthenticationError, "no key"),
    ],
)
def test_a_plugin_that_makes_no_provider_is_named(plugin: object, error: type[Exception], words: str) -> None:
    found = plugins()
    found.register(plugin, provider="acme")
    with pytest.raises(error, match=words):
        found.provider(ProviderConfig(name="acme"))


def stating(spec: Any, *, speaks: str = "1.0") -> Plugins:
    """Return plugins with a provider that states a specification, in a core that speaks another."""
    provider = Scripted()
    provider.info = ProviderInfo(name="acme", issuer="acme", spec=spec)
    found = Plugins([], {}, spec=speaks)
    found.register(provider, provider="acme")
    return found


@pytest.mark.parametrize("spec", ["1.1", "2.0", "1.10"])
def test_a_plugin_newer_than_the_core_is_refused_with_both_versions(spec: str) -> None:
    words = f"registered was written for specification {spec}, but this dragoman supports 1.0; run: .* --upgrade"
    with pytest.raises(SpecVersionError, match=f"{words} dragoman$") as caught:
        stating(spec).provider(ProviderConfig(name="acme"))
    assert caught.value.provider == "acme"


@pytest.mark.parametrize(("spec", "speaks"), [("0.9", "1.0"), ("1.9", "2.0")])
def test_a_plugin_of_an_older_major_version_is_refused_with_both_versions(spec: str, speaks: str) -> None:
    words = (
        f"specification {spec}, which this dragoman no longer supports \\(it supports {speaks}\\); run: .* --upgrade"
    )
    with pytest.raises(SpecVersionError, match=f"{words} registered$"):
        stating(spec, speaks=speaks).provider(ProviderConfig(name="acme"))


@pytest.mark.parametrize(
    "spec", ["1", "1.0.7", "", "v1.0", "1.0 ", "1.x", "\u0661.0", "1.00", "1." + "9" * 5000, None, 1.0]
)
def test_what_is_no_specification_is_refused(spec: Any) -> None:
    with pytest.raises(PluginError, match=r"registered states the specification .*; it must be MAJOR\.MINOR"):
        stating(spec).provider(ProviderConfig(name="acme"))


def test_a_plugin_of_this_or_an_earlier_minor_version_is_taken() -> None:
    found = stating("1.0")
    assert type(found.provider(ProviderConfig(name="acme"))) is Scripted
    assert [record.spec for record in found.records()] == ["1.0"]
    assert type(stating("1.0", speaks="1.4").provider(ProviderConfig(name="acme"))) is DowngradingProvider


@pytest.mark.parametrize("info", [None, "1.0", object()])
def test_a_provider_that_introduces_itself_with_anything_else_is_refused(info: Any) -> None:
    provider = Scripted()
    provider.info = info
    found = plugins()
    found.register(provider, provider="acme")
    with pytest.raises(PluginError, match="states the specification None"):
        found.provider(ProviderConfig(name="acme"))


def test_a_specification_in_the_metadata_is_known_and_judged_before_the_import(site: Site) -> None:
    site.add("acme-one", providers=("acme",), specs={"acme": "1.0"})
    source = "import what_only_the_next_dragoman_has"
    site.add("acme-two", "stub_newer", source, providers=("newer",), specs={"newer": "1.9"})
    site.add("acme-three", providers=("silent",))
    site.add("acme-four", "stub_newer_extension", source, extensions=("late",), specs={"late": "1.9"})
    specs = {record.name: record.spec for record in installed().records()}
    assert (specs["acme"], specs["newer"], specs["silent"]) == ("1.0", "1.9", "1")
    with pytest.raises(SpecVersionError, match=r"acme-two was written for specification 1\.9"):
        installed().provider(ProviderConfig(name="newer"))
    assert site.imported() == set()
    (late,) = installed().extensions()
    assert isinstance(late, SpecVersionError)
    assert installed().provider(ProviderConfig(name="silent"))
    assert next(record.spec for record in installed().records() if record.name == "silent") == "1.0"


def test_the_older_of_two_statements_counts(site: Site) -> None:
    source = """
        from core.scripted import Scripted
        from dragoman import ProviderInfo

        plugin = Scripted()
        plugin.info = ProviderInfo(name="acme", issuer="acme", spec="1.3")
    """
    module = "stub_two_statements:plugin"
    site.add("acme-one", "stub_two_statements", source, providers={"acme": module})
    entries = next(site.path.glob("acme_one-*.dist-info")) / "entry_points.txt"
    entries.write_text(entries.read_text() + f"[dragoman.spec.v1.2]\nacme = {module}\n")
    found = Plugins(environ={}, spec="1.3")
    assert isinstance(found.provider(ProviderConfig(name="acme")), DowngradingProvider)
    assert next(record.spec for record in found.records() if record.name == "acme") == "1.2"


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


class Static:
    @hookimpl
    @staticmethod
    def dragoman_secret(provider: str) -> str:
        return f"the key of {provider}"


def test_a_class_whose_hooks_need_no_object_is_a_plugin() -> None:
    found = plugins()
    found.register(Static)
    assert found.secret("acme", "api_key") == "the key of acme"


@pytest.mark.parametrize(
    ("plugin", "words"),
    [
        (Unhashable(), "Unhashable is not hashable"),
        (Unhashable, r"Unhashable is a class, and its dragoman_chat\(\) needs an object; give Unhashable\(\)"),
        (Unknown(), "implements 'dragoman_chatt', which is not a hook; the hooks are dragoman_chat, dragoman_commands"),
        (Renamed(), "implements 'Binding', which is not a hook"),
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
    with pytest.raises(PluginError, match="acme-one implements 'dragoman_provide', which is not a hook"):
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
    with pytest.raises(PluginError, match=f"the hook dragoman_{hook} returned {kind} instead of a callable"):
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


@pytest.mark.parametrize(
    ("source", "told"),
    [("1 / 0", "ZeroDivisionError"), ("from dragoman import LLM; LLM(temperature='x')", "ConfigurationError")],
)
async def test_a_broken_extension_is_a_diagnosis_not_silence(
    site: Site, monkeypatch: pytest.MonkeyPatch, source: str, told: str
) -> None:
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "dragoman-echo,acme-one,acme-two")
    site.add("acme-one", "stub_broken_extension", source, extensions=("budget",))
    site.add("acme-two", "stub_extension", EXTENSION, extensions=("house",))
    (error,) = installed().extensions()
    assert installed().extensions() == (error,)
    assert isinstance(error, PluginLoadError)
    assert f"the plugin 'budget' of acme-one failed: {told}" in str(error)
    states = {record.name: record.state for record in installed().records() if record.group == EXTENSIONS}
    assert (states["budget"], states["house"]) == ("failed", "loaded")


@pytest.mark.parametrize(
    ("found", "told"),
    [
        ("5", "a int instead of a Resolution"),
        ("Resolution(provider=5, model='m')", "a Resolution whose provider is a int instead of a string"),
        ("Resolution(provider='p', model=None)", "a Resolution whose model is nothing instead of a string"),
        ("Resolution(provider='p', model='m', api_base=b'')", "a Resolution whose api_base is a bytes"),
    ],
)
def test_a_resolution_of_a_wrong_type_is_laid_at_the_door_of_its_extension(site: Site, found: str, told: str) -> None:
    source = f"""
        from dragoman import Resolution, hookimpl
        @hookimpl
        def dragoman_resolve(query):
            return {found}
    """
    site.add("acme-one", "stub_resolving", source, extensions=("wrong",))
    site.add("acme-two", "stub_extension", EXTENSION, extensions=("house",))
    assert installed().resolve(SimpleNamespace(model="house")).model == "m-1"
    (error,) = installed().extensions()
    assert (
        f"'wrong' of acme-one is left out: dragoman_resolve: PluginError: the hook dragoman_resolve returned {told}"
        in str(error)
    )


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


BREAKING = """
    from dragoman import hookimpl, ProviderError

    @hookimpl(wrapper=True)
    def dragoman_chat(binding):
        {chat}

    @hookimpl
    def dragoman_secret(provider, field):
        {secret}
        return None

    @hookimpl
    def dragoman_commands():
        {commands}
"""


def breaking(site: Site, name: str, chat: str = "return (yield)", secret: str = "", commands: str = "pass") -> None:
    source = BREAKING.format(chat=chat, secret=secret, commands=commands)
    site.add(f"acme-{name}", f"stub_breaking_{name}", source, extensions=(name,))


@pytest.mark.parametrize(
    ("chat", "words"),
    [
        ("1 / 0; yield", "ZeroDivisionError"),
        ("raise SystemExit(3); yield", "SystemExit: 3"),
        ("yield; return 5", "PluginError: the hook dragoman_chat returned a int"),
        ("call = yield; raise RuntimeError(call)", "RuntimeError"),
    ],
)
def test_an_extension_that_breaks_a_hook_is_set_aside_and_told_of(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, chat: str, words: str
) -> None:
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "acme-bad,acme-good,acme-worse")
    breaking(site, "bad", chat)
    breaking(site, "good")
    breaking(site, "worse", "1 / 0; yield")
    found, own = installed(), binding("acme")
    assert found.extensions() == ()
    assert found.chat(own) == own.implementation.chat
    errors = sorted(map(str, found.extensions()))
    assert len(errors) == 2
    assert errors[0].startswith(f"the plugin 'bad' of acme-bad is left out: dragoman_chat: {words}")
    assert errors[1].startswith("the plugin 'worse' of acme-worse is left out: dragoman_chat: ZeroDivisionError")
    assert sorted(record.message for record in caplog.records) == errors
    states = {record.name: record.state for record in found.records()}
    assert (states["bad"], states["good"], states["worse"]) == ("failed", "loaded", "failed")
    assert found.chat(own) == own.implementation.chat
    assert len(caplog.records) == 2


def test_what_an_extension_refuses_on_purpose_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "acme-budget")
    breaking(site, "budget", "raise ProviderError('no money left'); yield", secret="raise KeyboardInterrupt")
    installed().extensions()
    with pytest.raises(DragomanError, match="no money left"):
        installed().chat(binding("acme"))
    with pytest.raises(KeyboardInterrupt):
        installed().secret("acme", "api_key")
    breaking(site, "bad", "1 / 0; yield")
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "acme-bad,acme-budget")
    installed.cache_clear()
    installed().extensions()
    with pytest.raises(DragomanError, match="no money left"):
        installed().chat(binding("acme"))


@pytest.mark.parametrize("commands", ["1 / 0", "yield 5", "return [5]"])
def test_a_hook_that_gives_the_wrong_thing_harms_no_other_hook(
    site: Site, monkeypatch: pytest.MonkeyPatch, commands: str
) -> None:
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "acme-bad,acme-house")
    breaking(site, "bad", secret="1 / 0", commands=commands)
    site.add("acme-house", "stub_extension", EXTENSION, extensions=("house",))
    assert [command.name for command in installed().commands()] == ["spend"]
    assert installed().secret("acme", "api_key") == "acme-api_key"


def test_what_the_program_itself_registered_is_its_own_fault() -> None:
    class Broken:
        @hookimpl
        def dragoman_secret(self, provider: str, field: str) -> str:
            raise ValueError("no key store")

    found = plugins()
    found.register(Broken())
    with pytest.raises(PluginError, match="the hook dragoman_secret failed: ValueError: no key store"):
        found.secret("acme", "api_key")


def test_an_interrupt_during_an_import_is_the_users_and_the_rest_is_imported_later(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "acme-slow,acme-house")
    source = """
        import builtins
        if not hasattr(builtins, "dragoman_test_interrupted"):
            builtins.dragoman_test_interrupted = True
            raise KeyboardInterrupt
    """
    site.add("acme-slow", "stub_interrupted", source, extensions=("slow",))
    site.add("acme-house", "stub_extension", EXTENSION, extensions=("house",))
    with pytest.raises(KeyboardInterrupt):
        installed().extensions()
    assert installed().extensions() == ()
    assert installed().secret("acme", "api_key") == "acme-api_key"


def test_a_server_anybody_runs_is_that_of_the_distribution_called_after_it() -> None:
    ours = claim("vllm", "dragoman_openai_compatible.catalogue:vllm", "dragoman-hosts")
    called = claim("vllm", "dragoman_vllm", "dragoman-vllm")
    for claims in ([called], [called, ours], [ours, called]):
        assert plugins(*claims).named("vllm") == "vllm"
        assert plugins(*claims).provider_claim("vllm") == called
    assert plugins(ours).provider_claim("vllm") == ours
    for name, distribution in (
        ("vllm", "acme-vllm"),
        ("google", "dragoman-google-free"),
        ("vertex", "dragoman-vertex"),
    ):
        with pytest.raises(PluginConflictError, match=distribution):
            plugins(claim(name, "m", distribution)).provider_claim(name)
