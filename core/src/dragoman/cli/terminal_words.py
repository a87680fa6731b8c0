"""Words of the library as those of the command line, since who types a command calls no function."""

from __future__ import annotations

import re
from collections.abc import Callable

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
_RULES: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"\bpass api_key=\.\.\. or set\b", "set"),
    (r"\bgive path=, (or )?set\b", "set"),
    (r"\bgive LLMConfig\.from_env\(\), or a model\b", "-m names one"),
    (r"\bgive LLMConfig\(model=\.\.\.\)", "-m names one"),
    (r"\bgive its name, as in LLMConfig\(model='\w+'\)", "-m names one"),
    (r"\bprovider='([^']*)' or '([^']*)'", r"-p \1 or -m \2"),
    (r"\b(pass|with) provider=(?=[ ,;]|$)", r"\1 -p"),
    (r"\bprovider='([^']*)'", r"-p \1"),
    (r"\bapi_base='([^']*)'", r"-b \1"),
    (r"\b(pass|give) api_base=(?!\S)", r"\1 -b URL"),
    (r"\b(pass|give|as) (\w+)='\.\.\.'", r"\1 -o \2=VALUE"),
    (r"\b(pass|give|as) (\w+)='([^']*)'", r"\1 -o \2=\3"),
    (r"; error\.partial holds what arrived(, and \w+\(\) returns such answers)?(; run\(\) also runs the tools)?", ""),
    (r"\bgive a greater max_tokens=", "-o max_tokens=N allows more"),
    (r"\bgive media_type=, such as '[^']*'", "a file needs an ending that tells it, such as .png"),
    (r"\bgive the path of a file, bytes or a URL\b", "give the path of a file, or a URL"),
    (r"[,;]? ([Ii]t is )?an argument of LLMConfig( and of a call)?\b", ""),
    (r"\bit is an argument of \w+\(\)(, \w+\(\))*( and \w+\(\))?", "it is no setting of a model"),
    (r"\bthe first argument of \w+\(\)(, \w+\(\))*( and \w+\(\))?", "the PROMPT"),
    (r"\b[Tt]he system prompt is a message: Message\(.*?\) before Message\(.*?\)", "-s gives the system prompt"),
    (r"\b[Ww]rap calls with middleware: a plugin that implements a hook\b", "a plugin may wrap calls"),
    (r"\bcall the method stream\(\).* instead of generate\(\)", "--no-stream prints an answer when it is complete"),
    (r"\bcall generate\(\), whose response holds the others in its alternatives, or leave\b", "leave"),
    (r"\bgive a type, a JSON Schema, 'json', or \{.*\}\}", "give a JSON Schema, a file with one, or 'name, age int'"),
    (r"\ba RetryPolicy or a mapping of its arguments\b", "an object, such as '{\"retries\": 2}'"),
    (r", an ssl\.SSLContext\b", ""),
    (r"\ba mapping\b", "an object"),
    (r"(?<=, not )(\w+)$", lambda found: _KINDS.get(found[1], found[1])),
    (r"(?<!['\w.])(\w+)=(True|False|None)\b", lambda found: f"-o {found[1]}={_CONSTANTS[found[2]]}"),
    (r"(?<!['\w.])(True|False|None)(?!['\w])", lambda found: _CONSTANTS[found[1]]),
)


def in_terminal_words(message: str) -> str:
    """Return the message of an error with options such as ``-m`` in place of arguments of Python."""
    for pattern, words in _RULES:
        message = re.sub(pattern, words, message)
    return message
