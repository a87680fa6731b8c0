"""Credentials of several fields, such as an access key with its secret, all of which come from one source.

They are bound to hosts like a single key: those of the environment, of a key store and of the provider's own files are
used only for the hosts that the provider claims, or for a base URL from the provider's own environment variable.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from dragoman.http.endpoint import Base, is_home, is_sensitive, refuse_insecure
from dragoman.spec.errors import MissingCredentialError
from dragoman.spec.provider import ProviderConfig
from dragoman.spec.secret import Secret

CredentialChain: TypeAlias = Callable[[], Mapping[str, str | None] | None]
"""A function that looks up credentials where only one provider keeps them, such as in its own files."""

_Found: TypeAlias = dict[str, Secret]


def credential_fields(
    config: ProviderConfig,
    base: Base,
    fields: Mapping[str, Iterable[str]],
    *,
    optional: Iterable[str] = (),
    chain: CredentialChain | None = None,
    required: bool = True,
    instead: str = "",
) -> Mapping[str, Secret]:
    """Return the credentials that may be sent to *base*, by field; an empty mapping if there are none.

    The sources are, in this order: the caller's options with the names of the fields (``api_key`` is that of the
    configuration), the hook ``dragoman_secret``, the environment, and *chain*. The first that has any of the fields
    must have them all: credentials of different sources are not combined.

    Args:
        config: the configuration of the caller.
        base: the base URL that the credentials would be sent to.
        fields: the environment variables of each field, by the name of the field.
        optional: the fields that a source may lack.
        chain: the last source. It may block; call this function in a thread then, for example in ``authorize``.
        required: whether credentials are required.
        instead: what the caller may do instead, for the error that says that there are none.

    Raises:
        MissingCredentialError: if the source lacks a field, or if credentials are required and none may be used.
        ConfigurationError: if a value is not valid, or if a credential would be sent in the clear.

    """
    variables = {name: config.readable(names) for name, names in fields.items()}
    source, found = next(_sources(config, base, variables, chain), ("", _Found()))
    wanted = [name for name in fields if name not in optional]
    if missing := [name for name in wanted if name not in found]:
        if found:
            raise _incomplete(config, source, found, missing)
        if required:
            raise _none(config, base, wanted, variables, instead)
    if found or any(is_sensitive(str(name)) for name in config.headers):
        refuse_insecure(config, base)
    return found


def _sources(
    config: ProviderConfig, base: Base, variables: Mapping[str, Iterable[str]], chain: CredentialChain | None
) -> Iterator[tuple[str, _Found]]:
    """Yield each source that has any of the fields, with what it has; later sources are not asked unless needed."""
    if given := _secrets(_given(config, variables)):
        yield "the arguments", given
    if not is_home(config, base):
        return
    if stored := _secrets({name: config.secrets(config.name, name) or None for name in variables}):
        yield "the key store", stored
    if ambient := _secrets({name: config.env(names) for name, names in variables.items()}):
        yield "the environment", ambient
    if chain is not None and (chained := _secrets(_only(variables, chain()))):
        yield f"the credential chain of {config.name}", chained


def _given(config: ProviderConfig, fields: Iterable[str]) -> dict[str, str | None]:
    return {name: config.api_key if name == "api_key" else config.options.get(name) for name in fields}


def _only(fields: Iterable[str], found: Mapping[str, str | None] | None) -> dict[str, str | None]:
    try:
        return {name: (found or {}).get(name) or None for name in fields}
    finally:
        del found  # for tracebacks that show local variables


def _secrets(values: Mapping[str, str | None]) -> _Found:
    """Return the values that are not ``None`` as secrets. No local variable holds one after an error."""
    try:
        return {name: Secret(values[name] or "", name=name) for name in values if values[name] is not None}
    finally:
        del values


def _incomplete(config: ProviderConfig, source: str, found: _Found, missing: list[str]) -> MissingCredentialError:
    message = (
        f"the credentials for {config.name} are incomplete: {source} gave {_listed(found)}, but not "
        f"{_listed(missing)}; all must come from the same source"
    )
    return MissingCredentialError(message, provider=config.name, model=config.model, parameter=missing[0])


def _none(
    config: ProviderConfig, base: Base, wanted: list[str], variables: Mapping[str, tuple[str, ...]], instead: str
) -> MissingCredentialError:
    arguments = _listed(f"{name}=..." for name in wanted)
    if is_home(config, base):
        names = _listed(variables[name][0] for name in wanted if variables[name])
        message = f"no credentials for {config.name}; pass {arguments}" + (f", or set {names}" if names else "")
    else:
        message = (
            f"{base.host} is not a host of {config.name}, so no credentials of the environment are sent there; "
            f"pass those for it as {arguments}"
        )
    message += f"; or {instead}" if instead else ""
    return MissingCredentialError(message, provider=config.name, model=config.model, parameter=wanted[0])


def _listed(names: Iterable[str]) -> str:
    return " and ".join(names)
