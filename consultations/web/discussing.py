"""The discussion beside a consultation, at an address of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.comments.service.family import page_key
from app.comments.web.discussion import Newest, discussion_atom, discussion_page, newest_of
from app.core.subject import SubjectRef
from consultations.model import Consultation
from consultations.rules.lifecycle import READABLE
from consultations.web.addressed import consultation_id_of

MOST_SHOWN = 3


@get("/consultations/{ref:str}/discussion", name="consultations.discussion", guards=[anyone], sync_to_thread=True)
def discussion(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    return discussion_page(request, db, SubjectRef("consultation", consultation_id_of(ref)))


@get(
    "/consultations/{ref:str}/discussion.atom",
    name="consultations.discussion-atom",
    guards=[anyone],
    sync_to_thread=True,
)
def feed(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    return discussion_atom(request, db, SubjectRef("consultation", consultation_id_of(ref)))


def said_of(request: Request[Any, Any, Any], db: Session, consultation: Consultation) -> Newest | None:
    """The part of a consultation's page: a link, a figure, the newest few; None where there is no discussion. The page
    depends on :func:`app.comments.service.family.page_key` of the consultation, too."""
    return newest_of(request, db, SubjectRef("consultation", consultation.id), MOST_SHOWN)


def part(request: Request[Any, Any, Any], db: Session, consultation: Consultation, now: datetime) -> Mapping[str, Any]:
    """For the consultation's own page."""
    if consultation.state not in READABLE:
        return {}
    subject = SubjectRef("consultation", consultation.id)
    return {"discussion_part": said_of(request, db, consultation), "keys": (page_key(subject),)}


HANDLERS = [discussion, feed]
