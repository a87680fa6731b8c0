"""Generate the reference pages that describe the code: run ``python docs/_ext/specification.py``.

A test compares the pages with the output of this program.
"""
# ruff: noqa: INP001  # run as a program, and found by the tests on their path

from __future__ import annotations

import inspect
import json
import tomllib
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

from vocabulary import vocabulary

import dragoman
from dragoman.plugins import metadata as claims
from dragoman.spec import hookspecs
from dragoman.spec.provider import SPEC

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

REFERENCE = Path(__file__).parents[1] / "reference"
PLUGINS = Path(__file__).parents[2] / "plugins"

GROUPS = {
    claims.PROVIDERS: "the name of a provider, and the module that implements `dragoman_provider`",
    claims.ALIASES: "a further name of a provider, and the name of the provider, which the same distribution brings",
    claims.HOSTS: "a host whose keys this module may use, and that leads to it",
    claims.MODELS: "the beginning of the names of models that lead to this module",
    claims.EXTENSIONS: "a module, or `module:object`, with hooks for all calls",
    f"{claims.SPECS}{SPEC}": "the specification that a module was written for, by its provider or extension",
}
"""What an entry of each group says."""

EVENTS: dict[str, tuple[str, str, str]] = {
    "StreamStart": ("first, if at all", "a provider may open with it", "what is known before the first part"),
    "PartStart": ("`index` is the number of parts so far", "a provider", "a part begins"),
    "TextDelta": ("part `index` is a `Text` or `Refusal` and open", "a provider", "its text goes on"),
    "ReasoningDelta": ("part `index` is a `Reasoning` and open", "a provider", "its text goes on"),
    "ArgumentsDelta": ("part `index` is a `ToolCall` and open", "a provider", "its arguments go on, as raw JSON text"),
    "MediaDelta": ("part `index` is a `Media` and open", "a provider", "its bytes go on"),
    "SealUpdate": ("part `index` is open", "a provider", "its seal is replaced"),
    "PartUpdate": (
        "part `index` is open and of the same class",
        "a provider",
        "it is replaced; text without a new one stays",
    ),
    "PartStop": ("part `index` is open", "a provider", "it is complete"),
    "PartEnd": ("", "the core alone", "stands for `PartStop`, and before the end for each part that is open"),
    "UsageSnapshot": ("", "a provider", "the usage is replaced"),
    "ResponseSnapshot": ("", "a provider", "each member that is given is replaced; `finish` makes the answer complete"),
    "Ping": ("", "a provider", "the other side is alive"),
    "Raw": ("", "a provider", "what has no other event"),
    "StreamEnd": ("last", "the core alone", "holds the whole answer"),
}
"""Of each event: when it may come, who gives it, what it means."""

GRAMMAR = """\
stream   = [ StreamStart ] , { event } , end ;
event    = PartStart | delta | update | PartStop | UsageSnapshot | ResponseSnapshot | Ping | Raw ;
delta    = TextDelta | ReasoningDelta | ArgumentsDelta | MediaDelta ;
update   = SealUpdate | PartUpdate ;
end      = (* if a ResponseSnapshot named a finish *) { PartEnd } , StreamEnd
         | (* if not *) StreamInterruptedError ;"""

PROTOCOLS = (
    "Provider",
    "Prepares",
    "ListsModels",
    "CountsTokens",
    "Embeds",
    "LearnsCapabilities",
    "RemembersCapabilities",
    "Connects",
)


def pages() -> dict[Path, str]:
    """Return the text of each file that is made of the code."""
    schema = vocabulary()
    return {
        REFERENCE / "specification.md": _specification(schema),
        REFERENCE / "schemas" / "vocabulary.json": json.dumps(schema, indent=1, ensure_ascii=False) + "\n",
        REFERENCE / "directory.md": _directory(),
    }


def _specification(schema: dict[str, Any]) -> str:
    sections = (
        f"# The specification, version {SPEC}",
        _MADE,
        _INTRODUCTION,
        "## Entry points",
        _table(("group", "what an entry says"), ((f"`{name}`", told) for name, told in GROUPS.items())),
        "## A provider",
        "\n\n".join(_protocol(name) for name in PROTOCOLS),
        "## Hooks",
        _table(("hook", "what it is asked"), _hooks()),
        "## Events",
        _EVENTS,
        f"```text\n{GRAMMAR}\n```",
        _table(("event", "may come when", "who gives it", "what it means"), _events()),
        "## Errors",
        _ERRORS,
        _table(("class", "is also", "tried again", "reports"), _errors()),
        "## Vocabulary",
        _VOCABULARY,
        "\n\n".join(_class(name, body) for name, body in schema["$defs"].items()),
    )
    return "\n\n".join(sections) + "\n"


_MADE = "<!-- made by docs/_ext/specification.py; change the code, and run that -->"
_INTRODUCTION = """\
What a plugin and the core may expect of each other. All of it is made from the code, so it is what this version does;
[Versions](../explanation/versions.md) says what may change and when. Whether a provider keeps it is shown by the
[conformance suite](../how-to/test-a-provider.md)."""
_EVENTS = """\
A stream is a sequence of these. Indices count from 0 without holes; parts may interleave. A snapshot replaces what it
names and never adds. An event that breaks the grammar raises `ProtocolError`; errors are raised, never yielded. A
consumer ignores a class that it does not know."""
_ERRORS = """\
What is raised is one of these. "Tried again" is what holds unless the provider says otherwise of one error. An error
of a stream holds what had arrived as `partial`."""
_VOCABULARY = """\
What stands here is how `dragoman.spec.serialization.to_dict` writes a value and `from_dict` reads it; members that have
their default are left out. The same as JSON Schema is in [vocabulary.json](schemas/vocabulary.json). A value that does
not fit raises `InvalidRequestError` with the path of each misfit; a part of an unknown `type` is kept as it is. Where
known words are listed, others are allowed."""


