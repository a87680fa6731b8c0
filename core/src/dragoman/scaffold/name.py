"""The name of a new provider in all the spellings that a project needs."""

from __future__ import annotations

import re

from attrs import frozen

from dragoman.spec.directory import publisher
from dragoman.spec.errors import ConfigurationError

LONGEST = 24
"""The longest name, in characters; it keeps all lines of a project within the line length."""

_PATTERN = re.compile(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*")
_RESERVED = frozenset({"all", "cli", "core", "dragoman", "http", "plugin", "provider", "test", "testing", "tests"})
_PLACEHOLDER = re.compile("acme|Acme|ACME")


@frozen
class ProjectName:
    """Spell the name of a provider.

    Args:
        words: the words of the name in lower case.

    """

    words: tuple[str, ...]

    @classmethod
    def of(cls, text: str) -> ProjectName:
        """Parse a name from the command line.

        Raises:
            ConfigurationError: if it is not a valid name of a package, or if it is taken.

        """
        problem = _problem(text)
        if problem:
            message = f"{text!r} {problem}"
            raise ConfigurationError(message)
        return cls(tuple(re.split("[-_]", text)))

    @property
    def provider(self) -> str:
        """Return the name of the provider."""
        return "_".join(self.words)

    @property
    def distribution(self) -> str:
        """Return the name of the distribution and of the folder of the project."""
        return "-".join(("dragoman", *self.words))

    def render(self, text: str) -> str:
        """Return *text* with every spelling of Acme replaced by this name."""
        return _PLACEHOLDER.sub(self._spelling, text)

    def _spelling(self, found: re.Match[str]) -> str:
        if found.group() == "Acme":
            return "".join(word.capitalize() for word in self.words)
        if found.group() == "ACME":
            return self.provider.upper()
        before, after = found.string[: found.start()], found.string[found.end() :]
        hyphenated = before.endswith("-") or after.startswith(("-", ".example"))
        return ("-" if hyphenated else "_").join(self.words)


def _problem(text: str) -> str:
    if text.startswith(("dragoman-", "dragoman_")):
        return f"must be given without the prefix: {text[len('dragoman-') :]!r}"
    if not _PATTERN.fullmatch(text):
        return "is not a valid name; use lower-case letters, digits, and hyphens between words, as in acme-cloud"
    if len(text) > LONGEST:
        return f"is longer than {LONGEST} characters"
    plain = text.replace("-", "_")
    if plain in _RESERVED:
        return "is reserved by Dragoman; choose another name"
    taken = publisher(plain)
    return f"is the provider of {taken}; choose another name" if taken else ""
