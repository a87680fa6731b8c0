"""The address and the credentials: a Bedrock API key, or an access key that signs each request.

https://docs.aws.amazon.com/bedrock/latest/userguide/api-keys.html and
https://docs.aws.amazon.com/general/latest/gr/bedrock.html
"""

from __future__ import annotations

import re
from functools import partial

from dragoman import ConfigurationError, ProviderConfig, Secret
from dragoman.http import Base, Endpoint, base_url, checked_headers, credential
from dragoman_aws import REQUEST_ID_HEADERS, SIGNED_HEADERS, AwsOptions, dns_suffix, region_of, signer

BASE_ENV = ("AWS_ENDPOINT_URL_BEDROCK_RUNTIME",)
KEY_ENV = ("AWS_BEARER_TOKEN_BEDROCK",)
SERVICE = "bedrock"
"""The name under which requests are signed, which is not that of the host."""

_REGION_OF_HOST = re.compile(r"bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.")
_INSTEAD = f"pass api_key=... or set {KEY_ENV[0]}"


def endpoint(config: ProviderConfig, options: AwsOptions) -> Endpoint:
    """Return the base URL, the headers of every request and their authorization.

    Raises:
        MissingCredentialError: if no credentials may be sent to that host.
        ConfigurationError: if there is no region, or if it is not valid.

    """
    region = region_of(config, options, env=BASE_ENV, host=_REGION_OF_HOST)
    default = None if region is None else f"https://bedrock-runtime.{region}.{dns_suffix(region)}"
    base = base_url(config, default=default, env=BASE_ENV, version="")
    headers = checked_headers(config.headers)
    made = partial(Endpoint, base=base, hosts=tuple(config.hosts), request_id_headers=REQUEST_ID_HEADERS)
    key = _bearer(config, base, options)
    if key is not None:
        return made(headers={"authorization": key.with_prefix("Bearer "), **headers})
    authorize = signer(config, base, options, region=region, service=SERVICE, instead=_INSTEAD)
    return made(headers=headers, authorize=authorize, authorized_headers=SIGNED_HEADERS)


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
