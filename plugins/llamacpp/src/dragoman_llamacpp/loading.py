"""From a file to a model in memory."""

from __future__ import annotations

import importlib
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from dragoman import ConfigurationError, NotFoundError, PermissionDeniedError, PluginLoadError
from dragoman_llamacpp.chat import NAME
from dragoman_llamacpp.options import Loading
from dragoman_llamacpp.tiny import Kind, cached_tiny

_TINY: dict[str, Kind] = {"tiny": "chain", "tiny-babble": "babble"}
_MAGIC = b"GGUF"  # https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
_LONGEST_SOCKET_PATH = 100  # bytes; the systems differ, none allows less
_SILENCE, _LOG = -1, 3  # of llama.cpp's levels of verbosity


class Server(Protocol):
    """Declare what is used of ``xllamacpp.Server``, which has no types of its own.

    Each door takes a request as JSON and calls back with each JSON document of the answer; a true value stops it.
    """

    def handle_chat_completions(self, request: bytes, callback: Callable[[bytes], bool]) -> None:
        """Answer a conversation."""
        ...

    def handle_completions(self, request: bytes, callback: Callable[[bytes], bool]) -> None:
        """Go on from a prompt."""
        ...


def source_of(model: str) -> str:
    """Return the absolute path that *model* stands for; the name of a tiny model as it is."""
    if model in _TINY:
        return model
    return str(Path(os.path.expanduser(model)).absolute())  # noqa: PTH111  # Path.expanduser raises for an unknown user


def load(loading: Loading) -> Server:
    """Load a model; takes as long as reading the file does.

    Raises:
        NotFoundError: if there is no such file.
        PermissionDeniedError: if it may not be read.
        ConfigurationError: if llama.cpp cannot load it.
        PluginLoadError: if there is no llama.cpp for this machine.

    """
    path = _file(loading.source)
    library = _library()
    parameters = _parameters(library, loading, path)
    # The library always opens a door for HTTP. It is put where nobody can knock: into a private folder that is gone
    # as soon as the model is loaded, and behind a key that nobody knows.
    with tempfile.TemporaryDirectory(prefix="dragoman-") as folder:
        parameters.hostnames = [_address(folder)]
        try:
            server: Server = library.Server(parameters)
        except RuntimeError as error:
            raise ConfigurationError(_refused(path, loading), provider=NAME, model=loading.source) from error
        return server


def _refused(path: Path, loading: Loading) -> str:
    """Return the words for a refusal, since llama.cpp gives its reasons to its log alone."""
    whose = "the chat template is wrong, or the file is" if loading.chat_template is not None else "it is"
    reasons = f"{whose} damaged, of an unknown kind, or larger than the memory"
    return f"llama.cpp cannot load {path}: {reasons}; verbose=True shows what llama.cpp says"


def _parameters(library: Any, loading: Loading, path: Path) -> Any:
    parameters = library.CommonParams()
    parameters.model.path = str(path)
    parameters.model_alias = {Path(loading.source).stem}
    parameters.n_ctx = loading.context_tokens * loading.parallel
    parameters.n_parallel = loading.parallel
    parameters.warmup = False
    parameters.use_jinja = True
    parameters.offline = True
    parameters.ui = False
    parameters.verbosity = _LOG if loading.verbose else _SILENCE
    parameters.api_keys = [secrets.token_hex(16)]
    if loading.threads is not None:
        parameters.cpuparams.n_threads = loading.threads
    if loading.gpu_layers is not None:
        parameters.n_gpu_layers = loading.gpu_layers
    if loading.chat_template is not None:
        parameters.chat_template = loading.chat_template
    return parameters


def _file(source: str) -> Path:
    """Return the file of a model, once it looks like one."""
    if source in _TINY:
        return _made(source)
    path = Path(source)
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except PermissionError as error:
        message = f"the model {source} may not be read"
        raise PermissionDeniedError(message, provider=NAME, model=source) from error
    except (OSError, ValueError) as error:
        message = f"there is no model file {source!r}; give llamacpp/ and the path of a GGUF file, or llamacpp/tiny"
        raise NotFoundError(message, provider=NAME, model=source) from error
    if magic != _MAGIC:
        message = f"{source} is no GGUF file: it begins with {magic!r}"
        raise ConfigurationError(message, provider=NAME, model=source)
    return path


def _made(name: str) -> Path:
    try:
        return cached_tiny(_TINY[name])
    except OSError as error:
        message = f"the model {name!r} cannot be written to the cache: {error}; set XDG_CACHE_HOME to a folder that can"
        raise ConfigurationError(message, provider=NAME, model=name) from error


def _library() -> Any:
    try:
        return importlib.import_module("xllamacpp")
    except ImportError as error:
        message = (
            f"llama.cpp cannot be imported: {error}; the page of the package xllamacpp lists the machines it knows"
        )
        raise PluginLoadError(message, provider=NAME) from error


def _address(folder: str) -> str:
    """Return a UNIX socket in *folder*; where there is none, a free port of the loopback."""
    path = os.path.join(folder, "s.sock")  # noqa: PTH118  # a text is wanted
    return path if os.name == "posix" and len(os.fsencode(path)) <= _LONGEST_SOCKET_PATH else "127.0.0.1"
