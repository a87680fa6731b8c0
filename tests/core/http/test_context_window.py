"""Conversations that are too long, in the words of each host and server, and errors that are only worded alike."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    LLM,
    AuthenticationError,
    BadRequestError,
    ContextWindowExceededError,
    LLMConfig,
    ProviderError,
    RateLimitError,
    Response,
    ServerError,
)
from dragoman.http import exceeds_context_window, refined
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

TOO_LONG = {
    "openai": "This model's maximum context length is 8192 tokens. However, your messages resulted in 8207 tokens.",
    "openai responses": "Your input exceeds the context window of this model. Please adjust your input and try again.",
    "vllm": "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens (4000 in the "
    "messages, 1000 in the completion). Please reduce the length of the messages or completion.",
    "vllm 0.8": "The prompt (total length 25938) is too long to fit into the model (context length 4096).",
    "vllm 0.9": "The decoder prompt (length 9001) is longer than the maximum model length of 4096. Make sure that "
    "`max_model_len` is no smaller than the number of text tokens.",
    "vllm 0.11": "You passed 4097 input tokens and requested 0 output tokens. However, the model's context length is "
    "only 4096 tokens, resulting in a maximum input length of 4096 tokens.",
    "vllm max_tokens": "'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context "
    "length is 4096 tokens and your request has 20 input tokens (8192 > 4096 - 20).",
    "vllm engine": "The engine prompt length 5000 exceeds the max_model_len 4096. Please reduce prompt.",
    "copilot": "prompt token count of 70000 exceeds the limit of 64000",
    "openrouter poolside": "Input length 131393 exceeds the maximum allowed input length of 131040 tokens.",
    "a configured size": "Prompt has 5,958 tokens, but the configured context size is 256 tokens",
    "gemini without a count": "input exceeds the maximum number of tokens",
    "gemini for input": "The input token count exceeds the maximum number of input tokens",
    "a code of z.ai": "model_context_window_exceeded",
    "vllm by name": "The prompt exceeds max_model_len",
    "a code alone": "context_length_exceeded",
    "sglang 0.5": "Input length (40000 tokens) exceeds the maximum allowed length (32768 tokens).",
    "titan": "Input Tokens Exceeded: Number of input tokens exceeds maximum length.",
    "in general": "the prompt exceeds the model's context",
    "sglang": "The input (9001 tokens) is longer than the model's context length (4096 tokens).",
    "llama.cpp": "the request exceeds the available context size, try increasing it",
    "llama.cpp 2025": "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
    "llama-cpp-python": "Requested tokens (5000) exceed context window of 2048",
    "mlx": "Context size has been exceeded.",
    "lm studio": "Trying to keep the first 15857 tokens when context the overflows. However, the model is loaded with "
    "context length of only 4096 tokens, which is not enough. Try to load the model with a larger context length.",
    "lm studio n_keep": "The number of tokens to keep from the initial prompt is greater than the context length.",
    "lm studio reached": "Reached context length of 32000 tokens with model (arch: gpt-oss) that does not currently "
    "support mid-generation context overflow.",
    "ollama": "prompt too long; exceeded max context length by 12 tokens",
    "ollama embeddings": "the input length exceeds the context length",
    "tgi": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 2048. Given: 3474 `inputs` tokens",
    "tgi inputs": "Input validation error: `inputs` must have less than 1024 tokens. Given: 1500",
    "openrouter": "This endpoint's maximum context length is 32768 tokens. However, you requested about 42832 tokens "
    '(42832 of text input). Please reduce the length of either one, or use the "middle-out" transform.',
    "groq": "Please reduce the length of the messages or completion.",
    "cerebras": "Please reduce the length of the messages or completion. Current length is 8939 while limit is 8192",
    "bedrock": "Input is too long for requested model.",
    "bedrock stream": "The model returned the following errors: Input is too long for requested model.",
    "bedrock titan": "400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 9000",
    "anthropic": "prompt is too long: 209353 tokens > 199999 maximum",
    "anthropic both": "input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000, decrease input",
    "gemini": "The input token count (1250074) exceeds the maximum number of tokens allowed (1048576).",
    "vertex": "Unable to submit request because the input token count is 40000 but model only supports up to 32768. "
    "Reduce the input token count and try again.",
    "mistral": "Prompt contains 40013 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
    "cohere": "too many tokens: total number of tokens in the prompt cannot exceed 4081 - received 5003.",
    "deepseek": "This model's maximum context length is 65536 tokens. However, you requested 69648 tokens.",
    "xai": "This model's maximum prompt length is 131072 but the request contains 537812 tokens.",
    "fireworks": "The prompt is too long: 9001, model maximum context length: 8192",
    "moonshot": "Invalid request: Your request exceeded model token limit: 8192",
    "dashscope": "Range of input length should be [1, 30720]",
    "zhipu": "Prompt exceeds max length",
}
OTHERS = {
    "output limit": "max_tokens is too large: 100000. This model supports at most 16384 completion tokens.",
    "output limit of anthropic": "max_tokens: 100000 > 64000, which is the maximum allowed number of output tokens",
    "rate": "Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 7000, please reduce "
    "your message size and try again.",
    "throttled": "Too many tokens, please wait before trying again.",
    "a string": "Invalid 'messages[0].content': string too long. Expected a string with maximum length 10485760.",
    "a body": "Request exceeds the maximum size",
    "a stop sequence": "stop: the sequence is too long",
    "a name": "tools.0.function.name: too long, expected at most 64 characters",
    "a file": "The file is too large: 60 MB",
    "a setting": "temperature: 3 is greater than the maximum of 2",
    "a model": "The model `m` does not exist",
    "nothing": "",
}


@pytest.mark.parametrize("who", TOO_LONG)
def test_a_conversation_that_is_too_long_is_told_by_its_message(who: str) -> None:
    for text in (TOO_LONG[who], TOO_LONG[who].upper(), f"litellm.BadRequestError: AcmeException - {TOO_LONG[who]}"):
        assert exceeds_context_window(text)


@pytest.mark.parametrize("who", OTHERS)
def test_other_limits_are_not_the_context_window(who: str) -> None:
    assert not exceeds_context_window(OTHERS[who])


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (BadRequestError, ContextWindowExceededError),
        (ServerError, ContextWindowExceededError),
        (ProviderError, ContextWindowExceededError),
        (RateLimitError, RateLimitError),
        (AuthenticationError, AuthenticationError),
    ],
)
def test_only_a_vague_class_is_refined(kind: type[ProviderError], expected: type[ProviderError]) -> None:
    assert refined(kind, TOO_LONG["bedrock"]) is expected
    assert refined(kind, "something else") is kind


def openai(message: str, status: int) -> Any:
    return {"error": {"message": message, "type": "invalid_request_error", "param": None, "code": None}}


def vllm(message: str, status: int) -> Any:
    return {"object": "error", "message": message, "type": "BadRequestError", "param": None, "code": status}


def anthropic(message: str, status: int) -> Any:
    return {"type": "error", "error": {"type": "invalid_request_error", "message": message}}


def google(message: str, status: int) -> Any:
    return {"error": {"code": status, "message": message, "status": "INVALID_ARGUMENT"}}


def text(message: str, status: int) -> Any:
    return {"error": message}


def plain(message: str, status: int) -> Any:
    return {"message": message}


def upstream(message: str, status: int) -> Any:
    raw = json.dumps({"error": {"message": message}})
    return {
        "error": {"code": status, "message": "Provider returned error", "metadata": {"raw": raw, "provider_name": "A"}}
    }


SHAPES = {"openai": openai, "vllm": vllm, "anthropic": anthropic, "google": google, "text": text, "plain": plain}
MODELS = {
    "openai": "gpt-4",
    "azure": "gpt-4",
    "anthropic": "claude-sonnet-4-5",
    "google": "gemini-2.5-flash",
    "groq": "llama-3.3-70b-versatile",
    "cohere": "command-a-03-2025",
    "mistral": "mistral-large-latest",
    "openrouter": "acme/m1",
    "litellm_proxy": "m1",
    "ollama": "m1",
}


async def _asked(llm: LLM, *, stream: bool) -> Response:
    if not stream:
        return await llm.generate("Hi")
    async with llm.stream("Hi") as events:
        return await events.collect()


async def _refused(vendor: str, body: Any, status: int, *, stream: bool) -> ProviderError:
    with LoopbackServer(Reply.json(body, status=status)) as server:
        options = {"api_version": "2024-10-21"} if vendor == "azure" else {}
        key, base = "sk-marker-0123456789", f"{server.url}/v1"
        config = LLMConfig(model=MODELS[vendor], provider=vendor, api_key=key, api_base=base, num_retries=0, **options)
        async with LLM(config) as llm:
            with pytest.raises(ProviderError) as caught:
                await _asked(llm, stream=stream)
    return caught.value


@pytest.mark.parametrize("status", [400, 413, 422, 500])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("vendor", MODELS)
async def test_every_dialect_tells_it_in_every_shape_of_an_error(vendor: str, shape: str, status: int) -> None:
    message = TOO_LONG["bedrock"]
    error = await _refused(vendor, SHAPES[shape](message, status), status, stream=status == 400)
    assert type(error) is ContextWindowExceededError
    assert (error.retryable, error.message) == (False, message)


async def test_the_words_of_the_vendor_behind_a_router_count() -> None:
    error = await _refused("openrouter", upstream(TOO_LONG["vllm"], 400), 400, stream=False)
    assert type(error) is ContextWindowExceededError
    error = await _refused("openrouter", upstream(OTHERS["output limit"], 400), 400, stream=True)
    assert type(error) is BadRequestError
