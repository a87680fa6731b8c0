from __future__ import annotations

from typing import Any

import pytest

from core.scripted import Scripted, Site
from dragoman import (
    LLM,
    AmbiguousModelError,
    ConfigurationError,
    LLMConfig,
    ModelQuery,
    PluginConflictError,
    Resolution,
    UnknownModelError,
    UnknownProviderError,
    explain,
    hookimpl,
)
from dragoman.plugins.registry import ALIASES, HOSTS, MODELS, PROVIDERS, Claim, Plugins, installed
from dragoman.spec.hosts import host_matches

AZURE = {"api_base": "https://your-resource-name.openai.azure.com", "api_version": "2023-05-15"}
OPENROUTER = {"api_base": "https://openrouter.ai/api/v1"}
CONFIGURATIONS: list[tuple[dict[str, Any], str, str]] = [
    ({"model": "gpt-4"}, "openai", "gpt-4"),
    ({"model": "gpt-3.5-turbo"}, "openai", "gpt-3.5-turbo"),
    ({"model": "claude-3-5-sonnet-20241022"}, "anthropic", "claude-3-5-sonnet-20241022"),
    ({"model": "claude-2"}, "anthropic", "claude-2"),
    ({"model": "gemini-pro"}, "google", "gemini-pro"),
    ({"model": "gpt-4", **AZURE}, "azure", "gpt-4"),
    ({"model": "llama2-70b-4096"}, "groq", "llama2-70b-4096"),
    ({"model": "openai/gpt-4", **OPENROUTER}, "openrouter", "openai/gpt-4"),
]


@pytest.mark.parametrize(("config", "provider", "model"), CONFIGURATIONS)
async def test_the_configurations_of_the_reference_resolve(
    six: Site, config: dict[str, Any], provider: str, model: str
) -> None:
    explanation = explain(LLMConfig(**config, api_key="sk-12345678"))
    assert (explanation.provider, explanation.model) == (provider, model)
    assert explanation.distribution == f"dragoman-{provider}"
    assert explanation.endpoint == config.get("api_base")
    assert f"dragoman-{provider}" in explanation.steps[-1]
    assert six.imported() == set()
    assert await LLM(LLMConfig(**config)).completion("Hi") == f"{provider} as {model}"
    assert six.imported() == {f"stub_{provider}"}


@pytest.mark.parametrize(("config", "provider", "model"), CONFIGURATIONS)
def test_a_missing_plugin_is_named_with_the_line_that_installs_it(
    config: dict[str, Any], provider: str, model: str
) -> None:
    with pytest.raises((UnknownModelError, UnknownProviderError), match=f"run: pip install dragoman-{provider}"):
        explain(LLMConfig(**config), plugins((PROVIDERS, "echo", "dragoman-echo")))


@pytest.mark.parametrize(("config", "provider", "model"), CONFIGURATIONS)
def test_what_is_installed_is_never_advised_to_be_installed(
    monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], provider: str, model: str
) -> None:
    monkeypatch.setenv("DRAGOMAN_PLUGINS", "dragoman-echo")
    installed.cache_clear()
    for ask in (lambda: explain(LLMConfig(**config)), LLM(LLMConfig(**config)).explain):
        with pytest.raises((UnknownModelError, UnknownProviderError)) as caught:
            ask()
        assert f"dragoman-{provider} is installed, but blocked: see DRAGOMAN_PLUGINS" in str(caught.value)
        assert "pip install" not in str(caught.value)
    monkeypatch.undo()
    installed.cache_clear()


@pytest.mark.parametrize("model", ["gemini/gemini-pro", "vllm/llama3.2", "vllm:llama3.2"])
def test_an_older_plugin_is_to_be_upgraded(model: str) -> None:
    owner = "dragoman-google" if model.startswith("gemini") else "dragoman-hosts"
    words = f"the installed version of {owner} does not have it; run: pip install --upgrade {owner}"
    with pytest.raises(UnknownProviderError, match=words):
        explain(model, plugins((PROVIDERS, "google_only", owner)))


def plugins(*claims: tuple[str, str, str]) -> Plugins:
    """Return plugins of (group, name, distribution), each distribution one module."""
    made = [Claim(group=group, name=name, module=f"m_{owner}", distribution=owner) for group, name, owner in claims]
    return Plugins(made, {})


