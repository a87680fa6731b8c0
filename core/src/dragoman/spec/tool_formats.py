"""Read tools that programs hold as plain data in the common wire formats, and refuse those that another vendor runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from dragoman.spec.argument_checks import shown
from dragoman.spec.directory import published, runners, tools_run_by
from dragoman.spec.errors import InvalidRequestError, UnsupportedError
from dragoman.spec.history_rules import CACHE_MARK
from dragoman.spec.nearest_name import CLOSER, snake_case, suggestion
from dragoman.spec.request import ServerTool, Tool

_SCHEMAS = ("parameters", "input_schema", "inputSchema")
"""The members that hold the schema of the arguments, in chats and responses, in content blocks, and in MCP; that of
Converse holds it one level deeper."""
_OF_MCP = frozenset({"title", "annotations", "outputSchema", "icons", "execution", "_meta", "meta"})
"""What MCP says of a tool to programs and their users, which is no vendor's."""
_OF_FUNCTION = frozenset({"function", *_SCHEMAS})
_TYPES = ("function", "custom", "tool", "server_tool")
_EXAMPLES = "{'type': 'function', 'function': {'name': …, 'parameters': …}} or {'name': …, 'input_schema': …}"
_SEVERAL = "function_declarations"
"""The member under which one object holds several functions."""


def read_tool(data: Mapping[str, Any], path: str, issuer: str) -> Tool | ServerTool:
    """Return a tool from its definition in one of the wire formats, or in the form of ``to_dict``.

    Args:
        data: the definition.
        path: where it stands, for error messages, such as ``tools[0]``.
        issuer: the provider of the call, which runs a tool whose type is not ``function``.

    Raises:
        InvalidRequestError: if it cannot be read; the message names the place.
        UnsupportedError: if another vendor runs the tool.

    """
    kind = data.get("type")
    if kind in ("tool", "server_tool") and not isinstance(data.get("function"), Mapping):
        from dragoman.spec.serialization import from_dict  # noqa: PLC0415  # cattrs is slow to import

        rest = {name: value for name, value in data.items() if name != "type"}
        return from_dict(Tool, rest) if kind == "tool" else from_dict(ServerTool, rest)
    own = {name: value for name, value in data.items() if name != "type" and value is not None}
    if kind not in (None, "function", "custom") or (kind == "custom" and not own.keys() & set(_SCHEMAS)):
        return _server_tool(kind, own, path, issuer)
    function = own.pop("function", None)
    if isinstance(function, Mapping):
        return _function(dict(cast("Mapping[str, Any]", function)), own, f"{path}.function", issuer)
    spec = own.get("toolSpec")
    if kind is None and isinstance(spec, Mapping) and len(own) == 1:
        return _specified(dict(cast("Mapping[str, Any]", spec)), f"{path}.toolSpec", issuer)
    if kind is None and "name" not in own:
        return _named_by_member(own, path, issuer)
    return _function(own, {}, path, issuer)


def _specified(spec: dict[str, Any], path: str, issuer: str) -> Tool:
    """Return a tool whose schema stands in the member ``json`` of its own."""
    schema: Any = spec.pop("inputSchema", None)
    inner = cast("Mapping[str, Any]", schema).get("json") if isinstance(schema, Mapping) else schema
    return _function({**spec, "parameters": inner}, {}, path, issuer)


def _server_tool(kind: object, args: dict[str, Any], path: str, issuer: str) -> ServerTool:
    """Return a tool that the provider runs, unless its type is misspelled, or that of another vendor."""
    if not isinstance(kind, str) or not kind:
        raise _wrong(f"{path}.type must be a string, not {shown(kind)}")
    _check_runner(kind, path, issuer)
    if args.keys() & _OF_FUNCTION and not _is_run(kind):
        raise _wrong(f"{path}.type must be 'function' for a tool with {_list(args, _OF_FUNCTION)}, not {shown(kind)}")
    meant = "" if kind in _TYPES or _is_run(kind) else suggestion(kind, _TYPES, CLOSER)
    if meant:
        raise _wrong(f"{path}.type is {shown(kind)}, which is not a type of a tool; {meant}")
    return ServerTool(id=f"{issuer}.{kind}", args=args)


