"""What answers cost, against the price pages of the vendors."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import attrs
import pytest
from attrs import frozen
from genai_prices import calc_price
from genai_prices.types import Usage as ListUsage
from hypothesis import given, strategies as st

from dragoman import JSON, ConfigurationError, Cost, Embeddings, Finish, Message, Origin, Response, Usage

OPENAI = "https://platform.openai.com/docs/pricing"
ANTHROPIC = "https://docs.claude.com/en/docs/about-claude/pricing"
GOOGLE = "https://ai.google.dev/gemini-api/docs/pricing"
GROQ = "https://groq.com/pricing"
MISTRAL = "https://mistral.ai/pricing"
BEDROCK = "https://aws.amazon.com/bedrock/pricing/"
COHERE = "https://cohere.com/pricing"
AZURE = "https://azure.microsoft.com/en-us/pricing/details/cognitive-services/openai-service/"
VERTEX = "https://cloud.google.com/vertex-ai/generative-ai/pricing"
XAI = "https://docs.x.ai/docs/models"

OPENAI_API = "https://api.openai.com"
ANTHROPIC_API = "https://api.anthropic.com"
GOOGLE_API = "https://generativelanguage.googleapis.com"
OCTOBER = datetime(2025, 10, 15, tzinfo=UTC).timestamp()


def answered(
    endpoint: str | None,
    model: str,
    usage: Usage,
    *,
    served: str | None = None,
    created: float | None = OCTOBER,
    **metadata: Any,
) -> Response:
    origin = Origin(endpoint=endpoint, model=model, served_model=served, created=created)
    return Response(
        message=Message("assistant", "Hi"), finish=Finish(reason="stop"), usage=usage, origin=origin, metadata=metadata
    )


@frozen(kw_only=True)
class Example:
    """An answer, and its cost by the price page of its vendor.

    Args:
        page: where the prices stand, as they were in October 2025.
        endpoint: the address that was asked.
        model: the model.
        usage: the tokens.
        rates: the tokens of each kind and their price in dollars per million.

    """

    page: str
    endpoint: str
    model: str
    usage: Usage
    rates: dict[str, tuple[int, str]]


def chat(*, prompt: int, completion: int, **more: Any) -> Usage:
    raw = {"prompt_tokens": prompt, "completion_tokens": completion, **more}
    inner, outer = more.get("prompt_tokens_details", {}), more.get("completion_tokens_details", {})
    return Usage(
        input_tokens=prompt,
        output_tokens=completion,
        cache_read_tokens=inner.get("cached_tokens"),
        reasoning_tokens=outer.get("reasoning_tokens"),
        raw=raw,
    )


def messages(uncached: int, read: int, short: int, long: int, output: int) -> Usage:
    raw: dict[str, JSON] = {
        "input_tokens": uncached,
        "cache_read_input_tokens": read,
        "cache_creation_input_tokens": short + long,
        "cache_creation": {"ephemeral_5m_input_tokens": short, "ephemeral_1h_input_tokens": long},
        "output_tokens": output,
        "service_tier": "standard",
    }
    total = uncached + read + short + long
    return Usage(
        input_tokens=total, output_tokens=output, cache_read_tokens=read, cache_write_tokens=short + long, raw=raw
    )


EXAMPLES = {
    "plain": Example(
        page=OPENAI,
        endpoint=OPENAI_API,
        model="gpt-4o-mini",
        usage=chat(prompt=1_200, completion=350),
        rates={"input": (1_200, "0.15"), "output": (350, "0.60")},
    ),
    "read from the cache": Example(
        page=OPENAI,
        endpoint=OPENAI_API,
        model="gpt-4o-2024-08-06",
        usage=chat(prompt=2_006, completion=300, prompt_tokens_details={"cached_tokens": 1_920}),
        rates={"input": (86, "2.50"), "cache_read": (1_920, "1.25"), "output": (300, "10.00")},
    ),
    "reasoning": Example(
        page=OPENAI,
        endpoint=OPENAI_API,
        model="o3-2025-04-16",
        usage=chat(prompt=75, completion=1_186, completion_tokens_details={"reasoning_tokens": 1_024}),
        rates={"input": (75, "2.00"), "output": (162, "8.00"), "reasoning": (1_024, "8.00")},
    ),
    "reasoning and cache, Responses": Example(
        page=OPENAI,
        endpoint=OPENAI_API,
        model="gpt-5-2025-08-07",
        usage=Usage(
            input_tokens=5_000,
            output_tokens=900,
            cache_read_tokens=4_096,
            reasoning_tokens=640,
            raw={
                "input_tokens": 5_000,
                "input_tokens_details": {"cached_tokens": 4_096},
                "output_tokens": 900,
                "output_tokens_details": {"reasoning_tokens": 640},
            },
        ),
        rates={
            "input": (904, "1.25"),
            "cache_read": (4_096, "0.125"),
            "output": (260, "10.00"),
            "reasoning": (640, "10.00"),
        },
    ),
    "audio in and out": Example(
        page=OPENAI,
        endpoint=OPENAI_API,
        model="gpt-audio",
        usage=chat(
            prompt=520,
            completion=310,
            prompt_tokens_details={"audio_tokens": 400},
            completion_tokens_details={"audio_tokens": 250},
        ),
        rates={
            "input": (120, "2.50"),
            "input_audio": (400, "32.00"),
            "output": (60, "10.00"),
            "output_audio": (250, "64.00"),
        },
    ),
    "Azure": Example(
        page=AZURE,
        endpoint="https://example.openai.azure.com",
        model="gpt-4.1-mini",
        usage=chat(prompt=10_000, completion=1_000, prompt_tokens_details={"cached_tokens": 8_192}),
        rates={"input": (1_808, "0.40"), "cache_read": (8_192, "0.10"), "output": (1_000, "1.60")},
    ),
    "cache written for 5 minutes": Example(
        page=ANTHROPIC,
        endpoint=ANTHROPIC_API,
        model="claude-sonnet-4-5-20250929",
        usage=messages(21, 0, 188_086, 0, 393),
        rates={"input": (21, "3"), "cache_write": (188_086, "3.75"), "output": (393, "15")},
    ),
    "cache written for an hour, and read": Example(
        page=ANTHROPIC,
        endpoint=ANTHROPIC_API,
        model="claude-opus-4-1-20250805",
        usage=messages(2_048, 1_800, 148, 100, 503),
        rates={
            "input": (2_048, "15"),
            "cache_read": (1_800, "1.50"),
            "cache_write": (148, "18.75"),
            "cache_write_1h": (100, "30"),
            "output": (503, "75"),
        },
    ),
    "long context": Example(
        page=ANTHROPIC,
        endpoint=ANTHROPIC_API,
        model="claude-sonnet-4-5",
        usage=messages(150_000, 60_000, 0, 0, 1_000),
        rates={"input": (150_000, "6"), "cache_read": (60_000, "0.60"), "output": (1_000, "22.50")},
    ),
    "small": Example(
        page=ANTHROPIC,
        endpoint=ANTHROPIC_API,
        model="claude-haiku-4-5-20251001",
        usage=messages(900, 0, 0, 0, 120),
        rates={"input": (900, "1"), "output": (120, "5")},
    ),
    "thoughts": Example(
        page=GOOGLE,
        endpoint=GOOGLE_API,
        model="gemini-2.5-pro",
        usage=Usage(
            input_tokens=1_000,
            output_tokens=1_500,
            reasoning_tokens=1_100,
            raw={"promptTokenCount": 1_000, "candidatesTokenCount": 400, "thoughtsTokenCount": 1_100},
        ),
        rates={"input": (1_000, "1.25"), "output": (400, "10"), "reasoning": (1_100, "10")},
    ),
    "prompt over 200,000 tokens": Example(
        page=GOOGLE,
        endpoint=GOOGLE_API,
        model="gemini-2.5-pro",
        usage=Usage(
            input_tokens=250_000,
            output_tokens=2_000,
            raw={"promptTokenCount": 250_000, "candidatesTokenCount": 2_000},
        ),
        rates={"input": (250_000, "2.50"), "output": (2_000, "15")},
    ),
    "audio heard": Example(
        page=GOOGLE,
        endpoint=GOOGLE_API,
        model="gemini-2.5-flash",
        usage=Usage(
            input_tokens=2_000,
            output_tokens=100,
            raw={
                "promptTokenCount": 2_000,
                "promptTokensDetails": [
                    {"modality": "TEXT", "tokenCount": 80},
                    {"modality": "AUDIO", "tokenCount": 1_920},
                ],
                "candidatesTokenCount": 100,
            },
        ),
        rates={"input": (80, "0.30"), "input_audio": (1_920, "1.00"), "output": (100, "2.50")},
    ),
    "cached content": Example(
        page=GOOGLE,
        endpoint=GOOGLE_API,
        model="gemini-2.5-flash-lite",
        usage=Usage(
            input_tokens=12_000,
            output_tokens=500,
            cache_read_tokens=10_000,
            raw={"promptTokenCount": 12_000, "cachedContentTokenCount": 10_000, "candidatesTokenCount": 500},
        ),
        rates={"input": (2_000, "0.10"), "cache_read": (10_000, "0.01"), "output": (500, "0.40")},
    ),
    "Claude at Google": Example(
        page=VERTEX,
        endpoint="https://us-east5-aiplatform.googleapis.com",
        model="claude-haiku-4-5@20251001",
        usage=messages(500, 1_000, 0, 0, 200),
        rates={"input": (500, "1"), "cache_read": (1_000, "0.10"), "output": (200, "5")},
    ),
    "Groq": Example(
        page=GROQ,
        endpoint="https://api.groq.com",
        model="llama-3.3-70b-versatile",
        usage=chat(prompt=431, completion=77),
        rates={"input": (431, "0.59"), "output": (77, "0.79")},
    ),
    "Groq, smaller": Example(
        page=GROQ,
        endpoint="https://api.groq.com",
        model="llama-3.1-8b-instant",
        usage=chat(prompt=9_000, completion=2_000),
        rates={"input": (9_000, "0.05"), "output": (2_000, "0.08")},
    ),
    "Mistral": Example(
        page=MISTRAL,
        endpoint="https://api.mistral.ai",
        model="mistral-large-2411",
        usage=chat(prompt=3_141, completion=592),
        rates={"input": (3_141, "2"), "output": (592, "6")},
    ),
    "Mistral for code": Example(
        page=MISTRAL,
        endpoint="https://api.mistral.ai",
        model="codestral-2508",
        usage=chat(prompt=800, completion=640),
        rates={"input": (800, "0.3"), "output": (640, "0.9")},
    ),
    "Bedrock": Example(
        page=BEDROCK,
        endpoint="https://bedrock-runtime.us-east-1.amazonaws.com",
        model="amazon.nova-pro-v1:0",
        usage=Usage(
            input_tokens=1_500,
            output_tokens=250,
            cache_read_tokens=1_024,
            raw={"inputTokens": 476, "cacheReadInputTokens": 1_024, "outputTokens": 250},
        ),
        rates={"input": (476, "0.80"), "cache_read": (1_024, "0.20"), "output": (250, "3.20")},
    ),
    "Cohere": Example(
        page=COHERE,
        endpoint="https://api.cohere.com",
        model="command-a-03-2025",
        usage=Usage(
            input_tokens=640, output_tokens=160, raw={"billed_units": {"input_tokens": 640, "output_tokens": 160}}
        ),
        rates={"input": (640, "2.50"), "output": (160, "10.00")},
    ),
    "xAI": Example(
        page=XAI,
        endpoint="https://api.x.ai",
        model="grok-4-0709",
        usage=chat(prompt=2_000, completion=500, prompt_tokens_details={"cached_tokens": 1_500}),
        rates={"input": (500, "3.00"), "cache_read": (1_500, "0.75"), "output": (500, "15.00")},
    ),
}


@pytest.mark.parametrize("name", EXAMPLES)
def test_a_cost_is_that_of_the_vendors_price_page(name: str) -> None:
    example = EXAMPLES[name]
    parts = {kind: tokens * Decimal(rate) / 1_000_000 for kind, (tokens, rate) in example.rates.items()}
    cost = answered(example.endpoint, example.model, example.usage).cost()
    assert cost is not None
    assert (cost.parts, cost.amount) == (parts, sum(parts.values()))
    assert (cost.source, cost.currency, cost.prices) == ("prices", "USD", cost.prices)
    assert cost.prices.startswith("genai-prices ")


EMBEDDINGS = {  # as of November 2026
    "text-embedding-3-small": (
        "https://developers.openai.com/api/docs/models/text-embedding-3-small",
        OPENAI_API,
        "0.02",
    ),
    "text-embedding-3-large": (
        "https://developers.openai.com/api/docs/models/text-embedding-3-large",
        OPENAI_API,
        "0.13",
    ),
    "text-embedding-ada-002": (OPENAI, OPENAI_API, "0.10"),
    "gemini-embedding-001": (GOOGLE, GOOGLE_API, "0.15"),
    "mistral-embed": (MISTRAL, "https://api.mistral.ai", "0.10"),
    "embed-v4.0": (COHERE, "https://api.cohere.com", "0.12"),
    "amazon.titan-embed-text-v2:0": (BEDROCK, "https://bedrock-runtime.us-east-1.amazonaws.com", "0.02"),
}
"""By model: the price page, the address, and the dollars per million tokens."""


@pytest.mark.parametrize("model", EMBEDDINGS)
@pytest.mark.parametrize("raw", [None, {"prompt_tokens": 12_000}, [{"prompt_tokens": 7_000}, {"prompt_tokens": 5_000}]])
def test_embeddings_cost_what_the_price_page_says(model: str, raw: JSON) -> None:
    _, endpoint, rate = EMBEDDINGS[model]
    usage = Usage(input_tokens=12_000, raw=raw)  # there is no output to report
    embeddings = Embeddings(vectors=((0.5,),), usage=usage, origin=Origin(endpoint=endpoint, model=model))
    cost = embeddings.cost()
    assert cost is not None
    assert cost.parts == {"input": 12_000 * Decimal(rate) / 1_000_000}
    assert cost.amount == cost.parts["input"]


def test_the_cost_of_embeddings_is_unknown_without_tokens_or_an_address() -> None:
    known = Origin(endpoint=OPENAI_API, model="text-embedding-3-small")
    assert Embeddings(vectors=(), origin=known).cost() is None
    elsewhere = Embeddings(vectors=(), usage=Usage(input_tokens=1_000), origin=Origin(model="text-embedding-3-small"))
    assert elsewhere.cost() is None
    priced = elsewhere.cost(prices_of="openai")
    assert priced is not None
    assert priced.amount == Decimal("0.00002")
    reported = Embeddings(vectors=(), usage=Usage(input_tokens=1_000, output_tokens=0), origin=known)
    assert reported.cost() == priced


@pytest.mark.parametrize("reported", [0.00123, 0, "0.5"])
def test_a_cost_that_the_provider_reports_wins(reported: float | str) -> None:
    response = answered(OPENAI_API, "gpt-4o", chat(prompt=10, completion=1), cost=reported)
    cost = response.cost()
    assert cost is not None
    if isinstance(reported, str):
        assert cost.source == "prices"  # a text is not an amount
    else:
        assert cost == Cost(amount=Decimal(str(reported)), source="provider")


@pytest.mark.parametrize("reported", [True, -1, float("nan"), None, {"total": 1}])
def test_what_is_no_amount_is_no_cost(reported: object) -> None:
    assert answered(None, "any", Usage(), cost=reported).cost() is None


UNKNOWN: dict[str, tuple[str | None, str, Usage, dict[str, Any]]] = {
    "no tokens": (OPENAI_API, "gpt-4o", Usage(output_tokens=4), {}),
    "no output": (OPENAI_API, "gpt-4o", Usage(input_tokens=4), {}),
    "no address": (None, "gpt-4o", chat(prompt=1, completion=1), {}),
    "a server of one's own": ("http://127.0.0.1:8000", "gpt-4o", chat(prompt=1, completion=1), {}),
    "no such model": (ANTHROPIC_API, "claude-of-tomorrow", messages(1, 0, 0, 0, 1), {}),
    "no name": (ANTHROPIC_API, "", messages(1, 0, 0, 0, 1), {}),
    "a tier without prices": (OPENAI_API, "gpt-4o", chat(prompt=1, completion=1), {"service_tier": "scale"}),
    "audio without a price": (
        OPENAI_API,
        "gpt-4o-audio-preview",
        chat(prompt=9, completion=9, completion_tokens_details={"audio_tokens": 4}),
        {},
    ),
    "output without a price": (OPENAI_API, "text-embedding-3-small", chat(prompt=9, completion=9), {}),
    "more read from the cache than there is": (
        OPENAI_API,
        "gpt-4o",
        chat(prompt=9, completion=9, prompt_tokens_details={"cached_tokens": 10}),
        {},
    ),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_unknown_cost_is_none_and_never_zero(name: str) -> None:
    endpoint, model, usage, metadata = UNKNOWN[name]
    assert answered(endpoint, model, usage, **metadata).cost() is None


def test_prices_of_another_address_are_named() -> None:
    response = answered("https://llm.example.com", "gpt-4o", chat(prompt=1_000, completion=0))
    cost = response.cost(prices_of="openai")
    assert cost is not None
    assert cost.amount == Decimal("0.0025")
    with pytest.raises(ConfigurationError, match="does not know the provider 'opena'; did you mean 'openai'"):
        response.cost(prices_of="opena")


def test_a_tier_has_its_own_price() -> None:
    november = datetime(2026, 11, 1, tzinfo=UTC).timestamp()
    usage = chat(prompt=1_000_000, completion=0)
    standard = answered(OPENAI_API, "gpt-5", usage, created=november, service_tier="default").cost()
    flex = answered(OPENAI_API, "gpt-5", usage, created=november, service_tier="flex").cost()
    assert standard is not None
    assert flex is not None
    assert flex.amount == standard.amount / 2  # https://platform.openai.com/docs/pricing: flex is half the price
    assert answered(OPENAI_API, "gpt-5", usage, service_tier="flex").cost() is None  # the list has no price so early


def test_the_model_that_answered_is_paid_for_and_a_model_unknown_by_that_name_by_the_other() -> None:
    usage = chat(prompt=1_000_000, completion=0)
    dear = answered(OPENAI_API, "gpt-4o-mini", usage, served="gpt-4o-2024-08-06").cost()
    cheap = answered(OPENAI_API, "gpt-4o-mini", usage, served="of-unknown-name").cost()
    assert dear is not None
    assert cheap is not None
    assert (dear.amount, cheap.amount) == (Decimal("2.5"), Decimal("0.15"))


@pytest.mark.parametrize("created", [None, 1e300, float("nan"), -1e18])
def test_an_answer_without_a_possible_time_costs_what_it_costs_today(created: float | None) -> None:
    assert answered(OPENAI_API, "gpt-4o", chat(prompt=1, completion=1), created=created).cost() is not None


@pytest.mark.parametrize("raw", [{"prompt_tokens": 7, "x": 1}, [1], None])
def test_a_report_that_is_not_understood_is_left_for_the_counts(raw: JSON) -> None:
    usage = Usage(input_tokens=1_000, output_tokens=10, cache_read_tokens=400, raw=raw)
    cost = answered(OPENAI_API, "gpt-4o", usage).cost()
    assert cost is not None
    assert cost.parts["cache_read"] == 400 * Decimal("1.25") / 1_000_000


def test_a_report_of_an_odd_shape_is_left_for_the_counts() -> None:
    raw: JSON = {
        "promptTokenCount": 1_000,
        "candidatesTokenCount": 0,
        "promptTokensDetails": [{"modality": 1, "tokenCount": 1_000}],
    }
    cost = answered(GOOGLE_API, "gemini-2.5-flash", Usage(input_tokens=1_000, output_tokens=0, raw=raw)).cost()
    assert cost is not None
    assert cost.amount == Decimal("0.0003")


def test_searches_are_paid_for_beside_the_tokens() -> None:
    usage = messages(1_000, 0, 0, 0, 100)
    assert isinstance(usage.raw, dict)
    usage = Usage(
        input_tokens=1_000,
        output_tokens=100,
        raw={**usage.raw, "server_tool_use": {"web_search_requests": 3}},
    )
    cost = answered(ANTHROPIC_API, "claude-sonnet-4-5", usage).cost()
    assert cost is not None
    assert cost.parts["web_searches"] == Decimal("0.03")  # $10 per 1,000 searches


def test_a_price_for_each_request_is_a_part() -> None:
    usage = chat(prompt=1_000, completion=100)
    cost = answered("https://api.perplexity.ai", "sonar", usage).cost()
    assert cost is not None
    assert cost.parts["requests"] > 0
    assert sum(cost.parts.values()) == cost.amount


@given(st.integers(0, 10**6), st.integers(0, 10**6), st.integers(0, 10**5), st.integers(0, 10**5))
def test_the_parts_are_the_whole(uncached: int, read: int, reasoning: int, answer: int) -> None:
    details = {"prompt_tokens_details": {"cached_tokens": read}}
    usage = chat(
        prompt=uncached + read,
        completion=reasoning + answer,
        completion_tokens_details={"reasoning_tokens": reasoning},
        **details,
    )
    cost = answered(OPENAI_API, "o3", usage).cost()
    assert cost is not None
    listed = calc_price(
        ListUsage(input_tokens=uncached + read, output_tokens=reasoning + answer, cache_read_tokens=read),
        "o3",
        provider_id="openai",
        genai_request_timestamp=datetime(2025, 10, 15, tzinfo=UTC),
    )
    assert sum(cost.parts.values()) == cost.amount == listed.total_price


@pytest.mark.parametrize(
    ("endpoint", "is_known"),
    [
        ("https://api.openai.com", True),
        ("https://api.openai.com/v1", True),
        ("https://api.openai.com:443/v1", True),
        ("https://api.openai.com.gateway.test/v1", False),
        ("https://api.openai.community", False),
        ("https://gateway.test/api.openai.com", False),
        ("https://mine.openai.azure.com/openai", True),
    ],
)
def test_prices_apply_at_the_address_of_the_vendor_alone(endpoint: str, *, is_known: bool) -> None:
    cost = answered(endpoint, "gpt-4o", chat(prompt=1, completion=1)).cost()
    assert (cost is not None) == is_known


def test_a_host_that_the_price_list_has_without_its_end_is_known() -> None:
    assert (
        answered("https://api.moonshot.cn/v1", "kimi-k2-0905-preview", chat(prompt=1, completion=1)).cost() is not None
    )


def test_the_provider_whose_prices_apply_is_named_by_a_word() -> None:
    wrong: Any = 3
    with pytest.raises(ConfigurationError, match="prices_of must be the id of a provider in the price list, not 3"):
        answered(OPENAI_API, "gpt-4o", chat(prompt=1, completion=1)).cost(prices_of=wrong)


def test_the_total_of_costs_is_unknown_if_one_is() -> None:
    one = Cost(amount=Decimal("0.1"), source="provider")
    two = Cost(amount=Decimal("0.2"), source="prices", parts={"input": Decimal("0.2")}, prices="list 1")
    assert Cost.total([one, two, two]) == Cost(
        amount=Decimal("0.5"), source="prices", parts={"input": Decimal("0.4")}, prices="list 1"
    )
    assert Cost.total(iter([one, one])) == Cost(amount=Decimal("0.2"), source="provider")
    assert Cost.total([]) is None
    assert Cost.total([None, one]) is None
    assert Cost.total([one, None]) is None
    assert Cost.total([one, Cost(amount=Decimal(1), source="provider", currency="EUR")]) is None


WITHOUT = """
import sys
sys.modules["genai_prices"] = None
from dragoman import ConfigurationError, Embeddings, Finish, Message, Origin, Response, Run, Usage
from dragoman.client.log_output import show_log
from dragoman.spec.run import Turn
show_log('info')
def answered(usage, **metadata):
    return Response(
        message=Message("assistant", "Hi"), finish=Finish(reason="stop"), usage=usage, metadata=metadata,
        origin=Origin(endpoint="https://api.openai.com", model="gpt-4o"),
    )
