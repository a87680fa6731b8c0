"""The scrubber, which removes secrets and what the user excludes from everything that is recorded."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from typing import TypeAlias

from dragoman import JSON
from dragoman_recorder.errors import CassetteError
from dragoman_recorder.json_scrubbing import edits_of_json, scrub_data
from dragoman_recorder.secret_detection import mask_secrets, mask_secrets_in_bytes
from dragoman_recorder.secret_values import KnownSecrets, secrets_of_environment
from dragoman_recorder.text_edits import MASK, Edit, apply_edits, edits_between, merge_edits

Scrub: TypeAlias = "Callable[[str], str] | Iterable[str]"
"""A function from a text to what may be recorded of it, or regular expressions for what may not be recorded."""


class Scrubber:
    """Remove secrets from plain data.

    A value is masked if it has the format of a key, if its name is one such as ``api_key`` or ``password`` (also in
    JSON within a text), or if it is the value of an environment variable with such a name.

    Args:
        scrub: what else to remove: a function, or regular expressions.
        environ: the environment; that of this process if not given.
        secrets: further secrets, of any format.

    Raises:
        CassetteError: if *scrub* is neither a function nor regular expressions.

    """

    def __init__(
        self, scrub: Scrub = (), environ: Mapping[str, str] | None = None, secrets: Iterable[str] = ()
    ) -> None:
        source = os.environ if environ is None else environ
        self._environ = environ
        self._secrets = frozenset(secrets)
        self._known = KnownSecrets((*secrets_of_environment(source), *self._secrets))
        self._scrub = scrub if callable(scrub) else _compile(scrub)

    def with_secrets(self, secrets: Iterable[str]) -> Scrubber:
        """Return a scrubber that removes *secrets* too, and those that are in the environment now.

        Args:
            secrets: values of any format; those of fewer than 8 characters are left out.

        """
        values = self._secrets.union(secrets)
        source = os.environ if self._environ is None else self._environ
        other = copy(self)
        vars(other).update(_secrets=values, _known=self._known.with_values((*secrets_of_environment(source), *values)))
        return other

    def text(self, text: str) -> str:
        """Return *text* without what must not be recorded."""
        return self.pieces((text,))[0]

    def name(self, name: str) -> str:
        """Return the name of a member without secrets."""
        return apply_edits((name,), mask_secrets(name, self._known))[0]

    def pieces(self, pieces: Sequence[str]) -> list[str]:
        """Return texts whose concatenation is scrubbed as one: a secret may begin in one and end in another.

        Args:
            pieces: the texts, in order.

        """
        result = list(pieces)
        for stage in self._stages():
            text = "".join(result)
            result = apply_edits(result, stage(text)) if text else result
        return result

    def bytes(self, pieces: Sequence[bytes]) -> list[bytes]:
        """Return bytes whose concatenation is scrubbed of secrets as one.

        Args:
            pieces: the bytes, in order.

        """
        texts = [piece.decode("latin-1") for piece in pieces]
        edits = mask_secrets_in_bytes("".join(texts), self._known)
        return [text.encode("latin-1") for text in apply_edits(texts, edits)]

    def data(self, value: JSON) -> JSON:
        """Return plain data without what must not be recorded."""
        return scrub_data(value, self)

    def _stages(self) -> Iterator[Callable[[str], list[Edit]]]:
        yield lambda text: mask_secrets(text, self._known)
        yield lambda text: edits_of_json(text, self)
        yield self._user_edits

    def _user_edits(self, text: str) -> list[Edit]:
        if callable(self._scrub):
            return edits_between(text, _call(self._scrub, text))
        return merge_edits(
            (*found.span(), MASK)
            for pattern in self._scrub
            for found in pattern.finditer(text)
            if found[0] not in {"", MASK}
        )


def _call(scrub: Callable[[str], str], text: str) -> str:
    try:
        scrubbed: object = scrub(text)
    except Exception as error:
        message = f"the function given as scrub failed with {type(error).__name__}, so the text is not recorded"
        raise CassetteError(message) from error
    if isinstance(scrubbed, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
        return scrubbed
    message = f"the function given as scrub returned {type(scrubbed).__name__}; it must return the text to record"
    raise CassetteError(message)


def _compile(patterns: Iterable[str]) -> list[re.Pattern[str]]:
    if isinstance(patterns, str):
        patterns = (patterns,)
    try:
        return [re.compile(pattern) for pattern in patterns]
    except (re.error, TypeError) as error:
        message = f"scrub must be a function or a list of regular expressions: {error}"
        raise CassetteError(message) from None
