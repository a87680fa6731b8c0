from __future__ import annotations

import copy
import inspect
import pickle
import re
from typing import Any

import pytest

from dragoman.spec import errors
from dragoman.spec.errors import (
    ConfigurationError,
    ConnectionFailedError,
    DragomanError,
    OverloadedError,
    ProtocolError,
    ServerError,
)
from dragoman.spec.plain_text import printable
from dragoman.spec.response import Attempt

CLASSES = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, DragomanError)]
ALSO = {
    "ConfigurationError": ValueError,
    "UnknownModelError": LookupError,
    "UnknownProviderError": LookupError,
    "AmbiguousModelError": LookupError,
    "PluginLoadError": ImportError,
    "InvalidRequestError": ValueError,
    "UnsupportedError": ValueError,
    "AuthenticationError": PermissionError,
    "PermissionDeniedError": PermissionError,
    "NotFoundError": LookupError,
    "BadRequestError": ValueError,
    "ConnectionFailedError": ConnectionError,
    "RequestTimeoutError": TimeoutError,
    "StreamInterruptedError": ConnectionError,
    "TransportError": OSError,
    "OutputError": ValueError,
}


@pytest.mark.parametrize("kind", CLASSES)
def test_every_error_says_its_message_and_survives_pickling_with_its_details(kind: type[DragomanError]) -> None:
    error = kind("no such thing", provider="echo", status=418, code="teapot", retry_after=1.5, headers={"a": "b"})
    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301  # our own bytes
        assert type(twin) is kind
        assert twin.message == "no such thing"
        assert vars(twin) == vars(error)


@pytest.mark.parametrize(("name", "builtin"), ALSO.items())
def test_errors_are_what_a_caller_would_already_catch(name: str, builtin: type[Exception]) -> None:
    assert issubclass(getattr(errors, name), builtin)


THREE = tuple(Attempt(number=number, error="ServerError", status=500) for number in (1, 2, 3))
KNOWN: dict[str, Any] = {
    "provider": "acme",
    "model": "m1",
    "status": 500,
    "attempts": THREE,
    "request_id": "req_123",
}
TOLD = {
    "all": (ServerError, {}, "acme (m1) answered 500 after 3 attempts: boom [req_123]"),
    "one attempt": (ServerError, {"attempts": THREE[:1]}, "acme (m1) answered 500: boom [req_123]"),
    "no model": (ServerError, {"model": None}, "acme answered 500 after 3 attempts: boom [req_123]"),
    "no provider": (ServerError, {"provider": None}, "m1 answered 500 after 3 attempts: boom [req_123]"),
    "no id": (ServerError, {"request_id": None}, "acme (m1) answered 500 after 3 attempts: boom"),
    "in a stream": (ServerError, {"status": 200, "attempts": ()}, "acme (m1) reported an error: boom [req_123]"),
    "no status": (ServerError, {"status": None}, "acme (m1) reported an error after 3 attempts: boom [req_123]"),
    "nobody": (
        ServerError,
        {"provider": None, "model": None, "attempts": ()},
        "the provider answered 500: boom [req_123]",
    ),
    "a lost connection": (
        ConnectionFailedError,
        {"status": None, "request_id": None},
        "acme (m1) failed after 3 attempts: boom",
    ),
    "an unknown connection": (ConnectionFailedError, {"provider": None}, "boom"),
    "a broken reply": (ProtocolError, {"attempts": ()}, "acme (m1) failed: boom [req_123]"),
    "an unknown reply": (ProtocolError, {"provider": None}, "boom"),
    "no call": (ConfigurationError, {}, "boom"),
}


@pytest.mark.parametrize("case", TOLD)
def test_the_text_of_an_error_says_who_answered_how_and_after_how_many_attempts(case: str) -> None:
    kind, changes, expected = TOLD[case]
    error = kind("boom", **KNOWN | changes)
    assert (str(error), error.message) == (expected, "boom")


def test_the_text_of_an_error_repeats_no_id_and_is_short() -> None:
    assert str(ServerError("boom in req_1", provider="acme", status=500, request_id="req_1")).count("req_1") == 1
    assert str(ServerError("", provider="acme", status=500)) == "acme answered 500"
    assert str(ServerError("boom")) == "boom"
    assert len(str(ServerError("x" * 5_000, provider="p" * 5_000, model="m" * 5_000, status=500))) <= 2_000


def test_details_that_are_not_known_are_none() -> None:
    error = DragomanError("oh")
    details = (error.provider, error.model, error.status, error.code, error.parameter, error.request_id)
    assert details == (None,) * 6
    assert (error.retry_after, error.phase, error.partial, error.body) == (None,) * 4
    assert (error.attempts, error.headers, error.retryable) == ((), {}, False)


def test_the_class_says_whether_to_try_again_unless_the_error_knows_better() -> None:
    assert OverloadedError("full").retryable
    assert not ServerError("broken", retryable=False).retryable
    assert DragomanError("odd", retryable=True).retryable


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    drawn: list[tuple[int, str]] = [
        (len(line) - len(line.lstrip()), line.split()[0])
        for line in (errors.__doc__ or "").splitlines()
        if re.match(r" {4,}\w+Error\b", line)
    ]
    parents: dict[int, str] = {}
    for indent, name in drawn:
        parents[indent] = name
        if indent > 4:
            assert getattr(errors, name).__bases__[0].__name__ == parents[indent - 2]
    assert {name for _, name in drawn} == {kind.__name__ for kind in CLASSES}


EVIL = "a\x1b]52;c;eA==\x07b\x9b31m\u202e\u2028\udcff\r"


@pytest.mark.parametrize("kind", CLASSES)
def test_no_text_of_an_error_rules_a_terminal_or_fills_a_log(kind: type[DragomanError]) -> None:
    text = EVIL + "x" * 1_000_000
    error = kind(text, provider=text, model=text, code=text, parameter=text, request_id=text, body=text)
    error.headers = {"x-request-id": EVIL + "\n"}
    error.add_note(text)
    shown = [str(error), repr(error), *error.args, *error.headers.values(), *error.__notes__]
    shown += [error.provider or "", error.model or "", error.code or "", error.parameter or "", error.request_id or ""]
    for each in (*shown, error.body or ""):
        assert printable(each) == each
        assert each.encode()
    assert len(error.message) <= 2_000
    assert "more characters" in error.message
    assert {len(error.code or ""), len(error.parameter or ""), len(error.request_id or "")} <= {*range(100, 201)}
    assert max(map(len, shown)) < 2_100


def test_what_is_set_later_is_as_fit_to_be_shown() -> None:
    error = DragomanError("plain")
    error.message = EVIL
    error.code = "two\nlines"
    assert (str(error), error.code) == ("a]52;c;eA==b31m\ufffd", "two lines")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301  # our own bytes


def test_a_text_of_nothing_that_may_be_shown_is_not_empty() -> None:
    assert (str(DragomanError("\x1b")), str(DragomanError(""))) == ("\ufffd", "")
