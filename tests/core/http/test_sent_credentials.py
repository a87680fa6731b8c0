from __future__ import annotations

from dragoman import Secret
from dragoman.http.sent_credentials import SentCredentials

KEY, FIRST, SECOND = "sk-0123456789", "signature-one", "signature-two"


def test_a_credential_of_any_attempt_is_recognized_where_it_is_repeated() -> None:
    sent = SentCredentials({"authorization": Secret(f"Bearer {KEY}"), "x-version": "2026-01-01"})
    assert sent.are_in(f"request {KEY} failed")
    assert not sent.are_in("request 2026-01-01 failed")
    assert (sent.latest, sent.words) == ({}, frozenset())
    for word in (FIRST, SECOND):
        assert not sent.are_in(word)
        sent.add({"x-signature": Secret(word)})
        assert sent.are_in(f"bad {word}")
    assert [*sent.latest] == ["x-signature"]
    assert sent.words == {FIRST, SECOND}


def test_only_the_latest_attempts_are_remembered() -> None:
    sent = SentCredentials({})
    for number in range(40):
        sent.add({"x-signature": Secret(f"signature-{number:02}")})
    assert len(sent.words) == 32
    assert not sent.are_in("signature-07")
    assert sent.are_in("signature-08")