def _named_by_member(data: dict[str, Any], path: str, issuer: str) -> ServerTool:
    """Return a tool that a vendor runs, and that the only member of its definition names."""
    names = {snake_case(str(name)): name for name in data}
    if _SEVERAL in names:
        message = f"{path}.{names[_SEVERAL]} holds several functions; give each of them as a tool, as {_EXAMPLES}"
        raise _wrong(message)
    run = [name for name in names if _is_run(name)]
    if not run:
        raise _wrong(f"{path} must have a name, as {_EXAMPLES}")
    if len(names) > 1:
        raise _wrong(f"{path} holds several tools, {', '.join(map(str, data))}; give each of them as a tool")
    args: Any = data[names[run[0]]]
    if not isinstance(args, Mapping):
        raise _wrong(f"{path}.{names[run[0]]} must be an object, not {shown(args)}")
    _check_runner(run[0], path, issuer)
    return ServerTool(id=f"{issuer}.{run[0]}", args=dict(cast("Mapping[str, Any]", args)))


def _is_run(kind: str) -> bool:
    return bool(runners(snake_case(kind)))


def _check_runner(kind: str, path: str, issuer: str) -> None:
    """Refuse a tool that only other vendors run.

    A provider that the directory does not know may run a tool of several vendors.
    """
    owners = runners(snake_case(kind))
    own = tools_run_by(issuer)
    names = sorted({next(name for name, each in published("names") if each == owner) for owner in owners})
    if not owners or issuer in names or "*" in (own or ()) or (own is None and len(owners) > 1):
        return
    message = (
        f"{path} is {shown(kind)}, a tool that {' or '.join(names)} runs, not {issuer}; leave it out, or give a tool "
        f"of {issuer} as ServerTool(id='{issuer}.NAME', args={{…}})"
    )
    raise UnsupportedError(message, provider=issuer, parameter="tools")


def _function(function: dict[str, Any], more: dict[str, Any], path: str, issuer: str) -> Tool:
    name = function.pop("name", None)
    if not isinstance(name, str):
        raise _wrong(f"{path} must have a name, as {_EXAMPLES}")
    is_mcp = "inputSchema" in function
    schema: Any = next((function.pop(each) for each in _SCHEMAS if function.get(each) is not None), None)
    if schema is not None and not isinstance(schema, Mapping):
        raise _wrong(f"the schema of {path} must be an object, not {shown(schema)}")
    description, strict = function.pop("description", None), function.pop("strict", None)
    rest = {**more, **{each: value for each, value in function.items() if value is not None}}
    if is_mcp:
        rest = {each: value for each, value in rest.items() if each not in _OF_MCP}
    _refuse_misspelled(rest, path)
    mark = rest.pop(CACHE_MARK, None)
    options: dict[str, Any] = {**({issuer: rest} if rest else {}), **({} if mark is None else {CACHE_MARK: mark})}
    if schema is None:
        return Tool(name=name, description=description, strict=strict, options=options)
    return Tool(
        name=name,
        description=description,
        strict=strict,
        options=options,
        schema=dict(cast("Mapping[str, Any]", schema)),
    )


def _refuse_misspelled(rest: Mapping[str, Any], path: str) -> None:
    """Refuse members that are spelled nearly like one that has a meaning here, rather than send them on."""
    for name in map(str, rest):
        meant = suggestion(name, ("description", "parameters", "input_schema", "strict"), _NEARLY)
        if meant:
            raise _wrong(f"{path}.{name} is an unknown member; {meant}")


_NEARLY = 0.85
"""How similar a member has to be: others belong to the vendor."""


def _list(data: Mapping[str, Any], names: frozenset[str]) -> str:
    return ", ".join(repr(name) for name in data if name in names)


def _wrong(message: str) -> InvalidRequestError:
    return InvalidRequestError(message, parameter="tools")
