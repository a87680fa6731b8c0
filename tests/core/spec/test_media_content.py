"""Media that no model can read are refused where they are made, and before anything is sent."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from dragoman import (
    LLM,
    Bytes,
    FileRef,
    InlineText,
    InvalidRequestError,
    LLMConfig,
    Media,
    Message,
    ToolCall,
    ToolResult,
    Url,
)
from dragoman.spec.media_signatures import SIGNED, signed_type

PAGE = b"<!doctype html><title>Not found</title>"
BASE64 = b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJ"
PDF = b64encode(b"%PDF-1.7 and more")
TEXTS = [PAGE, b"\n<HTML><head>", BASE64, BASE64[:16], b"data:image/png;base64," + BASE64, PDF]
FILES = [
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
    b"GIF89a" + b" " * 20,
    b"junk\n%PDF-1.7 and more",
    b"RIFF\0\0\0\0WAVEfmt ",
    b"\0" + PAGE,
    b"gr\xf6\xdfer als andere",
    b"fake bytes of a picture",
    b"another+picture/",
    b"data:image/png,",
    BASE64[:12],
    b"<html",
]
LLM_OF = LLM(LLMConfig("gpt-4o", provider="openai", api_key="k"))


@pytest.mark.parametrize("kind", ["image/png", "image/jpg", "audio/wav", "video/mp4", "application/pdf", "text/plain"])
def test_nothing_is_no_file(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "nothing"
    path.touch()
    for source in (b"", path, f"data:{kind};base64,"):
        with pytest.raises(InvalidRequestError, match=r"is empty: its Bytes has no data; leave it out") as caught:
            Media.of(source, media_type=kind)
        assert caught.value.parameter == "source"


@pytest.mark.parametrize("text", TEXTS)
@pytest.mark.parametrize("kind", sorted(SIGNED))
def test_a_page_or_base64_is_no_file_of_a_format_with_a_signature(kind: str, text: bytes, tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(text)
    sources: tuple[Any, ...] = (text, path, bytearray(text))
    for source in sources:
        with pytest.raises(InvalidRequestError, match=f"declared as {kind}, but its bytes are (a web page|in base64)"):
            Media.of(source, media_type=kind)


def test_the_name_of_a_file_declares_its_type_too(tmp_path: Path) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(BASE64)
    with pytest.raises(InvalidRequestError, match=r"the file 'photo.jpg' is declared as image/jpeg"):
        Media.of(path)


@pytest.mark.parametrize("data", FILES)
def test_what_may_be_a_file_is_taken(data: bytes) -> None:
    assert Media.of(data, media_type="image/png").media_type == "image/png"


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "application/json", "audio/midi", "image/*"])
def test_formats_that_are_text_are_text(kind: str) -> None:
    assert Media.of(PAGE, media_type=kind).media_type == kind


@pytest.mark.parametrize("data", FILES[:4])
def test_what_a_signature_tells_is_among_the_formats_that_have_one(data: bytes) -> None:
    assert (signed_type(data) or "application/pdf") in SIGNED


@pytest.mark.parametrize(
    ("media", "said"),
    [
        (Media(source=Bytes(data=b""), media_type="image/png"), "is empty: its Bytes has no data"),
        (Media(source=Bytes(data=memoryview(b"")), media_type="audio/wav"), "is empty"),  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
        (Media(source=Url(url=""), media_type="image/png"), "is empty: its Url has no url"),
        (Media(source=FileRef(file_id=""), media_type="application/pdf"), "is empty: its FileRef has no file_id"),
        (Media(source=InlineText(text=""), media_type="text/plain"), "is empty: its InlineText has no text"),
        (
            Media(source=Bytes(data=PAGE), media_type="image/png"),
            "declared as image/png, but its bytes are a web page",
        ),
    ],
)
def test_it_is_refused_before_anything_is_sent(media: Any, said: str) -> None:
    call = Message("assistant", [ToolCall(name="f", call_id="c")])
    result = Message("tool", [ToolResult(call_id="c", name="f", content=[media])])
    for conversation in ([Message("user", [media])], [call, result]):
        messages = [Message("user", "Hi"), *conversation]
        with pytest.raises(InvalidRequestError, match=rf"a file in messages\[\d\] .*{said}") as caught:
            LLM_OF.build_request(messages)
        assert caught.value.parameter == "messages"


async def test_an_empty_file_is_not_uploaded() -> None:
    with pytest.raises(InvalidRequestError, match=r"the file 'a\.txt' is empty"):
        await LLM_OF.upload(b"", filename="a.txt")
