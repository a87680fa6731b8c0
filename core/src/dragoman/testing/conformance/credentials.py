# ruff: noqa: S101  # checks are made of assertions
"""Level 0: keys are not disclosed, and options are validated."""

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
from dragoman.testing.conformance.provider_case import BOTH, ProviderCase
from dragoman.testing.reply import Received, Reply

__all__ = ["CredentialsAndOptions"]

_ENVIRONMENT_KEY = "sk-of-the-environment/never=sent"
_REFUSED = (InvalidRequestError, ConfigurationError)


class CredentialsAndOptions(ProviderCase):
    """Check that a key is sent only to its server, and that invalid options are refused."""

    def test_a_key_is_not_shown(self) -> None:
        """Protects against keys in the output of a debugger or of a failed assertion."""
        self.spoken()
        config = self.config("http://127.0.0.1:9")
        provider = self.made()
        attributes = str(vars(provider)) if hasattr(provider, "__dict__") else ""
        shown = [attributes, repr(config), repr(LLM(config)), repr(provider)]
        assert self.disclosed("".join(shown)) == []

    def test_a_key_is_not_in_an_error(self) -> None:
        """Protects against keys in logs and bug reports if a server repeats the key that it rejects."""
        error = self._key_rejection()
        assert self.disclosed("".join(traceback.format_exception(error)) + repr(error) + repr(vars(error))) == []

    def test_a_key_is_not_in_a_pickled_error(self) -> None:
        """Protects against keys that are sent with an error to another process."""
        error: DragomanError = pickle.loads(pickle.dumps(self._key_rejection()))  # noqa: S301  # trusted data
        assert self.disclosed(str(error) + repr(vars(error))) == []

    def test_a_key_is_not_logged(self) -> None:
        """Protects against keys in logs of any level."""
        with _logged() as records, self.faults() as server:
            self.ask(server.url_of("ok"))
            self.failure(server.url_of("status_401"))
        assert self.disclosed("".join(records)) == []

    def test_a_key_is_masked_where_a_request_is_shown(self) -> None:
        """Protects against keys in the output of build_request."""
        self.shown()
        shown = self.prepared()
        assert self.disclosed(repr(shown) + json.dumps({**shown.headers})) == []

    def test_a_key_travels_in_headers_alone(self) -> None:
        """Protects against keys in the access logs of proxies."""
        with self.faults() as server:
            for streamed in BOTH:
                self.ask(server.url_of("ok"), streamed=streamed)
        sent = "".join(each.path + each.body.decode() for each in server.requests)
        assert self.disclosed(sent) == []

    def disclosed(self, text: str) -> list[int]:
        """Return the numbers of the secrets in a text, since a failed check must not show the secrets themselves."""
        return [number for number, secret in enumerate(self.secrets()) if secret in text]

    def test_two_keys_are_kept_apart(self) -> None:
        """Protects against a key of one customer that is used for another."""
        if self.credentials:
            pytest.skip("does not apply: other credentials take the place of a key")

        async def ask(url: str, keys: list[str]) -> None:
            llms = [LLM(self.config(url, api_key=key)) for key in keys]
            await asyncio.gather(*(llm.generate(key[::-1]) for llm, key in zip(llms, keys, strict=True)))
            for llm in llms:
                await llm.aclose()

        keys = ["sk-first-customer", "sk-second-customer"]
        with self.faults() as server:
            asyncio.run(ask(server.url_of("ok"), keys))
        for request in server.requests:
            body, headers = request.body.decode(), repr(request.headers)
            assert [key for key in keys if key[::-1] in body] == [key for key in keys if key in headers]

    def test_a_key_of_the_environment_goes_to_no_other_host(self) -> None:
        """Protects against a key from the environment that is sent to a host of an attacker."""
        self.spoken()
        name = self.key_env or f"{self.known_as().upper()}_API_KEY"
        values = {**self.ambient, name: _ENVIRONMENT_KEY}
        none = dict.fromkeys(self.given_credentials())
        for chosen in filter(None, ({name}, {*self.ambient})):
            with pytest.MonkeyPatch.context() as environment, self.faults() as server:
                for each in chosen:
                    environment.setenv(each, values[each])
                with contextlib.suppress(MissingCredentialError):
                    self.ask(server.url_of("ok"), config=none)
                assert [each for each in chosen if values[each] in repr(server.requests)] == []

    def test_cookies_are_not_kept(self) -> None:
        """Protects against session cookies in stored answers."""
        whole = self.spoken().whole("fine")
        with self.replying(Reply.json(whole, headers={"set-cookie": "session=of-a-stranger"})) as server:
            response = self.ask(server.url)
        assert "of-a-stranger" not in repr(response) + repr(response.headers)

    def test_an_unknown_option_is_refused(self) -> None:
        """Protects against a misspelled option that is ignored."""
        with self.sound() as url, pytest.raises(_REFUSED, match="no_such_option"):
            self.ask(url, config={"no_such_option": 1})

    def test_an_unknown_option_of_a_call_is_refused(self) -> None:
        """Protects against a misspelled option of a single call that is ignored."""
        with self.sound() as url, pytest.raises(_REFUSED, match="no_such_option"):
            self.ask(url, no_such_option=1)

    def test_a_misspelt_option_is_told_with_the_right_one(self) -> None:
        """Protects against an error that does not suggest the right spelling."""
        options = self.made().info.options
        names = [] if options is None else [each.name for each in attrs.fields(options) if len(each.name) > 4]  # noqa: PLR2004
        if not names:
            pytest.skip("does not apply: the provider has no options")
        right = max(names, key=len)
        wrong: dict[str, Any] = {right[:-2] + right[-1]: 1}
        with self.sound() as url, pytest.raises(_REFUSED, match=rf"\b{right}\b"):
            self.ask(url, **wrong)

    def test_an_option_of_another_provider_is_left_alone(self) -> None:
        """Protects against options of other providers that make a call fail."""
        options: dict[str, Any] = {"elsewhere": {"no_such_option": 1}}
        with self.sound() as url:
            assert self.ask(url, options=options).message.parts
        if self.server_dialect is not None:
            assert "no_such_option" not in self.body(options=options)

    def _key_rejection(self) -> DragomanError:
        """Return the error of a server that repeats the rejected key, or what it got of other credentials."""

        def rejection(request: Received) -> Reply:
            sent = repr(request.headers)
            repeated = " ".join(secret for secret in self.secrets() if secret in sent)
            message = f"Incorrect API key provided: {repeated}."
            body = {"error": {"message": message, "code": 401, "type": "invalid"}, "message": message}
            return Reply.json(body, status=401, headers={"x-debug": repeated})

        with self.replying(rejection) as server:
            return self.failure(server.url)


class _Collector(logging.Handler):
    """Collect the text of every log record."""

    def __init__(self, records: list[str]) -> None:
        super().__init__()
        self._records = records

    def emit(self, record: logging.LogRecord) -> None:
        self._records.append(f"{record.getMessage()} {record.args!r} {record.exc_text}")


@contextmanager
def _logged() -> Generator[list[str]]:
    """Collect everything that is logged within this context."""
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
