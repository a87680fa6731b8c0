"""The replies of the real server to a plain HTTP client, which the other tests of this folder rely on."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any, TypeAlias

import aiohttp
import pytest

from dragoman_llamacpp.tiny_model import SENTENCE, cached_tiny, write_tiny

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.servers.conftest import LlamaServer, StartLlamaServer

    from dragoman_llamacpp.tiny_model import Kind

Json: TypeAlias = dict[str, Any]

PROMPT = {"messages": [{"role": "user", "content": "Hello"}], "temperature": 0}
UNITS = ["celsius", "kelvin"]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "day": {"type": "integer"}, "unit": {"enum": UNITS}},
    "required": ["city", "day", "unit"],
}
TOOL = {"type": "function", "function": {"name": "weather", "description": "Look it up.", "parameters": SCHEMA}}


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
        yield session


async def post(client: aiohttp.ClientSession, url: str, body: Json, **headers: str) -> tuple[int, Json]:
    async with client.post(url, json=body, headers=headers) as reply:
        return reply.status, await reply.json()


async def events(client: aiohttp.ClientSession, url: str, body: Json) -> list[Json]:
    async with client.post(url, json={**body, "stream": True}) as reply:
        assert reply.status == 200
        assert reply.content_type == "text/event-stream"
        lines = [line.decode().strip() async for line in reply.content]
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return [json.loads(item) for item in data if item != "[DONE]"]


def is_lookup(arguments: Json) -> bool:
    return arguments == {"city": SENTENCE, "day": 1, "unit": arguments["unit"]} and arguments["unit"] in UNITS


async def test_greedy_chat_generates_the_sentence(client: aiohttp.ClientSession, llama_server: LlamaServer) -> None:
    status, reply = await post(client, f"{llama_server.base}/chat/completions", PROMPT)
    assert status == 200
    assert reply["model"] == llama_server.model
    choice = reply["choices"][0]
    assert choice["message"]["content"] == llama_server.expected_text == SENTENCE
    assert choice["finish_reason"] == "stop"
    # Every token is three bytes of the sentence, or the end of the turn.
    assert reply["usage"]["completion_tokens"] == -(-len(SENTENCE.encode()) // 3) + 1


async def test_sampling_generates_the_sentence(client: aiohttp.ClientSession, llama_server: LlamaServer) -> None:
    for seed in range(5):
        body = {**PROMPT, "temperature": 1, "seed": seed}
        _, reply = await post(client, f"{llama_server.base}/chat/completions", body)
        assert reply["choices"][0]["message"]["content"] == SENTENCE


async def test_a_stream_generates_the_sentence(client: aiohttp.ClientSession, llama_server: LlamaServer) -> None:
    chunks = await events(client, f"{llama_server.base}/chat/completions", PROMPT)
    deltas = [choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"]]
    assert "".join(deltas) == SENTENCE
    assert sum(map(bool, deltas)) > 5
    assert chunks[-1]["choices"][0]["finish_reason"] == "stop"


async def test_a_forced_tool_call_is_well_formed(client: aiohttp.ClientSession, llama_server: LlamaServer) -> None:
    body = {**PROMPT, "tools": [TOOL], "tool_choice": "required"}
    _, reply = await post(client, f"{llama_server.base}/chat/completions", body)
    choice = reply["choices"][0]
    (call,) = choice["message"]["tool_calls"]
    assert choice["finish_reason"] == "tool_calls"
    assert call["function"]["name"] == "weather"
    assert is_lookup(json.loads(call["function"]["arguments"]))


async def test_a_streamed_tool_call_is_complete(client: aiohttp.ClientSession, llama_server: LlamaServer) -> None:
    body = {**PROMPT, "tools": [TOOL], "tool_choice": "required"}
    chunks = await events(client, f"{llama_server.base}/chat/completions", body)
    calls = [call for chunk in chunks for call in chunk["choices"][0]["delta"].get("tool_calls", [])]
    assert {call["index"] for call in calls} == {0}
    assert [call["function"]["name"] for call in calls if "id" in call] == ["weather"]
    assert is_lookup(json.loads("".join(call["function"].get("arguments", "") for call in calls)))
    assert chunks[-1]["choices"][0]["finish_reason"] == "tool_calls"


async def test_no_tool_is_called_unless_required(client: aiohttp.ClientSession, llama_server: LlamaServer) -> None:
    _, reply = await post(client, f"{llama_server.base}/chat/completions", {**PROMPT, "tools": [TOOL]})
    assert reply["choices"][0]["message"]["content"] == SENTENCE


async def test_an_answer_matches_a_schema(client: aiohttp.ClientSession, llama_server: LlamaServer) -> None:
    output = {"type": "json_schema", "json_schema": {"name": "place", "schema": SCHEMA}}
    _, reply = await post(client, f"{llama_server.base}/chat/completions", {**PROMPT, "response_format": output})
    assert reply["choices"][0]["finish_reason"] == "stop"
    assert is_lookup(json.loads(reply["choices"][0]["message"]["content"]))


async def test_a_token_limit_truncates_the_answer(client: aiohttp.ClientSession, llama_server: LlamaServer) -> None:
    _, reply = await post(client, f"{llama_server.base}/chat/completions", {**PROMPT, "max_tokens": 4})
    assert reply["choices"][0]["finish_reason"] == "length"
    assert reply["choices"][0]["message"]["content"] == SENTENCE[:12]
    assert reply["usage"]["completion_tokens"] == 4


async def test_a_bad_request_is_400(client: aiohttp.ClientSession, llama_server: LlamaServer) -> None:
    status, reply = await post(client, f"{llama_server.base}/chat/completions", {"messages": "Hello"})
    assert (status, reply["error"]["code"], reply["error"]["type"]) == (400, 400, "invalid_request_error")


async def test_a_prompt_beyond_the_context_is_400(client: aiohttp.ClientSession, llama_server: LlamaServer) -> None:
    body = {"messages": [{"role": "user", "content": "x" * 5000}]}
    status, reply = await post(client, f"{llama_server.base}/chat/completions", body)
    assert (status, reply["error"]["type"]) == (400, "exceed_context_size_error")


async def test_a_wrong_key_is_401(client: aiohttp.ClientSession, start_llama_server: StartLlamaServer) -> None:
    server = start_llama_server(api_key="sk-right")
    url = f"{server.base}/chat/completions"
    refused, reply = await post(client, url, PROMPT, Authorization="Bearer sk-wrong")
    accepted, _ = await post(client, url, PROMPT, Authorization=f"Bearer {server.api_key}")
    assert (refused, reply["error"]["type"], accepted) == (401, "authentication_error", 200)


async def test_the_messages_route_gives_the_sentence(client: aiohttp.ClientSession, llama_server: LlamaServer) -> None:
    body = {**PROMPT, "max_tokens": 100}
    _, reply = await post(client, f"{llama_server.base}/messages", body)
    assert reply["content"] == [{"type": "text", "text": SENTENCE}]
    assert reply["stop_reason"] == "end_turn"
    streamed = await events(client, f"{llama_server.base}/messages", body)
    assert "".join(event["delta"]["text"] for event in streamed if event["type"] == "content_block_delta") == SENTENCE
    assert streamed[-1] == {"type": "message_stop"}


async def test_the_responses_route_gives_the_sentence(client: aiohttp.ClientSession, llama_server: LlamaServer) -> None:
    body = {"input": "Hello", "temperature": 0}
    _, reply = await post(client, f"{llama_server.base}/responses", body)
    assert reply["output"][0]["content"][0]["text"] == SENTENCE
    streamed = await events(client, f"{llama_server.base}/responses", body)
    deltas = [event["delta"] for event in streamed if event["type"] == "response.output_text.delta"]
    assert "".join(deltas) == SENTENCE
    assert streamed[-1]["type"] == "response.completed"


async def test_a_killed_server_cuts_the_stream(
    client: aiohttp.ClientSession, start_llama_server: StartLlamaServer
) -> None:
    server = start_llama_server(kind="babble")
    body = {**PROMPT, "max_tokens": 2000, "stream": True, "logprobs": True, "top_logprobs": 20}
    async with client.post(f"{server.base}/chat/completions", json=body) as reply:
        received = await reply.content.readany()
        server.process.kill()
        with pytest.raises(aiohttp.ClientPayloadError):
            received += await reply.content.read()
    assert received.startswith(b"data: ")
    assert b"[DONE]" not in received


async def test_a_stopped_server_stalls_the_stream(
    client: aiohttp.ClientSession, start_llama_server: StartLlamaServer
) -> None:
    server = start_llama_server(kind="babble")
    body = {**PROMPT, "max_tokens": 2000, "stream": True, "logprobs": True, "top_logprobs": 20}
    timeout = aiohttp.ClientTimeout(sock_read=0.2)
    async with client.post(f"{server.base}/chat/completions", json=body, timeout=timeout) as reply:
        await reply.content.readany()
        server.process.send_signal(signal.SIGSTOP)
        with pytest.raises(aiohttp.SocketTimeoutError):
            await reply.content.read()


async def test_a_terminated_server_ends_cleanly(
    client: aiohttp.ClientSession, start_llama_server: StartLlamaServer
) -> None:
    server = start_llama_server()
    await post(client, f"{server.base}/chat/completions", PROMPT)  # until its loop runs, it ignores the signal
    server.process.terminate()
    assert server.process.wait(30) == 0


@pytest.mark.parametrize("kind", ["chain", "babble"])
def test_equal_seeds_write_equal_files(tmp_path: Path, kind: Kind) -> None:
    first, second, other = tmp_path / "1.gguf", tmp_path / "2.gguf", tmp_path / "3.gguf"
    assert write_tiny(first, kind=kind) == write_tiny(second, kind=kind) == (SENTENCE if kind == "chain" else "")
    write_tiny(other, kind=kind, seed=8)
    assert first.read_bytes() == second.read_bytes() != other.read_bytes()


def test_the_cache_is_written_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = cached_tiny("chain")
    before = path.stat().st_mtime_ns
    assert cached_tiny("chain") == path
    assert path.stat().st_mtime_ns == before
    assert [entry.name for entry in (tmp_path / "dragoman").iterdir()] == [path.name]


@pytest.mark.parametrize("configured", ["", "relative/cache", "~/.cache"])
def test_the_default_cache_is_in_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, configured: str
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", configured)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert cached_tiny("babble").parent == tmp_path / ".cache" / "dragoman"
