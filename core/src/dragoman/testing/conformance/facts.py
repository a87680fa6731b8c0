# ruff: noqa: S101  # checks are made of assertions
"""Level 1, continued: why an answer ended, what it cost, and whose it is."""

from __future__ import annotations

import json
from typing import Any

import attrs
import pytest

from dragoman.testing.conformance.subject import BOTH, Subject, not_shown
from dragoman.testing.reply import Reply

__all__ = ["Facts"]


class Facts(Subject):
    """Check the facts beside the text."""

    def test_reasons_for_an_end_are_told_apart(self) -> None:
        """Protects from an answer that was cut or filtered, and is taken for complete."""
        finish, known = self.spoken().finish, self.spoken().finishes
        if finish is None or not known:
            not_shown("finish and ServerDialect.finishes")
        for raw, reason in known.items():
            for streamed in BOTH:
                with self.saying(finish(raw)) as url:
                    ended = self.ask(url, streamed=streamed).finish
                assert (ended.reason, ended.raw) == (reason, raw)

    def test_an_unknown_reason_is_no_stop(self) -> None:
        """Protects from a reason of tomorrow that is taken for a plain end."""
        finish = self.spoken().finish
        if finish is None:
            not_shown("finish")
        for streamed in BOTH:
            with self.saying(finish("reason_of_tomorrow")) as url:
                ended = self.ask(url, streamed=streamed).finish
            assert (ended.reason, ended.raw) == ("other", "reason_of_tomorrow")

    def test_the_reason_is_kept_in_the_words_of_the_vendor(self) -> None:
        """Protects from a support case without the word that the vendor knows."""
        with self.sound() as url:
            for streamed in BOTH:
                assert self.ask(url, streamed=streamed).finish.raw

    def test_a_cut_answer_ends_for_length(self) -> None:
        """Protects from half an answer that is taken for a whole one."""
        oddity = self.oddity("too_long")
        for streamed in BOTH:
            with self.saying(oddity) as url:
                response = self.ask(url, streamed=streamed)
            assert (response.text, response.finish.reason) == ("fine", "length")

    def test_a_blocked_answer_is_no_stop(self) -> None:
        """Protects from an empty answer without a reason."""
        oddity = self.oddity("blocked")
        for streamed in BOTH:
            with self.saying(oddity) as url:
                assert self.ask(url, streamed=streamed).finish.reason in {"content_filter", "refusal"}

    @pytest.mark.parametrize("name", ["usage_last", "usage_growing"])
    def test_usage_is_counted_once(self, name: str) -> None:
        """Protects from bills that add up the reports of one answer."""
        oddity = self.oddity(name)
        with self.saying(oddity) as url:
            usage = self.ask(url, streamed=True).usage
        assert (usage.input_tokens, usage.output_tokens) == (3, 2)

    def test_usage_that_is_not_reported_is_none(self) -> None:
        """Protects from a zero that nobody counted."""
        oddity = self.oddity("usage_absent")
        for streamed in BOTH:
            with self.saying(oddity) as url:
                usage = self.ask(url, streamed=streamed).usage
            assert (usage.input_tokens, usage.output_tokens) == (None, None)

    def test_usage_is_read_as_it_is_meant(self) -> None:
        """Protects from cached and reasoning tokens that are counted beside the total, or not at all."""
        for told in self._counts():
            for streamed in BOTH:
                with self.saying(told.oddity) as url:
                    usage = self.ask(url, streamed=streamed).usage
                assert attrs.evolve(usage, raw=None) == told.usage

    def test_totals_hold_their_details(self) -> None:
        """Protects from more tokens out of the cache than tokens at all."""
        for told in self._counts():
            with self.saying(told.oddity) as url:
                usage = self.ask(url, streamed=True).usage
            assert (usage.cache_read_tokens or 0) + (usage.cache_write_tokens or 0) <= (usage.input_tokens or 0)
            assert (usage.reasoning_tokens or 0) <= (usage.output_tokens or 0)

    def test_the_report_of_usage_is_kept(self) -> None:
        """Protects from a figure on the bill that no one can trace."""
        for told in self._counts():
            for streamed in BOTH:
                with self.saying(told.oddity) as url:
                    assert self.ask(url, streamed=streamed).usage.raw

    def test_the_answer_is_named(self) -> None:
        """Protects from an answer whose id and model nobody can tell."""
        identity = self.spoken().identity
        if identity is None:
            not_shown("identity")
        with self.sound() as url:
            for streamed in BOTH:
                origin = self.ask(url, streamed=streamed).origin
                assert (origin.response_id, origin.served_model) == identity

    def test_the_request_is_named(self) -> None:
        """Protects from a support case without the number that the vendor asks for."""
        server_dialect = self.spoken()
        named = {server_dialect.request_id: "req-of-the-suite"}
        sound = Reply.json(server_dialect.whole("fine"), headers=named)
        with self.replying(sound) as server:
            assert self.ask(server.url).origin.request_id == "req-of-the-suite"
        with self.replying(Reply.sse(b"".join(server_dialect.stream("fine")), headers=named)) as server:
            assert self.ask(server.url, streamed=True).origin.request_id == "req-of-the-suite"
        with self.replying(Reply.json({}, status=400, headers=named)) as server:
            assert self.failure(server.url).request_id == "req-of-the-suite"

    def test_the_origin_of_an_answer_is_told(self) -> None:
        """Protects from an answer that nobody can trace to a provider and a version."""
        with self.sound() as url:
            for streamed in BOTH:
                origin = self.ask(url, streamed=streamed).origin
                assert (origin.provider, origin.model) == (self.known_as(), self.model_name())
                assert origin.distribution

    def test_the_reply_itself_is_kept(self) -> None:
        """Protects from facts that we do not know yet and that are lost."""
        server_dialect = self.spoken()
        with self.replying(Reply.json(server_dialect.whole("fine"))) as server:
            assert self.ask(server.url).raw == json.loads(json.dumps(server_dialect.whole("fine")))

    def _counts(self) -> list[Any]:
        counts = self.spoken().counts
        if not counts:
            not_shown("counts")
        return list(counts.values())
