"""Files that vendors store: uploaded, listed, referred to and deleted, as their recorded replies show."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import recordings
from dragoman import (
    LLM,
    FileInfo,
    FileRef,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    NotFoundError,
    ProtocolError,
    ProviderError,
    RequestTimeoutError,
    SyncLLM,
    UnsupportedError,
)
from dragoman.testing.fixtures import loopback
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply

__all__ = ["loopback"]

PDF = b"%PDF-1.7 not really"
OPENAI = {
    "object": "file",
    "id": "file-7B3UbsdCMGKBxAQjtjiy6Q",
    "purpose": "user_data",
    "filename": "apples.pdf",
    "bytes": 14560,
    "created_at": 1785201993,
    "expires_at": None,
    "status": "processed",
}
ANTHROPIC = {
    "type": "file",
    "id": "file_011CdeLUpakHYCG43qGLsdXo",
    "size_bytes": 14560,
    "created_at": "2026-08-02T17:43:56.144000Z",
    "filename": "apples.pdf",
    "mime_type": "application/pdf",
    "downloadable": False,
}
GOOGLE = {
    "name": "files/ofyvwkznt2rs",
    "mimeType": "application/pdf",
    "sizeBytes": "14560",
    "createTime": "2026-07-28T03:21:18.604327Z",
    "expirationTime": "2026-07-30T03:21:18.448013188Z",
    "uri": "https://generativelanguage.googleapis.com/v1beta/files/ofyvwkznt2rs",
    "state": "ACTIVE",
}
MODELS = {"openai": "openai/gpt-4o", "anthropic": "anthropic/claude-sonnet-4-5", "google": "google/gemini-2.5-flash"}


def asked(loopback: LoopbackServer, vendor: str, **more: Any) -> LLM:
    base = loopback.url + {"openai": "/v1", "anthropic": "/v1", "google": "/v1beta"}[vendor]
    return LLM(LLMConfig(model=MODELS[vendor], api_key="sk-0123456789", api_base=base, num_retries=0, **more))


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "apples.pdf"
    path.write_bytes(PDF)
    return path


async def test_openai_stores_lists_and_deletes(loopback: LoopbackServer, pdf: Path) -> None:
    loopback.reply(
        Reply.json(OPENAI),
        Reply.json({"object": "list", "data": [OPENAI], "has_more": True}),
        Reply.json({"object": "list", "data": [{**OPENAI, "id": "file-2", "expires_at": 5}, {"id": ""}]}),
        Reply.json({"object": "file", "deleted": True, "id": OPENAI["id"]}),
        Reply.json({"object": "file", "deleted": False, "id": OPENAI["id"]}),
        Reply.json({"object": "file"}),
    )
    async with asked(loopback, "openai") as llm:
        ref = await llm.upload(pdf, options={"openai": {"expires_after": 3600}})
        files = await llm.files()
        await llm.delete_file(ref)
        with pytest.raises(ProtocolError, match="was not deleted"):
            await llm.delete_file(ref)
        with pytest.raises(ProtocolError, match="the file has no id"):
            await llm.upload(pdf, options={"openai": {"purpose": "vision"}})

    assert ref == FileRef(
        file_id=str(OPENAI["id"]), issuer="openai", media_type="application/pdf", filename="apples.pdf"
    )
    assert files[0] == FileInfo(
        ref=FileRef(file_id=ref.file_id, issuer="openai", filename="apples.pdf"),
        size=14560,
        created=1785201993,
        metadata=OPENAI,
    )
    assert [each.expires for each in files] == [None, 5]
    upload, first, second, deletion, _, again = loopback.requests
    assert upload.path == "/v1/files"
    assert upload.headers["content-type"].startswith("multipart/form-data; boundary=")
    for part in (b'name="purpose"\r\n\r\nuser_data', b'name="expires_after[seconds]"\r\n\r\n3600', PDF):
        assert part in upload.body
    assert b'name="file"; filename="apples.pdf"\r\nContent-Type: application/pdf' in upload.body
    assert (first.path, second.path) == ("/v1/files", f"/v1/files?after={OPENAI['id']}")
    assert (deletion.method, deletion.path) == ("DELETE", f"/v1/files/{OPENAI['id']}")
    assert b'name="purpose"\r\n\r\nvision' in again.body


async def test_anthropic_stores_lists_and_deletes(loopback: LoopbackServer) -> None:
    loopback.reply(
        Reply.json(ANTHROPIC),
        Reply.json({"data": [ANTHROPIC], "has_more": True, "last_id": "file_1"}),
        Reply.json({"data": [{**ANTHROPIC, "id": "file_2"}], "has_more": False}),
        Reply.json({"id": ANTHROPIC["id"], "type": "file_deleted"}),
        Reply.json({"type": "error", "error": {"type": "not_found_error", "message": "no such file"}}, status=404),
        Reply.json({}),
    )
    async with asked(loopback, "anthropic") as llm:
        ref = await llm.upload(PDF, filename="apples.pdf", options={"anthropic": {"expires_in_seconds": 3600}})
        files = await llm.files()
        await llm.delete_file(ref)
        with pytest.raises(NotFoundError, match="no such file"):
            await llm.delete_file(ref)
        with pytest.raises(ProtocolError, match="the file has no id"):
            await llm.upload(PDF)

    assert ref == FileRef(
        file_id=str(ANTHROPIC["id"]), issuer="anthropic", media_type="application/pdf", filename="apples.pdf"
    )
    assert (files[0].ref, files[0].size, files[0].created) == (ref, 14560, 1785692636.144)
    assert files[1].ref.file_id == "file_2"
    assert {each.headers["anthropic-beta"] for each in loopback.requests} == {"files-api-2025-04-14"}
    assert b'name="expires_in_seconds"\r\n\r\n3600' in loopback.requests[0].body
    assert loopback.requests[2].path == "/v1/files?limit=1000&after_id=file_1"
    assert loopback.requests[3].path == f"/v1/files/{ANTHROPIC['id']}"


def begun(loopback: LoopbackServer) -> Reply:
    return Reply(headers={"x-goog-upload-url": f"{loopback.url}/upload/v1beta/files?upload_id=1"}, body=b"")


async def test_google_stores_by_a_resumable_upload_and_waits_until_it_is_processed(
    loopback: LoopbackServer, pdf: Path
) -> None:
    loopback.reply(
        begun(loopback),
        Reply.json({"file": {**GOOGLE, "state": "PROCESSING"}}),
        Reply.json(GOOGLE),
        Reply.json({"files": [GOOGLE], "nextPageToken": "p 2"}),
        Reply.json({"files": [{**GOOGLE, "name": "files/2", "createTime": "odd", "sizeBytes": "many"}, {}]}),
        Reply.json({}),
    )
    async with asked(loopback, "google") as llm:
        ref = await llm.upload(pdf, options={"google": {"display_name": "Apples"}})
        files = await llm.files()
        await llm.delete_file(FileRef(file_id=str(GOOGLE["uri"]), issuer="google"))

    assert ref == FileRef(file_id="files/ofyvwkznt2rs", issuer="google", media_type="application/pdf")
    assert (files[0].size, files[0].created, files[0].expires) == (14560, 1785208878.604327, 1785381678.448013)
    assert (files[1].ref.file_id, files[1].size, files[1].created) == ("files/2", None, None)
    start, data, state, _, second, deletion = loopback.requests
    assert start.path == "/upload/v1beta/files"
    assert start.json == {"file": {"displayName": "Apples"}}
    assert start.headers["x-goog-upload-header-content-length"] == str(len(PDF))
    assert (data.path, data.body) == ("/upload/v1beta/files?upload_id=1", PDF)
    assert data.headers["x-goog-upload-command"] == "upload, finalize"
    assert state.path == "/v1beta/files/ofyvwkznt2rs"
    assert second.path == "/v1beta/files?pageSize=100&pageToken=p%202"
    assert (deletion.method, deletion.path) == ("DELETE", "/v1beta/files/ofyvwkznt2rs")


async def test_what_google_cannot_do_with_a_file(loopback: LoopbackServer, pdf: Path) -> None:
    loopback.reply(
        Reply(body=b""),
        begun(loopback),
        Reply.json({"file": {"mimeType": "x"}}),
        begun(loopback),
        Reply.json({"file": {**GOOGLE, "state": "FAILED"}}),
        begun(loopback),
        Reply.json({"file": {**GOOGLE, "state": "PROCESSING"}}),
    )
    async with asked(loopback, "google") as llm:
        for said in ("does not say where", "the file has no name", "could not process the file files/ofyvwkznt2rs"):
            with pytest.raises(ProtocolError, match=said):
                await llm.upload(pdf)
        with pytest.raises(RequestTimeoutError, match="still being processed; give timeout= more seconds"):
            await llm.upload(pdf, timeout=0.9)


async def test_vertex_stores_none() -> None:
    llm = LLM(LLMConfig(model="vertex/gemini-2.5-flash", project="p", credentials={"type": "authorized_user"}))
    for call in (llm.upload(PDF), llm.files(), llm.delete_file(FileRef(file_id="files/1"))):
        with pytest.raises(UnsupportedError, match="Vertex AI stores no files; put them into Cloud Storage"):
            await call


SENT = {
    "openai": (FileRef(file_id="file-1", issuer="openai"), '"file_id":"file-1"'),
    "anthropic": (FileRef(file_id="file_1", issuer="anthropic"), '"file_id":"file_1"'),
    "google": (
        FileRef(file_id="files/1", issuer="google"),
        '"fileUri":"https://generativelanguage.googleapis.com/v1beta/files/1"',
    ),
}
ANYWHERE = FileRef.of({vendor: ref.file_id for vendor, (ref, _) in SENT.items()}, media_type="application/pdf")


@pytest.mark.parametrize(
    ("vendor", "more"),
    [("openai", {"api": "chat"}), ("openai", {"api": "responses"}), ("anthropic", {}), ("google", {})],
)
def test_a_file_is_sent_where_it_was_uploaded(loopback: LoopbackServer, vendor: str, more: dict[str, str]) -> None:
    llm = asked(loopback, vendor, **more)
    own, text = SENT[vendor]
    for ref in (own, FileRef(file_id=own.file_id), ANYWHERE):
        media = Media.of(ref, media_type="application/pdf")
        body = llm.build_request(Message("user", [media])).body
        assert text in json.dumps(body, separators=(",", ":"))
        assert text in json.dumps(
            llm.build_request(Message("user", [Media.of(ref, media_type="image/png")])).body, separators=(",", ":")
        )
    for other, (ref, _) in SENT.items():
        if other != vendor:
            with pytest.raises(InvalidRequestError, match=f"was uploaded to {other}, and {vendor} cannot read it"):
                llm.build_request(Message("user", [Media.of(ref, media_type="application/pdf")]))


async def test_a_file_of_another_provider_is_not_deleted(loopback: LoopbackServer) -> None:
    async with asked(loopback, "openai") as llm:
        with pytest.raises(InvalidRequestError, match="was uploaded to anthropic, and openai cannot read it"):
            await llm.delete_file(FileRef(file_id="file_1", issuer="anthropic"))
        with pytest.raises(InvalidRequestError, match="ref must be a FileRef, as upload"):
            await llm.delete_file("file-1")  # type: ignore[arg-type]
        for file_id in ("", " ", ".", "../.."):
            with pytest.raises(InvalidRequestError, match=f"'{re.escape(file_id)}' is no id of a file at openai"):
                await llm.delete_file(FileRef(file_id=file_id, issuer="openai"))
    assert loopback.requests == []


@pytest.mark.parametrize(
    ("source", "options", "said"),
    [
        ("missing.pdf", {}, "cannot be read"),
        (b"no known bytes", {}, "give media_type="),
        ("https://acme.example/a.pdf", {}, "a file is uploaded of a path or of bytes"),
        (PDF, {"purpos": "vision"}, "did you mean 'purpose'"),
        (b"plain", {"media_typ": "text/plain"}, "did you mean 'media_type'"),
        (PDF, {"expires_after": "soon"}, "expires_after"),
        (5, {}, "media are made of a path, bytes"),
    ],
)
async def test_what_cannot_be_uploaded_is_refused_before_it_is_sent(
    loopback: LoopbackServer, source: Any, options: dict[str, Any], said: str
) -> None:
    async with asked(loopback, "openai") as llm:
        with pytest.raises(InvalidRequestError, match=said):
            await llm.upload(source, options={"openai": options})
    assert loopback.requests == []


def test_files_without_await(loopback: LoopbackServer, pdf: Path) -> None:
    loopback.reply(Reply.json(OPENAI), Reply.json({"data": [OPENAI]}), Reply.json({"deleted": True}))
    with SyncLLM(asked(loopback, "openai").config) as llm:
        ref = llm.upload(str(pdf))
        assert [each.ref.file_id for each in llm.files()] == [ref.file_id]
        llm.delete_file(ref)
    with pytest.raises(UnsupportedError, match="the provider 'groq' does not store files"):
        SyncLLM("groq/llama-3.3-70b-versatile", api_key="k").files()


def recorded(operation: str) -> list[Any]:
    """Return the recorded exchanges of an operation, one case each."""
    found = [(vendor, each) for vendor in MODELS for each in recordings.recordings(f"{vendor}.files")]
    wanted = [pytest.param(vendor, each, id=each.id) for vendor, each in found if operation_of(each) == operation]
    return wanted or [pytest.param("", None, marks=pytest.mark.skip(reason=recordings.absence() or "none of them"))]


def operation_of(recording: recordings.Recording) -> str:
    """Return what a recorded request asks for."""
    path = recording.request.url.partition("?")[0].rstrip("/")
    ends_in_files = path.endswith("/files")
    is_half = "x-goog-upload-url" in dict(recording.headers)  # of an upload: the place for the content
    if recording.status >= 400 or path.endswith("/content") or is_half:
        return "other"
    names = {("POST", True): "upload", ("GET", True): "list", ("DELETE", False): "delete"}
    return names.get((recording.request.method, ends_in_files), "other")


@pytest.mark.parametrize(("vendor", "recording"), recorded("upload"))
async def test_a_recorded_upload_is_read(loopback: LoopbackServer, vendor: str, recording: Any) -> None:
    loopback.reply(*([begun(loopback)] if vendor == "google" else []), recording.reply())
    async with asked(loopback, vendor) as llm:
        ref = await llm.upload(PDF)
    entry = recording.body_json.get("file", recording.body_json)
    assert ref.file_id == entry.get("id", entry.get("name"))
    assert ref.issuer == vendor


@pytest.mark.parametrize(("vendor", "recording"), recorded("list"))
async def test_a_recorded_list_is_read(loopback: LoopbackServer, vendor: str, recording: Any) -> None:
    empty = Reply.json({"data": [], "files": []})
    loopback.reply(recording.reply(), empty)
    async with asked(loopback, vendor) as llm:
        files = await llm.files()
    entries = recording.body_json.get("files") or recording.body_json["data"]
    assert [each.ref.file_id for each in files] == [each.get("id", each.get("name")) for each in entries]
    assert [each.size for each in files] == [
        int(each.get("bytes", each.get("size_bytes", each.get("sizeBytes")))) for each in entries
    ]
    assert all(each.created is not None for each in files)


@pytest.mark.parametrize(("vendor", "recording"), recorded("delete"))
async def test_a_recorded_deletion_is_read(loopback: LoopbackServer, vendor: str, recording: Any) -> None:
    loopback.reply(recording.reply())
    async with asked(loopback, vendor) as llm:
        await llm.delete_file(FileRef(file_id="file-1"))
    assert loopback.requests[0].method == "DELETE"


@pytest.mark.parametrize("call", ["upload", "files", "delete_file"])
@pytest.mark.parametrize("model", ["openai/gpt-4o", "anthropic/claude-sonnet-4-5", "google/gemini-2.5-flash"])
async def test_an_error_with_a_good_status_is_an_error(loopback: LoopbackServer, model: str, call: str) -> None:
    failed = Reply.json({"error": {"message": "slow down", "code": 429, "status": "RESOURCE_EXHAUSTED"}})
    begun = Reply.json({}, headers={"x-goog-upload-url": f"{loopback.url}/upload"})
    loopback.reply(*([begun] if (call, model[:6]) == ("upload", "google") else []), failed)
    arguments = {"upload": (PDF,), "files": (), "delete_file": (FileRef(file_id="f1", issuer=model.partition("/")[0]),)}
    async with LLM(LLMConfig(model=model, api_key="sk-0123456789", api_base=loopback.url, num_retries=0)) as llm:
        with pytest.raises(ProviderError, match="slow down"):
            await getattr(llm, call)(*arguments[call])
