"""What is publicly known of models, as data: limits, kinds of input, and where their prices stand.

The data is in ``models.tsv``, with its date. It is advice: no call depends on it, and what it does not know is unknown.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cache
from typing import Any, NamedTuple

from dragoman.spec._value import value

_loader: Any = __spec__.loader  # also reads data files in a zip archive
_DATE = "# date\t"
_OFFERS_TOO = ">"
"""What stands between the names of a provider and those of the providers whose models it offers too."""


@value(kw_only=True)
class ModelFacts:
    """Hold what is publicly known of a model.

    Args:
        context_tokens: the greatest number of tokens of a conversation.
        output_tokens: the greatest number of tokens of an answer.
        input: the kinds of input: ``text``, ``image``, ``audio``, ``video`` and ``file``; empty if they are not known.
        prices: the entry in the price list of the extra ``dragoman[prices]``, as ``provider/model``.
        as_of: the date of this knowledge, as in ISO 8601.

    """

    context_tokens: int | None = None
    output_tokens: int | None = None
    input: tuple[str, ...] = ()
    prices: str | None = None
    as_of: str = ""


class _Row(NamedTuple):
    patterns: tuple[str, ...]
    facts: ModelFacts


class _Table(NamedTuple):
    also: tuple[str, ...]
    rows: list[_Row]


def facts_of(provider: str, model: str) -> ModelFacts | None:
    """Return what is known of a model, ``None`` if that is nothing.

    Args:
        provider: the name of the provider.
        model: the model, as the provider names it.

    """
    name = model.lower()
    return next((row.facts for row in _rows(provider) if any(fnmatchcase(name, each) for each in row.patterns)), None)


def _rows(provider: str) -> Iterator[_Row]:
    tables = _tables()
    own = tables.get(provider)
    if own is not None:
        yield from own.rows
        for other in own.also:
            yield from tables[other].rows


@cache
def _tables() -> dict[str, _Table]:
    text = _loader.get_data(os.path.join(os.path.dirname(__file__), "models.tsv")).decode()  # noqa: PTH118, PTH120  # pathlib is slow to import
    return read_tables(text)


def read_tables(text: str) -> dict[str, _Table]:
    """Read the tables of models, by the name of their provider."""
    tables: dict[str, _Table] = {}
    date, table = "", _Table((), [])
    for line in text.splitlines():
        if line.startswith("["):
            names, _, also = line.strip("[]").partition(_OFFERS_TOO)
            table = _Table(tuple(also.split()), [])
            tables |= dict.fromkeys(names.split(), table)
        elif line.startswith("#"):
            date = line.removeprefix(_DATE) if line.startswith(_DATE) else date
        else:
            table.rows.append(_row(line, date))
    return tables


def _row(line: str, date: str) -> _Row:
    patterns, context, output, kinds, prices = line.split("\t")
    facts = ModelFacts(
        context_tokens=int(context) if context else None,
        output_tokens=int(output) if output else None,
        input=tuple(kinds.split(",")) if kinds else (),
        prices=prices or None,
        as_of=date,
    )
    return _Row(tuple(patterns.split("|")), facts)
