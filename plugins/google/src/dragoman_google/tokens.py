"""Access tokens for Vertex AI, requested and refreshed by google-auth, which is imported for the first token.

https://google-auth.readthedocs.io
"""

from __future__ import annotations

import asyncio
import importlib
import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from attrs import frozen

from dragoman import (
    AuthenticationError,
    ConfigurationError,
    ConnectionFailedError,
    DragomanError,
    ForkSafeLock,
    MissingCredentialError,
    Secret,
    user_path,
)
from dragoman.http import HttpRequest

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_INSTALL = "pip install 'dragoman-google[vertex]'"
_TIMEOUT = 60.0


def _content(source: Any) -> Mapping[str, Any]:
    """Return the content of a credentials file, given its path, its text or its content.

    Raises:
        ConfigurationError: if it is not a credentials file.

    """
    if isinstance(source, Mapping):
        return cast("Mapping[str, Any]", source)
    if not isinstance(source, str | Path):
        return {}
    try:
        is_content = str(source).lstrip().startswith("{")
        content: Any = json.loads(str(source) if is_content else _text_of_file(source))
    except ConfigurationError:  # of a home that is not known
        raise
    except (OSError, ValueError) as error:
        problem = (isinstance(error, OSError) and error.strerror) or type(error).__name__
        message = f"credentials must be the path or the content of a readable credentials file ({problem})"
    else:
        return cast("Mapping[str, Any]", content) if isinstance(content, dict) else {}
    finally:
        del source  # a traceback that shows local variables must not show the private key
    raise ConfigurationError(message, provider="google", parameter="credentials")


def _text_of_file(path: str | Path) -> str:
    return user_path(path, "credentials").read_text("utf-8")


class AccessToken:
    """Provide a valid access token; may be used from several threads and event loops.

    Args:
        source: the path, text or content of a credentials file, or an object of google-auth; ``None`` for the
            application default credentials.

    Raises:
        ConfigurationError: if it is none of these.

    """

    def __init__(self, source: Any) -> None:
        self._credentials: Any = None if source is None or isinstance(source, str | Path | Mapping) else source
        if self._credentials is not None and not hasattr(source, "token"):
            message = f"credentials are a credentials file or an object of google-auth, not {type(source).__name__}"
            raise ConfigurationError(message, provider="google", parameter="credentials")
        self._source = source
        self._lock = ForkSafeLock()

    @property
    def project(self) -> str | None:
        """Return the project that the credentials name, ``None`` if they name none.

        Raises:
            ConfigurationError: if they are not a credentials file.

        """
        if self._source is None:
            return None
        found = getattr(self._source, "project_id", None) or _content(self._source).get("project_id")
        return found if isinstance(found, str) else None

    async def headers(self, _: HttpRequest) -> Mapping[str, str]:
        """Return the headers that authorize one request.

        Raises:
            MissingCredentialError: if there are no credentials, or google-auth is not installed.
            AuthenticationError: if Google refuses a token for them.
            ConnectionFailedError: if Google cannot be reached.

        """
        credentials = self._credentials
        if credentials is None or not credentials.valid:
            credentials = await asyncio.to_thread(self._valid_credentials)
        token = Secret(str(credentials.token), name="the access token")
        headers: dict[str, str] = {"authorization": token.with_prefix("Bearer ")}
        if payer := getattr(credentials, "quota_project_id", None):
            headers["x-goog-user-project"] = str(payer)
        return headers

    def _valid_credentials(self) -> Any:
        with self._lock:
            if self._credentials is None:
                self._credentials = _load(self._source)
            if not self._credentials.valid:
                self._refresh()
            return self._credentials

    def _refresh(self) -> None:
        failed: DragomanError
        try:
            self._credentials.refresh(_request)
        except DragomanError:
            raise
        except OSError as error:
            message = f"cannot reach Google to request an access token ({type(error).__name__})"
            failed, cause = ConnectionFailedError(message, provider="google", phase="connect"), _without_frames(error)
        except Exception as error:  # noqa: BLE001  # google-auth raises exceptions of its own and of its dependencies
            message = f"Google did not issue an access token for these credentials ({type(error).__name__})"
            failed, cause = AuthenticationError(message, provider="google", phase="connect"), _without_frames(error)
        else:
            return
        raise failed from cause


def _load(source: Any) -> Any:
    """Return credentials of google-auth.

    Raises:
        MissingCredentialError: if there are none, or google-auth is not installed.

    """
    auth, account = _import("google.auth"), _import("google.oauth2.service_account")
    try:
        if source is None:
            return auth.default(scopes=[SCOPE])[0]
        if _content(source).get("type") == "service_account":
            return account.Credentials.from_service_account_info(_content(source), scopes=[SCOPE])
        return auth.load_credentials_from_dict(_content(source), scopes=[SCOPE])[0]
    except (DragomanError, OSError):
        raise
    except Exception as error:  # noqa: BLE001  # google-auth raises exceptions of its own and of its dependencies
        message = f"no credentials for Vertex AI ({type(error).__name__}); give credentials=... or log in with gcloud"
        cause = _without_frames(error)
    finally:
        del source  # a traceback that shows local variables must not show the private key
    raise MissingCredentialError(message, provider="google", parameter="credentials") from cause


def _without_frames(error: Exception) -> Exception:
    """Return the text of *error* as an exception without a traceback, whose frames hold the private key."""
    return Exception(f"{type(error).__name__}: {error}")


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        message = f"Vertex AI needs google-auth; run: {_INSTALL}"
        raise MissingCredentialError(message, provider="google") from error


@frozen(kw_only=True)
class _Reply:
    """Hold a reply in the form that google-auth reads."""

    status: int
    headers: Mapping[str, str]
    data: bytes


def _request(
    url: str,
    method: str = "GET",
    body: bytes | None = None,
    headers: Mapping[str, str] | None = None,
    timeout: float | None = None,
    **_: Any,
) -> _Reply:
    """Send one request for google-auth, in the thread that refreshes the token."""
    if not url.startswith(("https://", "http://")):
        message = f"the token address in the credentials must be an http or https URL, not {url[:100]!r}"
        raise ConfigurationError(message, provider="google", parameter="credentials")
    request = urllib.request.Request(url, data=body, headers=dict(headers or {}), method=method)  # noqa: S310  # the scheme is checked
    try:
        with urllib.request.urlopen(request, timeout=timeout or _TIMEOUT) as reply:  # noqa: S310  # the scheme is checked
            return _Reply(status=reply.status, headers=dict(reply.headers), data=reply.read())
    except urllib.error.HTTPError as error:
        with error:
            return _Reply(status=error.code, headers=dict(error.headers), data=error.read())
