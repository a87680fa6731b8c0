"""Exceptions of llama.cpp as errors of Dragoman."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dragoman import DragomanError, ServerError
from dragoman.http import HttpReply, dumps

if TYPE_CHECKING:
    from dragoman_llamacpp.request import LlamaCppChat


def typed_error(error: Exception, dialect: LlamaCppChat) -> DragomanError:
    """Return the error that an exception in the thread of a generation stands for.

    Args:
        error: the exception; llama.cpp raises ``ValueError`` and ``RuntimeError`` for requests that it refuses.
        dialect: reads the message of a refusal as that of a reply with status 400.

    """
    if isinstance(error, DragomanError):
        return error
    if isinstance(error, ValueError | RuntimeError):
        problem = {"error": {"code": 400, "message": str(error), "type": "invalid_request_error"}}
        typed: DragomanError = dialect.error(HttpReply(status=400, body=dumps(problem)))
    else:
        typed = ServerError(f"llama.cpp failed: {type(error).__name__}: {error}", retryable=False)
    typed.__cause__ = error
    return typed
