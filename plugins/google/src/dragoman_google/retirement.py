"""Models that Google has shut down.

Nothing is sent for a model of the PaLM API. Requests for early Gemini models are sent, since some projects still have
access; a "not found" then means that the model was retired. See https://ai.google.dev/gemini-api/docs/deprecations.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from contextlib import contextmanager

from dragoman import ModelRetiredError, NotFoundError
from dragoman.http import retold
from dragoman_google.models import is_pro, short_name

_PALM = re.compile(
    r"^(?:palm(?=$|[-/:])|(?:text|chat|code|codechat)-(?:bison|unicorn)(?=$|[-@])|(?:code|textembedding)-gecko(?=$|[-@]))"
)
_EARLY = re.compile(r"^gemini-(?:(?:pro|ultra)(?=$|-vision|-\d)|1(?:\.\d+)?(?=$|-)|2\.0(?=$|-))")
_PREVIEW = re.compile(r"^gemini-.*-(?:preview|exp)(?:-\d\d-\d\d(?:\d\d)?|-\d{4})$")


def successor(model: str) -> str:
    """Return the name of a current model that replaces *model*."""
    return "gemini-2.5-pro" if is_pro(model) else "gemini-2.5-flash"


def check_palm(model: str) -> None:
    """Check that *model* is not a model of the PaLM API, which Google has shut down.

    Raises:
        ModelRetiredError: if it is one; the message names a replacement.

    """
    if _PALM.match(short_name(model)):
        message = f"{model} is a model of the PaLM API, which Google has shut down; use {successor(model)} instead"
        raise ModelRetiredError(message, provider="google", model=model, phase="resolve")


def may_be_retired(model: str) -> bool:
    """Return whether "not found" means that *model* was retired."""
    name = short_name(model)
    return bool(_EARLY.match(name) or _PREVIEW.match(name))


@contextmanager
def report_retirement(model: str) -> Generator[None, None, None]:
    """Raise "retired" in place of "not found" for models that Google has retired.

    Raises:
        ModelRetiredError: in place of any other :class:`~dragoman.NotFoundError`.

    """
    try:
        yield
    except NotFoundError as error:
        if not may_be_retired(model):
            raise
        message = f"Google no longer serves {model}; use {successor(model)} instead ({error.message})"
        raise retold(error, ModelRetiredError, message, model=model) from error
