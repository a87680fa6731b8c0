from __future__ import annotations

from typing import Any

import attrs
import pytest

from core.http.calls import dialect, request, whole
from dragoman import CallContext, ChatRequest, CompletionRequest, ConfigurationError, ProviderInfo
from dragoman.http import AioHttpTransport, Base, Endpoint, HttpProvider, HttpReply, HttpRequest
from dragoman.http.transport.transport import Transport
from dragoman.http.whole_address import checked_address
from dragoman.spec.errors import NotFoundError
from dragoman.spec.secret import Secret
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

CLAIMS = ("run.*.acme.test", "acme.test")


def endpoint(base: str = "https://api.acme.test/v1", **fields: Any) -> Endpoint:
    fields.setdefault("hosts", CLAIMS)
    return Endpoint(base=Base(url=base, source="given"), **fields)


class Elsewhere:
    """Send every request of the chat dialect to another address."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.inner = dialect()

    def encode(self, asked: ChatRequest | CompletionRequest, *, stream: bool) -> HttpRequest:
        return attrs.evolve(self.inner.encode(asked, stream=stream), url=self.url)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)


class Kept:
    """Keep the requests instead of sending them."""

    def __init__(self) -> None:
        self.sent: list[HttpRequest] = []

    async def send(self, asked: HttpRequest, context: CallContext) -> HttpReply:
        del context
        self.sent.append(asked)
        return HttpReply(status=200, body=Reply.json(whole()).body)

    def stream(self, asked: HttpRequest, context: CallContext) -> Any:
        raise NotImplementedError

    async def aclose(self) -> None: ...


def near(url: str, at: Endpoint, transport: Transport) -> HttpProvider:
    speaks: Any = Elsewhere(url)
    return HttpProvider(ProviderInfo(name="near", issuer="near"), speaks, at, transport=transport)


async def test_a_whole_address_replaces_the_base_url() -> None:
    transport = Kept()
    made = near("https://run.eu.acme.test/chat?x=1", endpoint(headers={"authorization": Secret("sk-1")}), transport)
    response = await made.chat(request(), CallContext())
    assert [each.url for each in transport.sent] == ["https://run.eu.acme.test/chat?x=1"]
    assert response.origin.endpoint == "https://run.eu.acme.test"
    assert made.prepare(request()).url == "https://run.eu.acme.test/chat?x=1"


@pytest.mark.parametrize(
    ("url", "base", "said"),
    [
        ("https://evil.test/chat", "https://api.acme.test/v1", "evil.test is not among the hosts"),
        ("https://api.acme.test/chat", "https://gateway.test/v1", "but gateway.test is not among the hosts"),
        ("http://api.acme.test/chat", "https://api.acme.test/v1", "use https://api.acme.test"),
        ("chat", "https://api.acme.test", "its path must begin with '/', or be a whole https:// address, not 'chat'"),
        (".evil.test/chat", "https://api.acme.test", "its path must begin with '/'"),
        ("https://user@api.acme.test/", "https://api.acme.test", "not allowed"),
        ("https://api.acme.test/a b", "https://api.acme.test", "not allowed"),
        ("https://[api.acme.test/", "https://api.acme.test", "not a valid URL"),
    ],
)
async def test_what_may_not_be_sent_is_refused_before(url: str, base: str, said: str) -> None:
    transport = Kept()
    made = near(url, endpoint(base), transport)
    with pytest.raises(ConfigurationError, match=said) as caught:
        await made.chat(request(), CallContext())
    with pytest.raises(ConfigurationError):
        made.prepare(request())
    with pytest.raises(ConfigurationError):
        async with made.stream(request(), CallContext()):
            pass
    assert (caught.value.provider, transport.sent) == ("near", [])


def test_the_origin_of_the_base_url_needs_no_claim() -> None:
    at = endpoint("http://127.0.0.1:8080/v1", hosts=())
    assert checked_address("http://127.0.0.1:8080/other", at, "near") == "http://127.0.0.1:8080/other"
    with pytest.raises(ConfigurationError):
        checked_address("http://127.0.0.1:8081/other", at, "near")


async def test_an_error_of_a_whole_address_does_not_blame_the_base_url(loopback: LoopbackServer) -> None:
    loopback.always(Reply(status=404, body=b"<html>404 Not Found</html>", headers={"content-type": "text/html"}))
    transport = AioHttpTransport(trust_env=False)
    made = near(f"{loopback.url}/other", endpoint(f"{loopback.url}/v1"), transport)
    with pytest.raises(NotFoundError) as caught:
        await made.chat(request(), CallContext())
    assert "base URL" not in str(caught.value)
    await made.aclose()


async def test_the_headers_of_request_ids_are_data(loopback: LoopbackServer) -> None:
    headers = {"x-acme-trace": "t1", "request-id": "r1"}
    loopback.always(Reply.json(whole(), headers=headers))
    named = endpoint(f"{loopback.url}/v1", request_id_headers=("x-acme-trace", "request-id"))
    for at, found in ((named, "t1"), (endpoint(f"{loopback.url}/v1"), "r1")):
        made = near("/chat", at, AioHttpTransport(trust_env=False))
        response = await made.chat(request(), CallContext())
        await made.aclose()
        assert (response.origin.request_id, response.headers.get("x-acme-trace")) == (
            found,
            "t1" if at is named else None,
        )
