"""Who signs a request: an access key of the caller or of the environment, or the credential chain of AWS.

https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from dragoman import ConfigurationError, ForkSafeLock, MissingCredentialError, ProviderConfig, Secret
from dragoman.http import Authorize, Base, HttpRequest, credential_fields, is_home, refuse_insecure
from dragoman_aws.options import AwsOptions
from dragoman_aws.regions import no_region
from dragoman_aws.signing import Credentials, signature_headers

FIELDS: Mapping[str, tuple[str, ...]] = {
    "access_key": ("AWS_ACCESS_KEY_ID",),
    "secret_key": ("AWS_SECRET_ACCESS_KEY",),
    "session_token": ("AWS_SESSION_TOKEN",),
}
"""The environment variables of the access key."""

_ADVICE: Mapping[re.Pattern[str], str] = {
    re.compile("SSO"): "run aws sso login{}",
    re.compile("^Login"): "run aws login{}",
    re.compile("Config|Profile|^Partial"): "correct the files of AWS",
}
"""What to do about an error of botocore, by the name of its class and with the argument that names the profile."""

INSTALL = "install dragoman-aws[profiles] for the profiles and roles of AWS"


def signer(
    config: ProviderConfig, base: Base, options: AwsOptions, *, region: str | None, service: str, instead: str = ""
) -> Authorize:
    """Return a function that signs requests, by credentials that do not change or by those of the chain at the time.

    The access key of the caller comes first, then the key store, the environment, and the chain of botocore if it is
    installed. What the caller did not pass is used only for the hosts that the provider claims.

    Args:
        config: the configuration of the caller.
        base: the base URL that requests are sent to.
        options: the options of the caller.
        region: the region that is called.
        service: the name under which the service takes signatures.
        instead: what the caller may do instead, for the error that says that there are no credentials.

    Raises:
        ConfigurationError: if there is no region, or if the caller passed both an access key and a profile.
        MissingCredentialError: if no credentials may be sent to that host.

    """
    if region is None:
        raise no_region(config)
    if options.profile is not None and (options.access_key is not None or options.secret_key is not None):
        message = "pass either an access key or a profile, not both"
        raise ConfigurationError(message, provider=config.name, parameter="profile")
    signs = partial(_sign, region, service)
    home = is_home(config, base)
    has_chain = home and find_spec("botocore") is not None
    if options.profile is None or not home:
        more = f"{instead}, or {INSTALL}" if instead else INSTALL
        found = credential_fields(
            config, base, FIELDS, optional=("session_token",), required=not has_chain, instead=more
        )
        if found:
            return partial(signs, Credentials(**found))
    if not has_chain:
        message = f"the profiles of AWS are read by botocore; {INSTALL}"
        raise MissingCredentialError(message, provider=config.name, model=config.model)
    refuse_insecure(config, base)
    return partial(_sign_by_chain, region, service, _Chain(config, options.profile))


async def _sign(region: str, service: str, credentials: Credentials, request: HttpRequest) -> Mapping[str, str]:
    return signature_headers(request, credentials, region=region, service=service, moment=datetime.now(UTC))


async def _sign_by_chain(region: str, service: str, chain: _Chain, request: HttpRequest) -> Mapping[str, str]:
    from asyncio import to_thread  # noqa: PLC0415  # only the chain needs a thread

    return await _sign(region, service, await to_thread(chain.credentials), request)


class _Chain:
    """The credential chain of botocore: profiles, roles and the metadata of the machine.

    Args:
        config: the configuration of the caller.
        profile: the profile, ``None`` for the default of AWS.

    """

    def __init__(self, config: ProviderConfig, profile: str | None) -> None:
        self._config = config
        self._profile = profile
        self._lock = ForkSafeLock()
        self._found: Any = None

    def credentials(self) -> Credentials:
        """Return the credentials, which botocore refreshes; this may read files and connect to the network.

        Raises:
            MissingCredentialError: if the chain has none, or if it cannot read or refresh them.

        """
        try:
            frozen = self._frozen()
        except Exception as error:  # noqa: BLE001  # botocore raises exceptions of its own and of what it calls
            problem = f"the profiles and roles of AWS give no credentials ({type(error).__name__}: {error})"
            advice = self._advice(error)
        else:
            if frozen is not None:
                return _credentials(frozen)
            problem, advice = f"no credentials for {self._config.name} in the profiles and roles of AWS", ""
        message = f"{problem}; {advice}pass an access key"  # raised here, since a cause may hold what it read
        raise MissingCredentialError(message, provider=self._config.name, model=self._config.model)

    def _frozen(self) -> Any:
        with self._lock:  # so that calls that begin together read them once
            if self._found is None:
                session: Any = import_module("botocore.session")  # an optional dependency, imported when used
                self._found = session.Session(profile=self._profile).get_credentials()
            found = self._found
        return None if found is None else found.get_frozen_credentials()

    def _advice(self, error: Exception) -> str:
        """Return what to do about an error of botocore, by the name of its class."""
        name, profile = type(error).__name__, "" if self._profile is None else f" --profile {self._profile}"
        return next((f"{what.format(profile)}, or " for words, what in _ADVICE.items() if words.search(name)), "")


def _credentials(frozen: Any) -> Credentials:
    token = frozen.token
    return Credentials(
        access_key=Secret(frozen.access_key, name="the access key"),
        secret_key=Secret(frozen.secret_key, name="the secret key"),
        session_token=Secret(token, name="the session token") if token else None,
    )
