"""The manifest of a host with the OpenAI chat dialect: its address, its key, and what its models accept, as data.

A manifest is a TOML file. Reading is strict: an unknown name is an error that suggests the nearest known one, and each
invalid value is reported with its path. :mod:`dragoman_openai_compatible.manifest_plugin` makes a provider from it.
"""

from __future__ import annotations

import tomllib
from typing import Any, Literal
from urllib.parse import urlsplit

import attrs
from attrs import field, frozen

from dragoman import NO, Capabilities, InvalidRequestError, PluginError, structure_options
from dragoman_openai_compatible.manifest_checks import (
    HEADER,
    HOST,
    MEDIA,
    MEMBER,
    MESSAGE,
    MODELS,
    NAME,
    PATH,
    PLACE,
    PREFIX,
    VARIABLE,
    address,
    cap,
    caps,
    day,
    each_matches,
    known_settings,
    none_of,
    option_names,
    positive,
    renamed,
)
from dragoman_openai_compatible.models import facts_of_model


def _variables(self: Any, attribute: attrs.Attribute[Any], value: dict[str, tuple[str, ...]]) -> None:
    for variables in value.values():
        each_matches(VARIABLE, "name for an environment variable")(self, attribute, variables)


_REASONING = (
    each_matches(MEMBER, "name of a member"),
    none_of(MESSAGE, "which does not hold reasoning"),
)


@frozen(kw_only=True)
class Key:
    """Define how a key is read and sent.

    Args:
        env: environment variables that may hold the key, in the order in which they are read.
        header: the header that carries the key.
        prefix: the text before the key in the header.
        required: whether the host refuses requests without a key.

    """

    env: tuple[str, ...] = field(default=(), validator=each_matches(VARIABLE, "name for an environment variable"))
    header: str = field(default="authorization", validator=each_matches(HEADER, "name of a header in lower case"))
    prefix: str = field(default="Bearer ", validator=each_matches(PREFIX, "text of printable ASCII characters"))
    required: bool = True


@frozen(kw_only=True)
class Wire:
    """Define how a host differs from OpenAI on the wire.

    Args:
        max_tokens_name: the name of ``max_tokens`` in the body.
        include_usage: whether to ask for the usage of a stream; some hosts refuse such a request.
        setting_names: names of further settings in the body, such as ``top_k``.
        reasoning_names: members of a message that may hold reasoning, in the order in which they are tried.
        replay_reasoning: the member of a message in which the host accepts earlier reasoning.
        reasoning_details: whether replies hold ``reasoning_details``, which the host expects back unchanged.
        metadata_names: members of a reply that are kept as metadata.
        kept_headers: prefixes of the reply headers that are kept.
        request_id_headers: reply headers that may hold the id of the request; they are read before ``x-request-id`` and
            ``request-id``.
        options: members of the body that only this host has; callers give them by these names.
        refuses: options of all hosts that this one does not accept, such as ``logit_bias``.

    """

    max_tokens_name: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    include_usage: bool = True
    setting_names: dict[str, str] = field(factory=dict[str, str], validator=(known_settings, renamed))
    reasoning_names: tuple[str, ...] = field(default=("reasoning_content", "reasoning"), validator=_REASONING)
    replay_reasoning: str | None = field(default=None, validator=_REASONING)
    reasoning_details: bool = False
    metadata_names: tuple[str, ...] = ("system_fingerprint", "service_tier")
    kept_headers: tuple[str, ...] = field(default=(), validator=each_matches(HEADER, "name of a header in lower case"))
    request_id_headers: tuple[str, ...] = field(
        default=(), validator=each_matches(HEADER, "name of a header in lower case")
    )
    options: tuple[str, ...] = field(default=(), validator=option_names)
    refuses: tuple[Literal["logit_bias", "user", "stream_options"], ...] = ()


@frozen(kw_only=True)
class Accepts:
    """Define what models accept. What is left out is unknown: it is sent, and the host decides.

    Args:
        completion: whether the host has an endpoint for prompts, whole and streamed.
        tools: whether requests may offer tools.
        tool_choice: whether requests may require a tool.
        json_schema: whether requests may set a schema for the answer.
        schema_fallback: how an answer with a schema is asked for instead: ``tool``, ``json`` or ``text``, the best
            first; without one, such a request is refused where ``json_schema`` is false.
        prefill: whether the host takes a conversation that ends with the beginning of an answer, and continues it.
        reasoning: whether the model reasons before it answers.
        input: whether each media type is accepted, by type or by pattern such as ``image/*``.
        settings: whether each setting is accepted, or the limits of its values, by the name of the setting.
        while_reasoning: the same of the settings that differ while a model reasons.
        context_tokens: the most tokens in a conversation.
        output_tokens: the most tokens in an answer.

    """

    completion: bool | None = None
    tools: bool | None = None
    tool_choice: bool | None = None
    json_schema: bool | None = None
    schema_fallback: tuple[Literal["tool", "json", "text"], ...] | None = None
    prefill: bool | None = None
    reasoning: bool | None = None
    input: dict[str, Any] = field(factory=dict[str, Any], validator=each_matches(MEDIA, "media type such as image/*"))
    settings: dict[str, Any] = field(factory=dict[str, Any], validator=known_settings)
    while_reasoning: dict[str, Any] = field(factory=dict[str, Any], validator=known_settings)
    context_tokens: int | None = field(default=None, validator=positive)
    output_tokens: int | None = field(default=None, validator=positive)

    def __attrs_post_init__(self) -> None:
        """Read the tables now, so that an invalid table is reported for every model."""
        caps(self.input)
        caps(self.settings)
        caps(self.while_reasoning)

    def over(self, base: Capabilities) -> Capabilities:
        """Return *base*, overridden by what is set here."""
        changes: dict[str, Any] = {
            name: cap(name, value) if isinstance(value, bool) else value
            for name in _SIMPLE_FIELDS
            if (value := getattr(self, name)) is not None
        }
        if self.completion is not None:
            changes["completion_stream"] = changes["completion"]
        for name in ("input", "settings", "while_reasoning"):
            changes[name] = {**getattr(base, name), **caps(getattr(self, name))}
        return attrs.evolve(base, **changes)


