"""Tools as an argument: a function of a module, or the functions of a Python file."""

from __future__ import annotations

import importlib
import importlib.util
import inspect
import os
import sys
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

import click

from dragoman.spec.function_tool import FunctionTool, function_tool
from dragoman.spec.user_folder import user_path

T = TypeVar("T")

_SUFFIX = ".py"
_WANTED = "give module:function, file.py, or file.py:function"


def tools_of(source: str) -> tuple[FunctionTool, ...]:
    """Return the tools that an argument names.

    Args:
        source: ``module:function``, of which the module may be one of the working directory; ``file.py:function``; or
            ``file.py`` for all functions that the file defines, without those whose names begin with ``_``.

    Raises:
        click.UsageError: if there is no such module, file or function, or it cannot be imported.
        ConfigurationError: if the path begins with the home of a user that is not known.
        InvalidRequestError: for a function that a model cannot call.

    """
    place, _, name = source.rpartition(":") if not source.endswith(_SUFFIX) else (source, "", "")
    if not place:
        message = f"{source!r} names no tools; {_WANTED}"
        raise click.UsageError(message)
    module = _imported(place)
    found = [_member(module, place, name)] if name else _functions(module)
    if not found:
        message = f"{place} defines no function whose name begins without an underscore"
        raise click.UsageError(message)
    return tuple(each if isinstance(each, FunctionTool) else function_tool(each) for each in found)


def _imported(place: str) -> ModuleType:
    """Return a module by its name or its file, with the modules beside it within reach, as for ``python file.py``."""
    if not place.endswith(_SUFFIX):
        with suppress(FileNotFoundError):  # of a working directory that was removed
            _reach(Path.cwd())
        return _run(place, lambda: importlib.import_module(place))
    path = user_path(place)
    is_there = os.path.isfile(path)  # noqa: PTH113  # Path.is_file raises an error for a name that is too long
    path = path.resolve() if is_there else path
    name = f"dragoman_tools_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if not is_there or spec is None or spec.loader is None:
        message = f"there is no file {place}; {_WANTED}"
        raise click.UsageError(message)
    _reach(path.parent)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # type hints are looked up there
    load = spec.loader.exec_module
    _run(place, lambda: load(module))
    return module


def _reach(folder: Path) -> None:
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))


def _run(place: str, load: Callable[[], T]) -> T:
    try:
        return load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001  # whatever the code of the user raises
        frame = traceback.extract_tb(error.__traceback__)[-1]
        where = "" if isinstance(error, ModuleNotFoundError | SyntaxError) else f" ({frame.filename}:{frame.lineno})"
        message = f"{place} cannot be imported: {_told(error)}{where}"
        raise click.UsageError(message) from None


def _attribute(module: ModuleType, path: str) -> Any:
    found: Any = module
    for name in path.split("."):
        found = getattr(found, name, None)
    return found


def _told(error: BaseException) -> str:
    kind = type(error).__name__
    try:
        return f"{kind}: {error}"
    except Exception:  # noqa: BLE001  # a class may raise any exception here
        return kind


def _member(module: ModuleType, place: str, name: str) -> Callable[..., object] | FunctionTool:
    found = _run(place, lambda: _attribute(module, name))
    if found is None:
        from dragoman.spec.nearest_name import after  # noqa: PLC0415  # only errors need it

        raise click.UsageError(after(f"{place} has no {name!r}", name, _names(module)))
    if callable(found) or isinstance(found, FunctionTool):
        tool: Callable[..., object] | FunctionTool = found
        return tool
    message = f"{place}:{name} is not a function, but a value of the type {type(found).__name__}"
    raise click.UsageError(message)


def _functions(module: ModuleType) -> list[Callable[..., object] | FunctionTool]:
    return [getattr(module, name) for name in _names(module)]


def _names(module: ModuleType) -> list[str]:
    """Return the names of the functions and tools that a module defines, in the order of the file."""
    return [
        name
        for name, each in vars(module).items()
        if not name.startswith("_")
        and (isinstance(each, FunctionTool) or (inspect.isfunction(each) and each.__module__ == module.__name__))
    ]
