"""A distribution of metadata alone takes no key, no model, no host and no name of another's."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from core.conftest import site
from core.scripted import Site
from dragoman import (
    LLM,
    AmbiguousModelError,
    DragomanError,
    LLMConfig,
    MissingCredentialError,
    PluginConflictError,
    PluginError,
    ProviderConfig,
    explain,
)
from dragoman.http import Base, credential
from dragoman.plugins.metadata import ALIASES, EXTENSIONS, HOSTS, MODELS, PROVIDERS, Claim, read_announcements
from dragoman.plugins.registry import Plugins, installed
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

__all__ = ["loopback", "site"]

DESCRIBED = "dragoman_openai_compatible.manifest_plugin"
ANSWER = {"id": "c", "choices": [{"index": 0, "message": {"content": "stolen"}, "finish_reason": "stop"}]}
FOREIGN = [
    "OPENAI_API_KEY",
    "openai_api_key",
    "ANTHROPIC_API_KEY",
    "AZURE_OPENAI_API_KEY",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "MISTRAL_API_KEY",
    "AWS_SECRET_ACCESS_KEY",
    "HF_TOKEN",
    "GITHUB_TOKEN",
    "DATABASE_URL",
    "MY_EMPLOYERS_PASSWORD",
    "HOME",
]


def describe(site: Site, text: str, **claims: Any) -> None:
    """Install a distribution without Python: claims, and the file that describes its host."""
    site.add("acme-free-llm", "acme_free_llm", providers={"acme_free": DESCRIBED}, **claims)
    (site.path / "acme_free_llm.py").unlink()
    (site.path / "acme_free_llm").mkdir()
    (site.path / "acme_free_llm" / "dragoman.toml").write_text(text)
    entries = next(site.path.glob("acme_free_llm-*.dist-info")) / "entry_points.txt"
    entries.write_text(entries.read_text().replace("= acme_free_llm\n", f"= {DESCRIBED}\n"))
    installed.cache_clear()


@pytest.mark.parametrize("variable", FOREIGN)
@pytest.mark.parametrize("member", ["key.env", "base_url_env"])
async def test_a_described_host_names_no_variable_of_another(
    site: Site, monkeypatch: pytest.MonkeyPatch, loopback: LoopbackServer, variable: str, member: str
) -> None:
    monkeypatch.setenv(variable, "https://a.test")
    describe(site, f'{member} = ["{variable}"]\nbase_url = "{loopback.url}/v1"\n')
    loopback.reply(Reply.json(ANSWER))
    with pytest.raises(PluginError, match=rf"in acme-free-llm is refused: {member} names {variable}"):
        await LLM(LLMConfig(model="acme_free/gpt-5-mini")).completion("my secret")
    assert loopback.requests == []


@pytest.mark.parametrize("host", ["api.openai.com", "eu.api.anthropic.com", "evil.openai.azure.com", "openrouter.ai"])
def test_a_described_host_is_not_that_of_another(site: Site, host: str) -> None:
    describe(site, f'base_url = "https://{host}/v1"\n')
    with pytest.raises(PluginError, match=f"base_url is at {host}, which is the host of dragoman-"):
        LLM(LLMConfig(model="acme_free/m", api_key="k")).build_request("hi")


async def test_a_described_host_with_its_own_variable_answers(
    site: Site, monkeypatch: pytest.MonkeyPatch, loopback: LoopbackServer
) -> None:
    monkeypatch.setenv("ACME_FREE_KEY", "sk-of-acme")
    describe(site, f'base_url = "{loopback.url}/v1"\nkey.env = ["ACME_FREE_KEY"]\n', models=("acme-",))
    loopback.reply(Reply.json(ANSWER))
    assert await LLM(LLMConfig(model="acme-large")).completion("hi") == "stolen"


@pytest.mark.parametrize("name", ["gpt-5", "gpt-", "gpt", "gp", "o3-", "claude-sonnet-4-5", "gemini-2", "llama3-8b"])
def test_a_prefix_of_another_is_ambiguous_installed_or_not(name: str) -> None:
    model = {"gpt": "gpt-5-mini", "gp": "gpt-5-mini", "gpt-": "gpt-5-mini", "gpt-5": "gpt-5-mini"}.get(name, f"{name}x")
    mine = [claim(PROVIDERS, "acme_free"), claim(MODELS, name)]
    for others in ([], [each for each in installed().claims if each.distribution != "acme-free-llm"]):
        with pytest.raises(
            AmbiguousModelError, match=r"acme-free-llm.*provider='acme_free'.*DRAGOMAN_DISABLE_PLUGINS"
        ) as error:
            explain(model, Plugins([*mine, *others], {}))
        assert "dragoman-" in str(error.value)
        assert explain(f"acme_free/{model}", Plugins([*mine, *others], {})).distribution == "acme-free-llm"
        assert explain(LLMConfig(model=model, provider="acme_free"), Plugins(mine, {})).model == model
    assert explain(model, Plugins(mine, {"DRAGOMAN_PLUGINS": "acme-free-llm"})).provider == "acme_free"


@pytest.mark.parametrize(
    "name", ["api.openai.com", "evil.api.openai.com", "openai.com", "*.api.openai.com", "x.ai.test"]
)
def test_a_host_of_another_is_ambiguous(name: str) -> None:
    host = name.replace("*", "evil") if "api" in name else "api.openai.com"
    mine = [claim(PROVIDERS, "acme_free"), claim(HOSTS, name)]
    config = LLMConfig(model="m", api_base=f"https://{host}/v1")
    if name == "x.ai.test":
        with pytest.raises(DragomanError, match="pip install dragoman-openai"):
            explain(config, Plugins(mine, {}))
    else:
        with pytest.raises(AmbiguousModelError, match="acme-free-llm and dragoman-openai both claim the host"):
            explain(config, Plugins(mine, {}))


@pytest.mark.parametrize("group", [PROVIDERS, ALIASES])
@pytest.mark.parametrize("name", ["openai", "gemini", "ollama"])
def test_a_name_of_another_is_a_conflict_installed_or_not(group: str, name: str) -> None:
    mine = [claim(PROVIDERS, "acme_free"), claim(group, name, "acme_free" if group == ALIASES else DESCRIBED)]
    for ask in (f"{name}/m", LLMConfig(model="m", provider=name)):
        with pytest.raises(PluginConflictError, match=rf"acme-free-llm and dragoman-.* both provide '{name}'"):
            explain(ask, Plugins(mine, {}))
    assert explain(f"{name}/m", Plugins(mine, {"DRAGOMAN_PLUGINS": "acme-free-llm"})).distribution == "acme-free-llm"


def test_an_alias_leads_to_no_provider_of_another() -> None:
    theirs = Claim(group=PROVIDERS, name="other", module="m", distribution="other")
    found = Plugins([theirs, claim(PROVIDERS, "acme_free"), claim(ALIASES, "short", "other")], {})
    assert found.named("short") is None


@pytest.mark.parametrize(
    ("group", "name"),
    [
        *[
            (HOSTS, name)
            for name in ("", "com", "*", "*.com", "*.*", ".com", "-com", "localhost", "127.0.0.1", "[::1]")
        ],
        *[
            (HOSTS, name)
            for name in ("API.openai.com", "api.openai.com.", "api.оpenai.com", "a..b.com", "x.*", "a b.com")
        ],
        *[(MODELS, name) for name in ("", "g", "GPT-5", "gpt-5 ", "ｇpt-5", "gрt-", "*", "gpt*", "gpt-\x1b")],
        *[(PROVIDERS, name) for name in ("", "OpenAI", "openai ", "open-ai", "оpenai", "openai\u200b", "a/b", "a:b")],
        *[(ALIASES, name) for name in ("", "Gemini", "gemini\u200b")],
        *[(EXTENSIONS, name) for name in ("", "\x1b]52;c;x\x07", "a b")],
    ],
)
def test_a_claim_that_takes_all_or_only_looks_right_is_left_out(group: str, name: str) -> None:
    found = Plugins([claim(PROVIDERS, "acme_free"), claim(group, name)], {})
    assert [each.name for each in found.claims] == ["acme_free"]
    assert [each.name for each, _ in found.refused] == [name]
    assert name == "" or [each.state for each in found.records() if each.name == name] in ([], ["failed"])


@pytest.mark.parametrize("group", [PROVIDERS, EXTENSIONS])
@pytest.mark.parametrize("module", ["antigravity", "os:abort", "idlelib.idle"])
def test_no_module_of_python_is_imported_as_a_plugin(group: str, module: str) -> None:
    assert Plugins([claim(group, "acme_free", module)], {}).claims == ()
    assert "antigravity" not in sys.modules


@pytest.mark.parametrize("distribution", ["", "registered"])
def test_no_distribution_is_called_as_the_program_itself(distribution: str) -> None:
    named = Claim(group=PROVIDERS, name="acme_free", module=DESCRIBED, distribution=distribution)
    assert Plugins([named], {}).claims == ()


def test_a_flood_of_claims_is_left_out_whole(site: Site) -> None:
    site.add("acme-flood", providers=("flood",), models=tuple(f"flood{number}-" for number in range(100_000)))
    site.add("acme-many", providers=("many",), models=tuple(f"many{number}-" for number in range(900)))
    found = {each.distribution: each for each in read_announcements()}
    assert found["acme-flood"].claims == ()
    assert "it has more than 1000 entries" in found["acme-flood"].problems[0]
    assert len(found["acme-many"].claims) == 901


def test_a_distribution_is_called_as_its_folder_is(site: Site) -> None:
    site.add("acme-free-llm", providers=("acme_free",))
    head = next(site.path.glob("acme_free_llm-*.dist-info")) / "METADATA"
    head.write_text("Metadata-Version: 2.1\nName: dragoman-openai\nVersion: 1\n")
    found = [each for each in read_announcements() if "acme" in each.folder]
    assert [each.distribution for each in found] == ["acme-free-llm"]
    assert found[0].problems == ("its metadata calls it 'dragoman-openai'",)


@pytest.mark.parametrize("variable", FOREIGN[:-2])
def test_no_provider_reads_a_variable_of_another(variable: str) -> None:
    environ = {variable: "sk-of-another", "ACME_API_KEY": "sk-of-acme"}
    config = ProviderConfig(name="acme_free", distribution="acme-free-llm", environ=environ)
    base = Base(url="https://acme.test/v1", source="default")
    assert config.env((variable,)) is None
    assert config.env((variable, "ACME_API_KEY")) == "sk-of-acme"
    assert credential(config, base, env=(variable,), required=False) is None
    with pytest.raises(MissingCredentialError, match=f"{variable} is not read: it belongs to another"):
        credential(config, base, env=(variable,))


def claim(group: str, name: str, module: str = DESCRIBED) -> Claim:
    return Claim(group=group, name=name, module=module, distribution="acme-free-llm")
