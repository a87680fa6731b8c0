"""What keys and tokens look like: the forms that vendors give them, in either case of letters."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from typing import TypeAlias

Match: TypeAlias = "tuple[int, int]"
"""Where in a text a secret begins and where it ends."""

_DENSE = re.compile(r"[A-Za-z0-9]{16,}|(?=[A-Za-z]*\d)[A-Za-z0-9]{8,}")
_MIXED = re.compile(r"\d|[a-z][A-Z]")
_LONG = 32
_BLOCK = re.compile(r"[A-Za-z0-9+/_-]{24,}={0,2}")


def _any(_: str) -> bool:
    return True


def _has_digit(text: str) -> bool:
    return any(each.isdigit() for each in text)


def _is_dense(text: str) -> bool:
    """Tell letters drawn by lot from words joined by hyphens, as in ``sk-learn-compatible``."""
    return _DENSE.search(text) is not None


def _is_random(text: str) -> bool:
    return _MIXED.search(text) is not None or len(text) >= _LONG


def _is_basic(text: str) -> bool:
    decoded = _decoded(text)
    return b":" in decoded and decoded.isascii() and decoded.decode("ascii").isprintable()


_START = r"(?<![A-Za-z0-9])"
_SHAPES: tuple[tuple[tuple[str, ...], re.Pattern[str], Callable[[str], bool]], ...] = tuple(
    (needles, re.compile(f"(?i){pattern}"), condition)
    for needles, pattern, condition in (
        (("sk-", "sk_", "rk_", "pk_", "pk-", "rk-"), _START + r"[srp]k[-_]([A-Za-z0-9_-]{16,})", _is_dense),
        (
            ("gsk_", "csk-", "xai-", "pplx-", "nvapi-", "tvly-"),
            _START + r"(?:[gc]sk[-_]|xai-|pplx-|nvapi-|tvly-)([A-Za-z0-9_-]{16,})",
            _is_dense,
        ),
        (("aiza",), r"AIza([A-Za-z0-9_-]{30,})", _any),
        (("ya29.",), r"ya29\.([A-Za-z0-9._-]{16,})", _any),
        (
            ("akia", "asia"),
            _START + r"(A(?:KI|SI)A[A-Z0-9]{16})(?![A-Za-z0-9])",
            _has_digit,
        ),
        (("gh",), r"gh[a-z]_([A-Za-z0-9]{20,})", _any),
        (("github_pat_",), r"github_pat_([A-Za-z0-9_]{20,})", _any),
        (("glpat-", "gldt-", "glrt-", "glsa_"), r"gl(?:pat-|dt-|rt-|sa_)([A-Za-z0-9_.-]{16,})", _any),
        (("xox", "xapp-"), r"(?:xox[a-z]|xapp)-([A-Za-z0-9-]{10,})", _has_digit),
        (("hf_",), _START + r"hf_([A-Za-z0-9]{20,})", _any),
        (("npm_",), _START + r"npm_([A-Za-z0-9]{30,})", _any),
        (("pypi-",), _START + r"pypi-([A-Za-z0-9_-]{16,})", _is_dense),
        (("sg.",), _START + r"SG\.([A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,})", _any),
        (("r8_",), _START + r"r8_([A-Za-z0-9]{20,})", _any),
        (
            ("whsec_", "shpat_", "shpss_", "dop_v1_"),
            _START + r"(?:whsec_|shp[a-z]{2}_|dop_v1_)([A-Za-z0-9+/=_-]{16,})",
            _any,
        ),
        (("eyj",), _START + r"(eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{6,}(?:\.[A-Za-z0-9_-]*)*)", _any),
        (
            ("private key",),
            (
                r"(-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
                r"(?:(?:(?!-----BEGIN)(?s:.))*?-----END [A-Z0-9 ]{0,40}KEY(?: BLOCK)?-----"
                r"|(?:(?:\s|\\+[nr])*+[A-Za-z0-9+/=]{12,})*+))"
            ),
            _any,
        ),
        (("bearer",), _START + r"Bearer\s+([A-Za-z0-9._~+/=-]{8,})", _is_random),
        (("basic",), _START + r"Basic\s+([A-Za-z0-9+/_-]{6,}={0,2})", _is_basic),
        (("://",), r"://[^\s/?#:@\"'<>\\]*:([^\s/?#\"'<>\\]+)@", _any),
        (
            ("?", "&"),
            (
                r"[?&](?:amp;)?(?:[\w.-]{0,40}[-_.])?(?:(?:api|access)?key|token|secret|sig|signature|auth|pwd|pass|password)"
                r"=([^&#\s\"'<>\\]+)"
            ),
            _any,
        ),
    )
)
_WHOLE = frozenset({"bearer", "basic", "://", "?"})


def shaped(text: str) -> Iterator[Match]:
    """Yield where *text* holds something in the form of a key or a token."""
    lowered = text.lower()
    for needles, pattern, condition in _SHAPES:
        if any(needle in lowered for needle in needles):
            for found in pattern.finditer(text):
                if condition(found[1]):
                    yield found.span(1) if needles[0] in _WHOLE else found.span()


def encoded(text: str, is_secret: Callable[[str], bool]) -> Iterator[Match]:
    """Yield where *text* holds base64 in which, once decoded, there is a secret.

    Args:
        text: the text.
        is_secret: tells of a decoded text, one character for each byte, whether there is a secret in it.

    """
    for found in _BLOCK.finditer(text):
        if is_secret(_decoded(found[0]).decode("latin-1")):
            yield found.span()


def _decoded(block: str) -> bytes:
    whole = block.rstrip("=").translate(str.maketrans("-_", "+/"))
    whole = whole[: len(whole) - (len(whole) % 4 == 1)]
    try:
        return base64.b64decode(whole + "=" * (-len(whole) % 4))
    except binascii.Error:
        return b""
