"""What was sent is masked in all that an error tells, however it is written there."""

from __future__ import annotations

import base64
import copy
import html
import json
import pickle
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, strategies as st

from dragoman import DragomanError, Message, ProtocolError, Response, ServerError
from dragoman.http import HttpReply
from dragoman.http.redaction import redact_error, words_of
from dragoman.spec.response import Finish, FinishReason, Origin
from dragoman.spec.secret import MASK, Secret

TOKEN = "eyJ0eXAi.Ab+/c=&<'\"\\>7~Zz-0123456789"
SENT = {"authorization": Secret(TOKEN).with_prefix("Bearer "), "x-trace": "0123456789"}
FORMS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "behind its scheme": lambda token: f"Bearer {token}",
    "with an underscore": lambda token: f"Bearer_{token}",
    "in JSON": json.dumps,
    "in JSON of PHP": lambda token: json.dumps(token).replace("/", "\\/"),
    "in JSON of .NET": lambda token: "".join(f"\\u{ord(c):04X}" if c in "\"&'+<>\\`" else c for c in token),
    "in JSON of Go": lambda token: "".join(f"\\u{ord(c):04x}" if c in "<>&" else c for c in json.dumps(token)[1:-1]),
    "as Python shows it": repr,
    "as Python shows its JSON": lambda token: repr(json.dumps({"sent": token})),
    "in HTML": html.escape,
    "in an address": quote,
    "as a path": lambda token: quote(token, safe=""),
    "in a query": quote_plus,
    "in lower case": str.lower,
    "in upper case": str.upper,
    "in hexadecimal": lambda token: token.encode().hex(),
    "reversed": lambda token: token[::-1],
    "in base64": lambda token: base64.b64encode(token.encode()).decode(),
    "in base64 of a whole header": lambda token: base64.urlsafe_b64encode(f"Bearer {token}".encode()).decode(),
    "cut": lambda token: token[:20],
}


def error_with(text: str, *, cause: BaseException | None = None) -> ServerError:
    error = ServerError(f"no: {text}", body=text, code=text, parameter=text, request_id=text, headers={"x-id": text})
    error.__cause__ = cause
    error.add_note(text)
    return error


def shown(error: BaseException | None) -> str:
    if error is None:
        return ""
    reported = f"{error} {error!r} {error.args} {vars(error)} {getattr(error, '__notes__', '')}"
    return reported + shown(error.__cause__) + shown(error.__context__)


@pytest.mark.parametrize("written", FORMS.values(), ids=FORMS)
def test_every_form_is_masked(written: Callable[[str], str]) -> None:
    form = written(TOKEN)
    error = error_with(form, cause=ValueError(form))
    assert form in shown(error) or repr(form)[1:-1] in shown(error)
    redact_error(error, SENT)
    assert MASK in error.message
    for trace in (form[6:14], form[-14:-6]):
        assert trace not in shown(error)


SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=60)


@given(SECRETS, st.sampled_from(sorted(FORMS)), st.text(max_size=20), st.text(max_size=20))
@example("aaaaaaaaaaaa", "as it is", "", "")
@example("abcdefghXabcdefghY", "as it is", "abcdefgh", "X")
def test_no_secret_is_left_whole(secret: str, form: str, before: str, after: str) -> None:
    error = DragomanError(before + FORMS[form](secret) + after)
    redact_error(error, {"x-key": Secret(secret)})
    assert secret not in error.message
    assert repr(secret)[1:-1] not in error.message


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("Bearer 0123456789", {"0123456789"}),
        ("0123456789 abc", {"0123456789 abc"}),
        ("Basic dXNlcjpsb25nLXBhc3N3b3Jk", {"dXNlcjpsb25nLXBhc3N3b3Jk", "user:long-password", "long-password"}),
        ("Basic not base64!", {"not base64!"}),
        ("a=0123456789; b=short", {"a=0123456789; b=short", "0123456789"}),
        ('Scheme user="somebody", key="abc"', {'user="somebody", key="abc"', "somebody"}),
        ("cGFkZGVkIHRvIGZ1bGw==", {"cGFkZGVkIHRvIGZ1bGw=="}),
        ("short", set[str]()),
    ],
)
def test_what_is_secret_in_a_value(value: str, words: set[str]) -> None:
    assert words_of({"authorization": Secret(value), "x-plain": value}) == words


