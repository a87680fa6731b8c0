from __future__ import annotations

import copy
import inspect
import pickle
import re

import pytest

from dragoman import errors
from dragoman.errors import DragomanError, OverloadedError, ServerError

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
        assert str(twin) == "no such thing"
        assert vars(twin) == vars(error)


@pytest.mark.parametrize(("name", "builtin"), ALSO.items())
def test_errors_are_what_a_caller_would_already_catch(name: str, builtin: type[Exception]) -> None:
    assert issubclass(getattr(errors, name), builtin)


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
