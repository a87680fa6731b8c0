"""The message of an error: found in every shape, and never markup or nothing."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dragoman import (
    BadRequestError,
    ContextWindowExceededError,
    Finish,
    FinishReason,
    Message,
    ModelRetiredError,
    NotFoundError,
    ProtocolError,
    ProviderError,
    QuotaExceededError,
    RateLimitError,
    Response,
    ServerError,
)
from dragoman.http import (
    Frame,
    HttpReply,
    ServerSentEvent,
    error_from,
    error_text,
    is_page,
    object_in,
    object_in_frame,
    reported_in,
    retold,
    text_in,
)

NGINX = (
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
    b"<hr><center>nginx/1.18.0</center>\r\n</body>\r\n</html>\r\n"
)
EXPRESS = b"<!DOCTYPE html>\n<html><head><title>Error</title></head><body><pre>Cannot POST /chat</pre></body></html>"
SPA = b"<!doctype html><html><head><title>A &amp; B</title><style>p {}</style></head><body><script>x()</script></body>"
DEEP: Any = "said"
for _ in range(20):
    DEEP = {"error": DEEP}

TEXTS: dict[str, tuple[Any, str]] = {
    "an object": ({"error": {"message": "said", "code": 1}}, "said"),
    "a text": ({"error": "said"}, "said"),
    "at the top": ({"object": "error", "message": "said"}, "said"),
    "detail": ({"detail": "said"}, "said"),
    "validation": (
        {"detail": [{"loc": ["body", "x"], "msg": "field required", "type": "missing"}]},
        "body.x: field required",
    ),
    "two": ({"detail": [{"loc": ["a"], "msg": "one"}, {"loc": ["b"], "msg": "two"}]}, "a: one; b: two"),
    "errors": ({"errors": [{"message": "one"}, "two", {"code": 3}]}, "one; two"),
    "in a message": ({"message": {"detail": [{"msg": "said"}]}}, "said"),
    "JSON in a message": ({"error": {"message": '{"error": {"message": "said"}}'}}, "said"),
    "no JSON in a message": ({"error": {"message": "{said"}}, "{said"),
    "JSON without a message": ({"error": {"message": '{"a": 1}'}}, '{"a": 1}'),
    "with a capital": ({"Message": "said", "__type": "ValidationException"}, "said"),
    "a problem": ({"type": "about:blank", "title": "Bad Request", "status": 400, "detail": "said"}, "said"),
    "only a title": ({"type": "about:blank", "title": "Bad Request"}, "Bad Request"),
    "in other words": ({"error_msg": "said"}, "said"),
    "for the user": ({"error": "invalid_request", "error_description": "said"}, "invalid_request"),
    "in a list": ([{"error": {"message": "said"}}], "said"),
    "blank, then said": ({"error": {"message": " ", "detail": "said"}}, "said"),
    "too deep": (DEEP, json.dumps(DEEP)),
    "nothing known": ({"a": 1}, '{"a": 1}'),
    "a number": (5, "5"),
    "an empty list": ([], "[]"),
    "plain": (b" said\n", "said"),
    "broken": (b'{"error": ', '{"error":'),
    "empty": (b"", "Bad Gateway without a message"),
    "blank": (b" \n", "Bad Gateway without a message"),
    "a page of a proxy": (NGINX, "502 Bad Gateway nginx/1.18.0"),
    "a page of a framework": (EXPRESS, "Cannot POST /chat"),
    "a page of a program": (SPA, "A & B"),
    "a page with a text": (b"<html><title>Oh</title><body>no</body></html>", "Oh: no"),
    "a long page": (b"<html><body>" + b"word " * 200, ("word " * 60)),
    "an empty page": (b"<html></html>", "Bad Gateway without a message"),
    "no page": (b"<h1>said", "<h1>said"),
}


def reply(body: Any, status: int = 502) -> HttpReply:
    return HttpReply(status=status, body=body if isinstance(body, bytes) else json.dumps(body).encode())


@pytest.mark.parametrize("case", TEXTS)
def test_the_message_is_found(case: str) -> None:
    body, expected = TEXTS[case]
    assert error_text(reply(body)) == expected


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (404, "Not Found without a message"),
        (529, "HTTP status 529 without a message"),
        (499, "HTTP status 499 without a message"),
    ],
)
def test_a_reply_of_nothing_says_what_its_status_means(status: int, expected: str) -> None:
    assert error_text(reply(b"", status)) == expected


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (NGINX, True),
        (b" <!-- x -->\n<HTML lang=en>", True),
        (b"<htmlx>", False),
        (b'{"a": "<html>"}', False),
        (b"", False),
    ],
)
def test_a_page_is_told_from_other_bodies(*, body: bytes, expected: bool) -> None:
    assert is_page(reply(body)) == expected


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["message", "error", "detail", "loc", "x"]), inner),
    max_leaves=20,
)


@given(JSON, st.integers(400, 599))
def test_there_is_always_a_message(value: Any, status: int) -> None:
    assert error_text(reply(value, status)).strip()
    found = text_in(value)
    assert found is None or found.strip()


@pytest.mark.parametrize(
    ("body", "found"), [(b'{"a": 1}', {"a": 1}), (b"[1]", {}), (b"", {}), (b"<p>no</p>", {}), (b"null", {})]
)
def test_the_object_in_a_reply(body: bytes, found: dict[str, int]) -> None:
    assert object_in(HttpReply(status=500, body=body)) == found


def test_an_error_says_what_its_reply_says_besides() -> None:
    reply = HttpReply(status=429, headers={"retry-after": "7"}, body=b"wait")

    plain = error_from(reply, RateLimitError, "wait", code="slow", parameter="top_k")
    other = error_from(reply, BadRequestError, "no", status=400)

    assert (plain.message, plain.status, plain.code, plain.parameter) == ("wait", 429, "slow", "top_k")
    assert (plain.retry_after, plain.retryable, plain.body) == (7.0, True, "wait")
    assert (other.status, other.retryable) == (400, False)


@pytest.mark.parametrize("own", [(), ("choices",)])
def test_a_state_beside_an_answer_is_an_error_if_it_is_not_good(own: tuple[str, ...]) -> None:
    failed = {"choices": [], "base_resp": {"status_code": 1002, "status_msg": "too many"}}
    found = reported_in(failed, own)
    assert found is not None
    assert error_text(found) == "too many"
    assert object_in(found)["error"] == {"message": "too many", "code": 1002}
    for state in ({"status_code": 0, "status_msg": "success"}, {"status_code": 1000, "status_msg": ""}, None, "ok"):
        assert reported_in({"choices": [], "base_resp": state}, ("choices",)) is None
    both = reported_in({**failed, "error": "said"}, own)
    assert both is not None
    assert error_text(both) == "said"


KNOWN: Any = {
    "provider": "p",
    "model": "m",
    "status": 404,
    "code": "gone",
    "parameter": "model",
    "request_id": "r",
    "retry_after": 2.5,
    "phase": "send",
    "partial": Response(message=Message("assistant", "half"), finish=Finish(reason=FinishReason.ERROR)),
    "body": "{}",
    "headers": {"x-a": "b"},
}


@pytest.mark.parametrize("kind", [ModelRetiredError, QuotaExceededError, RateLimitError, ContextWindowExceededError])
def test_an_error_of_another_class_says_all_that_was_known(kind: type[ProviderError]) -> None:
    error = NotFoundError("no", **KNOWN)

    told = retold(error, kind)

    assert type(told) is kind
    assert {name: getattr(told, name) for name in ("message", *KNOWN)} == {"message": "no", **KNOWN}
    assert told.retryable is kind.default_retryable
    assert str(told) == "p (m) answered 404: no [r]"


def test_an_error_is_retold_with_what_is_known_better() -> None:
    error = ServerError("no", **KNOWN)
    told = retold(error, ModelRetiredError, "use n", model="n")

    assert retold(error, ServerError) is error
    assert (told.message, told.args, told.model, told.code, told.retryable) == ("use n", ("use n",), "n", "gone", False)
    assert retold(error, ModelRetiredError, retryable=True).retryable
    assert not retold(error, ServerError, retryable=False).retryable


def test_a_model_that_is_known_to_be_retired_was_not_asked() -> None:
    assert str(ModelRetiredError("use n", provider="p", model="m", phase="resolve")) == "use n"


def reported(reply: HttpReply) -> ProviderError:
    return error_from(reply, ServerError, error_text(reply))


def test_a_frame_holds_an_object() -> None:
    assert object_in_frame(ServerSentEvent(event="said", data=b'{"a": 1}'), reported) == {"a": 1}
    assert object_in_frame(Frame(b'{"a": 1}'), reported, "a line") == {"a": 1}


@pytest.mark.parametrize("data", [b'[{"error": "no"}]', b"no"])
def test_a_frame_may_hold_an_error_in_another_form(data: bytes) -> None:
    with pytest.raises(ServerError, match="no"):
        object_in_frame(ServerSentEvent(event="error", data=data), reported)


@pytest.mark.parametrize(
    ("frame", "what", "told"),
    [
        (ServerSentEvent(event="said", data=b"[1]"), "", "the event 'said' is not an object, but list"),
        (Frame(b"7"), "a line", "a line is not an object, but int"),
        (Frame(b"{"), "a line", "JSON"),
    ],
)
def test_a_frame_without_an_object_is_told_by_its_name(frame: Any, what: str, told: str) -> None:
    with pytest.raises(ProtocolError, match=told):
        object_in_frame(frame, reported, what)
