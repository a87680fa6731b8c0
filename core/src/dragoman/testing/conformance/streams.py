# ruff: noqa: S101  # checks are made of assertions
"""Level 5: streams that are truncated, malformed or unusual."""

from __future__ import annotations

from typing import Any

import pytest

from dragoman.spec.errors import DragomanError, ProtocolError, ProviderError, StreamInterruptedError
from dragoman.testing.conformance.provider_case import BEGUN, BOTH, TEXT, ProviderCase
from dragoman.testing.faults import TEXTS

__all__ = ["Streams"]

SOUND = (
    "bytewise",
    "split_characters",
    "crlf",
    "cr",
    "crlf_split",
    "bom",
    "comments",
    "no_space",
    "multiline_data",
    "no_last_blank",
    "no_last_line_end",
    "latin1_header",
    "unknown_event",
    "after_done",
    "json_200",
)
"""Valid streams with unusual framing."""
CUTS = ("trunc_clean", "trunc_mid_event", "trunc_close", "trunc_reset")
"""Streams that end before their terminal event."""

BROKEN = ("bad_json", "shape_list", "shape_null", "shape_number", "bad_checksum", "bad_prelude")
"""Streams with a frame that cannot be read."""


class Streams(ProviderCase):
    """Check streams that are truncated, malformed or unusual."""

    @pytest.mark.parametrize("name", SOUND)
    def test_a_sound_stream_in_unusual_dress_is_read(self, name: str) -> None:
        """Protects against answers that depend on how a proxy splits the stream or ends its lines."""
        with self.faults() as server:
            assert self.ask(server.url_of(name), streamed=True).text == TEXT

    def test_what_some_take_for_line_ends_is_text(self) -> None:
        """Protects against events that are split at a Unicode line separator within the text."""
        with self.faults() as server:
            text = self.ask(server.url_of("line_seps"), streamed=True).text
        assert text == "a\u2028b\u2029c\u0085d\x0be\x0c"

    @pytest.mark.parametrize("name", ["bad_utf8", "lone_surrogate"])
    def test_broken_characters_break_nothing_else(self, name: str) -> None:
        """Protects against text that cannot be encoded."""
        with self.faults() as server:
            try:
                text = self.ask(server.url_of(name), streamed=True).text
            except DragomanError as error:
                assert isinstance(error, ProtocolError)  # noqa: PT017  # both outcomes are valid
            else:
                assert text.encode()

    @pytest.mark.parametrize("name", CUTS)
    def test_a_stream_that_was_cut_is_no_answer(self, name: str) -> None:
        """Protects against a truncated stream that is treated as complete, and the loss of the partial answer."""
        with self.faults() as server:
            error = self.failure(server.url_of(name), streamed=True)
        self._interrupted(error, BEGUN)

    def test_a_cut_after_any_event_is_no_answer(self) -> None:
        """Protects against a stream truncated after any event that is treated as complete."""
        server_dialect = self.spoken()
        events = server_dialect.ended()
        last = len(events) - len(server_dialect.closing(TEXT))
        for count in range(last + 1):
            with self.replying(server_dialect.reply(b"".join(events[:count]))) as server:
                error = self.failure(server.url, streamed=True)
            text = "".join(TEXTS[: max(0, count - len(server_dialect.opening))])
            self._interrupted(error, text)

    def test_an_end_without_a_reason_is_no_end(self) -> None:
        """Protects against a stream without a finish reason that is treated as complete."""
        with self.faults() as server:
            self._interrupted(self.failure(server.url_of("no_finish_reason"), streamed=True), TEXT)

    def test_a_stream_without_events_is_no_answer(self) -> None:
        """Protects against an empty answer where the server sent none."""
        with self.faults() as server:
            assert type(self.failure(server.url_of("empty_stream"), streamed=True)) is StreamInterruptedError

    def test_an_answer_needs_no_mark_behind_it(self) -> None:
        """Protects against an error if a server omits the optional end marker."""
        if not self.spoken().mark:
            pytest.skip("does not apply: the dialect has no end marker")
        with self.faults() as server:
            assert self.ask(server.url_of("no_done"), streamed=True).text == TEXT

    def test_an_error_in_a_stream_is_raised(self) -> None:
        """Protects against an error event that is skipped, so that the answer looks complete."""
        with self.faults() as server:
            error = self.failure(server.url_of("mid_error"), streamed=True)
        assert isinstance(error, ProviderError), error
        assert error.partial is not None
        assert error.partial.text == BEGUN

    def test_an_error_as_the_first_event_is_raised(self) -> None:
        """Protects against an empty answer instead of an error."""
        with self.faults() as server:
            assert isinstance(self.failure(server.url_of("mid_error_first"), streamed=True), ProviderError)

    def test_an_error_event_without_json_is_raised(self) -> None:
        """Protects against an exception while an error message that is not JSON is parsed."""
        with self.faults() as server:
            error = self.failure(server.url_of("mid_error_named_only"), streamed=True)
        assert isinstance(error, ProviderError), error
        assert "the engine is on fire" in str(error)

    @pytest.mark.parametrize("name", BROKEN)
    def test_a_broken_event_is_not_skipped(self, name: str) -> None:
        """Protects against an answer from which an unreadable event is missing."""
        with self.faults() as server:
            error = self.failure(server.url_of(name), streamed=True)
        assert isinstance(error, ProtocolError), error
        assert error.partial is not None
        assert error.partial.text == BEGUN

    def test_nulls_are_no_values(self) -> None:
        """Protects against an exception for members whose value is null."""
        reply = self.unusual_reply("nulls")
        for streamed in BOTH:
            with self.saying(reply) as url:
                assert self.ask(url, streamed=streamed).text == "fine"

    def _interrupted(self, error: Any, text: str) -> None:
        assert type(error) is StreamInterruptedError, error
        assert error.partial is not None
        assert error.partial.text == text
        assert error.partial.finish.reason == "interrupted"
