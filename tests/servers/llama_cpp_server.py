"""Serve a GGUF file on loopback with llama.cpp's own HTTP server, which the wheel `xllamacpp` carries.

    python llama_cpp_server.py MODEL PORT [API_KEY]

Port 0 takes a free one. Prints `listening http://127.0.0.1:PORT` when the model is ready; SIGTERM or SIGINT ends it.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path

from xllamacpp import CommonParams, Server

STOP = {signal.SIGTERM, signal.SIGINT}
CONTEXT_TOKENS = 4096
SLOTS = 2


def parameters(model: Path, port: int, api_key: str | None) -> CommonParams:
    """Configure a small server: one thread, two conversations at a time, answers of bounded length."""
    params = CommonParams()
    params.model.path = str(model)
    params.model_alias = {"tiny"}
    params.hostnames = ["127.0.0.1"]
    params.port = port
    params.n_ctx = CONTEXT_TOKENS * SLOTS
    params.n_parallel = SLOTS
    params.n_predict = 2048
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.warmup = False
    params.use_jinja = True
    params.offline = True
    params.ui = False
    if api_key:
        params.api_keys = [api_key]
    return params


def main(model: str, port: str, api_key: str | None = None) -> None:
    """Serve until told to stop."""
    # Blocked before the server starts its threads, which inherit the mask: the signal is left for sigwait.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    server = Server(parameters(Path(model), int(port), api_key))
    print("listening", server.listening_address, flush=True)
    signal.sigwait(STOP)
    del server


if __name__ == "__main__":
    main(*sys.argv[1:])
