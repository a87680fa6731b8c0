"""Every provider of this repository passes the conformance suite."""

# ruff: noqa: RUF012  # class attributes of test classes are not mutated
from __future__ import annotations

from conformance.cohere_server import COHERE
from conformance.ollama_server import OLLAMA
from dragoman.testing.conformance import ProviderConformance
from dragoman.testing.faults import CHAT, GEMINI, MESSAGES, RESPONSES


class TestOpenAI(ProviderConformance):
    provider = "openai"
    model = "gpt-4o"
    server_dialect = CHAT
    options = {"api": "chat"}


class TestOpenAIResponses(ProviderConformance):
    provider = "openai"
    model = "gpt-5.1"
    server_dialect = RESPONSES
    options = {"api": "responses"}


class TestAnthropic(ProviderConformance):
    provider = "anthropic"
    model = "claude-sonnet-4-5"
    server_dialect = MESSAGES


class TestGoogle(ProviderConformance):
    provider = "google"
    model = "gemini-2.5-flash"
    server_dialect = GEMINI
    base = "/v1beta"


class TestAzure(ProviderConformance):
    provider = "azure"
    model = "deployed"
    server_dialect = CHAT
    base = ""
    key_env = "AZURE_OPENAI_API_KEY"
    options = {"api_version": "2024-10-21"}


class TestGroq(ProviderConformance):
    provider = "groq"
    model = "llama-3.3-70b-versatile"
    server_dialect = CHAT


class TestMistral(ProviderConformance):
    provider = "mistral"
    model = "mistral-large-latest"
    server_dialect = CHAT


class TestOpenRouter(ProviderConformance):
    provider = "openrouter"
    model = "anthropic/claude-sonnet-4.5"
    server_dialect = CHAT


class TestLiteLLMProxy(ProviderConformance):
    provider = "litellm_proxy"
    model = "claude"
    server_dialect = CHAT


class TestOpenAICompatible(ProviderConformance):
    provider = "openai_compatible"
    model = "local"
    server_dialect = CHAT


class TestDeepSeek(ProviderConformance):
    provider = "deepseek"
    model = "deepseek-v4-pro"
    server_dialect = CHAT
    base = ""


class TestXAI(ProviderConformance):
    provider = "xai"
    model = "grok-4.3"
    server_dialect = CHAT


class TestDatabricks(ProviderConformance):
    provider = "databricks"
    model = "databricks-claude-sonnet-4"
    server_dialect = CHAT
    base = "/serving-endpoints"


class TestOllama(ProviderConformance):
    provider = "ollama"
    model = "llama3.2"
    server_dialect = OLLAMA
    base = ""


class TestCohere(ProviderConformance):
    provider = "cohere"
    model = "command-a-03-2025"
    server_dialect = COHERE
    base = "/v2"
    key_env = "CO_API_KEY"


class TestEcho(ProviderConformance):
    provider = "echo"
    model = "echo"


class TestLlamaCpp(ProviderConformance):
    provider = "llamacpp"
    model = "tiny"
    options = {"threads": 1, "max_tokens": 200}
