"""A request in the words of an older specification, for a provider that was written for it.

What was added to the vocabulary after 1.0 says so itself: a field by ``metadata={"since": (1, n)}``, a class by a class
variable ``SINCE = (1, n)``. Either may say how to put it in older words:

- a field by ``metadata={"older": function}``, which takes the object and returns older fields with their values;
- a class by a method ``older()``, which returns the same as an object of an older class.

What cannot be said is left out and recorded, or refused where leaving it out would break a promise: ``stop`` and an
explicit ``max_tokens``, a field marked ``{"guarantee": True}``, tools, the choice of a tool, the shape of the answer,
and any part that the caller rather than the model contributed to the conversation.

Only requests are converted. A context or a configuration may have fields that an older plugin never asks for, and an
answer has at most the words that its provider knows.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, TypeAlias, TypeVar, cast

import attrs

from dragoman.spec.capabilities import GUARANTEES, Policy
from dragoman.spec.errors import UnsupportedError
from dragoman.spec.message import Message, Role
from dragoman.spec.parts import JSON, PartFields
from dragoman.spec.request import ChatRequest, CompletionRequest, Settings
from dragoman.spec.response import Adjustment

R = TypeVar("R", ChatRequest, CompletionRequest)
_Spec: TypeAlias = tuple[int, int]
_FIRST: _Spec = (1, 0)
_PROMISES = ("tools", "tool_choice", "output")
"""Fields of a request whose meaning is never left out."""


class _Gone:
    """Stand for what cannot be said."""


_GONE = _Gone()


def downgrade(request: R, spec: _Spec, policy: Policy | None = None) -> tuple[R, tuple[Adjustment, ...]]:
    """Return *request* as it would have been written at the time of *spec*, and what that changed.

    Args:
        request: what is asked.
        spec: major and minor version of the specification.
        policy: what to do with a wish that cannot be said; ``None`` leaves out tuning and refuses to break a promise.

    Raises:
        UnsupportedError: where leaving something out would break a promise, or the policy is to raise.

    """
    writer = _Writer(spec, policy, request.model)
    older: R = writer.rewritten(request, "")
    return older, tuple(writer.adjustments)


class _Writer:
    """Walk through a request, write it anew in older words, and remember what changed."""

    def __init__(self, spec: _Spec, policy: Policy | None, model: str) -> None:
        self._spec = spec
        self._policy: Policy | None = policy
        self._model = model
        self._by_model = False
        self.adjustments: list[Adjustment] = []

    def rewritten(self, value: Any, path: str) -> Any:
        """Return *value* in older words: itself if nothing in it is newer, ``_GONE`` if it cannot be said."""
        kind = _class(value)
        if kind is tuple:
            return self._items(value, path)
        if not attrs.has(kind):
            return value
        older = self._of_older_class(value)
        if older is _GONE:
            return _GONE
        if isinstance(older, Message):
            self._by_model = older.role == Role.ASSISTANT
        return self._fields(older, path)

    def _of_older_class(self, value: Any) -> Any:
        """Return *value* as an object of a class that the specification knows."""
        while (since := _since(value)) > self._spec:
            value = value.older() if hasattr(value, "older") else _GONE
            if value is _GONE or value is None or _since(value) >= since:
                return _GONE
        return value

    def _items(self, items: tuple[Any, ...], path: str) -> tuple[Any, ...]:
        kept = list[Any]()
        for index, item in enumerate(items):
            where = f"{path}[{index}]"
            older = self.rewritten(item, where)
            if older is _GONE:
                self._lost(where, item, promised=self._is_promised(item, path))
            elif not _is_emptied(item, older):
                kept.append(older)
            if type(older) is not type(item) and older is not _GONE:
                self._converted(where, item, older)
        if path == "messages" and not kept:
            self._refuse("messages")
        return items if len(kept) == len(items) and all(map(_same, kept, items)) else tuple(kept)

    def _fields(self, owner: Any, path: str) -> Any:
        owner = self._without_newer_fields(owner, path)
        changes: dict[str, Any] = {}
        for attribute in attrs.fields(_class(owner)):
            value = getattr(owner, attribute.name)
            where = _join(path, attribute.name)
            older = self.rewritten(value, where)
            if older is _GONE:
                if attribute.default is attrs.NOTHING:
                    return _GONE  # without this, the rest says nothing either
                older = _default(attribute, owner)
                self._lost(where, value, promised=where in _PROMISES)
            elif type(older) is not type(value):
                self._converted(where, value, older)
            if older is not value:
                changes[_argument(attribute)] = older
        return attrs.evolve(owner, **changes) if changes else owner

    def _without_newer_fields(self, owner: Any, path: str) -> Any:
        """Put fields that the specification does not know in older words or back to their defaults, newest first."""
        newer = [each for each in attrs.fields(_class(owner)) if each.metadata.get("since", _FIRST) > self._spec]
        for attribute in sorted(newer, key=lambda each: each.metadata["since"], reverse=True):
            asked, default = getattr(owner, attribute.name), _default(attribute, owner)
            if asked == default:
                continue
            where = _join(path, attribute.name)
            said: dict[str, Any] = dict(attribute.metadata.get("older", _nothing)(owner))
            if said:
                self._record(where, asked, said)
            else:
                promised = _is_promise(attribute, owner, path)
                self._lost(where, asked, promised=promised, given=_is_given(attribute, owner))
            owner = attrs.evolve(owner, **said, **{_argument(attribute): default})
        return owner

    def _is_promised(self, item: Any, path: str) -> bool:
        return path in _PROMISES or (isinstance(item, PartFields) and not self._by_model)

    def _converted(self, path: str, asked: Any, sent: Any) -> None:
        self._record(path, {"type": type(asked).__name__}, {"type": type(sent).__name__})

    def _lost(self, path: str, asked: Any, *, promised: bool, given: bool = True) -> None:
        """Leave something out, as far as the policy allows."""
        fixed = path.partition(".")[0].partition("[")[0] in _PROMISES and promised
        policy = self._policy or ("raise" if promised else "adjust")
        if given and (fixed or policy == "raise"):
            self._refuse(path)
        if given and policy == "warn":
            warnings.warn(f"{path} is left out: {self._reason()}", UserWarning, stacklevel=2)
        self._record(path, asked, None)

    def _refuse(self, path: str) -> None:
        message = f"{path} cannot be said: {self._reason()}; leave it out, or upgrade the provider's distribution"
        raise UnsupportedError(message, model=self._model, parameter=path)

    def _reason(self) -> str:
        return f"the provider was written for specification {self._spec[0]}.{self._spec[1]}, which has no word for it"

    def _record(self, path: str, asked: Any, sent: Any) -> None:
        note = Adjustment(
            kind="downgraded",
            feature=path,
            asked=_plain(asked),
            sent=_plain(sent),
            reason=self._reason(),
            by="dragoman",
        )
        self.adjustments.append(note)


def _class(value: object) -> Any:
    return type(value)


def _nothing(_: object) -> Mapping[str, Any]:
    return {}


def _since(value: Any) -> _Spec:
    return getattr(_class(value), "SINCE", _FIRST)


def _same(one: Any, other: Any) -> bool:
    return one is other


def _is_emptied(item: Any, older: Any) -> bool:
    """Tell whether nothing is left of a message that said something: no provider takes an empty turn."""
    return isinstance(older, Message) and not older.parts and bool(item.parts)


def _is_promise(attribute: attrs.Attribute[Any], owner: Any, path: str) -> bool:
    if attribute.metadata.get("guarantee") or path in {"tool_choice", "output"}:
        return True
    return isinstance(owner, Settings) and attribute.name in GUARANTEES


def _is_given(attribute: attrs.Attribute[Any], owner: Any) -> bool:
    """Tell whether the caller gave the value, rather than a default of the configuration."""
    return not isinstance(owner, Settings) or attribute.name in owner.explicit


def _default(attribute: attrs.Attribute[Any], owner: Any) -> Any:
    factory: Any = getattr(attribute.default, "factory", None)
    if factory is None:
        return attribute.default
    return factory(owner) if cast("Any", attribute.default).takes_self else factory()


def _argument(attribute: attrs.Attribute[Any]) -> str:
    return attribute.alias or attribute.name


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _plain(value: Any) -> JSON:
    """Return what JSON can say of *value*; bytes are counted and objects named, for an adjustment is a note."""
    kind = _class(value)
    if value is None or issubclass(kind, bool | int | float | str):
        return cast("JSON", value)
    if issubclass(kind, bytes):
        return f"<{len(value)} bytes>"
    if issubclass(kind, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if issubclass(kind, tuple | list | set | frozenset):
        return [_plain(each) for each in value]
    return {"type": kind.__name__}
