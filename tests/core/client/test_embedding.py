from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar

import attrs
import pytest
from attrs import frozen
from hypothesis import given, strategies as st

from core.scripted import FakeClock, Scripted
from dragoman import (
    LLM,
    CallContext,
    EmbeddingRequest,
    EmbeddingRules,
    Embeddings,
    InvalidRequestError,
    LLMConfig,
    ProtocolError,
    RateLimitError,
    UnsupportedError,
    Usage,
)
from dragoman.client.embedding import in_batches
from dragoman.plugins.registry import installed


@frozen(kw_only=True)
class NearEmbeddingOptions:
    __provider__: ClassVar[str] = "near"
    size: int | None = None
    purpose: str | None = None


class Near(Scripted):
    """Make vectors of the lengths of texts, so many at once as its rules say."""

    def __init__(self, rules: EmbeddingRules | None = None) -> None:
        super().__init__(name="near")
        if rules is not None:
            self.embedding_rules = rules
        self.batches: list[tuple[str, ...]] = []
        self.options: list[Mapping[str, Any]] = []
        self.failures: list[Exception] = []
        self.lost = 0
        self.lengths: list[int] = []

    async def embed(
        self, model: str, texts: Sequence[str], options: Mapping[str, Any], context: CallContext
    ) -> Embeddings:
        self.contexts.append(context)
        if self.failures:
            raise self.failures.pop()
        self.batches.append(tuple(texts))
        self.options.append(options)
        vectors = tuple((float(len(text)),) for text in texts)
        if self.lengths:
            vectors = tuple((0.0,) * self.lengths.pop(0) for _ in texts)
        return Embeddings(
            vectors=vectors[self.lost :], model=model, usage=Usage(input_tokens=sum(map(len, texts)), raw=len(texts))
        )


RULES = EmbeddingRules(
    options=NearEmbeddingOptions, dimensions="size", most_texts=3, most_texts_of={"single": 1, "any": 1000}
)


@pytest.fixture
def near() -> Iterator[Near]:
    installed.cache_clear()
    provider = Near(RULES)
    installed().register(provider, provider="near")
    yield provider
    installed.cache_clear()


def llm(model: str = "m") -> LLM:
    return LLM(LLMConfig(model=f"near/{model}"))


async def test_more_texts_than_one_request_takes_are_sent_in_several(near: Near) -> None:
    found = await llm().embed(["a", "bb", "ccc", "dddd"], dimensions=1)
    assert near.batches == [("a", "bb", "ccc"), ("dddd",)]
    assert near.options == [{"size": 1}] * 2
    assert found.vectors == ((1.0,), (2.0,), (3.0,), (4.0,))
    assert found.usage == Usage(input_tokens=10, raw=[3, 1])
    assert found.model == "m"
    assert {context.deadline for context in near.contexts} == {near.contexts[0].deadline}


@pytest.mark.parametrize("empty", [[], (), iter(())])
async def test_no_texts_have_no_vectors(near: Near, empty: Any) -> None:
    with pytest.raises(InvalidRequestError, match=r"embed\(\) needs at least one text") as caught:
        await llm().embed(empty)
    assert (caught.value.parameter, near.batches) == ("texts", [])


async def test_an_empty_text_is_sent_unless_the_provider_takes_none(near: Near) -> None:
    assert (await llm().embed("")).vectors == ((0.0,),)
    near.embedding_rules = attrs.evolve(RULES, empty_texts=False)
    for texts, position in (("", 0), (["a", "b", "c", "d", ""], 4)):
        with pytest.raises(InvalidRequestError, match=rf"texts\[{position}\] is empty, which the provider 'near'"):
            await llm().embed(texts)
    assert near.batches == [("",)]
    await llm().embed(" ")


async def test_the_limit_may_be_that_of_a_model(near: Near) -> None:
    await llm("single-1").embed(["a", "b"])
    await llm("any").embed(["a"] * 10)
    assert list(map(len, near.batches)) == [1, 1, 10]


@given(texts=st.lists(st.text(max_size=5), max_size=20), most=st.integers(1, 25) | st.none())
async def test_batches_give_what_one_request_would(texts: list[str], most: int | None) -> None:
    provider = Near()
    request = EmbeddingRequest(model="m", texts=tuple(texts))

    async def send(batch: EmbeddingRequest) -> Embeddings:
        context = CallContext(clock=FakeClock())
        return await provider.embed(batch.model, batch.texts, batch.options, context)

    found = await in_batches(send, request, EmbeddingRules(most_texts=most))
    assert found.vectors == tuple((float(len(text)),) for text in texts)
    assert found.usage.input_tokens == sum(map(len, texts))
    assert all(len(batch) <= (most or len(texts)) for batch in provider.batches)


async def test_a_batch_is_tried_again_by_itself(near: Near) -> None:
    near.failures = [RateLimitError("later", retry_after=0)]
    found = await llm().embed(["a"] * 4)
    assert len(found.vectors) == 4
    assert list(map(len, near.batches)) == [3, 1]


