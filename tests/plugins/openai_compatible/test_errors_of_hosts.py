# ruff: noqa: E501  # messages as they are sent
"""Errors of hosts and servers that speak the OpenAI dialect, in their own shapes and words, and what they mean here."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dragoman import (
    LLM,
    AuthenticationError,
    BadRequestError,
    ContentFilterError,
    ContextWindowExceededError,
    LLMConfig,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)
from dragoman.http import HttpReply
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_openai_compatible.errors import error_of


def told(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


ERRORS: list[tuple[str, int, Any, type[ProviderError]]] = [
    (
        "vllm",
        400,
        {
            "object": "error",
            "message": "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        ContextWindowExceededError,
    ),
    (
        "vllm model",
        404,
        {
            "object": "error",
            "message": "The model `x` does not exist.",
            "type": "NotFoundError",
            "param": None,
            "code": 404,
        },
        NotFoundError,
    ),
    ("vllm key", 401, {"error": "Unauthorized"}, AuthenticationError),
    (
        "vllm new",
        400,
        told(
            "'max_tokens' or 'max_completion_tokens' is too large: 5000. This model's maximum context length is 4096 tokens and your request has 20 input tokens (5000 > 4096 - 20).",
            type="BadRequestError",
            param="max_tokens",
            code=400,
        ),
        ContextWindowExceededError,
    ),
    (
        "llama.cpp ctx",
        400,
        told(
            "request (5000 tokens) exceeds the available context size (4096 tokens), try increasing it",
            code=400,
            type="exceed_context_size_error",
        ),
        ContextWindowExceededError,
    ),
    ("llama.cpp loading", 503, told("Loading model", code=503, type="unavailable_error"), OverloadedError),
    ("llama.cpp key", 401, told("Invalid API Key", code=401, type="authentication_error"), AuthenticationError),
    (
        "llama.cpp unsupported",
        501,
        told("This server does not support embeddings.", code=501, type="not_supported_error"),
        ServerError,
    ),
    ("bedrock long", 400, {"message": "Input is too long for requested model."}, ContextWindowExceededError),
    ("bedrock throttle", 429, {"message": "Too many requests, please wait before trying again."}, RateLimitError),
    ("bedrock tokens", 429, {"message": "Too many tokens, please wait before trying again."}, RateLimitError),
    (
        "bedrock validation",
        400,
        {
            "message": "ValidationException: The model returned the following errors: Input tokens exceed the configured limit of 8192 tokens."
        },
        ContextWindowExceededError,
    ),
    (
        "bedrock oai",
        400,
        told("The input exceeds the maximum context length.", code="validation_error", type="invalid_request_error"),
        ContextWindowExceededError,
    ),
    (
        "bedrock model",
        404,
        told("The model 'x' does not exist", code="model_not_found", type="invalid_request_error"),
        NotFoundError,
    ),
    (
        "tgi ctx",
        422,
        {
            "error": "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 5000 `inputs` tokens and 100 `max_new_tokens`",
            "error_type": "validation",
        },
        ContextWindowExceededError,
    ),
    ("tgi overloaded", 429, {"error": "Model is overloaded", "error_type": "overloaded"}, OverloadedError),
    ("tgi generation", 424, {"error": "Request failed during generation: x", "error_type": "generation"}, ServerError),
    (
        "mistral ctx",
        400,
        {
            "object": "error",
            "message": "Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length",
            "type": "invalid_request_prompt",
            "param": None,
            "code": "3051",
        },
        ContextWindowExceededError,
    ),
    (
        "mistral capacity",
        429,
        {
            "object": "error",
            "message": "Service tier capacity exceeded for this model.",
            "type": "service_tier_capacity_exceeded",
            "param": None,
            "code": "3505",
        },
        RateLimitError,
    ),
    ("mistral rate", 429, {"message": "Requests rate limit exceeded"}, RateLimitError),
    (
        "mistral 422",
        422,
        {
            "object": "error",
            "message": {
                "detail": [{"type": "extra_forbidden", "loc": ["body", "foo"], "msg": "Extra inputs are not permitted"}]
            },
            "type": "invalid_request_error",
        },
        BadRequestError,
    ),
    ("mistral key", 401, {"detail": "Unauthorized"}, AuthenticationError),
    (
        "mistral model",
        400,
        {"object": "error", "message": "Invalid model: x", "type": "invalid_model", "param": None, "code": "1500"},
        NotFoundError,
    ),
    (
        "deepseek balance",
        402,
        told("Insufficient Balance", type="unknown_error", param=None, code="invalid_request_error"),
        QuotaExceededError,
    ),
    (
        "deepseek key",
        401,
        told(
            "Authentication Fails (no such user)", type="authentication_error", param=None, code="invalid_request_error"
        ),
        AuthenticationError,
    ),
    (
        "deepseek model",
        400,
        told("Model Not Exist", type="invalid_request_error", param=None, code="invalid_request_error"),
        NotFoundError,
    ),
    (
        "together ctx",
        422,
        told(
            "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens and 512 `max_new_tokens`",
            type="invalid_request_error",
            param="max_tokens",
            code=None,
        ),
        ContextWindowExceededError,
    ),
    (
        "together rate",
        429,
        told(
            "You have reached the rate limit specific to this model x. The maximum rate limit for this model is 6.0 queries per minute.",
            type="model_rate_limit",
            param=None,
            code=None,
        ),
        RateLimitError,
    ),
    (
        "together credit",
        402,
        told(
            "Credit limit exceeded, please navigate to https://api.together.ai/settings/billing to add credit",
            type="credit_limit",
            param=None,
            code=None,
        ),
        QuotaExceededError,
    ),
    (
        "together model",
        404,
        told(
            "Unable to access model x. Please visit https://api.together.ai/models to view the list of supported models.",
            type="invalid_request_error",
            param=None,
            code="model_not_available",
        ),
        NotFoundError,
    ),
    (
        "fireworks ctx",
        400,
        told(
            "The prompt is too long: 200000, model maximum context length: 131071",
            object="error",
            type="invalid_request_error",
        ),
        ContextWindowExceededError,
    ),
    (
        "fireworks model",
        404,
        told(
            "Model not found, inaccessible, and/or not deployed",
            object="error",
            type="invalid_request_error",
            code="NOT_FOUND",
        ),
        NotFoundError,
    ),
    (
        "fireworks suspended",
        412,
        told(
            "Account x is suspended, possibly due to reaching the monthly spending limit or failure to pay past invoices.",
            code="invalid_request_error",
        ),
        QuotaExceededError,
    ),
    (
        "cerebras ctx",
        400,
        {
            "message": "Please reduce the length of the messages or completion. Current length is 9000 while limit is 8192",
            "type": "invalid_request_error",
            "param": "messages",
            "code": "context_length_exceeded",
        },
        ContextWindowExceededError,
    ),
    (
        "cerebras rate",
        429,
        {
            "message": "Requests per minute limit exceeded - too many requests sent.",
            "type": "too_many_requests_error",
            "param": "quota",
            "code": "request_quota_exceeded",
        },
        RateLimitError,
    ),
    (
        "cerebras tokens",
        429,
        {
            "message": "Tokens per minute limit exceeded - too many tokens processed.",
            "type": "too_many_tokens_error",
            "param": "quota",
            "code": "token_quota_exceeded",
        },
        RateLimitError,
    ),
    (
        "cerebras busy",
        429,
        {
            "message": "We're experiencing high traffic right now! Please try again soon.",
            "type": "too_many_requests_error",
            "param": "queue",
            "code": "queue_exceeded",
        },
        OverloadedError,
    ),
    (
        "cerebras key",
        401,
        {"message": "Wrong API Key", "type": "invalid_request_error", "param": "api_key", "code": "wrong_api_key"},
        AuthenticationError,
    ),
    (
        "cerebras model",
        404,
        {
            "message": "Model x does not exist or you do not have access to it.",
            "type": "not_found_error",
            "param": "model",
            "code": "model_not_found",
        },
        NotFoundError,
    ),
    (
        "xai ctx",
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "This model's maximum prompt length is 131072 but the request contains 200000 tokens.",
        },
        ContextWindowExceededError,
    ),
    (
        "xai credits",
        429,
        {
            "code": "Some resource has been exhausted",
            "error": "Your team abc has either used all available credits or reached its monthly spending limit. To continue making API requests, please purchase more credits or raise your spending limit.",
        },
        QuotaExceededError,
    ),
    (
        "xai credits403",
        403,
        {
            "code": "The caller does not have permission to execute the specified operation",
            "error": "Your newly created team doesn't have any credits or licenses yet. You can purchase those on https://console.x.ai/team/x.",
        },
        QuotaExceededError,
    ),
    (
        "xai rate",
        429,
        {
            "code": "Some resource has been exhausted",
            "error": "Too many requests for team abc and model grok-4. Your team's rate limit is - Requests per second (actual/limit): 9/8",
        },
        RateLimitError,
    ),
    (
        "xai key",
        400,
        {
            "code": "Client specified an invalid argument",
            "error": "Incorrect API key provided: xa***bc. You can obtain an API key from https://console.x.ai.",
        },
        AuthenticationError,
    ),
    (
        "xai model",
        404,
        {
            "code": "Some requested entity was not found",
            "error": "The model x does not exist or your team does not have access to it.",
        },
        NotFoundError,
    ),
    ("ollama model", 404, told("model 'x' not found", type="not_found_error", param=None, code=None), NotFoundError),
    (
        "ollama tools",
        400,
        told("registry.ollama.ai/library/x does not support tools", type="api_error", param=None, code=None),
        BadRequestError,
    ),
    (
        "ollama busy",
        503,
        told(
            "server busy, please try again. maximum pending requests exceeded", type="api_error", param=None, code=None
        ),
        OverloadedError,
    ),
    (
        "lmstudio ctx",
        400,
        {
            "error": "Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens, which is not enough."
        },
        ContextWindowExceededError,
    ),
    (
        "lmstudio model",
        404,
        told('Model "x" not found.', type="invalid_request_error", param="model", code="model_not_found"),
        NotFoundError,
    ),
    (
        "lmstudio none",
        400,
        told(
            "No models loaded. Please load a model in the developer page or use the `lms load` command.",
            type="invalid_request_error",
            param="model",
            code="model_not_found",
        ),
        NotFoundError,
    ),
    (
        "sglang",
        400,
        {
            "object": "error",
            "message": "The input (5000 tokens) is longer than the model's context length (4096 tokens).",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        ContextWindowExceededError,
    ),
    (
        "sglang2",
        400,
        {
            "object": "error",
            "message": "Requested token count exceeds the model's maximum context length of 8192 tokens. You requested a total of 9000 tokens.",
            "type": "BadRequest",
            "code": 400,
        },
        ContextWindowExceededError,
    ),
    (
        "nim",
        404,
        {"status": 404, "title": "Not Found", "detail": "Function 'abc': Not found for account 'x'"},
        NotFoundError,
    ),
    ("deepinfra", 404, {"detail": {"error": "Model is not available"}}, NotFoundError),
    (
        "hf credits",
        402,
        {
            "error": "You have exceeded your monthly included credits for Inference Providers. Subscribe to PRO to get 20x more monthly included credits."
        },
        QuotaExceededError,
    ),
    (
        "hf model",
        400,
        told(
            "The requested model 'x' is not a chat model.",
            type="invalid_request_error",
            param="model",
            code="model_not_supported",
        ),
        BadRequestError,
    ),
    (
        "cloudflare",
        400,
        {
            "errors": [{"message": "AiError: Bad input: Error: oneOf at '/' not met", "code": 5006}],
            "success": False,
            "result": {},
            "messages": [],
        },
        BadRequestError,
    ),
    (
        "github rate",
        429,
        told(
            "Rate limit of 10 per 60s exceeded for UserByModelByMinute. Please wait 30 seconds before retrying.",
            code="RateLimitReached",
            details="x",
        ),
        RateLimitError,
    ),
    (
        "github ctx",
        413,
        told("Request body too large for gpt-4o model. Max size: 8000 tokens.", code="tokens_limit_reached"),
        ContextWindowExceededError,
    ),
    ("github model", 404, told("Unknown model: x", code="unknown_model", details="Unknown model: x"), NotFoundError),
    (
        "moonshot quota",
        429,
        told(
            "Your account org-x is suspended, please check your plan and billing details",
            type="exceeded_current_quota_error",
        ),
        QuotaExceededError,
    ),
    (
        "moonshot rate",
        429,
        told("Your account org-x request reached max organization concurrency: 1", type="rate_limit_reached_error"),
        RateLimitError,
    ),
    (
        "moonshot busy",
        429,
        told("The engine is currently overloaded, please try again later", type="engine_overloaded_error"),
        OverloadedError,
    ),
    (
        "moonshot ctx",
        400,
        told("Invalid request: Your request exceeded model token limit: 8192", type="invalid_request_error"),
        ContextWindowExceededError,
    ),
    (
        "moonshot model",
        404,
        told("Not found the model x or Permission denied", type="resource_not_found_error"),
        NotFoundError,
    ),
    ("moonshot key", 401, told("Invalid Authentication", type="invalid_authentication_error"), AuthenticationError),
    (
        "dashscope len",
        400,
        told(
            "Range of input length should be [1, 30720]", code="invalid_parameter_error", type="invalid_request_error"
        ),
        ContextWindowExceededError,
    ),
    (
        "dashscope debt",
        400,
        told("Access denied, please make sure your account is in good standing.", code="Arrearage", type="Arrearage"),
        QuotaExceededError,
    ),
    (
        "dashscope filter",
        400,
        told(
            "Input data may contain inappropriate content.",
            code="data_inspection_failed",
            type="data_inspection_failed",
        ),
        ContentFilterError,
    ),
    (
        "zhipu balance",
        429,
        told("Insufficient balance or no resource package. Please recharge.", code="1113"),
        QuotaExceededError,
    ),
    ("zhipu ctx", 400, told("Prompt exceeds max length", code="1261"), ContextWindowExceededError),
    ("perplexity", 401, told("Invalid API key provided", type="invalid_api_key", code=401), AuthenticationError),
    (
        "perplexity model",
        400,
        told(
            "Invalid model 'x'. Permitted models can be found in the documentation at https://docs.perplexity.ai",
            type="invalid_model",
            code=400,
        ),
        NotFoundError,
    ),
    (
        "groq413",
        413,
        told(
            "Request too large for model `x` in organization `o` service tier `on_demand` on tokens per minute (TPM): Limit 6000, Requested 9000, please reduce your message size and try again.",
            type="tokens",
            code="rate_limit_exceeded",
        ),
        RateLimitError,
    ),
    (
        "openai quota",
        429,
        told(
            "You exceeded your current quota, please check your plan and billing details.",
            type="insufficient_quota",
            param=None,
            code="insufficient_quota",
        ),
        QuotaExceededError,
    ),
    (
        "openai unsupported region",
        403,
        told(
            "Country, region, or territory not supported",
            type="request_forbidden",
            param=None,
            code="unsupported_country_region_territory",
        ),
        PermissionDeniedError,
    ),
    ("databricks", 403, {"error_code": "403", "message": "Invalid access token."}, PermissionDeniedError),
    (
        "databricks limit",
        429,
        {
            "error_code": "REQUEST_LIMIT_EXCEEDED",
            "message": "REQUEST_LIMIT_EXCEEDED: Exceeded workspace input tokens per minute rate limit for x.",
        },
        RateLimitError,
    ),
    (
        "watson",
        400,
        {
            "errors": [
                {
                    "code": "invalid_request_entity",
                    "message": "the number of input tokens 5000 cannot exceed the total tokens limit 4096 for this model",
                }
            ],
            "trace": "t",
            "status_code": 400,
        },
        ContextWindowExceededError,
    ),
    ("cohere compat", 404, {"message": "model 'x' not found, make sure the correct model ID was used"}, NotFoundError),
    ("snowflake", 400, {"message": "max tokens of 4096 exceeded", "request_id": "r"}, ContextWindowExceededError),
    (
        "nginx",
        502,
        "<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center><hr><center>nginx</center></body></html>",
        ServerError,
    ),
    ("text", 500, "Internal Server Error", ServerError),
    ("empty", 500, "", ServerError),
]
RETRYABLE = (RateLimitError, OverloadedError, ServerError)


def _reply(status: int, body: Any) -> HttpReply:
    return HttpReply(status=status, headers={}, body=(body if isinstance(body, str) else json.dumps(body)).encode())


@pytest.mark.parametrize(("status", "body", "kind"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS])
def test_an_error_is_of_the_class_that_it_means(status: int, body: Any, kind: type[ProviderError]) -> None:
    error = error_of(_reply(status, body))
    assert type(error) is kind
    assert error.status == status
    assert error.message
    assert not error.message.startswith(("{", "<"))
    assert error.retryable == (kind in RETRYABLE and status != 501)


@pytest.mark.parametrize(
    ("status", "body", "text"),
    [
        (
            400,
            {"code": "Client specified an invalid argument", "error": "Incorrect API key provided: xa***bc."},
            "openai_compatible (m) answered 400: Incorrect API key provided: xa***bc. [req_1]",
        ),
        (402, told("Insufficient Balance"), "openai_compatible (m) answered 402: Insufficient Balance [req_1]"),
        (404, {"detail": "Not here"}, "openai_compatible (m) answered 404: Not here"),
    ],
)
async def test_the_text_says_who_answered_what(status: int, body: Any, text: str) -> None:
    with LoopbackServer(Reply.json(body, status=status, headers={"x-request-id": "req_1"})) as server:
        config = LLMConfig("m", provider="openai_compatible", api_base=f"{server.url}/v1", num_retries=0)
        async with LLM(config) as llm:
            with pytest.raises(ProviderError) as caught:
                await llm.completion("Hi")
    assert str(caught.value).startswith(text)
