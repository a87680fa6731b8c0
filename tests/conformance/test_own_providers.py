"""Every provider of this repository passes the conformance suite."""

# ruff: noqa: RUF012  # class attributes of test classes are not mutated
from __future__ import annotations

import json
from urllib.parse import unquote

import attrs

from conformance.bedrock_server import CONVERSE
from conformance.cohere_server import COHERE
from conformance.mistral_server import MISTRAL
from conformance.ollama_server import OLLAMA
from dragoman import ChatRequest
from dragoman.testing.conformance import ProviderConformance
from dragoman.testing.faults import CHAT, GEMINI, MESSAGES, RESPONSES, messages_endpoints
from dragoman.testing.faults.messages_requests import read_messages_request
from dragoman.testing.reply import Received

AWS = {
    "AWS_ACCESS_KEY_ID": "AKIAOFTHEENVIRONMENT",
    "AWS_SECRET_ACCESS_KEY": "the-secret-of-the-environment",
    "AWS_SESSION_TOKEN": "the-token-of-the-environment",
}


class TestOpenAI(ProviderConformance):
    provider = "openai"
    model = "gpt-4o"
    prompt_model = "gpt-3.5-turbo-instruct"
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
    prompt_model = "claude-2.1"
    server_dialect = MESSAGES


class TestGoogle(ProviderConformance):
    provider = "google"
    model = "gemini-2.5-flash"
    server_dialect = GEMINI
    base = "/v1beta"


def read_on_vertex(request: Received) -> ChatRequest:
    """Return what a request asks for that names its model in the path, as those for Claude on Vertex AI do."""
    name = unquote(request.path.rpartition("/")[2].partition(":")[0])
    return read_messages_request(attrs.evolve(request, body=json.dumps({"model": name, **request.json}).encode()))


ON_VERTEX = attrs.evolve(
    MESSAGES,
    endings=(":rawPredict", ":streamRawPredict"),
    read_request=read_on_vertex,
    counting=attrs.evolve(messages_endpoints.COUNTING, endings=("/count-tokens:rawPredict",)),
)


class TestClaudeOnVertex(ProviderConformance):
    provider = "google"
    model = "claude-sonnet-4-5"
    server_dialect = ON_VERTEX
    base = "/v1/projects/p/locations/global"


class TestClaudeInFoundry(ProviderConformance):
    provider = "azure"
    model = "claude-sonnet-4-5"
    server_dialect = MESSAGES
    base = "/anthropic/v1"
    key_env = "AZURE_OPENAI_API_KEY"


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
    prompt_model = "codestral-latest"
    server_dialect = MISTRAL


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


class TestBedrock(ProviderConformance):
    provider = "bedrock"
    model = "us.anthropic.claude-sonnet-4-5-20250929-v1:0"
    server_dialect = CONVERSE
    base = ""
    key_env = "AWS_BEARER_TOKEN_BEDROCK"
    ambient = AWS
    options = {"region": "us-east-1"}


class TestBedrockWithSignatures(ProviderConformance):
    provider = "bedrock"
    model = "us.amazon.nova-pro-v1:0"
    server_dialect = CONVERSE
    base = ""
    key_env = "AWS_BEARER_TOKEN_BEDROCK"
    ambient = AWS
    options = {"region": "us-east-1"}
    credentials = {
        "access_key": "AKIAOFTHESUITE",
        "secret_key": "the-secret-of-the-suite",
        "session_token": "the-token-of-the-suite",
    }


class TestEcho(ProviderConformance):
    provider = "echo"
    model = "echo"


class TestLlamaCpp(ProviderConformance):
    provider = "llamacpp"
    model = "tiny"
    options = {"threads": 1, "max_tokens": 200}
