"""A key goes to its own vendor's hosts, in its own header, and nowhere else; for every vendor over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attrs import field, frozen

from dragoman import LLM, ConfigurationError, LLMConfig, MissingCredentialError
from dragoman.spec.secret import MASK
from dragoman.testing.fixtures import loopback
from dragoman.testing.reply import Reply

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dragoman import Prepared
    from dragoman.testing.loopback import LoopbackServer
    from dragoman.testing.reply import Received

__all__ = ["loopback"]

KEY = "sk-Secret0123456789"
GIVEN = "sk-Given9876543210"
CHAT = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}
MESSAGES = {"type": "message", "role": "assistant", "content": [], "stop_reason": "end_turn"}
GENERATED = {"candidates": [{"content": {"role": "model", "parts": [{"text": "Hi"}]}, "finishReason": "STOP"}]}
ANSWERED = {"message": {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]}, "finish_reason": "COMPLETE"}
HEADERS = ("authorization", "x-api-key", "api-key", "x-goog-api-key", "openai-organization", "openai-project")


@frozen(kw_only=True)
class Vendor:
    """Say where a vendor is, and what its keys are called.

    Args:
        provider: the name of its plugin.
        model: one of its models.
        keys: the environment variables of its key, each with the header that its value travels in.
        bases: the environment variables of its base URL.
        hosts: addresses that are its own; none for a server that is the caller's own.
        path: the path of a base URL elsewhere.
        keyless: whether it can be asked without a key.
        reply: a good answer.
        options: what its plugin needs to be reported.

    """

    provider: str
    model: str
    keys: dict[str, str]
    bases: tuple[str, ...]
    hosts: tuple[str, ...] = ()
    path: str = "/v1"
    keyless: bool = False
    reply: dict[str, Any] = CHAT
    options: dict[str, Any] = field(factory=dict)

    @property
    def header(self) -> str:
        return next(iter(self.keys.values()))

    @property
    def key(self) -> str:
        return next(iter(self.keys))

    def llm(self, **given: Any) -> LLM:
        return LLM(LLMConfig(model=self.model, provider=self.provider, num_retries=0, **{**self.options, **given}))


VENDORS = {
    "openai": Vendor(
        provider="openai",
        model="gpt-4o",
        keys={"OPENAI_API_KEY": "authorization"},
        bases=("OPENAI_BASE_URL", "OPENAI_API_BASE"),
        hosts=("api.openai.com",),
    ),
    "anthropic": Vendor(
        provider="anthropic",
        model="claude-sonnet-4-5",
        keys={"ANTHROPIC_API_KEY": "x-api-key", "ANTHROPIC_AUTH_TOKEN": "authorization"},
        bases=("ANTHROPIC_BASE_URL", "ANTHROPIC_API_BASE"),
        hosts=("api.anthropic.com",),
        path="",
        reply=MESSAGES,
    ),
    "google": Vendor(
        provider="google",
        model="gemini-2.5-flash",
        keys={"GEMINI_API_KEY": "x-goog-api-key", "GOOGLE_API_KEY": "x-goog-api-key"},
        bases=("GEMINI_API_BASE",),
        hosts=("generativelanguage.googleapis.com",),
        path="/v1beta",
        reply=GENERATED,
    ),
    "azure": Vendor(
        provider="azure",
        model="deployed",
        keys={"AZURE_OPENAI_API_KEY": "api-key", "AZURE_API_KEY": "api-key", "AZURE_AD_TOKEN": "authorization"},
        bases=("AZURE_OPENAI_ENDPOINT", "AZURE_API_BASE"),
        hosts=(
            "mine.openai.azure.com",
            "mine.openai.azure.us",
            "mine.cognitiveservices.azure.com",
            "mine.services.ai.azure.com",
        ),
        path="",
        options={"api_version": "2024-10-21"},
    ),
    "groq": Vendor(
        provider="groq",
        model="llama3-8b-8192",
        keys={"GROQ_API_KEY": "authorization"},
        bases=("GROQ_API_BASE", "GROQ_BASE_URL"),
        hosts=("api.groq.com",),
        path="/openai/v1",
    ),
    "cohere": Vendor(
        provider="cohere",
        model="command-a-03-2025",
        keys={"CO_API_KEY": "authorization", "COHERE_API_KEY": "authorization"},
        bases=("CO_API_URL", "COHERE_API_BASE", "COHERE_BASE_URL"),
        hosts=("api.cohere.com", "api.cohere.ai"),
        path="/v2",
        reply=ANSWERED,
    ),
    "mistral": Vendor(
        provider="mistral",
        model="mistral-large-latest",
        keys={"MISTRAL_API_KEY": "authorization"},
        bases=("MISTRAL_API_BASE", "MISTRAL_BASE_URL"),
        hosts=("api.mistral.ai",),
        path="/v1",
    ),
    "openrouter": Vendor(
        provider="openrouter",
        model="openai/gpt-4o",
        keys={"OPENROUTER_API_KEY": "authorization", "OR_API_KEY": "authorization"},
        bases=("OPENROUTER_API_BASE", "OPENROUTER_BASE_URL"),
        hosts=("openrouter.ai",),
        path="/api/v1",
    ),
    "litellm_proxy": Vendor(
        provider="litellm_proxy",
        model="gpt-4o",
        keys={"LITELLM_PROXY_API_KEY": "authorization"},
        bases=("LITELLM_PROXY_API_BASE",),
        keyless=True,
    ),
    "openai_compatible": Vendor(
        provider="openai_compatible",
        model="local",
        keys={"OPENAI_COMPATIBLE_API_KEY": "authorization"},
        bases=("OPENAI_COMPATIBLE_API_BASE",),
        keyless=True,
    ),
}
AT_HOME = [(name, host) for name, vendor in VENDORS.items() for host in vendor.hosts]
KEYS = [(name, variable) for name, vendor in VENDORS.items() for variable in vendor.keys]
BASES = [(name, variable) for name, vendor in VENDORS.items() for variable in vendor.bases]
LOOKALIKES = (
    "https://{host}.evil.test",
    "https://{host}evil.test",
    "https://evil-{claim}",
    "https://evil.test/{host}/v1",
    "https://evil.test:443/v1/https://{host}",
    "https://{dashed}.evil.test",
    "https://{host}.",
    "https://[::1]/{host}",
)
MALFORMED = (
    "https://{host}@evil.test/v1",
    "https://{host}:443@evil.test/v1",
    "https://evil.test\\@{host}/v1",
    "https://evil.test?{host}/v1",
    "https://evil.test#{host}/v1",
    "https://{host}/../../evil",
    "https://{cyrillic}/v1",
    "//{host}/v1",
    "ftp://{host}/v1",
)


@pytest.fixture(autouse=True)
def environment_full_of_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give every vendor its key, and OpenAI its owners: what leaks is found."""
    for vendor in VENDORS.values():
        monkeypatch.setenv(vendor.key, f"{KEY}-{vendor.provider}")
    monkeypatch.setenv("OPENAI_ORGANIZATION", f"{KEY}-organization")
    monkeypatch.setenv("OPENAI_PROJECT_ID", f"{KEY}-project")


