"""Moderators choose, for one subject, when comments are checked, or end its discussion."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.comments.contribution import About, about
from app.comments.model import Thread
from app.comments.queries import threads
from app.comments.rules.lifecycle import Mode
from app.comments.service import running
from app.core.subject import SubjectRef
from app.core.web.forms import Form, Sent, chosen
from app.core.web.page import see_other

CHOICES = frozenset({*Mode, "closed"})


@get(
    "/moderation/discussions/{kind:str}/{subject_id:int}",
    name="comments.run",
    guards=[may("comments.run")],
    sync_to_thread=True,
)
def run_form(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    kind: FromPath[str],
    subject_id: FromPath[int],
) -> Response[bytes]:
    known, thread = _subject(request, db, SubjectRef(kind, subject_id))
    return _page(request, account, SubjectRef(kind, subject_id), known, thread, Form({"mode": _now(known, thread)}))


@post(
    "/moderation/discussions/{kind:str}/{subject_id:int}",
    name="comments.run.post",
    guards=[may("comments.run")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def run(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    form: NamedDependency[Sent],
    account: NamedDependency[Account],
    kind: FromPath[str],
    subject_id: FromPath[int],
) -> Response[Any]:
    state, subject = request.app.state, SubjectRef(kind, subject_id)
    known, thread = _subject(request, db, subject)
    shown = Form(values=form)
    choice = shown.read("mode", chosen("mode", CHOICES))
    if choice is None:
        return _page(request, account, subject, known, thread, shown, status=422)
    now = state.clock.now()
    if choice == "closed":
        running.close(db, state.site.discussed, subject, by=account.id, now=now)
    else:
        running.set_mode(db, state.site.discussed, subject, Mode(choice), by=account.id, now=now)
    return see_other(f"/moderation/discussions/{kind}/{subject_id}?done")


def _subject(request: Request[Any, Any, Any], db: Session, subject: SubjectRef) -> tuple[About, Thread | None]:
    state = request.app.state
    return about(db, state.site.discussed, subject, state.clock.now()), threads.thread_of(db, subject)


def _now(known: About, thread: Thread | None) -> str:
    if thread is None:
        return str(known.mode or "closed")
    return "closed" if thread.closed_because == "moderator" else thread.mode


def _page(
    request: Request[Any, Any, Any],
    account: Account,
    subject: SubjectRef,
    known: About,
    thread: Thread | None,
    form: Form,
    *,
    status: int = 200,
) -> Response[bytes]:
    response: Response[bytes] = request.app.state.pages.personal(
        "comments/run.html",
        status=status,
        staff=account,
        subject=subject,
        known=known,
        thread=thread,
        form=form,
        done="done" in request.query_params,
    )
    return response


HANDLERS = [run_form, run]
