"""Secrets that are known by their name, as in ``"password": "..."``, ``token=...`` or an environment variable."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import TypeAlias

from dragoman_recorder.text_edits import MASK, Edit

_Editor: TypeAlias = "Callable[[str, re.Match[str]], Edit | None]"

_ALWAYS_SECRET = re.compile(
    r"(?:(?:password|passwd|passphrase|passcode|pwd)(?:confirmation|confirm|again|repeat|old|new|hash|\d)?"
    r"|secrets?|connectionstring"
    r"|(?:api|access|secret|private|signing|encryption|account|shared|subscription|auth|master|service)keys?)$"
)
_OFTEN_SECRET = re.compile(r"(?:token|authorization|credentials?|cookie)$")
_NOT_SECRET = re.compile(
    r"(?:next|page|continuation|sync|prev|previous|[ebs]os|pad|unk|sep|mask|cls|stop|special|start|end|first|last"
    r"|max|min|num|per|input|output|total|image|audio|text)token$"
)
_VARIABLE = re.compile(
    r"(?:_KEY|_TOKEN|_PAT|SECRETS?|PASS\w*|PWD|CREDENTIALS?|AUTHORIZATION|COOKIE)$|PASS(?!IVE|AGE|PORT)", re.IGNORECASE
)
_LOCATION = re.compile(r"(?:_FILE|_PATH|_DIR|_HOME|_SOCK|_STORE|_DIRECTORY)$", re.IGNORECASE)
_KEY_VARIABLE = re.compile(r"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_KEY$")
_MAX_NAME = 80  # characters

_NEEDLES = ("pass", "pwd", "secret", "key", "token", "auth", "credential", "cookie", "connection")
_QUOTED = re.compile(r"(?<!\\)(\\*+)([\"'])([A-Za-z][\w .$-]{0,63})\1\2\s{0,80}+(?::|=>?)\s{0,80}+")
_BARE = re.compile(r"(?<![\w$-])-{0,2}([A-Za-z][\w.-]{0,63})(\s{0,3}+)([:=])(?![:=>])(\s{0,3}+)")
_FLAG = re.compile(r"(?<![\w-])--([A-Za-z][\w-]{0,63})[ \t]{1,3}+(?=[^\s\"'`]*\d)([^\s\"'`]{4,})")
_ELEMENT = re.compile(r"<([A-Za-z][\w.:-]{0,63})>([^<>]{1,4096}+)</")
_OPENING = re.compile(r"(\\*+)([\"'])")
_NUMBER = re.compile(r"-?\d[\d.eE+-]*+(?![\w])")
_WORD = re.compile(r"[^\s&;,\"'`<>()\[\]{}|\\$=][^\s&;,\"'`<>()\[\]{}|\\]{3,512}+(?![\[(])")
_REST = re.compile(r"[^\s&;,\"'`<>()\[\]{}|\\]*+")
_SCHEME = re.compile(r"(?:basic|bearer|token|apikey|negotiate|digest|key)\s{1,3}+", re.IGNORECASE)
_LITERALS = frozenset({"none", "null", "true", "false", "undefined", "string", "required", "optional"})
_MIN_WORD = 6  # characters


def is_secret_name(name: str) -> bool:
    """Return whether a value is a secret by its name, such as ``password``, ``apiKey`` or ``X-Auth-Token``."""
    return len(name) <= _MAX_NAME and _is_secret_name(name)


@lru_cache(maxsize=4096)
def _is_secret_name(name: str) -> bool:
    return is_always_secret(name) or _is_often_secret(_letters(name))


@lru_cache(maxsize=4096)
def is_always_secret(name: str) -> bool:
    """Return whether even a number is a secret by its name: a token may be a count, a password may not."""
    return _ALWAYS_SECRET.search(_letters(name)) is not None or _KEY_VARIABLE.search(name) is not None


def is_secret_variable(name: str) -> bool:
    """Return whether an environment variable holds a secret by its name."""
    return _VARIABLE.search(name) is not None and not _LOCATION.search(name)


def _is_often_secret(letters: str) -> bool:
    return _OFTEN_SECRET.search(letters) is not None and not _NOT_SECRET.search(letters)


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())


def find_named_secrets(text: str) -> Iterator[Edit]:
    """Yield the edits that mask values with the names of secrets, at any depth of quoting."""
    lower_case = text.lower()
    if any(needle in lower_case for needle in _NEEDLES):
        yield from _edit_values(_QUOTED, text, _edit_quoted)
        yield from _edit_values(_BARE, text, _edit_bare)
        for pattern in (_FLAG, _ELEMENT):
            yield from ((*found.span(2), MASK) for found in pattern.finditer(text) if is_secret_name(found[1]))


def _edit_values(pattern: re.Pattern[str], text: str, edit_value: _Editor) -> Iterator[Edit]:
    """Yield an edit for each name in *text* whose value is a secret; names within such a value are skipped."""
    index = 0
    while found := pattern.search(text, index):
        edit = edit_value(text, found)
        index = found.end() if edit is None else max(edit[1], found.end())
        if edit is not None:
            yield edit


def _edit_quoted(text: str, found: re.Match[str]) -> Edit | None:
    name = found[3]
    if not is_secret_name(name):
        return None
    opening = _OPENING.match(text, found.end())
    if opening is not None:
        return opening.end(), _end_of_quoted(text, opening), MASK
    number = _NUMBER.match(text, found.end())
    if number is None or not is_always_secret(name):
        return None
    quote = found[1] + found[2]
    return *number.span(), f"{quote}{MASK}{quote}"


def _edit_bare(text: str, found: re.Match[str]) -> Edit | None:
    if not is_secret_name(found[1].rpartition(".")[2]):
        return None
    opening = _OPENING.match(text, found.end())
    if opening is not None:
        end = _end_of_quoted(text, opening)
        end_of_line = text.find("\n", opening.end(), end)
        return opening.end(), end if end_of_line < 0 else end_of_line, MASK
    scheme = _SCHEME.match(text, found.end())
    word = _WORD.match(text, scheme.end() if scheme else found.end())
    if word is None or not _is_value(found, word[0], has_scheme=scheme is not None):
        return None
    rest = _REST.match(text, word.end())
    return word.start(), word.end() if rest is None else rest.end(), MASK


def _is_value(name: re.Match[str], word: str, *, has_scheme: bool) -> bool:
    """Return whether a word after a name and a sign is a secret, not a word of a sentence or of a program."""
    has_digit = any(each.isdigit() for each in word)
    if word.lower() in _LITERALS or is_secret_name(word):
        return False
    if name[3] == "=" and not (name[2] or name[4]):
        return not word.isdigit() or is_always_secret(name[1])
    return len(word) >= _MIN_WORD and has_digit and (has_scheme or any(each.isalpha() for each in word))


def _end_of_quoted(text: str, opening: re.Match[str]) -> int:
    """Return where a quoted value ends, the end of *text* if it is not closed.

    In a text that is itself quoted, the quote that closes a value has as many backslashes before it as the one that
    opens it; a quote within the value has more.
    """
    depth = len(opening[1])
    for quote in re.compile(rf"(?<!\\)(\\*+){opening[2]}").finditer(text, opening.end()):
        backslashes = len(quote[1])
        if backslashes < depth:
            return quote.start()
        if backslashes % (2 * depth + 2) == depth:  # further pairs of backslashes belong to the value
            return quote.end() - 1 - depth
    return len(text)
