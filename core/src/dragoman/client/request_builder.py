"""Build requests from the arguments of callers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Literal, TypeAlias, cast

import attrs

from dragoman.client.conversation import Conversation, messages_of
from dragoman.spec.argument_checks import copied, plain_text, seconds, shown, wrong_seconds
from dragoman.spec.capabilities import Policy
from dragoman.spec.config import CORE_OPTIONS, FIELDS, LLMConfig
from dragoman.spec.config_rules import is_policy, wrong_policy
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.provider import CallContext, Clock, SystemClock, Timeouts
from dragoman.spec.request import (
    AUTO,
    JSON_OBJECT,
    SETTINGS,
    TEXT,
    ChatRequest,
    CompletionRequest,
    Options,
    OutputFormat,
    ServerTool,
    Settings,
    Tool,
    ToolChoice,
)

ToolLike: TypeAlias = Tool | ServerTool | Callable[..., object] | Mapping[str, Any]
"""What ``tools=`` takes of each tool: a tool, a typed function to make one of, or its definition in a wire format."""

_SETTINGS = frozenset(SETTINGS)
_PER_CALL = frozenset({"timeout", "first_output_timeout", "on_unsupported"})
"""Options of the core that a call may have too, besides headers."""
_NOT_PER_CALL = (CORE_OPTIONS | frozenset(FIELDS)) - _SETTINGS - {"headers", "options", *_PER_CALL}
_LIMITS = (("timeout", "total"), ("first_output_timeout", "first_output"))
_CHAT_ONLY = frozenset({"tools", "tool_choice", "output"})
"""Arguments of a call that only a conversation has."""
_SENT = frozenset({Tool, ServerTool})
"""The classes of what is sent as it is."""
_CLOCK = SystemClock()

_ALL_ANSWERS = "call generate(), whose response holds the others in its alternatives, or leave n out"

NO_TYPE: Any = object()
"""Stands for the type of an answer that was asked for without one."""


Untyped: TypeAlias = Literal["text", "json"] | Mapping[str, Any] | OutputFormat | None
"""The formats of an answer that are not types."""


def refuse_output(overrides: Mapping[str, Any]) -> None:
    """Refuse ``output=`` where a type is asked for by another argument.

    Raises:
        InvalidRequestError: if it is given.

    """
    if overrides.get("output") is not None:
        message = "extract() asks for its type; leave output= out, or call generate(output=...)"
        raise InvalidRequestError(message, parameter="output")


def refuse_several(settings: Settings, what: str, instead: str = _ALL_ANSWERS) -> None:
    """Refuse to ask for several answers where only one would be returned.

    Args:
        settings: the settings of the call.
        what: what gives one answer.
        instead: what to do instead.

    Raises:
        InvalidRequestError: if they ask for several.

    """
    if settings.n is not None and settings.n > 1:
        message = f"{what} gives one answer, not n={settings.n}; {instead}"
        raise InvalidRequestError(message, parameter="n")


def type_in(overrides: Mapping[str, Any]) -> Any:
    """Return the type that ``output=`` names among the arguments of a call, :data:`NO_TYPE` without one."""
    output = overrides.get("output")
    return NO_TYPE if output is None or isinstance(output, str | Mapping | OutputFormat) else output


@attrs.frozen(kw_only=True, eq=False, repr=False)
class RequestBuilder:
    """Make requests for one bound model.

    Args:
        provider: the provider's own name, under which it reads its options.
        named: the name by which it was chosen, if it has several.
        model: the model as the provider names it.
        settings: what every call starts from.
        options: the provider's options that every call starts from.
        timeouts: the limits of a call.
        formats: the wire formats of plain data that are the provider's own; ``None`` for all.
        clock: the clock to go by.
        issuer: the issuer of the seals that the provider can send back.

    """

    provider: str
    model: str
    settings: Settings
    options: Options
    timeouts: Timeouts
    formats: frozenset[str] | None = None
    clock: Clock = _CLOCK
    named: str = ""
    issuer: str = ""

    @classmethod
    def of(
        cls,
        config: LLMConfig,
        *,
        provider: str,
        model: str,
        timeouts: Timeouts,
        formats: frozenset[str] | None = None,
        named: str = "",
        issuer: str = "",
        names: Iterable[str] = (),
    ) -> RequestBuilder:
        """Take the starting point from a configuration, whose options may be keyed by any of *names*."""
        options = config.provider_options(*names, named, provider)
        return cls(
            provider=provider,
            model=model,
            settings=config.settings(),
            options={provider: options} if options else {},
            timeouts=timeouts,
            formats=formats,
            named=named,
            issuer=issuer or provider,
        )

    def chat(self, conversation: Conversation, overrides: Mapping[str, Any]) -> ChatRequest:
        """Return the request to go on with a conversation.

        Raises:
            InvalidRequestError: for an empty conversation, an unknown role, or an argument of the wrong type.

        """
        messages = messages_of(conversation, self.issuer, self.formats)
        if not overrides:
            return ChatRequest(model=self.model, messages=messages, settings=self.settings, options=self.options)
        choice, parallel = _tool_choice(overrides.get("tool_choice"))
        if parallel is not None and "parallel_tool_calls" not in overrides:
            overrides = {**overrides, "parallel_tool_calls": parallel}
        return ChatRequest(
            model=self.model,
            messages=messages,
            settings=self.settings_of(overrides),
            tools=_tools(overrides.get("tools"), self.issuer),
            tool_choice=choice,
            output=_output(overrides.get("output")),
            options=self._options(overrides, {"tools", "tool_choice", "output"}),
            headers=_headers(overrides),
        )

    def value(self, kind: Any, conversation: Conversation, overrides: Mapping[str, Any]) -> ChatRequest:
        """Return the request of :meth:`chat` with *kind* as its output, for a type of any kind.

        Raises:
            InvalidRequestError: also for a type that no answer can be read as.

        """
        return attrs.evolve(self.chat(conversation, overrides), output=_output_of_type(kind))

    def completion(self, prompt: str, overrides: Mapping[str, Any]) -> CompletionRequest:
        """Return the request to go on from a prompt.

        Raises:
            InvalidRequestError: for an empty prompt, or an argument of the wrong type.

        """
        if not overrides:
            return CompletionRequest(model=self.model, prompt=prompt, settings=self.settings, options=self.options)
        return CompletionRequest(
            model=self.model,
            prompt=prompt,
            suffix=overrides.get("suffix"),
            settings=self.settings_of(overrides),
            options=self._options(overrides, {"suffix"}),
            headers=_headers(overrides),
        )

    def streamed_prompt(
        self, prompt: str | CompletionRequest, overrides: Mapping[str, Any], *, natively: bool
    ) -> ChatRequest | CompletionRequest:
        """Return the request to stream what follows a prompt.

        Args:
            prompt: the prompt, or a request whose settings, options and headers apply unless *overrides* has others.
            overrides: the arguments of the call.
            natively: whether the model takes a prompt as such; otherwise it becomes a conversation.

        Raises:
            UnsupportedError: for a suffix that the model does not take.
            InvalidRequestError: for an empty prompt, or an argument of the wrong type.

        """
        if isinstance(prompt, CompletionRequest):
            overrides = _arguments(prompt, overrides)
            prompt = prompt.prompt
        has_suffix = overrides.get("suffix") is not None
        if has_suffix or (natively and not _CHAT_ONLY & overrides.keys()):
            request = self.completion(prompt, overrides)
            return request if natively else request.as_chat()
        return self.chat(prompt, {name: overrides[name] for name in overrides if name != "suffix"})

    def context(self, overrides: Mapping[str, Any]) -> CallContext:
        """Return the context of a call that begins now."""
        timeouts = self.timeouts
        for name, field in _LIMITS if overrides else ():
            limit = overrides.get(name)
            if limit is not None:
                if (number := seconds(limit)) is None:
                    raise InvalidRequestError(wrong_seconds(name, limit), parameter=name)
                timeouts = attrs.evolve(timeouts, **{field: number})
        policy: Policy | None = overrides.get("on_unsupported")
        if policy is not None and not is_policy(policy):
            raise InvalidRequestError(wrong_policy(policy), parameter="on_unsupported")
        deadline = None if timeouts.total is None else self.clock.monotonic() + timeouts.total
        return CallContext(timeouts=timeouts, deadline=deadline, clock=self.clock, on_unsupported=policy)

    def settings_of(self, overrides: Mapping[str, Any]) -> Settings:
        """Return the settings of a call."""
        given = {name: value for name, value in overrides.items() if name in _SETTINGS}
        if not given:
            return self.settings
        return attrs.evolve(self.settings, **given, explicit=self.settings.explicit | frozenset(given))

    def _options(self, overrides: Mapping[str, Any], known: set[str]) -> Options:
        for name in overrides:
            if name in _NOT_PER_CALL:
                message = f"{name!r} belongs to LLMConfig, not to one call; make another LLM for it"
                raise InvalidRequestError(message, parameter=name)
        known |= {"options", "headers", *_PER_CALL}
        own = {name: value for name, value in overrides.items() if name not in known and name not in _SETTINGS}
        shared = _shared(overrides.get("options"))
        if not own and not shared:
            return self.options
        for name, each in own.items():
            copied(each, name)  # only to check the depth
        merged = {
            **self.options.get(self.provider, {}),
            **shared.get(self.named, {}),
            **shared.get(self.provider, {}),
            **own,
        }
        return {**self.options, **shared, self.provider: merged}


def _arguments(request: CompletionRequest, overrides: Mapping[str, Any]) -> dict[str, Any]:
    """Return what *request* says as arguments of a call, except the prompt; *overrides* take precedence."""
    settings = {name: value for name in SETTINGS if (value := getattr(request.settings, name)) is not None}
    return {
        **settings,
        **overrides,
        "suffix": overrides.get("suffix", request.suffix),
        "options": {**request.options, **_shared(overrides.get("options"))},
        "headers": {**request.headers, **_headers(overrides)},
    }


def _tool_choice(choice: Any) -> tuple[ToolChoice, bool | None]:
    """Return the tool choice, and whether it says that there may be several calls in one turn."""
    if choice is None:
        return AUTO, None
    if not isinstance(choice, Mapping):
        return ToolChoice.of(choice), None
    from dragoman.spec.request_formats import read_tool_choice  # noqa: PLC0415  # only plain data needs it

    return read_tool_choice(cast("Mapping[str, Any]", choice))


def _tools(tools: Iterable[ToolLike] | None, issuer: str) -> tuple[Tool | ServerTool, ...]:
    if tools is None:
        return ()
    if isinstance(tools, str | Mapping) or not isinstance(tools, Iterable):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        message = f"tools must be a list of tools, not {type(tools).__name__}"  # pyright: ignore[reportUnknownArgumentType]
        raise InvalidRequestError(message, parameter="tools")
    read = tuple(
        tool if isinstance(tool, Tool | ServerTool) and type(tool) in _SENT else _tool(tool, f"tools[{index}]", issuer)
        for index, tool in enumerate(tools)
    )
    _check_names(read)
    return read


def _check_names(tools: tuple[Tool | ServerTool, ...]) -> None:
    """Refuse tools that a call cannot name, or that it would name together."""
    known = set[str]()
    for index, tool in enumerate(tools):
        if not isinstance(tool, Tool):
            continue
        if not tool.name.strip() or tool.name in known:
            problem = f"the name {tool.name!r} of another tool" if tool.name in known else "no name"
            message = f"tools[{index}] has {problem}; give it a name of its own"
            raise InvalidRequestError(message, parameter="tools")
        known.add(tool.name)


def _tool(function: ToolLike, path: str, issuer: str) -> Tool | ServerTool:
    if isinstance(function, Tool | ServerTool):
        definition: Tool | ServerTool = getattr(function, "definition", function)  # without the function that runs it
        return definition
    if isinstance(function, Mapping):
        from dragoman.spec.tool_formats import read_tool  # noqa: PLC0415  # only plain data needs it

        return read_tool(function, path, issuer)  # pyright: ignore[reportUnknownArgumentType]
    if not callable(function):  # pyright: ignore[reportUnnecessaryComparison]  # callers without a type checker
        message = (
            f"{path} must be a Tool, a ServerTool, a typed function or a definition, not {type(function).__name__}"
        )
        raise InvalidRequestError(message, parameter="tools")
    from dragoman.spec.schema import tool  # noqa: PLC0415  # not paid for at import

    return tool(function)


def _output(output: Any) -> OutputFormat:
    if output is None or isinstance(output, OutputFormat):
        return output or TEXT
    if isinstance(output, str) and (kind := plain_text(output)) in {"text", "json"}:
        return TEXT if kind == "text" else JSON_OBJECT
    if isinstance(output, str):
        from dragoman.spec.nearest_name import after  # noqa: PLC0415  # only errors need it

        message = f"output must be 'text', 'json', a type, a JSON Schema or an OutputFormat, not {shown(output)}"
        raise InvalidRequestError(after(message, output, ("text", "json")), parameter="output")
    if isinstance(output, Mapping):
        from dragoman.spec.request_formats import read_output  # noqa: PLC0415  # only plain data needs it

        return read_output(cast("Mapping[str, Any]", output))
    return _output_of_type(output)


def _output_of_type(kind: Any) -> OutputFormat:
    from dragoman.spec.answers import check_readable  # noqa: PLC0415  # not paid for at import
    from dragoman.spec.schema import json_schema, wrap_schema  # noqa: PLC0415  # not paid for at import

    schema = wrap_schema(json_schema(kind))
    check_readable(kind)
    return OutputFormat("json_schema", schema=schema, name=getattr(kind, "__name__", "answer"))


def _headers(overrides: Mapping[str, Any]) -> Mapping[str, str]:
    headers: Any = overrides.get("headers")
    if headers is None:
        return {}
    kind = type(headers).__name__
    names: list[Any] = [*headers] if isinstance(headers, Mapping) else [None]
    if not all(isinstance(name, str) for name in names):
        message = f"headers must be a mapping of strings, not {kind if kind != 'dict' else 'one with other keys'}"
        raise InvalidRequestError(message, parameter="headers")
    return cast("Mapping[str, str]", headers)


def _shared(options: Any) -> Mapping[str, Mapping[str, Any]]:
    """Return the options that a call gives, keyed by provider."""
    if options is None:
        return {}
    from dragoman.client.shared_options import shared_options  # noqa: PLC0415  # few calls have them

    return shared_options(options)
