"""The address and the credentials: AI Studio with a key, or Vertex AI with the credentials of a project.

https://ai.google.dev/gemini-api/docs/api-key and https://cloud.google.com/vertex-ai/docs/authentication
"""

from __future__ import annotations

import re
from typing import Any, Protocol
from urllib.parse import quote, urlsplit

import attrs

from dragoman import ConfigurationError, MissingCredentialError, ProviderConfig
from dragoman.http import Base, Endpoint, base_url, checked_headers, credential, is_home, refuse_insecure
from dragoman_google.options import GoogleOptions
from dragoman_google.tokens import AccessToken

STUDIO_URL = "https://generativelanguage.googleapis.com/v1beta"
BASE_ENV = ("GEMINI_API_BASE",)
KEY_ENV = ("GEMINI_API_KEY", "GOOGLE_API_KEY")
EXPRESS_KEY_ENV = ("GOOGLE_API_KEY",)
"""The variables for a key of Vertex AI, which needs no project."""
PROJECT_ENV = ("VERTEXAI_PROJECT", "GOOGLE_CLOUD_PROJECT")
LOCATION_ENV = ("VERTEXAI_LOCATION", "GOOGLE_CLOUD_LOCATION")
CREDENTIALS_ENV = ("VERTEXAI_CREDENTIALS", "GOOGLE_APPLICATION_CREDENTIALS")

_VERTEX_HOST = re.compile(r"^(?:([a-z0-9-]+)-)?aiplatform(?:\.([a-z]+)\.rep)?\.googleapis\.com$")
_LOCATION = re.compile(r"^[a-z]+[a-z0-9-]*$")
_PUBLISHER = re.compile(r"/publishers/(?:google|anthropic)(?:/models)?$")
GLOBAL = "global"
_MULTI_REGIONS = ("us", "eu")
_VERTEX_NAMES = frozenset({"vertex", "vertex_ai"})
"""The provider names that select Vertex AI."""


class Place(Protocol):
    """Say by options where Vertex AI is called, and as whom."""

    @property
    def project(self) -> str | None:
        """Return the project that is billed."""
        ...

    @property
    def location(self) -> str | None:
        """Return the location where the model runs."""
        ...

    @property
    def credentials(self) -> Any:
        """Return the credentials, or where they are."""
        ...


def endpoint(config: ProviderConfig, options: GoogleOptions) -> Endpoint:
    """Return the base URL, the headers of every request and their authorization.

    Raises:
        MissingCredentialError: if no credential may be sent to that host.
        ConfigurationError: if the location or the project is not valid.

    """
    if uses_vertex(config, options):
        return vertex_endpoint(config, options)
    base = base_url(config, default=STUDIO_URL, env=BASE_ENV, version="/v1beta")
    key = credential(config, base, env=KEY_ENV)
    headers: dict[str, str] = {} if key is None else {"x-goog-api-key": key}
    return Endpoint(base=base, headers={**headers, **checked_headers(config.headers)})


def uses_vertex(config: ProviderConfig, options: GoogleOptions) -> bool:
    """Return whether to use Vertex AI; where nothing else decides, a key selects AI Studio."""
    if options.vertex is not None:
        return options.vertex
    if config.name in _VERTEX_NAMES or options.project or options.location or options.credentials is not None:
        return True
    if config.api_base:
        return bool(_VERTEX_HOST.match(_host(config.api_base)))
    if config.api_key or config.env((*KEY_ENV, *BASE_ENV)) or config.secrets(config.name, "api_key"):
        return False
    return config.env(("VERTEXAI_PROJECT",)) is not None


def _host(api_base: str) -> str:
    try:
        return urlsplit(api_base).hostname or ""
    except ValueError:
        return ""


def vertex_endpoint(
    config: ProviderConfig,
    options: Place,
    *,
    project_env: tuple[str, ...] = PROJECT_ENV,
    location_env: tuple[str, ...] = LOCATION_ENV,
) -> Endpoint:
    """Return the base URL with the project and the location, and the authorization of Vertex AI.

    Args:
        config: the configuration.
        options: its options.
        project_env: the variables of the environment for the project.
        location_env: the variables of the environment for the location.

    Raises:
        MissingCredentialError: if no credentials may be sent to that host.
        ConfigurationError: if the location or the project is not valid.

    """
    token = AccessToken(config.env(CREDENTIALS_ENV) if options.credentials is None else options.credentials)
    project = options.project or (None if config.api_key else config.env(project_env) or token.project)
    express = project is None and options.credentials is None and "/projects/" not in (config.api_base or "")
    given = options.location or (None if express else config.env(location_env))
    location = given or _location_of(config.api_base) or GLOBAL
    if not _LOCATION.match(location):
        message = f"location must be a region of Google Cloud, such as 'europe-west4', not {location!r}"
        raise ConfigurationError(message, provider=config.name, parameter="location")
    base = base_url(config, default=f"https://{_vertex_host(location)}/v1", version="/v1")
    base = attrs.evolve(base, url=_PUBLISHER.sub("", base.url))
    if express:
        return _express_endpoint(config, base, options)
    base = _with_project(base, config, project, location)
    refuse_insecure(config, base)
    headers = checked_headers(config.headers)
    if config.api_key is not None and options.credentials is None:
        return Endpoint(base=base, headers={"x-goog-api-key": config.api_key, **headers})
    if options.credentials is None and not is_home(config, base):
        message = f"{base.host} is not a host of Google, so no credentials are sent there; give credentials=..."
        raise MissingCredentialError(message, provider=config.name, model=config.model)
    return Endpoint(base=base, headers=headers, authorize=token.headers)


def _express_endpoint(config: ProviderConfig, base: Base, options: Place) -> Endpoint:
    """Return the endpoint of a key without a project.

    https://cloud.google.com/vertex-ai/generative-ai/docs/start/express-mode/vertex-ai-express-mode-api-reference
    """
    key = credential(config, base, env=() if config.env(CREDENTIALS_ENV) else EXPRESS_KEY_ENV, required=False)
    if key is None:
        message = (
            f"Vertex AI requires a project; give project='...' or set {PROJECT_ENV[0]}, or a key of express mode as "
            f"api_key='...' or set {EXPRESS_KEY_ENV[0]}"
        )
        raise ConfigurationError(message, provider=config.name, parameter="project")
    if options.location not in {None, GLOBAL}:
        message = (
            f"a key without a project reaches the location global alone; give project='...' for {options.location}"
        )
        raise ConfigurationError(message, provider=config.name, parameter="project")
    return Endpoint(base=base, headers={"x-goog-api-key": key, **checked_headers(config.headers)})


def _vertex_host(location: str) -> str:
    """Return the host: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/locations."""
    if location == GLOBAL:
        return "aiplatform.googleapis.com"
    return (
        f"aiplatform.{location}.rep.googleapis.com"
        if location in _MULTI_REGIONS
        else f"{location}-aiplatform.googleapis.com"
    )


def _location_of(api_base: str | None) -> str | None:
    found = _VERTEX_HOST.match(_host(api_base)) if api_base else None
    return (found[1] or found[2]) if found else None


def _with_project(base: Base, config: ProviderConfig, project: str | None, location: str) -> Base:
    """Return the base URL with the project and the location."""
    if "/projects/" in base.url:
        return base
    if project is None:
        message = f"Vertex AI requires a project; give project='...' or set {PROJECT_ENV[0]}"
        raise ConfigurationError(message, provider=config.name, parameter="project")
    return attrs.evolve(base, url=f"{base.url}/projects/{quote(project, safe=':')}/locations/{location}")
