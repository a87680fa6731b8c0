"""A signature covers each request exactly as it arrives, on every try, whole or streamed."""

from __future__ import annotations

import asyncio

from hypothesis import given, settings, strategies as st

from core.http.calls import HELLO, collected, context, request, whole
from core.http.signing import is_signed, signing
from dragoman.client.retry import retrying
from dragoman.spec.retry_policy import RetryPolicy
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Received, Reply

HEADERS = st.dictionaries(
    st.from_regex(r"x-[a-z]{1,8}", fullmatch=True).filter(lambda name: name not in {"x-date", "x-key"}),
    st.from_regex(r"[!-~]{1,12}", fullmatch=True),
    max_size=3,
)


@settings(max_examples=40)
@given(text=st.text(min_size=1).filter(str.strip), headers=HEADERS, failures=st.integers(0, 2), streamed=st.booleans())
def test_covers_each_request(text: str, headers: dict[str, str], failures: int, *, streamed: bool) -> None:
    left = iter(range(failures))

    def answer(got: Received) -> Reply:
        if not is_signed(got):
            return Reply(status=403)
        if next(left, None) is not None:
            return Reply(status=503)
        return Reply.sse(HELLO) if streamed else Reply.json(whole())

    async def ask(url: str) -> str:
        near, asked = signing(url), request(text, headers=headers)
        policy = RetryPolicy(retries=failures, first_wait=0.0)
        if streamed:
            response = (await retrying(lambda each: collected(near, asked, each), context(), policy))[0]
        else:
            response = (await retrying(lambda each: near.chat(asked, each), context(), policy))[0]
        await near.aclose()
        return response.text

    with LoopbackServer(answer) as server:
        assert asyncio.run(ask(server.url)) == "Hello"
    assert len(server.requests) == failures + 1
