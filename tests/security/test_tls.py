"""TLS is turned off by two options together alone; whom to trust is said by the environment or the configuration."""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from dragoman import ConfigurationError, LLMConfig, ProviderConfig
from dragoman.http import AioHttpTransport
from dragoman.http.transport.tls import tls_context
from dragoman.spec.config import CORE_OPTIONS
from faults.clients import CLIENTS

ASK = """
import asyncio, json, sys
from dragoman import LLM, LLMConfig
async def main():
    config = LLMConfig("m", provider="openai_compatible", api_key="k", api_base=sys.argv[1], num_retries=0, timeout=20)
    async with LLM(config) as llm:
        try:
            return [(await llm.generate("hi")).text, ""]
        except OSError as error:
            return [type(error).__name__, f"{error.code} {error}"]
print(json.dumps(asyncio.run(main())))
"""


def asked(url: str, authority: Path | None) -> tuple[str, str]:
    """Ask in another process: who is trusted is read when the HTTP client is imported."""
    environ = {name: value for name, value in os.environ.items() if not name.startswith("SSL_CERT")}
    environ |= {} if authority is None else {"SSL_CERT_FILE": str(authority)}
    ran = subprocess.run([sys.executable, "-c", ASK, url], env=environ, capture_output=True, text=True, check=True)
    kind, reported = json.loads(ran.stdout)
    return kind, reported


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make an authority that signs itself, its key in the same file."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl makes the certificate, and it is not there")
    path = tmp_path_factory.mktemp("authority") / "both.pem"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(path.with_suffix(".key")), "-out", str(path)]
    subprocess.run(command, check=True, capture_output=True)
    return path


@contextmanager
def serving(certificate: Path, version: ssl.TLSVersion | None = None) -> Iterator[str]:
    """Answer each request over TLS, of one version if it is given."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, certificate.with_suffix(".key"))
    if version is not None:
        context.set_ciphers("ALL:@SECLEVEL=0")
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.minimum_version = version
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            context.maximum_version = version
    stopping = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.05)
        thread = threading.Thread(target=answer_all, args=(server, context, stopping))
        thread.start()
        try:
            yield f"https://127.0.0.1:{server.getsockname()[1]}/v1"
        finally:
            stopping.set()
            thread.join()


def answer_all(server: socket.socket, context: ssl.SSLContext, stopping: threading.Event) -> None:
    body = json.dumps(CLIENTS["openai_compatible"].server_dialect.whole("safe")).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n".encode()
    while not stopping.is_set():
        with suppress(OSError), server.accept()[0] as raw:
            raw.settimeout(5)
            with context.wrap_socket(raw, server_side=True) as connection:
                if connection.recv(65536):
                    connection.sendall(head + body)
                    connection.recv(65536)


def test_an_authority_of_ones_own_is_trusted_when_the_environment_names_it(certificate: Path) -> None:
    with serving(certificate) as url:
        assert asked(url, certificate) == ("safe", "")
        kind, reported = asked(url, None)
    assert kind == "ConnectionFailedError"
    assert reported.startswith("tls openai_compatible (m) failed: no trusted TLS connection")
    assert "SSL_CERT_FILE" in reported


def test_a_certificate_for_another_name_is_refused(certificate: Path) -> None:
    with serving(certificate) as url:
        kind, reported = asked(url.replace("127.0.0.1", "localhost"), certificate)
    assert (kind, reported[:4]) == ("ConnectionFailedError", "tls ")


def test_a_version_before_1_2_is_refused(certificate: Path) -> None:
    with serving(certificate, ssl.TLSVersion.TLSv1_1) as url:
        if not speaks_1_1(url):
            pytest.skip("this OpenSSL has no TLS 1.1 to refuse")
        kind, reported = asked(url, certificate)
    assert kind == "ConnectionFailedError"
    assert "VERSION" in reported.upper() or "PROTOCOL" in reported.upper()


def speaks_1_1(url: str) -> bool:
    port = int(url.rpartition(":")[2].partition("/")[0])
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.minimum_version = ssl.TLSVersion.TLSv1_1
    try:
        with socket.create_connection(("127.0.0.1", port), 5) as raw, context.wrap_socket(raw) as connection:
            return connection.version() == "TLSv1.1"
    except OSError:
        return False


def test_two_options_together_turn_it_off_and_nothing_else() -> None:
    words = ("verify", "ssl", "tls", "cert", "insecure")
    options = {*CORE_OPTIONS, *inspect.signature(LLMConfig).parameters, *inspect.signature(AioHttpTransport).parameters}
    named = {name for name in options if any(word in name for word in words)}
    assert named == {"allow_insecure", "verify", "client_cert", "tls"}
    unchecked = ssl.create_default_context()
    unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
    for verify in (False, unchecked):
        with pytest.raises(ConfigurationError, match="allow_insecure=True"):
            tls_context(ProviderConfig(name="n", verify=verify))


async def test_what_allows_plain_http_allows_no_false_certificate(certificate: Path) -> None:
    with serving(certificate) as url:
        llm = CLIENTS["openai_compatible"].llm(url.removesuffix("/v1"), allow_insecure=True)
        async with llm:
            with pytest.raises(OSError, match="trusted"):
                await asyncio.wait_for(llm.generate("hi"), 20)
