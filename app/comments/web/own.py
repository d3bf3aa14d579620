"""An author's own comments: what became of each, changing one, taking one back."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.accounts import drafts
from app.accounts.guards import may, visitor
from app.accounts.model import Account
from app.comments.queries import threads
from app.comments.queries.mine import count_of_author, of_author, one_of_author
from app.comments.rules.lifecycle import EDIT_NAMES, EDITABLE, STATE_NAMES, WITHDRAWABLE, CommentState, EditState
from app.comments.rules.quotes import PASSAGE_NAMES, passage
from app.comments.rules.texts import MOST_FORM, read_body
from app.comments.rules.threads import CannotChange, CommentUnknown, DiscussionUnknown, NotYours, TooFast
from app.comments.service import editing, withdrawing
from app.comments.web.discussion import discussion_of
from app.comments.web.visitors import kept, policy_of, sign_in_first, speaker, spend
from app.core.errors import Conflict
from app.core.subject import SubjectRef
from app.core.switches import Switch
from app.core.text.figures import is_whole
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.core.web.too_late import words_back
from app.moderation import queries as moderation
from app.moderation.letters import OpenAppeal, appeal_of
from app.moderation.model import Decision
from app.moderation.rules.nudges import warnings
from app.moderation.rules.standards import Verdict

A_PAGE = 50
#: decisions that leave an earlier refusal as it is
_SAY_NO_MORE = frozenset({Verdict.DISMISS, Verdict.UPHOLD})


@get("/account/comments", name="comments.mine", guards=[may("comments.mine")], sync_to_thread=True)
def mine(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    state = request.app.state
    before = request.query_params.get("before", "")
    behind = int(before) if is_whole(before) else None
    rows = of_author(db, account.id, before=behind, most=A_PAGE + 1)
    about = {SubjectRef(r.subject_kind, r.subject_id) for r in rows}
    now = state.clock.now()
    known = {s: state.site.discussed[s.kind].about(db, s.id, now) for s in about if s.kind in state.site.discussed}
    response: Response[bytes] = state.pages.personal(
        "comments/mine.html",
        rows=[_shown(state, db, r, known.get(SubjectRef(r.subject_kind, r.subject_id))) for r in rows[:A_PAGE]],
        total=count_of_author(db, account.id),
        more=rows[A_PAGE - 1].id if len(rows) > A_PAGE else None,
    )
    return response


def _shown(state: Any, db: Session, row: Row[Any], known: Any) -> dict[str, Any]:
    edit, decision = EditState(row.edit_state) if row.edit_state else None, _decision(db, row)
    return {
        "row": row,
        "known": known,
        "passage": PASSAGE_NAMES[passage(row.quote, row.about_version, known.text, known.version)] if known else "",
        "standing": EDIT_NAMES[edit] if edit else STATE_NAMES[CommentState(row.state)],
        "decision": decision,
        "appeal": _appeal(state, db, decision[0]) if decision else None,
        "may_edit": CommentState(row.state) in EDITABLE,
        "may_withdraw": CommentState(row.state) in WITHDRAWABLE,
    }


def _decision(db: Session, row: Row[Any]) -> tuple[Decision, Any] | None:
    """What a moderator wrote to the author, and the rule, where the newest decision was a refusal."""
    if row.reason_code is None:
        return None
    decision = moderation.latest_decision(db, SubjectRef("comment", row.id), but=_SAY_NO_MORE)
    if decision is None or decision.reason_code is None:
        return None
    return decision, moderation.reason(db, decision.reason_code, decision.standards_version)


def _appeal(state: Any, db: Session, decision: Decision) -> OpenAppeal | None:
    """While it can still be made."""
    site = state.site
    found = appeal_of(db, state.keyring, site.moderated, site.moderating, decision, state.clock.now())
    return found if found is not None and found.until is not None else None


@get("/comments/{comment_id:int}/edit", name="comments.edit", guards=[may("comments.edit")], sync_to_thread=True)
def edit_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    comment_id: FromPath[int],
) -> Response[bytes]:
    row = _mine(db, comment_id, account)
    if CommentState(row.state) not in EDITABLE:
        raise CannotChange
    return _edit_page(
        request, db, row, Form(values={"body": row.body, "revision": str(row.revision), **kept(request, db)})
    )


@post(
    "/comments/{comment_id:int}/edit",
    name="comments.edit.post",
    guards=[visitor],
    sync_to_thread=True,
    status_code=303,
    writes=True,
    request_max_body_size=MOST_FORM,
    stops_with=Switch.COMMENTS,
)
def edit(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    comment_id: FromPath[int],
) -> Response[Any]:
    """Whoever was signed out while they wrote finds their words in the form again once they have signed in."""
    account = speaker(request, "comments.edit")
    if account is None:
        return sign_in_first(
            request, db, f"/comments/{comment_id}/edit", {n: form[n] for n in ("body", "revision") if n in form}
        )
    row, shown, state = _mine(db, comment_id, account), Form(values=form), request.app.state
    body = shown.read("body", read_body)
    if body is None:
        return _edit_page(request, db, row, shown, status=422)
    if form.get("sure") != "yes" and (nudges := warnings(body)):
        return _edit_page(request, db, row, shown, nudges=nudges)
    after = form.get("revision", "")
    seen = int(after) if is_whole(after, figures=9) else 0
    try:
        spend(request, account, "say", policy_of(request).account)
    except TooFast as busy:
        return _edit_page(request, db, row, shown, status=busy.status, busy=busy)
    try:
        editing.edit(db, state.site.discussed, comment_id, account, body, after_revision=seen, now=state.clock.now())
    except Conflict as late:  # another tab was first, or a moderator was
        db.rollback()
        return words_back(request, late, body)
    drafts.forget(db, form.get("draft", ""))
    return see_other(f"/comments/{comment_id}/sent")


@get(
    "/comments/{comment_id:int}/withdraw",
    name="comments.withdraw",
    guards=[may("comments.withdraw")],
    sync_to_thread=True,
)
def withdraw_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    comment_id: FromPath[int],
) -> Response[bytes]:
    row = _mine(db, comment_id, account)
    if CommentState(row.state) not in WITHDRAWABLE:
        raise CannotChange
    response: Response[bytes] = request.app.state.pages.personal(
        "comments/withdraw.html", row=row, days=withdrawing.KEPT.days
    )
    return response


@post(
    "/comments/{comment_id:int}/withdraw",
    name="comments.withdraw.post",
    guards=[may("comments.withdraw")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def withdraw(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    comment_id: FromPath[int],
) -> Response[Any]:
    withdrawing.withdraw(db, comment_id, account, request.app.state.clock.now())
    return see_other("/account/comments")


def _mine(db: Session, comment_id: int, account: Account) -> Row[Any]:
    row = one_of_author(db, comment_id, account.id)
    if row is not None:
        return row
    raise NotYours(comment=comment_id) if threads.one(db, comment_id) else CommentUnknown()


def _edit_page(
    request: Request[Any, Any, Any],
    db: Session,
    row: Row[Any],
    form: Form,
    *,
    status: int = 200,
    nudges: list[str] | None = None,
    busy: TooFast | None = None,
) -> Response[bytes]:
    try:
        found = discussion_of(request, db, SubjectRef(row.subject_kind, row.subject_id))
    except DiscussionUnknown:
        raise CannotChange from None
    response: Response[bytes] = request.app.state.pages.personal(
        "comments/edit.html",
        status=status,
        row=row,
        discussion=found,
        form=form,
        decision=_decision(db, row),
        draft=request.query_params.get("draft", "") or form.get("draft"),
        nudges=nudges or [],
        busy=busy,
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response


HANDLERS = [mine, edit_form, edit, withdraw_form, withdraw]
