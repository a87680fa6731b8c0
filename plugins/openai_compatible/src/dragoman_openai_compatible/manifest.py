"""A host that speaks the OpenAI chat dialect, as data: where it is, how it wants its key, and what its models accept.

The data is a TOML file, read strictly: a misspelled name is an error with the nearest known one, and each wrong value
is named with its path. :mod:`dragoman_openai_compatible.manifest_plugin` makes a provider of it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeAlias, cast
from urllib.parse import urlsplit

import attrs
from attrs import field, frozen

from dragoman import NO, SETTINGS, YES, Cap, Capabilities, InvalidRequestError, PluginError, structure_options

_Validator: TypeAlias = Callable[[Any, "attrs.Attribute[Any]", Any], None]
_HEADER = re.compile(r"[a-z0-9][a-z0-9-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MEDIA = re.compile(r"[a-z]+/[a-z0-9.+*-]+")


def _each(pattern: re.Pattern[str], wanted: str) -> _Validator:
    """Return a check that each text of a field, or each key of a table, fits *pattern*."""

    def check(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        for text in (value,) if isinstance(value, str) else value:
            if not pattern.fullmatch(text):
                message = f"{attribute.name} holds {text!r}, which is no {wanted}"
                raise ValueError(message)

    return check


def _settings(_: Any, attribute: attrs.Attribute[Any], value: Mapping[str, Any]) -> None:
    for name in value:
        if name not in SETTINGS:
            message = f"{attribute.name} names {name!r}, which is no setting; the settings are {', '.join(SETTINGS)}"
            raise ValueError(message)


def _positive(_: Any, attribute: attrs.Attribute[Any], value: int | None) -> None:
    if value is not None and value < 1:
        message = f"{attribute.name} is a number of tokens from 1, not {value}"
        raise ValueError(message)


def _address(_: Any, attribute: attrs.Attribute[Any], value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.fragment:
        message = f"{attribute.name} is an address such as https://api.acme.example/v1, not {value!r}"
        raise ValueError(message)


def _caps(value: Mapping[str, Any]) -> dict[str, Cap]:
    """Return what a table says of each name: yes, no, or within which limits."""
    return {name: _cap(name, given) for name, given in value.items()}


def _cap(name: str, given: Any) -> Cap:
    if isinstance(given, bool):
        return YES if given else NO
    if not isinstance(given, dict):
        message = f"{name} is true, false or a table of limits, not {given!r}"
        raise TypeError(message)
    limits = structure_options(Limits, cast("dict[str, Any]", given), provider=f"the table {name!r}")
    values = None if limits.values is None else frozenset(limits.values)
    return Cap(support=YES.support, note=limits.note, minimum=limits.minimum, maximum=limits.maximum, values=values)


@frozen(kw_only=True)
class Limits:
    """Bound the values of a setting.

    Args:
        minimum: the least value accepted.
        maximum: the greatest value accepted.
        values: the only words accepted.
        note: why, for the caller.

    """

    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] | None = None
    note: str = ""


@frozen(kw_only=True)
class Key:
    """Say how a host wants its key.

    Args:
        env: the environment variables that may hold it, the first that is set counts.
        header: the header that carries it.
        prefix: what stands before it there.
        required: whether the host refuses to answer without one.

    """

    env: tuple[str, ...] = field(default=(), validator=_each(_VARIABLE, "name of an environment variable"))
    header: str = field(default="authorization", validator=_each(_HEADER, "name of a header in lower case"))
    prefix: str = "Bearer "
    required: bool = True


@frozen(kw_only=True)
class Wire:
    """Say how a host differs from OpenAI on the wire.

    Args:
        max_tokens_name: where the limit of tokens stands in the body.
        include_usage: whether to ask for the usage of a stream; some hosts refuse to be asked.
        setting_names: where further settings stand in the body, such as ``top_k``.
        reasoning_names: members of a message that may hold reasoning, the first that does counts.
        replay_reasoning: the member of a message in which the host takes earlier reasoning back.
        metadata_names: members of a reply that are worth keeping.
        kept_headers: headers of a reply that are worth keeping, by their beginnings.

    """

    max_tokens_name: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    include_usage: bool = True
    setting_names: dict[str, str] = field(factory=dict[str, str], validator=_settings)
    reasoning_names: tuple[str, ...] = ("reasoning_content", "reasoning")
    replay_reasoning: str | None = None
    metadata_names: tuple[str, ...] = ("system_fingerprint", "service_tier")
    kept_headers: tuple[str, ...] = field(default=(), validator=_each(_HEADER, "name of a header in lower case"))


@frozen(kw_only=True)
class Accepts:
    """Say what models accept; what is left out is unknown, and then the host decides.

    Args:
        completion: whether prompts have an endpoint of their own.
        tools: whether tools can be offered.
        tool_choice: whether a tool can be required.
        json_schema: whether an answer can be held to a schema.
        reasoning: whether the model reasons before it answers.
        input: by media type or family, such as ``image/*``, whether it is taken.
        settings: by name of the setting, whether it is taken, or the limits of its values.
        context_tokens: the most tokens a conversation may have.
        output_tokens: the most tokens an answer may have.

    """

    completion: bool | None = None
    tools: bool | None = None
    tool_choice: bool | None = None
    json_schema: bool | None = None
    reasoning: bool | None = None
    input: dict[str, Any] = field(factory=dict[str, Any], validator=_each(_MEDIA, "media type such as image/*"))
    settings: dict[str, Any] = field(factory=dict[str, Any], validator=_settings)
    context_tokens: int | None = field(default=None, validator=_positive)
    output_tokens: int | None = field(default=None, validator=_positive)

    def __attrs_post_init__(self) -> None:
        """Read the tables now, so that a wrong one is found whichever model is asked for."""
        _caps(self.input)
        _caps(self.settings)

    def over(self, base: Capabilities) -> Capabilities:
        """Return *base* with what is said here in its place."""
        said: dict[str, Any] = {
            name: _cap(name, value) if isinstance(value, bool) else value
            for name in _PLAIN
            if (value := getattr(self, name)) is not None
        }
        said["input"] = {**base.input, **_caps(self.input)}
        said["settings"] = {**base.settings, **_caps(self.settings)}
        return attrs.evolve(base, **said)


_PLAIN = ("completion", "tools", "tool_choice", "json_schema", "reasoning", "context_tokens", "output_tokens")


@frozen(kw_only=True)
class Description:
    """Describe a host.

    Args:
        base_url: where it is, with its version segment.
        base_url_env: environment variables that may name another base URL.
        docs: the address of its documentation.
        key: how it wants its key.
        wire: how it differs from OpenAI.
        capabilities: what all its models accept.
        models: what the models whose names begin so accept beyond that, the longest beginning counts.

    """

    base_url: str = field(validator=_address)
    base_url_env: tuple[str, ...] = field(default=(), validator=_each(_VARIABLE, "name of an environment variable"))
    docs: str = ""
    key: Key = Key()
    wire: Wire = Wire()
    capabilities: Accepts = Accepts()
    models: dict[str, Accepts] = field(factory=dict[str, Accepts])

    @property
    def host(self) -> str:
        """Return the host of the base URL."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """Return the environment variables that are read, each with the member that names it."""
        keys = (("key.env", variable) for variable in self.key.env)
        return (*keys, *(("base_url_env", variable) for variable in self.base_url_env))

    def accepted_by(self, model: str) -> Capabilities:
        """Return what *model* accepts."""
        common = self.capabilities.over(Capabilities(completion=NO))
        known = max((prefix for prefix in self.models if model.startswith(prefix)), key=len, default=None)
        return common if known is None else self.models[known].over(common)


def read_description(text: str, origin: str) -> Description:
    """Read the description of a host.

    Args:
        text: the TOML file.
        origin: what to call the file in an error.

    Raises:
        PluginError: naming each thing that is wrong.

    """
    try:
        return structure_options(Description, tomllib.loads(text), provider=origin)
    except (tomllib.TOMLDecodeError, InvalidRequestError) as error:
        problem = str(error) if origin in str(error) else f"{origin}: {error}"
        raise PluginError(problem) from None
