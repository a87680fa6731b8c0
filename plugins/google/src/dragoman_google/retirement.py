"""Models that Google has switched off.

PaLM is gone for good: nothing is sent. A name of an early Gemini is sent, since a project may still have it, and a
"not found" then means that it is gone. See https://ai.google.dev/gemini-api/docs/deprecations.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager

from dragoman import ModelRetiredError, NotFoundError
from dragoman_google.models import is_pro, plain_name

_PALM = re.compile(
    r"^(?:palm(?=$|[-/:])|(?:text|chat|code|codechat)-(?:bison|unicorn)(?=$|[-@])|(?:code|textembedding)-gecko(?=$|[-@]))"
)
_EARLY = re.compile(r"^gemini-(?:(?:pro|ultra)(?=$|-vision|-\d)|1(?:\.\d+)?(?=$|-)|2\.0(?=$|-))")
_PREVIEW = re.compile(r"^gemini-.*-(?:preview|exp)(?:-\d\d-\d\d(?:\d\d)?|-\d{4})$")


class RetiredModelError(ModelRetiredError, NotFoundError):
    """Report a model that was asked for and is gone: retired, and in Google's own words not found."""


def successor(model: str) -> str:
    """Return a model that does the work of *model* today."""
    return "gemini-2.5-pro" if is_pro(model) else "gemini-2.5-flash"


def refuse_palm(model: str) -> None:
    """Refuse a model of the PaLM API, which no longer exists.

    Raises:
        ModelRetiredError: naming a successor.

    """
    if _PALM.match(plain_name(model)):
        message = (
            f"{model} belonged to the PaLM API, which Google has switched off; use {successor(model)} in its place"
        )
        raise ModelRetiredError(message, provider="google", model=model, phase="resolve")


def may_be_retired(model: str) -> bool:
    """Tell whether "not found" means that *model* was there once."""
    name = plain_name(model)
    return bool(_EARLY.match(name) or _PREVIEW.match(name))


@contextmanager
def told_as_retired(model: str) -> Generator[None, None, None]:
    """Turn "not found" into "retired" for the names of which that is true.

    Raises:
        RetiredModelError: in place of :class:`~dragoman.NotFoundError`.

    """
    try:
        yield
    except NotFoundError as error:
        if not may_be_retired(model):
            raise
        raise _retired(model, error) from error


def _retired(model: str, error: NotFoundError) -> RetiredModelError:
    message = f"Google no longer serves {model}; use {successor(model)} in its place ({error.message})"
    return RetiredModelError(
        message,
        provider=error.provider,
        model=model,
        status=error.status,
        code=error.code,
        request_id=error.request_id,
        body=error.body,
        headers=error.headers,
        retryable=False,
    )
