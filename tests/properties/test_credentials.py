"""No secret of the environment or of a key store leaves for a host that its provider does not claim."""

from __future__ import annotations

import pytest
import yarl
from hypothesis import example, given, strategies as st

from dragoman import ConfigurationError, MissingCredentialError, ProviderConfig
from dragoman.http import Base, Endpoint, base_url, credential, credential_fields, is_loopback
from dragoman.http.whole_address import checked_address
from dragoman.spec.secret import Secret, reveal

CLAIMS = ("openai.com", "api.openai.com", "-x.test", ".corp.test", "localhost", "api.*.openai.com", "*.corp.test")
LABELS = st.sampled_from(["api", "openai", "com", "evil", "test", "x", "eu-x", "corp", "localhost", "1", "api-openai"])
HOSTS = st.lists(LABELS, min_size=1, max_size=5).map(".".join)
LOOKALIKES = st.sampled_from(
    [
        "api.openai.com.evil.test",
        "api-openai.com",
        "notopenai.com",
        "openai.com.",
        "evil.test",
        "x.test",
        "corp.test",
        "127.0.0.1",
        "[::1]",
        "0.0.0.0",
        "localhost.evil.test",
    ]
)
AMBIENT = "sk-ambient"
GIVEN = "sk-given"


def claimed(host: str, claims: tuple[str, ...]) -> bool:
    """Tell whether *host* is one of *claims*, label by label: an independent reading of the rule."""
    labels = host.split(".")
    for claim in claims:
        if claim.startswith("-"):
            first, _, rest = claim[1:].partition(".")
            own = labels[-1 - len(rest.split(".")) :]
            if own[1:] == rest.split(".") and own[0].endswith(f"-{first}"):
                return True
            continue
        wanted = claim.removeprefix(".").split(".")
        ending = labels[-len(wanted) :]
        named = [label if each == "*" else each for label, each in zip(ending, wanted, strict=False)]
        if ending == named and len(labels) >= len(wanted) + claim.startswith("."):
            return True
    return False


@given(
    host=HOSTS | LOOKALIKES,
    scheme=st.sampled_from(["https", "http"]),
    port=st.sampled_from(["", ":443", ":8080"]),
    claims=st.lists(st.sampled_from(CLAIMS), max_size=3).map(tuple),
    stored=st.booleans(),
    in_environment=st.booleans(),
    key=st.sampled_from([None, GIVEN]),
    allow_insecure=st.booleans(),
)
@example(
    host="api.openai.com.evil.test",
    scheme="https",
    port="",
    claims=("api.openai.com",),
    stored=True,
    in_environment=True,
    key=None,
    allow_insecure=False,
)
def test_an_ambient_key_goes_only_where_it_belongs(
    *,
    host: str,
    scheme: str,
    port: str,
    claims: tuple[str, ...],
    stored: bool,
    in_environment: bool,
    key: str | None,
    allow_insecure: bool,
) -> None:
    config = ProviderConfig(
        name="near",
        api_base=f"{scheme}://{host}{port}/v1",
        api_key=Secret(key) if key else None,
        hosts=claims,
        allow_insecure=allow_insecure,
        environ={"NEAR_API_KEY": AMBIENT} if in_environment else {},
        secrets=lambda _provider, _field: AMBIENT if stored else None,
    )
    base = base_url(config, default="https://api.openai.com/v1")
    ambient = (stored or in_environment) and claimed(base.host, claims)
    expected = GIVEN if key else AMBIENT if ambient else None
    in_the_clear = scheme == "http" and not is_loopback(base.host) and not allow_insecure
    if in_the_clear and expected is not None:
        with pytest.raises(ConfigurationError) as caught:
            credential(config, base, env=("NEAR_API_KEY",))
        assert AMBIENT not in str(caught.value)
        assert GIVEN not in str(caught.value)
    else:
        found = credential(config, base, env=("NEAR_API_KEY",), required=False)
        assert (None if found is None else reveal(found)) == expected


FIELDS = {"access_key": ("NEAR_ACCESS_KEY",), "secret_key": ("NEAR_SECRET_KEY",), "session_token": ("NEAR_TOKEN",)}
SETS = st.sets(st.sampled_from(sorted(FIELDS)))
"""The fields that a source has."""


@given(
    host=HOSTS | LOOKALIKES,
    claims=st.lists(st.sampled_from(CLAIMS), max_size=3).map(tuple),
    passed=SETS,
    stored=SETS,
    ambient=SETS,
    chained=SETS,
)
def test_a_set_of_credentials_comes_from_one_source_that_may_be_sent_to_the_host(
    *,
    host: str,
    claims: tuple[str, ...],
    passed: set[str],
    stored: set[str],
    ambient: set[str],
    chained: set[str],
) -> None:
    config = ProviderConfig(
        name="near",
        api_base=f"https://{host}/v1",
        hosts=claims,
        options={name: f"passed {name}" for name in passed},
        environ={FIELDS[name][0]: f"ambient {name}" for name in ambient},
        secrets=lambda _, name: f"stored {name}" if name in stored else None,
    )
    base = base_url(config, default="https://api.openai.com/v1")
    sources = {"passed": passed}
    if claimed(base.host, claims):
        sources |= {"stored": stored, "ambient": ambient, "chained": chained}
    source = next((name for name, has in sources.items() if has), None)
    try:
        found = credential_fields(
            config,
            base,
            FIELDS,
            optional=("session_token",),
            chain=lambda: {name: f"chained {name}" for name in chained},
        )
    except MissingCredentialError:
        assert source is None or not {"access_key", "secret_key"} <= sources[source]
    else:
        assert {name: reveal(value) for name, value in found.items()} == {
            name: f"{source} {name}" for name in sources[source or ""]
        }


ODD = st.sampled_from(
    [
        "//{}",
        "https:{}",
        "https:///{}",
        "https://{}@evil.test",
        "https://evil.test#{}",
        "https://{}\\\\.evil.test",
        "ftp://{}",
    ]
)


@given(
    base=HOSTS | LOOKALIKES,
    host=HOSTS | LOOKALIKES,
    shape=st.sampled_from(["https://{}/v1", "https://{}:8443/v1?x=1", "http://{}/v1", "HTTPS://{}"]) | ODD,
    claims=st.lists(st.sampled_from(CLAIMS), max_size=3).map(tuple),
)
@example(base="api.openai.com", host="evil.test", shape="https://api.openai.com@{}/v1", claims=("openai.com",))
@example(base="gateway.test", host="api.openai.com", shape="https://{}/v1", claims=("openai.com",))
@example(base="api.openai.com", host="eu.openai.com", shape="https://{}/v1", claims=("openai.com",))
def test_a_whole_address_is_at_a_host_that_may_have_the_key(
    base: str, host: str, shape: str, claims: tuple[str, ...]
) -> None:
    endpoint = Endpoint(base=Base(url=f"https://{base}/v1", source="given"), hosts=claims)
    url = shape.format(host)
    try:
        sent = yarl.URL(checked_address(url, endpoint, "near"))  # as the transport reads it
    except ConfigurationError:
        return
    at_base = (sent.scheme, sent.raw_host, sent.port) == ("https", endpoint.base.host, 443)
    own = claimed(sent.raw_host or "", claims) and claimed(endpoint.base.host, claims) and sent.scheme == "https"
    assert at_base or own
