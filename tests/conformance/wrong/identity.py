"""Providers with mistakes in their identity, and in the handling of keys and options."""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
import socket
from typing import Any
from urllib.parse import urlsplit

import attrs
from attrs import frozen

from conformance.sound import (
    INFO,
    Plugin,
    SoundChat,
    SoundOptions,
    SoundProvider,
)
from conformance.wrong.table import plugin, wrong
from dragoman import (
    CallContext,
    Cap,
    Capabilities,
    ChatRequest,
    ProviderConfig,
    ProviderError,
    Response,
)
from dragoman.http import Endpoint

wrong("reports another name", "test_it_introduces_itself", Plugin, info=attrs.evolve(INFO, name="other"))
wrong(
    "has an issuer with a dot", "test_its_issuer_can_stand_before_a_dot", Plugin, info=attrs.evolve(INFO, issuer="a.b")
)
wrong(
    "reports an invalid version of the specification",
    "test_its_specification_is_one_we_speak",
    Plugin,
    info=attrs.evolve(INFO, spec="one"),
)
wrong("has untyped options", "test_its_options_are_typed", Plugin, info=attrs.evolve(INFO, options=dict))


@frozen
class Undocumented:
    """Hold options."""

    verbosity: str | None = None


wrong(
    "documents no option",
    "test_its_options_are_documented",
    Plugin,
    info=attrs.evolve(INFO, options=Undocumented),
)


@frozen
class Unreachable:
    """Hold options.

    Args:
        temperature: the temperature, which is a setting.

    """

    temperature: float | None = None


wrong(
    "has an option with the name of a setting",
    "test_its_options_can_be_given",
    Plugin,
    info=attrs.evolve(INFO, options=Unreachable),
)


def only_one(model: str) -> Capabilities:
    return {"large": Capabilities()}[model]


wrong("supports one model only", "test_capabilities_of_an_unknown_model_are_told[]", Plugin, capabilities=only_one)
_CALLS = itertools.count()


def changing(model: str) -> Capabilities:
    return Capabilities(tools=Cap(note=f"call {next(_CALLS)}"))


wrong("reports changing capabilities", "test_capabilities_are_the_same_each_time", Plugin, capabilities=changing)


@plugin("connects when it is created", "test_making_it_connects_to_nothing")
class Eager(Plugin):
    def endpoint(self, config: ProviderConfig) -> Endpoint:
        where = urlsplit(config.api_base or "")
        socket.create_connection((where.hostname or "", where.port or 0)).close()
        return super().endpoint(config)


class ClosedOnce(SoundProvider):
    closed = False

    async def aclose(self) -> None:
        if self.closed:
            message = "closed already"
            raise RuntimeError(message)
        self.closed = True
        await super().aclose()


class NeverClosed(SoundProvider):
    async def aclose(self) -> None:
        await super().aclose()
        await asyncio.Event().wait()


class Stub(SoundProvider):
    async def embed(self, *arguments: Any) -> Any:
        raise NotImplementedError


wrong("can be closed only once", "test_closing_it_twice_is_fine", Plugin, provider=ClosedOnce)
wrong("hangs when it is closed", "test_closing_it_ends", Plugin, provider=NeverClosed)
wrong("has an unimplemented method", "test_its_optional_methods_are_no_stubs", Plugin, provider=Stub)


class RevealsKey(SoundProvider):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.key = self.endpoint.headers["authorization"].reveal()  # type: ignore[attr-defined]


wrong("keeps its key as plain text", "test_a_key_is_not_shown", Plugin, provider=RevealsKey)


class Logging(SoundProvider):
    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        headers = {name: str.__str__(value) for name, value in self.endpoint.headers.items()}
        revealed = getattr(self.endpoint.headers["authorization"], "reveal", str)()
        logging.getLogger("wrong").debug("asking with %s", {**headers, "authorization": revealed})
        return await super().chat(request, context)


wrong("logs its key", "test_a_key_is_not_logged", Plugin, provider=Logging)


class RevealsKeyInErrors(SoundProvider):
    """Add the rejected key to the error."""

    async def chat(self, request: ChatRequest, context: CallContext) -> Response:
        try:
            return await super().chat(request, context)
        except ProviderError as error:
            key = self.endpoint.headers["authorization"].reveal()  # type: ignore[attr-defined]
            raise type(error)(f"{error.message} with {key}", status=error.status) from None


wrong("shows its key in an error", "test_a_key_is_not_in_an_error", Plugin, provider=RevealsKeyInErrors)
wrong("shows its key in a pickled error", "test_a_key_is_not_in_a_pickled_error", Plugin, provider=RevealsKeyInErrors)


@plugin("puts its key into the URL", "test_a_key_travels_in_headers_alone")
class InAddress(Plugin):
    def endpoint(self, config: ProviderConfig) -> Endpoint:
        made = super().endpoint(config)
        key = config.api_key.reveal() if config.api_key else ""
        return attrs.evolve(made, base=attrs.evolve(made.base, url=f"{made.base.url}/{key}"))


@plugin("sends the key of the environment to any host", "test_a_key_of_the_environment_goes_to_no_other_host")
class FromEnvironment(Plugin):
    def endpoint(self, config: ProviderConfig) -> Endpoint:
        key = os.environ.get("SOUND_API_KEY", "none")
        given = attrs.evolve(config, api_key=config.api_key or None)
        base = super().endpoint(attrs.evolve(given, api_key=_secret("unused"))).base
        return Endpoint(base=base, headers={"authorization": f"Bearer {key}"})


def _secret(text: str) -> Any:
    from dragoman import Secret  # noqa: PLC0415  # its only use

    return Secret(text)


_SHARED: list[Endpoint] = []


@plugin("shares one client between all keys", "test_two_keys_are_kept_apart")
class Shared(Plugin):
    def endpoint(self, config: ProviderConfig) -> Endpoint:
        made = super().endpoint(config)
        _SHARED.append(made)
        return attrs.evolve(made, headers=_SHARED[-len(_SHARED)].headers)


class AcceptsAnyOption(SoundChat):
    def __init__(self) -> None:
        super().__init__()
        self.options_reader = _AcceptingReader()  # type: ignore[assignment]


class _AcceptingReader:
    def structure(self, options: Any) -> SoundOptions:
        return SoundOptions()

    def read(self, request: Any) -> SoundOptions:
        return SoundOptions()


wrong("accepts any option", "test_an_unknown_option_is_refused", Plugin, dialect=AcceptsAnyOption)
wrong("accepts any option of a call", "test_an_unknown_option_of_a_call_is_refused", Plugin, dialect=AcceptsAnyOption)
