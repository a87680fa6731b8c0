# ruff: noqa: S101  # checks are made of assertions
"""Level 1: finish reason, usage and origin of an answer."""

from __future__ import annotations

import json

import attrs
import pytest

from dragoman.testing.conformance.provider_case import BOTH, ProviderCase, not_shown
from dragoman.testing.faults import SampleUsage
from dragoman.testing.reply import Reply

__all__ = ["ResponseMetadata"]


class ResponseMetadata(ProviderCase):
    """Check the metadata of a response."""

    def test_reasons_for_an_end_are_told_apart(self) -> None:
        """Protects against a truncated or filtered answer that is treated as complete."""
        finish, known = self.spoken().finish, self.spoken().finishes
        if finish is None or not known:
            not_shown("finish and ServerDialect.finishes")
        for raw, reason in known.items():
            for streamed in BOTH:
                with self.saying(finish(raw)) as url:
                    ended = self.ask(url, streamed=streamed).finish
                assert (ended.reason, ended.raw) == (reason, raw)

    def test_an_unknown_reason_is_no_stop(self) -> None:
        """Protects against a new finish reason that is treated as a normal end."""
        finish = self.spoken().finish
        if finish is None:
            not_shown("finish")
        for streamed in BOTH:
            with self.saying(finish("unknown_reason")) as url:
                ended = self.ask(url, streamed=streamed).finish
            assert ended.raw == "unknown_reason"
            assert ended.reason not in {"stop", "tool_calls"}, f"it ends as {ended.reason}"

    def test_the_reason_is_kept_in_the_words_of_the_vendor(self) -> None:
        """Protects against the loss of the finish reason as the vendor spelled it."""
        with self.sound() as url:
            for streamed in BOTH:
                assert self.ask(url, streamed=streamed).finish.raw

    def test_a_cut_answer_ends_for_length(self) -> None:
        """Protects against a truncated answer that is treated as complete."""
        reply = self.unusual_reply("too_long")
        for streamed in BOTH:
            with self.saying(reply) as url:
                response = self.ask(url, streamed=streamed)
            assert (response.text, response.finish.reason) == ("fine", "length")

    def test_a_blocked_answer_is_no_stop(self) -> None:
        """Protects against a blocked answer that is treated as a normal empty one."""
        reply = self.unusual_reply("blocked")
        for streamed in BOTH:
            with self.saying(reply) as url:
                assert self.ask(url, streamed=streamed).finish.reason in {"content_filter", "refusal"}

    @pytest.mark.parametrize("name", ["usage_last", "usage_growing"])
    def test_usage_is_counted_once(self, name: str) -> None:
        """Protects against token counts that add up cumulative reports."""
        reply = self.unusual_reply(name)
        with self.saying(reply) as url:
            usage = self.ask(url, streamed=True).usage
        assert (usage.input_tokens, usage.output_tokens) == (3, 2)

    def test_usage_that_is_not_reported_is_none(self) -> None:
        """Protects against a count of 0 where the server reported none."""
        reply = self.unusual_reply("usage_absent")
        for streamed in BOTH:
            with self.saying(reply) as url:
                usage = self.ask(url, streamed=streamed).usage
            assert (usage.input_tokens, usage.output_tokens) == (None, None)

    def test_usage_is_read_as_it_is_meant(self) -> None:
        """Protects against cached and reasoning tokens that are counted twice, or not at all."""
        for sample in self._counts():
            for streamed in BOTH:
                with self.saying(sample.reply) as url:
                    usage = self.ask(url, streamed=streamed).usage
                assert attrs.evolve(usage, raw=None) == sample.usage

    def test_totals_hold_their_details(self) -> None:
        """Protects against details that exceed their total, such as more cached tokens than input tokens."""
        for sample in self._counts():
            with self.saying(sample.reply) as url:
                usage = self.ask(url, streamed=True).usage
            assert (usage.cache_read_tokens or 0) + (usage.cache_write_tokens or 0) <= (usage.input_tokens or 0)
            assert (usage.reasoning_tokens or 0) <= (usage.output_tokens or 0)

    def test_the_report_of_usage_is_kept(self) -> None:
        """Protects against the loss of the usage report as the vendor sent it."""
        for sample in self._counts():
            for streamed in BOTH:
                with self.saying(sample.reply) as url:
                    assert self.ask(url, streamed=streamed).usage.raw

    def test_the_answer_is_named(self) -> None:
        """Protects against an answer without the id and model that the server reported."""
        identity = self.spoken().identity
        if identity is None:
            not_shown("identity")
        with self.sound() as url:
            for streamed in BOTH:
                origin = self.ask(url, streamed=streamed).origin
                assert (origin.response_id, origin.served_model) == identity

    def test_the_request_is_named(self) -> None:
        """Protects against the loss of the request id that the vendor's support asks for."""
        server_dialect = self.spoken()
        named = {server_dialect.request_id: "req-of-the-suite"}
        sound = Reply.json(server_dialect.whole("fine"), headers=named)
        with self.replying(sound) as server:
            assert self.ask(server.url).origin.request_id == "req-of-the-suite"
        with self.replying(server_dialect.reply(b"".join(server_dialect.stream("fine")), headers=named)) as server:
            assert self.ask(server.url, streamed=True).origin.request_id == "req-of-the-suite"
        with self.replying(Reply.json({}, status=400, headers=named)) as server:
            assert self.failure(server.url).request_id == "req-of-the-suite"

    def test_the_origin_of_an_answer_is_told(self) -> None:
        """Protects against an answer that does not name its provider and distribution."""
        with self.sound() as url:
            for streamed in BOTH:
                origin = self.ask(url, streamed=streamed).origin
                assert (origin.provider, origin.model) == (self.known_as(), self.model_name())
                assert origin.distribution

    def test_the_reply_itself_is_kept(self) -> None:
        """Protects against the loss of members of a reply that Dragoman does not know."""
        server_dialect = self.spoken()
        with self.replying(Reply.json(server_dialect.whole("fine"))) as server:
            assert self.ask(server.url).raw == json.loads(json.dumps(server_dialect.whole("fine")))

    def _counts(self) -> list[SampleUsage]:
        counts = self.spoken().counts
        if not counts:
            not_shown("counts")
        return list(counts.values())
