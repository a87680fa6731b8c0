"""Event streams: binary messages, each of which is an event with a name, or an error.

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dragoman.http import BinaryMessages, Frame, as_object, loads

if TYPE_CHECKING:
    from dragoman_aws.errors import AwsErrors

EVENT_STREAM = BinaryMessages(media_types=frozenset({"application/vnd.amazon.eventstream"}))
"""The framing of event streams."""


def event_in(frame: Frame, errors: AwsErrors) -> tuple[str, dict[str, Any]]:
    """Return the name and the content of the event in a message.

    Args:
        frame: the message.
        errors: reads the errors of the service.

    Raises:
        ProviderError: if the message reports an error.
        ProtocolError: if it does not hold an object.

    """
    if frame.headers.get(":message-type", "event") != "event":
        raise errors.of_frame(frame)
    kind = str(frame.headers.get(":event-type"))
    return kind, as_object(loads(frame.data), f"the event {kind!r}")
