"""The site's own list of words: a text that has one of them is looked at by a person first."""

from __future__ import annotations

from typing import Any

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from sqlalchemy.orm import Session

from app.accounts.guards import may
from app.accounts.model import Account
from app.core.errors import Invalid
from app.core.web.forms import Form, Sent
from app.core.web.page import see_other
from app.front.changes import names_of
from app.moderation import words


@get("/admin/words", name="front.words", guards=[may("front.words")], sync_to_thread=True)
def word_list(
    request: Request[Any, Any, Any], db: NamedDependency[Session], account: NamedDependency[Account]
) -> Response[bytes]:
    return _page(request, db, account, Form())


@post(
    "/admin/words",
    name="front.words.post",
    guards=[may("front.words")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def add_word(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    form: NamedDependency[Sent],
) -> Response[Any]:
    try:
        words.add_word(db, form.get("word", ""), by=account.id, now=request.app.state.clock.now())
    except Invalid as wrong:
        db.rollback()
        return _page(request, db, account, Form.again(form, wrong), status=422)
    return see_other("/admin/words")


@post(
    "/admin/words/{word_id:int}/remove",
    name="front.words.remove",
    guards=[may("front.words")],
    sync_to_thread=True,
    status_code=303,
    writes=True,
)
def remove_word(
    request: Request[Any, Any, Any],
    db: NamedDependency[Session],
    account: NamedDependency[Account],
    word_id: FromPath[int],
) -> Response[Any]:
    words.remove_word(db, word_id, by=account.id, now=request.app.state.clock.now())
    return see_other("/admin/words")


def _page(
    request: Request[Any, Any, Any], db: Session, account: Account, form: Form, status: int = 200
) -> Response[bytes]:
    listed = words.every_word(db)
    response: Response[bytes] = request.app.state.pages.personal(
        "front/admin_words.html",
        status=status,
        staff=account,
        words=listed,
        names=names_of(db, (w.by_id for w in listed)),
        form=form,
    )
    return response


HANDLERS = [word_list, add_word, remove_word]
