"""Write the tables of the page on the catalogue of hosts: ``python docs/_ext/hosts_table.py``.

They hold what the TOML files of ``plugins/hosts`` say, and stand between marks in the page.
"""
# ruff: noqa: INP001  # Sphinx finds this file on its path

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "providers" / "hosts.md"
_CLAIMS = ("host", "names", "models that begin with", "address", "variable of the key")
_FACTS = ("host", "limit", "reasoning", "usage of streams", "not accepted", "options", "read")


def manifests() -> dict[str, dict[str, Any]]:
    """Return the manifests by the names of the hosts."""
    files = sorted((ROOT / "plugins" / "hosts" / "src" / "dragoman_hosts").glob("*.toml"))
    return {file.stem: tomllib.loads(file.read_text("utf-8")) for file in files}


def page(text: str) -> str:
    """Return the page with its tables renewed."""
    tables = {"claims": _table(_CLAIMS, map(_claims, *_items())), "facts": _table(_FACTS, map(_facts, *_items()))}
    for name, table in tables.items():
        start, end = f"<!-- {name}, made by docs/_ext/hosts_table.py -->\n", f"<!-- end of {name} -->"
        before, _, rest = text.partition(start)
        text = f"{before}{start}\n{table}\n{end}{rest.partition(end)[2]}"
    return text


def _items() -> tuple[list[str], list[dict[str, Any]]]:
    found = manifests()
    return list(found), list(found.values())


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [list(heads), ["---"] * len(list(heads)), *map(list, rows)]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _claims(name: str, manifest: Mapping[str, Any]) -> Iterator[str]:
    claims, key = manifest.get("claims", {}), manifest.get("key", {})
    env = manifest.get("base_url_env", [])
    yield f"[{manifest['title']}]({manifest['docs']})"
    yield _code([name, *claims.get("aliases", [])])
    yield _code(claims.get("models", []))
    yield _code([manifest["base_url"]] if manifest["base_url"] else env) or "the caller's"
    yield _code(key.get("env", [])) or "none is needed"


def _facts(name: str, manifest: Mapping[str, Any]) -> Iterator[str]:
    wire = manifest.get("wire", {})
    yield f"`{name}`"
    yield _code([wire["max_tokens_name"]] if "max_tokens_name" in wire else [])
    yield _code(wire.get("reasoning_names", []))
    yield {None: "", True: "asked for", False: "comes unasked"}[wire.get("include_usage")]
    yield ", ".join(_refused(manifest))
    yield _code([*wire.get("options", []), *manifest.get("places", {})])
    yield max(source["read"] for source in manifest["sources"])


def _refused(manifest: Mapping[str, Any]) -> Iterator[str]:
    """Yield what a host does not accept, of all models or of some."""
    tables = {"": manifest.get("capabilities", {}), **manifest.get("models", {})}
    for prefix, table in tables.items():
        where = f" (`{prefix}…`)" if prefix else ""
        yield from (f"`{name}`{where}" for name, value in table.items() if value is False)
        yield from (f"`{name}`{where}" for name, cap in table.get("settings", {}).items() if _is_refused(cap))
        yield from (f"`{name}` while reasoning" for name in table.get("while_reasoning", {}))
    yield from (f"`{name}`" for name in manifest.get("wire", {}).get("refuses", []))


def _is_refused(cap: Any) -> bool:
    return cap is False or (isinstance(cap, dict) and cap.get("accepted") is False)


def _code(names: Iterable[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


if __name__ == "__main__":
    PAGE.write_text(page(PAGE.read_text("utf-8")), "utf-8")
