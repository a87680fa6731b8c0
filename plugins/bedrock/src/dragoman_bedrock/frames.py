"""The events of a stream in binary messages, whichever API sends them.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ResponseStream.html
"""

from __future__ import annotations

from typing import Any

from dragoman.http import BinaryMessages, Frame, as_object, loads
from dragoman_bedrock.errors import error_of_frame

EVENT_STREAM = BinaryMessages(media_types=frozenset({"application/vnd.amazon.eventstream"}))


def event_of(frame: Frame) -> tuple[str, dict[str, Any]]:
    """Return the name and the content of the event in a message.

    Raises:
        ProviderError: if the message reports an error.
        ProtocolError: if it does not hold an object.

    """
    if frame.headers.get(":message-type", "event") != "event":
        raise error_of_frame(frame)
    kind = str(frame.headers.get(":event-type"))
    return kind, as_object(loads(frame.data), f"the event {kind!r}")
