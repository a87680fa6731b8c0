"""The address and the credentials: a Bedrock API key, or an access key that signs each request.

https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html and
https://docs.aws.amazon.com/general/latest/gr/bedrock.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

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

if TYPE_CHECKING:  # imported only without an API key
    from dragoman_bedrock.chain import Chain

BASE_ENV = ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME",)
REGION_ENV = ("AWS_REGION", "AWS_DEFAULT_REGION")
KEY_ENV = ("AWS_BEARER_TOKEN_BEDROCK",)
FIELDS: Mapping[str, tuple[str, ...]] = {
    "access_key": ("AWS_ACCESS_KEY_ID",),
    "secret_key": ("AWS_SECRET_ACCESS_KEY",),
    "session_token": ("AWS_SESSION_TOKEN",),
}
"""The environment variables of the access key."""
OPTIONAL = ("session_token",)
REQUEST_IDS = ("x-amzn-requestid",)

_REGION = re.compile(r"[a-z]{2,}(?:-[a-z0-9]+)+")
_REGION_OF_HOST = re.compile(r"bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.")


def endpoint(config: ProviderConfig, options: AwsOptions) -> Endpoint:
    """Return the base URL, the headers of every request and their authorization.

    Raises:
        MissingCredentialError: if no credentials may be sent to that host.
        ConfigurationError: if there is no region, or if it is not valid.

    """
    region = _region(config, options)
    base = base_url(config, default=_address(region), env=BASE_ENV, version="")
    headers = checked_headers(config.headers)
    hosts = tuple(config.hosts)
    key = _bearer(config, base, options)
    if key is not None:
        headers = {"authorization": key.with_prefix("Bearer "), **headers}
        return Endpoint(base=base, headers=headers, hosts=hosts, request_id_headers=REQUEST_IDS)
    if region is None:
        message = "a signature needs the region; pass region='us-east-1' or set AWS_REGION"
        raise ConfigurationError(message, provider=config.name, parameter="region")
    return Endpoint(
        base=base,
        headers=headers,
        authorize=_signer(config, base, options, region),
        authorized_headers=SIGNED_HEADERS,
        hosts=hosts,
        request_id_headers=REQUEST_IDS,
    )


def _region(config: ProviderConfig, options: AwsOptions) -> str | None:
    address = config.api_base or config.env(BASE_ENV) or ""
    found = _REGION_OF_HOST.search(address)
    region = options.region or (found[1] if found else None) or config.env(REGION_ENV)
    if region is None and not address:
        message = f"Bedrock needs a region; pass region='us-east-1' or set {' or '.join(REGION_ENV)}"
        raise ConfigurationError(message, provider=config.name, parameter="region")
    if region is not None and not _REGION.fullmatch(region):
        message = f"region must be a region of AWS, such as 'us-east-1', not {region!r}"
        raise ConfigurationError(message, provider=config.name, parameter="region")
    return region


def _address(region: str | None) -> str | None:
    if region is None:
        return None
    return f"https://bedrock-runtime.{region}.amazonaws.com{'.cn' if region.startswith('cn-') else ''}"


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
    from dragoman_bedrock.chain import Chain, is_available  # noqa: PLC0415  # only without an API key

    if options.profile is None:
        if found := credential_fields(config, base, FIELDS, optional=OPTIONAL, required=False):
            return partial(_sign, region, Credentials(**found))
    elif options.access_key is not None or options.secret_key is not None:
        message = "pass either an access key or a profile, not both"
        raise ConfigurationError(message, provider=config.name, parameter="profile")
    if is_home(config, base) and is_available():
        refuse_insecure(config, base)
        return partial(_sign_by_chain, region, Chain(config, base, options.profile))
    raise _missing(config, base, options)


async def _sign(region: str, credentials: Credentials, request: HttpRequest) -> Mapping[str, str]:
    return signature_headers(request, credentials, region=region, moment=datetime.now(UTC))


async def _sign_by_chain(region: str, chain: Chain, request: HttpRequest) -> Mapping[str, str]:
    from asyncio import to_thread  # noqa: PLC0415  # only the chain needs a thread

    return await _sign(region, await to_thread(chain.credentials), request)


def _missing(config: ProviderConfig, base: Base, options: AwsOptions) -> MissingCredentialError:
    if not is_home(config, base):
        message = (
            f"{urlsplit(base.url).hostname} is not a host of {config.name}, so no credentials of the environment are "
            "sent there; pass those for it as api_key=..., or as access_key=... and secret_key=..."
        )
    elif options.profile is not None:
        message = "the profiles of AWS are read by botocore; install dragoman-bedrock[aws]"
    else:
        message = (
            f"no credentials for {config.name}; pass api_key=... or set {KEY_ENV[0]}, or pass access_key=... and "
            "secret_key=... or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or install dragoman-bedrock[aws] for "
            "the profiles and roles of AWS"
        )
    return MissingCredentialError(message, provider=config.name, model=config.model)
