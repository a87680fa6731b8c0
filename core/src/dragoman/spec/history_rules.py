"""The rules of an API for conversations, as data."""

from __future__ import annotations

import re

from dragoman.spec._value import value

CACHE_MARK = "cache_control"
"""The member of plain data, and then of a part's metadata, that marks the end of a prefix to be cached."""


@value(kw_only=True)
class HistoryRules:
    """Describe the rules of an API for conversations; by default, there are none.

    Args:
        call_id_letters: the characters that the id of a call may have, as a class of a regular expression.
        call_id_length: how many characters it may have.
        call_id_exact: whether it must have exactly as many, so that a digest of it is sent where it has not.
        tool_name_letters: the characters that the name of a tool may have.
        tool_name_length: how many characters it may have.
        tool_name_first: the characters that it may begin with; those that it may have, if not given.
        speakers: whether a message may name its speaker.
        speaker_letters: the characters that the name of a speaker may have, 64 at most.
        results_in_order: whether results are paired with their calls by their order.
        call_forms: the forms of calls that it has beside that of a function: ``"function_call"``, the older form, and
            ``"custom"``, that of a tool that takes a text. A call in another is sent as that of a function.
        argument_texts: whether the arguments of a call may be a text that is not the JSON of an object.
        calls_last: whether nothing may follow the calls in a message of the assistant.
        input_after_results: whether a message of the user may follow the results of tools, before the assistant's.
        blank_text: whether a text of white space alone is taken.
        bare_errors: whether the result of a tool that failed may be without content.
        outcomes: whether a result can say in a field of its own that the tool failed.
        tool_objects: whether the schema of a tool's arguments must be that of one object, without alternatives.
        member_letters: the characters that the name of a member in such a schema may have.
        member_length: how many characters it may have, if its characters are limited.
        tool_properties: whether it must list its members, even if there are none.
        boolean_schemas: whether a schema within that of a tool or an answer may be ``true`` or ``false``.
        array_items: whether that of an array must say what its items are, if it may be neither ``true`` nor ``false``.
        older_schemas: whether it may be spelt as in OpenAPI 3.0, draft 4 or in capitals, for another vendor.
        json_said: whether a conversation must say the word JSON for an answer in JSON without a schema.
        called_tools: whether the tools that the conversation has called must be defined, even if none is offered.
        document_names: whether a document that is a text has a file name or a title of its own.
        open_end: whether the last message, if it is the assistant's, may end in white space.
        message_options: whether a message may have members of its own vendor.
        continued_by: the options that continue a conversation which the vendor keeps; results of its calls are taken.
        cache_marks: the provider among whose options the mark ``cache_control`` of a part is sent; ``None`` if the API
            has no such mark.

    """

    call_id_letters: str | None = None
    call_id_length: int | None = None
    call_id_exact: bool = False
    tool_name_letters: str | None = None
    tool_name_length: int | None = None
    tool_name_first: str | None = None
    speakers: bool = True
    speaker_letters: str | None = None
    results_in_order: bool = False
    call_forms: tuple[str, ...] = ()
    argument_texts: bool = True
    calls_last: bool = False
    input_after_results: bool = True
    blank_text: bool = True
    bare_errors: bool = True
    outcomes: bool = True
    tool_objects: bool = False
    tool_properties: bool = False
    boolean_schemas: bool = True
    array_items: bool = False
    older_schemas: bool = False
    json_said: bool = False
    called_tools: bool = False
    member_letters: str | None = None
    member_length: int = 64
    document_names: bool = True
    open_end: bool = True
    message_options: bool = True
    continued_by: tuple[str, ...] = ()
    cache_marks: str | None = None

    def name_sent(self, name: str) -> str:
        """Return the name under which a tool is sent."""
        from dragoman.spec.tool_names import encode_name  # noqa: PLC0415  # not paid for by calls without tools

        return encode_name(name, self.tool_name_letters, self.tool_name_length, self.tool_name_first)

    def id_sent(self, call_id: str) -> str:
        """Return the id under which a call is sent."""
        letters, length = self.call_id_letters, self.call_id_length
        is_short = length is None or len(call_id) <= length
        is_whole = not self.call_id_exact or len(call_id) == length
        if is_short and is_whole and (letters is None or re.fullmatch(f"{letters}*", call_id)):
            return call_id
        from dragoman.spec.tool_names import digest_of  # noqa: PLC0415  # not paid for by calls without tools

        return digest_of(call_id)[:length] if self.call_id_exact else f"call_{digest_of(call_id)}"
