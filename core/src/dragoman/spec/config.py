"""The configuration of a model: how to reach it and its default settings."""

from __future__ import annotations

import copy
import os
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any

from dragoman.spec.argument_names import door
from dragoman.spec.capabilities import Policy
from dragoman.spec.config_rules import check_options, hidden, key_of, model_name, setting, text_of, without_user
from dragoman.spec.errors import ConfigurationError, InvalidRequestError
from dragoman.spec.request import SETTINGS, Settings
from dragoman.spec.secret import KeySource, RedactedDict, Secret, redact_secrets, reveal

if TYPE_CHECKING:
    from typing import Unpack

    from dragoman.spec.config_keywords import ConfigSettings
    from dragoman.spec.config_origins import ConfigOrigin, Loaded

DEFAULT_TEMPERATURE = 0.7
DEFAULT_MAX_TOKENS = 4096

FIELDS = ("model", "api_key", "api_base", "temperature", "max_tokens")
CORE_OPTIONS = frozenset(
    {
        "provider",
        "timeout",
        "connect_timeout",
        "first_byte_timeout",
        "idle_timeout",
        "num_retries",
        "on_unsupported",
        "headers",
        "allow_insecure",
        "fallbacks",
        "fall_back_on",
        "first_output_timeout",
        "on_retry",
        "retry",
        "proxy",
        "verify",
        "client_cert",
        "max_reply_bytes",
        "options",
    }
)
"""Keyword arguments that the core understands in addition to the settings; all others belong to the provider."""

NOT_GIVEN: Any = object()
"""The default of an argument for which ``None`` means something else."""


