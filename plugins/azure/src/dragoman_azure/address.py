"""Where a deployment is, in every form that Azure and its documentation give the address.

https://learn.microsoft.com/azure/ai-services/openai/reference and
https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle for the newer surface.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import parse_qsl, quote, urlencode

import attrs
from attrs import frozen

from dragoman import ConfigurationError, ProviderConfig
from dragoman.http import Base, base_url
from dragoman_azure.versions import DEFAULT_VERSION, INFERENCE_VERSION, V1_VERSIONS

BASE_ENV = ("AZURE_OPENAI_ENDPOINT", "AZURE_API_BASE")
VERSION_ENV = ("OPENAI_API_VERSION", "AZURE_API_VERSION")

_DEPLOYMENT = re.compile(r"/openai/deployments/(?P<name>[^/]+)$")
_INFERENCE = re.compile(r"^https?://[^/]+/models(?:/chat/completions)?/*$")


@frozen(kw_only=True)
class Address:
    """Hold the way from a base URL to its operations.

    Args:
        base: the base URL, as far as it is the same for all operations.
        surface: ``classic`` names the deployment in the path, ``v1`` and ``inference`` name it in the body.
        api_version: the version of the API, ``None`` to send none.
        deployment: the deployment, percent-encoded, where the base URL named it.

    """

    base: Base
    surface: Literal["classic", "v1", "inference"]
    api_version: str | None
    deployment: str | None = None

    def path(self, operation: str, deployment: str, api_version: str | None = None) -> str:
        """Return the path of an operation below the base URL.

        Raises:
            ConfigurationError: for a name that no deployment can have.

        """
        query = self.query(api_version)
        if self.surface != "classic":
            return operation + query
        if deployment in {".", ".."}:
            message = f"{deployment!r} is no name of a deployment"
            raise ConfigurationError(message, provider="azure", parameter="model")
        return f"/openai/deployments/{self.deployment or quote(deployment, safe='')}{operation}{query}"

    def listing(self) -> str:
        """Return the path of the listing of models below the base URL."""
        return ("/openai/models" if self.surface == "classic" else "/models") + self.query()

    def query(self, api_version: str | None = None) -> str:
        """Return the query that names the version."""
        version = api_version or self.api_version
        return f"?{urlencode({'api-version': version})}" if version else ""

    def dated(self, api_version: str | None = None) -> str | None:
        """Return the version whose date says what it has; the other surfaces have it all."""
        return (api_version or self.api_version) if self.surface == "classic" else None


def address(config: ProviderConfig, api_version: str | None) -> Address:
    """Return the address that a configuration stands for.

    Args:
        config: what the caller gave.
        api_version: the version that the caller gave.

    Raises:
        ConfigurationError: for an address that is none, or that holds a query other than ``api-version``.

    """
    text, config = _without_query(config)
    named = api_version or _version_in(text)
    base = base_url(config, default=None, env=BASE_ENV, version="")
    if _INFERENCE.match(text.strip().partition("?")[0]):
        return Address(base=_at(base, "/models"), surface="inference", api_version=named or INFERENCE_VERSION)
    if base.url.endswith("/openai/v1"):
        return Address(base=base, surface="v1", api_version=named)
    version = named or config.env(VERSION_ENV) or DEFAULT_VERSION
    if found := _DEPLOYMENT.search(base.url):
        root = attrs.evolve(base, url=base.url[: found.start()])
        return Address(base=root, surface="classic", api_version=version, deployment=found["name"])
    root = attrs.evolve(base, url=base.url.removesuffix("/openai"))
    if version in V1_VERSIONS:
        return Address(base=_at(root, "/openai/v1"), surface="v1", api_version=version)
    return Address(base=root, surface="classic", api_version=version)


def _at(base: Base, path: str) -> Base:
    return attrs.evolve(base, url=base.url + path)


def _without_query(config: ProviderConfig) -> tuple[str, ProviderConfig]:
    """Return the address as it was given, and the configuration without the one query that it may have."""
    if config.api_base:
        return config.api_base, attrs.evolve(config, api_base=_plain(config.api_base))
    name = next((name for name in BASE_ENV if config.environ.get(name)), None)
    if name is None:
        return "", config
    text = config.environ[name]
    return text, attrs.evolve(config, environ={**config.environ, name: _plain(text)})


def _plain(text: str) -> str:
    before, _, query = text.strip().partition("?")
    names = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
    return before if names == ["api-version"] and "#" not in query else text


def _version_in(text: str) -> str | None:
    version = dict(parse_qsl(text.partition("?")[2])).get("api-version")
    if version and not re.fullmatch(r"[\w.-]+", version):
        message = "api_base names an api-version that is none"
        raise ConfigurationError(message, provider="azure", parameter="api_base")
    return version
