"""Say something, answer somebody, and what comes after."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy import Row
from sqlalchemy.orm import Session

from app.accounts import drafts
from app.accounts.guards import may, visitor
from app.accounts.model import Account
from app.comments.model import Comment
from app.comments.queries import threads
from app.comments.queries.mine import one_of_author
from app.comments.rules.lifecycle import EditState
from app.comments.rules.quotes import read_quote, read_version
from app.comments.rules.texts import MOST_FORM, read_body, read_stance
from app.comments.rules.threads import Answered, CommentUnknown, DiscussionClosed, TooFast, refusal_to_reply
from app.comments.service import saying
from app.comments.service.saying import Words
from app.comments.web.discussion import Discussion, discussion_of
from app.comments.web.shown import entries
from app.comments.web.visitors import kept, policy_of, sign_in_first, speaker, spend
from app.core.errors import Conflict, Invalid
from app.core.subject import SubjectRef
from app.core.switches import Switch
from app.core.web.forms import Form, Sent, chosen
from app.core.web.page import see_other
from app.core.web.too_late import words_back
from app.moderation.rules.nudges import warnings

QUOTING = ("quote", "about_version")
#: what stands in the form again after signing in
KEPT = ("body", "stance", "language", *QUOTING)


@get("/discussions/{kind:str}/{subject_id:int}/say", name="comments.say", guards=[visitor], sync_to_thread=True)
def say_form(
    request: Request[Any, Any, Any], db: NamedDependency[Session], kind: FromPath[str], subject_id: FromPath[int]
) -> Response[bytes]:
    found = discussion_of(request, db, SubjectRef(kind, subject_id))
    if not found.may_act:
        raise DiscussionClosed(href=found.known.discussion)
    return _say_page(request, db, found, _filled(request, db, found))


@post(
    "/discussions/{kind:str}/{subject_id:int}/say",
    name="comments.say.post",
    guards=[visitor],
    sync_to_thread=True,
    status_code=303,
    writes=True,
    request_max_body_size=MOST_FORM,
    stops_with=Switch.COMMENTS,
)
def say(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    kind: FromPath[str],
    subject_id: FromPath[int],
) -> Response[Any]:
    try:
        return _say(request, db, discussion_of(request, db, SubjectRef(kind, subject_id)), form, None)
    except Conflict as late:
        db.rollback()
        return words_back(request, late, form.get("body", ""))


@get("/comments/{comment_id:int}/reply", name="comments.reply", guards=[visitor], sync_to_thread=True)
def reply_form(
    request: Request[Any, Any, Any], db: NamedDependency[Session], comment_id: FromPath[int]
) -> Response[bytes]:
    found, parent = _answerable(request, db, comment_id)
    return _say_page(request, db, found, _filled(request, db, found), parent)


@post(
    "/comments/{comment_id:int}/reply",
    name="comments.reply.post",
    guards=[visitor],
    sync_to_thread=True,
    status_code=303,
    writes=True,
    request_max_body_size=MOST_FORM,
    stops_with=Switch.COMMENTS,
)
def reply(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    comment_id: FromPath[int],
) -> Response[Any]:
    try:
        found, parent = _answerable(request, db, comment_id)
        return _say(request, db, found, form, parent)
    except Conflict as late:
        db.rollback()
        return words_back(request, late, form.get("body", ""))


@get("/comments/{comment_id:int}/sent", name="comments.sent", guards=[may("comments.mine")], sync_to_thread=True)
def sent(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    comment_id: FromPath[int],
) -> Response[bytes]:
    """What became of it, for its author alone."""
    row = one_of_author(db, comment_id, account.id)
    subject = threads.subject_of(db, comment_id)
    if row is None or subject is None:
        raise CommentUnknown
    state = request.app.state
    waits = row.state in ("pending", "held") or row.edit_state in (EditState.PENDING, EditState.HELD)
    response: Response[bytes] = state.pages.personal(
        "comments/sent.html",
        discussion=discussion_of(request, db, subject),
        row=row,
        waits=waits,
        outlook=state.site.promising.outlook(db, "comment", state.clock.now()) if waits else None,
    )
    return response


def _answerable(request: Request[Any, Any, Any], db: Session, comment_id: int) -> tuple[Discussion, Row[Any]]:
    """The comment and its discussion; raises why it cannot be answered."""
    subject = threads.subject_of(db, comment_id)
    parent = threads.one(db, comment_id)
    if subject is None or parent is None:
        raise CommentUnknown
    found = discussion_of(request, db, subject)
    if not found.may_act:
        raise DiscussionClosed(href=found.known.discussion)
    known = Answered(parent.thread_id, parent.depth, parent.state)
    if (refusal := refusal_to_reply(known, parent.thread_id, found.known.discussion)) is not None:
        raise refusal
    return found, parent


def _filled(request: Request[Any, Any, Any], db: Session, found: Discussion) -> Form:
    """``?quote=`` and ``?about_version=``: the passage that a link of the text offered."""
    usual = {"language": next(iter(policy_of(request).language_names)), **found.quoting}
    asked = {n: request.query_params[n] for n in QUOTING if found.known.version and n in request.query_params}
    return Form(values={**usual, **asked, **kept(request, db)})


def _say(
    request: Request[Any, Any, Any], db: Session, found: Discussion, form: Mapping[str, str], parent: Row[Any] | None
) -> Response[Any]:
    if not found.may_act:
        raise DiscussionClosed(href=found.known.discussion)
    shown = Form(values=form)
    account = speaker(request, "comments.say")
    if account is None:
        path = f"/comments/{parent.id}/reply" if parent else found.say_path
        return sign_in_first(request, db, path, {n: form[n] for n in KEPT if n in form})
    words = read_words(
        shown, policy_of(request).language_names, asks_stance=parent is None and found.asks_stance, parent=parent
    )
    if words is None:
        return _say_page(request, db, found, shown, parent, status=422)
    if form.get("sure") != "yes" and (nudges := warnings(words.body)):
        return _say_page(request, db, found, shown, parent, nudges=nudges)
    try:
        spend(request, account, "say", policy_of(request).account)
        comment = _store(request, db, found.subject, account, words)
    except Invalid as wrong:
        return _say_page(request, db, found, Form.again(form, wrong), parent, status=422)
    except TooFast as busy:
        return _say_page(request, db, found, shown, parent, status=busy.status, busy=busy)
    drafts.forget(db, form.get("draft", ""))
    return see_other(f"/comments/{comment.id}/sent")


def _store(
    request: Request[Any, Any, Any], db: Session, subject: SubjectRef, account: Account, words: Words
) -> Comment:
    state = request.app.state
    return saying.say(db, state.site.discussed, subject, account, words, state.clock.now())


def read_words(
    form: Form, languages: Mapping[str, str], *, asks_stance: bool, parent: Row[Any] | None = None
) -> Words | None:
    """The checked form; None where a field is wrong, which the form then says."""
    body = form.read("body", read_body)
    language = form.read("language", chosen("language", languages)) if form.get("language") else next(iter(languages))
    stance = form.read("stance", read_stance) if asks_stance else None
    quote = form.read("quote", read_quote)
    if body is None or language is None or quote is None or form.errors:
        return None
    about = read_version(form.get("about_version"))
    return Words(body, language, stance, parent.id if parent else None, quote, about)


def _say_page(
    request: Request[Any, Any, Any],
    db: Session,
    found: Discussion,
    form: Form,
    parent: Row[Any] | None = None,
    *,
    status: int = 200,
    nudges: list[str] | None = None,
    busy: TooFast | None = None,
) -> Response[bytes]:
    state = request.app.state
    shown = (
        entries(db, state.site.dependencies["comment_titles"], [parent], may_act=False, known=found.known)
        if parent
        else []
    )
    response: Response[bytes] = state.pages.personal(
        "comments/say.html",
        status=status,
        discussion=found,
        form=form,
        parent=shown[0] if shown else None,
        action=f"/comments/{parent.id}/reply" if parent else found.say_path,
        asks_stance=parent is None and found.asks_stance,
        languages=policy_of(request).language_names,
        draft=request.query_params.get("draft", "") or form.get("draft"),
        nudges=nudges or [],
        busy=busy,
    )
    if busy is not None:
        response.headers.update(busy.headers)
    return response


HANDLERS = [say_form, say, reply_form, reply, sent]
