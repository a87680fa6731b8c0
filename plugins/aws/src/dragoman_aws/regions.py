"""The region of a call.

https://docs.aws.amazon.com/general/latest/gr/rande.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from dragoman import ConfigurationError, ProviderConfig
from dragoman_aws.options import AwsOptions

REGION_ENV = ("AWS_REGION", "AWS_DEFAULT_REGION")
"""The environment variables of the region."""

_SUFFIXES: Mapping[str, str] = {
    "cn-": "amazonaws.com.cn",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "eu-isoe-": "cloud.adc-e.uk",
    "us-isof-": "csp.hci.ic.gov",
}
"""The ends of hosts by how the regions of a partition begin, as botocore has them."""

_REGION = re.compile(r"[a-z]{2,}(?:-[a-z0-9]+)+")
_ARN = re.compile(r"arn:[^:]*:[^:]*:([^:]+):")


def region_of(
    config: ProviderConfig, options: AwsOptions, *, env: Iterable[str] = (), host: re.Pattern[str] | None = None
) -> str | None:
    """Return the region of a call; ``None`` if there is none, but a base URL is given.

    It is that of the caller, of the host, of the model if that is an ARN, of the environment, or of the profile.

    Args:
        config: the configuration of the caller.
        options: the options, whose region comes first.
        env: the environment variables of the base URL.
        host: what hosts of the service look like, with the region as its first group.

    Raises:
        ConfigurationError: if there is no region and no base URL, if the region is not valid, or if a file of
            profiles cannot be read.

    """
    address = config.api_base or config.env(tuple(env)) or ""
    found = host.search(address) if host else None
    arn = _ARN.match(config.model)
    region = options.region or (found[1] if found else None) or (arn[1] if arn else None) or config.env(REGION_ENV)
    if region is None:
        from dragoman_aws.profiles import profile_region  # noqa: PLC0415  # read when nothing else names a region

        region = profile_region(config, options.profile)
    if region is None and address:
        return None
    if region is None or not _REGION.fullmatch(region):
        raise no_region(config, region)
    return region


def no_region(config: ProviderConfig, region: str | None = None) -> ConfigurationError:
    """Return the error that says that there is no region, or that *region* is none."""
    given = "none is given" if region is None else f"{region!r} is none"
    named = f"pass region='us-east-1' or set {' or '.join(REGION_ENV)}, or give your profile of AWS a region"
    message = f"{config.name} needs a region of AWS, and {given}; {named}"
    return ConfigurationError(message, provider=config.name, parameter="region")


def dns_suffix(region: str | None) -> str:
    """Return the end of the hosts of a region, which most partitions of AWS have of their own."""
    name = str(region)
    return next((suffix for beginning, suffix in _SUFFIXES.items() if name.startswith(beginning)), "amazonaws.com")
