"""Loading of a model file by llama.cpp."""

from __future__ import annotations

import importlib
import os
import secrets
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from dragoman import ConfigurationError, NotFoundError, PermissionDeniedError, PluginLoadError
from dragoman_llamacpp.models import TINY_MODELS
from dragoman_llamacpp.options import NAME, LoadOptions
from dragoman_llamacpp.tiny_model import cached_tiny

_MAGIC = b"GGUF"  # https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
_MAX_SOCKET_PATH = 100  # bytes; the limits of operating systems differ, none is lower
_SILENT, _LOG = -1, 3  # levels of verbosity of llama.cpp


class Server(Protocol):
    """Declare the methods of ``xllamacpp.Server`` that are used; the library has no type annotations.

    Each method takes a request as JSON and calls back with each JSON document of the answer, until the callback returns
    true.
    """

    def handle_chat_completions(self, request: bytes, callback: Callable[[bytes], bool]) -> None:
        """Answer a conversation."""
        ...

    def handle_completions(self, request: bytes, callback: Callable[[bytes], bool]) -> None:
        """Continue a prompt."""
        ...


def load(options: LoadOptions) -> Server:
    """Load a model; this takes as long as reading its file.

    Raises:
        NotFoundError: if the file does not exist.
        PermissionDeniedError: if it must not be read.
        ConfigurationError: if llama.cpp cannot load it.
        PluginLoadError: if llama.cpp is not available for this machine.

    """
    path = _model_file(options.source)
    library = _import_library()
    parameters = _parameters(library, options, path)
    # The library always listens for HTTP. To keep others out, it listens on a socket in a private folder, which is
    # removed as soon as the model is loaded, and requires a random key.
    with tempfile.TemporaryDirectory(prefix="dragoman-") as folder:
        parameters.hostnames = [_address(folder)]
        try:
            server: Server = library.Server(parameters)
        except RuntimeError as error:
            raise ConfigurationError(_load_failure(path, options), provider=NAME, model=options.source) from error
        return server


def _load_failure(path: Path, options: LoadOptions) -> str:
    """Return the message for a model that cannot be loaded; llama.cpp writes the reason only to its log."""
    subject = "the chat template is invalid, or the file is" if options.chat_template is not None else "it is"
    reasons = f"{subject} damaged, of an unknown kind, or larger than the memory"
    return f"llama.cpp cannot load {path}: {reasons}; verbose=True shows the log of llama.cpp"


def _parameters(library: Any, options: LoadOptions, path: Path) -> Any:
    parameters = library.CommonParams()
    parameters.model.path = str(path)
    parameters.model_alias = {Path(options.source).stem}
    parameters.n_ctx = options.context_tokens * options.parallel
    parameters.n_parallel = options.parallel
    parameters.warmup = False
    parameters.use_jinja = True
    parameters.offline = True
    parameters.ui = False
    parameters.verbosity = _LOG if options.verbose else _SILENT
    parameters.api_keys = [secrets.token_hex(16)]
    if options.threads is not None:
        parameters.cpuparams.n_threads = options.threads
    if options.gpu_layers is not None:
        parameters.n_gpu_layers = options.gpu_layers
    if options.chat_template is not None:
        parameters.chat_template = options.chat_template
    return parameters


def _model_file(source: str) -> Path:
    """Return the path of a model's file, after a check that it can be read and is a GGUF file."""
    if source in TINY_MODELS:
        return _tiny_model_file(source)
    path = Path(source)
    try:
        with path.open("rb") as file:
            magic = file.read(len(_MAGIC))
    except PermissionError as error:
        message = f"the model file {source!r} must not be read by this user; change its permissions"
        raise PermissionDeniedError(message, provider=NAME, model=source) from error
    except (OSError, ValueError) as error:
        message = f"there is no model file {source!r}; write llamacpp/ and the path of a GGUF file, or llamacpp/tiny"
        raise NotFoundError(message, provider=NAME, model=source) from error
    if magic != _MAGIC:
        message = f"{source} is not a GGUF file: it begins with {magic!r}"
        raise ConfigurationError(message, provider=NAME, model=source)
    return path


def _tiny_model_file(name: str) -> Path:
    try:
        return cached_tiny(TINY_MODELS[name])
    except OSError as error:
        message = f"the model {name!r} cannot be written to the cache: {error}; set XDG_CACHE_HOME to a writable folder"
        raise ConfigurationError(message, provider=NAME, model=name) from error


def _import_library() -> Any:
    try:
        return importlib.import_module("xllamacpp")
    except ImportError as error:
        message = (
            f"llama.cpp cannot be imported: {error}; the page of the package xllamacpp lists the supported platforms"
        )
        raise PluginLoadError(message, provider=NAME) from error


def _address(folder: str) -> str:
    """Return the path of a UNIX socket in *folder*; where that is not possible, the loopback for a free port."""
    path = os.path.join(folder, "s.sock")  # noqa: PTH118  # a str is needed
    return path if os.name == "posix" and len(os.fsencode(path)) <= _MAX_SOCKET_PATH else "127.0.0.1"
