"""Recorded exchanges with providers: one JSON file each, replayed by a loopback server.

They are not part of this repository. The environment variable ``DRAGOMAN_RECORDINGS`` names their folder; without it
they are looked for in ``shared/cassettes`` next to the checkout. Where there are none, the tests of them are skipped.
"""

from __future__ import annotations

import base64
import functools
import json
import os
import random
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import pytest
from attrs import field, frozen

from dragoman.testing.framings import binary_message
from dragoman.testing.reply import Framing, Headers, Reply

if TYPE_CHECKING:
    from collections.abc import Callable

    from _pytest.mark import ParameterSet

VARIABLE = "DRAGOMAN_RECORDINGS"
SUSPECT = "synthetic-suspect"
FRAMING_HEADERS = {"connection", "content-encoding", "content-length", "transfer-encoding"}
NAMED_EVENTS = {
    "anthropic.messages",
    "azure.responses",
    "cohere.chat",
    "openai.responses",
    "openai.responses_retrieve",
}
CLOSED_BY_DONE = {
    "azure.chat",
    "groq.chat",
    "litellm_proxy.chat",
    "openai.chat",
    "openrouter.chat",
    "openrouter.responses",
}
CRLF_EVENTS = {"google.generate"}
BINARY_EVENTS = dict.fromkeys(
    ("bedrock.converse_stream", "bedrock.invoke_stream"), "application/vnd.amazon.eventstream"
)
PIECE_LENGTHS = (1, 2, 3, 5, 17, 100, 1460)

FramingName: TypeAlias = Literal["whole", "bytewise", "recorded", "random"]


@frozen(kw_only=True)
class RecordedRequest:
    """What was sent; *recorded* is false where the source held the response only."""

    method: str
    url: str
    headers: dict[str, str]
    body: Any = None
    recorded: bool = True


@frozen(kw_only=True)
class Recording:
    """One exchange.

    Exactly one of *body_json* (for which *has_json* is true), *body_text*, *body_bytes* and *chunks* is its body.
    """

    id: str
    provider: str
    api: str
    situation: frozenset[str]
    fidelity: str
    request: RecordedRequest
    status: int
    headers: Headers
    has_json: bool = False
    body_json: Any = field(default=None, repr=False)
    body_text: str | None = field(default=None, repr=False)
    body_bytes: bytes | None = field(default=None, repr=False)
    chunks: tuple[Any, ...] | None = field(default=None, repr=False)
    chunk_lengths: tuple[int, ...] = field(default=(), repr=False)
    source: dict[str, Any] = field(factory=dict, repr=False)
    sequence: dict[str, Any] | None = field(default=None, repr=False)

    @property
    def streamed(self) -> bool:
        """Whether the reply is a stream, of events or as a JSON array."""
        return "stream" in self.situation

    @property
    def content_type(self) -> str:
        """The recorded media type, or the one that fits the body where none was kept."""
        recorded = dict(self.headers).get("content-type")
        if recorded is not None:
            return recorded
        if self.api in BINARY_EVENTS and (self.chunks is not None or self.body_bytes is not None):
            return BINARY_EVENTS[self.api]
        if self.chunks is not None or (self.body_text or "").startswith(("data:", "event:", ":")):
            return "text/event-stream"
        return "application/json" if self.has_json or self._text_is_json() else "text/plain"

    def _text_is_json(self) -> bool:
        try:
            json.loads(self.body_text or "")
        except ValueError:
            return False
        return True

    def reply_bytes(self) -> bytes:
        """Return the body as the provider sends it; events of which the framing was lost are framed in its manner."""
        if self.chunks is not None:
            return b"".join(map(self._frame, self.chunks)) + (
                b"data: [DONE]\n\n" if self.api in CLOSED_BY_DONE else b""
            )
        if self.body_bytes is not None:
            return self.body_bytes
        if self.body_text is not None:
            return self.body_text.encode()
        return compact(self.body_json)

    def _frame(self, chunk: Any) -> bytes:
        if self.api in BINARY_EVENTS:
            [(name, payload)] = chunk.items()
            return binary_message(compact(payload), {":message-type": "event", ":event-type": name})
        end = b"\r\n" if self.api in CRLF_EVENTS else b"\n"
        name = b"event: " + chunk["type"].encode() + end if self.api in NAMED_EVENTS else b""
        return name + b"data: " + compact(chunk) + end + end

    def framings(self) -> dict[FramingName, Framing]:
        """Return the ways to cut the body: ``recorded`` only where it is known, ``random`` the same in every run."""
        framings: dict[FramingName, Framing] = {"whole": "whole", "bytewise": "bytewise"}
        if self.chunk_lengths:
            framings["recorded"] = self.chunk_lengths
        generator = random.Random(self.id)  # noqa: S311 - it is to be predictable
        lengths: list[int] = []
        left = len(self.reply_bytes())
        while left > 0:
            lengths.append(min(left, generator.choice(PIECE_LENGTHS)))
            left -= lengths[-1]
        framings["random"] = tuple(lengths)
        return framings

    def reply(self, framing: FramingName = "whole", **attributes: Any) -> Reply:
        """Return this exchange's reply for a loopback server; *attributes* are further ones of :class:`Reply`."""
        headers = tuple((name, value) for name, value in self.headers if name not in {"content-type", *FRAMING_HEADERS})
        return Reply(
            status=self.status,
            headers=(("content-type", self.content_type), *headers),
            body=self.reply_bytes(),
            framing=self.framings()[framing],
            **attributes,
        )


