"""Rewrite a request for a provider that was written for an older version of the specification.

Additions to the vocabulary since 1.0 are marked: a field with ``metadata={"since": (1, n)}``, a class with a class
variable ``SINCE = (1, n)``. Both may define an equivalent in the older vocabulary:

- a field with ``metadata={"older": function}``: the function takes the object and returns a mapping of older fields;
- a class with a method ``older()``, which returns an equivalent object of an older class.

What has no equivalent is left out and recorded. It is refused instead if leaving it out would break a guarantee:
``stop``, ``n`` and an explicit ``max_tokens``, a field marked ``{"guarantee": True}``, tools, the choice of a tool, the
format of the answer, and any part of the conversation that comes from the caller rather than the model.

Only requests are rewritten. Contexts and configurations may have fields that an older plugin does not read, and the
answers of a provider only use the vocabulary that it knows.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, TypeAlias, TypeVar, cast

import attrs

from dragoman.spec.capabilities import Policy
from dragoman.spec.errors import UnsupportedError
from dragoman.spec.message import Message, Role
from dragoman.spec.part_fields import JSON, PartFields
from dragoman.spec.request import ChatRequest, CompletionRequest, Settings
from dragoman.spec.request_fitting import GUARANTEES
from dragoman.spec.response import Adjustment

R = TypeVar("R", ChatRequest, CompletionRequest)
_Spec: TypeAlias = tuple[int, int]
_FIRST: _Spec = (1, 0)
_PROMISES = ("tools", "tool_choice", "output")
"""Fields of a request that are never left out."""


class _Gone:
    """Mark a value that the older specification cannot express."""


_GONE = _Gone()


def downgrade(request: R, spec: _Spec, policy: Policy | None = None) -> tuple[R, tuple[Adjustment, ...]]:
    """Return *request* as version *spec* of the specification expresses it, and a record of the changes.

    Args:
        request: the request.
        spec: major and minor version of the specification.
        policy: what to do with a value that cannot be expressed; ``None`` leaves out tuning settings, and raises an
            error for guarantees.

    Raises:
        UnsupportedError: if leaving something out would break a guarantee, or the policy is to raise.

    """
    writer = _Writer(spec, policy, request.model)
    older: R = writer.rewritten(request, "")
    return older, tuple(writer.adjustments)


class _Writer:
    """Rewrite a request recursively, and record the changes."""

    def __init__(self, spec: _Spec, policy: Policy | None, model: str) -> None:
        self._spec = spec
        self._policy: Policy | None = policy
        self._model = model
        self._by_model = False
        self.adjustments: list[Adjustment] = []

    def rewritten(self, value: Any, path: str) -> Any:
        """Return the older equivalent of *value*: itself if nothing in it is newer, ``_GONE`` if there is none."""
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
                    return _GONE  # the object means nothing without a required field
                older = _default(attribute, owner)
                self._lost(where, value, promised=where in _PROMISES)
            elif type(older) is not type(value):
                self._converted(where, value, older)
            if older is not value:
                changes[_argument(attribute)] = older
        return attrs.evolve(owner, **changes) if changes else owner

    def _without_newer_fields(self, owner: Any, path: str) -> Any:
        """Replace fields that the specification does not know by older ones or their defaults, newest first."""
        newer = [each for each in attrs.fields(_class(owner)) if each.metadata.get("since", _FIRST) > self._spec]
        for attribute in sorted(newer, key=lambda each: each.metadata["since"], reverse=True):
            value, default = getattr(owner, attribute.name), _default(attribute, owner)
            if value == default:
                continue
            where = _join(path, attribute.name)
            older: dict[str, Any] = dict(attribute.metadata.get("older", _nothing)(owner))
            if older:
                self._record(where, value, older)
            else:
                promised = _is_promise(attribute, owner, path)
                self._lost(where, value, promised=promised, explicit=_is_explicit(attribute, owner))
            owner = attrs.evolve(owner, **older, **{_argument(attribute): default})
        return owner

    def _is_promised(self, item: Any, path: str) -> bool:
        return path in _PROMISES or (isinstance(item, PartFields) and not self._by_model)

    def _converted(self, path: str, asked: Any, sent: Any) -> None:
        self._record(path, {"type": type(asked).__name__}, {"type": type(sent).__name__})

    def _lost(self, path: str, asked: Any, *, promised: bool, explicit: bool = True) -> None:
        """Leave something out, as far as the policy allows."""
        fixed = path.partition(".")[0].partition("[")[0] in _PROMISES and promised
        policy = self._policy or ("raise" if promised else "adjust")
        if explicit and (fixed or policy == "raise"):
            self._refuse(path)
        if explicit and policy == "warn":
            warnings.warn(f"{path} is left out: {self._reason()}", UserWarning, stacklevel=2)
        self._record(path, asked, None)

    def _refuse(self, path: str) -> None:
        message = f"{path} is not supported: {self._reason()}; leave it out, or upgrade the provider's distribution"
        raise UnsupportedError(message, model=self._model, parameter=path)

    def _reason(self) -> str:
        return f"the provider was written for specification {self._spec[0]}.{self._spec[1]}, which does not have it"

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
    """Tell whether nothing is left of a message that was not empty: providers do not accept empty messages."""
    return isinstance(older, Message) and not older.parts and bool(item.parts)


def _is_promise(attribute: attrs.Attribute[Any], owner: Any, path: str) -> bool:
    if attribute.metadata.get("guarantee") or path in {"tool_choice", "output"}:
        return True
    return isinstance(owner, Settings) and attribute.name in GUARANTEES


def _is_explicit(attribute: attrs.Attribute[Any], owner: Any) -> bool:
    """Tell whether the value comes from the caller rather than from a default of the configuration."""
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
    """Return a short form of *value* that JSON can represent: for bytes their number, for objects their class."""
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
