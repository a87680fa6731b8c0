"""The names that misspelled ones stand for."""

from __future__ import annotations

import pytest

from dragoman.spec.nearest_name import after, begun, closest, suggestion


@pytest.mark.parametrize(
    ("name", "found"),
    [("USER", "user"), ("usr", "user"), ("asistant", "assistant"), ("zzz", None), ("", None), ("u" * 100_000, None)],
)
def test_the_closest_is_found_without_regard_to_case(name: str, found: str | None) -> None:
    assert closest(name, ("user", "assistant", "tool")) == found


def test_a_suggestion_is_a_question_or_what_to_do_otherwise() -> None:
    assert suggestion("usr", ("user",)) == "did you mean 'user'?"
    assert suggestion("zzz", ("user",)) == ""
    assert after("no", "usr", ("user",), "leave it out") == "no; did you mean 'user'?"
    assert after("no", "zzz", ("user",), "leave it out") == "no; leave it out"
    assert after("no", 7, ("user",)) == "no"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("gtp-4o", "gpt-4o"),
        ("gpt4o", "gpt-4o"),
        ("gp-4o", "gpt-4o"),
        ("cluade-sonnet", "claude-sonnet"),
        ("gemni-pro", "gemini-pro"),
        ("GTP-4o", "gpt-4o"),
        ("llama-3", None),
        ("o9", None),
        ("my-model", None),
    ],
)
def test_a_beginning_is_corrected(name: str, meant: str | None) -> None:
    assert begun(name, ("gpt-", "claude-", "gemini-", "llama3-", "o1")) == meant
