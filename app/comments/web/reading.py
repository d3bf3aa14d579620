"""One comment on a page of its own, with what it answers and what answers it; every text that it had."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.accounts.guards import anyone
from app.comments.queries import threads
from app.comments.queries.paging import read_place, reply_page
from app.comments.rules.lifecycle import COUNTED, CommentState
from app.comments.rules.threads import CommentGone, CommentUnknown
from app.comments.service.family import page_key
from app.comments.web.discussion import FRESH_FOR, Discussion, discussion_of
from app.comments.web.shown import entries
from app.core.text.changes import word_changes
from app.core.text.plain import excerpt

MOST_TITLE = 60


@get("/comments/{comment_id:int}", name="comments.show", guards=[anyone], sync_to_thread=True)
def show(request: Request[Any, Any, Any], db: NamedDependency[Session], comment_id: FromPath[int]) -> Response[bytes]:
    """The same for everyone. What was never public is nowhere; what is public no more leaves a placeholder."""
    found, row = _readable(request, db, comment_id)
    state = request.app.state
    titles = state.site.dependencies["comment_titles"]
    place = read_place(request.query_params.get("after", ""), state.clock.now())
    page = reply_page(db, row, place, state.clock.now())
    here = entries(
        db, titles, [*threads.above(db, row), row, *page.rows], may_act=found.may_act, whole=True, known=found.known
    )
    at = next(number for number, entry in enumerate(here) if entry.row.id == comment_id)
    response: Response[bytes] = state.pages.public(
        "comments/comment.html",
        keys=(page_key(found.subject), *found.known.keys),
        good_until=found.known.closes_at,
        fresh_for=FRESH_FOR,
        discussion=found,
        entry=here[at],
        above=here[:at],
        replies=here[at + 1 :],
        name=excerpt(row.body, MOST_TITLE) if row.body else "",
        first=place is None,
        next_href=f"/comments/{comment_id}?after={page.next}" if page.next else "",
        canonical_url=f"{state.settings.base_url}/comments/{comment_id}",
    )
    return response


@get("/comments/{comment_id:int}/versions", name="comments.versions", guards=[anyone], sync_to_thread=True)
def versions(
    request: Request[Any, Any, Any], db: NamedDependency[Session], comment_id: FromPath[int]
) -> Response[bytes]:
    """Each text that was public, the newest first, with what changed."""
    found, row = _readable(request, db, comment_id)
    if CommentState(row.state) not in COUNTED:
        raise CommentGone
    texts = threads.public_revisions(db, comment_id)
    before = [None, *texts[:-1]]
    shown = [
        (text, word_changes(old.body, text.body) if old is not None else None)
        for old, text in zip(before, texts, strict=True)
    ]
    response: Response[bytes] = request.app.state.pages.public(
        "comments/versions.html",
        keys=(page_key(found.subject), *found.known.keys),
        fresh_for=FRESH_FOR,
        discussion=found,
        row=row,
        versions=shown[::-1],
    )
    return response


def _readable(request: Request[Any, Any, Any], db: Session, comment_id: int) -> tuple[Discussion, Row[Any]]:
    row, subject = threads.one(db, comment_id), threads.subject_of(db, comment_id)
    if row is None or subject is None:
        raise CommentUnknown
    return discussion_of(request, db, subject), row


HANDLERS = [show, versions]