ACME = (PROVIDERS, "acme", "acme")
OTHER = (PROVIDERS, "other", "other")


@pytest.mark.parametrize(
    ("claims", "config", "provider", "model", "step"),
    [
        ((ACME,), {"provider": "acme"} | {"model": "x"}, "acme", "x", "provider='acme' was given"),
        ((ACME,), {"provider": "Acme", "model": "acme/x"}, "acme", "x", "provider='Acme' was given"),
        ((ACME,), {"provider": "acme", "model": "other/x"}, "acme", "other/x", "provider='acme' was given"),
        (
            (ACME, (HOSTS, "acme.test", "acme"), (HOSTS, "eu.acme.test", "acme")),
            {"model": "x", "api_base": "https://a.eu.acme.test./v1"},
            "acme",
            "x",
            "acme claims the host eu.acme.test",
        ),
        (
            (ACME, OTHER, (HOSTS, "acme.test", "acme")),
            {"model": "other/x", "api_base": "https://acme.test/v1"},
            "acme",
            "other/x",
            "acme claims the host acme.test",
        ),
        (
            (ACME, (HOSTS, "acme.test", "acme")),
            {"model": "acme/x", "api_base": "https://ACME.test"},
            "acme",
            "x",
            "acme claims the host acme.test",
        ),
        ((ACME,), {"model": "acme/x/y"}, "acme", "x/y", "'acme' before the first '/' is an installed provider"),
        ((ACME,), {"model": "acme:x"}, "acme", "x", "'acme' before the first ':' is an installed provider"),
        (((PROVIDERS, "acme_eu", "acme"),), {"model": "Acme-EU/x"}, "acme_eu", "x", "'Acme-EU' before the first '/'"),
        (
            (ACME,),
            {"model": "acme/x", "api_base": "http://localhost:8080/v1"},
            "acme",
            "x",
            "'acme' before the first '/'",
        ),
        ((ACME,), {"model": "acme/x", "api_base": "http://["}, "acme", "x", "'acme' before the first '/'"),
        (
            (ACME, OTHER, (MODELS, "ac-", "acme"), (MODELS, "ac-large-", "acme"), (MODELS, "ot-", "other")),
            {"model": "AC-large-1"},
            "acme",
            "AC-large-1",
            "acme claims models that begin with 'ac-large-'",
        ),
        ((ACME, (MODELS, "llama3:", "acme")), {"model": "llama3:8b"}, "acme", "llama3:8b", "begin with 'llama3:'"),
    ],
)
def test_the_order_of_the_steps(
    claims: tuple[tuple[str, str, str], ...], config: dict[str, Any], provider: str, model: str, step: str
) -> None:
    explanation = explain(LLMConfig(**config), plugins(*claims))
    assert (explanation.provider, explanation.model) == (provider, model)
    assert step in explanation.steps[-1]


def test_a_host_nobody_claims_is_a_step_and_leaves_the_choice() -> None:
    explanation = explain(LLMConfig(model="acme/x", api_base="http://localhost:8080"), plugins(ACME))
    assert explanation.steps[0] == "no installed plugin claims the host localhost"
    assert explanation.endpoint == "http://localhost:8080"


