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
    ModelRetiredError,
    NoAnswerError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProtocolError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
    StreamInterruptedError,
    explain,
)
from dragoman.http import HttpReply
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_google.dialect import Gemini
from plugins.google_wire import chunk, config, decoded, sse, streamed

__all__ = ["loopback"]


async def test_stream_without_a_finish_reason_is_interrupted(loopback: LoopbackServer) -> None:
    with pytest.raises(StreamInterruptedError) as caught:
        await streamed(loopback, chunk({"text": "Hel"}))

    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hel"


def test_truncated_array_is_interrupted() -> None:
    with pytest.raises(StreamInterruptedError):
        decoded([chunk({"text": "Hel"})])
    with pytest.raises(StreamInterruptedError):
        Gemini().decode(HttpReply(status=200, body=b'[{"candidates": ['))


async def test_parts_after_the_end_are_ignored(loopback: LoopbackServer) -> None:
    answer = await streamed(loopback, chunk({"text": "Hello"}, finish="STOP"), chunk({"text": " and more"}))

    assert answer.text == "Hello"


async def test_finish_reason_in_every_chunk(loopback: LoopbackServer) -> None:
    answer = await streamed(loopback, chunk({"text": "Hel"}, finish="STOP"), chunk({"text": "lo"}, finish="STOP"))

    assert answer.text == "Hello"


async def test_comments_and_unknown_members_are_ignored(loopback: LoopbackServer) -> None:
    body = b": ping\n\n" + sse(chunk({"text": "Hello"}, somethingNew=1), chunk(finish="STOP")) + b"data: [DONE]\n\n"
    loopback.reply(Reply.sse(body))

    async with LLM(config(loopback)) as llm, llm.stream("hi") as events:
        assert (await events.collect()).text == "Hello"


