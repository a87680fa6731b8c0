"""What is asked of a model: pure data, comparable and replayable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, TypeAlias, cast

import attrs
from attrs import field, frozen

from dragoman.errors import InvalidRequestError, UnsupportedError
from dragoman.message import Message
from dragoman.openstr import OpenStr
from dragoman.parts import JSON
from dragoman.secret import masked
from dragoman.value import Value


class Effort(OpenStr):
    """Say how much a model should reason."""

    __slots__ = ()
    NONE: ClassVar[Effort]
    MINIMAL: ClassVar[Effort]
    LOW: ClassVar[Effort]
    MEDIUM: ClassVar[Effort]
    HIGH: ClassVar[Effort]
    XHIGH: ClassVar[Effort]
    MAX: ClassVar[Effort]


_Validator: TypeAlias = Callable[[Any, "attrs.Attribute[Any]", Any], None]


def _number(low: float, high: float = float("inf"), *, whole: bool = False) -> _Validator:
    kinds: tuple[type, ...] = (int,) if whole else (int, float)
    wanted = "a whole number" if whole else "a number"

    def check(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value is None:
            return
        if not isinstance(value, kinds) or isinstance(value, bool):
            message = f"{attribute.name} is {wanted}, not {value!r}"
            raise InvalidRequestError(message, parameter=attribute.name)
        if not low <= cast("float", value) <= high:
            bounds = f"at least {low:g}" if high == float("inf") else f"between {low:g} and {high:g}"
            message = f"{attribute.name} is {bounds}, not {value!r}"
            raise InvalidRequestError(message, parameter=attribute.name)

    return check


def _is(kind: type, wanted: str) -> _Validator:
    def check(_: Any, attribute: attrs.Attribute[Any], value: Any) -> None:
        if value is not None and not isinstance(value, kind):
            message = f"{attribute.name} is {wanted}, not {value!r}"
            raise InvalidRequestError(message, parameter=attribute.name)

    return check


def _stop(value: str | Iterable[str] | None) -> tuple[str, ...] | None:
    if value is None:
        return None
    words = _words(value)
    if not all(isinstance(word, str) and word for word in words):
        message = f"stop is a text or a list of texts, none empty, not {value!r}"
        raise InvalidRequestError(message, parameter="stop")
    return words


def _words(value: Any) -> tuple[Any, ...]:
    if isinstance(value, str) or not isinstance(value, Iterable):
        return (value,)
    return tuple(value)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]


def _names(value: Iterable[str]) -> frozenset[str]:
    return frozenset(value)


def _effort(value: str | None) -> Effort | None:
    if value is None:
        return None
    if not isinstance(value, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        message = f"effort is a word such as 'low' or 'high', not {value!r}"
        raise InvalidRequestError(message, parameter="effort")
    return Effort(value)


_PENALTY = _number(-2, 2)


@frozen(kw_only=True, eq=False, repr=False)
class Settings(Value):
    """Tune how a model answers; ``None`` leaves the choice to the provider.

    Args:
        max_tokens: the most tokens the answer may have.
        temperature: 0 for the likeliest words, higher for more variety.
        top_p: sample from the likeliest words that make up this share of probability.
        top_k: sample from this many of the likeliest words.
        stop: texts before which the answer ends.
        seed: makes sampling repeatable, as far as the provider can.
        presence_penalty: from -2 to 2, against words that occurred at all.
        frequency_penalty: from -2 to 2, against words that occurred often.
        effort: how much to reason; see :class:`Effort`.
        parallel_tool_calls: whether one turn may ask for several tools.
        logprobs: whether to report the log probabilities of the words chosen.
        top_logprobs: how many likely words to report for each place.
        service_tier: the provider's name for a level of service.
        explicit: which of these the caller gave; the others are defaults and may be left out.

    Raises:
        InvalidRequestError: for a value of the wrong type or out of range.

    """

    max_tokens: int | None = field(default=None, validator=_number(1, whole=True))
    temperature: float | None = field(default=None, validator=_number(0))
    top_p: float | None = field(default=None, validator=_number(0, 1))
    top_k: int | None = field(default=None, validator=_number(0, whole=True))
    stop: tuple[str, ...] | None = field(default=None, converter=_stop)
    seed: int | None = field(default=None, validator=_number(float("-inf"), whole=True))
    presence_penalty: float | None = field(default=None, validator=_PENALTY)
    frequency_penalty: float | None = field(default=None, validator=_PENALTY)
    effort: Effort | None = field(default=None, converter=_effort)
    parallel_tool_calls: bool | None = field(default=None, validator=_is(bool, "True or False"))
    logprobs: bool | None = field(default=None, validator=_is(bool, "True or False"))
    top_logprobs: int | None = field(default=None, validator=_number(0, whole=True))
    service_tier: str | None = field(default=None, validator=_is(str, "a text"))
    explicit: frozenset[str] = field(default=frozenset(), converter=_names)


SETTINGS: tuple[str, ...] = tuple(a.name for a in attrs.fields(Settings) if a.name != "explicit")
"""The names of all settings."""


@frozen(kw_only=True, eq=False, repr=False)
class Tool(Value):
    """Describe a tool that the caller can run.

    Args:
        name: what the model calls it.
        description: what it does, for the model.
        schema: the JSON Schema of its arguments, an object.
        strict: whether the arguments must follow the schema to the letter, where the provider can promise that.
        options: wishes for this tool, keyed by provider, in the provider's words.

    """

    name: str
    description: str | None = None
    schema: Mapping[str, JSON] = field(factory=lambda: {"type": "object", "properties": {}})
    strict: bool | None = None
    options: Mapping[str, JSON] = field(factory=dict[str, JSON])


@frozen(kw_only=True, eq=False, repr=False)
class ServerTool(Value):
    """Name a tool that the provider runs itself.

    Args:
        id: ``"<issuer>.<name>"``, such as ``"openai.web_search"``.
        args: its settings, in the provider's words.

    """

    id: str
    args: Mapping[str, JSON] = field(factory=dict[str, JSON])

    @property
    def issuer(self) -> str:
        """Return the provider that runs it."""
        return self.id.partition(".")[0]

    @property
    def name(self) -> str:
        """Return its name at that provider."""
        return self.id.partition(".")[2]


@frozen(eq=False, repr=False)
class ToolChoice(Value):
    """Say whether the model may, must or must not call a tool.

    Args:
        kind: ``auto``, ``none``, ``required`` or ``tool``.
        name: which tool, for ``tool``.

    """

    kind: str
    name: str | None = None

    @classmethod
    def of(cls, choice: ToolChoice | str) -> ToolChoice:
        """Read a choice: ``auto``, ``none``, ``required`` (or ``any``), or the name of a tool."""
        if isinstance(choice, ToolChoice):
            return choice
        if choice in {"auto", "none", "required"}:
            return cls(choice)
        return REQUIRED if choice == "any" else cls("tool", choice)


AUTO = ToolChoice("auto")
NONE = ToolChoice("none")
REQUIRED = ToolChoice("required")


@frozen(eq=False, repr=False)
class OutputFormat(Value):
    """Say what shape the answer has.

    Args:
        kind: ``text``, ``json`` (any JSON object) or ``json_schema``.
        schema: the JSON Schema, for ``json_schema``.
        name: what to call the schema.
        strict: whether it must be followed to the letter; ``None`` leaves that to the provider's plugin.

    """

    kind: str = "text"
    schema: Mapping[str, JSON] | None = field(default=None, kw_only=True)
    name: str | None = field(default=None, kw_only=True)
    strict: bool | None = field(default=None, kw_only=True)


TEXT = OutputFormat("text")
JSON_OBJECT = OutputFormat("json")


def _messages(value: Iterable[Message]) -> tuple[Message, ...]:
    messages = value if isinstance(value, tuple) else tuple(value)
    if not messages:
        text = "a conversation needs at least one message; give Message('user', '...')"
        raise InvalidRequestError(text)
    for index, message in enumerate(messages):
        if not isinstance(message, Message):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            text = f"messages[{index}] is {type(message).__name__}, not a Message"
            raise InvalidRequestError(text)
        if not message.role.is_known:
            text = f"messages[{index}] has the role {str(message.role)!r}; known are system, user, assistant and tool"
            raise InvalidRequestError(text)
    return messages


def _prompt(_: Any, __: attrs.Attribute[Any], value: Any) -> None:
    if not isinstance(value, str) or not value:
        message = "a prompt is a text that is not empty" if value == "" else f"a prompt is a text, not {value!r}"
        raise InvalidRequestError(message)


Options: TypeAlias = Mapping[str, Mapping[str, Any]]
"""The options of providers, keyed by provider."""


def _no_options() -> Options:
    return {}


def _masked(options: Options) -> str:
    return repr(masked(options))


def _no_headers() -> Mapping[str, str]:
    return {}


@frozen(kw_only=True, eq=False, repr=False)
class ChatRequest(Value):
    """Ask for the next turn of a conversation.

    Args:
        model: the model, as its provider names it.
        messages: the conversation so far, at least one message.
        settings: how to answer.
        tools: what the model may call.
        tool_choice: whether it may or must.
        output: what shape the answer has.
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
    options: Options = field(factory=_no_options, repr=_masked)
    headers: Mapping[str, str] = field(factory=_no_headers, repr=False)


@frozen(kw_only=True, eq=False, repr=False)
class CompletionRequest(Value):
    """Ask for the continuation of a text.

    Args:
        model: the model, as its provider names it.
        prompt: the text to go on from.
        suffix: the text that comes after the answer.
        settings: how to answer.
        options: the providers' own options, keyed by provider.
        headers: HTTP headers to add.

    """

    model: str
    prompt: str = field(validator=_prompt)
    suffix: str | None = None
    settings: Settings = Settings()
    options: Options = field(factory=_no_options, repr=_masked)
    headers: Mapping[str, str] = field(factory=_no_headers, repr=False)

    def as_chat(self) -> ChatRequest:
        """Return the same wish as a conversation of one user message.

        Raises:
            UnsupportedError: if there is a suffix, for which a conversation has no place.

        """
        if self.suffix is not None:
            message = f"{self.model} is asked by chat, which knows no suffix; leave it out, or use a model for prompts"
            raise UnsupportedError(message, model=self.model, parameter="suffix")
        return ChatRequest(
            model=self.model,
            messages=(Message("user", self.prompt),),
            settings=self.settings,
            options=self.options,
            headers=self.headers,
        )
