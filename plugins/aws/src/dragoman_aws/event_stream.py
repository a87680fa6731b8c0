"""Event streams: binary messages, each of which is an event with a name, or an error.

https://smithy.io/2.0/aws/amazon-eventstream.html
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from dragoman.http import BinaryMessages, Frame, as_object, loads

if TYPE_CHECKING:
    from dragoman_aws.errors import AwsErrors

EVENT_STREAM = BinaryMessages(media_types=frozenset({"application/vnd.amazon.eventstream"}))
"""The framing of event streams."""


def event_in(frame: Frame, errors: AwsErrors, own: Collection[str] | None = None) -> tuple[str, dict[str, Any]]:
    """Return the name and the content of the event in a message.

    Args:
        frame: the message.
        errors: reads the errors of the service.
        own: the members by which the events of the service are known; one without them may report an error. Without
            these, only a message of another type than an event does.

    Raises:
        ProviderError: if the message reports an error.
        ProtocolError: if it does not hold an object.

    """
    if frame.headers.get(":message-type", "event") != "event":
        raise errors.of_frame(frame)
    kind = str(frame.headers.get(":event-type"))
    payload = as_object(loads(frame.data), f"the event {kind!r}")
    if own is not None and ("error" in payload or not any(name in payload for name in own)):
        errors.check_event(kind, payload, own)
    return kind, payload
