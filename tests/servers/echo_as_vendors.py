"""The echo behind the APIs of two vendors, for their own libraries and for those that build on them.

It is made of `openai_format` and `anthropic_format`: what a library sends is read, and what it gets is written by them.
"""

from __future__ import annotations

import importlib.util
import json
import os
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, Self
from unittest import mock

from dragoman import LLMConfig, PlainRequest, Response, SyncLLM
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Received, Reply
from dragoman_anthropic import anthropic_format
from dragoman_openai_compatible import openai_format

if TYPE_CHECKING:
    from collections.abc import Callable

KEY = "sk-of-the-echo"


def answered(received: Received) -> Reply:
    """Return the echo's answer in the form in which it was asked."""
    if received.path.partition("?")[0].endswith("/models"):
        return Reply.json({"object": "list", "data": [{"id": "gpt-4o", "object": "model", "owned_by": "echo"}]})
    if received.path.endswith("/embeddings"):
        texts = received.json["input"]
        rows = [{"object": "embedding", "index": 0, "embedding": [0.5, -0.5]}]
        if isinstance(texts, list):
            rows = [rows[0] | {"index": index} for index in range(len(texts))]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return Reply.json({"object": "list", "data": rows, "model": received.json["model"], "usage": usage})
    if received.path.endswith("/messages"):
        return _reply(
            anthropic_format.read_request(received.json),
            anthropic_format.write_response,
            anthropic_format.EventWriter(),
            lambda each: f"event: {each['type']}\n",
        )
    return _reply(
        openai_format.read_request(received.json),
        openai_format.write_completion,
        openai_format.ChunkWriter(),
        lambda _: "",
    )


def _reply(
    request: PlainRequest,
    whole: Callable[[Response], dict[str, Any]],
    writer: Any,
    head: Callable[[dict[str, Any]], str],
) -> Reply:
    with SyncLLM(LLMConfig(model="echo")) as llm:
        if not request.stream:
            return Reply.json(whole(llm.generate(request.messages, **request.arguments)))
        with llm.stream(request.messages, **request.arguments) as stream:
            written = [each for event in stream for each in writer.write(event)]
    lines = [f"{head(each)}data: {json.dumps(each)}\n\n" for each in written]
    return Reply.sse(*(line.encode() for line in lines), *([] if head(written[0]) else [b"data: [DONE]\n\n"]))


class EchoAsVendors:
    """Serve, and let the environment name the server as that of both vendors, until :meth:`close`."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self.server = self._open.enter_context(LoopbackServer(always=answered))
        base = self.server.url
        variables = {
            "OPENAI_API_KEY": KEY,
            "OPENAI_BASE_URL": f"{base}/v1",
            "OPENAI_API_BASE": f"{base}/v1",
            "ANTHROPIC_API_KEY": KEY,
            "ANTHROPIC_BASE_URL": base,
        }
        self._open.enter_context(mock.patch.dict(os.environ, variables))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._open.close()


def absent(library: str) -> bool:
    """Tell whether a library is not installed: the session `adapters` has those of which the documentation speaks."""
    return importlib.util.find_spec(library) is None
