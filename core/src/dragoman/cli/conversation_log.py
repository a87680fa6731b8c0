"""Conversations in a SQLite database of the user. No key, header or option is written there."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator, Iterable, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from dragoman.spec._json_depth import parse_json
from dragoman.spec.errors import DragomanError
from dragoman.spec.message import Message
from dragoman.spec.user_folder import user_folder

if TYPE_CHECKING:
    import sqlite3

_SCHEMA = """
CREATE TABLE IF NOT EXISTS conversations (
    id INTEGER PRIMARY KEY AUTOINCREMENT, begun REAL NOT NULL, model TEXT NOT NULL, system TEXT
);
CREATE TABLE IF NOT EXISTS messages (
    conversation INTEGER NOT NULL REFERENCES conversations(id) ON DELETE CASCADE,
    number INTEGER NOT NULL, time REAL NOT NULL, role TEXT NOT NULL, model TEXT NOT NULL,
    text TEXT NOT NULL, data TEXT NOT NULL,
    PRIMARY KEY (conversation, number)
);
"""
_SUMMARY = """
SELECT c.id, MAX(0, MIN(CAST(c.begun AS REAL), 2e11)), CAST(c.model AS TEXT), CAST(c.system AS TEXT),
    COUNT(m.number), COALESCE((
    SELECT CAST(text AS TEXT) FROM messages WHERE conversation = c.id AND role = 'user' ORDER BY number LIMIT 1
), ''), (
    SELECT time FROM messages WHERE conversation = c.id ORDER BY number DESC LIMIT 1
) FROM conversations c JOIN messages m ON m.conversation = c.id
"""
_STATE = """
SELECT (SELECT COUNT(*) FROM messages WHERE conversation = c.id),
    (SELECT time FROM messages WHERE conversation = c.id ORDER BY number DESC LIMIT 1),
    CAST(system AS TEXT)
