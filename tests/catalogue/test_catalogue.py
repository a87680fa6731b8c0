"""The catalogue of models: how it is made, read, and shown; and that no call depends on it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import attrs
import pytest
from genai_prices.data_snapshot import get_snapshot

import recordings
from benchmarks.budget import ASKED
from catalogue.__main__ import PLACE, main
from catalogue.recorded import Facts, recorded_facts
from catalogue.table import table
from dragoman import (
    LLM,
    NO,
    YES,
    Capabilities,
    ModelInfo,
)
from dragoman.client.known_models import known_capabilities, known_models
from dragoman.plugins.registry import installed
from dragoman.spec.catalogue import ModelFacts, facts_of, read_tables
from dragoman.spec.directory import published
from dragoman.testing.faults import FaultServer

TODAY = date(2026, 1, 2)


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    installed.cache_clear()
    yield
    installed.cache_clear()


def test_facts_have_their_date_and_their_place_in_the_price_list() -> None:
    facts = facts_of("openai", "gpt-4o-2024-08-06")
    assert facts is not None
    assert (facts.context_tokens, facts.prices) == (128_000, "openai/gpt-4o")
    assert date.fromisoformat(facts.as_of) <= date.today()  # noqa: DTZ011  # the date of a file
    assert facts == facts_of("openai", "GPT-4o-2024-08-06")


def test_what_is_not_known_is_none() -> None:
    assert facts_of("openai", "model-of-tomorrow") is None
    assert facts_of("echo", "gpt-4o") is None


def test_a_provider_that_offers_the_models_of_others_has_their_facts() -> None:
    azure = facts_of("azure", "claude-3-haiku")
    assert azure is not None
    assert azure == facts_of("anthropic", "claude-3-haiku")


def test_every_entry_of_the_catalogue_is_in_the_price_list_and_names_a_published_provider() -> None:
    names = {name for name, _ in published("names")}
    listed = {f"{provider.id}/{model.id}" for provider in get_snapshot().providers for model in provider.models}
    tables = read_tables(PLACE.read_text(encoding="utf-8"))
    assert tables.keys() <= names
    for each in tables.values():
        assert {row.facts.prices for row in each.rows} - {None} <= listed
        assert {*each.also} <= tables.keys()


def test_the_catalogue_is_written_anew(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(tmp_path / "models.tsv")
    assert capsys.readouterr().out.startswith(f"{tmp_path / 'models.tsv'}: ")
    made = read_tables((tmp_path / "models.tsv").read_text(encoding="utf-8"))
    assert made.keys() == read_tables(PLACE.read_text(encoding="utf-8")).keys()


def test_what_recordings_say_comes_before_the_price_list() -> None:
    own = Facts(context=5, output=7, kinds=("text", "image"))
    text = table(TODAY, {"openai": {"gpt-4o-mini": own, "gpt-of-ours": own}})
    tables = read_tables(text)
    rows = {name: row.facts for row in tables["openai"].rows for name in row.patterns}
    expected = ModelFacts(
        context_tokens=5, output_tokens=7, input=("text", "image"), prices="openai/gpt-4o-mini", as_of="2026-01-02"
    )
    assert rows["gpt-4o-mini"] == expected
    assert rows["gpt-of-ours"] == attrs.evolve(expected, prices=None)
    assert rows["gpt-4o-mini-2024-07-18"] == expected  # another name of the same model
    assert tables["azure"].also[0] == "openai"


LISTS: dict[str, list[dict[str, Any]]] = {
    "anthropic": [
        {
            "id": "a",
            "max_input_tokens": 9,
            "max_tokens": 3,
            "capabilities": {"image_input": {"supported": True}, "pdf_input": {"supported": True}},
        },
        {"id": "b", "capabilities": {"image_input": {"supported": False}}},
    ],
    "groq": [{"id": "c", "context_window": 8, "max_completion_tokens": 2, "input_modalities": ["text", "audio"]}],
    "mistral": [
        {"id": "d", "max_context_length": 7, "capabilities": {"completion_chat": True, "vision": True, "audio": True}},
        {"id": "e", "capabilities": {"completion_chat": True, "vision": False}},
    ],
    "openrouter": [
        {
            "id": "f",
            "context_length": 6,
            "top_provider": {"context_length": 5, "max_completion_tokens": 1},
            "architecture": {"input_modalities": ["text", "file"]},
        }
    ],
}


def test_recorded_lists_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for provider, entries in LISTS.items():
        (tmp_path / provider).mkdir()
        for number, (status, body) in enumerate([(200, {"data": entries}), (401, {"error": "x"}), (200, {"data": []})]):
            exchange = {
                "id": f"models-{number}",
                "provider": provider,
                "api": f"{provider}.models",
                "situation": [],
                "fidelity": "recorded",
                "source": {"repo": "none"},
                "request": {"method": "GET", "url": "https://h", "headers": {}},
                "response": {"status": status, "headers": {}, "body": body},
            }
            (tmp_path / provider / f"models-{number}.json").write_text(json.dumps(exchange))
    monkeypatch.setenv(recordings.VARIABLE, str(tmp_path))
    assert recorded_facts() == {
        "anthropic": {"a": Facts(context=9, output=3, kinds=("text", "image", "file")), "b": Facts(kinds=("text",))},
        "groq": {"c": Facts(context=8, output=2, kinds=("text", "audio"))},
        "mistral": {"d": Facts(context=7, kinds=("text", "image", "audio")), "e": Facts(kinds=("text",))},
        "openrouter": {"f": Facts(context=5, output=1, kinds=("text", "file"))},
    }


def test_what_a_provider_says_stays() -> None:
    said = Capabilities(context_tokens=1, output_tokens=2, input={"image/png": NO})
    known = known_capabilities("anthropic", "claude-sonnet-4-5-20250929", said)
    assert (known.context_tokens, known.output_tokens) == (1, 2)
    assert known.input["image/png"] == NO
    assert "image/*" not in known.input
    nothing = known_capabilities("openai", "gpt-4o", Capabilities())
    assert (nothing.context_tokens, nothing.input) == (128_000, {})
    assert known_capabilities("openai", "model-of-tomorrow", said) is said


def test_models_are_completed() -> None:
    listed = [
        ModelInfo(id="gpt-4o"),
        ModelInfo(id="gpt-4o", context_tokens=5, prices="own"),
        ModelInfo(id="model-of-tomorrow"),
    ]
    facts = facts_of("openai", "gpt-4o")
    assert facts is not None
    known, own, unknown = known_models("openai", listed)
    assert (known.context_tokens, known.prices, known.as_of) == (128_000, "openai/gpt-4o", facts.as_of)
    assert own == listed[1]
    assert unknown == listed[2]


async def test_the_catalogue_is_shown_and_never_decides() -> None:
    with FaultServer() as server:
        async with LLM(ASKED["openai"].config(server.url_of("ok") + "/v1")) as llm:
            shown = llm.capabilities()
            assert shown.context_tokens == 128_000
            assert llm._model.ready()[0].capabilities("gpt-4o").context_tokens is None  # noqa: SLF001  # what calls use
            assert (await llm.generate("word " * shown.context_tokens * 2)).text


def test_a_kind_of_input_is_a_family_of_media() -> None:
    table = read_tables("# date\t2026-01-02\n[p]\nm*\t\t\ttext,image,file\t\n")["p"]
    assert table.rows[0].facts == ModelFacts(input=("text", "image", "file"), as_of="2026-01-02")
    rows = read_tables(PLACE.read_text(encoding="utf-8"))
    provider, model = next(
        (provider, row.patterns[0])
        for provider, each in rows.items()
        for row in each.rows
        if "image" in row.facts.input and "*" not in row.patterns[0]
    )
    known = known_capabilities(provider, model, Capabilities())
    assert known.input["image/*"] == YES
