"""The credential chain of botocore: profiles, roles and the metadata of the machine, for ``dragoman-bedrock[aws]``.

https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

from dragoman import MissingCredentialError, ProviderConfig, Secret
from dragoman.http import Base, is_home
from dragoman_bedrock.signing import Credentials


def is_available() -> bool:
    """Return whether botocore is installed."""
    return find_spec("botocore") is not None


class Chain:
    """Find credentials, which botocore refreshes when they expire.

    Args:
        config: the configuration of the caller.
        base: the base URL that they would be sent to, a host of Bedrock.
        profile: the profile, ``None`` for the default of AWS.

    """

    def __init__(self, config: ProviderConfig, base: Base, profile: str | None) -> None:
        self._config = config
        self._home = is_home(config, base)
        self._profile = profile
        self._found: Any = None

    def credentials(self) -> Credentials:
        """Return the credentials; this may read files and connect to the network.

        Raises:
            MissingCredentialError: if the chain has none.

        """
        if self._found is None and self._home:
            self._found = _session(self._profile).get_credentials()
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


def _session(profile: str | None) -> Any:
    from importlib import import_module  # noqa: PLC0415  # only with the extra

    make: Callable[..., Any] = import_module("botocore.session").Session
    return make(profile=profile)
