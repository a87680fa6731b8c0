"""What a member of a client of another library is called here."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import Any

import pytest

from dragoman import LLM, AsyncLLM, StreamingLLM, SyncLLM

CLIENTS: tuple[type[Any], ...] = (LLM, AsyncLLM, StreamingLLM, SyncLLM)
TABLE: dict[str, list[str]] = tomllib.loads(files("dragoman.spec").joinpath("foreign_names.toml").read_text())["client"]
TOLD = {
    "invoke": "; it is called 'generate' here",
    "with_structured_output": "; it is called 'extract' here",
    "astream": "; it is called 'stream' here",
    "stram": "; did you mean 'stream'?",
    "model": "; it is a member of the configuration: llm.config.model",
    "temperature": "; it is an argument of LLMConfig and of a call",
    "base_url": "; it is called 'api_base' here, an argument of LLMConfig",
    "nothing_like_it": "",
}


@pytest.mark.parametrize("client", CLIENTS)
@pytest.mark.parametrize(("name", "told"), TOLD.items())
def test_a_member_that_is_not_there_is_told_by_its_name_here(client: type[Any], name: str, told: str) -> None:
    asked = client("echo")
    with pytest.raises(AttributeError) as raised:
        getattr(asked, name)
    assert str(raised.value) == f"{client.__name__!r} object has no attribute {name!r}{told}"
    assert (raised.value.name, raised.value.obj) == (name, asked)
    assert not hasattr(asked, name)


@pytest.mark.parametrize(
    ("client", "name", "told"),
    [
        (LLM, "close", "it is called aclose() here; or use `async with`"),
        (SyncLLM, "aclose", "it is called close() here; or use `with`"),
        (LLM, "streaming_completion", "StreamingLLM and SyncLLM have it"),
        (LLM, "acompletion", "it is called 'completion' here"),
    ],
)
def test_a_member_of_another_client_is_told_apart(client: type[Any], name: str, told: str) -> None:
    with pytest.raises(AttributeError) as raised:
        getattr(client("echo"), name)
    assert str(raised.value).endswith(f"; {told}")


def test_each_name_is_given_for_one_that_every_client_has() -> None:
    ours = [name for name in TABLE if name.isidentifier()]
    assert [name for name in ours for client in CLIENTS if not hasattr(client, name)] == []
    assert len(ours) > 10


def test_no_name_is_given_twice_or_for_what_every_client_has() -> None:
    foreign = [name for names in TABLE.values() for name in names]
    assert len(foreign) == len({*foreign})
    assert [name for name in foreign if all(hasattr(client, name) for client in CLIENTS)] == []


@pytest.mark.parametrize("client", [LLM, SyncLLM])
def test_what_python_or_a_property_says_stays(client: type[Any]) -> None:
    class Derived(client):  # type: ignore[misc]  # either class
        @property
        def broken(self) -> str:
            raise AttributeError("the property is broken")

    with pytest.raises(AttributeError, match="the property is broken"):
        Derived("echo").broken  # noqa: B018  # on purpose
    with pytest.raises(AttributeError, match=r"object has no attribute '_repr_html_'$"):
        client("echo")._repr_html_  # noqa: B018  # notebooks ask for it
