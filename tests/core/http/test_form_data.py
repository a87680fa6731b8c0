from __future__ import annotations

from email.message import Message
from email.parser import BytesParser
from email.policy import HTTP

from hypothesis import given, strategies as st

from dragoman.http import multipart


def parsed(body: bytes, kind: str) -> list[Message]:
    """Return the parts, as the parser of the standard library reads them."""
    whole = BytesParser(policy=HTTP).parsebytes(b"Content-Type: " + kind.encode() + b"\r\n\r\n" + body)
    return [*whole.iter_parts()]


@given(data=st.binary(max_size=200), purpose=st.text("abc_- ", max_size=10))
def test_a_parser_reads_the_fields_and_the_file(data: bytes, purpose: str) -> None:
    body, kind = multipart({"purpose": purpose}, "file", data, filename="a b.pdf", media_type="application/pdf")
    field, file = parsed(body, kind)
    assert field["content-disposition"].params == {"name": "purpose"}
    assert file["content-disposition"].params == {"name": "file", "filename": "a b.pdf"}
    assert file["content-type"] == "application/pdf"
    assert data in body


def test_a_name_cannot_end_its_header() -> None:
    body, _ = multipart({}, "file", b"", filename='a"\r\nx: y', media_type="text/plain\r\nx: y")
    assert b'filename="a%22%0D%0Ax: y"' in body
    assert b"\r\nx: y" not in body
