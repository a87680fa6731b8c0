"""Listings of several pages, and counts of tokens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from core.http.calls import speaking
from dragoman import CallContext, ProtocolError, ProviderError, RateLimitError
from dragoman.http import HttpRequest, read_count, read_pages
from dragoman.http.provider_calls import MOST_PAGES
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply


def mark(page: Mapping[str, Any]) -> object:
    return page.get("next")


class TestPages:
    @pytest.mark.parametrize(
        ("url", "others"),
        [
            ("/list", ["/list?after=a%2Fb", "/list?after=2"]),
            ("/list?n=5", ["/list?n=5&after=a%2Fb", "/list?n=5&after=2"]),
        ],
    )
    async def test_are_asked_for_by_the_mark_in_the_page_before(
        self, loopback: LoopbackServer, url: str, others: list[str]
    ) -> None:
        replies: list[dict[str, Any]] = [{"next": "a/b"}, {"next": 2}, {"next": None}]
        loopback.reply(*map(Reply.json, replies))
        async with speaking(loopback) as near:
            pages = await read_pages(
                near, url, CallContext(), next_page=mark, parameter="after", headers={"x-own": "1"}
            )
        assert pages == replies
        asked = [request.path.removeprefix("/v1") for request in loopback.requests]
        assert asked == [url, *others]
        assert {request.headers["x-own"] for request in loopback.requests} == {"1"}

    async def test_that_come_again_are_the_end(self, loopback: LoopbackServer) -> None:
        loopback.reply(*[Reply.json({"next": each}) for each in "aba"])
        async with speaking(loopback) as near:
            pages = await read_pages(near, "/list", CallContext(), next_page=mark, parameter="after")
        assert len(pages) == 3

    async def test_without_an_end_are_an_error(self, loopback: LoopbackServer) -> None:
        loopback.reply(*[Reply.json({"next": number}) for number in range(1, MOST_PAGES + 1)])
        async with speaking(loopback) as near:
            with pytest.raises(ProtocolError, match="1000 pages, or no end"):
                await read_pages(near, "/list", CallContext(), next_page=mark, parameter="after")

    async def test_that_report_an_error_with_a_good_status_are_one(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply.json({"next": "b"}), Reply.json({"error": {"message": "slow down", "code": 429}}))
        async with speaking(loopback) as near:
            with pytest.raises(RateLimitError, match="slow down") as caught:
                await read_pages(near, "/list", CallContext(), next_page=mark, parameter="after")
        assert caught.value.status == 429

    async def test_that_are_no_object_are_an_error(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply.json([1]))
        async with speaking(loopback) as near:
            with pytest.raises(ProtocolError, match="the listing"):
                await read_pages(near, "/list", CallContext(), next_page=mark, parameter="after")


class TestCounts:
    @pytest.mark.parametrize(("cached", "read"), [(None, None), ("hit", 3)])
    async def test_are_read_from_their_members(
        self, loopback: LoopbackServer, cached: str | None, read: int | None
    ) -> None:
        body = {"tokens": 12, "hit": 3}
        loopback.reply(Reply.json(body))
        async with speaking(loopback) as near:
            request = HttpRequest(url="/count", body=b"{}")
            usage = await read_count(near, request, CallContext(), {"x-own": "1"}, member="tokens", cached=cached)
        assert (usage.input_tokens, usage.cache_read_tokens, usage.raw) == (12, read, body)
        assert loopback.requests[0].headers["x-own"] == "1"

    @pytest.mark.parametrize("body", [{}, {"tokens": None}, {"tokens": "many"}])
    async def test_that_are_none_are_an_error(self, loopback: LoopbackServer, body: dict[str, Any]) -> None:
        loopback.reply(Reply.json(body))
        async with speaking(loopback) as near:
            with pytest.raises(ProtocolError, match="the reply does not hold a count"):
                await read_count(near, HttpRequest(url="/count", body=b"{}"), CallContext(), {}, member="tokens")

    async def test_are_not_read_beside_an_error(self, loopback: LoopbackServer) -> None:
        loopback.reply(Reply.json({"error": {"message": "no"}, "tokens": 12}))
        async with speaking(loopback) as near:
            with pytest.raises(ProviderError, match="no"):
                await read_count(near, HttpRequest(url="/count", body=b"{}"), CallContext(), {}, member="tokens")


class TestObjects:
    @pytest.mark.parametrize("body", [{}, {"id": None}, {"id": ""}])
    async def test_without_a_member_that_they_need_are_an_error(
        self, loopback: LoopbackServer, body: dict[str, Any]
    ) -> None:
        loopback.reply(Reply.json(body))
        async with speaking(loopback) as near:
            reply = await near.call(HttpRequest(method="GET", url="/file"), CallContext())
            assert near.read_object(reply, "the file") == body
            with pytest.raises(ProtocolError, match="the file has no id"):
                near.read_object(reply, "the file", needs="id")