@pytest.mark.parametrize(
    "tail",
    [
        sse({"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}),
        sse([{"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}]),
        b'event: error\ndata: {"error": {"code": 503, "message": "busy", "status": "UNAVAILABLE"}}\n\n',
    ],
)
async def test_error_in_a_stream(loopback: LoopbackServer, tail: bytes) -> None:
    loopback.reply(Reply.sse(sse(chunk({"text": "Hel"})) + tail))

    with pytest.raises(OverloadedError, match="busy") as caught:
        async with LLM(config(loopback)) as llm, llm.stream("hi") as events:
            await events.collect()

    assert caught.value.partial is not None
    assert caught.value.partial.text == "Hel"


async def test_error_in_an_array_and_with_status_200(loopback: LoopbackServer) -> None:
    failure = {"error": {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED"}}

    with pytest.raises(RateLimitError):
        decoded(failure)
    with pytest.raises(RateLimitError) as caught:
        decoded([chunk({"text": "Hel"}), failure])
    assert caught.value.partial is not None


@pytest.mark.parametrize("body", [b'{"candidates": []}', b'{"usageMetadata": {"promptTokenCount": 3}}'])
def test_a_reply_without_a_candidate(body: bytes) -> None:
    with pytest.raises(NoAnswerError, match="without a candidate") as caught:
        Gemini().decode(HttpReply(status=200, body=body))
    assert caught.value.partial is not None
    assert caught.value.partial.usage.input_tokens == (3 if b"usage" in body else None)
    assert not caught.value.retryable


@pytest.mark.parametrize("body", [b"{}", b'"text"', b"[1]"])
def test_reply_without_an_answer(body: bytes) -> None:
    with pytest.raises(ProtocolError):
        Gemini().decode(HttpReply(status=200, body=body))


def detail(kind: str, **members: Any) -> dict[str, Any]:
    return {"@type": f"type.googleapis.com/google.rpc.{kind}", **members}


PER_DAY = detail("QuotaFailure", violations=[{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}])
PER_MINUTE = detail("QuotaFailure", violations=[{"quotaId": "GenerateRequestsPerMinutePerProject"}])
NOTHING = detail("QuotaFailure", violations=[{"quotaId": "X", "quotaValue": "0"}])
WAIT = detail("RetryInfo", retryDelay="34.4s")
ERRORS: list[tuple[int, str, list[dict[str, Any]], str, type[Exception]]] = [
    (400, "INVALID_ARGUMENT", [], "bad", BadRequestError),
    (400, "FAILED_PRECONDITION", [], "bad", BadRequestError),
    (400, "INVALID_ARGUMENT", [detail("ErrorInfo", reason="API_KEY_INVALID")], "key", AuthenticationError),
    (
        400,
        "INVALID_ARGUMENT",
        [],
        "The input token count (9) exceeds the maximum number of tokens allowed (8).",
        ContextWindowExceededError,
    ),
    (401, "UNAUTHENTICATED", [], "who", AuthenticationError),
    (403, "PERMISSION_DENIED", [], "no", PermissionDeniedError),
    (404, "NOT_FOUND", [], "where", NotFoundError),
    (429, "RESOURCE_EXHAUSTED", [], "slow", RateLimitError),
    (429, "RESOURCE_EXHAUSTED", [PER_MINUTE, WAIT], "slow", RateLimitError),
    (429, "RESOURCE_EXHAUSTED", [PER_DAY, WAIT], "spent", QuotaExceededError),
    (429, "RESOURCE_EXHAUSTED", [NOTHING], "spent", QuotaExceededError),
    (429, "RESOURCE_EXHAUSTED", [], "Quota exceeded, limit: 0, model: x", QuotaExceededError),
    (429, "RESOURCE_EXHAUSTED", [], "Quota exceeded, limit: 05", RateLimitError),
    (500, "INTERNAL", [], "oh", ServerError),
    (503, "UNAVAILABLE", [], "busy", OverloadedError),
    (504, "DEADLINE_EXCEEDED", [], "late", ServerError),
    (418, "NEW_WORD", [], "tea", BadRequestError),
]


@pytest.mark.parametrize("listed", [False, True])
@pytest.mark.parametrize(("status", "word", "details", "message", "kind"), ERRORS)
def test_error_classes(
    status: int, word: str, details: list[Any], message: str, kind: type[Exception], *, listed: bool
) -> None:
    body: Any = {"error": {"code": status, "status": word, "message": message, "details": details}}

    error = Gemini().error(HttpReply(status=status, body=json.dumps([body] if listed else body).encode()))

    assert type(error) is kind
    assert (error.status, error.message) == (status, message)
    assert error.code == ("API_KEY_INVALID" if message == "key" else word)
    assert error.retry_after == (34.4 if WAIT in details else None)
    assert error.retryable is (kind in {RateLimitError, ServerError, OverloadedError})


@pytest.mark.parametrize(
    ("status", "body", "kind", "message"),
    [
        (502, b"<html>Bad gateway</html>", ServerError, "Bad gateway"),
        (503, b"", OverloadedError, "Service Unavailable without a message"),
        (401, b'{"error": "who?"}', AuthenticationError, "who?"),
        (400, b'{"message": "no"}', BadRequestError, "no"),
        (400, b"[]", BadRequestError, "[]"),
    ],
)
def test_errors_in_other_formats(status: int, body: bytes, kind: type[Exception], message: str) -> None:
    error = Gemini().error(HttpReply(status=status, body=body))

    assert (type(error), error.message) == (kind, message)


def test_error_names_the_rejected_setting() -> None:
    violations = [{"field": "x"}, {"field": "generation_config.max_output_tokens"}]
    body = {
        "error": {
            "code": 400,
            "status": "INVALID_ARGUMENT",
            "details": [detail("BadRequest", fieldViolations=violations)],
        }
    }

    assert Gemini().error(HttpReply(status=400, body=json.dumps(body).encode())).parameter == "max_tokens"


@pytest.mark.parametrize(
    "model", ["text-bison", "text-bison@002", "chat-bison-001", "palm/chat-bison", "palm-2", "models/code-bison"]
)
async def test_palm_models_are_refused_before_sending(loopback: LoopbackServer, model: str) -> None:
    async with LLM(config(loopback, model)) as llm:
        with pytest.raises(ModelRetiredError, match=r"gemini-2\.5-flash"):
            await llm.generate("hi")
        with pytest.raises(ModelRetiredError):
            await llm.completion("hi")
        with pytest.raises(ModelRetiredError):
            async with llm.stream("hi") as events:
                await events.collect()

    assert loopback.requests == []


@pytest.mark.parametrize(
    ("model", "retired"), [("gemini-pro", True), ("gemini-1.5-flash-001", True), ("gemini-9-pro", False)]
)
async def test_early_model_that_is_not_found_is_retired(loopback: LoopbackServer, model: str, *, retired: bool) -> None:
    loopback.always(Reply.json({"error": {"code": 404, "message": "not found", "status": "NOT_FOUND"}}, status=404))

    async with LLM(config(loopback, model)) as llm:
        with pytest.raises(NotFoundError) as whole:
            await llm.generate("hi")
        with pytest.raises(NotFoundError) as stream:
            async with llm.stream("hi") as events:
                await events.collect()

    assert len(loopback.requests) == 2
    for caught in (whole.value, stream.value):
        assert isinstance(caught, ModelRetiredError) is retired
        assert (caught.status, caught.code) == (404, "NOT_FOUND")
        assert ("use gemini-2.5-" in caught.message) is retired


@pytest.mark.parametrize(
    "model", ["gemini-pro", "gemini-3-flash", "chat-bison", "text-bison", "palm/chat-bison", "gemma-3-4b-it"]
)
def test_model_names_resolve_to_google(model: str) -> None:
    assert explain(LLMConfig(model=model)).provider == "google"
