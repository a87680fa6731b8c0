from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

import recordings
from dragoman.http.sse import EventDecoder
from dragoman.testing.fixtures import loopback
from recordings import RecordedRequest, Recording

if TYPE_CHECKING:
    from pathlib import Path

    from dragoman.testing.loopback import LoopbackServer

__all__ = ["loopback"]

TEXT = ': hello\n\ndata: {"text":"ünï\u2028"}\n\ndata: [DONE]\n\n'
EXCHANGES: list[dict[str, Any]] = [
    {
        "id": "chat-a",
        "provider": "openai",
        "api": "openai.chat",
        "situation": ["text"],
        "fidelity": "recorded",
        "source": {"repo": "none"},
        "request": {"method": "POST", "url": "https://h/v1/chat", "headers": {"accept": "*/*"}, "body": {"model": "m"}},
        "response": {
            "status": 200,
            "headers": {"content-type": "application/json", "x-request-id": "r", "content-length": "999"},
            "body": {"b": "ü", "a": [None]},
        },
    },
    {
        "id": "x-chat-b",
        "provider": "openai",
        "api": "openai.chat",
        "situation": ["stream", "text"],
        "fidelity": "synthetic-suspect",
        "source": {"repo": "none"},
        "sequence": {"id": "s", "position": 0, "length": 2},
        "request": {"method": "POST", "url": "https://h/v1/chat", "headers": {}, "unrecorded": True},
        "response": {
            "status": 200,
            "headers": {},
            "body_text": TEXT,
            "chunk_lengths": [10, 20, len(TEXT.encode()) - 30],
        },
    },
]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "openai").mkdir()
    for exchange in EXCHANGES:
        (tmp_path / "openai" / f"{exchange['id']}.json").write_text(json.dumps(exchange))
    monkeypatch.setenv(recordings.VARIABLE, str(tmp_path))
    return tmp_path


def recording(**attributes: Any) -> Recording:
    return Recording(
        **{
            "id": "x",
            "provider": "p",
            "api": "openai.chat",
            "situation": frozenset(),
            "fidelity": "recorded",
            "request": RecordedRequest(method="POST", url="https://h", headers={}),
            "status": 200,
            "headers": (),
            **attributes,
        }
    )


