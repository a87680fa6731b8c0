# ruff: noqa: S101  # checks are made of assertions
"""Level 5: errors that servers report, and replies without an answer."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dragoman.spec.errors import (
    AuthenticationError,
    BadRequestError,
    ContextWindowExceededError,
    DragomanError,
    NoAnswerError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProtocolError,
    ProviderError,
    QuotaExceededError,
    RateLimitError,
    RedirectError,
    ResponseTooLargeError,
    ServerError,
    StreamInterruptedError,
)
from dragoman.testing.conformance.provider_case import BOTH, KEY, TEXT, ProviderCase, not_shown
from dragoman.testing.reply import Reply

__all__ = ["Errors"]

STATUSES: Mapping[int, tuple[type[DragomanError], bool]] = {
    400: (BadRequestError, False),
    401: (AuthenticationError, False),
    403: (PermissionDeniedError, False),
    404: (NotFoundError, False),
    408: (BadRequestError, True),
    409: (BadRequestError, True),
    413: (BadRequestError, False),
    422: (BadRequestError, False),
    429: (RateLimitError, True),
    500: (ServerError, True),
    502: (ServerError, True),
    503: (OverloadedError, True),
    504: (ServerError, True),
    529: (OverloadedError, True),
}
"""The class of each status, and whether the error is retryable."""
WAITS = {
    "retry_after_1": 1.0,
    "retry_after_fraction": 0.2,
    "retry_after_ms": 0.03,
    "retry_after_3600": 3600.0,
    "retry_after_inf": None,
    "retry_after_negative": None,
    "retry_after_nan": None,
    "retry_after_junk": None,
    "retry_after_past": None,
}
"""The wait in seconds that the reply 429 of each fault states; ``None`` for an invalid value."""
UNSUITABLE = ("html_200", "empty_200", "half_json_200", "null_200", "list_200", "hollow_200", "deep_200")
"""Replies with the status 200 that contain no answer."""


class Errors(ProviderCase):
    """Check errors reported by a whole reply."""

    @pytest.mark.parametrize("status", STATUSES)
    def test_a_status_is_its_error(self, status: int) -> None:
        """Protects against programs that must parse messages to handle an error, and retries that cannot succeed."""
        kind, retryable = STATUSES[status]
        with self.faults() as server:
            for streamed in BOTH:
                error = self.failure(server.url_of(f"status_{status}"), streamed=streamed)
                assert type(error) is kind, error
                assert (error.status, error.retryable) == (status, retryable)

    @pytest.mark.parametrize("name", WAITS)
    def test_the_wait_that_a_server_names_is_told(self, name: str) -> None:
        """Protects against retries that come too early, or never."""
        with self.faults() as server:
            error = self.failure(server.url_of(name))
        assert isinstance(error, RateLimitError)
        assert error.retry_after == WAITS[name]

    def test_a_date_to_wait_for_is_told_in_seconds(self) -> None:
        """Protects against a Retry-After date that is misread or ignored."""
        with self.faults() as server:
            wait = self.failure(server.url_of("retry_after_date")).retry_after
        assert wait is not None
        assert 0 < wait <= 31  # noqa: PLR2004  # the date is 30 seconds ahead; one second for rounding

    @pytest.mark.parametrize("name", ["should_retry_true", "should_retry_false"])
    def test_a_server_may_say_whether_to_try_again(self, name: str) -> None:
        """Protects against retries that the server has ruled out."""
        with self.faults() as server:
            assert self.failure(server.url_of(name)).retryable == (name == "should_retry_true")

    @pytest.mark.parametrize("status", [429, 500, 503])
    def test_it_does_not_try_again_by_itself(self, status: int) -> None:
        """Protects against retries that multiply: only the core retries."""
        with self.faults() as server:
            for streamed in BOTH:
                server.requests.clear()
                self.failure(server.url_of(f"status_{status}"), streamed=streamed)
                assert len(server.requests) == 1

    def test_every_try_sends_the_same(self) -> None:
        """Protects against a request body that is consumed by the first attempt."""
        with self.faults() as server:
            for streamed in BOTH:
                server.requests.clear()
                url = server.url_of("retry_after_ms", "ok")
                assert self.ask(url, streamed=streamed, config={"num_retries": 1}).text == TEXT
                first, second = server.requests
                assert (first.body, first.path) == (second.body, second.path)

    @pytest.mark.parametrize(
        ("name", "kind"),
        [("context_overflow", ContextWindowExceededError), ("insufficient_quota", QuotaExceededError)],
    )
    def test_errors_with_a_name_of_their_own_are_told_apart(self, name: str, kind: type[DragomanError]) -> None:
        """Protects against retries that cannot succeed, after a full context window or an exhausted quota."""
        error = self._coded(name)
        assert type(error) is kind, error
        assert not error.retryable

    @pytest.mark.parametrize("name", ["error_text", "error_detail", "error_code_number"])
    def test_errors_of_another_shape_are_read(self, name: str) -> None:
        """Protects against a KeyError that hides the message of the vendor."""
        error = self._coded(name)
        assert type(error) is NotFoundError
        assert "no such model" in str(error)

    def test_the_words_of_the_server_are_told(self) -> None:
        """Protects against an error that shows only the status."""
        with self.faults() as server:
            assert "status 400 was asked for" in str(self.failure(server.url_of("status_400")))

    def test_an_error_tells_where_it_came_from(self) -> None:
        """Protects against an error that does not name its provider and model."""
        with self.faults() as server:
            for streamed in BOTH:
                error = self.failure(server.url_of("status_500"), streamed=streamed)
                assert (error.provider, error.model) == (self.known_as(), self.model_name())
                assert len(error.attempts) == 1

    def test_an_error_page_is_not_told_in_full(self) -> None:
        """Protects against logs filled with the HTML page of a gateway."""
        page = Reply(status=502, headers={"content-type": "text/html"}, body=b"<p>out for lunch</p>" * 500)
        with self.replying(page) as server:
            error = self.failure(server.url)
        assert type(error) is ServerError
        assert len(str(error)) + len(error.body or "") < 2000  # noqa: PLR2004  # a few lines

    @pytest.mark.parametrize("name", UNSUITABLE)
    def test_a_good_status_without_an_answer_is_an_error(self, name: str) -> None:
        """Protects against an empty answer where the server sent none."""
        with self.faults() as server:
            for streamed in BOTH:
                error = self.failure(server.url_of(name), streamed=streamed)
                assert isinstance(error, ProtocolError | StreamInterruptedError | NoAnswerError), error

    def test_an_error_with_a_good_status_is_an_error(self) -> None:
        """Protects against an error with the status 200 that is treated as an answer."""
        with self.faults() as server:
            for streamed in BOTH:
                error = self.failure(server.url_of("json_error_200"), streamed=streamed)
                assert isinstance(error, ProviderError), error

    @pytest.mark.parametrize("name", ["redirect_301", "redirect_302", "redirect_303", "redirect_307", "redirect_308"])
    def test_a_redirect_is_not_followed(self, name: str) -> None:
        """Protects against a key that is sent to a host that the caller did not name."""
        with self.faults() as server:
            assert type(self.failure(server.url_of(name))) is RedirectError
            assert len(server.requests) == 1
            assert KEY not in server.requests[0].path

    @pytest.mark.parametrize("name", ["gzip_bomb", "endless_line"])
    def test_a_reply_without_end_is_cut_off(self, name: str) -> None:
        """Protects against a reply that exhausts the memory."""
        with self.faults() as server:
            assert type(self.failure(server.url_of(name), streamed=True)) is ResponseTooLargeError

    def _coded(self, name: str) -> DragomanError:
        coded = self.spoken().coded
        if name not in coded:
            not_shown(f'coded["{name}"]')
        status, body = coded[name]
        with self.replying(Reply.json(body, status=status)) as server:
            return self.failure(server.url)