assert answered(Usage()).cost() is None
assert answered(Usage(), cost=0.5).cost().source == "provider"
counted = answered(Usage(input_tokens=1, output_tokens=1))
assert counted.cost() is None and counted.cost() is None
assert Run(prompt=(), turns=(Turn(response=counted),)).cost() is None
assert Embeddings(vectors=(), usage=Usage(input_tokens=1), origin=counted.origin).cost() is None
try:
    counted.cost(prices_of="openai")
except ConfigurationError as error:
    print(error)
"""


def test_without_a_price_list_a_cost_is_unknown_and_the_log_says_how_to_get_one() -> None:
    ran = subprocess.run([sys.executable, "-c", WITHOUT], capture_output=True, text=True, timeout=60, check=True)
    assert "run: pip install 'dragoman[prices]'" in ran.stdout
    assert ran.stderr.count("run: pip install 'dragoman[prices]'") == 1


def test_the_total_of_tokens_is_unknown_if_a_part_is() -> None:
    assert Usage(input_tokens=3, output_tokens=4).total_tokens == 7
    assert Usage(input_tokens=3).total_tokens is None
    assert Usage(output_tokens=4).total_tokens is None
    assert Usage(input_tokens=0, output_tokens=0).total_tokens == 0


def test_a_price_list_that_is_not_there_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "genai_prices.data_snapshot", None)
    counted = answered(OPENAI_API, "gpt-4o", chat(prompt=1, completion=1))
    assert counted.cost() is None
    with pytest.raises(ConfigurationError, match=r"pip install 'dragoman\[prices\]'"):
        counted.cost(prices_of="openai")


def test_answers_of_one_request_cost_what_that_request_costs() -> None:
    usage = Usage(input_tokens=1_000_000, output_tokens=100_000)
    alone = answered(OPENAI_API, "gpt-4o", usage)
    other = answered(OPENAI_API, "gpt-4o", Usage())  # whose tokens the first one counts
    both = attrs.evolve(alone, alternatives=(other,))
    assert alone.cost() is not None
    assert both.cost() == alone.cost()