_SIMPLE_FIELDS = (
    "completion",
    "tools",
    "tool_choice",
    "json_schema",
    "schema_fallback",
    "prefill",
    "reasoning",
    "context_tokens",
    "output_tokens",
)


@frozen(kw_only=True)
class Claims:
    """Repeat what the entry points of the distribution claim for a host, so that one place says everything of it.

    Args:
        aliases: further names of the provider.
        hosts: its host names.
        models: the prefixes of its model names.

    """

    aliases: tuple[str, ...] = field(default=(), validator=each_matches(NAME, "name of a provider"))
    hosts: tuple[str, ...] = field(default=(), validator=each_matches(HOST, "host such as api.acme.example"))
    models: tuple[str, ...] = field(default=(), validator=each_matches(MODELS, "beginning of names of models"))


@frozen(kw_only=True)
class Source:
    """Say where members of a manifest come from.

    Args:
        url: the address of a page, or ``recorded`` for recorded exchanges with the host.
        read: when it was read, as an ISO date.
        facts: the members that it supports, such as ``key.env`` or ``capabilities``.

    """

    url: str
    read: str = field(validator=day)
    facts: tuple[str, ...]


@frozen(kw_only=True)
class Manifest:
    """Describe a host.

    Args:
        base_url: the base URL, including the version segment; empty if callers have to give theirs. A name in braces is
            a place for the value of an option, such as ``{account_id}``.
        base_url_env: environment variables that may name another base URL.
        base_path: the path of a base URL that is given without one.
        places: environment variables that may fill each place in the base URL, by its name.
        title: the name of the host in prose.
        docs: the address of the documentation.
        key: how the key is read and sent.
        wire: how the host differs from OpenAI.
        capabilities: what all models accept.
        models: what models accept in addition, by prefix of the model name; the longest matching prefix applies.
        claims: what the entry points claim; they decide, whatever is written here.
        sources: where this is written, and when it was read.

    """

    base_url: str = field(validator=address)
    base_url_env: tuple[str, ...] = field(
        default=(), validator=each_matches(VARIABLE, "name for an environment variable")
    )
    base_path: str = field(default="/v1", validator=each_matches(PATH, "path such as /v1"))
    places: dict[str, tuple[str, ...]] = field(
        factory=dict[str, tuple[str, ...]], validator=(*option_names, _variables)
    )
    title: str = ""
    docs: str = ""
    key: Key = Key()
    wire: Wire = Wire()
    capabilities: Accepts = Accepts()
    models: dict[str, Accepts] = field(
        factory=dict[str, Accepts], validator=each_matches(MODELS, "beginning of names of models")
    )
    claims: Claims = Claims()
    sources: tuple[Source, ...] = ()

    def __attrs_post_init__(self) -> None:
        """Compare the places in the base URL with those that are described."""
        if {*PLACE.findall(self.base_url)} != {*self.places}:
            message = f"places describes {sorted(self.places)}, but base_url is {self.base_url!r}"
            raise ValueError(message)
        if both := sorted({*self.places} & {*self.wire.options}):
            message = f"places and wire.options both have {both[0]!r}"
            raise ValueError(message)

    @property
    def host(self) -> str:
        """Return the host name in the base URL."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def variables(self) -> tuple[tuple[str, str], ...]:
        """Return pairs of a member of the manifest and an environment variable that it names."""
        members = {"key.env": self.key.env, "base_url_env": self.base_url_env}
        members |= {f"places.{name}": variables for name, variables in self.places.items()}
        return tuple((member, variable) for member, variables in members.items() for variable in variables)

    def accepted_by(self, model: str) -> Capabilities:
        """Return what *model* accepts."""
        common = self.capabilities.over(Capabilities(completion=NO, **facts_of_model(model)))
        known = max((prefix for prefix in self.models if model.startswith(prefix)), key=len, default=None)
        return common if known is None else self.models[known].over(common)


def read_manifest(text: str, origin: str) -> Manifest:
    """Read a manifest.

    Args:
        text: the text of the TOML file.
        origin: the name of the file for error messages.

    Raises:
        PluginError: if the manifest is not valid; the message lists all faults.

    """
    try:
        return structure_options(Manifest, tomllib.loads(text), provider=origin, also=None)
    except (tomllib.TOMLDecodeError, InvalidRequestError) as error:
        problem = str(error) if origin in str(error) else f"{origin}: {error}"
        raise PluginError(problem) from None
