"""Errors as all APIs of Azure OpenAI report them.

https://learn.microsoft.com/azure/ai-services/openai/reference and
https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter
"""

from __future__ import annotations

from collections.abc import Mapping

from dragoman import ContentFilterError, NotFoundError, ProtocolError, ProviderError
from dragoman.http import HttpReply, fields, retold, word
from dragoman_openai_compatible import RESPONSES_CODES, error_of

CODES: Mapping[str, type[ProviderError]] = {
    **RESPONSES_CODES,
    "DeploymentNotFound": NotFoundError,
    "ResponsibleAIPolicyViolation": ContentFilterError,
}
"""Error classes by code."""

_HINT = "check the name of the deployment (the model), api_base and api_version"


def azure_error(reply: HttpReply) -> ProviderError:
    """Return the error that a reply reports; that of a content filter has the whole body of the reply as ``body``."""
    error = error_of(reply, CODES)
    inner = CODES.get(_inner_code(reply) or "")
    if inner is not None and not isinstance(error, inner):
        error = retold(error, inner)
    if isinstance(error, ContentFilterError):
        error.body = reply.body.decode("utf-8", "replace")
    if isinstance(error, NotFoundError):
        error.message = f"{error.message} ({_HINT})"
    return error


def _inner_code(reply: HttpReply) -> str | None:
    try:
        report = fields(reply.json())
    except ProtocolError:
        return None
    return word(fields(fields(report.get("error")).get("innererror")).get("code"))
