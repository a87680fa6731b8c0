"""Serve a GGUF file on the loopback with the HTTP server of llama.cpp, which the package `xllamacpp` contains.

    python llama_cpp_server.py MODEL PORT [API_KEY]

Port 0 selects a free port. The program prints `listening http://127.0.0.1:PORT` when the model is ready, and exits on
SIGTERM or SIGINT.
"""

from __future__ import annotations

import signal
import sys
import time
from pathlib import Path

from xllamacpp import CommonParams, Server

STOP = {signal.SIGTERM, signal.SIGINT}
CONTEXT_TOKENS = 4096
SLOTS = 2
TRIES = 10


def parameters(model: Path, port: int, api_key: str | None) -> CommonParams:
    """Return the parameters of a small server: one thread, two conversations at a time, answers of limited length."""
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


def started(params: CommonParams) -> Server:
    """Return a server that listens; its port may still be held for a moment by what listened there before."""
    for _ in range(TRIES):
        try:
            return Server(params)
        except RuntimeError:
            time.sleep(0.5)
    return Server(params)


def main(model: str, port: str, api_key: str | None = None) -> None:
    """Serve until a signal arrives."""
    # The threads of the server inherit this mask, so that only sigwait receives the signals.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
    server = started(parameters(Path(model), int(port), api_key))
    print("listening", server.listening_address, flush=True)
    signal.sigwait(STOP)
    del server


if __name__ == "__main__":
    main(*sys.argv[1:])
