"""The address of a deployment, in every form in which Azure and its documentation give it.

https://learn.microsoft.com/azure/ai-services/openai/reference and
https://learn.microsoft.com/azure/ai-foundry/openai/api-version-lifecycle for the newer surface.
"""

from __future__ import annotations

import re
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlencode

import attrs
from attrs import frozen

from dragoman import ConfigurationError, ProviderConfig, UnsupportedError
from dragoman.http import Base, base_url, path_segment
from dragoman_azure.versions import DEFAULT_VERSION, INFERENCE_VERSION, RESPONSES, V1_VERSIONS, has_feature, since

BASE_ENV = ("AZURE_OPENAI_ENDPOINT", "AZURE_API_BASE")
VERSION_ENV = ("OPENAI_API_VERSION", "AZURE_API_VERSION")

_DEPLOYMENT = re.compile(r"/openai/deployments/(?P<name>[^/]+)$")
_INFERENCE = re.compile(r"^https?://[^/]+/models(?:/chat/completions)?/*$")
_RESPONSES = re.compile(r"/responses/*$")


@frozen(kw_only=True)
class Address:
    """Hold a base URL and what the paths of its operations depend on.

    Args:
        base: the base URL that all operations share.
        surface: ``classic`` names the deployment in the path, ``v1`` and ``inference`` name it in the body.
        api_version: the version of the API, ``None`` to send none.
        deployment: the percent-encoded name of the deployment, where the base URL contains it.
        responses: whether the base URL names the Responses API.
        by_default: whether the version is the default because the caller gives none.

    """

    base: Base
    surface: Literal["classic", "v1", "inference"]
    api_version: str | None
    deployment: str | None = None
    responses: bool = False
    by_default: bool = False

    def path(self, operation: str, deployment: str, api_version: str | None = None) -> str:
        """Return the path of an operation, relative to the base URL.

        Raises:
            InvalidRequestError: for an invalid name of a deployment.

        """
        query = self.query(api_version)
        if self.surface != "classic":
            return operation + query
        return f"/openai/deployments/{self.deployment or path_segment(deployment, 'model')}{operation}{query}"

    def responses_path(self, api_version: str | None = None) -> str:
        """Return the path of the Responses API, relative to the base URL.

        Among dated versions only previews have this API, so the newer surface is used if the caller gives no version.
        https://learn.microsoft.com/azure/ai-services/openai/how-to/responses

        Raises:
            UnsupportedError: if the surface or the version does not have this API.

        """
        if self.surface == "inference":
            message = "the inference API below /models has no Responses API; give an api_base that ends in /openai/v1"
            raise UnsupportedError(message, provider="azure", parameter="api_base")
        if self.surface == "v1":
            return f"/responses{self.query(api_version)}"
        if self.by_default and api_version is None:
            return "/openai/v1/responses"
        version = api_version or self.api_version
        if not has_feature(version, RESPONSES):
            message = (
                f"azure supports {RESPONSES} since {since(RESPONSES)}; choose a newer api_version than {version!r}"
            )
            raise UnsupportedError(message, provider="azure", parameter="api_version")
        newer = "/v1" if version in V1_VERSIONS else ""
        return f"/openai{newer}/responses{self.query(api_version)}"

    def deployed(self, model: str) -> str:
        """Return the deployment for the body: that of the base URL, otherwise *model*."""
        return model if self.deployment is None else unquote(self.deployment)

    def models_path(self) -> str:
        """Return the path of the list of models, relative to the base URL."""
        return ("/openai/models" if self.surface == "classic" else "/models") + self.query()

    def query(self, api_version: str | None = None) -> str:
        """Return the query string with the version."""
        version = api_version or self.api_version
        return f"?{urlencode({'api-version': version})}" if version else ""

    def dated_version(self, api_version: str | None = None) -> str | None:
        """Return the version that decides which features exist, ``None`` for surfaces that have all features."""
        return (api_version or self.api_version) if self.surface == "classic" else None


def address(config: ProviderConfig, api_version: str | None) -> Address:
    """Return the address that a configuration names.

    Args:
        config: the configuration.
        api_version: the option of that name.

    Raises:
        ConfigurationError: if the address is not valid, has a query other than ``api-version``.

    """
    text, config = _without_query(config)
    found = _address(text, config, api_version or _version_in(text))
    return attrs.evolve(found, responses=bool(_RESPONSES.search(_before_query(text))))


def _address(text: str, config: ProviderConfig, named: str | None) -> Address:
    base = base_url(config, default=None, env=BASE_ENV, version="")
    if _INFERENCE.match(_before_query(text)):
        return Address(base=_at(base, "/models"), surface="inference", api_version=named or INFERENCE_VERSION)
    if base.url.endswith("/openai/v1"):
        return Address(base=base, surface="v1", api_version=named)
    named = named or config.env(VERSION_ENV)
    version, by_default = named or DEFAULT_VERSION, named is None
    if found := _DEPLOYMENT.search(base.url):
        root = attrs.evolve(base, url=base.url[: found.start()])
        name = found["name"]
        return Address(base=root, surface="classic", api_version=version, deployment=name, by_default=by_default)
    root = attrs.evolve(base, url=base.url.removesuffix("/openai"))
    if version in V1_VERSIONS:
        return Address(base=_at(root, "/openai/v1"), surface="v1", api_version=version)
    return Address(base=root, surface="classic", api_version=version, by_default=by_default)


def _before_query(text: str) -> str:
    return text.strip().partition("?")[0]


def _at(base: Base, path: str) -> Base:
    return attrs.evolve(base, url=base.url + path)


def _without_query(config: ProviderConfig) -> tuple[str, ProviderConfig]:
    """Return the given address, and the configuration with the address without its ``api-version`` query."""
    if config.api_base:
        return config.api_base, attrs.evolve(config, api_base=_strip_version(config.api_base))
    name = next((name for name in BASE_ENV if config.environ.get(name)), None)
    if name is None:
        return "", config
    text = config.environ[name]
    return text, attrs.evolve(config, environ={**config.environ, name: _strip_version(text)})


def _strip_version(text: str) -> str:
    before, _, query = text.strip().partition("?")
    names = [name for name, _ in parse_qsl(query, keep_blank_values=True)]
    return before if names == ["api-version"] and "#" not in query else text


def _version_in(text: str) -> str | None:
    version = dict(parse_qsl(text.partition("?")[2])).get("api-version")
    if version and not re.fullmatch(r"[\w.-]+", version):
        message = "the api-version in api_base is not valid; give one such as 2024-10-21, or the option api_version"
        raise ConfigurationError(message, provider="azure", parameter="api_base")
    return version
