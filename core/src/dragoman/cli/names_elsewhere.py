"""What commands and options of the command line llm are called here; only errors need it."""

from __future__ import annotations

_PROFILE = "'dragoman config set -P NAME -m MODEL' stores a model and settings under a name"
_FUNCTIONS = "-t file.py lets the model call the functions of a file"
_ATTACHED = "-a attaches a file"

COMMANDS = {
    "aliases": _PROFILE,
    "templates": _PROFILE,
    "fragments": _ATTACHED,
    "schemas": "--schema takes a file",
    "tools": _FUNCTIONS,
    "install": "pip installs plugins, as in pip install dragoman-ollama",
    "uninstall": "pip removes plugins, as in pip uninstall dragoman-ollama",
    "embed-multi": "'dragoman embed' prints a vector for each line of standard input",
    "embed-models": "'dragoman models' lists models",
    "similar": "'dragoman embed' prints vectors, and searches none",
    "collections": "'dragoman embed' prints vectors, and stores none",
    "prompt": "it is called 'chat' here",
    "help": "--help shows the commands, and after a command its options",
    "version": "--version shows the version",
}
"""What is said of a command that is none."""

OPTIONS = {
    "--key": "'dragoman keys set PROVIDER' keeps a key",
    "-f": _ATTACHED,
    "--fragment": _ATTACHED,
    "--attachment": _ATTACHED,
    "--at": f"{_ATTACHED}, whose ending tells its type",
    "--functions": _FUNCTIONS,
    "-T": _FUNCTIONS,
    "--ta": "-t asks before each call, unless -y is given",
    "--tools-approve": "-t asks before each call, unless -y is given",
    "--cl": "it is called --turns here",
    "--chain-limit": "it is called --turns here",
    "--cid": "it is called --id here",
    "--conversation": "it is called --id here",
    "--schema-multi": "--schema '[name, age int]' asks for a list",
    "--save": _PROFILE,
    "--template": "it is called --profile here",
    "--xl": "-x prints the first block of code",
    "--extract-last": "-x prints the first block of code",
    "--log": "'dragoman logs on' turns the log on",
    "-V": "it is called --version here",
}
"""What is said of an option that 'chat' does not have."""


def meant_by(name: str, ours: dict[str, str]) -> str:
    """Return a sentence about a name of elsewhere to put behind an error, an empty text for any other name."""
    said = ours.get(name)
    return f" {said[:1].upper()}{said[1:]}." if said else ""
