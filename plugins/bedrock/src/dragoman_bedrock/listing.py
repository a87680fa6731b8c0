"""The models and the inference profiles of an account, which the control plane of Bedrock lists.

https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListFoundationModels.html and
https://docs.aws.amazon.com/bedrock/latest/APIReference/API_ListInferenceProfiles.html
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from dragoman import CallContext, ModelInfo
from dragoman.http import HttpProvider, HttpRequest, as_object, objects, word

_RUNTIME = "bedrock-runtime"


class ListingProvider(HttpProvider):
    """List models, at the host beside the one that answers."""

    async def models(self, context: CallContext) -> Sequence[ModelInfo]:
        """Return the foundation models of the region and the inference profiles, whose ids are names of models too."""
        return (
            *await self._listed("/foundation-models", "modelSummaries", "modelId", context),
            *await self._listed(
                "/inference-profiles?maxResults=1000", "inferenceProfileSummaries", "inferenceProfileId", context
            ),
        )

    async def _listed(self, path: str, member: str, name: str, context: CallContext) -> list[ModelInfo]:
        base = self.endpoint.base
        host = base.host.removeprefix(_RUNTIME)
        root = f"https://bedrock{host}" if host != base.host else ""
        found: list[ModelInfo] = []
        page = ""
        while True:
            reply = await self.call(HttpRequest(method="GET", url=f"{root}{path}{page}"), context)
            with self.reading(reply):
                body = as_object(reply.json(), "the listing")
                found += [
                    ModelInfo(id=str(each[name]), owner=word(each.get("providerName")), metadata=each)
                    for each in objects(body.get(member))
                    if each.get(name)
                ]
            if not body.get("nextToken"):
                return found
            page = f"&nextToken={quote(str(body['nextToken']), safe='')}"
