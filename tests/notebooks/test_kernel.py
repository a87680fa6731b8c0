"""The cells of a notebook: a kernel whose event loop runs while it executes them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from jupyter_client.blocking import BlockingKernelClient

pytest.importorskip("ipykernel", reason="the session `notebook` has a kernel")
manager = pytest.importorskip("jupyter_client.manager", reason="the session `notebook` has a client")

SECONDS = 60


@pytest.fixture(scope="module")
def kernel() -> Iterator[BlockingKernelClient]:
    """Start a kernel of this interpreter."""
    started, client = manager.start_new_kernel(startup_timeout=SECONDS)
    yield client
    client.stop_channels()
    started.shutdown_kernel(now=True)


def shown(kernel: BlockingKernelClient, cell: str) -> str:
    """Return what a cell prints and what its last line gives."""
    texts: list[str] = []

    def note(message: dict[str, Any]) -> None:
        content = message["content"]
        kinds = {
            "stream": lambda: content["text"],
            "execute_result": lambda: content["data"]["text/plain"],
            "error": lambda: "\n".join(content["traceback"]),
        }
        if message["msg_type"] in kinds:
            texts.append(kinds[message["msg_type"]]())

    reply = kernel.execute_interactive(cell, timeout=SECONDS, output_hook=note)
    assert reply["content"]["status"] == "ok", "".join(texts)
    return "".join(texts)


def test_the_loop_of_the_kernel_runs(kernel: BlockingKernelClient) -> None:
    assert shown(kernel, "import asyncio\nasyncio.get_running_loop().is_running()") == "True"


def test_calls_without_await(kernel: BlockingKernelClient) -> None:
    cell = "from dragoman import SyncLLM\nllm = SyncLLM('echo')\nllm.completion('Hello')"
    assert shown(kernel, cell) == "'Hello'"
    assert shown(kernel, "llm.generate('Hello').usage.output_tokens") == "1"


def test_streams_without_await(kernel: BlockingKernelClient) -> None:
    cell = "from dragoman import SyncLLM\nllm = SyncLLM('echo')\n"
    assert shown(kernel, cell + "for piece in llm.streaming_completion('a b'): print(repr(piece))") == "'a'\n' b'\n"
    cell = "with llm.stream('a b') as stream:\n    for piece in stream.text(): print(repr(piece))"
    assert shown(kernel, cell) == "'a'\n' b'\n"


def test_calls_with_await(kernel: BlockingKernelClient) -> None:
    assert shown(kernel, "from dragoman import LLM\nawait LLM('echo').completion('Hello')") == "'Hello'"


def test_a_cell_that_is_interrupted_can_be_run_again(kernel: BlockingKernelClient) -> None:
    cell = """
    import signal, threading, os
    from dragoman import SyncLLM
    slow = SyncLLM('echo', options={'echo': {'stall': 30.0}})
    threading.Timer(0.5, os.kill, (os.getpid(), signal.SIGINT)).start()
    try:
        for piece in slow.streaming_completion('a b'):
            print(piece)
    except KeyboardInterrupt:
        print('interrupted')
    """
    assert shown(kernel, cell) == "interrupted\n"
    assert shown(kernel, "SyncLLM('echo').completion('Hello')") == "'Hello'"
