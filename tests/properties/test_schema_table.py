"""Types against dialects: what is sent keeps the vendor's rules, and what comes back is the value or an error."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest

from dragoman import LLM, InvalidRequestError, LLMConfig, OutputValidationError, UnsupportedError
from dragoman.testing.loopback import LoopbackServer
from dragoman.testing.reply import Reply
from plugins.vendors import VENDORS
from properties.odd_schema_types import ODD_ROWS
from properties.schema_types import ANTHROPIC, OPENAI, ROWS, Row
from properties.schema_vendors import DIALECTS, Dialect, Sent, of_openapi, of_tools

TABLE = {**ROWS, **ODD_ROWS}
SUPPORTED = [name for name, row in TABLE.items() if not row.refused]
REFUSED = [name for name, row in TABLE.items() if row.refused]


@pytest.fixture(scope="module")
def server() -> Iterator[LoopbackServer]:
    with LoopbackServer() as running:
        yield running


def llm_of(dialect: Dialect, server: LoopbackServer) -> LLM:
    return VENDORS[dialect.vendor].llm(server)


def test_the_table_has_all_its_rows() -> None:
    assert (len(ROWS), len(ODD_ROWS), len(TABLE), len(DIALECTS)) == (86, 80, 166, 7)


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize("row", [TABLE[name] for name in SUPPORTED], ids=SUPPORTED)
async def test_a_type_is_sent_by_the_rules_and_read_back(row: Row, dialect: Dialect, server: LoopbackServer) -> None:
    async with llm_of(dialect, server) as llm:
        prepared = llm.build_request("Give one.", output=row.kind)
        sent = dialect.sent(prepared.body)

        jsonschema.Draft202012Validator.check_schema(sent.schema)
        check = dialect.check if sent.strict else of_tools
        assert [*check(sent.schema)] == []
        assert sent.strict is (dialect.family not in row.loose)

        server.reply(Reply.json(dialect.reply(prepared.body, json.dumps(said(row.good[0][0], sent)))))
        response = await llm.generate("Give one.", output=row.kind)
        assert response.parse(row.kind) == row.good[0][1]
        assert server.requests[-1].json == prepared.body
        assert sent.strict or any(each.kind in {"downgraded", "emulated"} for each in response.adjustments)

        for answer, value in row.good:
            text = json.dumps(said(answer, sent))
            server.reply(Reply.json(dialect.reply(prepared.body, text)))
            read = await llm.extract(row.kind, "Give one.")
            assert read == value
            assert type(read) is type(value)
            assert server.requests[-1].json == prepared.body

        if row.path:
            text = json.dumps({"value": row.bad} if is_wrapped(row, sent) else row.bad)
            server.reply(Reply.json(dialect.reply(prepared.body, text)))
            with pytest.raises(OutputValidationError) as caught:
                await llm.extract(row.kind, "Give one.", repairs=0)
            assert row.path in str(caught.value)


@pytest.mark.parametrize("row", [TABLE[name] for name in SUPPORTED], ids=SUPPORTED)
def test_a_type_in_the_older_form_of_gemini(row: Row) -> None:
    llm = LLM(LLMConfig("gemini-2.5-flash", provider="google", api_key="k", schemas="subset"))
    if ANTHROPIC in row.loose and OPENAI not in row.loose and not row.large:
        with pytest.raises(UnsupportedError, match="refers to itself"):
            llm.build_request("Give one.", output=row.kind)
        return
    config = llm.build_request("Give one.", output=row.kind).body["generationConfig"]
    assert [*of_openapi(config["responseSchema"])] == []


@pytest.mark.parametrize("dialect", DIALECTS.values(), ids=DIALECTS)
@pytest.mark.parametrize("row", [TABLE[name] for name in REFUSED], ids=REFUSED)
async def test_what_cannot_be_read_is_refused_before_anything_is_sent(
    row: Row, dialect: Dialect, server: LoopbackServer
) -> None:
    before = len(server.requests)
    async with llm_of(dialect, server) as llm:
        for ask in (llm.generate("Give one.", output=row.kind), llm.extract(row.kind, "Give one.")):
            with pytest.raises(InvalidRequestError, match=row.refused):
                await ask
    assert len(server.requests) == before


def is_wrapped(row: Row, sent: Sent) -> bool:
    """Tell whether the value is asked for as the one member of an object."""
    members = sent.schema.get("properties", {})
    return {*members} == {"value"} and not any(isinstance(answer, dict) and "value" in answer for answer, _ in row.good)


def said(answer: Any, sent: Sent) -> Any:
    """Return an answer as a model gives it that follows the schema: wrapped, with null where a member must be there."""
    for whole in (answer, {"value": answer}):
        for completed in completions(whole, sent.schema, sent.schema):
            if jsonschema.Draft202012Validator(sent.schema).is_valid(completed):
                return completed
    pytest.fail(f"the schema does not accept {answer}: {sent.schema}")


def completions(answer: Any, schema: Any, root: Any) -> Iterator[Any]:
    """Yield an answer with null for the members that a schema requires and the answer does not have."""
    if "$ref" in schema:
        reference = schema["$ref"]
        schema = root if reference == "#" else root["$defs"][reference.removeprefix("#/$defs/")]
    branches = schema.get("anyOf")
    if branches:
        for branch in branches:
            for each in completions(answer, branch, root):
                if jsonschema.Draft202012Validator({**branch, "$defs": root.get("$defs", {})}).is_valid(each):
                    yield each
    elif isinstance(answer, dict) and "properties" in schema:
        members = {**answer, **{name: None for name in schema.get("required", ()) if name not in answer}}
        yield {
            name: next(completions(each, schema["properties"].get(name, {}), root), each)
            for name, each in members.items()
        }
    elif isinstance(answer, list) and isinstance(schema.get("items"), dict):
        yield [next(completions(each, schema["items"], root), each) for each in answer]
    else:
        yield answer
