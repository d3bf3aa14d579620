"""Discussions for programs: the same services and rules as the pages. Writing needs the cookie of a session."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.enums import RequestEncodingType
from litestar.openapi.spec import Example
from litestar.params import BodyKwarg, FromPath, HeaderParameter, QueryParameter, RawBody
from sqlalchemy.orm import Session

from app.accounts.guards import anyone, visitor
from app.accounts.model import Account
from app.comments.api import examples
from app.comments.api.schema import (
    CommentIn,
    CommentOut,
    CommentPage,
    CommentText,
    CommentTexts,
    Said,
    VoteIn,
    VoteOut,
)
from app.comments.queries import threads
from app.comments.queries.paging import SORTS, ThreadPage, read_place, reply_page, thread_page
from app.comments.rules.lifecycle import COUNTED, CommentState
from app.comments.rules.threads import (
    CannotReply,
    CannotVote,
    CommentGone,
    CommentUnknown,
    DiscussionClosed,
    DiscussionUnknown,
    OwnVote,
    ReplyElsewhere,
    SaidAlready,
    SignInFirst,
    TooDeep,
)
from app.comments.service import saying
from app.comments.service.family import page_key
from app.comments.service.voting import VALUES, CommentVote
from app.comments.web.discussion import FRESH_FOR, Discussion, discussion_of
from app.comments.web.saying import read_words
from app.comments.web.shown import Entry, entries
from app.comments.web.visitors import policy_of, speaker, spend
from app.core import idempotency
from app.core.errors import FieldError, Invalid
from app.core.i18n import _
from app.core.idempotency import KeyReused, Replay, StillRunning
from app.core.subject import SubjectRef
from app.core.switches import Switch
from app.core.web.forms import Form
from app.core.web.page import public
from app.core.web.problems import BUSY, OF_A_BODY, OVER_A_LIMIT, UNKNOWN, answers, problems, wrong
from app.core.web.repeats import Done, once

JSON = "application/json"
_OPEN_DATA = {"access-control-allow-origin": "*"}
_HREF = "/petitions/17/discussion"
_Key = Annotated[
    str, HeaderParameter(name="Idempotency-Key", description="A repeat with the same key gets the same answer.")
]
_After = Annotated[str, QueryParameter(description="As `next` gives it.")]
_SAY_PROBLEMS = problems(
    *OF_A_BODY,
    SignInFirst(),
    DiscussionUnknown(),
    CommentUnknown(),
    DiscussionClosed(href=_HREF),
    SaidAlready(comment=12),
    ReplyElsewhere(href=_HREF),
    CannotReply(href=_HREF),
    TooDeep(href=_HREF),
    StillRunning(),
    KeyReused(),
    wrong("body", _("Write your comment.")),
    OVER_A_LIMIT,
    BUSY,
)
_VOTE_PROBLEMS = problems(
    *OF_A_BODY,
    SignInFirst(),
    OwnVote(comment=12),
    CommentUnknown(),
    CannotVote(href=_HREF),
    DiscussionClosed(href=_HREF),
    KeyReused(),
    wrong("vote", _("Choose one of the answers.")),
    OVER_A_LIMIT,
    BUSY,
)


def _body(shown: list[Example]) -> BodyKwarg:
    return BodyKwarg(media_type=RequestEncodingType.JSON, examples=shown)


@get(
    "/api/v1/discussions/{kind:str}/{subject_id:int}",
    name="comments.api.discussion",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="Read a discussion",
    responses={200: answers(CommentPage, "Fifty comments", examples.PAGE), **problems(DiscussionUnknown(), BUSY)},
)
def discussion(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    kind: FromPath[str],
    subject_id: FromPath[int],
    sort: Annotated[str, QueryParameter(description=f"One of {', '.join(SORTS)}.")] = "newest",
    after: _After = "",
) -> Response[CommentPage]:
    """Comments at the top, each followed by its first three replies."""
    found = discussion_of(request, db, SubjectRef(kind, subject_id))
    sort, now, state = sort if sort in SORTS else SORTS[0], request.app.state.clock.now(), request.app.state
    page = ThreadPage((), None)
    if found.thread is not None:
        orders = state.site.dependencies["comment_orders"]
        page = thread_page(db, orders, found.thread.id, sort, read_place(after, now), now)
        words = threads.these(db, [one.id for one in page.rows])
        page = ThreadPage([words[one.id] for one in page.rows], page.next)
    next_ = f"{state.settings.base_url}/api/v1/discussions/{kind}/{subject_id}?sort={sort}&after={page.next}"
    return _page(request, db, found, page, next_)


@get(
    "/api/v1/comments/{comment_id:int}",
    name="comments.api.show",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="Read a comment",
    responses={200: answers(CommentOut, "The comment", examples.COMMENT), **problems(UNKNOWN, BUSY)},
)
def comment(
    request: Request[Any, Any, Any], db: NamedDependency[Session], comment_id: FromPath[int]
) -> Response[CommentOut]:
    """One comment that is or was public."""
    found, row = _readable(request, db, comment_id)
    [body] = _all_out(request, db, [row], found)
    return _public(body, found)


@get(
    "/api/v1/comments/{comment_id:int}/replies",
    name="comments.api.replies",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="Read the replies to a comment",
    responses={200: answers(CommentPage, "Fifty replies", examples.PAGE), **problems(UNKNOWN, BUSY)},
)
def replies(
    request: Request[Any, Any, Any], db: NamedDependency[Session], comment_id: FromPath[int], after: _After = ""
) -> Response[CommentPage]:
    """Everything beneath it, each reply above what answers it, oldest first."""
    found, row = _readable(request, db, comment_id)
    now, base = request.app.state.clock.now(), request.app.state.settings.base_url
    page = reply_page(db, row, read_place(after, now), now)
    return _page(request, db, found, page, f"{base}/api/v1/comments/{comment_id}/replies?after={page.next}")


@get(
    "/api/v1/comments/{comment_id:int}/versions",
    name="comments.api.versions",
    include_in_schema=True,
    guards=[anyone],
    sync_to_thread=True,
    summary="Read every text of a comment",
    responses={
        200: answers(CommentTexts, "Every public text", examples.TEXTS),
        **problems(UNKNOWN, CommentGone(), BUSY),
    },
)
def versions(
    request: Request[Any, Any, Any], db: NamedDependency[Session], comment_id: FromPath[int]
) -> Response[CommentTexts]:
    """Those that were public."""
    found, row = _readable(request, db, comment_id)
    if CommentState(row.state) not in COUNTED:
        raise CommentGone
    texts = [CommentText(t.number, t.published_at, t.body) for t in threads.public_revisions(db, comment_id)]
    return _public(CommentTexts(comment_id, texts), found)


@post(
    "/api/v1/discussions/{kind:str}/{subject_id:int}/comments",
    name="comments.api.say",
    include_in_schema=True,
    guards=[visitor],
    sync_to_thread=True,
    status_code=201,
    summary="Say something",
    stops_with=Switch.COMMENTS,
    security=[{"session": []}],
    responses={201: answers(Said, "Stored", Said(12, "pending")), **_SAY_PROBLEMS},
)
def say(
    request: Request[Any, Any, Any],
    kind: FromPath[str],
    subject_id: FromPath[int],
    data: Annotated[CommentIn, _body(examples.SAY)],
    body: RawBody,
    idempotency_key: _Key = "",
) -> Response[Said]:
    """Comment on a subject, or answer a comment. It may have to wait for a moderator."""
    state, subject = request.app.state, SubjectRef(kind, subject_id)
    account = _signed_in(request, "comments.say")
    claim = idempotency.claim(f"account {account.id}", f"POST {request.url.path}", idempotency_key, body)
    form = Form(values={"body": data.body, "language": data.language, "stance": data.stance, "quote": data.quote})

    def act(db: Session) -> Done:
        found = discussion_of(request, db, subject)
        asks = found.asks_stance and data.in_reply_to is None
        words = read_words(form, policy_of(request).language_names, asks_stance=asks)
        if words is None:
            raise Invalid(form.summary)
        spend(request, account, "say", policy_of(request).account)
        words = replace(words, parent_id=data.in_reply_to, about_version=data.about_version)
        said = saying.say(db, state.site.discussed, subject, account, words, state.clock.now())
        return Done(201, msgspec.json.encode(Said(said.id, said.state)))

    return once(state, claim, act)  # type: ignore[return-value]


@post(
    "/api/v1/comments/{comment_id:int}/vote",
    name="comments.api.vote",
    include_in_schema=True,
    guards=[visitor],
    status_code=200,
    summary="Vote on a comment",
    stops_with=Switch.COMMENTS,
    security=[{"session": []}],
    responses={200: answers(VoteOut, "What the vote is now", VoteOut(12, "up")), **_VOTE_PROBLEMS},
)
async def vote(
    request: Request[Any, Any, Any],
    comment_id: FromPath[int],
    data: Annotated[VoteIn, _body(examples.VOTE)],
    body: RawBody,
    idempotency_key: _Key = "",
) -> Response[VoteOut]:
    """Agree, disagree, or take the vote back."""
    state = request.app.state
    account = _signed_in(request, "comments.vote")
    if data.vote not in VALUES:
        raise Invalid([FieldError("vote", str(_("Choose one of the answers.")))])
    spend(request, account, "vote", policy_of(request).votes)
    claim = idempotency.claim(f"account {account.id}", f"POST {request.url.path}", idempotency_key, body)
    act = CommentVote(
        at=state.clock.now(), claim=claim, comment_id=comment_id, account_id=account.id, value=VALUES[data.vote]
    )
    with state.in_flight.hold(claim):
        answer = await state.intake.submit(act)
    return _answered(answer if isinstance(answer, (Replay, KeyReused)) else msgspec.json.encode(answer), 200)


def _signed_in(request: Request[Any, Any, Any], act: str) -> Account:
    account = speaker(request, act)
    if account is None:
        raise SignInFirst
    return account


def _readable(request: Request[Any, Any, Any], db: Session, comment_id: int) -> tuple[Discussion, Any]:
    row, subject = threads.one(db, comment_id), threads.subject_of(db, comment_id)
    if row is None or subject is None:
        raise CommentUnknown
    return discussion_of(request, db, subject), row


def _page(
    request: Request[Any, Any, Any], db: Session, found: Discussion, page: ThreadPage, next_: str
) -> Response[CommentPage]:
    body = CommentPage(
        said=found.said,
        open=found.may_act,
        mode=str(found.mode),
        comments=_all_out(request, db, page.rows, found),
        next=next_ if page.next else None,
    )
    response = _public(body, found)
    if page.next:
        response.headers["link"] = f'<{next_}>; rel="next"'
    return response


def _all_out(request: Request[Any, Any, Any], db: Session, rows: Sequence[Any], found: Discussion) -> list[CommentOut]:
    state = request.app.state
    shown = entries(db, state.site.dependencies["comment_titles"], rows, may_act=False, known=found.known)
    return [_out(entry, state.settings.base_url) for entry in shown]


def _out(entry: Entry, base: str) -> CommentOut:
    row = entry.row
    is_public = CommentState(row.state) in COUNTED
    by = entry.by if is_public else None
    return CommentOut(
        id=row.id,
        in_reply_to=row.parent_id,
        answers_revision=row.parent_revision,
        depth=row.depth,
        state=row.state if row.state not in ("pending", "held", "returned") else "provisional",
        body=row.body,
        author=by.text if by else None,
        badge=by.badge if by else None,
        stance=row.stance if is_public else None,
        language=row.language,
        revision=row.shown_revision,
        ups=row.ups,
        downs=row.downs,
        replies=row.replies,
        published_at=row.published_at,
        edited_at=row.edited_at,
        page=f"{base}/comments/{row.id}",
        quote=row.quote,
        about_version=row.about_version if is_public else None,
        passage=str(entry.passage) if is_public and row.about_version else None,
    )


def _public(body: Any, found: Discussion) -> Response[Any]:
    keys = (page_key(found.subject), *found.known.keys)
    until = found.known.closes_at
    encoded = msgspec.json.encode(body)
    return public(encoded, JSON, keys=keys, good_until=until, fresh_for=FRESH_FOR, headers=_OPEN_DATA)


def _answered(answer: Replay | KeyReused | bytes, status: int) -> Response[Any]:
    headers = {"cache-control": "no-store"}
    if isinstance(answer, KeyReused):
        raise answer
    if isinstance(answer, Replay):
        headers["idempotency-replayed"] = "true"
        return Response(answer.body, status_code=answer.status, media_type=JSON, headers=headers)
    return Response(answer, status_code=status, media_type=JSON, headers=headers)


HANDLERS = [discussion, comment, replies, versions, say, vote]
