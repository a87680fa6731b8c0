"""Access tokens for Vertex AI, made and refreshed by google-auth, which is imported when the first one is needed.

https://google-auth.readthedocs.io
"""

from __future__ import annotations

import asyncio
import importlib
import json
import threading
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
    MissingCredentialError,
    Secret,
)

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_INSTALL = "pip install 'dragoman-google[vertex]'"
_PATIENCE = 60.0


def _content(source: Any) -> Mapping[str, Any]:
    """Return what a credentials file says, given its path, its text or itself.

    Raises:
        ConfigurationError: if it is no credentials file.

    """
    if isinstance(source, Mapping):
        return cast("Mapping[str, Any]", source)
    if not isinstance(source, str | Path):
        return {}
    try:
        is_content = str(source).lstrip().startswith("{")
        content: Any = json.loads(str(source) if is_content else Path(source).expanduser().read_text("utf-8"))
    except (OSError, ValueError) as error:
        message = (
            f"credentials is the path or the content of a credentials file; reading it gave {type(error).__name__}"
        )
    else:
        return cast("Mapping[str, Any]", content) if isinstance(content, dict) else {}
    finally:
        del source  # a traceback that shows locals shows those of this frame
    raise ConfigurationError(message, provider="google", parameter="credentials")


class AccessToken:
    """Keep one access token fresh; safe to use from several threads and event loops.

    Args:
        source: the path, text or content of a credentials file, or an object of google-auth; ``None`` for the
            application default credentials.

    """

    def __init__(self, source: Any) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._credentials: Any = None if source is None or isinstance(source, str | Path | Mapping) else source

    @property
    def project(self) -> str | None:
        """Return the project that the credentials belong to, where that stands in them.

        Raises:
            ConfigurationError: if they are no credentials file.

        """
        if self._source is None:
            return None
        found = getattr(self._source, "project_id", None) or _content(self._source).get("project_id")
        return found if isinstance(found, str) else None

    async def headers(self) -> Mapping[str, str]:
        """Return the headers that authorize one attempt.

        Raises:
            MissingCredentialError: if there are no credentials, or google-auth is not installed.
            AuthenticationError: if Google gives no token for them.
            ConnectionFailedError: if Google cannot be reached.

        """
        credentials = self._credentials
        if credentials is None or not credentials.valid:
            credentials = await asyncio.to_thread(self._fresh)
        token = Secret(str(credentials.token), name="the access token")
        headers: dict[str, str] = {"authorization": token.with_prefix("Bearer ")}
        if payer := getattr(credentials, "quota_project_id", None):
            headers["x-goog-user-project"] = str(payer)
        return headers

    def _fresh(self) -> Any:
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
            message = f"no access token: Google could not be reached ({type(error).__name__})"
            failed, cause = ConnectionFailedError(message, provider="google", phase="connect"), _bare(error)
        except Exception as error:  # noqa: BLE001  # google-auth raises its own and those of what it stands on
            message = f"Google gave no access token for these credentials ({type(error).__name__})"
            failed, cause = AuthenticationError(message, provider="google", phase="connect"), _bare(error)
        else:
            return
        raise failed from cause


def _load(source: Any) -> Any:
    """Return credentials of google-auth.

    Raises:
        MissingCredentialError: if there are none, or google-auth is not installed.

    """
    auth, account = _module("google.auth"), _module("google.oauth2.service_account")
    try:
        if source is None:
            return auth.default(scopes=[SCOPE])[0]
        if _content(source).get("type") == "service_account":
            return account.Credentials.from_service_account_info(_content(source), scopes=[SCOPE])
        return auth.load_credentials_from_dict(_content(source), scopes=[SCOPE])[0]
    except (DragomanError, OSError):
        raise
    except Exception as error:  # noqa: BLE001  # as above
        message = f"no credentials for Vertex AI ({type(error).__name__}); give credentials=... or log in with gcloud"
        cause = _bare(error)
    finally:
        del source  # a traceback that shows locals shows those of this frame
    raise MissingCredentialError(message, provider="google", parameter="credentials") from cause


def _bare(error: Exception) -> Exception:
    """Return what *error* says without its frames, which hold the private key."""
    return Exception(f"{type(error).__name__}: {error}")


def _module(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        message = f"Vertex AI needs google-auth: {_INSTALL}"
        raise MissingCredentialError(message, provider="google") from error


@frozen(kw_only=True)
class _Reply:
    """Hold a reply as google-auth reads it."""

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
    """Send one request for google-auth, which brings no transport of its own, in the thread that refreshes."""
    if not url.startswith(("https://", "http://")):
        message = f"credentials name no http(s) address to get a token from: {url[:100]!r}"
        raise ConfigurationError(message, provider="google", parameter="credentials")
    request = urllib.request.Request(url, data=body, headers=dict(headers or {}), method=method)  # noqa: S310  # checked above
    try:
        with urllib.request.urlopen(request, timeout=timeout or _PATIENCE) as reply:  # noqa: S310  # as above
            return _Reply(status=reply.status, headers=dict(reply.headers), data=reply.read())
    except urllib.error.HTTPError as error:
        with error:
            return _Reply(status=error.code, headers=dict(error.headers), data=error.read())
