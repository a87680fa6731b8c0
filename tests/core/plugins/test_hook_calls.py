"""Each implementation of a hook is called once, whichever of them breaks, and the broken one is set aside alone."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from itertools import product
from typing import Any

import pytest

from core.scripted import Scripted, Site
from dragoman import Capabilities, PluginError, ProviderError, hookimpl
from dragoman.plugins.registry import installed
from dragoman.spec.hookspecs import Binding

COUNTING = """
    from dragoman import Command, hookimpl
    calls = []

    @hookimpl(wrapper=True)
    def dragoman_chat(binding):
        calls.append("chat")
        call = yield
        calls.append("after")
        return call

    @hookimpl
    def dragoman_secret(provider, field):
        calls.append("secret")

    @hookimpl
    def dragoman_commands():
        calls.append("commands")
        yielded = (Command(name=name, target="acme:x") for name in ("one",))
        return yielded
"""
BREAKS = {
    "before": "1 / 0\n        yield",
    "after": "yield\n        1 / 0",
    "without yield": "return\n        yield",
    "twice": "yield\n        yield",
    "no call": "yield\n        return 5",
    "nothing": "yield",
}


def binding() -> Binding:
    return Binding(provider="acme", model="m", distribution="d", implementation=Scripted(), capabilities=Capabilities())


def breaking(chat: str) -> str:
    return f"""
    from dragoman import hookimpl
    calls = []

    @hookimpl(wrapper=True)
    def dragoman_chat(binding):
        calls.append("chat")
        {chat}

    @hookimpl
    def dragoman_secret(provider, field):
        calls.append("secret")
        return 5

    @hookimpl
    def dragoman_commands():
        calls.append("commands")
        return [5]
    """


def add(site: Site, monkeypatch: pytest.MonkeyPatch, sources: tuple[str, ...]) -> list[Any]:
    """Install extensions in their order; return their modules once they are imported."""
    names = [f"stub_{number}" for number in range(len(sources))]
    for name, source in zip(names, sources, strict=True):
        site.add(f"acme-{name[5:]}", name, source, extensions=(name,))
    monkeypatch.setenv("DRAGOMAN_PLUGINS", ",".join(f"acme-{name[5:]}" for name in names))
    installed.cache_clear()
    assert installed().extensions() == ()
    return [sys.modules[name] for name in names]


@pytest.mark.parametrize("how", BREAKS)
@pytest.mark.parametrize("place", range(3))
def test_a_broken_wrapper_is_set_aside_alone(site: Site, monkeypatch: pytest.MonkeyPatch, how: str, place: int) -> None:
    sources = [COUNTING, COUNTING, COUNTING]
    sources[place] = breaking(BREAKS[how])
    modules = add(site, monkeypatch, tuple(sources))
    own = binding()
    for number in (1, 2):
        assert installed().chat(own) == own.implementation.chat
        for index, module in enumerate(modules):
            assert module.calls == (["chat"] if index == place else ["chat", "after"] * number)
    (error,) = installed().extensions()
    assert f"the plugin 'stub_{place}' of acme-{place} is left out: dragoman_chat: " in str(error)


@pytest.mark.parametrize("broken", [*product((True, False), repeat=3)])
@pytest.mark.parametrize("hook", ["secret", "commands"])
def test_every_other_implementation_is_called_once(
    site: Site, monkeypatch: pytest.MonkeyPatch, broken: tuple[bool, ...], hook: str
) -> None:
    modules = add(site, monkeypatch, tuple(breaking("return (yield)") if each else COUNTING for each in broken))
    found = installed().secret("acme", "api_key") if hook == "secret" else installed().commands()
    assert [module.calls for module in modules] == [[hook]] * 3
    assert len(installed().extensions()) == sum(broken)
    if hook == "commands":
        assert len(found or ()) == 3 - sum(broken)
    else:
        assert found is None


CATCHES = "try:\n            return (yield)\n        except ValueError:\n            "


@pytest.mark.parametrize(
    ("chat", "error"),
    [
        (f"{CATCHES}return print", None),
        (f"{CATCHES}raise ProviderError('no')", ProviderError),
        ("return (yield)", PluginError),
    ],
)
def test_what_a_wrapper_does_about_an_error_within_is_its_own_affair(
    site: Site, monkeypatch: pytest.MonkeyPatch, chat: str, error: type[Exception] | None
) -> None:
    add(site, monkeypatch, (breaking(chat).replace("import hookimpl", "import hookimpl, ProviderError"),))
    installed().register(Fails())
    with nullcontext() if error is None else pytest.raises(error):
        assert callable(installed().chat(binding()))
    assert installed().extensions() == ()


class Fails:
    @hookimpl
    def dragoman_chat(self, binding: Binding) -> None:
        raise ValueError


def test_what_an_extension_refuses_on_purpose_at_its_end_is_refused(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = breaking("yield\n        raise ProviderError('no money left')")
    add(site, monkeypatch, (source.replace("import hookimpl", "import hookimpl, ProviderError"),))
    with pytest.raises(ProviderError, match="no money left"):
        installed().chat(binding())
    assert installed().extensions() == ()


def test_commands_may_be_wrapped(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    source = """
    from dragoman import hookimpl

    @hookimpl(wrapper=True)
    def dragoman_commands():
        return [*(yield), {more}]
    """
    add(site, monkeypatch, (COUNTING, source.format(more="[]")))
    assert [command.name for command in installed().commands()] == ["one"]
    assert installed().extensions() == ()


def test_a_wrapper_without_yield_is_refused(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    source = "from dragoman import hookimpl\n\n@hookimpl(wrapper=True)\ndef dragoman_chat(binding): ..."
    site.add("acme-bad", "stub_bad", source, extensions=("bad",))
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "acme-bad")
    (error,) = installed().extensions()
    assert "PluginValidationError" in str(error)


def test_a_plugin_that_breaks_a_hook_twice_is_told_of_once(
    site: Site, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    source = """
    from dragoman import hookimpl

    @hookimpl(specname="dragoman_secret")
    def one(provider, field):
        1 / 0

    @hookimpl(specname="dragoman_secret")
    def two(provider, field):
        1 / 0
    """
    add(site, monkeypatch, (source,))
    assert installed().secret("acme", "api_key") is None
    assert len(caplog.records) == 1


class Failing:
    """Stand within the extensions, and fail."""

    @hookimpl(tryfirst=True)
    def dragoman_chat(self, binding: Binding) -> Any:
        raise ValueError("the program's own")


@pytest.mark.parametrize("turned", ["raise KeyError from error", "return 5"])
def test_a_wrapper_that_fails_at_an_error_from_within_does_not_hide_it(
    site: Site, monkeypatch: pytest.MonkeyPatch, turned: str
) -> None:
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "acme-turning")
    source = f"""
        from dragoman import hookimpl

        @hookimpl(wrapper=True)
        def dragoman_chat(binding):
            try:
                return (yield)
            except ValueError as error:
                {turned}
    """
    site.add("acme-turning", "stub_turning", source, extensions=("turning",))
    found, own = (
        installed(),
        Binding(provider="acme", model="m", distribution="d", implementation=Scripted(), capabilities=Capabilities()),
    )
    assert found.extensions() == ()
    assert found.chat(own) == own.implementation.chat
    found.register(Failing())
    with pytest.raises(PluginError, match="the hook dragoman_chat failed: ValueError: the program's own"):
        found.chat(own)
    assert [error.provider for error in found.extensions()] == ["turning"]


def test_a_wrapper_of_the_older_kind_works_and_is_set_aside_alone(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "acme-old")
    source = """
        from dragoman import hookimpl

        outcomes = []

        @hookimpl(hookwrapper=True)
        def dragoman_chat(binding):
            outcomes.append((yield))

        @hookimpl(hookwrapper=True)
        def dragoman_secret(provider, field):
            outcome = yield
            outcome.force_result("forced")

        @hookimpl(hookwrapper=True)
        def dragoman_commands():
            yield
            1 / 0
    """
    site.add("acme-old", "stub_older_kind", source, extensions=("old",))
    found, own = (
        installed(),
        Binding(provider="acme", model="m", distribution="d", implementation=Scripted(), capabilities=Capabilities()),
    )
    assert found.extensions() == ()
    assert found.chat(own) == own.implementation.chat
    assert found.secret("acme", "api_key") == "forced"
    found.register(Failing())
    with pytest.raises(PluginError, match="the program's own"):
        found.chat(own)
    outcomes = sys.modules["stub_older_kind"].outcomes
    assert [outcome.exception is None for outcome in outcomes] == [True, False]
    assert found.commands() == ()
    assert [error.provider for error in found.extensions()] == ["old"]
