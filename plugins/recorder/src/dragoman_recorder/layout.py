"""How a cassette looks: JSON in which a small change is a small difference."""

from __future__ import annotations

import json

from dragoman import JSON

WIDTH = 100
"""The length of a line, in characters, up to which a value is not broken."""


def layout(value: JSON, depth: int = 0) -> str:
    """Return *value* as JSON, in which whatever fits stands on one line.

    Args:
        value: what to write.
        depth: how far it is indented, in steps of two spaces.

    """
    flat = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or not value or len(flat) + 2 * depth <= WIDTH:
        return flat
    inner = "  " * (depth + 1)
    if isinstance(value, dict):
        lines = [f"{json.dumps(name, ensure_ascii=False)}: {layout(each, depth + 1)}" for name, each in value.items()]
    else:
        lines = [layout(each, depth + 1) for each in value]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    body = ",\n".join(inner + line for line in lines)
    return f"{opening}\n{body}\n{'  ' * depth}{closing}"