@pytest.mark.usefixtures("folder")
class TestLoading:
    def test_reads_what_the_files_say(self) -> None:
        plain, stream = recordings.recordings("openai.chat", include_suspect=True)

        assert (plain.id, plain.provider, plain.api, plain.fidelity) == ("chat-a", "openai", "openai.chat", "recorded")
        assert plain.request == RecordedRequest(
            method="POST", url="https://h/v1/chat", headers={"accept": "*/*"}, body={"model": "m"}
        )
        assert (plain.status, plain.body_json, plain.body_text, plain.chunks) == (
            200,
            {"b": "ü", "a": [None]},
            None,
            None,
        )
        assert (plain.streamed, stream.streamed) == (False, True)
        assert not stream.request.recorded
        assert stream.sequence == {"id": "s", "position": 0, "length": 2}
        assert stream.source == {"repo": "none"}
        assert stream.chunk_lengths[:2] == (10, 20)

    def test_leaves_the_suspect_out(self) -> None:
        assert [each.id for each in recordings.recordings("openai.chat")] == ["chat-a"]

    def test_of_what_is_not_there_fails(self) -> None:
        with pytest.raises(LookupError, match=r"no recording of openai\.talk"):
            recordings.recordings("openai.talk")

    def test_makes_parameters(self) -> None:
        [case] = recordings.cases("openai.chat", lambda each: each.streamed, include_suspect=True)

        assert case.id == "x-chat-b"
        recordings.skip()  # does not

    def test_without_the_folder_skips(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv(recordings.VARIABLE, str(tmp_path / "absent"))
        [case] = recordings.cases("openai.chat")

        assert recordings.recordings("openai.chat") == []
        assert [mark.name for mark in case.marks] == ["skip"]
        with pytest.raises(pytest.skip.Exception, match="absent: set DRAGOMAN_RECORDINGS"):
            recordings.skip()

    def test_looks_beside_the_checkout_by_default(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.delenv(recordings.VARIABLE, raising=False)

        assert recordings.folder().parts[-2:] == ("shared", "cassettes")


class TestBody:
    def test_of_json_keeps_the_order_of_its_members(self) -> None:
        body = recording(has_json=True, body_json={"b": "ü", "a": [None]}).reply_bytes()

        assert body == '{"b":"ü","a":[null]}'.encode()

    def test_of_text_is_that_text(self) -> None:
        assert recording(body_text=TEXT).reply_bytes() == TEXT.encode()

    @pytest.mark.parametrize("api", ["anthropic.messages", "openai.responses", "azure.responses"])
    def test_of_events_named_by_their_type(self, api: str) -> None:
        body = recording(api=api, chunks=({"type": "a", "n": 1}, {"type": "b"})).reply_bytes()

        assert body == b'event: a\ndata: {"type":"a","n":1}\n\nevent: b\ndata: {"type":"b"}\n\n'

    @pytest.mark.parametrize("api", ["openai.chat", "groq.chat", "azure.chat"])
    def test_of_chat_events_ends_in_done(self, api: str) -> None:
        assert recording(api=api, chunks=({"n": 1},)).reply_bytes() == b'data: {"n":1}\n\ndata: [DONE]\n\n'

    def test_of_google_events_ends_lines_in_crlf(self) -> None:
        assert recording(api="google.generate", chunks=({"n": 1},)).reply_bytes() == b'data: {"n":1}\r\n\r\n'


class TestContentType:
    def test_is_the_recorded_one(self) -> None:
        headers = (("content-type", "text/event-stream; charset=utf-8"),)

        assert recording(headers=headers, body_text="[]").content_type == "text/event-stream; charset=utf-8"

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"chunks": ()}, "text/event-stream"),
            ({"body_text": TEXT}, "text/event-stream"),
            ({"body_text": "data: {}\n\n"}, "text/event-stream"),
            ({"body_text": "event: x\n\n"}, "text/event-stream"),
            ({"body_text": "[{}]"}, "application/json"),
            ({"body_text": "<html>"}, "text/plain"),
            ({"has_json": True, "body_json": None}, "application/json"),
        ],
    )
    def test_is_else_the_one_that_fits(self, body: dict[str, Any], expected: str) -> None:
        assert recording(**body).content_type == expected


class TestFramings:
    def test_are_three_and_the_recorded_one_where_it_is_known(self) -> None:
        known = recording(body_text="abc", chunk_lengths=(1, 2)).framings()

        assert list(known) == ["whole", "bytewise", "recorded", "random"]
        assert known["recorded"] == (1, 2)
        assert list(recording(body_text="abc").framings()) == ["whole", "bytewise", "random"]

    def test_at_random_cover_the_body_and_are_the_same_each_time(self) -> None:
        lengths = recording(body_text=TEXT * 100).framings()["random"]

        assert isinstance(lengths, tuple)
        assert sum(lengths) == len(TEXT.encode()) * 100
        assert lengths == recording(body_text=TEXT * 100).framings()["random"]
        assert lengths != recording(body_text=TEXT * 100, id="y").framings()["random"]


@pytest.mark.usefixtures("folder")
class TestReplay:
    async def test_of_json(self, loopback: LoopbackServer) -> None:
        [recording] = recordings.recordings("openai.chat")
        for framing in recording.framings():
            loopback.reply(recording.reply(framing))
            async with aiohttp.ClientSession() as session, session.get(loopback.url) as response:
                assert await response.json() == recording.body_json
                assert response.headers["x-request-id"] == "r"
                assert response.headers.get("content-length") != "999"

    async def test_of_a_stream_in_all_framings(self, loopback: LoopbackServer) -> None:
        recording = recordings.recordings("openai.chat", include_suspect=True)[1]
        for framing in recording.framings():
            loopback.reply(recording.reply(framing))
            decoder = EventDecoder()
            async with aiohttp.ClientSession() as session, session.get(loopback.url) as response:
                assert response.content_type == "text/event-stream"
                events = [event async for data, _ in response.content.iter_chunks() for event in decoder.feed(data)]

            assert [event.data.decode() for event in events] == ['{"text":"ünï\u2028"}', "[DONE]"]
