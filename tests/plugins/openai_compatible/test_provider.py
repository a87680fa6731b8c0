from __future__ import annotations

import base64
from array import array
from typing import Any

import pytest

from core.http.calls import speaking
from dragoman import AuthenticationError, CallContext, Embeds, ListsModels, ProtocolError
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply


async def test_models_are_listed(loopback: LoopbackServer) -> None:
    entry = {"id": "m", "created": 7, "owned_by": "us", "context_window": 9, "max_completion_tokens": 3}
    listed: list[Any] = [entry, {"id": ""}, {"id": 5, "owned_by": None}, 7]
    loopback.reply(Reply.json({"data": listed}), Reply.json(listed))
    async with speaking(loopback) as near:
        assert isinstance(near, ListsModels)
        first, second = await near.models(CallContext())
        assert [model.id for model in await near.models(CallContext())] == ["m", "5"]
    assert (first.id, first.created, first.owner, first.context_tokens, first.output_tokens) == ("m", 7.0, "us", 9, 3)
    assert (second.created, second.owner, second.context_tokens, second.metadata) == (None, None, None, listed[2])
    assert (loopback.requests[0].method, loopback.requests[0].path) == ("GET", "/models")


async def test_a_listing_is_an_object(loopback: LoopbackServer) -> None:
    loopback.reply(Reply.json("none"), Reply.json({"error": "key"}, status=401))
    async with speaking(loopback) as near:
        with pytest.raises(ProtocolError, match="listing"):
            await near.models(CallContext())
        with pytest.raises(AuthenticationError):
            await near.models(CallContext())


async def test_vectors_are_put_in_order(loopback: LoopbackServer) -> None:
    packed = base64.b64encode(array("f", [0.5, -2.0]).tobytes()).decode()
    data = [{"index": 1, "embedding": packed}, {"index": 0, "embedding": [1, 2.5]}]
    loopback.reply(Reply.json({"data": data, "model": "e-1", "usage": {"prompt_tokens": 4}}))
    async with speaking(loopback) as near:
        assert isinstance(near, Embeds)
        embeddings = await near.embed("e", ["a", "b"], {"dimensions": 2}, CallContext())
    assert embeddings.vectors == ((1.0, 2.5), (0.5, -2.0))
    assert (embeddings.model, embeddings.usage.input_tokens) == ("e-1", 4)
    assert loopback.requests[0].json == {"model": "e", "input": ["a", "b"], "dimensions": 2}


async def test_an_index_that_stands_twice_breaks_the_dialect(loopback: LoopbackServer) -> None:
    data = [{"index": 1, "embedding": [1.0]}, {"index": 1, "embedding": [2.0]}]
    loopback.reply(Reply.json({"data": data}))
    async with speaking(loopback) as near:
        with pytest.raises(ProtocolError, match="two vectors came back for one text"):
            await near.embed("e", ["a", "b"], {}, CallContext())
    loopback.reply(Reply.json({"data": [{"embedding": [1.0]}, {"embedding": [2.0]}]}))
    async with speaking(loopback) as near:
        assert (await near.embed("e", ["a", "b"], {}, CallContext())).vectors == ((1.0,), (2.0,))


@pytest.mark.parametrize(
    ("reply", "problem"),
    [
        ([], "not an object"),
        ({}, "0 vectors came back"),
        ({"data": [{"embedding": None}]}, "list of numbers"),
        ({"data": [{"embedding": "x"}]}, "base64"),
        ({"data": [{"embedding": ["x"]}]}, "list of numbers"),
        ({"data": [{"embedding": "AAA="}]}, "32-bit"),
        ({"data": [{"embedding": []}]}, "list of numbers"),
        ({"data": [{"embedding": [True]}]}, "list of numbers"),
        ({"data": [{"embedding": ["0.5"]}]}, "list of numbers"),
    ],
)
async def test_vectors_that_are_none_break_the_dialect(loopback: LoopbackServer, reply: Any, problem: str) -> None:
    loopback.reply(Reply.json(reply))
    async with speaking(loopback) as near:
        with pytest.raises(ProtocolError, match=problem):
            await near.embed("e", ["a"], {}, CallContext())
