"""A real inference server on the loopback: that of llama.cpp, with a tiny model that is generated for the tests."""

from __future__ import annotations

import importlib.util
import selectors
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from attrs import field, frozen

from dragoman_llamacpp.tiny_model import Kind, write_tiny
from servers.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).with_name("llama_cpp_server.py")
START_SECONDS = 60.0


@frozen(kw_only=True)
class LlamaServer:
    """Hold a running server; `url` is its root, `base` the root of its OpenAI routes."""

    url: str
    expected_text: str
    process: subprocess.Popen[str] = field(repr=False)
    model: str = "tiny"
    api_key: str | None = field(default=None, repr=False)

    @property
    def base(self) -> str:
        return f"{self.url}/v1"

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])


class StartLlamaServer(Protocol):
    def __call__(self, *, kind: Kind = "chain", api_key: str | None = None, port: int = 0) -> LlamaServer: ...


@contextmanager
def running(folder: Path, *, kind: Kind = "chain", api_key: str | None = None, port: int = 0) -> Iterator[LlamaServer]:
    if importlib.util.find_spec("xllamacpp") is None:
        pytest.skip("xllamacpp has no wheel for this machine")
    model = folder / f"{kind}.gguf"
    expected_text = write_tiny(model, kind=kind)
    log = folder / f"{kind}.log"
    command = [sys.executable, str(SCRIPT), str(model), str(port or free_port()), *([api_key] if api_key else [])]
    with (
        log.open("wb") as errors,
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, text=True) as process,
    ):
        try:
            url = address(process, log)
            yield LlamaServer(url=url, expected_text=expected_text, process=process, api_key=api_key)
        finally:
            process.kill()  # also ends a stopped process


def address(process: subprocess.Popen[str], log: Path) -> str:
    assert process.stdout is not None
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if selector.select(START_SECONDS) else ""
    status, _, url = line.strip().partition(" ")
    if status != "listening":
        pytest.fail(f"the llama.cpp server did not start:\n{log.read_text(errors='replace')[-4000:]}")
    return url


@pytest.fixture(scope="session")
def llama_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LlamaServer]:
    """Serve the chain model to all tests, which must not stop it; use `start_llama_server` for that."""
    with running(tmp_path_factory.mktemp("llama")) as server:
        yield server


@pytest.fixture
def start_llama_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartLlamaServer]:
    """Return a function that starts servers for one test, of either kind, with or without a key."""
    with ExitStack() as stack:

        def start(*, kind: Kind = "chain", api_key: str | None = None, port: int = 0) -> LlamaServer:
            folder = tmp_path_factory.mktemp("llama")
            return stack.enter_context(running(folder, kind=kind, api_key=api_key, port=port))

        yield start
