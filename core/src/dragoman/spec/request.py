"""Requests to a model, as plain values that can be compared and sent again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, TypeAlias

import attrs
from attrs import field

from dragoman.spec._enums import OpenEnum
from dragoman.spec._value import value
from dragoman.spec.argument_checks import (
    Validator,
    copied,
    is_iterable,
    number_from,
    plain_text,
    shown,
    whole_number_from,
)
from dragoman.spec.argument_names import tells_names
from dragoman.spec.errors import InvalidRequestError, UnsupportedError
from dragoman.spec.message import Message, check_messages
from dragoman.spec.part_fields import JSON
from dragoman.spec.secret import redact_secrets
from dragoman.spec.tool_makers import ToolMakers


class Effort(OpenEnum):
    """Say how much a model should reason."""

    __slots__ = ()
    NONE: ClassVar[Effort]
    MINIMAL: ClassVar[Effort]
    LOW: ClassVar[Effort]
    MEDIUM: ClassVar[Effort]
    HIGH: ClassVar[Effort]
    XHIGH: ClassVar[Effort]
    MAX: ClassVar[Effort]


def _flag(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None and not isinstance(value, bool):
        message = f"{attribute.name} must be True or False, not {shown(value)}"
        raise InvalidRequestError(message, parameter=attribute.name)


def _text(of: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, str):
        message = f"{attribute.name} must be a string, not {shown(value)}"
        raise InvalidRequestError(message, parameter=attribute.name)
    object.__setattr__(of, attribute.name, plain_text(value))


def _optional_text(of: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None:
        _text(of, attribute, value)


def _one_of(*words: str) -> Validator:
    def check(of: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if type(value) is str and value in words:
            return
        _text(of, attribute, value)
        if (value := plain_text(value)) not in words:
            from dragoman.spec.nearest_name import after  # noqa: PLC0415  # only errors need it

            message = f"{attribute.name} of {type(of).__name__} must be one of {', '.join(words)}, not {shown(value)}"
            raise InvalidRequestError(after(message, value, words))

    return check


def _object(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, Mapping):
        message = f"{attribute.name} must be a mapping, such as a dict, not {shown(value)}"
        raise InvalidRequestError(message, parameter=attribute.name)
    if value:
        copied(value, attribute.name)  # only to check the depth; later changes in the original take effect


def _optional_object(of: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if value is not None:
        _object(of, attribute, value)


def _stop(value: str | Iterable[str] | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    words = _words(value)
    if not all(isinstance(word, str) and str.__len__(word) for word in words):
        message = f"stop must be a non-empty string or a list of them, not {shown(value)}"
        raise InvalidRequestError(message, parameter="stop")
    return tuple(map(plain_text, words)) or None


def _words(value: Any) -> tuple[Any, ...]:
    return (value,) if isinstance(value, str | Mapping) or not is_iterable(value) else tuple(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _names(value: Iterable[str]) -> frozenset[str]:
    return frozenset(value)


def _effort(value: str | None) -> Effort | None:
    if value is None:
        return None
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        message = f"effort must be a string such as 'low' or 'high', not {shown(value)}"
        raise InvalidRequestError(message, parameter="effort")
    return Effort(plain_text(value))


_PENALTY = number_from(-2, 2)


@tells_names
@value(kw_only=True)
class Settings:
    """Tune how a model answers; ``None`` leaves the choice to the provider.

    Args:
        max_tokens: the greatest number of tokens of the answer.
        temperature: the sampling temperature: 0 for the likeliest tokens, higher for more variety.
        top_p: sample only from the likeliest tokens whose probabilities add up to this share, from 0 to 1.
        top_k: sample only from this many of the likeliest tokens.
        stop: strings before which the answer ends; an empty list of them is none.
        seed: makes sampling repeatable, as far as the provider supports it.
        presence_penalty: from -2 to 2, against tokens that have already occurred.
        frequency_penalty: from -2 to 2, against tokens in proportion to how often they have occurred.
        effort: how much to reason; see :class:`Effort`.
        parallel_tool_calls: whether one turn may contain several tool calls.
        logprobs: whether to report the log probabilities of the chosen tokens.
        top_logprobs: how many alternatives to report for each token.
        service_tier: the provider's name of a service level.
        cache: mark what comes first for vendors that want marks to cache it: ``5m``, ``1h`` or ``auto``.
        n: how many answers to give to one request, at least 1; the further ones are ``Response.alternatives``.
        explicit: the names of the settings that the caller gave; the others are defaults and may be left out.

    Raises:
        InvalidRequestError: for a value of the wrong type or out of range.

    """

    max_tokens: int | None = field(default=None, validator=whole_number_from(1))
    temperature: float | None = field(default=None, validator=number_from(0))
    top_p: float | None = field(default=None, validator=number_from(0, 1))
    top_k: int | None = field(default=None, validator=whole_number_from())
    stop: tuple[str, ...] | None = field(default=None, converter=_stop)
    seed: int | None = field(default=None, validator=whole_number_from(-(2**63)))
    presence_penalty: float | None = field(default=None, validator=_PENALTY)
    frequency_penalty: float | None = field(default=None, validator=_PENALTY)
    effort: Effort | None = field(default=None, converter=_effort)
    parallel_tool_calls: bool | None = field(default=None, validator=_flag)
    logprobs: bool | None = field(default=None, validator=_flag)
    top_logprobs: int | None = field(default=None, validator=whole_number_from())
    service_tier: str | None = field(default=None, validator=_optional_text)
    cache: str | None = field(default=None, validator=attrs.validators.optional(_one_of("auto", "5m", "1h")))
    n: int | None = field(default=None, validator=whole_number_from(1))
    explicit: frozenset[str] = field(default=frozenset(), converter=_names)

    def is_given(self, name: str) -> bool:
        """Return whether the caller gave the setting a value: not a default, and not ``None``."""
        return name in self.explicit and getattr(self, name) is not None

    def is_default(self, name: str) -> bool:
        """Return whether the setting has a value that the caller did not give."""
        return name not in self.explicit and getattr(self, name) is not None


SETTINGS: tuple[str, ...] = tuple(a.name for a in attrs.fields(Settings) if a.name != "explicit")
"""The names of all settings."""


@tells_names
@value(kw_only=True)
class Tool(ToolMakers):
    """Describe a tool that the caller can run.

    Args:
        name: the name by which the model calls it.
        description: what it does, for the model.
        schema: the JSON Schema of its arguments, which must describe an object.
        strict: whether the arguments must conform to the schema exactly, if the provider can guarantee that.
        options: overrides for this tool, keyed by provider, with the provider's own names.

    """

    name: str = field(validator=_text)
    description: str | None = field(default=None, validator=_optional_text)
    schema: Mapping[str, JSON] = field(factory=lambda: {"type": "object", "properties": {}}, validator=_object)
    strict: bool | None = field(default=None, validator=_flag)
    options: Mapping[str, JSON] = field(factory=dict[str, JSON], validator=_object)


@tells_names
@value(kw_only=True)
class ServerTool:
    """Name a tool that the provider runs itself.

    Args:
        id: ``"<issuer>.<name>"``, such as ``"acme.web_search"``.
        args: its settings, with the provider's own names.

    """

    id: str = field(validator=_text)
    args: Mapping[str, JSON] = field(factory=dict[str, JSON], validator=_object)

    @property
    def issuer(self) -> str:
        """Return the provider that runs it."""
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        """Return its name at that provider."""
        return self.id.partition(".")[2]


@tells_names
@value
class ToolChoice:
    """Say whether the model may, must or must not call a tool.

    Args:
        kind: ``auto``, ``none``, ``required`` or ``tool``.
        name: the name of the tool, for ``tool``.

    """

    kind: str = field(validator=_one_of("auto", "none", "required", "tool"))
    name: str | None = field(default=None, validator=_optional_text)

    @classmethod
    def of(cls, choice: ToolChoice | str) -> ToolChoice:
        """Make a choice from ``auto``, ``none``, ``required`` (or ``any``), or the name of a tool.

        Raises:
            InvalidRequestError: if *choice* is not a string.

        """
        if isinstance(choice, ToolChoice):
            return choice
        if not isinstance(choice, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            message = f"tool_choice must be 'auto', 'none', 'required' or the name of a tool, not {shown(choice)}"
            raise InvalidRequestError(message, parameter="tool_choice")
        if choice in {"auto", "none", "required"}:
            return cls(choice)
        return REQUIRED if choice == "any" else cls("tool", choice)


AUTO = ToolChoice("auto")
NONE = ToolChoice("none")
REQUIRED = ToolChoice("required")


@tells_names
@value
class OutputFormat:
    """Say which format the answer has.

    Args:
        kind: ``text``, ``json`` (any JSON object) or ``json_schema``.
        schema: the JSON Schema, for ``json_schema``.
        name: the name of the schema.
        strict: whether the answer must conform to it exactly; ``None`` leaves that to the provider's plugin.
        description: what the answer is for, where the provider has a place for it beside the schema.

    """

    kind: str = field(default="text", validator=_one_of("text", "json", "json_schema"))
    schema: Mapping[str, JSON] | None = field(default=None, kw_only=True, validator=_optional_object)
    name: str | None = field(default=None, kw_only=True, validator=_optional_text)
    strict: bool | None = field(default=None, kw_only=True, validator=_flag)
    description: str | None = field(default=None, kw_only=True, validator=_optional_text)


TEXT = OutputFormat("text")
JSON_OBJECT = OutputFormat("json")


def _messages(value: Iterable[Message]) -> tuple[Message, ...]:
    messages = value if isinstance(value, tuple) else tuple(value)
    if not messages:
        text = "a conversation needs at least one message; give Message('user', '...')"
        raise InvalidRequestError(text)
    check_messages(messages)
    return messages


def _prompt(request: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, str) or not str.__len__(value):
        problem = "must not be empty" if isinstance(value, str) else f"must be a string, not {shown(value)}"
        door = "; give a conversation to generate() or chat_completion()" if isinstance(value, Message | list) else ""
        message = f"the prompt {problem}{door}"
        raise InvalidRequestError(message)
    object.__setattr__(request, attribute.name, plain_text(value))


Options: TypeAlias = Mapping[str, Mapping[str, Any]]
"""The options of providers, keyed by provider."""


def _no_options() -> Options:
    return {}


def _redacted_repr(options: Options) -> str:
    return repr(redact_secrets(options))


def _no_headers() -> Mapping[str, str]:
    return {}


@value(kw_only=True)
class ChatRequest:
    """Ask for the next turn of a conversation.

    Args:
        model: the model, as its provider names it.
        messages: the conversation so far, at least one message.
        settings: the settings of the answer.
        tools: the tools that the model may call.
        tool_choice: whether it may, must or must not call a tool.
        output: the format of the answer.
        options: the providers' own options, keyed by provider.
        headers: HTTP headers to add.

    Raises:
        InvalidRequestError: for an empty conversation or an unknown role.

    """

    model: str
    messages: tuple[Message, ...] = field(converter=_messages)
    settings: Settings = Settings()
    tools: tuple[Tool | ServerTool, ...] = ()
    tool_choice: ToolChoice = AUTO
    output: OutputFormat = TEXT
    options: Options = field(factory=_no_options, repr=_redacted_repr)
    headers: Mapping[str, str] = field(factory=_no_headers, repr=False)

    def as_chat(self) -> ChatRequest:
        """Return this request, as :meth:`CompletionRequest.as_chat` returns its equivalent."""
        return self


@value(kw_only=True)
class CompletionRequest:
    """Ask for the continuation of a text.

    Args:
        model: the model, as its provider names it.
        prompt: the text to continue.
        suffix: the text that follows the answer.
        settings: the settings of the answer.
        options: the providers' own options, keyed by provider.
        headers: HTTP headers to add.

    """

    model: str
    prompt: str = field(validator=_prompt)
    suffix: str | None = field(default=None, validator=_optional_text)
    settings: Settings = Settings()
    options: Options = field(factory=_no_options, repr=_redacted_repr)
    headers: Mapping[str, str] = field(factory=_no_headers, repr=False)

    def as_chat(self) -> ChatRequest:
        """Return an equivalent request with a conversation of one user message.

        Raises:
            UnsupportedError: if there is a suffix, which a conversation cannot express.

        """
        if self.suffix is not None:
            message = f"{self.model} is a chat model, which accepts no suffix; leave it out, or use a completion model"
            raise UnsupportedError(message, model=self.model, parameter="suffix")
        return ChatRequest(
            model=self.model,
            messages=(Message("user", self.prompt),),
            settings=self.settings,
            options=self.options,
            headers=self.headers,
        )
