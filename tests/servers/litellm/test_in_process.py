"""LiteLLM in this process, against a loopback server with the APIs of six vendors."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import subprocess
import sys
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from dragoman import (
    LLM,
    AuthenticationError,
    BadRequestError,
    ConfigurationError,
    ConnectionFailedError,
    ContextWindowExceededError,
    DragomanError,
    LLMConfig,
    Message,
    MissingCredentialError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProtocolError,
    QuotaExceededError,
    RateLimitError,
    Reasoning,
    RequestTimeoutError,
    ServerError,
    StreamingLLM,
    StreamInterruptedError,
    Tool,
    UnknownModelError,
    UnsupportedError,
)
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

if TYPE_CHECKING:
    from tests.servers.conftest import LlamaServer
from servers.litellm.vendors import KEY, TEXT, VENDORS, Vendor, openai_whole

if not all(map(importlib.util.find_spec, ("litellm", "dragoman_litellm"))):
    pytest.skip("LiteLLM needs its own environment: nox -s servers", allow_module_level=True)

pytestmark = pytest.mark.filterwarnings("ignore")  # LiteLLM issues many warnings

EACH_VENDOR = pytest.mark.parametrize("vendor", VENDORS.values(), ids=VENDORS)


def through(vendor: Vendor, loopback: LoopbackServer, **more: Any) -> StreamingLLM:
    config = {name: value.replace("{url}", loopback.url) for name, value in vendor.config.items()}
    given = {"provider": "litellm", "api_key": KEY, "num_retries": 0, **config, **more}
    return StreamingLLM(LLMConfig(**given))


def openai(loopback: LoopbackServer, **more: Any) -> StreamingLLM:
    return through(VENDORS["openai"], loopback, **more)


@EACH_VENDOR
async def test_the_request_is_the_vendors_own(vendor: Vendor, loopback: LoopbackServer) -> None:
    loopback.reply(vendor.whole(vendor.stop))
    response = await through(vendor, loopback).generate("Hi", max_tokens=7)
    assert (response.text, response.finish.reason, response.finish.raw) == (TEXT, "stop", vendor.stop)
    assert (response.usage.input_tokens, response.usage.output_tokens) == (3, 2)
    [request] = loopback.requests
    name, value = vendor.key_header
    assert request.path == vendor.path
    assert request.headers[name] == value
    assert request.json.get("model") == vendor.model
    assert "Hi" in request.body.decode()
    assert "7" in request.body.decode()


@EACH_VENDOR
async def test_the_stream_adds_up_to_the_same(vendor: Vendor, loopback: LoopbackServer) -> None:
    loopback.reply(vendor.stream(vendor.stop), vendor.whole(vendor.stop))
    llm = through(vendor, loopback)
    async with llm.stream("Hi") as stream:
        chunks = [chunk async for chunk in stream.text()]
    whole = await llm.generate("Hi")
    streamed = stream.response
    assert "".join(chunks) == TEXT
    assert len(chunks) == 2
    assert loopback.requests[0].path == vendor.stream_path
    assert streamed.message == whole.message
    assert streamed.finish == whole.finish
    assert (streamed.usage.input_tokens, streamed.usage.output_tokens) == (3, 2)


@EACH_VENDOR
async def test_a_finish_reason_that_litellm_replaces_is_restored(vendor: Vendor, loopback: LoopbackServer) -> None:
    raw, reason = vendor.replaced
    loopback.reply(vendor.whole(raw), vendor.stream(raw))
    llm = through(vendor, loopback)
    whole = await llm.generate("Hi")
    async with llm.stream("Hi") as stream:
        await stream.collect()
    for finish in (whole.finish, stream.response.finish):
        assert (finish.reason, finish.raw) == (reason, raw)


@EACH_VENDOR
async def test_a_cut_stream_is_an_error_with_the_partial_answer(vendor: Vendor, loopback: LoopbackServer) -> None:
    loopback.reply(vendor.stream(None))
    with pytest.raises(StreamInterruptedError) as caught:
        async for _ in through(vendor, loopback).streaming_completion("Hi"):
            pass
    assert caught.value.partial is not None
    assert TEXT.startswith(caught.value.partial.text)
    assert caught.value.partial.text
    assert caught.value.partial.usage.output_tokens in {None, 1}  # Anthropic reports 1; nothing is counted


@EACH_VENDOR
@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequestError),
        (401, AuthenticationError),
        (403, PermissionDeniedError),
        (404, NotFoundError),
        (429, RateLimitError),
        (500, ServerError),
        (503, OverloadedError),
    ],
)
async def test_an_error_is_mapped_by_its_status(
    vendor: Vendor, loopback: LoopbackServer, status: int, kind: type[DragomanError], capfd: pytest.CaptureFixture[str]
) -> None:
    error = {"error": {"message": f"no, {KEY}", "type": "some_error", "code": None}}
    loopback.reply(Reply.json(error, status=status, headers={"retry-after": "7"}))
    with pytest.raises(kind) as caught:
        await through(vendor, loopback).completion("Hi")
    assert len(loopback.requests) == 1
    assert KEY not in f"{caught.value!r} {caught.value} {caught.value.body} {caught.value.__context__}"
    assert caught.value.provider == "litellm"
    assert capfd.readouterr().out == ""


async def test_no_traceback_shows_the_key(loopback: LoopbackServer) -> None:
    loopback.reply(Reply.json({"error": {"message": f"wrong: {KEY}"}}, status=401))
    llm = openai(loopback, headers={"x-gateway-token": KEY})
    with pytest.raises(AuthenticationError) as caught:
        await llm.completion("Hi")
    assert loopback.requests[0].headers["x-gateway-token"] == KEY
    shown = traceback.TracebackException.from_exception(caught.value, capture_locals=True)
    assert KEY not in "".join(shown.format())


async def test_the_headers_of_the_caller_replace_those_of_litellm(loopback: LoopbackServer) -> None:
    loopback.reply(openai_whole("stop"))
    headers = {"HTTP-Referer": "https://me.test", "X-Title": "me"}
    await through(VENDORS["openrouter"], loopback, headers=headers).completion("Hi")
    sent = loopback.requests[0].headers
    assert (sent["http-referer"], sent["x-title"]) == ("https://me.test", "me")


async def test_further_arguments_are_passed_on_except_for_reserved_ones(loopback: LoopbackServer) -> None:
    loopback.reply(openai_whole("stop"))
    arguments = {"api_key": "sk-other-0123456789", "logprobs": True, "num_retries": 5}
    await openai(loopback, arguments=arguments).completion("Hi")
    assert loopback.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert loopback.requests[0].json["logprobs"] is True


async def test_the_core_retries_after_a_rate_limit(loopback: LoopbackServer) -> None:
    limited = Reply.json({"error": {"message": "slow"}}, status=429, headers={"retry-after": "0"})
    loopback.reply(limited, openai_whole("stop"))
    response = await openai(loopback, num_retries=1).generate("Hi")
    assert [attempt.status for attempt in response.attempts] == [429, None]


@pytest.mark.parametrize(
    ("status", "code", "kind"),
    [
        (429, "insufficient_quota", QuotaExceededError),
        (400, "context_length_exceeded", ContextWindowExceededError),
        (404, "model_not_found", NotFoundError),
    ],
)
async def test_an_error_code_is_more_specific_than_the_status(
    loopback: LoopbackServer, status: int, code: str, kind: type[DragomanError]
) -> None:
    error = {"error": {"message": "maximum context length is 1", "type": "some_error", "code": code}}
    loopback.reply(Reply.json(error, status=status))
    with pytest.raises(kind):
        await openai(loopback).completion("Hi")


async def test_a_refused_default_is_left_out(loopback: LoopbackServer) -> None:
    error = {"error": {"message": "no", "type": "x", "code": "unsupported_value", "param": "temperature"}}
    loopback.reply(Reply.json(error, status=400), openai_whole("stop"))
    response = await openai(loopback).generate("Hi")
    assert "temperature" not in loopback.requests[1].json
    assert [each.feature for each in response.adjustments] == ["temperature"]


async def test_a_default_that_litellm_refuses_is_left_out(loopback: LoopbackServer) -> None:
    loopback.reply(openai_whole("stop"))
    response = await openai(loopback, model="gpt-5").generate("Hi")
    assert "temperature" not in loopback.requests[0].json
    assert "temperature" in [each.feature for each in response.adjustments]


async def test_a_setting_that_the_model_does_not_accept_is_refused(loopback: LoopbackServer) -> None:
    with pytest.raises(UnsupportedError):
        await openai(loopback, model="gpt-5", temperature=0.2, max_tokens=10).generate("Hi", on_unsupported="raise")


@EACH_VENDOR
async def test_an_unreadable_reply_is_not_a_lost_connection(vendor: Vendor, loopback: LoopbackServer) -> None:
    loopback.reply(Reply(body=b"<html>", headers={"content-type": "text/html"}))
    with pytest.raises((ProtocolError, ServerError)):  # LiteLLM raises an error with status 500 for some vendors
        await through(vendor, loopback).completion("Hi")


@EACH_VENDOR
async def test_a_refused_connection_is_a_failed_connection(vendor: Vendor) -> None:
    with LoopbackServer() as closed:
        llm = through(vendor, closed)
    with pytest.raises(ConnectionFailedError) as caught:
        await llm.completion("Hi")
    assert caught.value.retryable


@EACH_VENDOR
async def test_a_stalled_stream_ends_at_the_idle_timeout(vendor: Vendor, loopback: LoopbackServer) -> None:
    whole = vendor.stream(None)
    loopback.reply(Reply.sse(whole.body, ending="stall"))
    with pytest.raises(RequestTimeoutError):
        async for _ in through(vendor, loopback, idle_timeout=0.3).streaming_completion("Hi"):
            pass


@EACH_VENDOR
async def test_a_connection_lost_in_a_stream_is_an_interruption(vendor: Vendor, loopback: LoopbackServer) -> None:
    loopback.reply(Reply.sse(vendor.stream(None).body, ending="cut"))
    with pytest.raises(StreamInterruptedError):
        async for _ in through(vendor, loopback).streaming_completion("Hi"):
            pass


@EACH_VENDOR
async def test_leaving_a_stream_closes_the_connection(vendor: Vendor, loopback: LoopbackServer) -> None:
    loopback.reply(Reply.sse(vendor.stream(None).body, ending="stall"))
    async with through(vendor, loopback).stream("Hi") as stream:
        async for _ in stream.text():
            break
    hangup = await asyncio.to_thread(loopback.wait_hangup)
    assert hangup.request.path == vendor.stream_path


async def test_signed_reasoning_is_sent_back_unchanged(loopback: LoopbackServer) -> None:
    vendor = VENDORS["anthropic"]
    loopback.reply(vendor.stream("end_turn"), vendor.whole("end_turn"))
    llm = through(vendor, loopback)
    async with llm.stream("Hi") as stream:
        await stream.collect()
    [reasoning] = stream.response.message.of_type(Reasoning)
    assert reasoning.text == "hm"
    await llm.generate([Message("user", "Hi"), stream.response.message, Message("user", "More")])
    blocks = loopback.requests[1].json["messages"][1]["content"]
    assert blocks[0] == {"type": "thinking", "thinking": "hm", "signature": "SIG"}


@pytest.mark.parametrize("streamed", [False, True])
async def test_tool_calls_are_passed_on(loopback: LoopbackServer, streamed: bool) -> None:  # noqa: FBT001
    call = {"index": 0, "id": "call_9", "type": "function", "function": {"name": "weather", "arguments": '{"a": 1}'}}
    where = "delta" if streamed else "message"
    choice = {"index": 0, where: {"role": "assistant", "tool_calls": [call]}, "finish_reason": "tool_calls"}
    body = {"id": "x", "created": 1, "model": "m", "object": "chat.completion", "choices": [choice]}
    end = b"data: [DONE]\n\n"
    chunk = {**body, "object": "chat.completion.chunk"}
    loopback.reply(Reply.sse(b"data: " + Reply.json(chunk).body + b"\n\n", end) if streamed else Reply.json(body))
    llm, tools = openai(loopback), [Tool(name="weather", description="Look it up.")]
    if streamed:
        async with llm.stream("Hi", tools=tools) as stream:
            response = await stream.collect()
    else:
        response = await llm.generate("Hi", tools=tools)
    [made] = response.tool_calls
    assert (made.name, made.call_id, made.parse()) == ("weather", "call_9", {"a": 1})
    assert response.finish.reason == "tool_calls"
    assert loopback.requests[0].json["tools"][0]["function"]["name"] == "weather"


FOREIGN = (
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GEMINI_API_KEY",
    "AZURE_API_KEY",
    "GROQ_API_KEY",
    "OPENROUTER_API_KEY",
)


@EACH_VENDOR
async def test_keys_of_the_environment_are_not_sent_to_other_hosts(
    vendor: Vendor, loopback: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in FOREIGN:
        monkeypatch.setenv(name, "sk-foreign-9876543210")
    with pytest.raises(MissingCredentialError):
        await through(vendor, loopback, api_key=None).completion("Hi")
    assert loopback.requests == []
    loopback.reply(vendor.whole(vendor.stop))
    await through(vendor, loopback).completion("Hi")
    assert "foreign" not in str(loopback.requests[0].raw_headers) + loopback.requests[0].path


async def test_the_key_and_base_url_of_the_vendor_are_read_from_the_environment(
    loopback: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", "sk-groq-0123456789")
    monkeypatch.setenv("GROQ_API_BASE", loopback.url + "/openai/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-foreign-9876543210")
    loopback.reply(openai_whole("stop"))
    assert await LLM(LLMConfig(model="litellm/groq/llama-3.3-70b-versatile")).completion("Hi") == TEXT
    assert loopback.requests[0].headers["authorization"] == "Bearer sk-groq-0123456789"


async def test_a_proxy_set_by_the_environment_is_refused(
    loopback: LoopbackServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USE_LITELLM_PROXY", "true")
    with pytest.raises(ConfigurationError, match="USE_LITELLM_PROXY"):
        await openai(loopback).completion("Hi")


async def test_a_model_without_a_rule_is_refused_with_advice(loopback: LoopbackServer) -> None:
    with pytest.raises(UnknownModelError, match="custom_llm_provider"):
        await openai(loopback, model="mymodel").completion("Hi")


async def test_litellm_in_process_reaches_real_inference(llama_server: LlamaServer) -> None:
    llm = StreamingLLM(
        LLMConfig(
            model="tiny",
            provider="litellm",
            custom_llm_provider="openai",
            api_base=llama_server.base,
            api_key="sk-none",
            temperature=0,
        )
    )
    assert await llm.completion("Hello") == llama_server.expected_text
    assert "".join([chunk async for chunk in llm.streaming_completion("Hello")]) == llama_server.expected_text


PROGRAM = """
import asyncio, logging, os, sys
from dragoman import LLM, LLMConfig
llm = LLM(LLMConfig(model="litellm/gpt-4", api_key="sk-0123456789", api_base=sys.argv[1]))
environment, out = dict(os.environ), sys.stdout
from dragoman import explain
explain(llm.config)
assert "litellm" not in sys.modules and "dragoman_litellm" not in sys.modules
text = asyncio.run(llm.completion("Hi"))
import litellm
assert dict(os.environ) == environment and sys.stdout is out
assert (litellm.drop_params, litellm.api_key, litellm.callbacks) == (False, None, []), litellm.callbacks
assert litellm.num_retries is None and litellm.modify_params is False
again = asyncio.run(llm.completion("Hi"))
assert text == again
"""


def test_a_call_does_not_change_the_state_of_the_process(loopback: LoopbackServer) -> None:
    loopback.always(openai_whole("stop"))
    command = [sys.executable, "-W", "ignore", "-c", PROGRAM, loopback.url]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=110, check=False, env={"PATH": os.environ["PATH"]}
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert len(loopback.requests) == 2
