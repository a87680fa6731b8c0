"""Names under which secrets are kept: members of objects, variables, parameters."""

from __future__ import annotations

import re
from functools import lru_cache

_STRONG = re.compile(
    r"(?:(?:password|passwd|passphrase|passcode|pwd)(?:confirmation|confirm|again|repeat|old|new|hash|\d)?"
    r"|secrets?|connectionstring"
    r"|(?:api|access|secret|private|signing|encryption|account|shared|subscription|auth|master|service)keys?)$"
)
_SOFT = re.compile(r"(?:token|authorization|credentials?|cookie)$")
_NO_SECRET = re.compile(
    r"(?:next|page|continuation|sync|prev|previous|[ebs]os|pad|unk|sep|mask|cls|stop|special|start|end|first|last"
    r"|max|min|num|per|input|output|total|image|audio|text)token$"
)
_VARIABLE = re.compile(
    r"(?:_KEY|_TOKEN|_PAT|SECRETS?|PASS\w*|PWD|CREDENTIALS?|AUTHORIZATION|COOKIE)$|PASS(?!IVE|AGE|PORT)", re.IGNORECASE
)
_PLACE = re.compile(r"(?:_FILE|_PATH|_DIR|_HOME|_SOCK|_STORE|_DIRECTORY)$", re.IGNORECASE)
_NAME_ALONE = re.compile(r"^[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)*_KEY$")


_LONGEST = 80


def is_telling(name: str) -> bool:
    """Tell whether what stands under *name* is a secret, such as ``password``, ``apiKey`` or ``X-Auth-Token``."""
    return len(name) <= _LONGEST and _is_telling(name)


@lru_cache(maxsize=4096)
def _is_telling(name: str) -> bool:
    return is_strong(name) or _is_soft(_letters(name))


@lru_cache(maxsize=4096)
def is_strong(name: str) -> bool:
    """Tell whether even a number under *name* is a secret: a token may be a count, a password is none."""
    return _STRONG.search(_letters(name)) is not None or _NAME_ALONE.search(name) is not None


def is_secret_variable(name: str) -> bool:
    """Tell whether the environment variable *name* holds a secret by its name."""
    return _VARIABLE.search(name) is not None and not _PLACE.search(name)


def _is_soft(letters: str) -> bool:
    return _SOFT.search(letters) is not None and not _NO_SECRET.search(letters)


def _letters(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
