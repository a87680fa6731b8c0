"""What vendors take for embeddings: their limits, the names of their options, and their recorded replies."""

from __future__ import annotations

from typing import Any

import pytest

import recordings
from dragoman import LLM, InvalidRequestError, LLMConfig
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from dragoman_google import GoogleEmbeddingOptions
from dragoman_openai import OpenAIEmbeddingOptions

__all__ = ["loopback"]


def openai_reply(count: int) -> Reply:
    data = [{"index": index, "embedding": [float(index)]} for index in reversed(range(count))]
    return Reply.json({"data": data, "model": "served", "usage": {"prompt_tokens": count, "total_tokens": count}})


def asked(loopback: LoopbackServer, model: str, **more: Any) -> LLM:
    base = loopback.url + ("/v1beta" if "gemini" in model else "/v1")
    return LLM(LLMConfig(model=model, api_key="sk-0123456789", api_base=base, **more))


async def test_openai_takes_2048_texts_at_once(loopback: LoopbackServer) -> None:
    loopback.reply(openai_reply(2048), openai_reply(2))
    async with asked(loopback, "openai/text-embedding-3-small") as llm:
        found = await llm.embed(["a"] * 2050, dimensions=1, options=[OpenAIEmbeddingOptions(user="u")])
    assert [len(each.json["input"]) for each in loopback.requests] == [2048, 2]
    assert loopback.requests[0].json | {"input": []} == {
        "model": "text-embedding-3-small",
        "input": [],
        "dimensions": 1,
        "user": "u",
    }
    assert found.vectors == tuple((float(index),) for index in [*range(2048), 0, 1])
    assert found.usage.input_tokens == 2050


async def test_google_takes_100_texts_at_once_and_has_another_name_for_dimensions(loopback: LoopbackServer) -> None:
    replies = [{"embeddings": [{"values": [number]}] * count} for number, count in ((0, 100), (1, 100), (2, 5))]
    loopback.reply(*map(Reply.json, replies))
    async with asked(loopback, "google/gemini-embedding-001") as llm:
        options = [GoogleEmbeddingOptions(task_type="CLUSTERING")]
        found = await llm.embed(["a"] * 205, dimensions=3, options=options)
    assert [len(each.json["requests"]) for each in loopback.requests] == [100, 100, 5]
    first = loopback.requests[0].json["requests"][0]
    assert (first["outputDimensionality"], first["taskType"]) == (3, "CLUSTERING")
    assert found.vectors == ((0.0,),) * 100 + ((1.0,),) * 100 + ((2.0,),) * 5


@pytest.mark.parametrize("model", ["openai/text-embedding-3-small", "azure/mine"])
@pytest.mark.parametrize("texts", ["", ["a", ""]])
async def test_openai_takes_no_empty_text(loopback: LoopbackServer, model: str, texts: Any) -> None:
    async with asked(loopback, model) as llm:
        with pytest.raises(InvalidRequestError, match="is empty, which the provider"):
            await llm.embed(texts)
    assert loopback.requests == []


@pytest.mark.parametrize(
    ("model", "wrong", "said"),
    [
        ("openai/text-embedding-3-small", {"dimension": 5}, "did you mean 'dimensions'"),
        ("openai/text-embedding-3-small", {"encoding_format": "int8"}, "encoding_format"),
        ("google/gemini-embedding-001", {"task_tpye": "x"}, "did you mean 'task_type'"),
        ("google/gemini-embedding-001", {"taskType": "x"}, "it is called 'task_type' here"),
        ("ollama/all-minilm", {"truncat": True}, "did you mean 'truncate'"),
    ],
)
async def test_a_wrong_option_is_refused_before_it_is_sent(
    loopback: LoopbackServer, model: str, wrong: dict[str, Any], said: str
) -> None:
    async with asked(loopback, model) as llm:
        with pytest.raises(InvalidRequestError, match=said):
            await llm.embed(["a"], **wrong)
    assert loopback.requests == []


@pytest.mark.parametrize(
    "recording",
    [
        *recordings.cases("openai.embeddings", lambda each: each.status == 200),
        *recordings.cases("google.embeddings", lambda each: each.status == 200 and "vertex" not in each.situation),
    ],
)
async def test_recorded_vectors_are_read(loopback: LoopbackServer, recording: recordings.Recording) -> None:
    body = recording.body_json
    entries = body.get("data") or body.get("embeddings") or [body["embedding"]]
    model = {"openai": "openai/text-embedding-3-small", "google": "google/gemini-embedding-001"}[recording.provider]
    loopback.reply(recording.reply())
    async with asked(loopback, model) as llm:
        found = await llm.embed(["text"] * len(entries))
    assert len(found.vectors) == len(entries)
    sizes = {len(vector) for vector in found.vectors}
    assert len(sizes) == 1
    assert min(sizes) > 1
    if "usage" in body:
        assert found.usage.input_tokens == body["usage"]["prompt_tokens"]
