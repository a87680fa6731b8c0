"""Words of the library as those of the command line, since who types a command calls no function."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeAlias

from dragoman.spec.errors import (
    ConfigurationError,
    DragomanError,
    InvalidRequestError,
    OutputError,
    StreamInterruptedError,
    UnsupportedError,
)

_Rules: TypeAlias = "tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...]"

_BEFORE_A_CALL = (ConfigurationError, InvalidRequestError, UnsupportedError)
"""What is wrong with these is said by the library alone: nothing was sent yet, and no plugin failed."""
_AFTER_A_CALL = (OutputError, StreamInterruptedError)
"""Only the end of what these say is always of the library: the words of a server or a model may stand before it."""
_END = r"(?=(?: \[[^]]*\])?$)"
_ENDS: _Rules = (
    (
        r"; error\.partial holds what arrived(, and \w+\(\) returns such answers)?(; run\(\) also runs the tools)?"
        + _END,
        "",
    ),
    (r"; give a greater max_tokens=" + _END, "; -o max_tokens=N allows more"),
    (
        r"; error\.run is the run so far, and run\(error\.run, turns=\.\.\.\) goes on with more than \d+ turns" + _END,
        "; --turns allows more",
    ),
)
_QUOTED = re.compile(r"""(?<!\w)(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")(?!\w)""")
_PATH = re.compile(r"""(?<!\S)[^\s'"=(/\\]*[/\\][^\s'"]*""")
_OWN = frozenset({"...", "json"})
"""Quoted words of the library itself, which rules name."""
_HIDDEN = re.compile("\x1a([0-9]+)\x1a")
"""What stands for a word that somebody named, while rules are applied."""
_KINDS = {
    "bool": "true or false",
    "int": "a number",
    "float": "a number",
    "str": "a text",
    "NoneType": "null",
    "list": "a list",
    "tuple": "a list",
    "dict": "an object",
}
_CONSTANTS = {"True": "true", "False": "false", "None": "null"}
_OF_PARAMETERS: dict[str | None, _Rules] = {
    "model": (
        (
            r"\bgive (LLMConfig\.from_env\(\), or a model|(its name, as in )?LLMConfig\(model=(\.\.\.|'[^']*')\))",
            "-m names one",
        ),
    ),
    "media_type": ((r"\bgive media_type=, such as '[^']*'", "a file needs an ending that tells it, such as .png"),),
    "output": (
        (r"^output\b(?! and\b)", "--schema"),
        (
            r"\bgive a type, a JSON Schema, 'json', or \{.*\}\}",
            "give a JSON Schema, a file with one, or 'name, age int'",
        ),
    ),
    "retry": ((r"\ba RetryPolicy or a mapping of its arguments\b", "an object, such as '{\"retries\": 2}'"),),
    "source": ((r"\bgive the path of a file, bytes or a URL\b", "give the path of a file, or a URL"),),
    "verify": ((r", an ssl\.SSLContext\b", ""),),
}
"""Rules for errors about one parameter."""
_RULES: _Rules = (
    (r"\bpass api_key=\.\.\. or set\b", "set"),
    (r"\bgive path=, (or )?set\b", "set"),
    (r"\bprovider='([^']*)' or '([^']*)'", r"-p \1 or -m \2"),
    (r"\b(pass|with) provider=(?=[ ,;]|$)", r"\1 -p"),
    (r"\bprovider='([^']*)'", r"-p \1"),
    (r"\bapi_base='([^']*)'", r"-b \1"),
    (r"\b(pass|give) api_base=(?!\S)", r"\1 -b URL"),
    (r"\b(pass|give|as) (\w+)='\.\.\.'", r"\1 -o \2=VALUE"),
    (r"\b(pass|give|as) (\w+)='([^']*)'", r"\1 -o \2=\3"),
    (r"[,;]? ([Ii]t is )?an argument of LLMConfig( and of a call)?\b", ""),
    (r"\bit is an argument of \w+\(\)(, \w+\(\))*( and \w+\(\))?", "it is not a setting of a model"),
    (r"\bthe first argument of \w+\(\)(, \w+\(\))*( and \w+\(\))?", "the PROMPT"),
    (r"\b[Tt]he system prompt is a message: Message\(.*?\) before Message\(.*?\)", "-s gives the system prompt"),
    (r"\b[Ww]rap calls with middleware: a plugin that implements a hook\b", "a plugin may wrap calls"),
    (r"\bcall the method stream\(\).* instead of generate\(\)", "--no-stream prints an answer when it is complete"),
    (r"\bcall generate\(\), whose response holds the others in its alternatives, or leave\b", "leave"),
    (r", or objects such as AcmeOptions\(\.\.\.\)", ""),
    (r"\ba mapping\b", "an object"),
    (r"(?<=, not )(\w+)$", lambda found: _KINDS.get(found[1], found[1])),
    (r"(?<![\w.])(\w+)=(True|False|None)\b", lambda found: f"-o {found[1]}={_CONSTANTS[found[2]]}"),
    (r"(?:(?<=[ (])|^)(True|False|None)(?=[ ,;)]|\.?$)", lambda found: _CONSTANTS[found[1]]),
)


def in_terminal_words(message: str, error: DragomanError) -> str:
    """Return a message with options such as ``-m`` in place of arguments of Python.

    What a server, a model or a plugin says stays as it is, and so does what is quoted and what is a path, since that is
    what somebody named.

    Args:
        message: the text of the error, on one line.
        error: the error.

    """
    if isinstance(error, _AFTER_A_CALL):
        return _ruled(message, _ENDS)
    if not isinstance(error, _BEFORE_A_CALL) or error.status is not None:
        return message
    named: list[str] = []

    def hidden(word: str) -> str:
        named.append(word)
        return f"\x1a{len(named) - 1}\x1a"

    def hide(found: re.Match[str]) -> str:
        word = found[1] if found[2] is None else found[2]
        return found[0] if word in _OWN else found[0][0] + hidden(word) + found[0][-1]

    told = _PATH.sub(lambda found: hidden(found[0]), _QUOTED.sub(hide, message.replace("\x1a", "")))
    told = _ruled(told, (*_OF_PARAMETERS.get(error.parameter, ()), *_RULES))
    return _HIDDEN.sub(lambda found: named[int(found[1])], told)


def _ruled(message: str, rules: _Rules) -> str:
    for pattern, words in rules:
        message = re.sub(pattern, words, message)
    return message
