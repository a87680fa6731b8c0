# ruff: noqa: S101  # checks are made of assertions
"""Level 0, continued: keys stay where they belong, and options are what they say."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import pickle
import traceback
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import attrs
import pytest

from dragoman.client.llm import LLM
from dragoman.spec.errors import ConfigurationError, DragomanError, InvalidRequestError, MissingCredentialError
from dragoman.testing.conformance.subject import BOTH, KEY, Subject
from dragoman.testing.reply import Reply

__all__ = ["Keys"]

_ENVIRONMENT_KEY = "sk-of-the-environment/never=sent"
_REFUSED = (InvalidRequestError, ConfigurationError)


class Keys(Subject):
    """Check that a key goes to its server and nowhere else, and that a wrong option is refused."""

    def test_a_key_is_not_shown(self) -> None:
        """Protects from keys in the output of a debugger or a failed assertion."""
        self.spoken()
        config = self.config("http://127.0.0.1:9")
        made = self.made()
        held = str(vars(made)) if hasattr(made, "__dict__") else ""
        shown = [held, repr(config), repr(LLM(config)), repr(made)]
        assert [each for each in shown if KEY in each] == []

    def test_a_key_is_not_in_an_error(self) -> None:
        """Protects from keys in logs and bug reports, where a server repeats the key that it refuses."""
        error = self._refused_error()
        assert KEY not in "".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))

    def test_a_key_is_not_in_a_pickled_error(self) -> None:
        """Protects from keys that travel with an error to another process."""
        error: DragomanError = pickle.loads(pickle.dumps(self._refused_error()))  # noqa: S301  # pickled on the same line
        assert KEY not in str(error) + repr(vars(error))

    def test_a_key_is_not_logged(self) -> None:
        """Protects from keys in the log of a program that logs everything."""
        with _logged() as records, self.faults() as server:
            self.ask(server.url_of("ok"))
            self.failure(server.url_of("status_401"))
        assert [each for each in records if KEY in each] == []

    def test_a_key_is_masked_where_a_request_is_shown(self) -> None:
        """Protects from keys in the output of build_request."""
        self.shown()
        shown = self.prepared()
        assert KEY not in repr(shown)
        assert KEY not in json.dumps({**shown.headers})

    def test_a_key_travels_in_headers_alone(self) -> None:
        """Protects from keys in the access logs of every proxy on the way."""
        with self.faults() as server:
            for streamed in BOTH:
                self.ask(server.url_of("ok"), streamed=streamed)
        assert [each.path for each in server.requests if KEY in each.path or KEY.encode() in each.body] == []

    def test_two_keys_are_kept_apart(self) -> None:
        """Protects from a client that is shared between two customers."""

        async def ask(url: str, keys: list[str]) -> None:
            llms = [LLM(self.config(url, api_key=key)) for key in keys]
            await asyncio.gather(*(llm.generate(key[::-1]) for llm, key in zip(llms, keys, strict=True)))
            for llm in llms:
                await llm.aclose()

        keys = ["sk-first-customer", "sk-second-customer"]
        with self.faults() as server:
            asyncio.run(ask(server.url_of("ok"), keys))
        for request in server.requests:
            said, sent = request.body.decode(), repr(request.headers)
            assert [key for key in keys if key[::-1] in said] == [key for key in keys if key in sent]

    def test_a_key_of_the_environment_goes_to_no_other_host(self) -> None:
        """Protects from a key that is sent to whatever address a caller was made to name."""
        self.spoken()
        name = self.key_env or f"{self.known_as().upper()}_API_KEY"
        with pytest.MonkeyPatch.context() as environment, self.faults() as server:
            environment.setenv(name, _ENVIRONMENT_KEY)
            with contextlib.suppress(MissingCredentialError):
                self.ask(server.url_of("ok"), config={"api_key": None})
            assert _ENVIRONMENT_KEY not in repr(server.requests)

    def test_cookies_are_not_kept(self) -> None:
        """Protects from session secrets in recorded answers."""
        whole = self.spoken().whole("fine")
        with self.replying(Reply.json(whole, headers={"set-cookie": "session=of-a-stranger"})) as server:
            response = self.ask(server.url)
        assert "of-a-stranger" not in repr(response) + repr(response.headers)

    def test_an_unknown_option_is_refused(self) -> None:
        """Protects from a typing error that changes nothing, in silence."""
        with self.sound() as url, pytest.raises(_REFUSED, match="no_such_option"):
            self.ask(url, config={"no_such_option": 1})

    def test_an_unknown_option_of_a_call_is_refused(self) -> None:
        """Protects from the same in the arguments of one call."""
        with self.sound() as url, pytest.raises(_REFUSED, match="no_such_option"):
            self.ask(url, no_such_option=1)

    def test_a_misspelt_option_is_told_with_the_right_one(self) -> None:
        """Protects from half an hour in the documentation."""
        options = self.made().info.options
        names = [] if options is None else [each.name for each in attrs.fields(options) if len(each.name) > 4]  # noqa: PLR2004
        if not names:
            pytest.skip("does not apply: the provider has no options of its own")
        right = max(names, key=len)
        wrong: dict[str, Any] = {right[:-2] + right[-1]: 1}
        with self.sound() as url, pytest.raises(_REFUSED, match=rf"\b{right}\b"):
            self.ask(url, **wrong)

    def test_an_option_of_another_provider_is_left_alone(self) -> None:
        """Protects from conversations that cannot go on elsewhere."""
        options: dict[str, Any] = {"elsewhere": {"no_such_option": 1}}
        with self.sound() as url:
            assert self.ask(url, options=options).message.parts
        if self.server_dialect is not None:
            assert "no_such_option" not in self.body(options=options)

    def _refused_error(self) -> DragomanError:
        """Return the error of a server that repeats the key that it refuses."""
        message = f"Incorrect API key provided: {KEY}."
        body = {"error": {"message": message, "code": 401, "type": "invalid"}, "message": message}
        with self.replying(Reply.json(body, status=401, headers={"x-debug": KEY})) as server:
            return self.failure(server.url)


class _Collector(logging.Handler):
    """Keep what every record would show."""

    def __init__(self, records: list[str]) -> None:
        super().__init__()
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(f"{record.getMessage()} {record.args!r} {record.exc_text}")


@contextmanager
def _logged() -> Generator[list[str]]:
    """Collect all that is logged."""
    records: list[str] = []
    handler = _Collector(records)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield records
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
