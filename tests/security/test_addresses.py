"""Nothing that a caller of one call says changes where a request goes, who asks, or how the connection is kept safe."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core.http.calls import provider
from dragoman import LLM, CallContext, ConfigurationError, DragomanError, InvalidRequestError, LLMConfig
from dragoman.client.binding import bind
from dragoman.http import AioHttpTransport, HttpRequest, checked_headers
from dragoman.spec.secret import MASK
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Received, Reply
from faults.clients import CLIENTS, Client
from security.searching import KEY, leaks, reported

__all__ = ["loopback"]

HOME = "https://home.test"
EVIL = "https://evil.test"
ELSEWHERE = (
    *("api_base", "base_url", "url", "host", "endpoint", "azure_endpoint", "user_config", "proxy", "proxies"),
    *("api_key", "authorization", "organization", "default_headers", "extra_headers", "extra_query"),
    *(
        "verify",
        "ssl",
        "ssl_verify",
        "trust_env",
        "allow_insecure",
        "http_client",
        "transport",
        "provider",
        "fallbacks",
    ),
)
NAMES = (
    *("../../evil", "//evil.test/x", "/evil.test", "a/../../b", "..", ".", "%2e%2e/%2e%2e", "m\\..\\x"),
    *("x?y=z", "x#y", "@evil.test", "user:pw@evil.test", f"{EVIL}/", "m\r\nx-evil: 1", "m\nx-evil: 1"),
    *("tunedModels/../../x", "models/../x", "publishers/../../x/models/y", "endpoints/../x", "accounts/evil/m"),
)


def every_client() -> list[Client]:
    return list(CLIENTS.values())


def request_of(llm: LLM, **overrides: Any) -> tuple[str, dict[str, str]]:
    made = llm.build_request("hi", **overrides)
    return made.url, {name: value for name, value in made.headers.items() if name != "idempotency-key"}


@pytest.mark.parametrize("client", every_client(), ids=lambda client: client.name)
@pytest.mark.parametrize("option", ELSEWHERE)
def test_no_wish_of_one_call_changes_where_it_goes(client: Client, option: str) -> None:
    llm = client.llm(HOME)
    before = request_of(llm)
    for value in (EVIL, {"authorization": "evil", "host": "evil.test"}, True):
        for overrides in ({option: value}, {"options": {client.provider or client.name: {option: value}}}):
            try:
                after = request_of(llm, **overrides)
            except DragomanError:
                continue
            assert after == before


@pytest.mark.parametrize("client", every_client(), ids=lambda client: client.name)
@pytest.mark.parametrize("name", ["Authorization", "x-api-key", "api-key", "X-Goog-Api-Key", "Host", "Cookie"])
def test_no_header_of_one_call_changes_who_asks(client: Client, name: str) -> None:
    with pytest.raises(InvalidRequestError, match="cannot be set here"):
        client.llm(HOME).build_request("hi", headers={name: "evil"})


@pytest.mark.parametrize("client", every_client(), ids=lambda client: client.name)
def test_what_is_added_to_the_body_stays_in_the_body(client: Client) -> None:
    llm = client.llm(HOME)
    extra = {"api_base": EVIL, "headers": {"authorization": "evil"}}
    try:
        made = llm.build_request("hi", extra_body=extra)
    except DragomanError:  # it has no such option
        return
    assert made.url == llm.build_request("hi").url
    assert "evil" not in json.dumps(dict(made.headers))
    assert made.body["api_base"] == EVIL


@pytest.mark.parametrize("client", every_client(), ids=lambda client: client.name)
@pytest.mark.parametrize("name", ["authorization", "X-Api-Key", "api-key", "x-goog-api-key", "cookie", "x-password"])
def test_a_credential_among_the_headers_does_not_travel_in_the_clear(client: Client, name: str) -> None:
    for config in (in_the_clear(client, name, api_key=None), in_the_clear(client, name)):
        with pytest.raises(ConfigurationError) as caught:
            bind(config)
        assert not leaks(reported(caught.value))
        assert config.api_key is None or "in the clear" in str(caught.value)
    allowed = LLM(in_the_clear(client, name, allow_insecure=True)).build_request("hi")
    assert allowed.headers[name.lower()] == MASK


def test_without_a_key_too_the_headers_do_not_travel_in_the_clear() -> None:
    with pytest.raises(ConfigurationError, match="in the clear"):
        bind(in_the_clear(CLIENTS["openai_compatible"], "authorization", api_key=None))


def in_the_clear(client: Client, name: str, **more: Any) -> LLMConfig:
    return client.config(HOME, headers={name: KEY}, **{"api_base": "http://far.test" + client.base, **more})


def test_an_idempotency_key_is_no_credential() -> None:
    assert checked_headers({"Idempotency-Key": "x"}, per_call=True) == {"idempotency-key": "x"}
    keyless = LLMConfig("m", provider="openai_compatible", api_base="http://far.test", headers={"Idempotency-Key": "x"})
    assert bind(keyless).provider is not None


@pytest.mark.parametrize("client", every_client(), ids=lambda client: client.name)
@pytest.mark.parametrize("model", NAMES)
async def test_no_name_of_a_model_leaves_its_place(client: Client, model: str, loopback: LoopbackServer) -> None:
    loopback.always(lambda received: Reply.json(client.server_dialect.whole("hi")))
    config = client.config(loopback.url)
    config.model = model
    try:
        async with LLM(config) as llm:
            await llm.generate("hi")
    except DragomanError:
        assert loopback.requests == []  # refused, rather than sent somewhere
        return
    (received,) = loopback.requests
    stays(received, client, loopback)


def stays(received: Received, client: Client, server: LoopbackServer) -> None:
    path = received.path.partition("?")[0]
    assert path.startswith(client.base + "/")
    assert not {"..", "."} & set(path.split("/"))
    assert "//" not in path
    assert received.headers["host"] == f"127.0.0.1:{server.port}"
    assert "x-evil" not in received.headers
    assert received.path.partition("?")[2] in {"", "api-version=2024-10-21", "alt=sse"}


@pytest.mark.parametrize("value", ["a\r\nx-evil: 1", "a\nb", "a\rb", "a\x00b", "a\u2028b", "a\u0100b"])
async def test_no_value_of_a_header_adds_another(loopback: LoopbackServer, value: str) -> None:
    for headers in ({"x-team": value}, {value: "x"}):
        made = provider(loopback.url)
        with pytest.raises(DragomanError):
            await made.call(HttpRequest(method="GET", url="/models"), CallContext(), headers)
        await made.aclose()
    assert loopback.requests == []


async def test_even_the_transport_takes_no_line_end(loopback: LoopbackServer) -> None:
    transport = AioHttpTransport(trust_env=False)
    with pytest.raises(DragomanError):
        await transport.send(HttpRequest(url=loopback.url, headers={"x-a": "b\r\nx-evil: 1"}), CallContext())
    await transport.aclose()
    assert loopback.requests == []


async def test_a_request_says_nothing_of_this_machine(
    loopback: LoopbackServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password pw4u\ndefault login me password pw4u\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("HOME", str(tmp_path))
    netrc.rename(tmp_path / ".netrc")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    loopback.always(Reply.json(CLIENTS["openai_compatible"].server_dialect.whole("hi"), headers={"set-cookie": "a=b"}))
    config = LLMConfig("local", provider="openai_compatible", api_base=loopback.url)
    async with LLM(config) as llm:
        for _ in range(2):
            await llm.generate("hi")
    for received in loopback.requests:
        assert not {"authorization", "cookie", "referer", "origin"} & received.headers.keys()
        assert received.headers["user-agent"].startswith("dragoman/")
