"""One environment for each library, since no two of them agree on what they stand on; made with uv."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
REQUIREMENTS = {
    "dragoman": tuple(
        word
        for place in ("core[http,cli]", "plugins/openai", "plugins/anthropic", "plugins/google")
        for word in ("-e", place)
    ),
    "llm": ("llm",),
    "openai": ("openai",),
    "anthropic": ("anthropic",),
    "google-genai": ("google-genai",),
    "litellm": ("litellm",),
    "any-llm": ("any-llm-sdk[openai,anthropic,gemini]",),
    "pydantic-ai": ("pydantic-ai-slim[openai]",),
    "langchain-openai": ("langchain-openai",),
    "httpx": ("httpx", "orjson"),
    "httpx2": ("httpx2", "orjson"),
}
QUIET = {
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    "LITELLM_MODE": "PRODUCTION",
    "NO_PROXY": "*",
    "PYTHONWARNINGS": "ignore",
}
"""No library asks the network for anything, and none is slowed by what it prints."""


def interpreter(directory: Path, name: str) -> Path:
    """Return the Python of an environment, made if it is not there yet.

    Args:
        directory: where the environments are.
        name: one of :data:`REQUIREMENTS`.

    """
    place = directory / f"{name}-venv"
    python = place / "bin" / "python"
    if not python.exists():
        uv = os.environ.get("UV", "uv")
        subprocess.run([uv, "venv", "--quiet", "--python", "3.11", str(place)], check=True)
        command = [uv, "pip", "install", "--quiet", "--python", str(python), *REQUIREMENTS[name]]
        subprocess.run(command, check=True, cwd=ROOT)
    return python


def environment() -> dict[str, str]:
    """Return the variables that a library is run with: none that name a key or a proxy."""
    kept = {name: value for name, value in os.environ.items() if name in {"HOME", "LANG", "PATH", "TMPDIR"}}
    return {**kept, **QUIET, "PYTHONPATH": str(ROOT / "tests")}
