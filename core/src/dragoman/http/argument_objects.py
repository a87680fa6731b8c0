"""The arguments of a call as an object, for the dialects that take no text: what a model wrote may be none."""

from __future__ import annotations

from dragoman.http.json import dumps
from dragoman.spec.errors import InvalidRequestError, OutputError
from dragoman.spec.part_fields import JSON
from dragoman.spec.parts import ToolCall
from dragoman.spec.response import Adjustment
from dragoman.spec.sent_arguments import NO_OBJECT


def object_arguments(call: ToolCall, vendor: str, *, by: str) -> tuple[dict[str, JSON], tuple[Adjustment, ...]]:
    """Return the arguments of a call as an object, and a note if they are none: their text is then a member of one.

    So a conversation goes on in which a model wrote a call that is cut, no object, or holds what JSON does not have.

    Args:
        call: the call.
        vendor: who takes only an object, as the note says.
        by: recorded as the component that decided.

    """
    try:
        arguments = call.parse()
        dumps(arguments)
    except (OutputError, InvalidRequestError):
        text = call.arguments.encode("utf-8", "backslashreplace").decode()
        reason = f"{vendor} accepts only an object as arguments, so the text is sent as a member of one"
        note = Adjustment(kind="coerced", feature="tool_call", asked=text, sent=NO_OBJECT, reason=reason, by=by)
        return {NO_OBJECT: text}, (note,)
    return arguments, ()
