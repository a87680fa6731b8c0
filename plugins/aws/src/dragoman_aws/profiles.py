"""The region of a profile in the files of AWS, which need no botocore to be read for it.

https://docs.aws.amazon.com/sdkref/latest/guide/file-format.html
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from configparser import Error, RawConfigParser

from dragoman import ConfigurationError, ProviderConfig, user_path

PROFILE_ENV = ("AWS_DEFAULT_PROFILE", "AWS_PROFILE")
"""The environment variables of the profile, in the order of botocore, which reads the credentials."""
FILES: Mapping[str, str] = {
    "AWS_SHARED_CREDENTIALS_FILE": "~/.aws/credentials",
    "AWS_CONFIG_FILE": "~/.aws/config",
}
"""The environment variables of the files and their usual paths; the first that has a value decides."""

_DEFAULT = "default"


def profile_region(config: ProviderConfig, profile: str | None) -> str | None:
    """Return the region that a profile names, ``None`` if it names none or there is no such profile.

    Args:
        config: the configuration of the caller, whose environment names the files.
        profile: the profile of the caller; without one, that of the environment or the default one.

    Raises:
        ConfigurationError: if a file is there but is not one of AWS.

    """
    wanted = profile or config.env(PROFILE_ENV) or _DEFAULT
    for variable, usual in FILES.items():
        for title, values in _sections(config, config.env((variable,)) or usual).items():
            if "region" in values and _name(title, prefixed=variable == "AWS_CONFIG_FILE") == wanted:
                return values["region"]
    return None


def _sections(config: ProviderConfig, path: str) -> dict[str, Mapping[str, str]]:
    """Return the sections of a file, none if it cannot be opened."""
    parser = RawConfigParser(default_section="", strict=False)
    try:
        parser.read(user_path(path), "utf-8-sig")
    except (Error, UnicodeDecodeError) as error:
        problem = type(error).__name__  # its text may quote a secret
    else:
        return dict(parser)
    message = f"{path} is not a file of profiles of AWS ({problem})"
    raise ConfigurationError(message, provider=config.name, parameter="region")


def _name(title: str, *, prefixed: bool) -> str | None:
    """Return the profile that a section is of; one of the configuration file has a word before its name."""
    if not prefixed or title == _DEFAULT:
        return title
    try:
        word, name = shlex.split(title)
    except ValueError:  # an open quotation mark, or another number of words
        return None
    return name if word == "profile" else None