def _protocol(name: str) -> str:
    kind = getattr(dragoman, name)
    rows = [
        (f"`{each}{_signature(member)}`", _first(member)) for each, member in vars(kind).items() if _is_method(member)
    ]
    attributes = [(f"`{each}: {hint}`", "who it is") for each, hint in vars(kind).get("__annotations__", {}).items()]
    return f"### {name}\n\n{_first(kind)}\n\n{_table(('member', 'what it does'), [*attributes, *rows])}"


def _is_method(member: object) -> bool:
    return inspect.isfunction(member) and not member.__name__.startswith("_") and bool(member.__doc__)


def _signature(method: Any) -> str:
    signature = inspect.signature(method)
    parameters = [each for name, each in signature.parameters.items() if name != "self"]
    return str(signature.replace(parameters=parameters)).replace("'", "")


def _hooks() -> Iterator[tuple[str, str]]:
    for name in sorted(vars(hookspecs)):
        if name.startswith("dragoman_"):
            yield f"[`{name}`](hooks/{name}.md)", _first(getattr(hookspecs, name))


def _events() -> Iterator[tuple[str, ...]]:
    for name, told in EVENTS.items():
        yield (f"[`{name}`](#{name.lower()})", *told)


def _errors() -> Iterator[tuple[str, ...]]:
    def below(kind: type[dragoman.DragomanError], depth: int) -> Iterator[tuple[str, ...]]:
        also = [base.__name__ for base in kind.__bases__ if not issubclass(base, dragoman.DragomanError)]
        again = "yes" if kind.default_retryable else ""
        indent = "\N{EM SPACE}" * depth
        yield (
            f"{indent}`{kind.__name__}`",
            ", ".join(f"`{name}`" for name in also),
            again,
            _first(kind).removeprefix("Report "),
        )
        for other in kind.__subclasses__():
            if getattr(dragoman, other.__name__, None) is other:
                yield from below(other, depth + 1)

    return below(dragoman.DragomanError, 0)


def _class(name: str, body: dict[str, Any]) -> str:
    required = set(body["required"])
    rows = [
        (f"`{member}`", _type(each), _default(member, each, required), _meaning(each))
        for member, each in body["properties"].items()
    ]
    members = _table(("member", "type", "default", "meaning"), rows) if rows else "It has no members."
    return f"### {name}\n\n{body.get('description', '')}\n\n{members}"


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"] if "not" not in str(each.get("properties")))
    if "const" in schema:
        return f"`{json.dumps(schema['const'])}`"
    if "enum" in schema:
        return " or ".join(f"`{json.dumps(each)}`" for each in schema["enum"])
    kind = schema.get("type", "anything")
    if kind == "array":
        return f"list of {_type(schema['items'])}"
    if schema.get("contentEncoding"):
        return "base64"
    return {"object": "object", "string": "text", "integer": "whole number", "boolean": "yes or no"}.get(kind, kind)


def _default(member: str, schema: dict[str, Any], required: set[str]) -> str:
    if member in required:
        return "*required*"
    return f"`{json.dumps(schema['default'])}`" if "default" in schema else "empty"


def _meaning(schema: dict[str, Any]) -> str:
    known = ", ".join(f"`{word}`" for word in schema.get("examples", ()))
    told = _plain(schema.get("description", ""))
    return f"{told} Known: {known}." if known else told


def _directory() -> str:
    known = tomllib.loads(resources.files("dragoman.spec").joinpath("directory.toml").read_text("utf-8"))
    here = {_project(path)["name"]: _project(path)["description"] for path in sorted(PLUGINS.glob("*/pyproject.toml"))}
    rows = [
        (
            f"`{name}`",
            _codes((*entry["names"], *entry.get("aliases", ()))),
            _codes(entry["hosts"]),
            _codes(entry["models"]),
            _codes(entry["env"]),
            here.get(name, ""),
        )
        for name, entry in known.items()
    ]
    more = [(f"`{name}`", told) for name, told in here.items() if name not in known]
    return "\n\n".join(
        (
            "# Directory of distributions",
            _MADE,
            _DIRECTORY,
            _table(("distribution", "providers", "hosts", "models that begin with", "variables", "what it is"), rows),
            "## Other distributions",
            _table(("distribution", "what it is"), more),
            "",
        )
    )


_DIRECTORY = """\
What Dragoman knows of without its being installed. When a model, a host or a provider is not known, the error names
the distribution to install from this list. What stands here is its distribution's: a claim of another distribution that
covers it is [ambiguous](resolution.md), and no other provider gets its variables. Any other distribution works as well
once it is installed: see [Publish a provider](../how-to/publish-a-provider.md)."""


def _project(path: Path) -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))["project"]
    return project


def _codes(names: Iterable[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    names = list(head)
    lines = (names, ["---"] * len(names), *map(list, rows))
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def _first(value: object) -> str:
    """Return the first sentence of a docstring."""
    return _plain((inspect.getdoc(value) or "").partition("\n")[0])


def _plain(text: str) -> str:
    return text.replace("``", "`").replace(":class:`~dragoman.", "`").replace(":class:`", "`").replace(":data:`", "`")


def main() -> None:
    """Write the pages."""
    for path, text in pages().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