def test_a_short_value_is_everybodys_word() -> None:
    error = error_with("k is short")
    redact_error(error, {"x-key": Secret("short")})
    assert error.message == "no: k is short"


def test_what_was_said_stays() -> None:
    error = error_with(f"the key {TOKEN} is over 0123456789 days old")
    redact_error(error, SENT)
    assert error.message == f"no: the key {MASK} is over 0123456789 days old"
    assert (error.args, error.__notes__) == ((error.message,), [error.message.removeprefix("no: ")])


def test_what_arrived_is_masked_and_stays_an_answer() -> None:
    finish = Finish(reason=FinishReason.STOP)
    said = Response(message=Message("assistant", f"so {TOKEN}"), finish=finish, origin=Origin(model=TOKEN))
    error = ProtocolError("no", partial=said)
    redact_error(error, SENT)
    assert error.partial is not None
    assert (error.partial.text, error.partial.origin.model) == (f"so {MASK}", MASK)
    plain = Response(message=Message("assistant", "so"), finish=finish)
    assert error.veil is not None
    assert error.veil.over(plain) is plain


class TestBehind:
    def test_errors_of_ours_are_masked(self) -> None:
        inner = error_with(TOKEN)
        inner.__context__ = inner
        error = ProtocolError("no")
        error.__cause__, error.__context__ = inner, inner
        redact_error(error, SENT)
        assert error.__cause__ is inner
        assert TOKEN not in f"{inner} {vars(inner)}"

    def test_those_that_cannot_be_shown_are_only_named(self) -> None:
        error = ProtocolError("no")
        error.__cause__ = type("Odd", (Exception,), {"__repr__": None, "__str__": None})(TOKEN)
        redact_error(error, SENT)
        assert repr(error.__cause__) == "Exception('Odd: its message cannot be shown')"

    def test_others_are_told_without_their_attributes(self) -> None:
        with pytest.raises(ValueError, match="Expecting value") as caught:
            json.loads(f"[{TOKEN}")
        error = ProtocolError("no")
        error.__cause__ = caught.value
        error.__suppress_context__ = False
        redact_error(error, SENT)
        assert str(error.__cause__).startswith("JSONDecodeError: Expecting value")
        assert not hasattr(error.__cause__, "doc")
        assert not error.__suppress_context__

    def test_others_that_show_nothing_stay_without_their_frames(self) -> None:
        behind = ValueError("harmless")
        try:
            raise behind
        except ValueError:
            error = ProtocolError("no")
        error.__context__ = behind
        redact_error(error, SENT)
        assert error.__context__ is behind
        assert behind.__traceback__ is None


def test_a_fault_of_a_plugin_is_masked() -> None:
    error = KeyError([TOKEN], {TOKEN: 1}, TOKEN.encode(), Secret("0123456789"), 7)
    redact_error(error, SENT)
    assert error.args == ([MASK], {MASK: 1}, MASK.encode(), "0123456789", 7)


def test_copies_and_pickles_hold_nothing_of_it() -> None:
    error = error_with(TOKEN)
    redact_error(error, SENT)
    again: ServerError
    for again in (copy.deepcopy(error), pickle.loads(pickle.dumps(error))):  # noqa: S301  # our own
        assert again.message == f"no: {MASK}"
        assert again.veil is None


def test_a_reply_that_is_no_json_shows_none() -> None:
    with pytest.raises(ProtocolError) as caught:
        HttpReply(status=200, body=f"[{TOKEN}".encode(), sent=SENT).json()
    assert TOKEN not in shown(caught.value)
