"""Vote on a comment: set, never toggled. The act goes to the intake; the page is its voter's own."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect
from sqlalchemy.orm import Session

from app.accounts import drafts
from app.accounts.guards import visitor
from app.comments.model import Comment
from app.comments.queries import threads
from app.comments.rules.lifecycle import COUNTED, CommentState
from app.comments.rules.threads import CannotVote, CommentUnknown
from app.comments.service.voting import VALUES, CommentVote
from app.comments.web.discussion import discussion_of
from app.comments.web.shown import entries
from app.comments.web.visitors import kept, policy_of, speaker, spend, spend_draft
from app.core.errors import FieldError, Invalid, NotFound
from app.core.i18n import _
from app.core.switches import Switch
from app.core.web.edge import in_worker
from app.core.web.forms import Form, read_form
from app.core.web.page import see_other


@get("/comments/{comment_id:int}/vote", name="comments.vote", guards=[visitor], sync_to_thread=True)
def vote_form(
    request: Request[Any, Any, Any], db: NamedDependency[Session], comment_id: FromPath[int]
) -> Response[Any]:
    """What one's vote is; whoever has not signed in is sent to do so."""
    row, subject = threads.one(db, comment_id), threads.subject_of(db, comment_id)
    if row is None or subject is None:
        raise CommentUnknown
    found = discussion_of(request, db, subject)
    if CommentState(row.state) not in COUNTED:
        raise CannotVote(href=found.known.discussion)
    account = speaker(request, "comments.vote")
    if account is None:
        return see_other(f"/sign-in?next=/comments/{comment_id}/vote")
    state = request.app.state
    now = threads.vote_of(db, comment_id, account.id)
    response: Response[bytes] = state.pages.personal(
        "comments/vote.html",
        discussion=found,
        entry=entries(
            db, state.site.dependencies["comment_titles"], [row], may_act=False, whole=True, known=found.known
        )[0],
        vote=next(word for word, value in VALUES.items() if value == now),
        wished=kept(request, db).get("vote", ""),
        own=row.author_id == account.id,
        draft=request.query_params.get("draft", ""),
    )
    return response


@post(
    "/comments/{comment_id:int}/vote",
    name="comments.vote.post",
    guards=[visitor],
    status_code=303,
    stops_with=Switch.COMMENTS,
)
async def vote(request: Request[Any, Any, Any], comment_id: FromPath[int]) -> Redirect:
    """Async: check, hand to the intake. ``vote``: up, down or none."""
    state = request.app.state
    form = Form(values=read_form(await request.body()))
    word = form.get("vote")
    if word not in VALUES:
        raise Invalid([FieldError("vote", str(_("Choose one of the answers.")))])
    account = speaker(request, "comments.vote")
    if account is None:
        spend_draft(request)
        token = await in_worker(_keep, state, comment_id, word)
        return see_other(f"/sign-in?draft={token}")
    spend(request, account, "vote", policy_of(request).votes)
    act = CommentVote(at=state.clock.now(), comment_id=comment_id, account_id=account.id, value=VALUES[word])
    await state.intake.submit(act)
    return see_other(f"/comments/{comment_id}/vote")


def _keep(state: Any, comment_id: int, word: str) -> str:
    path = f"/comments/{comment_id}/vote"

    def keep(db: Session) -> str:
        if db.get(Comment, comment_id) is None:
            raise NotFound
        return drafts.keep(db, state.keyring, path, {"vote": word}, state.clock.now())

    token: str = state.database.retrying(keep)
    return token


HANDLERS = [vote_form, vote]
