"""The discussion of a petition, at an address of its own."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.comments.web.discussion import Newest, discussion_atom, discussion_page, newest_of
from app.core.subject import SubjectRef
from app.core.web.edge import shows
from petitions.model.petition import Petition
from petitions.web.addressed import petition_id_of

MOST_SHOWN = 3


@shows("/petitions/{ref:str}/discussion", name="petitions.discussion", at_once=False)
def discussion(request: Request[Any, Any, Any], db: Session) -> Response[bytes]:
    return discussion_page(request, db, SubjectRef("petition", petition_id_of(request.path_params["ref"])))


@get("/petitions/{ref:str}/discussion.atom", name="petitions.discussion-atom", guards=[anyone], sync_to_thread=True)
def feed(request: Request[Any, Any, Any], db: NamedDependency[Session], ref: FromPath[str]) -> Response[bytes]:
    return discussion_atom(request, db, SubjectRef("petition", petition_id_of(ref)))


def said_of(
    request: Request[Any, Any, Any], db: Session, petition: Petition, has_thread: bool, is_signable: bool
) -> Newest | None:
    """The part of a petition's page: a link, a figure, the newest few. Where nobody has spoken, nothing is asked."""
    subject = SubjectRef("petition", petition.id)
    if has_thread:
        return newest_of(request, db, subject, MOST_SHOWN)
    if not is_signable or request.app.state.site.discussed["petition"].mode is None:
        return None
    return Newest(f"/petitions/{petition.id}/discussion", 0, may_act=True, entries=[])


HANDLERS = [discussion, feed]
