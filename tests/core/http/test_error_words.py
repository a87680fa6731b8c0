"""What the words of an error say beside its status; those of each host are in the tests of the OpenAI dialect."""

from __future__ import annotations

import pytest

from dragoman import (
    AuthenticationError,
    BadRequestError,
    NotFoundError,
    OverloadedError,
    PermissionDeniedError,
    ProviderError,
    QuotaExceededError,
    RateLimitError,
    ServerError,
)
from dragoman.http.error_words import class_by_words


@pytest.mark.parametrize(
    ("kind", "message", "meant"),
    [
        (BadRequestError, "Incorrect API key provided: x", AuthenticationError),
        (BadRequestError, "API key not valid. Please pass a valid API key.", AuthenticationError),
        (BadRequestError, "Your credit balance is too low to access the API", QuotaExceededError),
        (PermissionDeniedError, "Your team does not have any credits", QuotaExceededError),
        (RateLimitError, "Your team has used all available credits", QuotaExceededError),
        (BadRequestError, "Invalid model: x", NotFoundError),
        (BadRequestError, "The model `x/y:free` does not exist", NotFoundError),
        (RateLimitError, "The engine is currently overloaded", OverloadedError),
        (RateLimitError, "You exceeded your current quota, please check your plan. Retry in 30 s.", RateLimitError),
        (RateLimitError, "The model `x` does not exist", RateLimitError),
        (ServerError, "Insufficient balance", ServerError),
        (BadRequestError, "the model parameter must be a string", BadRequestError),
        (BadRequestError, "x" * 5000 + " invalid api key", BadRequestError),
    ],
)
def test_a_message_may_say_more_than_the_status(
    kind: type[ProviderError], message: str, meant: type[ProviderError]
) -> None:
    assert class_by_words(kind, message) is meant
