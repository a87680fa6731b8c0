"""The end of an answer: why it ended, from the word of a server, and what it used.

A word is read by the table of its dialect, else by what it says.

Gateways hand on the words of the servers behind them, and servers have words of their own, so a table alone would take
an answer that was cut for one whose end is merely unknown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from dragoman.http.json import end_word, fields, number
from dragoman.spec.response import Finish, FinishReason, Usage

_NORMAL = (
    r"(?:normal_|natural_)?(?:stop|stopped|eos|eot|end|ended|done|finish|finished|complete|completed|success|normal)",
    r"(?:stop|eos|eot|end|eod)_?(?:token|word|string|str|sequence|turn|id)s?(?:_reached)?",
    r"end_?of_?(?:text|turn|sequence|message|stream|generation|answer)",
)
_SAID: tuple[tuple[FinishReason, str], ...] = (
    (FinishReason.STOP, rf"\A(?:{'|'.join(_NORMAL)})\Z"),
    (FinishReason.TOOL_CALLS, r"\A(?:tool|function)_?(?:call|use)s?\Z"),
    (FinishReason.ERROR, "error|fail|malform|unexpected|invalid|too_many|abort|crash|insufficient|overload|missing"),
    (FinishReason.REFUSAL, "refus|declin"),
    (
        FinishReason.CONTENT_FILTER,
        "filter|safety|unsafe|prohibit|block|moderat|sensitive|guard|policy|violat|recit|toxic|flagged",
    ),
    (FinishReason.PAUSED, "pause|queued|in_progress|continu"),
    (FinishReason.INTERRUPTED, "cancel|interrupt|incomplete|unfinished|not_finished|disconnect|time_?out|timed_out"),
    (FinishReason.LENGTH, "length|limit|max|token|trunc|cut|context|window|budget|exceed"),
)
"""What the words of ends say, in the order in which they are tried."""


_NO_WORDS: Mapping[str, FinishReason] = {}


def finish_of(raw: Any, table: Mapping[str, FinishReason] = _NO_WORDS) -> Finish:
    """Return why an answer ended.

    A word that says nothing known is ``other``, never ``stop``; so is the end of an answer that names none.

    Args:
        raw: the word of the server.
        table: the reasons by those words of the dialect that would not be read in the same way without it.

    """
    reason = end_word(raw)
    if reason is None:
        return Finish(reason=FinishReason.OTHER)
    return Finish(reason=table.get(reason) or _said_by(reason), raw=reason)


def _said_by(reason: str) -> FinishReason:
    said = re.sub(r"[^a-z]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", reason).lower()).strip("_")
    return next((known for known, pattern in _SAID if re.search(pattern, said)), FinishReason.OTHER)


def usage_beside_cache(
    report: Any, *, uncached: str, read: str, written: str, output: str, reasoning: tuple[str, str] | None = None
) -> Usage | None:
    """Return the usage of a report whose input tokens exclude those of a cache, which our total includes.

    Args:
        report: the report; there is none if it is not an object or is empty.
        uncached: the member with the input tokens that no cache read or wrote.
        read: the member with the tokens that a cache read.
        written: the member with the tokens that it wrote.
        output: the member with the output tokens.
        reasoning: the member with details, and the member of it with the tokens of reasoning, if there are such.

    """
    known = fields(report)
    if not known:
        return None
    base, cached, added = number(known.get(uncached)), number(known.get(read)), number(known.get(written))
    return Usage(
        input_tokens=None if base is None else base + (cached or 0) + (added or 0),
        output_tokens=number(known.get(output)),
        cache_read_tokens=cached,
        cache_write_tokens=added,
        reasoning_tokens=None if reasoning is None else number(fields(known.get(reasoning[0])).get(reasoning[1])),
        raw=known,
    )
