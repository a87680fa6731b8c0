"""Calls through a proxy over real sockets: what it sees, what it can do, and what an error tells of it."""

from __future__ import annotations

import base64
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from core.http.authorities import Authority
from core.http.servers import Answering, RawProxy, answering, header, proxying
from dragoman import LLM, ConfigurationError, ConnectionFailedError, DragomanError, LLMConfig, RequestTimeoutError

PASSWORD = "pw-4711-of/the=proxy"
PAIR = base64.b64encode(f"user:{PASSWORD}".encode()).decode()
KEY = "sk-0123456789abcdef"
FAR = "https://far.test/v1"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def with_user(proxy: RawProxy) -> str:
    return proxy.url.replace("://", f"://user:{PASSWORD.replace('/', '%2F')}@")


async def asked(api_base: str, *, streamed: bool = False, calls: int = 1, **options: Any) -> None:
    config = LLMConfig("m", provider="openai_compatible", api_key=KEY, api_base=api_base, num_retries=0, **options)
    async with LLM(config) as llm:
        for _ in range(calls):
            if streamed:
                async with llm.stream("hi") as stream:
                    await stream.collect()
            else:
                assert (await llm.generate("hi")).text == "Hello"


def told_by(error: BaseException | None) -> Iterator[str]:
    """Yield all that an error tells, with the locals of our own frames: those of the tests hold what they gave."""
    if error is not None:
        yield f"{error} {error!r} {error.args} {vars(error)} {getattr(error, '__notes__', '')}"
        for frame, _ in traceback.walk_tb(error.__traceback__):
            if "tests" not in Path(frame.f_code.co_filename).parts:
                yield repr(frame.f_locals)
        yield from told_by(error.__cause__)
        yield from told_by(error.__context__)


async def error_of(api_base: str, *, streamed: bool = False, **options: Any) -> DragomanError:
    with pytest.raises(DragomanError) as caught:
        await asked(api_base, streamed=streamed, **options)
    shown = "".join(told_by(caught.value))
    assert PAIR not in shown
    assert PASSWORD not in shown
    assert KEY not in shown
    return caught.value


@pytest.mark.parametrize("by", ["proxy=", "HTTPS_PROXY", "all_proxy"])
async def test_the_password_goes_to_the_proxy_alone(
    by: str, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    options: dict[str, Any] = {"verify": authority.bundle}
    async with answering(authority.serving("far.test")) as server, proxying(target=server.port) as proxy:
        if by == "proxy=":
            options["proxy"] = with_user(proxy)
        else:
            monkeypatch.setenv(by, with_user(proxy))
        await asked(FAR, calls=3, **options)
        check_tunnel(server, proxy)


def check_tunnel(server: Answering, proxy: RawProxy) -> None:
    assert [head.split("\r\n")[0] for head in proxy.heads] == ["CONNECT far.test:443 HTTP/1.1"]
    assert header(proxy.heads[0], "proxy-authorization") == f"Basic {PAIR}"
    assert header(proxy.heads[0], "authorization") is None
    assert len(server.heads) == 3
    for head in server.heads:
        assert head.startswith("POST /v1/chat/completions HTTP/1.1")
        assert header(head, "authorization") == f"Bearer {KEY}"
        assert header(head, "proxy-authorization") is None


async def test_a_plain_request_is_handed_to_the_proxy_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    async with proxying() as proxy:
        monkeypatch.setenv("http_proxy", with_user(proxy))
        await asked("http://far.test/v1", allow_insecure=True, calls=2)
    for head in proxy.heads:
        assert head.startswith("POST http://far.test/v1/chat/completions HTTP/1.1")
        assert header(head, "proxy-authorization") == f"Basic {PAIR}"
        assert header(head, "authorization") == f"Bearer {KEY}"
    assert len(proxy.heads) == 2


@pytest.mark.parametrize("streamed", [False, True], ids=["whole", "streamed"])
@pytest.mark.parametrize("status", [b"401 No", b"407 {sent}", b"500 No"])
async def test_a_proxy_that_repeats_the_password_brings_it_out_nowhere(status: bytes, *, streamed: bool) -> None:
    body = b'{"error": {"message": "{sent}"}}'
    size = len(body) - len(b"{sent}") + len(f"Basic {PAIR}")
    reply = b"HTTP/1.1 %s\r\nx-request-id: {sent}\r\ncontent-length: %d\r\n\r\n%s" % (status, size, body)
    async with proxying(says=reply, plain=reply) as proxy:
        error = await error_of("http://far.test/v1", allow_insecure=True, proxy=with_user(proxy), streamed=streamed)
        tunnel = await error_of(FAR, proxy=with_user(proxy), streamed=streamed)
    if status.startswith(b"407"):
        assert isinstance(error, ConnectionFailedError)
        assert (error.code, error.retryable) == ("proxy", False)
        assert "user name and password" in tunnel.message
    assert (tunnel.code, tunnel.retryable) == ("proxy", status.startswith(b"500"))


@pytest.mark.parametrize("says", [None, b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 2"], ids=["", "100", "half"])
async def test_a_proxy_that_never_answers_is_given_up_in_time(says: bytes | None) -> None:
    async with proxying(says=says) as proxy:
        error = await error_of(FAR, proxy=with_user(proxy), connect_timeout=0.05)
    assert isinstance(error, RequestTimeoutError)
    assert (error.phase, "connect_timeout" in error.message) == ("connect", True)


async def test_a_server_behind_a_proxy_that_never_shakes_hands_is_given_up_in_time() -> None:
    async with answering() as silent, proxying(target=silent.port) as proxy:
        error = await error_of(FAR, proxy=proxy.url, connect_timeout=0.05)
    assert error.phase == "connect"


async def test_none_is_used_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    async with answering() as server, proxying() as proxy:
        for name in ("HTTP_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        await asked(f"http://127.0.0.1:{server.port}/v1")
        await asked(f"http://localhost:{server.port}/v1")
        await asked(f"http://127.0.0.1:{server.port}/v1", proxy=False)
        assert len(server.heads) == 3
        assert proxy.heads == []
        await asked(f"http://127.0.0.1:{server.port}/v1", proxy=proxy.url)  # both are on this machine
        assert len(proxy.heads) == 1


@pytest.mark.parametrize("value", [f"user:{PASSWORD}@h:3128", f"socks5h://user:{PASSWORD}@h:1", f"http://[{PASSWORD}"])
async def test_what_is_no_proxy_is_refused_before_anything_is_sent(value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert isinstance(await error_of(FAR, proxy=value), ConfigurationError)
    monkeypatch.setenv("HTTPS_PROXY", value)
    error = await error_of(FAR)
    assert isinstance(error, ConfigurationError)
    assert error.message.startswith("HTTPS_PROXY ")
    assert "api_base" not in error.message
