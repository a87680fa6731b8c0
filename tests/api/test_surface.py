"""The public names with their signatures are a promise: they change on purpose only.

The promise is written down in ``surface.txt``; ``UPDATE_SURFACE=1`` writes it again.
"""

from __future__ import annotations

import difflib
import enum
import importlib
import inspect
import os
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from dragoman.spec._value import Value

SURFACE = Path(__file__).with_name("surface.txt")
MODULES = ("dragoman", "dragoman.http", "dragoman_openai_compatible")


def public(module: ModuleType) -> dict[str, object]:
    """Return the public names of a module: those in ``__all__``, or all that hide behind no underscore."""
    names = getattr(module, "__all__", [name for name in vars(module) if not name.startswith("_")])
    found = {name: getattr(module, name) for name in sorted(names)}
    return {name: value for name, value in found.items() if name != "annotations" and not inspect.ismodule(value)}


def members(kind: type) -> dict[str, object]:
    return {
        name: value
        for base in reversed(kind.__mro__)
        if base.__module__.startswith("dragoman")
        for name, value in vars(base).items()
        if not name.startswith("_")
    }


def describe(name: str, value: object) -> Iterator[str]:
    if inspect.isclass(value):
        bases = ", ".join(base.__name__ for base in value.__bases__ if base not in {object, Value})
        yield f"class {name}({bases}){'' if issubclass(value, enum.Enum) else signature(value)}"
        for member, attribute in sorted(members(value).items()):
            if isinstance(attribute, property):
                yield f"    {member}: property"
            elif isinstance(attribute, classmethod | staticmethod):
                yield f"    {member}{signature(attribute.__func__)}"
            elif inspect.isfunction(attribute):
                prefix = "async " if inspect.iscoroutinefunction(attribute) else ""
                yield f"    {prefix}{member}{signature(attribute)}"
            elif not inspect.ismemberdescriptor(attribute):
                yield f"    {member}"
    elif inspect.isfunction(value):
        yield f"def {name}{signature(value)}"
    else:
        yield f"{name}"


def signature(value: object) -> str:
    try:
        found = inspect.signature(value)  # a callable
    except (TypeError, ValueError):
        return ""
    parameters = [
        parameter.replace(default="...") if is_computed(parameter.default) else parameter
        for parameter in found.parameters.values()
    ]
    return str(found.replace(parameters=parameters))


def is_computed(default: object) -> bool:
    """Tell whether a default is shown by an address or in words that another version may change."""
    return default is not inspect.Parameter.empty and not isinstance(default, str | int | float | bool | tuple | None)


def surface() -> str:
    lines: list[str] = []
    for module in MODULES:
        lines += [f"# {module}", ""]
        for name, value in public(importlib.import_module(module)).items():
            lines += [*describe(name, value), ""]
    return "\n".join(lines)


def test_the_public_names_are_those_written_down() -> None:
    now = surface()
    if os.environ.get("UPDATE_SURFACE"):
        SURFACE.write_text(now, "utf-8")
    change = difflib.unified_diff(SURFACE.read_text("utf-8").splitlines(), now.splitlines(), "surface.txt", "now", n=1)
    report = "\n".join(change)
    assert not report, (
        f"the public names have changed:\n{report}\n\nIf that is meant, run this test with UPDATE_SURFACE=1 "
        "in the environment, look at the difference of surface.txt, and add a fragment to docs/changelog."
    )


@pytest.mark.parametrize("module", MODULES)
def test_everything_public_has_a_docstring(module: str) -> None:
    bare: list[str] = []
    for name, value in public(importlib.import_module(module)).items():
        if not (inspect.isclass(value) or inspect.isfunction(value)):
            continue
        if not inspect.getdoc(value):
            bare.append(name)
        if inspect.isclass(value):
            bare += [
                f"{name}.{member}"
                for member, attribute in members(value).items()
                if isinstance(attribute, property | classmethod | staticmethod) or inspect.isfunction(attribute)
                if not inspect.getdoc(attribute)
            ]
    assert bare == []


@pytest.mark.parametrize("module", MODULES)
def test_a_public_name_stands_for_one_thing(module: str) -> None:
    named = public(importlib.import_module(module))
    classes = [value for value in named.values() if inspect.isclass(value)]
    assert len(classes) == len(set(classes))
    assert all(name == value.__name__ for name, value in named.items() if inspect.isclass(value))
