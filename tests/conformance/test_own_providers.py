"""Every provider of this repository keeps what the suite asks of all."""

# ruff: noqa: RUF012  # what a test class says of itself is not changed
from __future__ import annotations

from dragoman.testing.conformance import ProviderConformance
from dragoman.testing.faults import CHAT, GEMINI, MESSAGES, RESPONSES


class TestOpenAI(ProviderConformance):
    provider = "openai"
    model = "gpt-4o"
    tongue = CHAT
    options = {"api": "chat"}


class TestOpenAIResponses(ProviderConformance):
    provider = "openai"
    model = "gpt-5.1"
    tongue = RESPONSES
    options = {"api": "responses"}


class TestAnthropic(ProviderConformance):
    provider = "anthropic"
    model = "claude-sonnet-4-5"
    tongue = MESSAGES


class TestGoogle(ProviderConformance):
    provider = "google"
    model = "gemini-2.5-flash"
    tongue = GEMINI
    base = "/v1beta"


class TestAzure(ProviderConformance):
    provider = "azure"
    model = "deployed"
    tongue = CHAT
    base = ""
    key_env = "AZURE_OPENAI_API_KEY"
    options = {"api_version": "2024-10-21"}


class TestGroq(ProviderConformance):
    provider = "groq"
    model = "llama-3.3-70b-versatile"
    tongue = CHAT


class TestOpenRouter(ProviderConformance):
    provider = "openrouter"
    model = "anthropic/claude-sonnet-4.5"
    tongue = CHAT


class TestLiteLLMProxy(ProviderConformance):
    provider = "litellm_proxy"
    model = "claude"
    tongue = CHAT


class TestOpenAICompatible(ProviderConformance):
    provider = "openai_compatible"
    model = "local"
    tongue = CHAT


class TestEcho(ProviderConformance):
    provider = "echo"
    model = "echo"


class TestLlamaCpp(ProviderConformance):
    provider = "llamacpp"
    model = "tiny"
    options = {"threads": 1, "max_tokens": 200}
