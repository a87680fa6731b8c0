from __future__ import annotations

import pytest

from dragoman import LLM, LLMConfig
from dragoman.testing.faults import CHAT
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer

__all__ = ["loopback"]


@pytest.mark.parametrize("before", [b"\n", b" \r\n\n\t"])
async def test_white_space_before_a_stream_decides_nothing(loopback: LoopbackServer, before: bytes) -> None:
    loopback.reply(CHAT.reply(before, before, *CHAT.stream(), pauses=(0, 0.1, 0.1)))
    config = LLMConfig("m", provider="openai_compatible", api_base=loopback.url, api_key="k", num_retries=0)
    async with LLM(config) as llm, llm.stream("hi") as stream:
        assert (await stream.collect()).text
