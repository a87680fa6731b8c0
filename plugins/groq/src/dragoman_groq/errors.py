"""Errors as Groq reports them.

https://console.groq.com/docs/errors
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from dragoman import ModelRetiredError, ProtocolError, ProviderError
from dragoman.http import HttpReply, as_object, fields, retold
from dragoman_groq.models import successor
from dragoman_openai_compatible import error_of

MODEL_FAULTS = frozenset({"tool_use_failed", "json_validate_failed"})
"""Codes of errors in the output of the model: a tool call or an object that does not match its schema."""

_DEPRECATIONS = "https://console.groq.com/docs/deprecations"


def groq_error(reply: HttpReply) -> ProviderError:
    """Return the error that a reply reports; for :data:`MODEL_FAULTS` its ``body`` holds the whole output of the model.

    Args:
        reply: the reply, or one event of a stream as a reply with the status 200.

    """
    stated = _report(reply).get("status_code")
    if isinstance(stated, int) and reply.ok and 400 <= stated < 600:  # noqa: PLR2004  # the statuses of errors
        reply = attrs.evolve(reply, status=stated)
    error = error_of(reply)
    if error.code in MODEL_FAULTS:
        error.body = reply.body.decode("utf-8", "replace")
    if error.status == 413:  # noqa: PLR2004  # this request alone exceeds the limit, so that waiting does not help
        error.retryable = False
    return error


def raise_if_retired(error: ProviderError, model: str) -> None:
    """Raise a more specific error if *error* means that Groq has switched off the model.

    That is so where Groq reports it, and where Groq does not know a model that it used to have.

    Raises:
        ModelRetiredError: if the model is switched off.

    """
    new = successor(model)
    gone = error.code == "model_decommissioned" or (error.code == "model_not_found" and new is not None)
    if not gone:
        return
    hint = f"use {new!r}, or see {_DEPRECATIONS}" if new else f"see {_DEPRECATIONS}"
    message = f"Groq has switched off the model {model!r}; {hint}"
    raise retold(error, ModelRetiredError, message, model=model) from error


def _report(reply: HttpReply) -> Mapping[str, Any]:
    try:
        return fields(as_object(reply.json(), "the reply").get("error"))
    except ProtocolError:
        return {}
