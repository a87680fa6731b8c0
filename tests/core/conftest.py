"""Fixtures of the core's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.scripted import FakeClock, Scripted, Site
from dragoman.plugins.registry import installed


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    """Register a provider that follows a script, under the name ``scripted``."""
    installed.cache_clear()
    provider = Scripted()
    installed().register(provider, provider="scripted")
    yield provider
    installed.cache_clear()


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """Make a folder on the path for stub distributions."""
    monkeypatch.syspath_prepend(str(tmp_path))
    stubs = Site(tmp_path)
    yield stubs
    stubs.forget()


@pytest.fixture
def six(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Install stubs of the six providers that the API reference uses, and hide all others."""
    site.add("dragoman-openai", providers=("openai",), hosts=("api.openai.com",), models=("gpt-",))
    site.add("dragoman-anthropic", providers=("anthropic",), hosts=("api.anthropic.com",), models=("claude-",))
    site.add("dragoman-google", providers=("google",), models=("gemini-",))
    site.add("dragoman-azure", providers=("azure",), hosts=("openai.azure.com",))
    site.add("dragoman-groq", providers=("groq",), hosts=("api.groq.com",), models=("llama2-70b-4096",))
    site.add("dragoman-openrouter", providers=("openrouter",), hosts=("openrouter.ai",))
    monkeypatch.setenv("DRAGOMAN_PLUGINS", ",".join(f"dragoman-{name}" for name in SIX))
    return site


SIX = ("openai", "anthropic", "google", "azure", "groq", "openrouter")
