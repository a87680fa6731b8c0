"""Vectors in the replies to requests for embeddings."""

from __future__ import annotations

import struct
from base64 import b64encode
from typing import Any

import pytest

from dragoman import ProtocolError
from dragoman.http import vectors_of

FLOATS = b64encode(struct.pack("<2f", 0.5, -2)).decode()


def test_vectors_are_numbers_or_floats_in_base64() -> None:
    assert vectors_of([[0.5, -2], FLOATS], 2) == ((0.5, -2.0), (0.5, -2.0))
    assert {type(each) for vector in vectors_of([[1, 2]], 1) for each in vector} == {float}


@pytest.mark.parametrize("texts", [0, 2])
def test_each_text_has_one(texts: int) -> None:
    with pytest.raises(ProtocolError, match=f"{texts} texts were sent, but 1 vectors came back"):
        vectors_of([[0.5]], texts)


@pytest.mark.parametrize("wrong", [None, [], [None], ["0.5"], [True], [[0.5]], {"values": [0.5]}, "", "AAA=", 0.5])
def test_what_is_no_vector_is_an_error(wrong: Any) -> None:
    with pytest.raises(ProtocolError, match="does not hold a vector"):
        vectors_of([wrong], 1)


def test_what_is_no_base64_is_an_error() -> None:
    with pytest.raises(ProtocolError, match="base64"):
        vectors_of(["x"], 1)


def test_a_number_that_no_float_holds_is_an_error() -> None:
    with pytest.raises(ProtocolError, match="too large"):
        vectors_of([[10**400]], 1)
