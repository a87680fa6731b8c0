"""Which proxy an address goes through, by rules alone."""

from __future__ import annotations

import base64
import traceback
from typing import Any

import pytest

from dragoman import ConfigurationError
from dragoman.http.transport.proxy import Proxies, Proxy, is_local, read_proxy
from dragoman.spec.secret import Secret

PROXY = "http://proxy.test:3128"
FAR = "https://far.test/v1/chat/completions"


def chosen(url: str, **environ: str) -> str | None:
    proxy = Proxies(environ=environ).of(url)
    return None if proxy is None else proxy.url


class TestVariables:
    @pytest.mark.parametrize("name", ["https_proxy", "HTTPS_PROXY", "Https_Proxy", "all_proxy", "ALL_PROXY"])
    def test_are_read_in_every_spelling(self, name: str) -> None:
        assert chosen(FAR, **{name: f" {PROXY}/ "}) == PROXY
        assert chosen("http://far.test", **{name: PROXY}) == (PROXY if "all" in name.lower() else None)

    def test_have_their_order(self) -> None:
        other = "http://other.test:1"
        assert chosen(FAR, https_proxy=PROXY, HTTPS_PROXY=other, all_proxy=other) == PROXY
        assert chosen(FAR, HTTPS_PROXY=PROXY, all_proxy=other) == PROXY
        assert chosen(FAR, HTTPS_PROXY="", all_proxy=PROXY) == PROXY

    def test_say_by_an_empty_value_that_there_is_none(self) -> None:
        assert chosen(FAR, https_proxy="", HTTPS_PROXY=PROXY, ALL_PROXY=PROXY) is None

    def test_of_a_web_server_are_no_header_of_a_request(self) -> None:
        assert chosen("http://far.test", HTTP_PROXY=PROXY, REQUEST_METHOD="GET") is None
        assert chosen("http://far.test", http_proxy=PROXY, REQUEST_METHOD="GET") == PROXY

    @pytest.mark.parametrize("url", ["http://[bad", "http://far.test:x"])
    def test_do_not_judge_an_address(self, url: str) -> None:
        assert chosen(url, http_proxy=PROXY) is None


HERE = ("localhost", "LOCALHOST", "localhost.", "a.localhost", "127.0.0.1", "127.9.9.9", "[::1]", "0.0.0.0", "[::]")


class TestThisMachine:
    @pytest.mark.parametrize("host", [*HERE, "[::ffff:127.0.0.1]"])
    def test_is_never_asked_through_a_proxy_of_the_environment(self, host: str) -> None:
        assert chosen(f"http://{host}:8000/v1", http_proxy=PROXY, all_proxy=PROXY) is None
        assert chosen(f"https://{host}:8000/v1", https_proxy=PROXY, all_proxy=PROXY) is None

    def test_is_asked_through_a_given_proxy_that_is_here_too(self) -> None:
        near, far = read_proxy("http://localhost:8080"), read_proxy(PROXY)
        assert Proxies(configured=near).of("http://127.0.0.1:1") is near
        assert Proxies(configured=far).of("http://127.0.0.1:1") is None
        assert Proxies(configured=far, environ={"no_proxy": "*"}).of(FAR) is far
        assert Proxies(configured=False, environ={"https_proxy": PROXY}).of(FAR) is None

    def test_is_no_name_that_looks_like_it(self) -> None:
        assert not any(map(is_local, ("localhost.test", "127.0.0.1.test", "10.0.0.1", "", "notlocalhost")))


