"""A petition as the moderators' desk shows it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.core.i18n import _
from app.moderation.contribution import Change, Link, Shown
from petitions.model.petition import JudgedText, Petition
from petitions.rules.lifecycle import STATE_NAMES, PetitionState
from petitions.rules.texts import text_digest
from petitions.rules.thresholds import sponsors_left
from petitions.service.removing import ILLEGAL

PUBLISHED = frozenset({PetitionState.OPEN, PetitionState.CLOSED})
REFUSED = frozenset({PetitionState.REJECTED, PetitionState.HIDDEN})


def shown(db: Session, petition: Petition) -> Shown:
    """Its text, what stands beside it, and what may be done with it."""
    return Shown(
        title=petition.action,
        href=f"/petitions/{petition.id}",
        paragraphs=[
            (str(_("Background")), petition.background),
            (str(_("More details")), petition.additional_details),
        ],
        facts=[
            (str(_("Started by")), petition.creator_name or ""),
            (str(_("Signatures so far")), f"{petition.signature_count:,}"),
            (str(_("Supporters")), _supporters(petition)),
        ],
        digest=text_digest(petition.action, petition.background, petition.additional_details),
        standing=str(STATE_NAMES[PetitionState(petition.state)]),
        changes=_changes(db, petition),
        links=_links(petition),
        can_take_down=can_be_taken_down(petition),
        can_restore=can_restore(petition),
    )


def supporters_left(petition: Petition) -> int | None:
    """How many are left where some took their support back while it is first checked; None where enough stand."""
    if petition.state != PetitionState.IN_MODERATION or petition.was_published:
        return None
    return sponsors_left(petition.signature_count, petition.sponsors_needed)


def _supporters(petition: Petition) -> str:
    left = supporters_left(petition)
    if left is None:
        return ""
    return _("{left} left of the {needed} it needed: the others are gone since").format(
        left=left, needed=petition.sponsors_needed
    )


def can_be_taken_down(petition: Petition) -> bool:
    """Whether the public can read it: also where its creator withdrew it after publication."""
    withdrawn = petition.state == PetitionState.WITHDRAWN and petition.was_published
    return withdrawn or petition.state in PUBLISHED


def can_restore(petition: Petition) -> bool:
    """What was never published needs its people still: without them nobody could sign it."""
    if petition.rejection_code == ILLEGAL:
        return False
    return petition.state in REFUSED and (petition.was_published or petition.salt is not None)


def _changes(db: Session, petition: Petition) -> list[Change]:
    """From the text that was rejected last to the one that waits now."""
    if petition.state != PetitionState.IN_MODERATION:
        return []
    judged = select(JudgedText).where(JudgedText.petition_id == petition.id).order_by(JudgedText.at.desc()).limit(1)
    if (before := db.scalar(judged)) is None:
        return []
    return [
        Change(str(_("What should be done")), before.action, petition.action),
        Change(str(_("Background")), before.background, petition.background),
        Change(str(_("More details")), before.additional_details, petition.additional_details),
    ]


def _links(petition: Petition) -> list[Link]:
    """Where a moderator goes on from a petition's case."""
    links = [
        Link(f"/moderation/petitions/{petition.id}", str(_("Topics and notes"))),
        Link(f"/moderation/petitions/{petition.id}/statistics", str(_("Statistics"))),
    ]
    if petition.state in PUBLISHED:
        links.append(Link(f"/moderation/discussions/petition/{petition.id}", str(_("Run the discussion"))))
        links.append(Link(f"/moderation/petitions/{petition.id}/correct", str(_("Correct the text"))))
    return links
