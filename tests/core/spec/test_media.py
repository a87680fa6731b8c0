from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dragoman import Bytes, FileRef, InvalidRequestError, Media, Url

PNG = b"\x89PNG\r\n\x1a\n"


def test_media_are_made_of_a_path(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"anything")
    (tmp_path / "b").write_bytes(PNG)
    named = Media.of(tmp_path / "a.png")
    assert named == Media(source=Bytes(data=b"anything"), media_type="image/png", filename="a.png")
    assert Media.of(str(tmp_path / "b")) == Media(source=Bytes(data=PNG), media_type="image/png", filename="b")
    assert Media.of(tmp_path / "b", media_type="text/plain", filename="c").media_type == "text/plain"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (PNG, "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF89a", "image/gif"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8", "image/webp"),
        (b"%PDF-1.7", "application/pdf"),
        (b"RIFF\x00\x00\x00\x00WAVEfmt", "audio/wav"),
        (b"ID3\x04", "audio/mpeg"),
        (b"\xff\xfb\x90", "audio/mpeg"),
        (b"fLaC", "audio/flac"),
        (b"OggS", "audio/ogg"),
        (b"\x00\x00\x00\x18ftypmp42", "video/mp4"),
        (b"\x00\x00\x00\x18ftypM4A ", "audio/mp4"),
        (b"\x00\x00\x00\x18ftypheic", "image/heic"),
        (b"\x00\x00\x00\x18ftypavif", "image/avif"),
        (b"\x00\x00\x00\x14ftypqt  ", "video/quicktime"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x84webm", "video/webm"),
        (b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\x82\x88matroska", "video/x-matroska"),
        (b"\xff\xf3\x84", "audio/mpeg"),
        (b"\xff\xf1\x50", "audio/aac"),
        (b"RIFF\x00\x00\x00\x00AVI LIST", "video/x-msvideo"),
        (b"II*\x00", "image/tiff"),
    ],
)
def test_bytes_tell_their_type(data: bytes, expected: str) -> None:
    assert Media.of(data) == Media(source=Bytes(data=data), media_type=expected)


def test_an_image_with_the_name_of_another_is_what_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(PNG)
    assert Media.of(tmp_path / "a.jpg").media_type == "image/png"
    assert Media.of(PNG, filename="a.jpg").media_type == "image/png"
    assert Media.of(PNG, filename="a.jpg", media_type="image/jpeg").media_type == "image/jpeg"
    (tmp_path / "a.oga").write_bytes(b"OggS")
    assert Media.of(tmp_path / "a.oga").media_type == "audio/ogg"
    assert Media.of(b"\x00\x00\x00\x18ftypisom", filename="a.m4a").media_type.startswith("audio/")


def test_bytes_may_be_of_any_class_and_have_a_name() -> None:
    assert Media.of(bytearray(PNG)).source == Bytes(data=PNG)  # type: ignore[arg-type]
    assert Media.of(b"a", filename="a.csv").media_type == "text/csv"


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("https://x.test/a.png?b=1", Media(source=Url(url="https://x.test/a.png?b=1"), media_type="image/png")),
        ("gs://bucket/a.pdf", Media(source=Url(url="gs://bucket/a.pdf"), media_type="application/pdf")),
        ("data:image/png;base64,YQ==", Media(source=Bytes(data=b"a"), media_type="image/png")),
    ],
)
def test_media_are_made_of_an_address(address: str, expected: Media) -> None:
    assert Media.of(address) == expected


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (b"what", "the type of 'the data' is unknown; give media_type="),
        (b"", "the type of 'the data' is unknown"),
        (b"\xff\xf7\x00", "the type of 'the data' is unknown"),
        ("https://x.test/a", "the type of 'https://x.test/a' is unknown"),
        ("data:image/png,a", "must be a data: URL in base64"),
        ("/no/such.png", "the file '/no/such.png' cannot be read"),
        ("no:such", "the file 'no:such' cannot be read"),
        ("ftp://x.test/a.png", "fetch addresses of http, https, gs, s3, not .ftp://x.test/a.png.; give the bytes"),
        (7, "media are made of a path, bytes or a URL, not 7"),
    ],
)
def test_what_makes_no_media_is_refused(source: Any, problem: str) -> None:
    with pytest.raises(InvalidRequestError, match=problem):
        Media.of(source)


def test_an_address_may_have_its_type_beside_it() -> None:
    assert Media.of("https://x.test/a", media_type="image/webp").media_type == "image/webp"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("image/png", "image/png"),
        ("image/jpg", "image/jpeg"),
        ("IMAGE/PNG", "image/png"),
        ("png", "image/png"),
        (".PDF", "application/pdf"),
        ("jpeg", "image/jpeg"),
        ("audio/L16;rate=24000", "audio/l16;rate=24000"),
        ("no-such-format", "no-such-format"),
    ],
)
def test_a_type_may_be_spelled_in_several_ways(given: str, expected: str) -> None:
    assert Media(source=Bytes(data=b"a"), media_type=given).media_type == expected


def test_an_uploaded_file_is_media_by_its_own_type_and_name() -> None:
    ref = FileRef(file_id="file-1", issuer="acme", media_type="application/pdf", filename="a.pdf")
    assert Media.of(ref) == Media(source=ref, media_type="application/pdf", filename="a.pdf")
    assert Media.of(ref, media_type="image/png", filename="b.png").media_type == "image/png"
    with pytest.raises(InvalidRequestError, match="the type of 'the file file-1' is unknown; give media_type="):
        Media.of(FileRef(file_id="file-1"))


def test_a_reference_has_the_id_of_each_provider() -> None:
    ref = FileRef.of({"acme": "file-1", "near": "file-2"})
    assert (ref.file_id, ref.issuer, ref.id_for("acme"), ref.id_for("near")) == ("file-1", "acme", "file-1", "file-2")
    with pytest.raises(InvalidRequestError, match="uploaded to acme, near, and far cannot read it"):
        ref.id_for("far")
    assert FileRef(file_id="file-1").id_for("anybody") == "file-1"
    for wrong in ({}, ["file-1"], "file-1"):
        with pytest.raises(InvalidRequestError, match="ids must be a mapping of ids by provider"):
            FileRef.of(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arguments", "parameter", "words"),
    [
        *(({"media_type": each}, "media_type", "must be a string, not") for each in (7, b"image/png", ["a/b"])),
        *(({"filename": each}, "filename", "must be a string, not") for each in (7, b"a.png", Path("a.png"))),
        *(
            ({"media_type": each}, "media_type", "must be a type such as 'image/png', not")
            for each in ("nope", "image/", "/png", "a/b\r\nX: y", "a/b;\n", "a b/c", "a/b/c", "ä/b", "image/png, a/b")
        ),
    ],
)
def test_what_is_no_type_or_name_is_refused(arguments: dict[str, Any], parameter: str, words: str) -> None:
    for source in (b"x", "https://host.test/x.png", FileRef(file_id="f", issuer="i", media_type="a/b")):
        with pytest.raises(InvalidRequestError, match=words) as caught:
            Media.of(source, **arguments)
        assert caught.value.parameter == parameter


@pytest.mark.parametrize("kind", ["png", ".PNG", "image/*", "text/plain; charset=utf-8", "Application/VND.x+json;a=b"])
def test_types_in_any_spelling_are_taken(kind: str) -> None:
    assert "/" in Media.of(b"x", media_type=kind).media_type
