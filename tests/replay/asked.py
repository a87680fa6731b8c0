"""What a program asks for that holds a recorded request as plain data: messages, tools and formats in a wire format.

The body of a request is taken apart by name alone, as a program would that moves to this library: its messages, tools,
tool choice and output format are handed over as they are, settings under our names, and what a provider offers beyond
them as its options.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias
from urllib.parse import parse_qs, unquote, urlsplit

import attrs
from attrs import field, frozen

from dragoman import LLM, LLMConfig
from dragoman_anthropic.options import AnthropicOptions
from dragoman_azure.options import AzureOptions
from dragoman_bedrock.invoke import InvokeOptions
from dragoman_cohere.options import CohereOptions
from dragoman_google.claude import VertexClaudeOptions
from dragoman_groq.options import GroqOptions
from dragoman_litellm_proxy.options import LiteLLMProxyOptions
from dragoman_mistral.options import MistralOptions
from dragoman_ollama.options import OllamaOptions
from dragoman_openai.options import OpenAIOptions
from dragoman_openai_compatible import manifest_plugin
from dragoman_openai_compatible.options import OpenAICompatibleOptions
from dragoman_openrouter.options import OpenRouterOptions
from plugins.catalogue import manifest
from recordings import Recording
from replay import converse_bodies, gemini_bodies
from replay.hosts import CATALOGUE, TAGS, provider_of

ELIDED = re.compile(r"ELIDED_\d+_BASE64_CHARS_[0-9a-f]+")
ADDRESS = "http://127.0.0.1:9"

CHAT_SETTINGS: Mapping[str, str] = {
    "max_tokens": "max_tokens",
    "max_completion_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop": "stop",
    "seed": "seed",
    "presence_penalty": "presence_penalty",
    "frequency_penalty": "frequency_penalty",
    "reasoning_effort": "effort",
    "parallel_tool_calls": "parallel_tool_calls",
    "logprobs": "logprobs",
    "top_logprobs": "top_logprobs",
    "service_tier": "service_tier",
    "tools": "tools",
    "tool_choice": "tool_choice",
    "response_format": "output",
    "random_seed": "seed",
    "n": "n",
}
"""Our names of the members of a chat request."""

RESPONSES_SETTINGS: Mapping[str, str] = {
    "max_output_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_logprobs": "top_logprobs",
    "parallel_tool_calls": "parallel_tool_calls",
    "service_tier": "service_tier",
    "tools": "tools",
    "tool_choice": "tool_choice",
}
"""Our names of the members of a request to the API of responses."""

BLOCK_SETTINGS: Mapping[str, str] = {
    "max_tokens": "max_tokens",
    "temperature": "temperature",
    "top_p": "top_p",
    "top_k": "top_k",
    "stop_sequences": "stop",
    "service_tier": "service_tier",
    "tools": "tools",
    "tool_choice": "tool_choice",
}
"""Our names of the members of a request whose messages consist of content blocks."""


@frozen(kw_only=True)
class Asked:
    """Hold a recorded request as the arguments of a call.

    Args:
        config: the model and where it is.
        messages: the conversation.
        arguments: the keyword arguments.
        stream: whether a stream was asked for.
        foreign: the members of the body for which there is neither a setting nor an option.

    """

    config: LLMConfig
    messages: Any
    arguments: dict[str, Any] = field(factory=dict[str, Any])
    stream: bool = False
    foreign: tuple[str, ...] = ()

    def sent(self) -> dict[str, Any]:
        """Return the body that is sent for it."""
        return LLM(self.config).build_request(self.messages, stream=self.stream, **self.arguments).body


OPTIONS: Mapping[str, Any] = {
    "anthropic": AnthropicOptions,
    "azure": AzureOptions,
    "bedrock": InvokeOptions,
    "cohere": CohereOptions,
    "groq": GroqOptions,
    "litellm_proxy": LiteLLMProxyOptions,
    "mistral": MistralOptions,
    "ollama": OllamaOptions,
    "openai": OpenAIOptions,
    "openai_compatible": OpenAICompatibleOptions,
    "openrouter": OpenRouterOptions,
    "vertex": VertexClaudeOptions,
}
"""The options of providers."""

BEHIND: Mapping[str, str] = {
    "compatible.responses": "openai",
}
"""The providers that send the requests of vendors without one; ``openai`` speaks the API of responses to any server."""

Reader: TypeAlias = Callable[[Recording, dict[str, Any]], Asked]


def body_of(recording: Recording) -> dict[str, Any]:
    """Return the recorded body; media that was left out of the recording is a few bytes of base64."""
    return json.loads(ELIDED.sub("QUJD", json.dumps(recording.request.body)))


def chat(recording: Recording, body: dict[str, Any]) -> Asked:
    """Read a request to an API of chats."""
    return _asked(recording, body, CHAT_SETTINGS, messages=body["messages"], stream=body.get("stream"))


def responses(recording: Recording, body: dict[str, Any]) -> Asked:
    """Read a request to the API of responses."""
    given = body.get("input")
    rest = {name: value for name, value in body.items() if name != "input"}
    text, reasoning = dict(rest.pop("text", None) or {}), dict(rest.pop("reasoning", None) or {})
    more = {
        "output": text.pop("format", None),
        "verbosity": text.pop("verbosity", None),
        "effort": reasoning.pop("effort", None),
        "reasoning_summary": reasoning.pop("summary", None),
        "reasoning_context": reasoning.pop("context", None),
    }
    rest |= {f"text.{name}": value for name, value in text.items()}
    rest |= {f"reasoning.{name}": value for name, value in reasoning.items()}
    messages = given if given is not None else []
    return _asked(recording, rest, RESPONSES_SETTINGS, messages=messages, stream=body.get("stream"), more=more)


def blocks(recording: Recording, body: dict[str, Any]) -> Asked:
    """Read a request whose messages consist of content blocks."""
    rest = {name: value for name, value in body.items() if name not in {"messages", "system", "anthropic_version"}}
    system = body.get("system")
    messages = [*([{"role": "system", "content": system}] if system else []), *body["messages"]]
    shape = dict(rest.pop("output_config", None) or {})
    more = {"output": shape.pop("format", None) or rest.pop("output_format", None), "effort": shape.pop("effort", None)}
    more |= {"output_config": shape or None}
    if betas := recording.request.headers.get("anthropic-beta"):
        more["betas"] = betas.split(",")
    return _asked(recording, rest, BLOCK_SETTINGS, messages=messages, stream=body.get("stream"), more=more)


def invoked(recording: Recording, body: dict[str, Any]) -> Asked:
    """Read a request to InvokeModel, of which the address says the model and whether the answer is streamed."""
    model, operation = urlsplit(recording.request.url).path.split("/")[2:]
    rest = {name: value for name, value in body.items() if name != "anthropic_beta"}
    told = blocks(recording, {**rest, "model": unquote(model)})
    betas = {"betas": body["anthropic_beta"]} if body.get("anthropic_beta") else {}
    named = {} if "claude" in model else {"base_model": "anthropic.claude-sonnet-4-5-20250929-v1:0"}
    return attrs.evolve(
        told,
        config=told.config.replace(model=unquote(model), api="invoke", api_base=ADDRESS, **named),
        arguments={**told.arguments, **betas},
        stream=operation == "invoke-with-response-stream",
    )


def contents(recording: Recording, body: dict[str, Any]) -> Asked:
    """Read a request with contents; they are none of the formats that are read, so they are told in our types."""
    known = gemini_bodies.normalize(body)
    request = gemini_bodies.request(gemini_bodies.even(known), model_of(recording, body))
    settings = {name: getattr(request.settings, name) for name in request.settings.explicit}
    arguments = {**settings, **request.options["google"]}
    if request.tools:
        arguments |= {"tools": request.tools, "tool_choice": request.tool_choice}
    return Asked(
        config=config_of(recording, body),
        messages=request.messages,
        arguments={**arguments, "output": request.output},
        stream="stream" in recording.request.url.partition("/models/")[2],
    )


def converse(recording: Recording, body: dict[str, Any]) -> Asked:
    """Read a request to Converse; its messages are none of the formats that are read, so they are told in our types."""
    model, operation = urlsplit(recording.request.url).path.split("/")[2:]
    config = LLMConfig(
        model=unquote(model),
        provider="bedrock",
        api_key="loopback",
        api_base=ADDRESS,
        temperature=None,
        max_tokens=None,
    )
    return Asked(
        config=config,
        messages=converse_bodies.messages(body),
        arguments=converse_bodies.arguments(body),
        stream=operation == "converse-stream",
    )


def model_of(recording: Recording, body: dict[str, Any]) -> str:
    """Return the model of a request, which some APIs name in the address."""
    path = unquote(urlsplit(recording.request.url).path)
    named = re.search(r"/models/([^:/]+):|/deployments/([^/]+)", path)
    return named[1] or named[2] if named else str(body.get("model") or "deployment")


def config_of(recording: Recording, body: dict[str, Any]) -> LLMConfig:
    """Return the configuration of the provider of a recording."""
    provider, _, api = recording.api.partition(".")
    parts = urlsplit(recording.request.url)
    own: dict[str, Any] = {}
    name = BEHIND.get(recording.api) or _provider(recording, provider)
    model = model_of(recording, body)
    if name in {"openai", "azure", "openrouter"}:
        own["api"] = api
    if name == "azure":
        own |= {key.replace("-", "_"): values[0] for key, values in parse_qs(parts.query).items()}
    if name == "google" and "aiplatform" in recording.request.url:
        own["vertex"] = True
    if name == "vertex":
        own |= {"project": "example-project", "location": "us-east5"}
    if name in {"openai_compatible", *TAGS.values()} - CATALOGUE:
        own |= _limits(body)
    path = re.sub(r"/(chat/completions|responses|messages|(publishers/\w+/|projects/.*/)?models/.*)$", "", parts.path)
    return LLMConfig(
        model=model,
        provider=name,
        api_key="loopback",
        api_base=ADDRESS + path,
        temperature=None,
        max_tokens=None,
        **own,
    )


def _provider(recording: Recording, name: str) -> str:
    return provider_of(recording) if name == "compatible" else name


def _limits(body: Mapping[str, Any]) -> dict[str, Any]:
    """Return how a server that anybody may run differs, as a program says that knows it."""
    told: dict[str, Any] = {"max_tokens_name": "max_completion_tokens"} if "max_completion_tokens" in body else {}
    spoken = {name for message in body.get("messages") or () for name in message}
    name = next((name for name in ("reasoning_content", "reasoning") if name in spoken), None)
    return {**told, "replay_reasoning": name} if name else told


def _asked(
    recording: Recording,
    body: Mapping[str, Any],
    settings: Mapping[str, str],
    *,
    messages: Any,
    stream: Any,
    more: Mapping[str, Any] | None = None,
) -> Asked:
    """Return what is asked.

    Args:
        recording: the exchange.
        body: the members of its body.
        settings: our names of settings by those of the wire.
        messages: the conversation.
        stream: whether a stream was asked for.
        more: further arguments; ``None`` are left out.

    """
    config = config_of(recording, dict(body))
    options = options_of(config)
    arguments = {name: value for name, value in (more or {}).items() if value is not None}
    extra: dict[str, Any] = {}
    for name, value in body.items():
        if name in {"model", "messages", "stream"} or value is None:
            continue
        if name == "n" and stream:  # a stream of several answers is refused, so that it is not a setting of one
            extra[name] = value
        elif name in settings:
            arguments[settings[name]] = value
        elif name in options:
            arguments[options[name]] = value
        else:
            extra[name] = value
    if extra:
        arguments["extra_body"] = extra
    foreign = tuple(name for name in extra if name != "n")
    return Asked(config=config, messages=messages, arguments=arguments, stream=bool(stream), foreign=foreign)


def options_of(config: LLMConfig) -> dict[str, str]:
    """Return our names of the options of a provider by those of its wire."""
    name = str(config.kwargs["provider"])
    kind = (
        manifest_plugin.options_of(manifest(name)) if name in CATALOGUE else OPTIONS.get(name, OpenAICompatibleOptions)
    )
    return {each.metadata.get("wire") or each.name: each.name for each in attrs.fields(kind)}
