"""LiteLLM's exceptions as errors of Dragoman: by status first, then by class.

Several of its classes have a status that no server sent; these are mapped by their class. See
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
from dragoman_openai_compatible import error_of

CODES: Mapping[str, str] = {
    "ContextWindowExceededError": "context_length_exceeded",
    "ContentPolicyViolationError": "content_policy_violation",
    "BudgetExceededError": "insufficient_quota",
    "PaymentRequiredError": "insufficient_quota",
    "LiteLLMUnknownProvider": "model_not_found",
}
"""The code of OpenAI's API for each class."""

_TRANSPORT = ("httpx", "httpcore", "httpx2", "httpcore2", "aiohttp", "ssl", "socket")
_KEPT_HEADERS = ("retry-after", "retry-after-ms", "x-request-id", "request-id", "x-ratelimit-", "x-should-retry")
_SERVER_ERROR = 500
_LITELLM_FAILED = "LiteLLM could not read the reply, or has a fault"


def typed_error(error: Exception, *, key: Secret | None, phase: str) -> DragomanError:
    """Return the error that an exception of LiteLLM stands for, without the key.

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
        if _was_answered(error):  # with 408 or 504, for which LiteLLM has the same class
            return _reply_error(error, names, message)
        return RequestTimeoutError(message, phase=phase)
    status: Any = getattr(error, "status_code", None)
    no_reply = "APIConnectionError" in names or not isinstance(status, int)
    if no_reply or (status >= _SERVER_ERROR and any(map(_is_transport, _causes(error)))):
        return _connection_error(error, message, phase)
    if any(isinstance(each, json.JSONDecodeError) for each in _causes(error)):
        return ProtocolError(f"{_LITELLM_FAILED}: {message}", phase="decode")
    return _reply_error(error, names, message)


def _mid_stream(error: Exception, key: Secret | None, message: str, phase: str) -> DragomanError:
    original = getattr(error, "original_exception", None)
    if isinstance(original, Exception) and original is not error:
        inner = typed_error(original, key=key, phase=phase)
        if phase != "mid_stream" or not isinstance(inner, ConnectionFailedError):
            return inner
    return StreamInterruptedError(message, phase="mid_stream")


def _connection_error(error: Exception, message: str, phase: str) -> DragomanError:
    """Distinguish a lost connection from a fault of LiteLLM, which it reports with the same class."""
    if "BudgetExceededError" in {kind.__name__ for kind in type(error).__mro__}:
        return _reply_error(error, {"BudgetExceededError"}, message)
    if any(_is_transport(each) for each in _causes(error)):
        if phase == "mid_stream":
            return StreamInterruptedError(message, phase=phase)
        return ConnectionFailedError(message, phase="connect")
    return ProtocolError(f"{_LITELLM_FAILED}: {message}", phase="decode")


def _reply_error(error: Exception, names: set[str], message: str) -> DragomanError:
    """Return the error for a reply, by its status, the provider's own code and LiteLLM's class."""
    reported = _reported_error(error)
    code = next((CODES[name] for name in CODES if name in names), None)
    kind, parameter = word(reported.get("type")), word(reported.get("param"))
    report = {"message": message, "code": code or word(reported.get("code")), "type": kind, "param": parameter}
    status = int(getattr(error, "status_code", 0) or 400)
    headers = _headers(error)
    typed = error_of(HttpReply(status=status, headers=headers, body=dumps({"error": report})))
    typed.body = None
    typed.headers = {name: value for name, value in headers.items() if name.startswith(_KEPT_HEADERS)}
    typed.request_id = headers.get("x-request-id") or headers.get("request-id")
    return typed


def _reported_error(error: Exception) -> dict[str, Any]:
    """Return the error object of the provider, which one of the causes of LiteLLM's exception holds."""
    for each in _causes(error):
        body = fields(getattr(each, "body", None)) or _parse(getattr(each, "message", None))
        reported = fields(body.get("error")) or body
        if reported.get("message") or reported.get("code"):
            return reported
    return {}


def _parse(text: Any) -> dict[str, Any]:
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return {}
    try:
        return fields(loads(text.encode("utf-8", "replace")))
    except ProtocolError:
        return {}


def refused_default(setting: str, error: DragomanError) -> BadRequestError:
    """Return the refusal of a setting that is a default, so that the core leaves it out and tries again."""
    return BadRequestError(error.message, parameter=setting, status=400)


def _headers(error: Exception) -> dict[str, str]:
    given: Any = getattr(error, "litellm_response_headers", None)
    if not given:
        given = getattr(getattr(error, "response", None), "headers", None)
    items = given.items() if hasattr(given, "items") else ()
    return {str(name).lower().removeprefix("llm_provider-"): str(value) for name, value in items}


def _message(error: Exception, key: Secret | None) -> str:
    text = str(getattr(error, "message", "") or error).strip() or type(error).__name__
    detail = _detail(error)
    if key is not None:
        text, detail = (each.replace(key.reveal(), MASK) for each in (text, detail))
    detail = detail[:EXCERPT]
    return text if detail in text else f"{text}: {detail}"


def _detail(error: Exception) -> str:
    """Return the message of a reply that is not in OpenAI's format, which OpenAI's client leaves out."""
    for each in _causes(error):
        body: Any = getattr(each, "body", None)
        detail = fields(body).get("detail", body)
        if isinstance(detail, str) and not detail.lstrip().startswith("<"):  # not the HTML page of a gateway
            return detail
    return ""


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen = set[int]()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _was_answered(error: Exception) -> bool:
    return any(type(each).__name__ == "HTTPStatusError" for each in _causes(error))


def _is_transport(error: BaseException) -> bool:
    if isinstance(error, ConnectionError | TimeoutError):
        return True
    module = type(error).__module__.partition(".")[0]
    return module in _TRANSPORT and "Status" not in type(error).__name__
