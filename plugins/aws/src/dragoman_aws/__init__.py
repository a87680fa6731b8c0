"""What the services of AWS have in common: signatures, credentials, regions, errors and event streams.

The names in ``__all__`` are public. A module is imported when one of its names is first used.
"""

from __future__ import annotations

from dragoman import lazy_names

TYPE_CHECKING = False  # type checkers know better, and the module typing is not paid for

if TYPE_CHECKING:
    from dragoman_aws.credentials import signer as signer
    from dragoman_aws.errors import AwsErrors as AwsErrors
    from dragoman_aws.event_stream import EVENT_STREAM as EVENT_STREAM, event_in as event_in
    from dragoman_aws.options import AwsOptions as AwsOptions
    from dragoman_aws.regions import dns_suffix as dns_suffix, region_of as region_of
    from dragoman_aws.signing import (
        REQUEST_ID_HEADERS as REQUEST_ID_HEADERS,
        SIGNED_HEADERS as SIGNED_HEADERS,
        Credentials as Credentials,
        signature_headers as signature_headers,
    )

_HOMES = {
    "dragoman_aws.credentials": ("signer",),
    "dragoman_aws.errors": ("AwsErrors",),
    "dragoman_aws.event_stream": ("EVENT_STREAM", "event_in"),
    "dragoman_aws.options": ("AwsOptions",),
    "dragoman_aws.regions": ("dns_suffix", "region_of"),
    "dragoman_aws.signing": ("REQUEST_ID_HEADERS", "SIGNED_HEADERS", "Credentials", "signature_headers"),
}
"""The public names by the module that defines each; the imports above name them for type checkers."""

__all__ = sorted(name for names in _HOMES.values() for name in names)  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]  # computed

__getattr__ = lazy_names(__name__, _HOMES)
