"""Adapt conversations to the rules of an API, with the rules of each vendor as data.

Most conversations are sent unchanged. The history of one model may violate the rules of another, however: call ids that
occur twice, tool names with other characters, text after tool calls. What can be adapted without a change of meaning is
adapted. Anything else raises an error that names the message, before the request is sent.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from operator import is_not
from typing import Any, TypeVar

import attrs

from dragoman.spec.call_ids import settled_call
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.history_rules import CACHE_MARK, HistoryRules
from dragoman.spec.media import InlineText, Media
from dragoman.spec.message import Message, Role, check_messages
from dragoman.spec.message_roles import check_roles, joined_turns
from dragoman.spec.part_fields import PartFields
from dragoman.spec.parts import (
    Part,
    Reasoning,
    Text,
    ToolCall,
    ToolResult,
)
from dragoman.spec.request import ChatRequest, Options, ServerTool, Tool, ToolChoice
from dragoman.spec.response import Adjustment

P = TypeVar("P", bound=PartFields)

_LONGEST_NAME = 64
_NO_OPTIONS: Options = {}
_OUTCOMES = {
    "error": "The tool failed.",
    "denied": "The call was denied.",
    "interrupted": "The call was interrupted.",
}
"""What a result says that has no words of its own, by its outcome."""


def fit_history(
    request: ChatRequest, rules: HistoryRules, *, by: str
) -> tuple[ChatRequest, list[Adjustment], Mapping[str, str]]:
    """Return *request* with its conversation adapted to *rules*.

    Returns:
        the request, a record of the changes to its content, and the original names of renamed tools, keyed by the name
        that is sent.

    Raises:
        InvalidRequestError: for a call without a result, a result without a call, or a message without content.

    """
    fitting = _Fitting(rules, request.model, by, options=request.options)
    if request.tools and rules.member_letters is not None:
        fitting.code_members(request.tools, rules.member_letters)
    messages = fitting.messages(request.messages)
    changes: dict[str, Any] = {} if messages is request.messages else {"messages": messages}
    if request.tools:
        tools = tuple([fitting.tool(tool) for tool in request.tools])
        chosen = request.tool_choice.name
        if any(new is not old for new, old in zip(tools, request.tools, strict=True)):
            changes["tools"] = tools
        if fitting.renamed and chosen is not None:
            changes["tool_choice"] = ToolChoice("tool", fitting.name(chosen))
    elif rules.called_tools and fitting.used_ids:
        from dragoman.spec.called_tools import defined_tools  # noqa: PLC0415  # few conversations need it

        changes |= defined_tools(messages, fitting.adjustments, by)
    return (attrs.evolve(request, **changes) if changes else request), fitting.adjustments, fitting.renamed


def fit_messages(
    messages: tuple[Message, ...], rules: HistoryRules, *, issuer: str
) -> tuple[tuple[Message, ...], list[Adjustment]]:
    """Return *messages* adapted to *rules* without a request, with a record of the changes.

    Calls may still wait for their results.

    Args:
        messages: the conversation.
        rules: the rules of the API.
        issuer: the service whose API it is.

    Raises:
        InvalidRequestError: for a result without a call, or a part that a message of this role cannot hold.
        UnsupportedError: for a part that only another service understands.

    """
    check_messages(messages)
    check_roles(messages, issuer)
    fitting = _Fitting(rules, issuer, issuer, open_calls=True)
    return fitting.messages(messages), fitting.adjustments


class _Fitting:
    """Adapt one conversation, message by message."""

    def __init__(
        self, rules: HistoryRules, model: str, by: str, *, open_calls: bool = False, options: Options = _NO_OPTIONS
    ) -> None:
        self.rules = rules
        self.options = options
        self.renamed: dict[str, str] = {}
        self.coded: dict[str, dict[str, str]] = {}
        self.model = model
        self.by = by
        self.open_calls = open_calls
        self.adjustments: list[Adjustment] = []
        self.used_ids: set[str] = set()
        self.open: dict[str, list[tuple[str, str]]] = {}
        self.server_side: set[str] = set()
        self.has_forms = False

    def tool(self, tool: Tool | ServerTool) -> Tool | ServerTool:
        """Return a tool under the name that is sent."""
        if isinstance(tool, ServerTool):
            return tool
        if CACHE_MARK in tool.options:
            tool = attrs.evolve(tool, options=self._marked_options(tool.options, f"the tool {tool.name!r}"))
        name = self.name(tool.name)
        from dragoman.spec.schema_spellings import sent_schema  # noqa: PLC0415  # only a tool needs it

        schema = sent_schema(tool.schema, self.rules)
        if self.rules.tool_objects:
            from dragoman.spec.tool_schemas import tool_schema  # noqa: PLC0415  # only a tool needs it

            schema, note = tool_schema(schema, tool.name, lists_members=self.rules.tool_properties)
            if note:
                feature = f"schema of the tool {tool.name}"
                self.adjustments.append(Adjustment(kind="coerced", feature=feature, reason=note, by=self.by))
        if tool.name in self.coded:
            from dragoman.spec.member_names import coded_schema  # noqa: PLC0415  # few tools need it

            schema = coded_schema(schema, self.coded[tool.name])
        if name == tool.name and schema is tool.schema:
            return tool
        return attrs.evolve(tool, name=name, schema=schema)

    def code_members(self, tools: Iterable[Tool | ServerTool], letters: str) -> None:
        """Note which members of the arguments of which tools are sent under another name."""
        from dragoman.spec.member_names import coded_names  # noqa: PLC0415  # only a tool needs it

        for tool in tools:
            if isinstance(tool, Tool) and (coded := coded_names(tool.schema, letters, self.rules.member_length)):
                self.coded[tool.name] = coded
                words = ", ".join(f"{name!r} is sent as {sent!r}" for name, sent in coded.items())
                feature = f"schema of the tool {tool.name}"
                self.adjustments.append(Adjustment(kind="coerced", feature=feature, reason=words, by=self.by))

    def _with_arguments(self, call: ToolCall) -> ToolCall:
        from dragoman.spec.sent_arguments import sent_call  # noqa: PLC0415  # few calls need it

        call, notes = sent_call(call, self.rules, self.coded.get(call.name), by=self.by)
        self.adjustments += notes
        return call

    def name(self, name: str) -> str:
        """Return the name under which a tool is sent."""
        sent = self.rules.name_sent(name)
        if sent != name:
            self.renamed[sent] = name
        return sent

    def messages(self, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        """Return the messages; the same tuple if nothing has changed."""
        fitted: list[Message] = []
        joined = joined_turns(messages)
        is_changed, messages, given = joined is not messages, joined, messages
        last = len(messages) - 1
        for index, message in enumerate(messages):
            parts = message.parts
            only = parts[0] if len(parts) == 1 else None
            if type(only) is Text and not (self.open or message.name or message.options or only.metadata):
                text = only.text
                if text and not text[-1].isspace():  # the most common kind of message
                    fitted.append(message)
                    continue
            one = self._message(message, index)
            is_changed = is_changed or one is not message
            if one is not None:
                fitted.append(one)
        self._refuse_open(f"the conversation ends at messages[{last}]")
        if not self.rules.open_end and fitted and fitted[-1].role == Role.ASSISTANT:
            end = self._without_open_end(fitted[-1], last)
            is_changed = is_changed or end is not fitted[-1]
            fitted[-1] = end
        adapted = tuple(fitted) if is_changed else given
        if self.has_forms:
            from dragoman.spec.call_forms import in_known_forms  # noqa: PLC0415  # few calls need it

            adapted = in_known_forms(adapted, self.rules.call_forms, self._note)
        if self.rules.input_after_results and not self.rules.results_in_order:
            return adapted
        from dragoman.spec.result_order import placed_results  # noqa: PLC0415  # few APIs need it

        adapted, notes = placed_results(adapted, self.rules, by=self.by)
        self.adjustments += notes
        return adapted

    def _message(self, message: Message, index: int) -> Message | None:
        parts = [self._marked(part, index) if part.metadata else part for part in message.parts]
        if message.role == Role.ASSISTANT:
            parts = [self._call(part) if isinstance(part, ToolCall) else part for part in parts]
            if self.rules.calls_last:
                parts = self._calls_last(parts, index)
        else:
            parts = [self._result(part, index) if isinstance(part, ToolResult) else part for part in parts]
            if any(not isinstance(part, ToolResult) for part in parts) or message.role == Role.USER:
                self._refuse_open(f"messages[{index}] continues the conversation")
        if not self.rules.document_names:
            parts = [self._text(part, index) for part in parts]
        if not self.rules.blank_text:
            parts = self._without_blank(message, parts, index)
            if not parts and message.parts:
                return None
        name, options = self._speaker(message.name, index), message.options
        if options and not self.rules.message_options:
            self._note(index, ", ".join(sorted(options)), None, "a message has no members of its vendor's own")
            options = {}
        if (
            name == message.name
            and options is message.options
            and len(parts) == len(message.parts)
            and all(new is old for new, old in zip(parts, message.parts, strict=True))
        ):
            return message
        return attrs.evolve(message, content=tuple(parts), name=name, options=options)

    def _marked(self, part: P, index: int) -> P:
        """Move the mark of a cached prefix to where it is sent, or record that it is not sent."""
        mark = part.metadata.get(CACHE_MARK)
        if mark is None:
            return part
        return attrs.evolve(
            part,
            metadata={name: value for name, value in part.metadata.items() if name != CACHE_MARK},
            options=self._marked_options({**part.options, CACHE_MARK: mark}, f"messages[{index}]"),
        )

    def _marked_options(self, options: Mapping[str, Any], where: str) -> dict[str, Any]:
        rest, provider = dict(options), self.rules.cache_marks
        mark = rest.pop(CACHE_MARK)
        if provider is not None:
            own = rest.get(provider)
            rest[provider] = {CACHE_MARK: mark, **(own if isinstance(own, dict) else {})}
            return rest
        reason = f"{self.model} is called through an API without marks of a cached prefix"
        self.adjustments.append(
            Adjustment(kind="dropped", feature=f"{where}.{CACHE_MARK}", asked=mark, reason=reason, by=self.by)
        )
        return rest

    def _call(self, call: ToolCall) -> ToolCall:
        if call.server_side:
            self.server_side.add(call.call_id)
            return call
        call = settled_call(call)
        self.has_forms = self.has_forms or "type" in call.metadata
        given = call.call_id or "call"  # some servers give none
        sent = self.rules.id_sent(given)
        number = 1
        while sent in self.used_ids:
            number += 1
            sent = self.rules.id_sent(f"{given}_{number}")
        self.used_ids.add(sent)
        self.open.setdefault(call.call_id, []).append((sent, call.name))
        name = self.name(call.name)
        if call.name in self.coded or not self.rules.argument_texts:
            call = self._with_arguments(call)
        return call if (sent, name) == (call.call_id, call.name) else attrs.evolve(call, call_id=sent, name=name)

    def _result(self, result: ToolResult, index: int) -> ToolResult:
        changes: dict[str, Any] = {}
        self.has_forms = self.has_forms or "type" in result.metadata
        asked = self._asked_by(result)
        if asked is not None:
            changes["call_id"], called = self._answered(asked, result.name)
            if result.name and result.name != called:
                self._note(index, result.name, called, "the result of a call has the name of the call")
                result = attrs.evolve(result, name=called)
        elif result.call_id not in self.server_side and not self._is_continued():
            raise _unasked(index, result.call_id)
        if result.name and (name := self.name(result.name)) != result.name:
            changes["name"] = name
        if any(part.metadata for part in result.content):
            result = attrs.evolve(result, content=tuple([self._marked(part, index) for part in result.content]))
        if not self.rules.blank_text and any(map(_is_blank, result.content)):
            changes["content"] = kept = tuple([part for part in result.content if not _is_blank(part)])
            result = attrs.evolve(result, content=kept)
            self._note(index, None, None, "a text that consists of white space is not accepted, nor in a result")
        if result.outcome != "ok":
            changes |= self._in_words(result, index)
        if not changes or (len(changes) == 1 and changes.get("call_id") == result.call_id):
            return result
        return attrs.evolve(result, **changes)

    def _is_continued(self) -> bool:
        """Return whether the vendor keeps the beginning of the conversation, as an option of the request says."""
        return any(options.get(name) for options in self.options.values() for name in self.rules.continued_by)

    def _asked_by(self, result: ToolResult) -> str | None:
        """Return the id of the call that a result is for; one without an id is for a call of its name, or the first."""
        if result.call_id in self.open:
            return result.call_id
        if result.call_id or not self.open:
            return None
        named = (key for key, calls in self.open.items() if any(name == result.name for _, name in calls))
        return next(named, next(iter(self.open)))

    def _answered(self, call_id: str, name: str) -> tuple[str, str]:
        """Return the id under which a call was sent, one with this name if there are several, and its name."""
        calls = self.open[call_id]
        position = next((at for at, (_, each) in enumerate(calls) if each == name), 0)
        sent = calls.pop(position)
        if not calls:
            del self.open[call_id]
        return sent

    def _in_words(self, result: ToolResult, index: int) -> dict[str, Any]:
        """Say in words that a tool failed, where nothing else says it."""
        words = _OUTCOMES.get(str(result.outcome), _OUTCOMES["error"])
        if not _has_content(result):
            if self.rules.bare_errors and self.rules.outcomes:
                return {}
            self._note(index, "", words, "a result that is an error needs words")
            return {"content": (Text(text=words),)}
        if self.rules.outcomes:
            return {}
        self._note(index, None, words, "that a tool failed has no field of its own, so it is said in words")
        return {"content": (Text(text=f"{words}\n"), *result.content)}

    def _text(self, part: Any, index: int) -> Any:
        """Return a document that is a text as that text, behind its name if it has one."""
        if isinstance(part, ToolResult):
            content = tuple([self._text(each, index) for each in part.content])
            return attrs.evolve(part, content=content) if any(map(is_not, content, part.content)) else part
        if not isinstance(part, Media) or not isinstance(part.source, InlineText):
            return part
        text = part.source.text
        if part.filename:
            self._note(index, part.filename, None, "a text has no name of its own, so it is said before it")
            text = f"{part.filename}:\n{text}"
        return Text(text=text, id=part.id, metadata=part.metadata, options=part.options)

    def _calls_last(self, parts: list[Part], index: int) -> list[Part]:
        calls = [part for part in parts if isinstance(part, ToolCall) and not part.server_side]
        if not calls or parts[-len(calls) :] == calls:
            return parts
        self._note(index, None, None, "the tool calls of a message are sent last")
        return [*(part for part in parts if not any(part is call for call in calls)), *calls]

    def _without_open_end(self, message: Message, index: int) -> Message:
        parts = list(message.parts)
        position = next((at for at in reversed(range(len(parts))) if not isinstance(parts[at], Reasoning)), None)
        part = None if position is None else parts[position]
        if position is None or not isinstance(part, Text) or not part.text[-1:].isspace():
            return message
        text = part.text.rstrip()
        self._note(index, part.text[len(text) :], "", "the beginning of an answer may not end in white space")
        parts[position] = attrs.evolve(part, text=text)
        return attrs.evolve(message, content=tuple(parts))

    def _without_blank(self, message: Message, parts: list[Part], index: int) -> list[Part]:
        kept = [part for part in parts if not _is_blank(part)]
        if len(kept) == len(parts):
            return parts
        if not kept and message.role != Role.ASSISTANT:
            problem = f"messages[{index}] consists of white space, which {self.model} does not accept; remove it"
            raise InvalidRequestError(problem, parameter="messages")
        self._note(index, None, None, "a text that consists of white space is not accepted")
        return kept

    def _speaker(self, name: str | None, index: int) -> str | None:
        letters = self.rules.speaker_letters
        if name is not None and not self.rules.speakers:
            reason = f"{self.model} is called through an API without names of speakers"
            self.adjustments.append(Adjustment(kind="dropped", feature="name", asked=name, reason=reason, by=self.by))
            return None
        if name is None or letters is None or re.fullmatch(f"{letters}{{1,{_LONGEST_NAME}}}", name):
            return name
        sent = re.sub(f"(?!{letters}).", "_", name, flags=re.DOTALL)[:_LONGEST_NAME]
        self._note(index, name, sent, f"the name of a speaker has characters of {letters}, {_LONGEST_NAME} at most")
        return sent

    def _refuse_open(self, where: str) -> None:
        if self.open and not self.open_calls:
            calls = ", ".join(repr(key or open_[0][1]) for key, open_ in self.open.items())
            message = (
                f"the call {calls} has no result, but {where}; add a message with a ToolResult for it (its outcome may "
                "be 'interrupted' or 'denied')"
            )
            raise InvalidRequestError(message, parameter="messages")

    def _note(self, index: int, asked: str | None, sent: str | None, reason: str) -> None:
        feature = f"messages[{index}]"
        self.adjustments.append(
            Adjustment(kind="coerced", feature=feature, asked=asked, sent=sent, reason=reason, by=self.by)
        )


def _is_blank(part: Part) -> bool:
    return type(part) is Text and not part.text.strip()


def _has_content(result: ToolResult) -> bool:
    return not all(map(_is_blank, result.content))


def _unasked(index: int, call_id: str) -> InvalidRequestError:
    missing = "without the id of a call, and no call in an earlier message is without a result"
    if call_id:
        missing = f"for the call {call_id!r}, which is not in an earlier message or already has a result"
    message = f"messages[{index}] has a result {missing}; remove the result, or add the message with the call"
    return InvalidRequestError(message, parameter="messages")