async def test_a_vector_that_is_missing_is_not_covered_by_those_of_other_batches(near: Near) -> None:
    near.lost = 1
    with pytest.raises(ProtocolError, match="3 texts were sent, but 2 vectors came back"):
        await llm().embed(["a"] * 4)


async def test_a_count_that_one_request_lacks_is_not_known(near: Near) -> None:
    async def send(batch: EmbeddingRequest) -> Embeddings:
        usage = Usage(input_tokens=1) if batch.texts == ("a",) else Usage()
        return Embeddings(vectors=((1.0,),), usage=usage)

    found = await in_batches(send, EmbeddingRequest(model="m", texts=("a", "b")), EmbeddingRules(most_texts=1))
    assert found.usage.input_tokens is None


async def test_options_are_given_as_everywhere(near: Near) -> None:
    await llm().embed(["a"], options=[NearEmbeddingOptions(purpose="query")])
    await llm().embed(["a"], options={"near": {"purpose": "query"}, "far": {"x": 1}})
    await llm().embed(["a"], purpose="query")  # type: ignore[call-arg]
    assert near.options == [{"purpose": "query"}] * 3
    await llm().embed(["a"], timeout=5)
    assert near.contexts[-1].timeouts.total == 5


@pytest.mark.parametrize(
    ("given_options", "said"),
    [
        ({"purpos": "query"}, "no option 'purpos'; did you mean 'purpose'"),
        ({"options": {"near": {"purpose": 5}}}, "purpose"),
        ({"dimensons": 5}, "no option 'dimensons'; did you mean 'dimensions'"),
        ({"dimensions": 0}, "dimensions must be a whole number of at least 1, not 0"),
        ({"dimensions": "5"}, "dimensions must be a whole number of at least 1, not '5'"),
        ({"dimensions": 5, "size": 5}, "given twice: as dimensions= and as the option 'size'"),
        ({"timeout": -1}, "timeout must be"),
        ({"options": 5}, "options must be"),
    ],
)
async def test_wrong_options_are_refused_before_anything_is_sent(
    near: Near, given_options: dict[str, Any], said: str
) -> None:
    with pytest.raises(InvalidRequestError, match=said):
        await llm().embed(["a"], **given_options)
    assert near.batches == []


async def test_dimensions_where_there_is_no_choice_are_refused(near: Near) -> None:
    near.embedding_rules = EmbeddingRules(dimensions=None)
    with pytest.raises(UnsupportedError, match="no choice of dimensions"):
        await llm().embed(["a"], dimensions=5)


async def test_a_provider_that_says_nothing_gets_everything_as_it_is(near: Near) -> None:
    del near.embedding_rules
    bare: dict[str, Any] = {"bare": 2}
    await llm().embed(["a"] * 9, dimensions=5, options={"near": {"anything": 1}}, **bare)
    assert near.options == [{"anything": 1, "bare": 2, "dimensions": 5}]
    assert list(map(len, near.batches)) == [9]


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ("api_key", "it is an argument of LLMConfig"),
        ("headers", "it is an argument of LLMConfig and of a call"),
        ("first_output_timeout", "it is an argument of LLMConfig and of a call"),
        ("tools", "it is an argument of generate"),
        ("dimension", "did you mean 'dimensions'?"),
        ("time_out", "did you mean 'timeout'?"),
    ],
)
async def test_what_belongs_elsewhere_is_not_sent_to_a_provider_that_says_nothing(
    near: Near, wrong: str, told: str
) -> None:
    del near.embedding_rules
    keywords: dict[str, Any] = {wrong: "x"}
    with pytest.raises(InvalidRequestError, match=rf"embed\(\) has no argument '{wrong}'; {re.escape(told)}") as caught:
        await llm().embed(["a"], **keywords)
    assert (caught.value.parameter, near.batches) == (wrong, [])
    await llm().embed(["a"], options={"near": keywords})  # what is named as the provider's own is
    assert near.options == [keywords]


@pytest.mark.parametrize(
    ("lengths", "dimensions", "words"),
    [
        ([2, 3, 2], None, "same number of dimensions, but some came back with 2 and 3"),
        ([2, 2, 2, 3], None, "same number of dimensions, but some came back with 2 and 3"),
        ([0], None, "came back with 0"),
        ([5, 5], 2, "vectors of 2 dimensions were asked for, but some of 5 came back.*leave dimensions= out"),
    ],
)
async def test_vectors_that_cannot_be_compared_are_an_error(
    near: Near, lengths: list[int], dimensions: int | None, words: str
) -> None:
    near.lengths = lengths
    with pytest.raises(ProtocolError, match=words):
        await llm().embed(["a"] * len(lengths), dimensions=dimensions)


async def test_packed_vectors_are_shorter_than_asked(near: Near) -> None:
    near.lengths = [1, 1]
    assert (await llm().embed(["a"] * 2, dimensions=8)).vectors == ((0.0,), (0.0,))