def compact(value: Any) -> bytes:
    """Return *value* as JSON without white space, its characters unescaped."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def folder() -> Path:
    """Return where the recordings are, or would be."""
    beside_the_checkout = Path(__file__).resolve().parents[2] / "shared" / "cassettes"
    return Path(os.environ.get(VARIABLE) or beside_the_checkout)


def absence() -> str | None:
    """Return why there are no recordings, if there are none."""
    if folder().is_dir():
        return None
    return f"no recorded exchanges at {folder()}: set {VARIABLE} to their folder"


def skip() -> None:
    """Skip the test that calls this if there are no recordings."""
    if reason := absence():
        pytest.skip(reason)


def recordings(api: str, *, include_suspect: bool = False) -> list[Recording]:
    """Return the recordings of *api* by id, such as ``openai.chat``; none if the folder is absent.

    Args:
        api: the wire protocol.
        include_suspect: whether to include those that were written or edited by hand.

    Raises:
        LookupError: if the folder holds nothing of *api*.

    """
    if absence():
        return []
    found = [recording for recording in load(folder() / api.partition(".")[0]) if recording.api == api]
    if not found:
        raise LookupError(f"no recording of {api} in {folder()}")
    return [recording for recording in found if include_suspect or recording.fidelity != SUSPECT]


def cases(
    api: str, where: Callable[[Recording], bool] = lambda _: True, *, include_suspect: bool = False
) -> list[ParameterSet]:
    """Return the recordings of *api* for which *where* is true, as parameters; a skipped one if there is no folder."""
    if reason := absence():
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason), id="absent")]
    return [pytest.param(each, id=each.id) for each in recordings(api, include_suspect=include_suspect) if where(each)]


@functools.cache
def load(provider: Path) -> tuple[Recording, ...]:
    """Return all recordings in the folder of a provider."""
    return tuple(parse(path.read_bytes()) for path in sorted(provider.glob("*.json")))


def parse(document: bytes) -> Recording:
    """Return the recording in one file."""
    exchange = json.loads(document)
    request, response = exchange["request"], exchange["response"]
    return Recording(
        id=exchange["id"],
        provider=exchange["provider"],
        api=exchange["api"],
        situation=frozenset(exchange["situation"]),
        fidelity=exchange["fidelity"],
        request=RecordedRequest(
            method=request["method"],
            url=request["url"],
            headers=request["headers"],
            body=request.get("body"),
            recorded=not request.get("unrecorded", False),
        ),
        status=response["status"],
        headers=tuple(response["headers"].items()),
        has_json="body" in response,
        body_json=response.get("body"),
        body_text=response.get("body_text"),
        body_bytes=base64.b64decode(response["body_base64"]) if "body_base64" in response else None,
        chunks=tuple(response["chunks"]) if "chunks" in response else None,
        chunk_lengths=tuple(response.get("chunk_lengths", ())),
        source=exchange.get("source", {}),
        sequence=exchange.get("sequence"),
    )
