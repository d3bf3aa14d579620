"""A petition in the words of schema.org, which has none for petitions: a work that people endorse."""

from __future__ import annotations

from typing import Any

from app.core.text.plain import excerpt
from app.core.web.linked_data import moment
from petitions.model.petition import Petition

MOST = 300


def petition(found: Petition, link: str, site: str, state: str) -> dict[str, Any]:
    """Nobody who took part is named in it. ``state``: as the page shows it."""
    return {
        "@type": "CreativeWork",
        "@id": link,
        "url": link,
        "name": found.action,
        "abstract": excerpt(found.background, MOST),
        "genre": "Petition",
        "creativeWorkStatus": state,
        "dateCreated": moment(found.created_at),
        "datePublished": moment(found.opened_at),
        "expires": moment(found.closes_at),
        "publisher": {"@type": "Organization", "name": site},
        "interactionStatistic": {
            "@type": "InteractionCounter",
            "interactionType": {"@type": "EndorseAction"},
            "userInteractionCount": found.signature_count,
        },
    }
