"""The members of objects of plain data: read one by one, so that none is overlooked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

from dragoman.spec._json_depth import write_json
from dragoman.spec.argument_checks import shown
from dragoman.spec.data_owner import FORMATS, Owner
from dragoman.spec.errors import InvalidRequestError
from dragoman.spec.history_rules import CACHE_MARK
from dragoman.spec.nearest_name import after, closest


class Members:
    """Read the members of an object of plain data, and know which ones are still unread.

    Args:
        data: the object.
        path: where it stands, for error messages, such as ``messages[0].content[1]``.
        owner: the provider of the call.

    """

    def __init__(self, data: Mapping[str, Any], path: str, owner: Owner) -> None:
        self.data = data
        self.path = path
        self.owner = owner
        self._unread = {name: value for name, value in data.items() if value is not None and name != "type"}
        self._asked: list[str] = []
        self.type = data.get("type")

    def __contains__(self, name: str) -> bool:
        self._asked.append(name)
        return name in self._unread

    def take(self, name: str) -> Any:
        """Return a member as it is, ``None`` if there is none."""
        self._asked.append(name)
        return self._unread.pop(name, None)

    def text(self, name: str) -> str:
        """Return a member that must be a string."""
        value = self.take(name)
        if not isinstance(value, str):
            raise self.wrong(name, "a string", value)
        return value

    def optional_text(self, name: str) -> str | None:
        """Return a member that must be a string, ``None`` if there is none."""
        return self.text(name) if name in self else None

    def nested(self, name: str) -> Members:
        """Return a member that must be an object."""
        value = self.take(name)
        if not isinstance(value, Mapping):
            raise self.wrong(name, "an object", value)
        return Members(cast("Mapping[str, Any]", value), f"{self.path}.{name}", self.owner)

    def wrong(self, name: str, expected: str, value: object) -> InvalidRequestError:
        """Return the error for a member that is not what it must be."""
        found = "missing" if value is None else shown(value)
        message = f"{self.path}.{name} must be {expected}; it is {found}"
        if value is None and (other := closest(name, self._unread)):
            message = f"{message}; is it the member {other!r}?"
        return InvalidRequestError(message, parameter="messages")

    def rest(self) -> dict[str, Any]:
        """Return the fields of a part that hold what is unread: options, and the mark of a cached prefix.

        Raises:
            InvalidRequestError: for a member that only the providers of another wire format know.

        """
        mark = self._unread.pop(CACHE_MARK, None)
        form = FORMATS.get(str(self.type))
        if form is not None and not self.owner.has(form):
            self.refuse_rest()
        unread = dict(self._unread)
        return {
            **({"options": {self.owner.name: unread}} if unread else {}),
            **({"metadata": {CACHE_MARK: mark}} if mark is not None else {}),
        }

    def refuse_rest(self, kind: str = "") -> None:
        """Raise an error if a member is unread.

        Args:
            kind: the class of which the object is the plain data, for advice about names of other libraries.

        Raises:
            InvalidRequestError: naming the member.

        """
        for name in self._unread:
            known = {each for each in self._asked if each not in self.data}
            told, is_certain = _advice(name, kind)
            candidates = frozenset[str]() if is_certain else known
            message = after(f"{self.path}.{name} is an unknown member", name, candidates, told or "leave it out")
            raise InvalidRequestError(message, parameter="messages")


def _advice(name: object, kind: str) -> tuple[str, bool]:
    """Return what an unknown member is called here, and whether the class itself knows that name."""
    from dragoman.spec.foreign_names import advice, of_class  # noqa: PLC0415  # only errors need it

    return (advice(name, owner=kind), bool(of_class(name, kind))) if kind and isinstance(name, str) else ("", False)


def dumped(value: Any) -> Any:
    """Return the data of an object that can be dumped, as those of vendors' libraries can; anything else as it is."""
    dump = getattr(value, "model_dump", None)
    return dump(exclude_none=True) if callable(dump) and not isinstance(value, type) else value


def as_list(value: Any) -> list[Any] | None:
    """Return a list or another sequence of parts as a list, ``None`` for what is none."""
    return list(cast("Iterable[Any]", value)) if isinstance(value, list | tuple) else None


def as_members(value: Any, path: str, owner: Owner) -> Members:
    """Return the members of an object.

    Raises:
        InvalidRequestError: if it is not an object.

    """
    given = dumped(value)
    if not isinstance(given, Mapping):
        raise InvalidRequestError(f"{path} must be an object, not {shown(value)}", parameter="messages")
    return Members(cast("Mapping[str, Any]", given), path, owner)


def as_json(value: Any, path: str) -> str:
    """Return a value as JSON text.

    Raises:
        InvalidRequestError: if JSON cannot represent it.

    """
    return write_json(value, path, "messages")
