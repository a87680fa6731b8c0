"""Media that is sent with a request, in either direction between bytes and addresses."""

from __future__ import annotations

import pytest

from dragoman import Bytes, FileRef, InlineText, Media, Url
from dragoman.http import address_of, inline_data


@pytest.mark.parametrize(
    ("source", "found"),
    [
        (Bytes(data=b"hi"), ("image/png", "aGk=")),
        (Url(url="data:image/gif;base64,aGk="), ("image/gif", "aGk=")),
        (Url(url="DATA:;base64,aGk="), ("image/png", "aGk=")),
        (Url(url="data:text/plain,hi"), None),
        (Url(url="https://a.test/x.png?b=;base64,x"), None),
        (FileRef(file_id="file-1"), None),
        (InlineText(text="hi"), None),
    ],
)
def test_media_has_data_as_bytes_or_in_its_address(source, found):
    assert inline_data(Media(source=source, media_type="image/png")) == found


def test_bytes_have_an_address_that_holds_them():
    assert address_of(Bytes(data=b"hi"), "image/png") == "data:image/png;base64,aGk="
    assert address_of(Url(url="https://a.test/x.png"), "image/png") == "https://a.test/x.png"