class TestNoProxy:
    @pytest.mark.parametrize(
        ("url", "listed"),
        [
            (FAR, "*"),
            (FAR, "far.test"),
            (FAR, "FAR.TEST."),
            (FAR, "a.test, far.test"),
            (FAR, "a.test far.test"),
            (FAR, "far.test:443"),
            (FAR, "https://far.test"),
            (FAR, "test"),
            (FAR, "far.*"),
            ("https://far.test./v1", "far.test"),
            ("https://a.far.test", "far.test"),
            ("https://a.far.test", ".far.test"),
            ("https://a.far.test", "*.far.test"),
            ("https://far.test", ".far.test"),
            ("https://10.1.2.3", "10.0.0.0/8"),
            ("https://10.1.2.3", "10.1.2.3"),
            ("https://10.1.2.3:8443", "10.1.2.3:8443"),
            ("https://[fd00::1]", "fd00::1"),
            ("https://[fd00::1]", "[fd00::1]"),
            ("https://[fd00::1]:8443", "[fd00::1]:8443"),
            ("https://[fd00::1]", "fd00::/8"),
        ],
    )
    def test_spares(self, url: str, listed: str) -> None:
        assert chosen(url, https_proxy=PROXY, no_proxy=listed) is None
        assert chosen(url, HTTPS_PROXY=PROXY, NO_PROXY=listed) is None

    @pytest.mark.parametrize(
        ("url", "listed"),
        [
            (FAR, ""),
            (FAR, ",, ,"),
            (FAR, "ar.test"),
            (FAR, "far.test.evil"),
            (FAR, "far.test:80"),
            (FAR, "."),
            ("https://10.1.2.3", "11.0.0.0/8"),
            ("https://10.1.2.3", "fd00::/8"),
            ("https://10.1.2.3", "10.1.2.3:80"),
            ("https://10.1.2.3.far.test", "10.0.0.0/8"),
        ],
    )
    def test_spares_nothing_else(self, url: str, listed: str) -> None:
        assert chosen(url, https_proxy=PROXY, no_proxy=listed) == PROXY


class TestAddresses:
    @pytest.mark.parametrize(
        ("user", "pair"),
        [
            ("user:pass", "user:pass"),
            ("us%40er:p%2Fw%3A", "us@er:p/w:"),
            ("user", "user:"),
            ("u:pä", "u:pä"),
            (":p", ":p"),
        ],
    )
    def test_hold_who_asks(self, user: str, pair: str) -> None:
        proxy = read_proxy(f"HTTP://{user}@Proxy.test:3128/")
        assert (proxy.url, proxy.host) == ("http://Proxy.test:3128", "proxy.test")
        sent = proxy.headers["proxy-authorization"]
        assert isinstance(sent, Secret)
        assert base64.b64decode(sent.reveal().removeprefix("Basic ")).decode() == pair
        assert pair not in repr(proxy)

    def test_need_not_hold_who_asks(self) -> None:
        assert read_proxy("https://proxy.test").headers == {}
        assert isinstance(read_proxy(Secret(PROXY)), Proxy)

    @pytest.mark.parametrize(
        ("address", "says"),
        [
            ("user:PW4711@proxy.test:3128", "without http://"),
            ("proxy.test:3128", "without http://"),
            ("socks5://user:PW4711@proxy.test:1080", "SOCKS is not supported"),
            ("socks5h://proxy.test", "proxy=False"),
            ("SOCKS4://proxy.test", "SOCKS"),
            ("ftp://user:PW4711@proxy.test", "neither http:// nor https://"),
            ("http://[bad:PW4711", "host or port"),
            ("http://user:PW4711@proxy.test:99999", "host or port"),
            ("http://user:PW4711@proxy.test:0", "an invalid port"),
            ("http://user:PW4711@", "without a host"),
            ("http://user:PW4711/x@proxy.test", "host or port"),
            ("http://user:8#PW4711@proxy.test", "has a path, query or fragment"),
            ("http://proxy.test/PW4711.pac", "has a path, query or fragment"),
            ("http://us er:PW4711@proxy.test", "contains a space"),
            ("http://us%3Aer:PW4711@proxy.test", "colon"),
            ("http://user:PW4711@pröxy.test", "not allowed in a URL"),
        ],
    )
    @pytest.mark.parametrize("name", ["HTTPS_PROXY", "proxy"])
    def test_that_are_none_are_refused_unseen(self, address: str, says: str, name: str) -> None:
        with pytest.raises(ConfigurationError) as caught:
            self.read(name, {"HTTPS_PROXY": address})
        reported: Any = caught.value
        assert reported.message.startswith(f"{name} ")
        assert says in reported.message
        assert "http://host:port" in reported.message
        assert reported.parameter == name
        trace = traceback.TracebackException.from_exception(reported, capture_locals=True)
        assert "PW4711" not in "".join(line for line in trace.format() if "test_proxy.py" not in line)

    def read(self, name: str, environ: dict[str, str]) -> None:
        if name == "proxy":
            read_proxy(environ["HTTPS_PROXY"])
        else:
            Proxies(environ=environ).of(FAR)
