"""Whom a connection trusts and as whom it shows itself, over real sockets."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from core.http.authorities import Authority
from core.http.calls import provider
from core.http.servers import answering
from core.http.transport.test_tunnel import asked
from dragoman import LLM, ConfigurationError, ConnectionFailedError, LLMConfig, ProviderConfig
from dragoman.http.transport.tls import tls_context


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def refusal(**options: Any) -> str:
    with pytest.raises(ConfigurationError) as caught:
        tls_context(ProviderConfig(name="n", **options))
    assert caught.value.parameter in {"verify", "client_cert"}
    assert caught.value.message.startswith(f"{caught.value.parameter} ")
    return caught.value.message


class TestVerify:
    async def test_trusts_an_authority_of_ones_own(self, authority: Authority) -> None:
        context = ssl.create_default_context(cafile=str(authority.bundle))
        async with answering(authority.serving("127.0.0.1")) as server:
            base = f"https://127.0.0.1:{server.port}/v1"
            for verify in (authority.bundle, str(authority.bundle), context):
                await asked(base, verify=verify)
            for verify in (None, True):
                with pytest.raises(ConnectionFailedError, match="trusted"):
                    await asked(base, verify=verify)

    async def test_still_looks_at_the_name(self, authority: Authority) -> None:
        async with answering(authority.serving("elsewhere.test")) as server:
            with pytest.raises(ConnectionFailedError, match="trusted"):
                await asked(f"https://127.0.0.1:{server.port}/v1", verify=authority.bundle)

    async def test_of_nobody_wants_allow_insecure_beside_it(self, authority: Authority) -> None:
        async with answering(authority.serving("elsewhere.test")) as server:
            base = f"https://127.0.0.1:{server.port}/v1"
            with pytest.raises(ConfigurationError, match="allow_insecure=True"):
                await asked(base, verify=False)
            assert server.heads == []
            await asked(base, verify=False, allow_insecure=True)

    def test_that_cannot_be_is_refused(self, tmp_path: Path) -> None:
        broken = tmp_path / "broken.pem"
        broken.write_text("no certificate")
        assert "broken.pem" in refusal(verify=broken)
        assert "No such file" in refusal(verify=tmp_path / "nowhere.pem")
        assert "home of a user that is not known" in refusal(verify="~nobody-has-this-name/ca.pem")
        assert "for a server" in refusal(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER))

    @pytest.mark.parametrize("path", ["", "a\0b", "a\ud800"])
    def test_that_is_no_path_is_refused(self, path: str) -> None:
        assert "must be the path of a file" in refusal(verify=path)
        assert "must be the path of a file" in refusal(client_cert=path)

    def test_that_does_not_look_at_the_name_wants_allow_insecure_beside_it(self) -> None:
        context = ssl.create_default_context()
        context.check_hostname = False
        assert "allow_insecure" in refusal(verify=context)

    def test_takes_a_folder(self, tmp_path: Path) -> None:
        context = tls_context(ProviderConfig(name="n", verify=tmp_path))
        assert context is not None
        assert context.verify_mode is ssl.CERT_REQUIRED
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2

    def test_leaves_what_is_usual(self) -> None:
        assert tls_context(ProviderConfig(name="n")) is None
        assert tls_context(ProviderConfig(name="n", verify=True)) is None


class TestClientCertificates:
    @pytest.mark.parametrize("together", [False, True])
    async def test_are_shown(self, authority: Authority, *, together: bool) -> None:
        context = authority.serving("127.0.0.1")
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(str(authority.bundle))
        certificate, key = authority.issue("somebody.test")
        both = authority.folder / "both.pem"
        both.write_bytes(key.read_bytes() + certificate.read_bytes())
        given: Any = both if together else (str(certificate), key)
        async with answering(context) as server:
            await asked(f"https://127.0.0.1:{server.port}/v1", verify=authority.bundle, client_cert=given)
            assert "somebody.test" in repr(server.shown)

    def test_that_cannot_be_are_refused(self, authority: Authority) -> None:
        certificate, key = authority.issue("a.test")
        _, other = authority.issue("b.test")
        _, hidden = authority.issue("c.test", passphrase=b"a passphrase")
        assert "a.test.pem" in refusal(client_cert=certificate)
        assert "PEM" in refusal(client_cert=(certificate, other))
        assert "passphrase" in refusal(client_cert=(certificate, hidden))
        assert "No such file" in refusal(client_cert=authority.folder / "nowhere.pem")
        assert "must be a path, not int" in refusal(client_cert=(certificate, 7))
        assert "two" not in refusal(client_cert=(certificate,))
        assert "load the certificate" in refusal(client_cert=(certificate, key), verify=ssl.create_default_context())

    async def test_go_without_an_authority_of_ones_own(self, authority: Authority) -> None:
        context = tls_context(ProviderConfig(name="n", client_cert=authority.issue("a.test")))
        assert context is not None
        assert context.verify_mode is ssl.CERT_REQUIRED


class TestConfiguration:
    @pytest.mark.parametrize(
        ("option", "value"),
        [
            *(("proxy", True), ("proxy", 7), ("verify", 7), ("verify", ["a"])),
            *(("client_cert", 7), ("client_cert", ["a"]), ("client_cert", ("a", 7))),
        ],
    )
    def test_of_another_type_is_refused(self, option: str, value: Any) -> None:
        with pytest.raises(ConfigurationError, match=f"{option} must be ") as caught:
            LLMConfig("m", **{option: value})
        assert caught.value.parameter == option

    def test_hides_the_password_of_a_proxy(self) -> None:
        address = "http://user:pw-4711@proxy.test:3128"
        config = LLMConfig("m", proxy=address)
        shown = f"{config!r} {config.kwargs!r} {config.to_dict(redact=True)}"
        assert "pw-4711" not in shown
        assert "http://********@proxy.test:3128" in shown
        assert config.to_dict()["proxy"] == address
        assert LLMConfig.from_dict(config.to_dict()) == config
        assert "http://proxy.test:1" in repr(LLMConfig("m", proxy="http://proxy.test:1"))
        assert LLMConfig("m", proxy=False).to_dict(redact=True)["proxy"] is False

    @pytest.mark.parametrize("options", [{"proxy": "http://h:1"}, {"verify": True}, {"client_cert": "a.pem"}])
    async def test_is_not_left_out_by_a_provider_without_connections(self, options: dict[str, Any]) -> None:
        with pytest.raises(ConfigurationError, match="'echo' makes no HTTP connections"):
            await LLM(LLMConfig("echo", **options)).completion("hi")

    def test_is_not_left_out_by_a_provider_with_a_transport_of_its_own(self) -> None:
        near = provider("http://127.0.0.1:1")
        with pytest.raises(ConfigurationError, match="a transport of its own, which does not support verify="):
            near.connect_by(ProviderConfig(name="near", verify=True))
