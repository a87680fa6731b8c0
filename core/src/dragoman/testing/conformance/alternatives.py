# ruff: noqa: S101  # checks are made of assertions
"""Level 1: several answers to one request."""

from __future__ import annotations

import pytest

from dragoman.spec.capabilities import Cap, Support
from dragoman.spec.errors import UnsupportedError
from dragoman.spec.response import Usage
from dragoman.testing.conformance.provider_case import TEXT, ProviderCase, not_shown
from dragoman.testing.reply import Reply

__all__ = ["Alternatives"]

_COUNT = 3
_TEXTS = ("first", "second", "third")


class Alternatives(ProviderCase):
    """Check answers to requests that ask for several."""

    def test_each_further_answer_is_an_alternative(self) -> None:
        """Protects against further answers that are lost, cut to their text, in another order, or counted again."""
        choosing = self.spoken().choosing
        if self._gives_one():
            pytest.skip("does not apply: the model gives one answer to a request")
        if choosing is None:  # pragma: no cover - a dialect of several answers that shows none of them
            not_shown("choosing")
        with self.replying(Reply.json(choosing(_TEXTS))) as server:
            response = self.ask(server.url, n=_COUNT)
            assert len(server.requests) == 1
        answers = (response, *response.alternatives)
        assert tuple(answer.text for answer in answers) == _TEXTS
        assert [answer.finish for answer in answers] == [response.finish] * _COUNT
        assert [answer.origin for answer in answers] == [response.origin] * _COUNT
        assert [answer.usage for answer in response.alternatives] == [Usage()] * (_COUNT - 1)
        assert "n" not in {note.feature for note in response.adjustments}

    def test_several_requests_need_leave(self) -> None:
        """Protects against several billed requests for several answers, of which the caller knows nothing."""
        with self.sound() as url:
            one = self.ask(url)
            if self._gives_one():
                assert isinstance(self.failure(url, n=_COUNT), UnsupportedError)
            response = self.ask(url, n=_COUNT, on_unsupported="adjust")
        notes = [note for note in response.adjustments if note.feature == "n"]
        if not self._gives_one():
            assert [note.kind for note in notes] in ([], ["dropped"])
            return
        assert [(note.kind, note.asked) for note in notes] == [("emulated", _COUNT)]
        answers = (response, *response.alternatives)
        assert len(answers) == _COUNT
        if self.server_dialect is not None:  # pragma: no branch - without one, a model runs in this process
            assert {answer.text for answer in answers} == {TEXT}
        if one.usage.input_tokens is not None:  # pragma: no branch - few servers count no tokens
            assert response.usage.input_tokens == _COUNT * one.usage.input_tokens

    def _gives_one(self) -> bool:
        return self.can().settings.get("n", Cap()).support is Support.NO
