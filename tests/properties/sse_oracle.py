"""A second decoder of event streams: the paragraphs of the specification one after another, character by character.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation

It reads a whole stream at once and is as slow as it looks. It exists to be compared with.
"""

from __future__ import annotations

from attrs import define, field


@define
class Interpretation:
    """What a stream means, and the buffers the specification speaks of."""

    events: list[tuple[str, str]] = field(factory=list)  # (type, data)
    comments: int = 0
    last_event_id: str = ""
    reconnection_time: int | None = None
    data_buffer: str = ""
    event_type_buffer: str = ""

    def interpret(self, line: str) -> None:
        """Process one line."""
        if line == "":
            self.dispatch()
        elif line[0] == ":":
            self.comments += 1
        elif ":" in line:
            position = line.index(":")
            value = line[position + 1 :]
            if value != "" and value[0] == " ":
                value = value[1:]
            self.process_field(line[:position], value)
        else:
            self.process_field(line, "")

    def process_field(self, name: str, value: str) -> None:
        """Process one field."""
        match name:
            case "event":
                self.event_type_buffer = value
            case "data":
                self.data_buffer = self.data_buffer + value + "\n"
            case "id" if "\x00" not in value:
                self.last_event_id = value
            case "retry" if value != "" and all(character in "0123456789" for character in value):
                self.reconnection_time = int(value)

    def dispatch(self) -> None:
        """Dispatch the event, if there is one."""
        if self.data_buffer != "":
            self.events.append((self.event_type_buffer or "message", self.data_buffer[:-1]))
        self.data_buffer = ""
        self.event_type_buffer = ""


def lines_of(characters: str) -> tuple[list[str], str]:
    """Return the lines that have ended, by CR LF, by LF or by CR, and what stands after the last end."""
    lines: list[str] = []
    line = ""
    position = 0
    while position < len(characters):
        character = characters[position]
        if character == "\r" and characters[position + 1 : position + 2] == "\n":
            position += 1
        if character in ("\r", "\n"):
            lines.append(line)
            line = ""
        else:
            line += character
        position += 1
    return lines, line


def interpret(stream: bytes) -> tuple[Interpretation, tuple[str, str] | None]:
    """Interpret a whole stream; also return the event its end has cut off, which is none to the specification."""
    characters = stream.decode("utf-8", "replace")
    if characters[:1] == "\ufeff":
        characters = characters[1:]
    lines, unfinished = lines_of(characters)
    result = Interpretation()
    for line in lines:
        result.interpret(line)
    # The blank line that did not come, in a copy: what it brings forth is not an event of the stream.
    ended = Interpretation(data_buffer=result.data_buffer, event_type_buffer=result.event_type_buffer)
    for line in [unfinished, ""] if unfinished else [""]:
        ended.interpret(line)
    return result, ended.events[0] if ended.events else None
