"""What people told a department: petitions that anyone may read, and comments on those that are its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from sqlalchemy import Select, or_, select
from sqlalchemy.orm import Session

from app.comments.queries.searching import said_about
from app.core.subject import SubjectRef
from app.core.text.words import Wanted
from app.outcomes.contribution import Told
from app.outcomes.model import Referral, Support
from petitions.model.petition import Petition
from petitions.queries import finding
from petitions.queries.filters import P, Search, in_state
from petitions.queries.finding import Moment
from petitions.queries.words import having

KIND = "petition"
#: in this state a petition's text can be read, whatever the time
_ANY_TIME = Moment(datetime.min.replace(tzinfo=UTC), overdue=False)


def petitions(db: Session, department_id: int, words: str, most: int) -> Sequence[Told]:
    """A department's own first, then those of others, each the newest first."""
    search, sought = Search(q=words, state="all", sort="recent"), Wanted(words)
    held = finding.held_by(db, search)
    if held.none or not sought:
        return ()
    with_words = having(db).params(words=held.query)
    own = _own(department_id).where(P.id.in_(with_words)).order_by(P.created_at.desc(), P.id.desc())
    ids: list[int] = list(db.scalars(own.limit(most)))
    others: Sequence[int] = finding.find(db, search, _ANY_TIME, held, offset=0, most=most).ids
    wanted = list(dict.fromkeys([*ids, *others]))[:most]
    return [_told(petition, sought) for petition in finding.petitions(db, wanted)]


def comments(db: Session, department_id: int, words: str, most: int) -> Sequence[Told]:
    """Under petitions that it leads, answers or helps with; a comment on what was taken down is not found either."""
    sought = Wanted(words)
    if not sought:
        return ()
    said = said_about(db, KIND, _own(department_id), sought, most)
    titles = _titles(db, {s.subject_id for s in said})
    return [
        Told(
            kind="comment",
            title=titles[s.subject_id],
            href=f"/comments/{s.id}",
            excerpt=sought.excerpt(s.body),
            at=s.published_at,
            subject=SubjectRef(KIND, s.subject_id),
        )
        for s in said
    ]


def _own(department_id: int) -> Select[tuple[int]]:
    """Petitions that anyone may read and this department leads, answers or helps with."""
    referred = select(Referral.subject_id).where(Referral.subject_kind == KIND)
    helps = referred.join(Support, Support.referral_id == Referral.id).where(Support.department_id == department_id)
    return select(P.id).where(
        in_state("all", _ANY_TIME),
        or_(
            P.lead_department_id == department_id,
            P.id.in_(referred.where(Referral.department_id == department_id)),
            P.id.in_(helps),
        ),
    )


def _told(petition: Petition, words: Wanted) -> Told:
    return Told(
        kind=KIND,
        title=petition.action,
        href=f"/petitions/{petition.id}",
        excerpt=words.excerpt(petition.background, petition.additional_details),
        at=petition.opened_at or petition.created_at,
        people=petition.signature_count,
        subject=SubjectRef(KIND, petition.id),
    )


def _titles(db: Session, ids: set[int]) -> Mapping[int, str]:
    rows = db.execute(select(P.id, P.action).where(P.id.in_(ids))) if ids else ()
    return {i: action for i, action in rows}