@pytest.mark.parametrize(
    ("claims", "config", "error", "words"),
    [
        (
            (ACME, OTHER, (MODELS, "ac-", "acme"), (MODELS, "ac-", "other")),
            {"model": "ac-1"},
            AmbiguousModelError,
            "acme and other claim the model 'ac-1' equally; choose with provider='acme' or provider='other'",
        ),
        (
            (ACME, OTHER, (HOSTS, "x.test", "acme"), (HOSTS, "x.test", "other")),
            {"model": "m", "api_base": "https://x.test"},
            AmbiguousModelError,
            "acme and other claim the host x.test equally",
        ),
        (
            (ACME, (PROVIDERS, "acme", "fork"), (MODELS, "ac-", "acme"), (MODELS, "ac-", "fork")),
            {"model": "ac-1"},
            PluginConflictError,
            "acme and fork both provide 'acme'",
        ),
        (
            (ACME,),
            {"model": "mystery"},
            UnknownModelError,
            r"no installed provider claims the model 'mystery'; name the provider, .* \(installed: acme\)",
        ),
        ((), {"model": "mystery"}, UnknownModelError, r"\(installed: none\)"),
        (
            (ACME,),
            {"model": "mystery", "api_base": "http://localhost:7/v1"},
            UnknownModelError,
            "'mystery'; name the provider of localhost; a host with a compatible API is reached with provider='",
        ),
        (
            tuple((PROVIDERS, f"acme{number}", f"m_{number}") for number in range(9)),
            {"model": "mystery"},
            UnknownModelError,
            r"or 'NAME/mystery' \(installed: 9 providers, which 'dragoman plugins' lists\)$",
        ),
        (
            (ACME,),
            {"model": "x", "provider": "nobody"},
            UnknownProviderError,
            r"'nobody' is not installed; .* provider='openai_compatible' .* \(run: pip .*\) \(installed: acme\)",
        ),
        (
            (ACME,),
            {"model": "x", "provider": "opnai"},
            UnknownProviderError,
            r"the provider 'opnai' is not installed; did you mean 'openai'\? \(installed: acme\)",
        ),
        ((ACME,), {"model": "gtp-4o"}, UnknownModelError, r"did you mean 'gpt-4o'\? Otherwise, name the provider, as"),
        ((ACME,), {"model": "acmee/x"}, UnknownModelError, r"did you mean 'acme/x'\?"),
        ((ACME,), {"model": "opneai:gpt-4"}, UnknownModelError, r"did you mean 'openai:gpt-4'\?"),
        ((ACME, (MODELS, "mystery-", "acme")), {"model": "mistery-1"}, UnknownModelError, "did you mean 'mystery-1'"),
        ((ACME, (MODELS, "mystery-", "acme")), {"model": "mistery"}, UnknownModelError, "'mistery'; name the provider"),
        ((ACME, (MODELS, "mystery-", "acme")), {"model": "mystery_1"}, UnknownModelError, "did you mean 'mystery-1'"),
        ((ACME, (MODELS, "mystery-", "acme")), {"model": "mystery 1"}, UnknownModelError, "did you mean 'mystery-1'"),
        ((ACME, (MODELS, "mystery", "acme")), {"model": "mistery"}, UnknownModelError, "did you mean 'mystery'"),
        ((ACME,), {"provider": "acme"}, ConfigurationError, "provider 'acme' needs a model"),
        ((), {}, ConfigurationError, "no model is configured; .*pip install dragoman-echo"),
        (
            ((PROVIDERS, "echo", "m_echo"),),
            {"api_base": "https://x.example/v1?key=k"},
            ConfigurationError,
            r"no model is configured for the server of api_base; give LLMConfig\(model=\.\.\.\)$",
        ),
        (
            ((MODELS, "ac-", "acme"),),
            {"model": "ac-1"},
            UnknownProviderError,
            "acme claims 'ac-' for m_acme, which has no provider",
        ),
        ((ACME,), {"model": "google/gemini-pro"}, UnknownProviderError, "pip install dragoman-google"),
        ((ACME,), {"model": "acme/"}, UnknownModelError, "no installed provider claims"),
    ],
)
def test_it_never_guesses(
    claims: tuple[tuple[str, str, str], ...], config: dict[str, Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        explain(LLMConfig(**config), plugins(*claims))


def test_no_model_at_all_is_the_echo() -> None:
    explanation = explain(LLMConfig(), plugins((PROVIDERS, "echo", "dragoman-echo")))
    assert (explanation.provider, explanation.distribution) == ("echo", "dragoman-echo")
    assert explain(LLMConfig(provider="echo"), plugins((PROVIDERS, "echo", "dragoman-echo"))).provider == "echo"


def test_a_name_alone_may_be_explained() -> None:
    assert explain("acme/x", plugins(ACME)).model == "x"


class Aliases:
    def __init__(self, resolution: Resolution) -> None:
        self.resolution = resolution
        self.queries: list[ModelQuery] = []

    @hookimpl
    def dragoman_resolve(self, query: ModelQuery) -> Resolution | None:
        self.queries.append(query)
        return self.resolution if query.model == "house" else None


@pytest.mark.parametrize(("reason", "step"), [("our alias", "our alias"), ("", "acme")])
def test_the_hook_decides_what_nobody_claims(reason: str, step: str) -> None:
    found = plugins(ACME)
    aliases = Aliases(Resolution(provider="acme", model="m-1", api_base="https://in.test", reason=reason))
    found.register(aliases)
    explanation = explain(LLMConfig(model="house", region="eu"), found)
    assert (explanation.provider, explanation.model, explanation.endpoint) == ("acme", "m-1", "https://in.test")
    assert explanation.steps[-1] == f"the hook dragoman_resolve decided: {step}"
    assert aliases.queries == [ModelQuery(model="house", options={"region": "eu"})]
    explain(LLMConfig(model="acme/x"), found)
    assert len(aliases.queries) == 1


def test_a_hook_may_leave_the_endpoint_to_the_caller() -> None:
    found = plugins(ACME)
    found.register(Aliases(Resolution(provider="acme", model="m-1")))
    assert explain(LLMConfig(model="house", api_base="http://localhost"), found).endpoint == "http://localhost"


@pytest.mark.parametrize(
    ("host", "claim", "matches"),
    [
        ("x.test", "x.test", True),
        ("a.x.test", "x.test", True),
        ("evilx.test", "x.test", False),
        ("x.test.evil.com", "x.test", False),
        ("eu-x.test", "-x.test", True),
        ("a.x.test", ".x.test", True),
        ("x.test", ".x.test", False),
    ],
)
def test_hosts_match_at_the_borders_of_labels(host: str, claim: str, matches: bool) -> None:  # noqa: FBT001
    assert host_matches(host, claim) is matches


def in_one(*claims: tuple[str, str, str]) -> list[Claim]:
    """Return claims of (group, name, module), all of one distribution."""
    return [Claim(group=group, name=name, module=module, distribution="acme") for group, name, module in claims]


def test_a_star_in_a_claim_counts_less_than_a_label() -> None:
    found = Plugins(
        in_one(
            (PROVIDERS, "wide", "m_wide"),
            (PROVIDERS, "near", "m_near"),
            (HOSTS, "run.*.clouds.test", "m_wide"),
            (HOSTS, "run.e.clouds.test", "m_near"),
            (HOSTS, "clouds.test", "m_near"),
        ),
        {},
    )
    served = {
        host: explain(LLMConfig(model="m", api_base=f"https://{host}/v1"), found).provider
        for host in ("run.eu.clouds.test", "run.e.clouds.test", "clouds.test", "x.clouds.test")
    }
    assert list(served.values()) == ["wide", "near", "near", "near"]
    steps = explain(LLMConfig(model="m", api_base="https://run.eu.clouds.test"), found).steps
    assert steps == ("acme claims the host run.*.clouds.test",)


def test_claims_with_stars_compete_like_others() -> None:
    found = plugins(ACME, OTHER, (HOSTS, "run.*.clouds.test", "acme"), (HOSTS, "*.eu.clouds.test", "other"))
    config = LLMConfig(model="m", api_base="https://run.eu.clouds.test")
    with pytest.raises(AmbiguousModelError, match=r"acme and other claim the host run.eu.clouds.test equally"):
        explain(config, found)
    assert explain(LLMConfig(model="m", api_base="https://x.eu.clouds.test"), found).provider == "other"


def test_a_distribution_may_have_several_names_and_aliases() -> None:
    names = ((PROVIDERS, "one", "m"), (PROVIDERS, "two", "m"), (PROVIDERS, "three", "m.three"))
    claims = (*names, (ALIASES, "uno", "one"), (ALIASES, "tre", "three"), (HOSTS, "x.test", "m.three"))
    found = Plugins(in_one(*claims), {})
    asked = ("one/m", "two/m", "three/m", "uno/m", "tre/m")
    assert [explain(model, found).provider for model in asked] == ["one", "two", "three", "one", "three"]
    assert explain(LLMConfig(model="tre/m", api_base="https://x.test"), found).model == "m"
    assert {explain(model, found).distribution for model in asked} == {"acme"}


def test_resolution_imports_nothing_but_extensions(six: Site) -> None:
    with pytest.raises(UnknownModelError):
        explain("mystery")
    assert six.imported() == set()


def test_a_registered_provider_is_found_by_its_name(scripted: Scripted) -> None:
    assert explain("scripted/m").distribution == "registered"