FROM conversations c WHERE c.id = ?
"""
_MESSAGES = "SELECT CAST(data AS TEXT) FROM messages WHERE conversation = ? ORDER BY number"
_ORDER = "ORDER BY MAX(m.time) DESC, c.id DESC"


State: TypeAlias = "tuple[int, float | None, str | None]"
"""How many messages a conversation has, when the last of them was written, and its system prompt."""
EMPTY: State = (0, None, None)
"""The state of a conversation that began."""


class LogError(DragomanError):
    """Report a log of conversations that cannot be read or written, or does not hold what is asked for."""


@frozen(kw_only=True)
class LoggedConversation:
    """Describe a conversation in the log.

    Args:
        id: its number, counted from 1.
        begun: when it began, in seconds since 1970.
        model: the model that it began with.
        system: its system prompt, if it has one.
        count: the number of its messages.
        first: its first question.
        last: when its last message was written, in seconds since 1970.

    """

    id: int
    begun: float
    model: str
    system: str | None
    count: int
    first: str
    last: float

    @property
    def state(self) -> State:
        """Return what :meth:`ConversationLog.add` compares with what is there."""
        return self.count, self.last, self.system


class ConversationLog:
    """Read and write the log.

    Args:
        path: the database, which is made when the first conversation is written.

    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def begin(self, model: str) -> int:
        """Add a conversation without messages and without a system prompt, and return its number.

        Raises:
            LogError: if the database cannot be written.

        """
        with self._open(creates=True) as database:
            row = database.execute("INSERT INTO conversations (begun, model) VALUES (?, ?)", (time.time(), model))
            return row.lastrowid or 0

    def add(
        self,
        conversation: int,
        start: int,
        messages: Iterable[Message],
        model: str,
        *,
        system: str | None = None,
        seen: State = EMPTY,
    ) -> State | None:
        """Put messages at the end of a conversation, unless another process changed it meanwhile.

        Args:
            conversation: the number of the conversation.
            start: how many of its messages stay; those behind them are removed.
            messages: the messages to put there.
            model: the model that was asked.
            system: the system prompt that the conversation has now.
            seen: the state of the conversation as the caller knows it, by default that after :meth:`begin`.

        Returns:
            the new state; ``None`` if the conversation is not in the state *seen*, and is left as it is.

        Raises:
            LogError: if the database cannot be written.

        """
        rows = [
            (conversation, start + index, time.time(), str(each.role), model, each.content, json.dumps(each.to_dict()))
            for index, each in enumerate(messages)
        ]
        with self._open(creates=True) as database:
            database.execute("BEGIN IMMEDIATE")  # nobody writes between the comparison and the change
            if database.execute(_STATE, (conversation,)).fetchone() != seen:
                return None
            database.execute("DELETE FROM messages WHERE conversation = ? AND number >= ?", (conversation, start))
            database.executemany("INSERT INTO messages VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            database.execute("UPDATE conversations SET system = ? WHERE id = ?", (system, conversation))
            state: State = database.execute(_STATE, (conversation,)).fetchone()
            return state

    def conversations(self, *, words: str = "", limit: int = -1) -> list[LoggedConversation]:
        """Return the conversations, the one with the latest message first.

        Args:
            words: what one of the messages has to contain, in any case.
            limit: how many to return at most; all if negative.

        Raises:
            LogError: if the database cannot be read.

        """
        pattern = "%" + words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
        found = "EXISTS (SELECT 1 FROM messages WHERE conversation = c.id AND text LIKE ? ESCAPE '\\')"
        return self._select(f"WHERE {found} GROUP BY c.id {_ORDER} LIMIT ?", (pattern, limit))

    def conversation(self, number: int | None = None) -> LoggedConversation:
        """Return a conversation, the one with the latest message if *number* is ``None``.

        Raises:
            LogError: if there is none, or the database cannot be read.

        """
        if number is None:
            found = self.conversations(limit=1)
        else:
            found = self._select("WHERE c.id = ? GROUP BY c.id", (number,))
        if not found:
            what = "no conversation" if number is None else f"no conversation {number}"
            message = f"the log holds {what}; 'dragoman logs list' shows what there is"
            raise LogError(message)
        return found[0]

    def messages(self, conversation: int) -> list[Message]:
        """Return the messages of a conversation.

        Raises:
            LogError: if the database cannot be read.

        """
        with self._open() as database:
            rows = database.execute(_MESSAGES, (conversation,))
            return [Message.from_dict(parse_json(data)) for (data,) in rows]

    def delete(self, conversation: int) -> None:
        """Remove a conversation.

        Raises:
            LogError: if the database cannot be written.

        """
        with self._open() as database:
            database.execute("DELETE FROM conversations WHERE id = ?", (conversation,))

    def _select(self, condition: str, values: tuple[Any, ...]) -> list[LoggedConversation]:
        names = ("id", "begun", "model", "system", "count", "first", "last")
        with self._open() as database:
            rows = database.execute(_SUMMARY + condition, values)
            return [LoggedConversation(**dict(zip(names, row, strict=True))) for row in rows]

    @contextmanager
    def _open(self, *, creates: bool = False) -> Generator[sqlite3.Connection]:
        """Open the database for one transaction; reading makes no file."""
        import sqlite3  # noqa: PLC0415  # an answer is shown before it is written down

        try:
            if creates:
                self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                self.path.touch(mode=0o600)
            with closing(sqlite3.connect(self.path if self.path.exists() else ":memory:")) as database, database:
                database.execute("PRAGMA foreign_keys = ON")
                database.execute("PRAGMA secure_delete = ON")  # what is deleted is gone from the file too
                database.executescript(_SCHEMA)
                yield database
        except (sqlite3.Error, OSError, ValueError) as error:  # ValueError: of a message that is none
            reason = getattr(error, "strerror", None) or error
            is_other = type(error) in {sqlite3.DatabaseError, ValueError}
            way = "move it away, and a new one is made" if is_other else "'dragoman logs off' turns the log off"
            message = f"the log of conversations in {self.path} cannot be used: {reason}; {way}"
            raise LogError(message) from None


def switch(environ: Mapping[str, str]) -> Path | None:
    """Return the file whose presence turns the log off; ``None`` if the user has no folder."""
    folder = user_folder(environ)
    return folder and folder / "logs-off"


def log_of_user(environ: Mapping[str, str] = os.environ) -> ConversationLog | None:
    """Return the log of the user, whether or not it is turned off; ``None`` if the user has no folder."""
    folder = user_folder(environ)
    return None if folder is None else ConversationLog(folder / "logs.db")


def is_logging(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether conversations are logged."""
    off = switch(environ)
    return off is not None and not os.path.exists(off)  # noqa: PTH110  # Path.exists raises an error for a name that is too long
