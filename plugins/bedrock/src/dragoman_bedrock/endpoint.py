"""The address and the credentials: a Bedrock API key, or an access key that signs each request.

https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html and
https://docs.aws.amazon.com/general/latest/gr/bedrock.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from dragoman import ConfigurationError, MissingCredentialError, ProviderConfig, Secret
from dragoman.http import (
    Authorize,
    Base,
    Endpoint,
    HttpRequest,
    base_url,
    checked_headers,
    credential,
    credential_fields,
    is_home,
    refuse_insecure,
)
from dragoman_bedrock.options import AwsOptions
from dragoman_bedrock.signing import SIGNED_HEADERS, Credentials, signature_headers

BASE_ENV = ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME",)
REGION_ENV = ("AWS_REGION", "AWS_DEFAULT_REGION")
KEY_ENV = ("AWS_BEARER_TOKEN_BEDROCK",)
FIELDS: Mapping[str, tuple[str, ...]] = {
    "access_key": ("AWS_ACCESS_KEY_ID",),
    "secret_key": ("AWS_SECRET_ACCESS_KEY",),
    "session_token": ("AWS_SESSION_TOKEN",),
}
"""The environment variables of the access key."""
REQUEST_IDS = ("x-amzn-requestid",)

_REGION = re.compile(r"[a-z]{2,}(?:-[a-z0-9]+)+")
_REGION_OF_HOST = re.compile(r"bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.")
_INSTEAD = f"pass api_key=... or set {KEY_ENV[0]}, or install dragoman-bedrock[aws] for the profiles and roles of AWS"


def endpoint(config: ProviderConfig, options: AwsOptions) -> Endpoint:
    """Return the base URL, the headers of every request and their authorization.

    Raises:
        MissingCredentialError: if no credentials may be sent to that host.
        ConfigurationError: if there is no region, or if it is not valid.

    """
    region = _region(config, options)
    suffix = ".cn" if str(region).startswith("cn-") else ""
    default = None if region is None else f"https://bedrock-runtime.{region}.amazonaws.com{suffix}"
    base = base_url(config, default=default, env=BASE_ENV, version="")
    headers = checked_headers(config.headers)
    made = partial(Endpoint, base=base, hosts=tuple(config.hosts), request_id_headers=REQUEST_IDS)
    key = _bearer(config, base, options)
    if key is not None:
        return made(headers={"authorization": key.with_prefix("Bearer "), **headers})
    if region is None:
        raise _no_region(config, region)
    authorize = _signer(config, base, options, region)
    return made(headers=headers, authorize=authorize, authorized_headers=SIGNED_HEADERS)


def _region(config: ProviderConfig, options: AwsOptions) -> str | None:
    """Return the region, ``None`` if the base URL is given and names none."""
    address = config.api_base or config.env(BASE_ENV) or ""
    found = _REGION_OF_HOST.search(address)
    region = options.region or (found[1] if found else None) or config.env(REGION_ENV)
    if region is None and address:
        return None
    if region is None or not _REGION.fullmatch(region):
        raise _no_region(config, region)
    return region


def _no_region(config: ProviderConfig, region: str | None) -> ConfigurationError:
    given = "none is given" if region is None else f"{region!r} is none"
    message = f"Bedrock needs a region of AWS, and {given}; pass region='us-east-1' or set {' or '.join(REGION_ENV)}"
    return ConfigurationError(message, provider=config.name, parameter="region")


def _bearer(config: ProviderConfig, base: Base, options: AwsOptions) -> Secret | None:
    """Return the API key, unless the caller passed an access key or a profile.

    Raises:
        ConfigurationError: if the caller passed both.

    """
    signs = any(each is not None for each in (options.access_key, options.secret_key, options.profile))
    if signs and config.api_key is not None:
        message = "pass either api_key=... or an access key or a profile, not both"
        raise ConfigurationError(message, provider=config.name, parameter="api_key")
    return None if signs else credential(config, base, env=KEY_ENV, required=False)


def _signer(config: ProviderConfig, base: Base, options: AwsOptions, region: str) -> Authorize:
    """Return a function that signs requests, by credentials that do not change or by those of the chain at the time."""
    if options.profile is not None and (options.access_key is not None or options.secret_key is not None):
        message = "pass either an access key or a profile, not both"
        raise ConfigurationError(message, provider=config.name, parameter="profile")
    home = is_home(config, base)
    has_chain = home and find_spec("botocore") is not None
    if options.profile is None or not home:
        found = credential_fields(
            config, base, FIELDS, optional=("session_token",), required=not has_chain, instead=_INSTEAD
        )
        if found:
            return partial(_sign, region, Credentials(**found))
    if not has_chain:
        message = "the profiles of AWS are read by botocore; install dragoman-bedrock[aws]"
        raise MissingCredentialError(message, provider=config.name, model=config.model)
    refuse_insecure(config, base)
    return partial(_sign_by_chain, region, _Chain(config, options.profile))


async def _sign(region: str, credentials: Credentials, request: HttpRequest) -> Mapping[str, str]:
    return signature_headers(request, credentials, region=region, moment=datetime.now(UTC))


async def _sign_by_chain(region: str, chain: _Chain, request: HttpRequest) -> Mapping[str, str]:
    from asyncio import to_thread  # noqa: PLC0415  # only the chain needs a thread

    return await _sign(region, await to_thread(chain.credentials), request)


class _Chain:
    """The credential chain of botocore: profiles, roles and the metadata of the machine.

    https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html

    Args:
        config: the configuration of the caller.
        profile: the profile, ``None`` for the default of AWS.

    """

    def __init__(self, config: ProviderConfig, profile: str | None) -> None:
        self._config = config
        self._profile = profile
        self._found: Any = None

    def credentials(self) -> Credentials:
        """Return the credentials, which botocore refreshes; this may read files and connect to the network.

        Raises:
            MissingCredentialError: if the chain has none.

        """
        if self._found is None:
            session: Any = import_module("botocore.session")  # an optional dependency, imported when used
            self._found = session.Session(profile=self._profile).get_credentials()
        if self._found is None:
            message = f"no credentials for {self._config.name} in the profiles and roles of AWS; pass api_key=..."
            raise MissingCredentialError(message, provider=self._config.name, model=self._config.model)
        frozen = self._found.get_frozen_credentials()
        token = frozen.token
        return Credentials(
            access_key=Secret(frozen.access_key, name="the access key"),
            secret_key=Secret(frozen.secret_key, name="the secret key"),
            session_token=Secret(token, name="the session token") if token else None,
        )