@pytest.fixture(params=VENDORS.values(), ids=VENDORS)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    found: Vendor = request.param
    return found


def filled(forms: Iterable[str], host: str) -> list[str]:
    claim = host.removeprefix("mine.")  # the name of a resource is the customer's to choose
    names = {
        "host": host,
        "claim": claim,
        "dashed": host.replace(".", "-"),
        "cyrillic": host.replace("o", "о").replace("a", "а"),
    }
    return [form.format(**names) for form in forms]


def prepared(llm: LLM) -> Prepared:
    return llm.build_request("Hello")


def telling(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Return the headers that say who asks."""
    return {name.lower(): value for name, value in headers if name.lower() in HEADERS}


async def arrived(llm: LLM, server: LoopbackServer) -> Received:
    async with llm:
        await llm.generate("Hello")
    (received,) = server.requests
    return received


def only_in(received: Received, header: str, value: str) -> bool:
    """Tell whether a key came in one header, and stands neither in another one, nor in the path, nor in the body."""
    holding = [name.lower() for name, text in received.raw_headers if "sk-" in text]
    text = f"{received.path} {received.body.decode()}"
    return holding == [header] and received.headers[header] == value and "sk-" not in text


def sent_value(header: str, key: str) -> str:
    return f"Bearer {key}" if header == "authorization" else key


@pytest.mark.parametrize(("name", "host"), AT_HOME, ids=[host for _, host in AT_HOME])
def test_the_environments_key_goes_home(name: str, host: str) -> None:
    vendor = VENDORS[name]
    for base in (f"https://{host}", f"https://{host.upper()}{vendor.path}", f"https://{host}:443{vendor.path}/"):
        request = prepared(vendor.llm(api_base=base))
        assert telling(request.headers.items())[vendor.header] == MASK
        assert request.url.lower().startswith(f"https://{host}")


def test_the_environments_key_goes_to_the_vendors_own_base_url(vendor: Vendor) -> None:
    if vendor.hosts and vendor.provider != "azure":  # a resource of Azure has a name that only its owner knows
        request = prepared(vendor.llm())
        assert telling(request.headers.items())[vendor.header] == MASK
        assert request.url.startswith(f"https://{vendor.hosts[0]}/")
    else:
        with pytest.raises(ConfigurationError, match=vendor.bases[0]):
            prepared(vendor.llm())


@pytest.mark.parametrize(("name", "host"), AT_HOME, ids=[host for _, host in AT_HOME])
@pytest.mark.parametrize("form", LOOKALIKES)
def test_a_lookalike_gets_nothing(name: str, host: str, form: str) -> None:
    (base,) = filled([form], host)
    with pytest.raises(MissingCredentialError) as caught:
        prepared(VENDORS[name].llm(api_base=base))
    assert KEY not in f"{caught.value!r} {caught.value}"
    request = prepared(VENDORS[name].llm(api_base=base, api_key=GIVEN))
    assert telling(request.headers.items()) == {VENDORS[name].header: MASK}


@pytest.mark.parametrize(("name", "host"), AT_HOME, ids=[host for _, host in AT_HOME])
@pytest.mark.parametrize("form", MALFORMED)
def test_an_address_with_two_readings_is_refused(name: str, host: str, form: str) -> None:
    (base,) = filled([form], host)
    for given in ({}, {"api_key": GIVEN}):
        with pytest.raises(ConfigurationError) as caught:
            prepared(VENDORS[name].llm(api_base=base, **given))
        assert KEY not in f"{caught.value!r} {caught.value}"


@pytest.mark.parametrize("host", [host for _, host in AT_HOME])
def test_a_vendor_gets_no_key_of_another(vendor: Vendor, host: str) -> None:
    if host in vendor.hosts:
        return
    if vendor.keyless:
        assert telling(prepared(vendor.llm(api_base=f"https://{host}")).headers.items()) == {}
        return
    with pytest.raises(MissingCredentialError):
        prepared(vendor.llm(api_base=f"https://{host}"))


async def test_a_foreign_host_gets_nothing_from_the_environment(vendor: Vendor, loopback: LoopbackServer) -> None:
    loopback.always(Reply.json(vendor.reply))
    llm = vendor.llm(api_base=loopback.url + vendor.path)
    if not vendor.keyless:
        async with llm:
            with pytest.raises(MissingCredentialError, match="api_key"):
                await llm.generate("Hello")
        assert loopback.requests == []
        return
    received = await arrived(llm, loopback)
    assert telling(received.raw_headers) == {}
    assert KEY not in str(received)


async def test_a_given_key_goes_to_a_foreign_host(vendor: Vendor, loopback: LoopbackServer) -> None:
    loopback.always(Reply.json(vendor.reply))
    received = await arrived(vendor.llm(api_base=loopback.url + vendor.path, api_key=GIVEN), loopback)
    assert only_in(received, vendor.header, sent_value(vendor.header, GIVEN))


@pytest.mark.parametrize(("name", "variable"), BASES, ids=[variable for _, variable in BASES])
async def test_the_operators_base_url_gets_the_operators_key(
    monkeypatch: pytest.MonkeyPatch, loopback: LoopbackServer, name: str, variable: str
) -> None:
    vendor = VENDORS[name]
    monkeypatch.setenv(variable, loopback.url + vendor.path)
    for owner in ("OPENAI_ORGANIZATION", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(owner)
    loopback.always(Reply.json(vendor.reply))
    received = await arrived(vendor.llm(), loopback)
    assert only_in(received, vendor.header, sent_value(vendor.header, f"{KEY}-{name}"))


@pytest.mark.parametrize(("name", "variable"), KEYS, ids=[variable for _, variable in KEYS])
async def test_each_variable_of_a_key_is_read(
    monkeypatch: pytest.MonkeyPatch, loopback: LoopbackServer, name: str, variable: str
) -> None:
    vendor = VENDORS[name]
    for other in (*vendor.keys, "OPENAI_ORGANIZATION", "OPENAI_PROJECT_ID"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(variable, f"{KEY}-alone")
    monkeypatch.setenv(vendor.bases[0], loopback.url + vendor.path)
    loopback.always(Reply.json(vendor.reply))
    received = await arrived(vendor.llm(), loopback)
    assert only_in(received, vendor.keys[variable], sent_value(vendor.keys[variable], f"{KEY}-alone"))


@pytest.mark.parametrize(("name", "variable"), KEYS, ids=[variable for _, variable in KEYS])
def test_no_variable_of_a_key_is_read_for_a_foreign_host(
    monkeypatch: pytest.MonkeyPatch, name: str, variable: str
) -> None:
    vendor = VENDORS[name]
    for other in vendor.keys:
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv(variable, f"{KEY}-alone")
    llm = vendor.llm(api_base="https://gateway.test")
    if vendor.keyless:
        assert telling(prepared(llm).headers.items()) == {}
        return
    with pytest.raises(MissingCredentialError):
        prepared(llm)


async def test_the_owners_of_openais_key_stay_at_home(loopback: LoopbackServer) -> None:
    loopback.always(Reply.json(CHAT))
    received = await arrived(VENDORS["openai"].llm(api_base=loopback.url, api_key=GIVEN), loopback)
    assert telling(received.raw_headers) == {"authorization": f"Bearer {GIVEN}"}
    at_home = prepared(VENDORS["openai"].llm()).headers
    assert at_home["openai-organization"] == f"{KEY}-organization"


@pytest.mark.parametrize("form", [form for form in LOOKALIKES if "{claim}" not in form])
def test_a_lookalike_gets_no_credentials_of_this_machine(form: str) -> None:
    (vertex,) = filled([form], "us-central1-aiplatform.googleapis.com")
    with pytest.raises(MissingCredentialError):
        prepared(VENDORS["google"].llm(api_base=vertex, vertex=True, project="mine", location="us-central1"))
    (azure,) = filled([form], "mine.openai.azure.com")
    with pytest.raises(MissingCredentialError):
        prepared(VENDORS["azure"].llm(api_base=azure, entra=True))


def test_no_key_travels_in_the_clear(vendor: Vendor) -> None:
    for base in (*(f"http://{host}" for host in vendor.hosts), "http://gateway.test", "http://127.0.0.1.evil.test"):
        with pytest.raises(ConfigurationError, match="in the clear"):
            prepared(vendor.llm(api_base=base, api_key=GIVEN))
        allowed = prepared(vendor.llm(api_base=base, api_key=GIVEN, allow_insecure=True))
        assert telling(allowed.headers.items())[vendor.header] == MASK
    for host in vendor.hosts:
        with pytest.raises(ConfigurationError, match="in the clear"):
            prepared(vendor.llm(api_base=f"http://{host}"))


def test_a_base_url_of_the_environment_is_no_leave_to_go_in_the_clear(
    monkeypatch: pytest.MonkeyPatch, vendor: Vendor
) -> None:
    monkeypatch.setenv(vendor.bases[0], "http://gateway.test")
    with pytest.raises(ConfigurationError, match="in the clear"):
        prepared(vendor.llm())


def test_a_key_is_never_shown(vendor: Vendor) -> None:
    llm = vendor.llm(api_base="https://gateway.test", api_key=GIVEN)
    request = prepared(llm)
    shown = [llm, llm.config, request, request.headers, request.body, llm.explain(), vars(llm).get("_bound")]
    for each in shown:
        assert GIVEN not in f"{each!r} {each}"
    assert telling(request.headers.items()) == {vendor.header: MASK}


async def test_an_error_shows_no_key(vendor: Vendor, loopback: LoopbackServer) -> None:
    loopback.always(Reply.json({"error": {"message": "wrong key", "type": "authentication_error"}}, status=401))
    async with vendor.llm(api_base=loopback.url + vendor.path, api_key=GIVEN) as llm:
        with pytest.raises(PermissionError) as caught:
            await llm.generate("Hello")
    error: BaseException | None = caught.value
    while error is not None:
        assert GIVEN not in f"{error!r} {error} {vars(error)}"
        error = error.__cause__ or error.__context__


async def test_a_redirect_is_not_followed(vendor: Vendor, loopback: LoopbackServer) -> None:
    loopback.always(Reply(status=307, headers={"location": f"{loopback.url}/elsewhere"}))
    async with vendor.llm(api_base=loopback.url + vendor.path, api_key=GIVEN) as llm:
        with pytest.raises(OSError, match="redirect"):
            await llm.generate("Hello")
    assert len(loopback.requests) == 1
