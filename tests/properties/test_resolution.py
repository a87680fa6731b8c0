from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, strategies as st

from dragoman import DragomanError, LLMConfig, explain
from dragoman.plugins.registry import HOSTS, MODELS, PROVIDERS, Claim, Plugins
from dragoman.plugins.spelling import misspelled
from dragoman.spec.directory import published
from dragoman.spec.hosts import host_matches

labels = st.text("ab-", min_size=1, max_size=3).filter(lambda label: label.strip("-") == label)
hosts = st.lists(labels, min_size=1, max_size=4).map(".".join)
names = st.sampled_from(["one", "two", "three"])
prefixes = st.text("ab-", min_size=1, max_size=4)


def claim(group: str, name: str, owner: str) -> Claim:
    return Claim(group=group, name=name, module=f"m_{owner}", distribution=f"acme-{owner}")


PROVIDED = [claim(PROVIDERS, name, name) for name in ("one", "two", "three")]
claims = st.lists(
    st.builds(claim, st.just(HOSTS), hosts, names) | st.builds(claim, st.just(MODELS), prefixes, names), max_size=6
)
configs = st.fixed_dictionaries(
    {"model": prefixes | st.builds("{}/{}".format, names | prefixes, prefixes)},
    optional={"api_base": hosts.map("https://{}/v1".format), "provider": names},
)


def taken(found: list[Claim], group: str) -> list[Claim]:
    """Return the claims of one group that can be what they are spelled as."""
    return [each for each in found if each.group == group and not misspelled(each)]


def outcome(found: list[Claim], config: dict[str, Any]) -> tuple[str, ...]:
    try:
        explanation = explain(LLMConfig(**config), Plugins([*PROVIDED, *found], {}))
    except DragomanError as error:
        return (type(error).__name__,)
    return (explanation.provider, explanation.model, explanation.distribution)


@given(st.data(), claims, configs)
def test_the_order_of_installation_does_not_matter(data: Any, found: list[Claim], config: dict[str, Any]) -> None:
    assert outcome(found, config) == outcome(data.draw(st.permutations(found)), config)


@given(claims, configs)
def test_the_first_step_that_knows_decides(found: list[Claim], config: dict[str, Any]) -> None:
    result = outcome(found, config)
    host = config.get("api_base", "https:///").split("/")[2]
    claimed = {each.distribution for each in taken(found, HOSTS) if host and host_matches(host, each.name)}
    head, _, rest = config["model"].partition("/")
    if "provider" in config:
        assert result[0] == config["provider"]
    elif claimed:
        assert result == ("AmbiguousModelError",) or result[2] in claimed
    elif rest and head in {"one", "two", "three"}:
        assert result[:2] == (head, rest)
    else:
        prefixed = {each.distribution for each in taken(found, MODELS) if config["model"].startswith(each.name)}
        assert result[-1] in {*prefixed, "AmbiguousModelError", "UnknownModelError", "UnknownProviderError"}
        assert bool(prefixed) == (result[-1] not in {"UnknownModelError", "UnknownProviderError"})


@given(claims, configs)
def test_the_length_of_a_claim_does_not_win_over_whose_it_is(found: list[Claim], config: dict[str, Any]) -> None:
    matching = {each.distribution for each in taken(found, MODELS) if config["model"].startswith(each.name)}
    if "provider" in config or "api_base" in config or "/" in config["model"] or not matching:
        return
    result = outcome(found, config)
    assert result == ("AmbiguousModelError",) if len(matching) > 1 else result[2] in matching


PUBLISHED = [each[0] for each in published("models")]


@given(st.sampled_from(PUBLISHED), st.text("a1-.", max_size=3), st.text("a1-", max_size=3), st.booleans())
def test_nobody_takes_a_published_model(prefix: str, more: str, rest: str, shorter: bool) -> None:  # noqa: FBT001
    name = prefix[:-1] if shorter else prefix + more
    result = outcome([claim(MODELS, name, "one")], {"model": prefix + more + rest})
    assert result in {("AmbiguousModelError",), ("UnknownModelError",)}
    pinned = Plugins([*PROVIDED, claim(MODELS, name, "one")], {"DRAGOMAN_PLUGINS": "acme-one"})
    if result == ("AmbiguousModelError",):
        assert explain(prefix + more + rest, pinned).provider == "one"


@given(st.sampled_from([each[0].lstrip("-") for each in published("hosts")]), st.sampled_from(["", "evil.", "-"]))
def test_nobody_takes_a_published_host(host: str, before: str) -> None:
    wide, narrow = host.partition(".")[2], before.strip("-") + host
    for name in {wide, narrow}:
        result = outcome([claim(HOSTS, name, "one")], {"model": "m", "api_base": f"https://{narrow}/v1"})
        assert result in {("AmbiguousModelError",), ("UnknownProviderError",)}


@given(hosts, hosts)
def test_a_claim_matches_whole_labels_alone(host: str, claimed: str) -> None:
    tails = {
        ".".join(tail)
        for tail in itertools.accumulate(([label] for label in host.split(".")[::-1]), lambda a, b: b + a)
    }
    assert host_matches(host, claimed) == (claimed in tails)


@pytest.mark.parametrize("api_base", ["localhost:8080", "", "http://", "//x", "http://[::1]:80/v1"])
def test_an_odd_base_url_is_no_reason_to_fail(api_base: str) -> None:
    assert outcome([], {"model": "one/m", "api_base": api_base}) == ("one", "m", "acme-one")
