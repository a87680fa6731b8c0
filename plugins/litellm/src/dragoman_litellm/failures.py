"""LiteLLM's exceptions as ours: by status first, then by class.

Several of its classes carry a status that nobody sent: those are told by their class. See
https://docs.litellm.ai/docs/exception_mapping.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from dragoman import (
    MASK,
    BadRequestError,
    ConnectionFailedError,
    DragomanError,
    ProtocolError,
    RequestTimeoutError,
    Secret,
    StreamInterruptedError,
    UnsupportedError,
)
from dragoman.http import EXCERPT, HttpReply, dumps, fields, loads, word
from dragoman_openai_compatible.errors import error_of

CODES: Mapping[str, str] = {
    "ContextWindowExceededError": "context_length_exceeded",
    "ContentPolicyViolationError": "content_policy_violation",
    "BudgetExceededError": "insufficient_quota",
    "PaymentRequiredError": "insufficient_quota",
    "LiteLLMUnknownProvider": "model_not_found",
}
"""The code, in OpenAI's words, that a class stands for."""

_TRANSPORT = ("httpx", "httpcore", "httpx2", "httpcore2", "aiohttp", "ssl", "socket")
_KEPT = ("retry-after", "retry-after-ms", "x-request-id", "request-id", "x-ratelimit-", "x-should-retry")
_SERVER = 500
_OPAQUE = "LiteLLM could not read the reply or failed itself"


def failure(error: Exception, *, key: Secret | None, phase: str) -> DragomanError:
    """Return what *error* reports, without the key.

    Args:
        error: what LiteLLM raised.
        key: the credential of the call, which some vendors repeat in their messages.
        phase: ``first_byte`` or ``mid_stream``.

    """
    message = _message(error, key)
    names = {kind.__name__ for kind in type(error).__mro__}
    if "MidStreamFallbackError" in names:
        return _mid_stream(error, key, message, phase)
    if "UnsupportedParamsError" in names:
        return UnsupportedError(message)
    if names & {"Timeout", "APITimeoutError"}:
        if _was_answered(error):  # with 408 or 504, which LiteLLM calls by the same name
            return _refused(error, names, message)
        return RequestTimeoutError(message, phase=phase)
    status: Any = getattr(error, "status_code", None)
    invented = "APIConnectionError" in names or not isinstance(status, int)
    if invented or (status >= _SERVER and any(map(_is_transport, _chain(error)))):
        return _unsent(error, message, phase)
    if any(isinstance(each, json.JSONDecodeError) for each in _chain(error)):
        return ProtocolError(f"{_OPAQUE}: {message}", phase="decode")
    return _refused(error, names, message)


def _mid_stream(error: Exception, key: Secret | None, message: str, phase: str) -> DragomanError:
    original = getattr(error, "original_exception", None)
    if isinstance(original, Exception) and original is not error:
        inner = failure(original, key=key, phase=phase)
        if phase != "mid_stream" or not isinstance(inner, ConnectionFailedError):
            return inner
    return StreamInterruptedError(message, phase="mid_stream")


def _unsent(error: Exception, message: str, phase: str) -> DragomanError:
    """Tell a lost connection from a fault of LiteLLM's, which it reports in the same class."""
    if "BudgetExceededError" in {kind.__name__ for kind in type(error).__mro__}:
        return _refused(error, {"BudgetExceededError"}, message)
    if any(_is_transport(each) for each in _chain(error)):
        if phase == "mid_stream":
            return StreamInterruptedError(message, phase=phase)
        return ConnectionFailedError(message, phase="connect")
    return ProtocolError(f"{_OPAQUE}: {message}", phase="decode")


def _refused(error: Exception, names: set[str], message: str) -> DragomanError:
    """Return the error that the status, the provider's own code and LiteLLM's class stand for."""
    said = _said(error)
    code = next((CODES[name] for name in CODES if name in names), None)
    kind, parameter = word(said.get("type")), word(said.get("param"))
    report = {"message": message, "code": code or word(said.get("code")), "type": kind, "param": parameter}
    status = int(getattr(error, "status_code", 0) or 400)
    headers = _headers(error)
    failed = error_of(HttpReply(status=status, headers=headers, body=dumps({"error": report})))
    failed.body = None
    failed.headers = {name: value for name, value in headers.items() if name.startswith(_KEPT)}
    failed.request_id = headers.get("x-request-id") or headers.get("request-id")
    return failed


def _said(error: Exception) -> dict[str, Any]:
    """Return the error as the provider words it: LiteLLM keeps it in one of the exceptions behind its own."""
    for each in _chain(error):
        body = fields(getattr(each, "body", None)) or _parsed(getattr(each, "message", None))
        said = fields(body.get("error")) or body
        if said.get("message") or said.get("code"):
            return said
    return {}


def _parsed(text: Any) -> dict[str, Any]:
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return {}
    try:
        return fields(loads(text.encode("utf-8", "replace")))
    except ProtocolError:
        return {}


def refused_default(setting: str, error: DragomanError) -> BadRequestError:
    """Return a refusal of one setting that nobody asked for, so that the core leaves it out and asks again."""
    return BadRequestError(error.message, parameter=setting, status=400)


def _headers(error: Exception) -> dict[str, str]:
    given: Any = getattr(error, "litellm_response_headers", None)
    if not given:
        given = getattr(getattr(error, "response", None), "headers", None)
    items = given.items() if hasattr(given, "items") else ()
    return {str(name).lower().removeprefix("llm_provider-"): str(value) for name, value in items}


def _message(error: Exception, key: Secret | None) -> str:
    text = str(getattr(error, "message", "") or error).strip() or type(error).__name__
    words = _plain_words(error)
    if key is not None:
        text, words = (each.replace(key.reveal(), MASK) for each in (text, words))
    words = words[:EXCERPT]
    return text if words in text else f"{text}: {words}"


def _plain_words(error: Exception) -> str:
    """Return what a provider says that does not word its errors as OpenAI does, and whom OpenAI's client leaves out."""
    for each in _chain(error):
        body: Any = getattr(each, "body", None)
        words = fields(body).get("detail", body)
        if isinstance(words, str) and not words.lstrip().startswith("<"):  # the page of a gateway says nothing
            return words
    return ""


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _was_answered(error: Exception) -> bool:
    return any(type(each).__name__ == "HTTPStatusError" for each in _chain(error))


def _is_transport(error: BaseException) -> bool:
    if isinstance(error, ConnectionError | TimeoutError):
        return True
    module = type(error).__module__.partition(".")[0]
    return module in _TRANSPORT and "Status" not in type(error).__name__