class LLMConfig:
    """Say which model to use, how to reach it and which settings it uses by default.

    Args:
        model: the model: a bare name, or ``provider/name``; without this argument, the built-in echo provider answers,
            but ``None`` is an error as soon as a model is needed.
        api_key: the credential, stored as a :class:`~dragoman.Secret`; or a callable, asynchronous or not, that returns
            it and is asked at each call; without one, it is read from the environment.
        api_base: the base URL, if it is not the provider's default.
        temperature: the sampling temperature: 0 for the likeliest tokens, higher for more variety. The default is not
            sent to a model that reasons.
        max_tokens: the greatest number of tokens of an answer. The default is not sent to a model that reasons, whose
            reasoning would count towards it.
        kwargs: further settings (see :class:`~dragoman.Settings`); ``provider``, ``timeout`` (seconds for the whole
            call, default 600), ``connect_timeout``, ``first_byte_timeout`` and ``idle_timeout`` (seconds),
            ``first_output_timeout`` (seconds to the first output of each attempt), ``num_retries``
            (default 2) or ``retry`` (a :class:`~dragoman.RetryPolicy`), ``on_retry`` (called before each wait, with the
            number of the try that failed, its error and the wait), ``on_unsupported`` (``adjust``, ``warn`` or
            ``raise``), ``headers``, ``allow_insecure``, ``fallbacks`` (models or configurations to try next),
            ``fall_back_on`` (when: classes of errors; ``empty``, ``refused``, ``truncated`` or a function of a
            :class:`~dragoman.Response` for answers; or a list); ``proxy`` (the address of a proxy, or ``False``
            for none, even if the environment names one), ``verify`` (the path of a CA bundle, or an
            :class:`ssl.SSLContext`; ``False`` turns the verification off, which requires ``allow_insecure=True``),
            ``client_cert`` (the path of a PEM file with a certificate and its key, or the paths of both);
            ``max_reply_bytes`` (the greatest size of a decompressed reply, default 64 MiB); ``options`` (what is a
            provider's own: a mapping keyed by provider, or objects of the options classes of plugins); all others are
            options of the provider, such as ``api_version``.

    Raises:
        ConfigurationError: for a value of the wrong type, or a key that is not allowed in HTTP headers.

    """

    __slots__ = (
        "_given",
        "_lacks_model",
        "_loaded",
        "_revision",
        "api_base",
        "api_key",
        "kwargs",
        "max_tokens",
        "model",
        "temperature",
    )

    _given: set[str]
    _lacks_model: str
    _loaded: Loaded | None
    _revision: int
    model: str | None
    api_key: Secret | KeySource | None
    api_base: str | None
    temperature: float | None
    max_tokens: int | None
    kwargs: dict[str, Any]

    def __init__(
        self,
        /,
        model: str | None = NOT_GIVEN,
        api_key: str | Callable[[], str | Awaitable[str]] | None = None,
        api_base: str | None = None,
        temperature: float | None = NOT_GIVEN,
        max_tokens: int | None = NOT_GIVEN,
        **kwargs: Any,
    ) -> None:
        object.__setattr__(self, "_given", set[str]())
        object.__setattr__(self, "_lacks_model", "")
        object.__setattr__(self, "_loaded", None)
        object.__setattr__(self, "_revision", 0)
        for name in FIELDS:
            object.__setattr__(self, name, None)  # so that __repr__ works before all fields are set
        object.__setattr__(self, "kwargs", RedactedDict())
        try:
            self.kwargs = kwargs  # __setattr__ hides the credentials in them
            if model is not NOT_GIVEN:
                self.model = model
            self.api_key = api_key  # type: ignore[assignment]  # __setattr__ makes a Secret of it
            self.api_base = api_base
        finally:
            del api_key, api_base, kwargs  # keep credentials out of tracebacks that show locals
        self._default("temperature", temperature, DEFAULT_TEMPERATURE)
        self._default("max_tokens", max_tokens, DEFAULT_MAX_TOKENS)
        self.check()

    def _default(self, name: str, value: Any, default: Any) -> None:
        if value is NOT_GIVEN:
            object.__setattr__(self, name, default)
        else:
            setattr(self, name, value)

    def _set(self, name: str, value: Any) -> None:
        """Set a field; from now on, it counts as given explicitly."""
        if name == "api_key" and value is not None:
            try:
                value = key_of(value)
            except ConfigurationError:
                del value  # keep credentials out of tracebacks that show locals
                raise
        elif name == "model":
            value = None if value is None else model_name(name, value)
            object.__setattr__(self, "_lacks_model", "" if value else "model is None")
        elif name == "api_base" and value is not None:
            value = text_of(name, value)
        elif name in {"temperature", "max_tokens"}:
            value = setting(name, value)
        elif name == "kwargs":
            try:
                value = hidden(value)
            except ConfigurationError:
                del value  # keep credentials out of tracebacks that show locals
                raise
        object.__setattr__(self, name, value)
        if name in {"temperature", "max_tokens"}:
            self._given.add(name)
        object.__setattr__(self, "_revision", self._revision + 1)

    if not TYPE_CHECKING:  # pragma: no branch - type checkers would accept a field of any name
        __setattr__ = _set

    @property
    def explicit(self) -> frozenset[str]:
        """Return the names of the settings that were given explicitly."""
        return frozenset(self._given | (self.kwargs.keys() & set(SETTINGS)))

    @property
    def revision(self) -> int:
        """Return a number that changes with every assignment."""
        return self._revision

    @property
    def origins(self) -> dict[str, ConfigOrigin]:
        """Return where each value comes from: a line of a file, an environment variable, a keyword, or a default."""
        from dragoman.spec.config_origins import origins_of  # noqa: PLC0415  # few programs ask

        given = {**self._fields(), **({"model": self.model} if self.model else {})}
        return origins_of(given, FIELDS, self._loaded)

    @property
    def lacks_model(self) -> str:
        """Return why no model is configured where one was to be given, an empty string if there is one or none was."""
        return self._lacks_model

    @property
    def on_unsupported(self) -> Policy | None:
        """Return the policy for settings that a model does not support."""
        policy: Policy | None = self.kwargs.get("on_unsupported")
        return policy

    def settings(self) -> Settings:
        """Return the default settings of a call.

        Raises:
            ConfigurationError: for a value of the wrong type or out of range.

        """
        values: dict[str, Any] = {"temperature": self.temperature, "max_tokens": self.max_tokens}
        kwargs = dict(self.kwargs)  # another thread may change them
        values |= {name: kwargs[name] for name in SETTINGS if name in kwargs}
        try:
            return Settings(**values, explicit=self.explicit)
        except InvalidRequestError as error:
            raise ConfigurationError(error.message, parameter=error.parameter) from None

    def provider_options(self, *providers: str) -> dict[str, Any]:
        """Return the keyword arguments that belong to the provider.

        Args:
            providers: the names of the provider, whose part of ``options`` is included; the last one has precedence
                over those before it, and the keyword arguments over all.

        """
        named = CORE_OPTIONS | set(SETTINGS)
        own = {name: value for name, value in tuple(self.kwargs.items()) if name not in named}
        if not providers or not self.kwargs.get("options"):
            return RedactedDict(own)
        from dragoman.spec.provider_options import read_options  # noqa: PLC0415  # few configurations have them

        shared = read_options(self.kwargs["options"])
        of_names = (shared.get(name, {}) for name in providers)
        return RedactedDict({name: value for each in (*of_names, own) for name, value in each.items()})

    def replace(self, /, **changes: Any) -> LLMConfig:
        """Return a copy with some fields or keyword arguments changed."""
        try:
            return self._traced(LLMConfig(**{**self._fields(), **changes}))
        finally:
            del changes  # keep credentials out of tracebacks that show locals

    def _traced(self, other: LLMConfig) -> LLMConfig:
        """Return *other*, which knows where those of its values come from that are the same as here."""
        object.__setattr__(other, "_loaded", self._loaded)
        return other

    @door
    def to_dict(self, *, redact: bool = False) -> dict[str, Any]:
        """Return the configuration as one flat dictionary. Credentials are included, or masked if *redact* is true."""
        data = {**{name: getattr(self, name) for name in FIELDS}, **self.kwargs}
        if redact:
            return {**redact_secrets(data), **self._shown_addresses()}
        if isinstance(data.get("proxy"), Secret):
            data["proxy"] = data["proxy"].reveal()
        if data.get("headers"):
            data["headers"] = {name: reveal(value) for name, value in data["headers"].items()}
        return {**data, "api_key": None if self.api_key is None else self.api_key.reveal()}

    def _shown_addresses(self) -> dict[str, Any]:
        shown: dict[str, Any] = {"api_base": None if self.api_base is None else without_user(self.api_base)}
        proxy = self.kwargs.get("proxy")
        if isinstance(proxy, Secret) and "@" in proxy.reveal():
            shown["proxy"] = without_user(proxy.reveal())
        return shown

    @classmethod
    def from_dict(cls, config_dict: Mapping[str, Any]) -> LLMConfig:
        """Make a configuration from a flat dictionary, the inverse of :meth:`to_dict`.

        A temperature or token limit counts as given explicitly. Only in a dictionary with all five fields, as
        :meth:`to_dict` returns it, one that equals the default counts as the default.

        Raises:
            ConfigurationError: for a value of the wrong type.

        """
        if not isinstance(config_dict, Mapping):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers without a type checker
            message = f"config_dict must be a mapping, such as a dict, not {type(config_dict).__name__}"
            raise ConfigurationError(message)
        values = {text_of("the name of a field", name): value for name, value in config_dict.items()}
        if values.keys() >= {*FIELDS}:
            for name, default in (("temperature", DEFAULT_TEMPERATURE), ("max_tokens", DEFAULT_MAX_TOKENS)):
                if isinstance(values[name], int | float) and values[name] == default:
                    del values[name]
        if values.get("model", "") is None:
            del values["model"]
        try:
            return cls(**values)
        finally:
            del config_dict, values  # keep credentials out of tracebacks that show locals

    @classmethod
    def from_env(cls, prefix: str = "DRAGOMAN_", environ: Mapping[str, str] | None = None) -> LLMConfig:
        """Make a configuration from ``DRAGOMAN_MODEL``, ``DRAGOMAN_API_KEY``, ``DRAGOMAN_TEMPERATURE`` and so on.

        ``DRAGOMAN_FALLBACKS`` holds models, separated by commas; ``DRAGOMAN_HEADERS`` ``name=value``, separated by
        commas, or a JSON object; ``DRAGOMAN_OPTIONS`` the options of the provider as a JSON object.

        Raises:
            ConfigurationError: if a value cannot be read, the model is blank, or a variable is spelled nearly like one
                of these, or like an option.

        """
        from dragoman.spec.environment import of_environment  # noqa: PLC0415  # imported only when needed

        try:
            config = cls(**of_environment(os.environ if environ is None else environ, prefix))
        finally:
            del environ  # keep credentials out of tracebacks that show locals
        return _expecting_model(config, f"{prefix}MODEL is not set")

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str], profile: str | None = None) -> LLMConfig:
        """Make a configuration from the table ``[llm]`` of a TOML file, overridden by ``[llm.<profile>]``.

        Raises:
            ConfigurationError: if the file cannot be read, is not TOML, or has no such table or profile.

        """
        from dragoman.spec.config_sources import of_file  # noqa: PLC0415  # imported only when needed

        where = f"[llm.{profile}] and [llm]" if profile else "[llm]"
        return _expecting_model(cls.from_dict(of_file(path, profile)), f"{where} of {os.fspath(path)!r} names none")

    @classmethod
    def load(
        cls,
        profile: str | None = None,
        *,
        path: str | os.PathLike[str] | None = None,
        prefix: str = "DRAGOMAN_",
        environ: Mapping[str, str] | None = None,
        **fields: Unpack[ConfigSettings],
    ) -> LLMConfig:
        """Make a configuration of a file, the environment and keywords, in this order of weight; see :attr:`origins`.

        Args:
            profile: the table ``[llm.<profile>]`` of the file, which overrides its table ``[llm]``.
            path: the file; without it, the one that ``DRAGOMAN_CONFIG`` names, ``dragoman.toml`` in the working
                directory, or ``dragoman/dragoman.toml`` in the user's folder of configurations.
            prefix: the prefix of the environment variables.
            environ: the environment, by default that of the process.
            fields: arguments of :class:`LLMConfig`; an option of the provider goes into ``options``.

        Raises:
            ConfigurationError: if a value cannot be read or is out of range, there is no such profile, or a name is
                misspelled; the message says where.

        """
        from dragoman.spec.config_loading import check_keywords, configured, load  # noqa: PLC0415  # imported only when needed

        try:
            check_keywords(fields.keys())
            found = load(profile, path, os.environ if environ is None else environ, prefix, fields)
        finally:
            del environ, fields  # keep credentials out of tracebacks that show locals
        config = configured(cls, found)
        return _expecting_model(config, ", ".join(found.searched))

    def check(self) -> None:
        """Check all values. Values that were put into :attr:`kwargs` in place are only checked here.

        Raises:
            ConfigurationError: for a value of the wrong type or out of range.

        """
        self.settings()
        check_options(self.kwargs)
        if self.kwargs.get("fallbacks"):
            from dragoman.spec.config_arguments import check_fallbacks  # noqa: PLC0415  # few configurations have them

            check_fallbacks(self.kwargs["fallbacks"])

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, LLMConfig):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]  # it can change

    def __repr__(self) -> str:
        shown = {name: value for name, value in self.to_dict(redact=True).items() if value is not None}
        return f"LLMConfig({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    def __copy__(self) -> LLMConfig:
        return self.replace()

    def __deepcopy__(self, memo: dict[int, Any]) -> LLMConfig:
        return self._traced(_remade(copy.deepcopy(self._fields(), memo)))

    def __reduce__(self) -> tuple[Any, ...]:
        """Refuse to pickle a key; a configuration without one is pickled."""
        return (_remade, (self._fields(),))

    def _fields(self) -> RedactedDict:
        """Return what makes the same configuration."""
        names = ("api_key", "api_base", *self._given)
        model = {"model": self.model} if self.model or self._lacks_model else {}
        return RedactedDict({**model, **{name: getattr(self, name) for name in names}, **self.kwargs})


def _expecting_model(config: LLMConfig, reason: str) -> LLMConfig:
    """Write down in *config* why it has no model, unless it has one or a provider."""
    if config.model is None and config.kwargs.get("provider") is None:
        object.__setattr__(config, "_lacks_model", reason)
    return config


def _remade(fields: Mapping[str, Any]) -> LLMConfig:
    try:
        return LLMConfig(**fields)
    finally:
        del fields  # keep credentials out of tracebacks that show locals
