"""The options of a provider: declared as fields, read from requests, and written into request bodies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any, Generic, NoReturn, TypeVar, cast

import attrs

from dragoman.spec.argument_checks import copied, is_same
from dragoman.spec.config import CORE_OPTIONS, FIELDS
from dragoman.spec.errors import ConfigurationError, InvalidRequestError, UnsupportedError
from dragoman.spec.request import SETTINGS, ChatRequest, CompletionRequest
from dragoman.spec.secret import is_credential

if TYPE_CHECKING:  # whoever calls has them
    from dragoman.spec.message import Message
    from dragoman.spec.parts import Part
    from dragoman.spec.request import ServerTool, Tool

T = TypeVar("T")

NOT_IN_BODY = "not_in_body"
"""The metadata key of an option that is not sent in the body."""

NOT_PER_CALL = "not_per_call"
"""The metadata key of an option that is read once, when the provider is created."""


class OptionsReader(Generic[T]):
    """Create instances of an options class, and reuse the last one if the caller passes the same options again.

    Args:
        kind: the options class, defined with attrs.
        provider: the name of the provider.

    Raises:
        ConfigurationError: for a secret option that is sent in the body, or whose name does not show that it is one.

    """

    def __init__(self, kind: type[T], provider: str) -> None:
        self._kind = kind
        self._provider = provider
        self._default = kind()
        _check_secrets(kind)
        self._last: tuple[Mapping[str, Any], T, Mapping[str, Any]] | None = None
        self._configured: T | None = None

    def configure(self, given: Mapping[str, Any]) -> T:
        """Return the options of the provider itself.

        After this call, a request may only repeat the value of an option that is declared with ``per_call=False``.

        Raises:
            InvalidRequestError: for an unknown option, or a value of the wrong type.

        """
        self._configured = options = self.structure(given)
        return options

    def read(self, request: ChatRequest | CompletionRequest) -> T:
        """Return the options of one request.

        Raises:
            InvalidRequestError: for an unknown option, for which the message suggests a known one; for a value of the
                wrong type; or for a changed option that is declared with ``per_call=False``.

        """
        given = request.options.get(self._provider)
        return self._default if not given else self.structure(given)

    def structure(self, given: Mapping[str, Any]) -> T:
        """Return the options in the mapping *given*."""
        if not given:
            return self._default
        last = self._last
        if last is not None and last[0] is given and _is_equal(last[2], given):
            return last[1]
        from dragoman.spec.serialization import structure_options  # noqa: PLC0415  # cattrs is only needed with options

        options = structure_options(self._kind, given, provider=self._provider, also=_ALSO)
        if self._configured is not None:
            self._refuse_changes(given, options, self._configured)
        self._last = (given, options, copied(given, "options"))
        return options

    def _refuse_changes(self, given: Mapping[str, Any], options: T, configured: T) -> None:
        """Refuse a changed option that is only read when the provider is created, rather than ignore it silently."""
        kind: Any = self._kind
        for name in _configured_once(kind):
            if name in given and not _is_equal(getattr(options, name), getattr(configured, name)):
                message = f"{name!r} belongs to LLMConfig, not to one call; make another LLM for it"
                raise InvalidRequestError(message, provider=self._provider, parameter=name)


def _is_equal(one: object, other: object) -> bool:
    """Tell whether two options are equal; objects whose class cannot tell are not, unless they are the same."""
    try:
        return one is other or bool(one == other)
    except Exception:  # noqa: BLE001  # a class of the caller may raise any exception here
        return False


_ALSO: Iterable[str] = (*SETTINGS, *CORE_OPTIONS, "tools", "tool_choice", "output")
TAKEN_NAMES = frozenset((*_ALSO, *FIELDS))
"""The names of arguments of a configuration or a call, which reach no option of a provider."""


def option_field(
    *,
    default: Any = None,
    wire: str | None = None,
    in_body: bool = True,
    per_call: bool = True,
    secret: bool = False,
    doc: str = "",
) -> Any:
    """Declare an option.

    Args:
        default: the default value; ``None`` is not sent.
        wire: the name in the body, if it differs from the field's; ``"options.num_ctx"`` is the member ``num_ctx`` of
            the object ``options``, which several options and the dialect itself may share (see :func:`add_options`).
        in_body: whether the option is sent in the body.
        per_call: whether a call may change the option; false if it is read once, when the provider is created.
        secret: whether the value is a credential, which is shown nowhere. Annotate it as ``Secret | None`` to get a
            :class:`~dragoman.Secret`. Its name must be one of credentials (see :func:`~dragoman.is_credential`), by
            which the configuration of the caller masks it, and it must not be sent in the body.
        doc: the description, for the documentation.

    """
    metadata = {"wire": wire, NOT_IN_BODY: not in_body, NOT_PER_CALL: not per_call, "secret": secret, "doc": doc}
    return attrs.field(default=default, repr=not secret, metadata=metadata)


_latest: dict[type[Any], tuple[Any, Mapping[str, Any]]] = {}
"""The last options of each class and their body members, since most calls have the same options."""


def body_of(options: Any) -> Mapping[str, Any]:
    """Return the members of a request body for *options*, to add with :func:`add_options`; they must not be changed.

    Raises:
        InvalidRequestError: if two options give one member different values.

    """
    kind: Any = options.__class__
    latest = _latest.get(kind)
    if latest is not None and latest[0] is options:
        return latest[1]
    members = {wire: value for name, wire in _names(kind) if (value := getattr(options, name)) is not None}
    if _shared(kind):
        members = _nested(members)
    _latest[kind] = (options, members)
    return members


def add_options(body: dict[str, Any], options: Any) -> None:
    """Add the members for *options* to the *body* of a request.

    An option replaces a member that the dialect has written, except within an object that it shares with the dialect
    because its name in the body has dots.

    Raises:
        InvalidRequestError: if an option and the dialect give one member of a shared object different values.

    """
    members = body_of(options)
    shared = _shared(options.__class__)
    for name in members:
        body[name] = _merged(body[name], members[name], name) if name in shared and name in body else members[name]


def merge_members(body: dict[str, Any], more: Mapping[str, Any]) -> None:
    """Merge the members of *more*, such as the option ``extra_body``, into *body*: objects into objects."""
    for name, value in more.items():
        known = body.get(name)
        if isinstance(known, dict) and isinstance(value, Mapping):
            body[name] = {**cast("dict[str, Any]", known)}  # the object may be the caller's own
            merge_members(body[name], cast("Mapping[str, Any]", value))
        else:
            body[name] = value


def _nested(members: Mapping[str, Any]) -> dict[str, Any]:
    """Return *members* with an object for each name with dots."""
    nested: dict[str, Any] = {}
    for path, value in members.items():
        first, *inner = path.split(".")
        for name in reversed(inner):
            value = {name: value}  # noqa: PLW2901  # from the inside out
        nested[first] = _merged(nested[first], value, first) if first in nested else value
    return nested


def _merged(own: Any, more: Any, path: str) -> Any:
    """Return two values of one member as one, without changing them.

    Raises:
        InvalidRequestError: if they differ, and are not both objects.

    """
    known, added = (
        cast("Mapping[str, Any] | None", each if isinstance(each, Mapping) else None) for each in (own, more)
    )
    if known is not None and added is not None:
        both = {name: _merged(known[name], added[name], f"{path}.{name}") for name in added if name in known}
        return {**known, **added, **both}
    if not is_same(own, more):
        message = f"{path} has two values, one by an option, the other by a setting or another option; leave one out"
        raise InvalidRequestError(message, parameter=path)
    return own


@cache
def _shared(kind: Any) -> frozenset[str]:
    """Return the members that are objects because the name of an option in the body has dots."""
    return frozenset(wire.partition(".")[0] for _, wire in _names(kind) if "." in wire)


@cache
def _names(kind: Any) -> tuple[tuple[str, str], ...]:
    """Return the names of the options that are sent in the body, each with its name in the body."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    return tuple(
        (field.name, field.metadata.get("wire") or field.name)
        for field in fields
        if not field.metadata.get(NOT_IN_BODY)
    )


