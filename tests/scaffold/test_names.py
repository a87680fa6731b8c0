"""The name of a new provider: valid names and their spellings."""

from __future__ import annotations

import pytest

from dragoman import ConfigurationError
from dragoman.scaffold import ProjectName
from dragoman.scaffold.name import LONGEST


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("dragoman-acme", "dragoman-zeta-labs"),
        ("from dragoman_acme.chat import AcmeChat", "from dragoman_zeta_labs.chat import ZetaLabsChat"),
        ('acme = "dragoman_acme"', 'zeta_labs = "dragoman_zeta_labs"'),
        ("https://api.acme.example/v1", "https://api.zeta-labs.example/v1"),
        ('"acme-" = "acme-large"', '"zeta-labs-" = "zeta-labs-large"'),
        ("x-acme-key", "x-zeta-labs-key"),
        ("acme/anything", "zeta_labs/anything"),
        ("ACME_API_KEY, Acme", "ZETA_LABS_API_KEY, ZetaLabs"),
        ("src/dragoman_acme/py.typed", "src/dragoman_zeta_labs/py.typed"),
        ("text without the name", "text without the name"),
    ],
)
def test_is_spelled_for_its_context(template: str, expected: str) -> None:
    assert ProjectName.of("zeta-labs").render(template) == expected
    assert ProjectName.of("zeta_labs").render(template) == expected
    assert ProjectName.of("acme").render(template) == template


def test_may_contain_the_name_that_it_replaces() -> None:
    assert ProjectName.of("acme-acme").render("dragoman_acme acme ACME") == "dragoman_acme_acme acme_acme ACME_ACME"


@pytest.mark.parametrize("name", ["x", "ai21", "zeta-labs", "zeta_labs", "a" * LONGEST])
def test_is_accepted(name: str) -> None:
    assert ProjectName.of(name).provider == name.replace("-", "_")
    assert ProjectName.of(name).distribution == f"dragoman-{name.replace('_', '-')}"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "is not a valid name"),
        ("Acme", "lower-case"),
        ("21ai", "is not a valid name"),
        ("acme.ai", "is not a valid name"),
        ("acme--ai", "is not a valid name"),
        ("acme-", "is not a valid name"),
        ("-acme", "is not a valid name"),
        ("_acme", "is not a valid name"),
        ("../acme", "is not a valid name"),
        ("acme/../../etc", "is not a valid name"),
        ("acme\n", "is not a valid name"),
        ("acmé", "is not a valid name"),
        ("dragoman-acme", "without the prefix: 'acme'"),
        ("dragoman_acme", "without the prefix: 'acme'"),
        ("a" * (LONGEST + 1), f"longer than {LONGEST} characters"),
        ("http", "reserved by Dragoman"),
        ("testing", "reserved by Dragoman"),
        ("openai", "is the provider of dragoman-openai"),
        ("litellm-proxy", "is the provider of dragoman-litellm-proxy"),
        ("vllm", "is the provider of dragoman-hosts"),
        ("ollama", "is the provider of dragoman-ollama"),
    ],
)
def test_is_refused_with_a_reason(name: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=words):
        ProjectName.of(name)
