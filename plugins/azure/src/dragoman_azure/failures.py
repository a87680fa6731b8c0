"""Errors as Azure OpenAI reports them, alike in all its APIs.

https://learn.microsoft.com/azure/ai-services/openai/reference and
https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter
"""

from __future__ import annotations

from collections.abc import Mapping

from dragoman import ContentFilterError, NotFoundError, ProtocolError, ProviderError
from dragoman.http import HttpReply, fields, word
from dragoman_openai_compatible.errors import error_of
from dragoman_openai_compatible.responses import CODES as OPENAI_CODES

CODES: Mapping[str, type[ProviderError]] = {
    **OPENAI_CODES,
    "DeploymentNotFound": NotFoundError,
    "ResponsibleAIPolicyViolation": ContentFilterError,
}
"""What a code stands for."""

_LOST = "check the deployment's name (the model), api_base and api_version"


def failure(reply: HttpReply) -> ProviderError:
    """Return the error that a reply reports; what a filter found stands in its ``body``, uncut."""
    error = error_of(reply, CODES)
    inner = CODES.get(_inner_code(reply) or "")
    if inner is not None and not isinstance(error, inner):
        error = inner(error.message, status=error.status, code=error.code, parameter=error.parameter)
    if isinstance(error, ContentFilterError):
        error.body = reply.body.decode("utf-8", "replace")
    if isinstance(error, NotFoundError):
        error.message = f"{error.message} ({_LOST})"
    return error


def _inner_code(reply: HttpReply) -> str | None:
    try:
        report = fields(reply.json())
    except ProtocolError:
        return None
    return word(fields(fields(report.get("error")).get("innererror")).get("code"))