def _check_secrets(kind: Any) -> None:
    """Refuse a secret option that the configuration of the caller would show, or that would be sent in the body."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    for field in fields:
        if not field.metadata.get("secret"):
            continue
        if not is_credential(field.name):
            message = (
                f"the secret option {field.name!r} needs a name that ends in key, key_id, token, secret or password"
            )
            raise ConfigurationError(message, parameter=field.name)
        if not field.metadata[NOT_IN_BODY]:
            message = f"the secret option {field.name!r} needs in_body=False, since credentials are sent in headers"
            raise ConfigurationError(message, parameter=field.name)


@cache
def _configured_once(kind: Any) -> tuple[str, ...]:
    """Return the names of the options that are read once, when the provider is created."""
    fields: tuple[attrs.Attribute[Any], ...] = attrs.fields(kind)
    return tuple(field.name for field in fields if field.metadata.get(NOT_PER_CALL))


def own_members(of: Part | Message | Tool, issuer: str, *, but: str | None = None) -> dict[str, Any]:
    """Return the members that the options of a part, a message or a tool add to what is sent for it.

    Args:
        of: the part, the message or the tool.
        issuer: the vendor whose options count.
        but: a name among them that is not a member.

    """
    own = of.options.get(issuer)
    if not isinstance(own, dict):
        return {}
    return dict(own) if but is None else {name: value for name, value in own.items() if name != but}


def refuse_server_tool(tool: ServerTool, vendor: str) -> NoReturn:
    """Raise the error for a tool that another provider runs.

    Args:
        tool: the tool.
        vendor: the name of the vendor that is called.

    Raises:
        UnsupportedError: always.

    """
    message = f"the tool {tool.id!r} is run by {tool.issuer}, not by {vendor}; leave it out"
    raise UnsupportedError(message, parameter="tools")
