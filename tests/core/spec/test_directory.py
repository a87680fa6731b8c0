"""What belongs to whom is read from data, for every spelling of a variable."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from dragoman.spec.directory import owner_of_variable, publisher, read_lists, vendor_of
from dragoman.spec.hosts import host_matches


@pytest.mark.parametrize("name", ["directory.toml", "server_tools.toml", "variables.toml"])
def test_the_data_are_read_as_toml_is_read(name: str) -> None:
    text = resources.files("dragoman.spec").joinpath(name).read_text("utf-8")
    wanted = {table: {key: tuple(each) for key, each in entry.items()} for table, entry in tomllib.loads(text).items()}
    assert read_lists(text) == wanted


@pytest.mark.parametrize(
    ("variable", "distribution", "provider", "owner"),
    [
        ("OPENAI_API_KEY", "acme-free-llm", "acme_free", "dragoman-openai"),
        ("openai_api_key", "acme-free-llm", "acme_free", "dragoman-openai"),
        ("OPENAI_ADMIN_KEY", "acme-free-llm", "openai", "dragoman-openai"),
        ("ANTHROPIC_API_KEY", "dragoman-openai", "openai", "dragoman-anthropic"),
        ("OPENAI_API_VERSION", "dragoman-azure", "azure", ""),
        ("MISTRAL_API_KEY", "dragoman-litellm", "litellm", ""),
        ("AWS_SECRET_ACCESS_KEY", "dragoman-litellm", "litellm", "Amazon"),
        ("AWS_SECRET_ACCESS_KEY", "acme-free-llm", "acme_free", "Amazon"),
        ("HF_TOKEN", "dragoman-huggingface", "huggingface", ""),
        ("GITHUB_TOKEN", "acme-free-llm", "acme_free", "GitHub"),
        ("NPM_TOKEN", "dragoman-npm", "npm", "another service"),
        ("ACME_API_KEY", "acme-free-llm", "acme_free", ""),
        ("OPENAI_API_KEY", "", "acme", ""),
        ("OPENAI_API_KEY", "registered", "acme", ""),
    ],
)
def test_a_variable_is_read_by_its_owner_alone(variable: str, distribution: str, provider: str, owner: str) -> None:
    assert owner_of_variable(variable, distribution, provider) == owner


def test_the_variable_of_a_vendor_may_be_sent_to_its_own_host() -> None:
    assert vendor_of("TOGETHER_API_KEY", host="api.together.ai") == ""
    assert vendor_of("TOGETHER_API_KEY", host="api.together.ai.evil.test") == "Together AI"
    assert vendor_of("OPENAI_API_KEY", host="api.openai.com") == "dragoman-openai"


def test_names_and_aliases_have_a_publisher() -> None:
    assert [publisher(name) for name in ("google", "gemini", "ollama", "vllm", "llama_server", "acme")] == [
        "dragoman-google",
        "dragoman-google",
        "dragoman-ollama",
        "dragoman-hosts",
        "dragoman-openai-compatible",
        None,
    ]


@pytest.mark.parametrize(
    ("host", "claim", "matches"),
    [
        ("bedrock-runtime.eu-west-1.amazonaws.com", "bedrock-runtime.*.amazonaws.com", True),
        ("a.bedrock-runtime.eu.amazonaws.com", "bedrock-runtime.*.amazonaws.com", True),
        ("bedrock-runtime.amazonaws.com", "bedrock-runtime.*.amazonaws.com", False),
        ("bedrock-runtime.eu.west.amazonaws.com", "bedrock-runtime.*.amazonaws.com", False),
        ("bedrock-runtime.eu.amazonaws.com.evil.test", "bedrock-runtime.*.amazonaws.com", False),
    ],
)
def test_a_star_stands_for_one_whole_label(host: str, claim: str, matches: bool) -> None:  # noqa: FBT001
    assert host_matches(host, claim) is matches


@pytest.mark.parametrize(
    ("variable", "distribution", "provider", "owner"),
    [
        ("AZURE_AI_API_KEY", "dragoman-azure-ai", "azure_ai", ""),
        ("AZURE_AI_API_KEY", "acme", "acme", "Azure AI"),
        ("AZURE_ANYTHING", "acme", "acme", "Azure AI"),
        ("AZURE_OPENAI_API_KEY", "dragoman-azure-ai", "azure_ai", "dragoman-azure"),
        ("AZURE_AD_TOKEN", "dragoman-azure-ai", "azure_ai", "dragoman-azure"),
        ("AZURE_CLIENT_SECRET", "acme", "azure_client", "dragoman-azure"),
        ("AZURE_OPENAI_API_KEY", "dragoman-azure", "azure", ""),
    ],
)
def test_a_vendor_with_two_services_has_two_owners(variable: str, distribution: str, provider: str, owner: str) -> None:
    assert owner_of_variable(variable, distribution, provider) == owner
